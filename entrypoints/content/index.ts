import { defineContentScript } from 'wxt/utils/define-content-script';
import { browser } from '../../lib/browser/index.ts';
import { waitForRequest } from './request.ts';
import { sendElement } from './send-element.ts';

/** Marks the page's isolated world while a script waits in it, so that a second one steps back. */
const WAITING = '__tallowReader';

/**
 * Put into one frame after a click in the context menu, never by itself: reads the bytes of what was
 * clicked, gives them to the offscreen document piece by piece, and is gone.
 */
export default defineContentScript({
  registration: 'runtime',
  matches: [],
  noScriptStartedPostMessage: true,
  main(context) {
    const world = globalThis as typeof globalThis & { [WAITING]?: true };
    if (world[WAITING]) return;
    world[WAITING] = true;
    const read = async (): Promise<void> => {
      try {
        const request = await waitForRequest(browser.runtime.onMessage).finally(() => {
          // Already now: the next click's script must find the place free while this one sends.
          delete world[WAITING];
        });
        await sendElement(request, (name) => browser.runtime.connect({ name }));
      } catch {
        // Nobody asked, or the extension was updated meanwhile: nothing to do here.
      } finally {
        context.abort('done');
      }
    };
    void read();
  },
});
