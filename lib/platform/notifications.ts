import { browser } from '../browser/index.ts';

export interface Notice {
  readonly title: string;
  readonly message: string;
  /** At most two; a browser without buttons shows the notice without them. */
  readonly buttons?: readonly string[];
  /** Stays until it is answered. */
  readonly stays?: boolean;
}

/** Shows a notice, in place of an earlier one with the same id. Never fails: it is only a notice. */
export async function showNotice(id: string, notice: Notice): Promise<void> {
  const options = {
    type: 'basic' as const,
    iconUrl: browser.runtime.getURL('icon/128.png'),
    title: notice.title,
    message: notice.message,
  };
  const more = {
    ...(notice.buttons && { buttons: notice.buttons.map((title) => ({ title })) }),
    ...(notice.stays && { requireInteraction: true }),
  };
  try {
    await browser.notifications.create(id, { ...options, ...more });
  } catch {
    // Firefox refuses options that it does not know.
    await browser.notifications.create(id, options).catch(() => undefined);
  }
}

/** Ids of all notices on screen. */
export async function shownNotices(): Promise<string[]> {
  return Object.keys(await browser.notifications.getAll().catch(() => ({})));
}

export async function clearNotice(id: string): Promise<void> {
  await browser.notifications.clear(id).catch(() => undefined);
}
