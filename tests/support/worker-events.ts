/**
 * What people do outside of pages: notifications and keyboard commands. Their events are dispatched
 * in the worker, since nothing reaches the browser's own windows; each gives the time at which it
 * was, by the browser's clock.
 */
import type { ExtensionBrowser } from './browser.ts';
import { until } from './wait.ts';

/** The published types leave out that events of extension APIs can be dispatched. */
interface Dispatches<Args extends unknown[]> {
  dispatch(...args: Args): void;
}

/** Notifications on screen, as far as their ids have `part` in them. */
export async function notices(owner: ExtensionBrowser, part: string): Promise<string[]> {
  const page = await owner.driver();
  return await page.evaluate(async (wanted) => {
    const all = await chrome.notifications.getAll();
    return Object.keys(all).filter((id) => id.includes(wanted));
  }, part);
}

/** The id of the notification whose id has `part` in it, once it is on screen. */
export async function untilNotice(owner: ExtensionBrowser, part: string): Promise<string> {
  return await until(`${owner.name}: the notification ${part}`, async () => {
    const [id] = await notices(owner, part);
    return id;
  });
}

export async function pressNotice(
  owner: ExtensionBrowser,
  id: string,
  button: number,
): Promise<number> {
  return await owner.inWorker(
    (notification, index) => {
      const event = chrome.notifications.onButtonClicked as unknown as Dispatches<[string, number]>;
      const at = Date.now();
      event.dispatch(notification, index);
      return at;
    },
    id,
    button,
  );
}

/** A keyboard command of the manifest's, over the tab in front. */
export async function runCommand(owner: ExtensionBrowser, command: string): Promise<number> {
  return await owner.inWorker(async (name) => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    const event = chrome.commands.onCommand as unknown as Dispatches<
      [string, chrome.tabs.Tab | undefined]
    >;
    const at = Date.now();
    event.dispatch(name, tab);
    return at;
  }, command);
}
