import type { ShareSource, ShareStopReason } from '../protocol/kinds.ts';
import type { ShareMessage } from '../protocol/messages.ts';
import { displayText } from '../protocol/names.ts';
import {
  ANSWER_MS,
  CONNECT_MS,
  GRACE_MS,
  MAX_POINTERS_PER_MINUTE,
  MINUTE_MS,
  TITLE_CHARACTERS,
  TITLE_MS,
} from './constants.ts';
import { ShareError } from './errors.ts';
import { FloodGate } from './flood-gate.ts';
import type { MediaNews } from './ports.ts';
import { isStopReason, type ShareOwner } from './share-owner.ts';
import type { ShareSession } from './share-session.ts';
import { SharerMedia } from './sharer-media.ts';
import {
  maySharingMove,
  missingOf,
  protectionOf,
  type Party,
  type ShareEndReason,
  type SharingState,
} from './states.ts';
import { Timer } from './timer.ts';
import type { ShareView } from './views.ts';

export interface SharingOptions {
  readonly shareId: string;
  readonly deviceId: string;
  /** Names what was captured; shares of one source end its capture together. */
  readonly sourceId: string;
  readonly source: ShareSource;
  readonly title: string;
  readonly audio: boolean;
  /** [SH3] This end runs the frame transform. */
  readonly frames: boolean;
}

/** The sharer's side of one share to one device ([SH2] to [SH7]). */
export class OutgoingShare {
  readonly shareId: string;
  readonly deviceId: string;
  readonly sourceId: string;
  readonly #options: SharingOptions;
  readonly #owner: ShareOwner;
  readonly #pointers: FloodGate;
  /** The state's own time. */
  readonly #deadline: Timer;
  readonly #media: SharerMedia;
  #state: SharingState = { type: 'offering' };
  /** Whether the device has ever heard of it. */
  #told: 'no' | 'yes' = 'no';
  #session: ShareSession | null = null;
  /** What the viewer said of its transform, in the present session; null before it accepted there. */
  #there: boolean | null = null;
  /** The person here goes on without protection. */
  #consented = false;
  #since: number | null = null;
  #title: string;
  /** As the viewer heard it last in the present session. */
  #toldTitle = '';
  readonly #titlePace: Timer;
  #paused = false;
  #pointer = false;
  #line: ShareView['line'] = null;

  constructor(options: SharingOptions, owner: ShareOwner) {
    this.#options = options;
    this.shareId = options.shareId;
    this.deviceId = options.deviceId;
    this.sourceId = options.sourceId;
    this.#title = displayText(options.title, TITLE_CHARACTERS);
    this.#owner = owner;
    this.#pointers = new FloodGate(owner.clock, MAX_POINTERS_PER_MINUTE, MINUTE_MS);
    this.#deadline = new Timer(owner.clock);
    this.#titlePace = new Timer(owner.clock);
    this.#media = this.#makeMedia();
    this.#deadline.set(ANSWER_MS, () => this.#unanswered());
  }

  get state(): SharingState {
    return this.#state;
  }

