import { toHex } from '../protocol/base64.ts';
import { PC_ID_BYTES } from '../protocol/limits.ts';
import { RateLimit } from '../protocol/rate-limit.ts';
import {
  ATTEMPT_MS,
  MAX_FRUITLESS,
  MINUTE_MS,
  PACED_MEDIA_OFFERS,
  PATIENCE_MS,
  PRECAUTIONS,
} from './constants.ts';
import { ShareError } from './errors.ts';
import { MediaConnection } from './media-connection.ts';
import type { Clock, MediaMessage, MediaNews, MediaTask, RandomBytes } from './ports.ts';
import type { WithoutSession } from './share-owner.ts';
import type { ShareSession } from './share-session.ts';
import { Timer } from './timer.ts';

/** What the media of a share are to the sharer's side of it. */
interface SharerMediaOwner {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly shareId: string;
  readonly sourceId: string;
  readonly audio: boolean;
  /** Whether the viewer has the picture, as far as anyone knows. */
  isLive(): boolean;
  post(message: MediaMessage): void;
  onTask(task: WithoutSession<MediaTask>): void;
  /** A connection carries, and is bound. */
  onUp(): void;
  /** The one that carried does so no more; another attempt is under way. */
  onLost(): void;
  /** No further attempt will do better. */
  onHopeless(): void;
  /** The transform runs, or does no more. */
  onProtecting(): void;
}

/** The sharer's media connections, one after the other: when one is made, restarted, given up ([SH5]). */
export class SharerMedia {
  readonly #owner: SharerMediaOwner;
  /** Descriptions that still may leave in this minute ([SH8]). */
  readonly #offers: RateLimit;
  readonly #precautions: RateLimit;
  /** The next attempt at a path, or the end of patience with this one. */
  readonly #attempt: Timer;
  #target: { readonly session: ShareSession; readonly frames: boolean } | null = null;
  #connection: MediaConnection | null = null;
  #fruitless = 0;

  constructor(owner: SharerMediaOwner) {
    this.#owner = owner;
    this.#offers = new RateLimit(owner.clock, PACED_MEDIA_OFFERS, MINUTE_MS);
    this.#precautions = new RateLimit(owner.clock, PRECAUTIONS, MINUTE_MS);
    this.#attempt = new Timer(owner.clock);
  }

  /** The frame transform of this end runs. */
  get protecting(): boolean {
    return this.#connection?.protecting === true;
  }

  /** The viewer has accepted in this session. @param frames both ends encrypt */
  start(session: ShareSession, frames: boolean): void {
    this.#target = { session, frames };
    this.#fruitless = 0;
    this.#open();
  }

  /** With the session, or the share. */
  stop(): void {
    this.#drop();
    this.#target = null;
  }

  /** [IC9] The path may be gone: it is not waited for to say so. */
  shaken(): void {
    if (this.#precautions.take()) this.#restart();
  }

  /** From the peer. @throws ShareError */
  onMessage(message: MediaMessage): void {
    const connection = this.#connection;
    if (connection?.pcId !== message.pcId) {
      if (this.#target?.session.knows(message.pcId) === true) return;
      throw new ShareError('out-of-state', 'an unknown media connection');
    }
    connection.receive(message);
    if (message.type === 'media-offer') return;
    this.#owner.onTask(message);
    if (message.type === 'media-answer') connection.settled();
  }

  /** From the document. */
  onNews(news: MediaNews): void {
    const connection = this.#connection;
    if (connection?.pcId !== news.pcId) return;
    switch (news.type) {
      case 'media-failed':
        return this.#lost('gone');
      case 'media-state':
        return this.#onPath(connection, news.state);
      case 'media-bound':
        connection.bound = true;
        return this.#settle(connection);
      case 'media-protecting':
        connection.protecting = news.running;
        return this.#owner.onProtecting();
      case 'media-flow':
        return;
      default:
        connection.describe(news);
    }
  }

  #open(): void {
    this.#drop();
    if (this.#target === null) return;
    if (!this.#offers.take()) {
      return this.#attempt.set(this.#offers.wait(), () => this.#open());
    }
    const { shareId, sourceId, audio } = this.#owner;
    const { session, frames } = this.#target;
    const pcId = toHex(this.#owner.random(PC_ID_BYTES));
    session.remember(pcId);
    this.#connection = new MediaConnection(pcId, 'sharer', {
      post: (message) => this.#owner.post(message),
      restart: () => this.#owner.onTask({ type: 'media-restart', shareId, pcId }),
    });
    this.#attempt.set(ATTEMPT_MS, () => this.#open());
    this.#owner.onTask({ type: 'media-open', shareId, pcId, sourceId, audio, frames });
  }

  /** One that is left out is made up for by the next attempt. */
  #restart(): void {
    if (this.#connection !== null && this.#offers.take()) this.#connection.restart();
  }

  #onPath(
    connection: MediaConnection,
    state: 'connected' | 'disconnected' | 'failed' | 'closed',
  ): void {
    if (state === 'connected') {
      connection.path = 'connected';
      return this.#settle(connection);
    }
    connection.path = 'lost';
    if (state === 'closed') return this.#lost('gone');
    if (state === 'failed') return this.#lost('path');
    if (this.#owner.isLive()) this.#attempt.set(PATIENCE_MS, () => this.#lost('path'));
  }

  #settle(connection: MediaConnection): void {
    if (!connection.bound || connection.path !== 'connected') return;
    this.#attempt.clear();
    this.#fruitless = 0;
    this.#owner.onUp();
  }

  /** @param what `path`: ICE may find another one; `gone`: only another connection helps */
  #lost(what: 'path' | 'gone'): void {
    if (this.#owner.isLive()) {
      this.#owner.onLost();
      if (what === 'path') {
        this.#restart();
        return this.#attempt.set(ATTEMPT_MS, () => this.#open());
      }
    }
    if (++this.#fruitless > MAX_FRUITLESS) return this.#owner.onHopeless();
    this.#open();
  }

  #drop(): void {
    this.#attempt.clear();
    const pcId = this.#connection?.pcId;
    this.#connection = null;
    if (pcId === undefined) return;
    this.#owner.onTask({ type: 'media-drop', shareId: this.#owner.shareId, pcId });
  }
}
