import { browser } from '../browser/index.ts';

/** Where WXT puts the content script that is not registered for any site. */
const CONTENT_SCRIPT = '/content-scripts/content.js';

export interface Frame {
  readonly tabId: number;
  readonly frameId: number;
}

/** One at a time: a second script steps back while a first one waits for its message. */
let reading: Promise<void> = Promise.resolve();

/**
 * Puts the content script into one frame and gives it `message`. Rejects where the browser lets
 * nobody in: its own pages, the extension store, a frame of another site.
 */
export function readInPage(frame: Frame, message: object): Promise<void> {
  const done = reading.then(() => inject(frame, message));
  reading = done.catch(() => undefined);
  return done;
}

async function inject({ tabId, frameId }: Frame, message: object): Promise<void> {
  await browser.scripting.executeScript({
    target: { tabId, frameIds: [frameId] },
    files: [CONTENT_SCRIPT],
  });
  await browser.tabs.sendMessage(tabId, message, { frameId });
}

/**
 * The selection with its line breaks, which the menu's own text has lost; `menuText` where the page
 * cannot be asked or the selection is another (in a text field it is not the document's).
 */
export async function readSelection({ tabId, frameId }: Frame, menuText: string): Promise<string> {
  try {
    const [frame] = await browser.scripting.executeScript({
      target: { tabId, frameIds: [frameId] },
      func: () => getSelection()?.toString() ?? '',
    });
    const text: unknown = frame?.result;
    if (typeof text === 'string' && squeezed(text) === squeezed(menuText)) {
      // A selection of whole paragraphs ends in the empty lines between them.
      return text.replaceAll(/^\n+|\s+$/g, '');
    }
  } catch {
    // The menu's text is a full answer too.
  }
  return menuText;
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, '');
}
