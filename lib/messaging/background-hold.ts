import { browser, type Runtime } from '../browser/index.ts';
import { isOwnPage } from './rpc.ts';
import { VIEW_PORT } from './view-client.ts';

/**
 * The document's hold on background, for its whole life: a port that wakes background again whenever
 * it dies, so that rooms are joined while we live.
 *
 * A document that listens for any port is an end of every port that pages open, and a port lives as
 * long as one of its ends does: views would never hear that background died, and stay as they were.
 * So the document lets go of theirs when it hears of it, and they connect anew.
 */
export function holdBackground(): void {
  let views = new Set<Runtime.Port>();
  browser.runtime.onConnect.addListener((port) => {
    if (port.name !== VIEW_PORT || !port.sender || !isOwnPage(port.sender)) return;
    views.add(port);
    port.onDisconnect.addListener(() => views.delete(port));
  });
  const hold = (): void => {
    browser.runtime.connect({ name: 'offscreen' }).onDisconnect.addListener(() => {
      const left = views;
      views = new Set();
      // First the next background is awake: what the views ask then finds it.
      hold();
      for (const port of left) port.disconnect();
    });
  };
  hold();
}
