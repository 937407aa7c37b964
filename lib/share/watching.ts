import type { ShareDeclineReason, ShareSource, ShareStopReason } from '../protocol/kinds.ts';
import { MAX_POINTERS_PER_SECOND } from '../protocol/limits.ts';
import type { ShareMessage } from '../protocol/messages.ts';
import { displayText } from '../protocol/names.ts';
import { RateLimit } from '../protocol/rate-limit.ts';
import {
  ANSWER_MS,
  CONNECT_MS,
  MAX_MEDIA_OFFERS,
  MINUTE_MS,
  RETOLD_MS,
  TITLE_CHARACTERS,
  VIEWER_GRACE_MS,
} from './constants.ts';
import { ShareError } from './errors.ts';
import { FloodGate } from './flood-gate.ts';
import { MediaConnection } from './media-connection.ts';
import type { MediaNews, MediaTask } from './ports.ts';
import { isStopReason, type ShareOwner, type WithoutSession } from './share-owner.ts';
import type { ShareSession } from './share-session.ts';
import {
  mayWatchingMove,
  protectionOf,
  type Party,
  type ShareEndReason,
  type WatchingState,
} from './states.ts';
import { Timer } from './timer.ts';
import type { ShareView } from './views.ts';

export type ShareOffer = Extract<ShareMessage, { type: 'share-offer' }>;

/** The sharer may have to ask its own person first ([SH3]). */
const WAIT_MS = ANSWER_MS + CONNECT_MS;

/** The viewer's side of one share ([SH2] to [SH7]). */
export class IncomingShare {
  readonly shareId: string;
  readonly deviceId: string;
  readonly #source: ShareSource;
  readonly #audio: boolean;
  /** The sharer's transform runs ([SH3]). */
  readonly #there: boolean;
  readonly #owner: ShareOwner;
  readonly #offers: RateLimit;
  readonly #pointers: FloodGate;
  readonly #deadline: Timer;
  #state: WatchingState;
  #session: ShareSession | null;
  /** This end's transform runs; null until a person or a rule accepted. */
  #here: boolean | null = null;
  #media: MediaConnection | null = null;
  #since: number | null = null;
  #title: string;
  #pointer = false;
  #line: ShareView['line'] = null;

  constructor(offer: ShareOffer, session: ShareSession, owner: ShareOwner) {
    this.shareId = offer.shareId;
    this.deviceId = session.deviceId;
    this.#source = offer.source;
    this.#audio = offer.audio;
    this.#there = offer.frames;
    this.#title = displayText(offer.title, TITLE_CHARACTERS);
    this.#session = session;
    this.#owner = owner;
    this.#offers = new RateLimit(owner.clock, MAX_MEDIA_OFFERS, MINUTE_MS);
    this.#pointers = new FloodGate(owner.clock, MAX_POINTERS_PER_SECOND, 1000);
    this.#deadline = new Timer(owner.clock);
    this.#state = { type: 'asked', expiresAt: owner.clock.now() + ANSWER_MS };
    this.#awaitAnswer(ANSWER_MS);
  }

  get state(): WatchingState {
    return this.#state;
  }

