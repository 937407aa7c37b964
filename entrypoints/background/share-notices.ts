import {
  clearNotice,
  shownNotices,
  showNotice,
  type Notice,
} from '../../lib/platform/notifications.ts';
import type { ShareSource } from '../../lib/protocol/kinds.ts';
import type { Missing, ShareEndReason } from '../../lib/share/states.ts';
import type { ShareView } from '../../lib/share/views.ts';
import type { ToldOnce } from '../../lib/storage/once.ts';
import { Latest } from './latest.ts';

/** `ask`: another device offers; `bare`: go on without protection?; `on`: this one is shared. */
type Standing = 'ask' | 'bare' | 'on';

export interface ShareNoticeTarget {
  readonly type: Standing | 'over';
  readonly shareId: string;
}

interface Wanted {
  /** Those that stand as long as their share is so. */
  readonly wanted: ReadonlyMap<string, Notice>;
  /** Those that are shown once and left to the person. */
  readonly news: ReadonlyMap<string, Notice>;
}

const ID = /^share-(ask|bare|on|over):([0-9a-f]{32})$/;

/** What a notification's id stands for; undefined for one that is not about a share. */
export function shareNoticeTarget(notificationId: string): ShareNoticeTarget | undefined {
  const [, type, shareId] = ID.exec(notificationId) ?? [];
  if (type === undefined || shareId === undefined) return undefined;
  return { type: type as ShareNoticeTarget['type'], shareId };
}

/** Notifications about shares. Each follows from the state of its share alone, and goes with it. */
export class ShareNotices {
  readonly #told: ToldOnce;
  /** On screen as far as this worker knows; undefined: an earlier one's may be there. */
  #standing: ReadonlySet<string> | undefined;
  #wanted: Wanted = { wanted: new Map(), news: new Map() };
  readonly #latest = new Latest(() => this.#settle());

  constructor(told: ToldOnce) {
    this.#told = told;
  }

  /** @param answered those that a rule answers: nobody is asked */
  async update(
    views: readonly ShareView[],
    nameOf: (deviceId: string) => string,
    answered: (view: ShareView) => boolean,
  ): Promise<void> {
    const wanted = new Map<string, Notice>();
    const news = new Map<string, Notice>();
    for (const view of views) {
      const name = nameOf(view.deviceId);
      const stands = answered(view) ? undefined : standing(view, name);
      if (stands) wanted.set(`share-${stands.type}:${view.shareId}`, stands.notice);
      const ended = over(view, name);
      if (ended) news.set(`share-over:${view.shareId}`, ended);
    }
    this.#wanted = { wanted, news };
    await this.#latest.run();
  }

  async #settle(): Promise<void> {
    const { wanted, news } = this.#wanted;
    for (const id of this.#standing ?? (await shownShares())) {
      if (!wanted.has(id)) await this.#gone(id);
    }
    this.#standing = new Set(wanted.keys());
    for (const [id, notice] of [...wanted, ...news]) {
      await this.#told.tell(id, () => showNotice(id, notice));
    }
  }

  async #gone(id: string): Promise<void> {
    await clearNotice(id);
    await this.#told.forget(id);
  }
}

async function shownShares(): Promise<string[]> {
  return (await shownNotices()).filter((id) => {
    const target = shareNoticeTarget(id);
    return target !== undefined && target.type !== 'over';
  });
}

function standing(view: ShareView, name: string): { type: Standing; notice: Notice } | undefined {
  const title = view.title === '' ? '' : `${view.title}\n`;
  if (view.role === 'viewer') {
    if (view.state.type !== 'asked') return undefined;
    const bare = view.protection.type === 'unprotected';
    const notice: Notice = {
      title: `${name} wants to show you ${view.source === 'tab' ? 'a tab' : 'its screen'}`,
      message: `${title}${view.audio ? 'With sound.' : 'Without sound.'}${bare ? ` ${NO_FRAMES}` : ''}`,
      buttons: ['Accept', 'Decline'],
      stays: true,
    };
    return { type: 'ask', notice };
  }
  switch (view.state.type) {
    case 'unprotected': {
      const notice: Notice = {
        title: `Share with ${name} without the additional protection?`,
        message: `${title}${LACKS[view.state.missing]}`,
        buttons: ['Share anyway', 'Stop'],
        stays: true,
      };
      return { type: 'bare', notice };
    }
    case 'live':
    case 'interrupted': {
      const notice: Notice = {
        title: `Sharing with ${name}`,
        message: `${view.title || sourceWords(view)}\n${GOES_ON[view.source]}`,
        buttons: ['Stop sharing'],
      };
      return { type: 'on', notice };
    }
    case 'offering':
    case 'connecting':
    case 'ended':
      return undefined;
  }
}

const GOES_ON: Readonly<Record<ShareSource, string>> = {
  tab: 'It goes on while you look at other tabs.',
  screen: 'It goes on for as long as the page is open in which you chose it.',
};

const LACKS: Readonly<Record<Missing, string>> = {
  here: 'This browser cannot protect the picture by ML-KEM-768.',
  there: 'Its browser cannot decrypt what ML-KEM-768 protects.',
  both: 'Neither browser can protect the picture by ML-KEM-768.',
};

const NO_FRAMES = 'Its browser lacks the additional protection.';

function sourceWords({ source }: ShareView): string {
  return source === 'tab' ? 'a tab' : 'your screen';
}

/** What ended by itself or at the other end, and was wanted here. */
function over(view: ShareView, name: string): Notice | undefined {
  const { state } = view;
  if (state.type !== 'ended' || state.by === 'me') return undefined;
  // An offer that nobody here answered, or that was taken back.
  if (view.role === 'viewer' && view.since === null) return undefined;
  const message = view.title || (view.role === 'sharer' ? sourceWords(view) : '');
  return { title: overWords(view.role, state.reason, name), message };
}

function overWords(role: ShareView['role'], reason: ShareEndReason, name: string): string {
  const sharer = role === 'sharer';
  switch (reason) {
    case 'declined':
      return `${name} declined to watch`;
    case 'busy':
      return `${name} watches too much already`;
    case 'no-answer':
      return `Nobody answered at ${name}`;
    case 'stopped':
    case 'closed':
      return sharer ? `${name} stopped watching` : `${name} stopped sharing`;
    case 'unsupported':
      return sharer ? `${name} cannot show what you share` : `What ${name} shares cannot be shown`;
    case 'failed':
      return `Sharing ${sharer ? 'with' : 'from'} ${name} failed`;
    case 'no-path':
      return `No way was found to ${name}`;
    case 'device-gone':
      return `${name} is away: sharing ended`;
    case 'device-removed':
      return `${name} was removed: sharing ended`;
  }
}
