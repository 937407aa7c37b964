import { browser } from '../browser/index.ts';

/** Where WXT puts the content script that is not registered for any site. */
const CONTENT_SCRIPT = '/content-scripts/content.js';

export interface Frame {
  readonly tabId: number;
  readonly frameId: number;
}

/**
 * Puts the content script into one frame and gives it `message`. Rejects where the browser lets
 * nobody in: its own pages, the extension store, a frame of another site.
 */
export async function readInPage({ tabId, frameId }: Frame, message: object): Promise<void> {
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
    if (typeof text === 'string' && squeezed(text) === squeezed(menuText)) return text;
  } catch {
    // The menu's text is a full answer too.
  }
  return menuText;
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, '');
}
