import type { BackgroundCall } from '../../lib/messaging/background-calls.ts';
import {
  clearNotice,
  shownNotices,
  showNotice,
  type Notice,
} from '../../lib/platform/notifications.ts';
import { displayText, openableUrl } from '../../lib/protocol/names.ts';
import type { ToldOnce } from '../../lib/storage/once.ts';

/** Longest part of a received text that a notification shows, characters. */
const PREVIEW_LENGTH = 200;

/** Longest name or title of one, characters. */
const TITLE_LENGTH = 120;

type Call<T extends BackgroundCall['type']> = Extract<BackgroundCall, { type: T }>;
export type TellCode = Call<'tell'>['code'];

/** What a notification's id stands for. */
export type NoticeTarget = {
  readonly type: 'offer' | 'text' | 'saved' | 'tell' | 'need' | 'trouble';
  readonly id: string;
  /** An offer that asks for a password: its first button opens the page where it is typed in. */
  readonly locked: boolean;
  /** What a person is needed for. */
  readonly need?: Need;
};

export const ACCEPT_BUTTON = 0;
export const DECLINE_BUTTON = 1;

/** The notifications in words. Ids follow from what they are about, so none is shown twice. */
export class Notices {
  readonly #told: ToldOnce;

  constructor(told: ToldOnce) {
    this.#told = told;
  }

  async offer(
    offer: Omit<Call<'offer'>, 'type' | 'deviceId' | 'known' | 'locked'> & { locked?: boolean },
    from: string,
  ): Promise<void> {
    const locked = offer.locked === true;
    await this.#once(offerNotice(offer.transferId, locked), {
      title: `${from} wants to send you ${what(offer)}`,
      message: `${titleLine(offer.title)}${offer.totalBytes > 0 ? ` · ${bytes(offer.totalBytes)}` : ''}`,
      buttons: [locked ? 'Enter the password' : 'Accept', 'Decline'],
      stays: true,
    });
  }

  async answered(transferId: string): Promise<void> {
    for (const id of offerNotices(transferId)) await clearNotice(id);
  }

  /** No longer offered, for whatever reason; should it be offered again, it is asked about again. */
  async offerGone(transferId: string): Promise<void> {
    for (const id of offerNotices(transferId)) {
      await clearNotice(id);
      await this.#told.forget(id);
    }
  }

  /** Transfers whose question is on screen, perhaps since an earlier worker. */
  async offersShown(): Promise<string[]> {
    const targets = (await shownNotices()).map(noticeTarget);
    return targets.flatMap((target) => (target?.type === 'offer' ? [target.id] : []));
  }

  async saved(transferId: string, from: string, title: string, count: number): Promise<void> {
    await this.#once(`saved:${transferId}`, {
      title: `Saved ${count === 1 ? titleLine(title) : `${count} files`} from ${from}`,
      message: 'Click to show it in its folder.',
    });
  }

  async text(call: Omit<Call<'text'>, 'type' | 'deviceId'>, from: string): Promise<void> {
    const { transferId, kind, text, title } = call;
    const notice =
      kind === 'text'
        ? { title: `Text from ${from}: click to copy`, message: preview(text) }
        : linkNotice(kind, text, title ?? '', from);
    await this.#once(`text:${transferId}`, notice);
  }

  async need(transferId: string, need: Need, name: string, title: string): Promise<void> {
    await this.#once(`need:${transferId}:${need}`, {
      ...needNotice(need, name, titleLine(title)),
      stays: true,
    });
  }

  /** It goes on, or is over; should it stand still again, that is told again. */
  async needMet(transferId: string, need: Need): Promise<void> {
    await clearNotice(`need:${transferId}:${need}`);
    await this.#told.forget(`need:${transferId}:${need}`);
  }

  /** Transfers whose need is on screen, perhaps since an earlier worker. */
  async needsShown(): Promise<Map<string, Need>> {
    const shown = (await shownNotices()).flatMap((notificationId) => {
      const target = noticeTarget(notificationId);
      return target?.need === undefined ? [] : [[target.id, target.need] as const];
    });
    return new Map(shown);
  }

  async tell(transferId: string, code: TellCode, name: string, title: string): Promise<void> {
    await this.#once(`tell:${transferId}:${code}`, tellNotice(code, name, titleLine(title)));
  }

  /** A click in the menu or the keyboard command that came to nothing. */
  async clickFailed(code: string): Promise<void> {
    const message = CLICK_FAILURES[code];
    if (message !== undefined) await showNotice('tell:click', { title: 'Not sent', message });
  }

  /** The same of a tab that was to be shared. */
  async shareFailed(code: string): Promise<void> {
    const message = SHARE_FAILURES[code] ?? `It did not work (${code}).`;
    await showNotice(SHARE_TOLD, { title: 'Not shared', message });
  }

  /** It was allowed, and is done with the next click. @param at of the wish, ms since 1970 */
  async shareAgain(name: string, at: number): Promise<void> {
    await this.#told.tell(`${SHARE_TOLD}:${at}`, () =>
      showNotice(SHARE_TOLD, {
        title: 'Click the Tallow Send button once more',
        message: `Tabs can be shared from now on. That click shares this one with ${name}.`,
        stays: true,
      }),
    );
  }

  async sharedAgain(): Promise<void> {
    await clearNotice(SHARE_TOLD);
  }

  async #once(id: string, notice: Notice): Promise<void> {
    await this.#told.tell(id, () => showNotice(id, notice));
  }
}