  get view(): ShareView {
    const running = this.#media?.protecting === true;
    return {
      role: 'viewer',
      shareId: this.shareId,
      deviceId: this.deviceId,
      source: this.#source,
      audio: this.#audio,
      title: this.#title,
      state: this.#state,
      since: this.#since,
      protection: protectionOf(this.#here, this.#there, running),
      pointer: this.#pointer,
      line: this.#line,
    };
  }

  /** Accepted, and not over. */
  get wanted(): boolean {
    return this.#here !== null && this.#state.type !== 'ended';
  }

  /** A person or a rule accepts. @param frames this end runs the frame transform */
  accept(frames: boolean): void {
    if (this.#state.type !== 'asked') return;
    this.#here = frames;
    this.#move({ type: 'connecting' });
    this.#deadline.set(WAIT_MS, () => this.#giveUp());
    this.#post({ type: 'share-accept', shareId: this.shareId, frames });
  }

  decline(told: ShareDeclineReason, reason: ShareEndReason = told): void {
    if (this.#state.type !== 'asked') return;
    this.#post({ type: 'share-decline', shareId: this.shareId, reason: told });
    this.#over(reason, reason === 'no-answer' ? null : 'me');
  }

  stop(reason: ShareStopReason): void {
    if (this.#state.type === 'asked') return this.decline('declined');
    this.#end(reason, 'me');
  }

  deviceRemoved(): void {
    this.#end('device-removed', null);
  }

  /**
   * [SH6] Told again: in a new session what was accepted is accepted still, with its first terms. In
   * the same session it changes nothing.
   */
  offeredAgain(offer: ShareOffer, session: ShareSession): void {
    if (this.#state.type === 'ended' || this.#session === session) return;
    this.#detach();
    this.#session = session;
    if (
      offer.source !== this.#source ||
      offer.audio !== this.#audio ||
      (this.#there && !offer.frames)
    ) {
      return this.#end('unsupported', 'me');
    }
    this.#title = displayText(offer.title, TITLE_CHARACTERS);
    if (this.#state.type === 'asked') {
      this.#awaitAnswer(this.#state.expiresAt - this.#owner.clock.now());
      return this.#tell();
    }
    this.#deadline.set(WAIT_MS, () => this.#giveUp());
    this.#post({ type: 'share-accept', shareId: this.shareId, frames: this.#here === true });
    this.#tell();
  }

  /** [SH6] A session with the sharer is there again: it tells the share, or knows it no more. */
  attach(): void {
    if (this.#state.type === 'ended' || this.#session !== null) return;
    this.#deadline.set(RETOLD_MS, () => this.#giveUp());
  }

  detachFrom(session: ShareSession): void {
    if (this.#session === session) this.#detach();
  }

  #detach(): void {
    if (this.#session === null) return;
    this.#drop();
    this.#session = null;
    this.#pointer = false;
    if (this.#here === null) return;
    this.#deadline.set(VIEWER_GRACE_MS, () => this.#giveUp());
    this.#settle();
  }

  /** From the peer. @throws ShareError */
  onMessage(message: ShareMessage): void {
    switch (message.type) {
      case 'share-stop':
        return this.#end(message.reason, 'peer');
      case 'media-offer':
      case 'media-candidate':
      case 'media-candidates-end':
      case 'media-key':
      case 'share-settings':
        if (this.#here === null) throw new ShareError('out-of-state', 'nobody has accepted');
        return this.#onAccepted(message);
      default:
        throw new ShareError('out-of-state', `${message.type} to the viewer`);
    }
  }

  /** From the document. */
  onNews(news: MediaNews): void {
    const media = this.#media;
    if (media?.pcId !== news.pcId) return;
    switch (news.type) {
      case 'media-failed':
        return this.#end('failed', 'me');
      case 'media-state':
        media.path = news.state === 'connected' ? 'connected' : 'lost';
        return this.#settle();
      case 'media-bound':
        media.bound = true;
        return this.#settle();
      case 'media-flow':
        media.flowing = news.flowing;
        return this.#settle();
      case 'media-protecting':
        media.protecting = news.running;
        return this.#tell();
      default:
        media.describe(news);
    }
  }

  /** Where the pointer is over the picture; null: nowhere. More than 60 in a second are left out. */
  point(at: { readonly x: number; readonly y: number } | null): void {
    // What a stalled line would hold back is old when it comes.
    if (!this.#pointer || this.#state.type !== 'watching' || !this.#pointers.take()) return;
    const { x, y } = at ?? { x: null, y: null };
    this.#post({ type: 'share-pointer', shareId: this.shareId, x, y });
  }

  setLine(line: ShareView['line']): void {
    this.#line = line;
    this.#tell();
  }

  #onAccepted(
    message: Extract<
      ShareMessage,
      | { type: 'media-offer' | 'media-candidate' | 'media-candidates-end' }
      | { type: 'media-key' | 'share-settings' }
    >,
  ): void {
    switch (message.type) {
      case 'media-offer':
        return this.#onOffer(message);
      case 'media-candidate':
      case 'media-candidates-end':
        if (this.#media?.pcId === message.pcId) {
          this.#media.receive(message);
          return this.#task(message);
        }
        if (this.#session?.knows(message.pcId) === true) return;
        throw new ShareError('out-of-state', 'an unknown media connection');
      case 'media-key':
        if (this.#here !== true || !this.#there) {
          throw new ShareError('out-of-state', 'a key for frames in clear');
        }
        this.#session?.claimKid(message.kid, message.encoding);
        return this.#task(message);
      case 'share-settings':
        this.#pointer = message.pointer;
        this.#title = displayText(message.title, TITLE_CHARACTERS);
        return this.#tell();
    }
  }

  #onOffer(message: Extract<ShareMessage, { type: 'media-offer' }>): void {
    const { pcId } = message;
    if (!this.#offers.take()) throw new ShareError('over-limit', 'media offers');
    const restart = this.#media?.pcId === pcId;
    if (restart) this.#media?.receive(message);
    else {
      if (this.#session?.knows(pcId) === true) {
        throw new ShareError('out-of-state', 'a media connection twice');
      }
      this.#session?.remember(pcId);
      this.#drop();
      this.#media = new MediaConnection(pcId, 'viewer', {
        post: (own) => this.#post(own),
        restart: () => undefined,
      });
      this.#settle();
    }
    const frames = this.#here === true && this.#there;
    this.#task({ ...message, restart, audio: this.#audio, frames });
  }

  /** A wall clock may be set back: never longer than a person ever has. */
  #awaitAnswer(ms: number): void {
    this.#deadline.set(Math.min(Math.max(ms, 0), ANSWER_MS), () =>
      this.decline('declined', 'no-answer'),
    );
  }

  /** Which of its states it is in follows from session, path and frames. */
  #settle(): void {
    const media = this.#media;
    const { type } = this.#state;
    if (type === 'ended' || type === 'asked') return;
    if (media?.bound === true && media.path === 'connected' && media.flowing) {
      if (type === 'watching') return;
      this.#deadline.clear();
      this.#since ??= this.#owner.clock.now();
      return this.#move({ type: 'watching' });
    }
    if (type === 'connecting') return;
    const path = media?.bound === true && media.path === 'connected';
    const cause = this.#session === null ? 'session' : path ? 'frames' : 'path';
    if (this.#state.type === 'stalled' && this.#state.cause === cause) return;
    const since = this.#state.type === 'stalled' ? this.#state.since : this.#owner.clock.now();
    this.#line = null;
    this.#move({ type: 'stalled', cause, since });
  }

  #giveUp(): void {
    this.#end(this.#session === null ? 'device-gone' : 'failed', null);
  }

  /** [SH7] */
  #end(reason: ShareEndReason, by: Party | null): void {
    if (this.#state.type === 'ended') return;
    if (by !== 'peer') {
      const told = isStopReason(reason) ? reason : 'failed';
      this.#post({ type: 'share-stop', shareId: this.shareId, reason: told });
    }
    this.#over(reason, by);
  }

  #over(reason: ShareEndReason, by: Party | null): void {
    this.#drop();
    this.#deadline.clear();
    this.#session = null;
    this.#pointer = false;
    this.#line = null;
    this.#move({ type: 'ended', reason, by });
    this.#owner.onEnded(this.shareId);
  }

  #drop(): void {
    const pcId = this.#media?.pcId;
    this.#media = null;
    if (pcId !== undefined) this.#task({ type: 'media-drop', shareId: this.shareId, pcId });
  }

  #post(message: ShareMessage): void {
    if (this.#session !== null) this.#owner.post(this.#session, message);
  }

  #task(task: WithoutSession<MediaTask>): void {
    if (this.#session !== null) this.#owner.onTask({ ...task, sessionId: this.#session.sessionId });
  }

  #move(to: WatchingState): void {
    if (!mayWatchingMove(this.#state, to)) throw new Error(`${this.#state.type} to ${to.type}`);
    this.#state = to;
    this.#tell();
  }

  #tell(): void {
    this.#owner.onChanged(this.view);
  }
}
