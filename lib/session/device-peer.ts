/**
 * Everything about one device: its sockets, the handshake under way, its sessions. A session ends
 * only by its link, its peer's sealed word, or us; nothing that the server could make up ends one
 * ([RC7]).
 */
import { equalBytes, fromHex } from '../crypto/bytes.ts';
import type { ConnectionPath } from '../ice/path.ts';
import { SessionError, type SessionErrorCode } from './errors.ts';
import type { DeviceState, SessionEvent, SessionInfo } from './events.ts';
import { createMailbox } from './mailbox.ts';
import type { Cancel, PairSlot } from './ports.ts';
import { Presence } from './presence.ts';
import {
  nextPursuit,
  OFF,
  type Pursuit,
  type PursuitEffect,
  type PursuitEvent,
} from './pursuit.ts';
import { Reconnection } from './reconnection.ts';
import type { Handover, SessionDeps } from './session-deps.ts';
import { Session } from './session.ts';

export interface AdoptionEvents {
  /** What the peer's `removed` takes away: a pairing not yet confirmed leaves an older pair alone. */
  removes?(): 'pending' | 'all';
  onPeerSaid?(what: 'paired' | 'removed'): void;
  onUp?(): void;
  onDown?(reason: SessionErrorCode): void;
}

interface Waiter {
  resolve(info: SessionInfo): void;
  reject(error: SessionError): void;
}

export class DevicePeer {
  readonly deviceId: string;
  readonly #deps: SessionDeps;
  readonly #emit: (event: SessionEvent) => void;
  readonly #presence = new Presence();
  readonly #reconnection: Reconnection;
  #pursuit: Pursuit = OFF;
  #cancelRetry: Cancel = () => undefined;
  readonly #mailbox = createMailbox((error) => this.#reconnection.stepFailed(error));
  /** Authenticated, its link not yet up. */
  #upcoming: Session | undefined;
  #current: Session | undefined;
  /** Ended by its link; its peer's `removed` may still come. */
  #parting: Session | undefined;
  #waiters: Waiter[] = [];
  #rest: Extract<DeviceState, { type: 'idle' | 'closed' }> = { type: 'idle' };
  #told: DeviceState = { type: 'idle' };