/** Of a tab that was to be shared. */
const SHARE_TOLD = 'tell:share';

/** Failures that nobody has told of yet; the others have a notification of their transfer. */
const CLICK_FAILURES: Readonly<Record<string, string>> = {
  'nothing-to-send': 'There is nothing here that can be sent.',
  'device-unknown': 'That device is not paired any more.',
  'too-long': 'The selected text is too long.',
};

const SHARE_FAILURES: Readonly<Record<string, string>> = {
  'no-page': 'There is no page in front.',
  'page-not-capturable': 'Pages of the browser and of its store cannot be shared.',
  'page-unknown': 'Pages of the browser and of its store cannot be shared.',
  'capture-refused': 'The browser gave no picture of this page.',
  'capture-gone': 'The browser gave no picture of this page. Try again.',
  'capture-failed': 'The browser gave no picture of this page. Try again.',
  'capture-unsupported': 'This browser cannot capture tabs.',
  'device-unknown': 'That device is not paired any more.',
  'too-many-shares': 'Too much is being shared already. Stop something, or wait a moment.',
};

const KEPT = 'It was kept as it is; nothing was deleted.';

/** What is wrong with this device's own storage, in words. */
const TROUBLES: Readonly<Record<string, { title: string; message: string }>> = {
  'records-set-aside': {
    title: 'Some stored data could not be read',
    message: `Everything else works. ${KEPT}`,
  },
  'history-migration-failed': {
    title: 'The history could not be brought to this version',
    message: `Everything else works. ${KEPT} New entries are kept beside it.`,
  },
  'history-newer-version': {
    title: 'The history is of a newer version',
    message: `Update Tallow Send to see it. ${KEPT} New entries are kept beside it.`,
  },
  'history-storage-unavailable': {
    title: 'The history cannot be opened',
    message: 'New entries are kept beside it for now. Is the disk full?',
  },
  'history-full': {
    title: 'The history takes no more entries',
    message: 'It cannot be opened, and too many entries wait for it. Open “History” to see why.',
  },
  'newer-version': {
    title: 'Tallow Send cannot start',
    message: 'The stored data is of a newer version of this extension. Update it to go on.',
  },
};

/** Unless it is about single records, nothing else of background runs. */
export async function showTrouble(code: string): Promise<void> {
  await showNotice(
    `trouble:${code}`,
    TROUBLES[code] ?? {
      title: 'Tallow Send cannot start',
      message: `The stored data could not be read. ${KEPT}`,
    },
  );
}