  get view(): ShareView {
    const { shareId, deviceId, sourceId, source, audio, frames } = this.#options;
    return {
      role: 'sharer',
      shareId,
      deviceId,
      sourceId,
      source,
      audio,
      title: this.#title,
      state: this.#state,
      since: this.#since,
      protection: protectionOf(frames, this.#there, this.#media.protecting),
      pointer: this.#pointer,
      paused: this.#paused,
      line: this.#line,
    };
  }

  /** The present session, once both ends said there that they encrypt frames. */
  get protectedIn(): ShareSession | null {
    return this.#options.frames && this.#there === true ? this.#session : null;
  }

  /** A session to the device is there, the first or a new one: the share is told, again ([SH6]). */
  attach(session: ShareSession): void {
    if (this.#state.type === 'ended') return;
    this.#detach();
    const { shareId, source, audio, frames } = this.#options;
    this.#session = session;
    if (this.#state.type === 'offering' && this.#told === 'no') {
      this.#told = 'yes';
      // The person there has as long as ever, however long the device was away.
      this.#deadline.set(ANSWER_MS, () => this.#unanswered());
    }
    this.#toldTitle = this.#title;
    this.#post({ type: 'share-offer', shareId, source, title: this.#title, audio, frames });
  }

  /** The session is gone, and with it the media connection that it vouched for. */
  detachFrom(session: ShareSession): void {
    if (this.#session === session) this.#detach();
  }

  #detach(): void {
    if (this.#session === null) return;
    this.#media.stop();
    this.#session = null;
    this.#there = null;
    if (this.#state.type === 'live' || this.#state.type === 'interrupted') {
      this.#interrupt('session');
    }
  }

  /** From the peer. @throws ShareError */
  onMessage(message: ShareMessage): void {
    switch (message.type) {
      case 'share-accept':
        return this.#onAccept(message.frames);
      case 'share-decline':
        if (this.#there !== null) throw new ShareError('out-of-state', 'declined after all');
        return this.#end(message.reason, 'peer');
      case 'share-stop':
        return this.#end(message.reason, 'peer');
      case 'media-answer':
      case 'media-candidate':
      case 'media-candidates-end':
        return this.#media.onMessage(message);
      case 'share-pointer': {
        if (!this.#pointers.take()) throw new ShareError('over-limit', 'pointers');
        const { x, y } = message;
        // It may have been forbidden while this was on its way.
        if (!this.#pointer || this.#state.type !== 'live') return;
        this.#owner.onPointer(this.shareId, x === null || y === null ? null : { x, y });
        return;
      }
      default:
        throw new ShareError('out-of-state', `${message.type} to the sharer`);
    }
  }

  /** From the document. */
  onNews(news: MediaNews): void {
    this.#media.onNews(news);
  }

  /** [SH3] The person goes on though it cannot be protected. */
  goOnUnprotected(): void {
    if (this.#state.type !== 'unprotected') return;
    this.#consented = true;
    this.#begin();
  }

  /** [IC9] Another network, or awake after sleep; or the session found its own path again. */
  shaken(): void {
    const { type } = this.#state;
    if (type === 'live' || type === 'interrupted') this.#media.shaken();
  }

  /** Nothing leads to the device, or it is not there: nobody waits for the end of the offer's time. */
  unreachable(reason: 'device-gone' | 'no-path'): void {
    if (this.#state.type === 'offering' && this.#session === null) this.#end(reason, null);
  }

  stop(reason: ShareStopReason): void {
    this.#end(reason, 'me');
  }

  deviceRemoved(): void {
    this.#end('device-removed', null);
  }

  allowPointer(allowed: boolean): void {
    if (this.#pointer === allowed || this.#state.type === 'ended') return;
    this.#pointer = allowed;
    if (this.#there !== null) this.#postSettings();
    if (!allowed) this.#owner.onPointer(this.shareId, null);
    this.#tell();
  }

  sourceChanged(change: { readonly title?: string; readonly paused?: boolean }): void {
    if (change.title !== undefined) this.#title = displayText(change.title, TITLE_CHARACTERS);
    this.#paused = change.paused ?? this.#paused;
    this.#tellTitle();
    this.#tell();
  }

  setLine(line: ShareView['line']): void {
    this.#line = line;
    this.#tell();
  }

  #onAccept(frames: boolean): void {
    // Told twice in one session: harmless.
    if (this.#there !== null) return;
    this.#there = frames;
    if (this.#pointer) this.#postSettings();
    else this.#tellTitle();
    const missing = missingOf(this.#options.frames, frames);
    if (missing !== null && !this.#consented) {
      this.#move({ type: 'unprotected', missing });
      return this.#deadline.set(ANSWER_MS, () => this.#end('unsupported', 'me'));
    }
    this.#begin();
  }

  /** The viewer has accepted, and nothing is left to ask. */
  #begin(): void {
    if (this.#state.type !== 'connecting' && this.#state.type !== 'interrupted') {
      this.#move({ type: 'connecting' });
      this.#deadline.set(CONNECT_MS, () => this.#giveUp());
    }
    if (this.#session !== null && this.#there !== null) {
      this.#media.start(this.#session, this.#options.frames && this.#there);
    }
  }

  #makeMedia(): SharerMedia {
    const { clock, random } = this.#owner;
    const { shareId, sourceId, audio } = this.#options;
    return new SharerMedia({
      ...{ clock, random, shareId, sourceId, audio },
      isLive: () => this.#state.type === 'live',
      post: (message) => this.#post(message),
      // A media connection never outlives its session.
      onTask: (task) => {
        if (this.#session === null) return;
        this.#owner.onTask({ ...task, sessionId: this.#session.sessionId });
      },
      onUp: () => this.#onUp(),
      onLost: () => this.#interrupt('path'),
      onHopeless: () => this.#end('failed', null),
      onProtecting: () => this.#tell(),
    });
  }

  /** The picture is there, again or for the first time. */
  #onUp(): void {
    if (this.#state.type === 'live') return;
    this.#deadline.clear();
    this.#since ??= this.#owner.clock.now();
    this.#move({ type: 'live' });
  }

  #interrupt(cause: 'path' | 'session'): void {
    const since = this.#state.type === 'interrupted' ? this.#state.since : this.#owner.clock.now();
    if (this.#state.type === 'live') this.#deadline.set(GRACE_MS, () => this.#giveUp());
    this.#line = null;
    if (this.#pointer) this.#owner.onPointer(this.shareId, null);
    this.#move({ type: 'interrupted', cause, since });
  }

  #unanswered(): void {
    this.#end(this.#session === null ? 'device-gone' : 'no-answer', null);
  }

  #giveUp(): void {
    this.#end(this.#session === null ? 'device-gone' : 'no-path', null);
  }

  /** [SH7] The peer is told once, unless it was the peer that said so. */
  #end(reason: ShareEndReason, by: Party | null): void {
    if (this.#state.type === 'ended') return;
    if (by !== 'peer') {
      const told = isStopReason(reason) ? reason : 'failed';
      this.#post({ type: 'share-stop', shareId: this.shareId, reason: told });
    }
    this.#media.stop();
    this.#deadline.clear();
    this.#titlePace.clear();
    this.#session = null;
    this.#line = null;
    if (this.#pointer) this.#owner.onPointer(this.shareId, null);
    this.#move({ type: 'ended', reason, by });
    this.#owner.onEnded(this.shareId);
  }

  /** [SH10] The newest one, once its time is there. */
  #tellTitle(): void {
    if (this.#there === null || this.#title === this.#toldTitle) return;
    if (!this.#titlePace.running) this.#postSettings();
  }

  #postSettings(): void {
    const { shareId } = this;
    this.#toldTitle = this.#title;
    this.#titlePace.set(TITLE_MS, () => this.#tellTitle());
    this.#post({ type: 'share-settings', shareId, pointer: this.#pointer, title: this.#title });
  }

  #post(message: ShareMessage): void {
    if (this.#session !== null) this.#owner.post(this.#session, message);
  }

  #move(to: SharingState): void {
    if (!maySharingMove(this.#state, to)) {
      throw new Error(`${this.#state.type} to ${to.type}`);
    }
    this.#state = to;
    this.#tell();
  }

  #tell(): void {
    this.#owner.onChanged(this.view);
  }
}