  constructor(deviceId: string, deps: SessionDeps, emit: (event: SessionEvent) => void) {
    this.deviceId = deviceId;
    this.#deps = deps;
    this.#emit = emit;
    this.#reconnection = new Reconnection(deps, {
      deviceId,
      presence: this.#presence,
      post: (step) => this.#mailbox.post(step),
      changed: () => this.#tell(),
      failed: (reason) => this.#attemptFailed(reason),
      established: (handover) => this.#establish(handover),
      confirmPair: (slot) => this.#confirmPair(slot),
      knows: (pcId) =>
        [this.#upcoming, this.#current].some(
          (session) => session && equalBytes(fromHex(session.info.sessionId), pcId),
        ),
      left: (roomId, socketId) => this.left(roomId, socketId),
    });
  }

  get session(): SessionInfo | undefined {
    return this.#current?.info;
  }

  get state(): DeviceState {
    if (this.#current !== undefined) {
      const { sessionId } = this.#current.info;
      const { state } = this.#current;
      return { type: state === 'restarting' ? 'restarting' : 'connected', sessionId };
    }
    if (this.#upcoming !== undefined) {
      return { type: 'connecting', sessionId: this.#upcoming.info.sessionId };
    }
    const { stage } = this.#reconnection;
    if (stage !== undefined) return { type: stage === 'rendezvous' ? 'rendezvous' : 'handshaking' };
    if (this.#pursuit.type === 'waiting' && this.#wanted)
      return { type: 'waiting', for: this.#pursuit.for };
    return this.#rest;
  }

  /** Nothing is known or under way that would be lost with this object. */
  get unused(): boolean {
    const { type } = this.state;
    return (type === 'idle' || type === 'closed') && this.#presence.empty;
  }

  connect(): Promise<SessionInfo> {
    const current = this.#current;
    if (current !== undefined && !current.stranded) return Promise.resolve(current.info);
    if (this.#upcoming === undefined && this.#reconnection.stage === undefined) {
      const { privacy, relays } = this.#deps.links.profile();
      if (privacy && !relays) return Promise.reject(new SessionError('no-relay'));
      if (this.#presence.empty) return Promise.reject(new SessionError('peer-offline'));
      this.#reconnection.begin();
    }
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** See `SessionManager.pursue`. */
  pursue(): void {
    this.#advance({ type: 'want' });
  }

  shake(): void {
    for (const session of [this.#upcoming, this.#current]) session?.shake();
    this.#advance({ type: 'shaken' });
  }

  async path(): Promise<ConnectionPath | undefined> {
    return await this.#current?.path();
  }

  // ---- what the background reports

  joined(roomId: string, socketId: string): void {
    this.#presence.add(roomId, socketId);
    this.#settleSignaling(socketId);
    this.#advance({ type: 'present' });
  }

  left(roomId: string, socketId: string): void {
    const left = this.#presence.remove(roomId, socketId);
    // In turn: what it sent before it left still counts.
    this.#mailbox.post(() => this.#settleSignaling(socketId, roomId));
    this.#reconnection.left(roomId, socketId, left === 'gone');
  }

  signalingLost(): void {
    this.#presence.clear();
    for (const session of this.#sessions()) session.signaling.end();
    this.#reconnection.signalingLost();
    this.#advance({ type: 'server-lost' });
  }

  /** Anything from a socket in a room of this pair; never throws. */
  message(roomId: string, from: string, data: unknown): void {
    this.#mailbox.post(() => {
      if (typeof data === 'string') return this.#reconnection.receive(roomId, from, data);
      if (this.#reconnection.awaitsK3(roomId, from, data))
        return this.#reconnection.receiveK3(data);
      return this.#sessions()
        .find((session) => session.hears(from))
        ?.receive(data);
    });
  }

  /**
   * A session's keys belong to two sockets, in whatever room these meet: a pairing's room is left
   * soon, and a day's room on the next day. Without any they are of no use ([CS4]).
   */
  #settleSignaling(socketId: string, left?: string): void {
    const shared = this.#presence.roomsOf(socketId);
    for (const session of [this.#upcoming, this.#current]) {
      if (session?.hears(socketId) !== true) continue;
      const { signaling } = session;
      const [newest] = shared.slice(-1);
      if (newest !== undefined) signaling.moveTo(newest);
      else if (signaling.address.roomId === left) signaling.end();
    }
  }

  // ---- what we do ourselves

  adopt(handover: Handover, events: AdoptionEvents = {}): SessionInfo {
    this.#reconnection.supersede();
    return this.#establish(handover, events).info;
  }

  /** [IC5] What stands was made by rules that hold no more; what is wanted is made anew. */
  remake(): void {
    this.#closeAll('cancelled', 'bye');
  }

  close(reason: SessionErrorCode, last?: 'bye' | 'removed'): void {
    this.#advance({ type: 'drop' });
    this.#closeAll(reason, last);
  }

  #closeAll(reason: SessionErrorCode, last?: 'bye' | 'removed'): void {
    this.#reconnection.fail(reason);
    for (const session of this.#sessions()) session.close(reason, last);
  }

  closeSession(sessionId: string, reason: SessionErrorCode): void {
    for (const session of this.#sessions()) {
      if (session.info.sessionId === sessionId) session.close(reason, 'bye');
    }
  }

  // ---- parts

  /** Newest first. */
  #sessions(): Session[] {
    const all = [this.#upcoming, this.#current, this.#parting];
    return all.filter((session) => session !== undefined);
  }

  #attemptFailed(reason: SessionErrorCode): void {
    this.#rest = { type: 'closed', reason };
    if (this.#upcoming === undefined) this.#rejectWaiters(reason);
    this.#tell();
  }

  #rejectWaiters(reason: SessionErrorCode): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new SessionError(reason));
  }

  #establish(handover: Handover, events: AdoptionEvents = {}): Session {
    this.#upcoming?.close('replaced');
    this.#parting?.close('replaced');
    const session: Session = new Session({
      ...handover,
      deviceId: this.deviceId,
      clock: this.#deps.clock,
      profile: () => this.#deps.links.profile(),
      events: {
        onLife: () => this.#lifeChanged(session),
        // Nobody else may want the session; then this one's own end is what wants another.
        onStranded: () => this.#advance({ type: 'want' }),
        onUp: () => {
          this.#up(session);
          events.onUp?.();
        },
        onDown: (reason) => {
          this.#down(session, reason);
          events.onDown?.(reason);
        },
        onPeerSaid: (what) => {
          this.#peerSaid(what, events.removes?.() ?? 'all');
          events.onPeerSaid?.(what);
        },
      },
    });
    this.#upcoming = session;
    // [RC7] From here on the new keys are the ones that speak for this pair. Not before it is known:
    // a session in doubt that lost its own would ask for another handshake.
    this.#current?.signaling.end();
    this.#tell();
    session.start();
    return session;
  }

  #lifeChanged(session: Session): void {
    if (session.inDoubt) this.#emit({ type: 'doubt', deviceId: this.deviceId });
    if (session === this.#current && session.state === 'connected') this.#advance({ type: 'up' });
    this.#tell();
  }

  #up(session: Session): void {
    const before = this.#current;
    this.#upcoming = undefined;
    this.#current = session;
    // After the switch, so that the old one's end does not look like the device's.
    before?.close('replaced');
    this.#emit({ type: 'session-up', session: session.info });
    this.#tell();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(session.info);
    this.#advance({ type: 'up' });
  }

  #down(session: Session, reason: SessionErrorCode): void {
    if (this.#upcoming === session) this.#upcoming = undefined;
    else this.#emit({ type: 'session-down', session: session.info, reason });
    if (this.#current === session) this.#current = undefined;
    this.#parting = session;
    // What replaces it is there already, and those who wait for a session will get that one.
    if (reason === 'replaced') return;
    this.#rest = { type: 'closed', reason };
    if (this.#reconnection.stage === undefined && this.#upcoming === undefined)
      this.#rejectWaiters(reason);
    this.#tell();
  }

  #peerSaid(what: 'paired' | 'removed', removes: 'pending' | 'all'): void {
    const { pairs } = this.#deps;
    this.#mailbox.post(async () => {
      if (what === 'paired') await this.#confirmPair('pending');
      else {
        await pairs.discard(this.deviceId, removes);
        if (removes === 'all') this.#emit({ type: 'removed-by-peer', deviceId: this.deviceId });
      }
    });
  }

  /** [PR12] The peer holds the pair too. */
  async #confirmPair(slot: PairSlot): Promise<void> {
    if (slot !== 'pending') return;
    await this.#deps.pairs.confirm(this.deviceId);
    this.#emit({ type: 'pair-confirmed', deviceId: this.deviceId });
  }

  // ---- pursuit

  #advance(event: PursuitEvent): void {
    const [next, effects] = nextPursuit(this.#pursuit, event);
    this.#pursuit = next;
    for (const effect of effects) this.#carryOut(effect);
    this.#tell();
  }

  #carryOut(effect: PursuitEffect): void {
    switch (effect.type) {
      case 'try':
        this.connect().then(
          () => this.#advance({ type: 'up' }),
          (error: unknown) => this.#advance({ type: 'failed', reason: reasonOf(error) }),
        );
        return;
      case 'timer':
        this.#cancelRetry = this.#deps.clock.schedule(effect.ms, () => this.#retry());
        return;
      case 'no-timer':
        return this.#cancelRetry();
      case 'hint':
        this.#emit({ type: 'reach', deviceId: this.deviceId, how: effect.reach });
    }
  }

  #retry(): void {
    this.#advance({ type: this.#wanted ? 'timer' : 'drop' });
  }

  get #wanted(): boolean {
    return this.#current?.stranded === true || this.#deps.wanted?.(this.deviceId) !== false;
  }

  #tell(): void {
    const state = this.state;
    if (JSON.stringify(state) === JSON.stringify(this.#told)) return;
    this.#told = state;
    this.#emit({ type: 'state', deviceId: this.deviceId, state });
  }
}

function reasonOf(error: unknown): SessionErrorCode {
  return error instanceof SessionError ? error.code : 'cancelled';
}