export function noticeTarget(notificationId: string): NoticeTarget | undefined {
  const parts = /^(offer|text|saved|tell|need|trouble):([^:]+)(?::(.+))?/.exec(notificationId);
  const [, type, id, more] = parts ?? [];
  if (!type || !id) return undefined;
  return {
    type: type as NoticeTarget['type'],
    id,
    locked: type === 'offer' && more === LOCKED,
    ...(type === 'need' && more !== undefined && isNeed(more) && { need: more }),
  };
}

const LOCKED = 'locked';

function offerNotice(transferId: string, locked: boolean): string {
  return locked ? `offer:${transferId}:${LOCKED}` : `offer:${transferId}`;
}

/** Either of them may be on screen, perhaps since an earlier worker. */
function offerNotices(transferId: string): string[] {
  return [offerNotice(transferId, false), offerNotice(transferId, true)];
}

/** What a person can be needed for, beside an answer to an offer. */
const NEEDS = ['allow-file', 'choose-file', 'make-room', 'save-failed'] as const;
export type Need = (typeof NEEDS)[number];

export function isNeed(reason: string): reason is Need {
  return (NEEDS as readonly string[]).includes(reason);
}

function needNotice(need: Need, name: string, title: string): Notice {
  switch (need) {
    case 'allow-file':
      return {
        title: `Allow Tallow Send to read the file for ${name}`,
        message: `${title}\nThe browser asks again after a restart. Click to go on.`,
      };
    case 'choose-file':
      return {
        title: `Choose the file for ${name} again`,
        message: `${title}\nIt can no longer be read from where it was. Click to choose it.`,
      };
    case 'make-room':
      return {
        title: 'There is not enough room on this device',
        message: `${title}\nFrom ${name}. What has arrived is kept: it goes on when there is room.`,
      };
    case 'save-failed':
      return {
        title: 'The browser could not save a file',
        message: `${title}\nFrom ${name}. Click to save it again.`,
      };
  }
}

function tellNotice(code: TellCode, name: string, title: string): Notice {
  switch (code) {
    case 'link-instead':
      return {
        title: `Link sent to ${name}`,
        message:
          'The picture’s address was sent instead, because the picture itself was not allowed.',
      };
    case 'read-failed':
      return {
        title: `Not sent to ${name}`,
        message: 'This page did not let the picture be read.',
      };
    case 'delivered':
      return { title: `Delivered to ${name}`, message: title };
    case 'declined':
      return { title: `${name} declined`, message: title };
    case 'failed':
      return { title: `Could not send to ${name}`, message: title };
  }
}

/**
 * The true origin comes first, before any word of the peer's: its title could be another address.
 * Only a page has a title.
 */
function linkNotice(kind: 'link' | 'page', text: string, title: string, from: string): Notice {
  const noun = kind === 'page' ? 'Page' : 'Link';
  const url = URL.parse(openableUrl(text) ?? '');
  if (!url) return { title: `${noun} from ${from}`, message: preview(text) };
  const rest = (kind === 'page' && titleLine(title)) || preview(url.href);
  return { title: `${noun} from ${from}: click to open`, message: `${url.origin}\n${rest}` };
}

/** The beginning of a text on one line, without anything that could make it look like another. */
function preview(text: string): string {
  // Cut first: a text may be a megabyte. What is left out at the cut was beyond the preview anyway.
  return displayText(text.slice(0, 8 * PREVIEW_LENGTH), PREVIEW_LENGTH);
}

function titleLine(title: string): string {
  return displayText(title, TITLE_LENGTH);
}

function what({ kind, count }: { kind: string; count: number }): string {
  switch (kind) {
    case 'image':
      return 'an image';
    case 'video':
      return 'a video';
    case 'audio':
      return 'an audio file';
    case 'link':
      return 'a link';
    case 'page':
      return 'a page';
    case 'text':
      return 'a text';
    default:
      return count === 1 ? 'a file' : `${count} files`;
  }
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
