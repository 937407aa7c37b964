import { toHex } from '../protocol/base64.ts';
import type { MediaTrackKind, ShareDeclineReason, ShareStopReason } from '../protocol/kinds.ts';
import { SHARE_ID_BYTES } from '../protocol/limits.ts';
import type { ShareMessage } from '../protocol/messages.ts';
import { RateLimit } from '../protocol/rate-limit.ts';
import {
  ENDED_SHARES,
  MAX_NEW_SHARES,
  MAX_SHARES_IN,
  MAX_SHARES_OF_DEVICE,
  MAX_SHARES_OUT,
  MINUTE_MS,
  PACED_NEW_SHARES,
  PAST_IDS,
} from './constants.ts';
import { ShareError, ShareRequestError } from './errors.ts';
import type { Clock, MediaNews, MediaTask, RandomBytes } from './ports.ts';
import type { ShareOwner } from './share-owner.ts';
import { ShareSession } from './share-session.ts';
import { OutgoingShare, type SharingOptions } from './sharing.ts';
import type { ShareView } from './views.ts';
import { IncomingShare, type ShareOffer } from './watching.ts';

/** What the book tells its owner. Plain data: it can be posted to another context as it is. */
export type ShareEvent =
  /** Over the session's control channel. */
  | { readonly type: 'post'; readonly sessionId: string; readonly message: ShareMessage }
  /** For whoever makes the media connections. */
  | { readonly type: 'media'; readonly task: MediaTask }
  /** A share waits for a session with this device: bring one up and `attach` it. */
  | { readonly type: 'need-session'; readonly deviceId: string }
  /** A share is offered, and a rule or a person is to answer: `accept` or `decline`. */
  | { readonly type: 'asked'; readonly view: ShareView }
  | { readonly type: 'changed'; readonly view: ShareView }
  /** It is over and no longer shown. */
  | { readonly type: 'removed'; readonly shareId: string }
  /** Its last share is over: end the capture. */
  | { readonly type: 'release-source'; readonly sourceId: string }
  | {
      readonly type: 'pointer';
      readonly shareId: string;
      readonly at: { readonly x: number; readonly y: number } | null;
    };

export interface ShareBookDeps {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly onEvent: (event: ShareEvent) => void;
}

/** What a frame transform of this end says of its start ([SF3]): the `inst` is its own. */
export interface TransformStart {
  readonly track: MediaTrackKind;
  readonly encoding: number;
  /** 16 bytes. */
  readonly inst: Uint8Array<ArrayBuffer>;
}

type Share = OutgoingShare | IncomingShare;
type ShareRequest = Omit<SharingOptions, 'shareId'>;

/**
 * All shares of this device, both ways, over all sessions. A pure machine: its owner brings
 * sessions, messages, news and a person's wishes, and carries out its events.
 */
export class ShareBook {
  readonly #deps: ShareBookDeps;
  readonly #owner: ShareOwner;
  readonly #shares = new Map<string, Share>();
  /** Of them those that are over, in the order of their ends. */
  readonly #over = new Set<string>();
  readonly #sessions = new Map<string, ShareSession>();
  /** The session in use with each device. */
  readonly #current = new Map<string, ShareSession>();
  readonly #offersIn = new Map<string, RateLimit>();
  readonly #offersOut = new Map<string, RateLimit>();
  /** Ids of shares that were let go, and whose they were. */
  readonly #past = new Map<string, { deviceId: string; role: ShareView['role'] }>();

  constructor(deps: ShareBookDeps) {
    this.#deps = deps;
    const { clock, random, onEvent } = deps;
    this.#owner = {
      clock,
      random,
      post: ({ sessionId }, message) => onEvent({ type: 'post', sessionId, message }),
      onTask: (task) => onEvent({ type: 'media', task }),
      onChanged: (view) => onEvent({ type: 'changed', view }),
      onEnded: (shareId) => this.#onEnded(shareId),
      onPointer: (shareId, at) => onEvent({ type: 'pointer', shareId, at }),
    };
  }

  // What a person wants.

  /**
   * Offers what was captured to a device. Answers the share's id.
   *
   * @throws ShareRequestError `duplicate-share` (this source goes there already), `too-many-shares`
   */
  share(request: ShareRequest): string {
    const { deviceId, sourceId } = request;
    const mine = this.#outgoing();
    if (mine.some((share) => share.deviceId === deviceId && share.sourceId === sourceId)) {
      throw new ShareRequestError('duplicate-share');
    }
    const paced = limitOf(this.#offersOut, deviceId, this.#deps.clock, PACED_NEW_SHARES);
    if (mine.length >= MAX_SHARES_OUT || !paced.take()) {
      throw new ShareRequestError('too-many-shares');
    }
    const shareId = toHex(this.#deps.random(SHARE_ID_BYTES));
    const share = new OutgoingShare({ ...request, shareId }, this.#owner);
    this.#shares.set(shareId, share);
    this.#deps.onEvent({ type: 'changed', view: share.view });
    const session = this.#current.get(deviceId);
    if (session === undefined) this.#deps.onEvent({ type: 'need-session', deviceId });
    else share.attach(session);
    return shareId;
  }

  /** [SH3] @throws ShareRequestError `unknown-share` */
  goOnUnprotected(shareId: string): void {
    this.#sharer(shareId).goOnUnprotected();
  }

  /** @param frames this end runs the frame transform @throws ShareRequestError `unknown-share` */
  accept(shareId: string, frames: boolean): void {
    this.#viewer(shareId).accept(frames);
  }

  /** @throws ShareRequestError `unknown-share` */
  decline(shareId: string, reason: ShareDeclineReason = 'declined'): void {
    this.#viewer(shareId).decline(reason);
  }

  /** Either side; harmless where it is over. */
  stop(shareId: string, reason: ShareStopReason = 'stopped'): void {
    this.#shares.get(shareId)?.stop(reason);
  }

  /** All shares of one source: by a person, or since it is gone (`closed`). */
  stopSource(sourceId: string, reason: ShareStopReason): void {
    for (const share of this.#outgoing()) if (share.sourceId === sourceId) share.stop(reason);
  }

  /** [SH10] @throws ShareRequestError `unknown-share` */
  allowPointer(shareId: string, allowed: boolean): void {
    this.#sharer(shareId).allowPointer(allowed);
  }

  /** Viewer: where the pointer is, each from 0 to 1; null: nowhere. */
  point(shareId: string, at: { readonly x: number; readonly y: number } | null): void {
    const share = this.#shares.get(shareId);
    if (share instanceof IncomingShare) share.point(at);
  }

  /** A share that is over is shown no more. */
  dismiss(shareId: string): void {
    if (this.#shares.get(shareId)?.state.type === 'ended') this.#forget(shareId);
  }

  // Sessions and devices.

  /** A session stands. Shares with its device go on over it ([SH6]). */
  attach(sessionId: string, deviceId: string): void {
    if (this.#sessions.has(sessionId)) return;
    const session = new ShareSession(sessionId, deviceId, this.#deps.clock);
    this.#sessions.set(sessionId, session);
    this.#current.set(deviceId, session);
    for (const share of this.#of(deviceId)) {
      share.attach(session);
    }
  }

  /** The session is gone, for whatever reason. Idempotent. */
  detach(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    const { deviceId } = session;
    // One that was replaced: its shares go on over the new one, or wait to be told there.
    for (const share of this.#of(deviceId)) share.detachFrom(session);
    if (this.#current.get(deviceId) !== session) {
      for (const share of this.#incoming()) if (share.deviceId === deviceId) share.attach();
      return;
    }
    this.#current.delete(deviceId);
    if (this.wants(deviceId)) this.#deps.onEvent({ type: 'need-session', deviceId });
  }

  /** Whether a session with this device is needed. */
  wants(deviceId: string): boolean {
    return this.#of(deviceId).some((share) => share instanceof OutgoingShare || share.wanted);
  }

  /** [IC9] Paths are in doubt, to this device or to all. */
  shaken(deviceId?: string): void {
    for (const share of this.#outgoing()) {
      if (deviceId === undefined || share.deviceId === deviceId) share.shaken();
    }
  }

  /** There is no way to the device now; what is under way waits on. */
  unreachable(deviceId: string, reason: 'device-gone' | 'no-path'): void {
    for (const share of this.#of(deviceId)) {
      if (share instanceof OutgoingShare) share.unreachable(reason);
    }
  }

  /** [RM1] */
  removeDevice(deviceId: string): void {
    for (const share of this.#of(deviceId)) share.deviceRemoved();
    for (const [shareId, share] of this.#shares) {
      if (share.deviceId === deviceId) this.#forget(shareId);
    }
    this.#offersIn.delete(deviceId);
    this.#offersOut.delete(deviceId);
  }

  /** From the peer. @throws ShareError: end the session with its code ([BP1]) */
  onMessage(sessionId: string, message: ShareMessage): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    if (message.type !== 'share-pointer') session.countMessage();
    const { shareId } = message;
    const share = this.#shares.get(shareId);
    if (share !== undefined && share.deviceId !== session.deviceId) {
      throw new ShareError('out-of-state', 'a share with another device');
    }
    if (message.type === 'share-offer') return this.#onOffer(message, session, share);
    if (share === undefined || share.state.type === 'ended') {
      if (share === undefined && this.#past.get(shareId)?.deviceId !== session.deviceId) {
        throw new ShareError('out-of-state', 'an unknown share');
      }
      return;
    }
    // What an older session still brings is about what is over.
    if (this.#current.get(session.deviceId) === session) share.onMessage(message);
  }

  /** From the document. */
  onNews(news: MediaNews): void {
    this.#shares.get(news.shareId)?.onNews(news);
  }

  // What was captured, and what goes over the line.

  sourceChanged(
    sourceId: string,
    change: { readonly title?: string; readonly paused?: boolean },
  ): void {
    for (const share of this.#outgoing())
      if (share.sourceId === sourceId) share.sourceChanged(change);
  }

  /** What the statistics say; null: nothing. */
  setLine(shareId: string, line: ShareView['line']): void {
    const share = this.#shares.get(shareId);
    if (share !== undefined && share.state.type !== 'ended') share.setLine(line);
  }

  /**
   * [SH9] A transform of this end starts: the viewer is told, and the kid is drawn in the same step
   * ([SF3]). Null where the share is over, waits for a session or goes in clear, and where the
   * session has had its last kid: then nothing may be sealed.
   */
  announce(shareId: string, { track, encoding, inst }: TransformStart): number | null {
    const share = this.#shares.get(shareId);
    const session = share instanceof OutgoingShare ? share.protectedIn : null;
    const kid = session?.takeKid() ?? null;
    if (session === null || kid === null) return null;
    this.#owner.post(session, { type: 'media-key', shareId, kid, inst, track, encoding });
    return kid;
  }

  /** In the order they began. */
  views(): ShareView[] {
    return [...this.#shares.values()].map(({ view }) => view);
  }

  #onOffer(offer: ShareOffer, session: ShareSession, share: Share | undefined): void {
    const { shareId } = offer;
    const { deviceId } = session;
    const past = this.#past.get(shareId);
    if (share instanceof OutgoingShare || past?.role === 'sharer') {
      throw new ShareError('out-of-state', 'an offer of this side’s own share');
    }
    if (share?.state.type === 'ended' || past?.deviceId === deviceId) {
      // It ended while the sharer could not hear of it ([SH7]).
      return this.#owner.post(session, { type: 'share-stop', shareId, reason: 'stopped' });
    }
    if (past !== undefined) throw new ShareError('out-of-state', 'a share with another device');
    if (share !== undefined) {
      if (this.#current.get(deviceId) === session) share.offeredAgain(offer, session);
      return;
    }
    if (!limitOf(this.#offersIn, deviceId, this.#deps.clock, MAX_NEW_SHARES).take()) {
      throw new ShareError('over-limit', 'offers of shares');
    }
    const watched = this.#incoming();
    const ofDevice = watched.filter((each) => each.deviceId === deviceId);
    if (watched.length >= MAX_SHARES_IN || ofDevice.length >= MAX_SHARES_OF_DEVICE) {
      this.#remember(shareId, { deviceId, role: 'viewer' });
      return this.#owner.post(session, { type: 'share-decline', shareId, reason: 'busy' });
    }
    const asked = new IncomingShare(offer, session, this.#owner);
    this.#shares.set(shareId, asked);
    this.#deps.onEvent({ type: 'asked', view: asked.view });
  }

  #onEnded(shareId: string): void {
    const share = this.#shares.get(shareId);
    if (share instanceof OutgoingShare) {
      const { sourceId } = share;
      const inUse = this.#outgoing().some((other) => other.sourceId === sourceId);
      if (!inUse) this.#deps.onEvent({ type: 'release-source', sourceId });
    }
    this.#over.add(shareId);
    for (const old of [...this.#over].slice(0, -ENDED_SHARES)) this.#forget(old);
  }

  #forget(shareId: string): void {
    const share = this.#shares.get(shareId);
    if (share === undefined) return;
    this.#shares.delete(shareId);
    this.#over.delete(shareId);
    this.#remember(shareId, { deviceId: share.deviceId, role: share.view.role });
    this.#deps.onEvent({ type: 'removed', shareId });
  }

  #remember(shareId: string, whose: { deviceId: string; role: ShareView['role'] }): void {
    this.#past.set(shareId, whose);
    const [oldest] = this.#past.keys();
    if (this.#past.size > PAST_IDS && oldest !== undefined) this.#past.delete(oldest);
  }

  /** Those that are not over. */
  #active(): Share[] {
    return [...this.#shares.values()].filter(({ state }) => state.type !== 'ended');
  }

  #of(deviceId: string): Share[] {
    return this.#active().filter((share) => share.deviceId === deviceId);
  }

  #outgoing(): OutgoingShare[] {
    return this.#active().filter((share) => share instanceof OutgoingShare);
  }

  #incoming(): IncomingShare[] {
    return this.#active().filter((share) => share instanceof IncomingShare);
  }

  #sharer(shareId: string): OutgoingShare {
    const share = this.#shares.get(shareId);
    if (share instanceof OutgoingShare) return share;
    throw new ShareRequestError('unknown-share');
  }

  #viewer(shareId: string): IncomingShare {
    const share = this.#shares.get(shareId);
    if (share instanceof IncomingShare) return share;
    throw new ShareRequestError('unknown-share');
  }
}

function limitOf(
  limits: Map<string, RateLimit>,
  deviceId: string,
  clock: Clock,
  limit: number,
): RateLimit {
  const known = limits.get(deviceId) ?? new RateLimit(clock, limit, MINUTE_MS);
  limits.set(deviceId, known);
  return known;
}
