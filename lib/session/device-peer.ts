/**
 * Everything about one paired device: its sockets, the handshake under way, its session. Unauthentic
 * input (hellos, k1, k2, refusals, anything the server makes up) can fail an attempt and nothing
 * else; a session ends only by its link, its peer's sealed word, or us ([RC7]).
 */
import { equalBytes, fromHex, wipe, type Bytes } from '../crypto/bytes.ts';
import { PC_ID_LENGTH } from '../crypto/binding.ts';
import { sendDirection, type NoiseRole } from '../crypto/direction.ts';
import type { DhKey } from '../crypto/keys.ts';
import { CryptoError } from '../crypto/errors.ts';
import { OWN_OFFER, type ProtocolOffer } from '../crypto/negotiation.ts';
import type { NoiseHandshake } from '../crypto/noise/handshake.ts';
import { HELLO_NONCE_LENGTH, reconnectRole } from '../crypto/reconnect-context.ts';
import { Attempt } from './attempt.ts';
import { HANDSHAKE_TIMEOUT_MS, HELLO_SETTLE_MS, K1_PER_ATTEMPT } from './constants.ts';
import { MessageError, SessionError, type SessionErrorCode } from './errors.ts';
import type { DeviceState, SessionEvent, SessionInfo } from './events.ts';
import { HelloBook } from './hello-book.ts';
import { holdLink } from './held-link.ts';
import { finishNoise } from './finish-noise.ts';
import { startKk } from './kk.ts';
import { createMailbox } from './mailbox.ts';
import {
  decodeHandshake,
  encodeHandshake,
  EVENT_OF,
  type HandshakeMessage,
  type OutgoingMessage,
} from './messages.ts';
import { sendFailure } from './port-failures.ts';
import type {
  Clock,
  IdentityPort,
  LinkFactory,
  PairSecrets,
  PairSlot,
  PairStore,
  RandomBytes,
  RoomDirectory,
  SignalPort,
  SocketAddress,
} from './ports.ts';
import { Presence } from './presence.ts';
import { QuietTime } from './quiet-time.ts';
import { decodeK2, encodeSealed } from './sealed-messages.ts';
import { SealedSignaling } from './sealed-signaling.ts';
import { Session, type SessionOptions } from './session.ts';

export interface SessionDeps {
  readonly signal: SignalPort;
  readonly links: LinkFactory;
  readonly identity: IdentityPort;
  readonly pairs: PairStore;
  readonly rooms: RoomDirectory;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** What this side speaks; `OWN_OFFER` but in tests of negotiation. */
  readonly offer?: ProtocolOffer;
}

/** What a session gets from its handshake; the peer adds the rest. */
export type Handover = Pick<SessionOptions, 'held' | 'signaling' | 'dir' | 'keys' | 'greeting'>;

export interface AdoptionEvents {
  /** What the peer's `removed` takes away: a pairing not yet confirmed leaves an older pair alone. */
  removes?(): 'pending' | 'all';
  onPeerSaid?(what: 'paired' | 'removed'): void;
  onUp?(): void;
  onDown?(reason: SessionErrorCode): void;
}

type Hello = Extract<HandshakeMessage, { type: 'hello' }>;

interface Waiter {
  resolve(info: SessionInfo): void;
  reject(error: SessionError): void;
}

export class DevicePeer {
  readonly deviceId: string;
  readonly #deps: SessionDeps;
  readonly #emit: (event: SessionEvent) => void;
  readonly #offer: ProtocolOffer;
  readonly #presence = new Presence();
  readonly #hellos: HelloBook;
  readonly #quiet: QuietTime<Hello>;
  readonly #mailbox = createMailbox((error) => this.#stepFailed(error));
  #attempt: Attempt | undefined;
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
    this.#offer = deps.offer ?? OWN_OFFER;
    this.#hellos = new HelloBook(() => deps.clock.monotonic());
    this.#quiet = new QuietTime(deps.clock, (from, hello) =>
      this.#mailbox.post(() => this.#heardHello(from, hello)),
    );
  }

  get session(): SessionInfo | undefined {
    return this.#current?.info;
  }

  get state(): DeviceState {
    if (this.#current !== undefined) {
      return { type: 'connected', sessionId: this.#current.info.sessionId };
    }
    if (this.#upcoming !== undefined) {
      return { type: 'connecting', sessionId: this.#upcoming.info.sessionId };
    }
    if (this.#attempt === undefined) return this.#rest;
    return { type: this.#attempt.stage.type === 'rendezvous' ? 'rendezvous' : 'handshaking' };
  }

  /** Nothing is known or under way that would be lost with this object. */
  get unused(): boolean {
    return (
      this.#attempt === undefined &&
      this.#upcoming === undefined &&
      this.#current === undefined &&
      this.#presence.empty
    );
  }

  connect(): Promise<SessionInfo> {
    if (this.#current !== undefined) return Promise.resolve(this.#current.info);
    if (this.#attempt === undefined && this.#upcoming === undefined) {
      if (this.#presence.empty) return Promise.reject(new SessionError('peer-offline'));
      const attempt = this.#begin();
      this.#mailbox.post(() => this.#sayHellos(attempt));
    }
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  // ---- what the background reports

  joined(roomId: string, socketId: string): void {
    this.#presence.add(roomId, socketId);
    this.#settleSignaling(socketId);
  }

  left(roomId: string, socketId: string): void {
    if (this.#presence.remove(roomId, socketId) === 'gone') this.#hellos.spend(socketId);
    // In turn: what it sent before it left still counts.
    this.#mailbox.post(() => this.#settleSignaling(socketId, roomId));
    const address = addressOf(this.#attempt);
    const lost =
      address === undefined
        ? this.#attempt !== undefined && this.#presence.empty
        : address.roomId === roomId && address.target === socketId;
    if (lost) this.#fail('peer-left');
  }

  signalingLost(): void {
    this.#presence.clear();
    this.#hellos.clear();
    this.#quiet.forget();
    for (const session of [this.#upcoming, this.#current, this.#parting]) session?.signaling.end();
    this.#fail('server-away');
  }

  /** Anything from a socket in a room of this pair; never throws. */
  message(roomId: string, from: string, data: unknown): void {
    this.#mailbox.post(() =>
      typeof data === 'string'
        ? this.#handshake(roomId, from, data)
        : this.#envelope(roomId, from, data),
    );
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
    return this.#establish(handover, events).info;
  }

  close(reason: SessionErrorCode, last?: 'bye' | 'removed'): void {
    this.#fail(reason);
    for (const session of [this.#upcoming, this.#current, this.#parting]) {
      session?.close(reason, last);
    }
  }

  closeSession(sessionId: string, reason: SessionErrorCode): void {
    for (const session of [this.#upcoming, this.#current]) {
      if (session?.info.sessionId === sessionId) session.close(reason, 'bye');
    }
  }

  // ---- hellos

  #sayHellos(attempt: Attempt): void {
    const { clock } = this.#deps;
    for (const [socketId, roomIds] of this.#presence.sockets()) {
      if (this.#attempt !== attempt) return;
      const remote = this.#hellos.remote(socketId);
      const own = this.#hellos.own(socketId);
      // Their hello is answered already and their k1 on its way: a new nonce would cross it.
      const settling =
        own !== undefined &&
        remote !== undefined &&
        clock.monotonic() - own.since < HELLO_SETTLE_MS;
      const roomId = this.#bestRoom(roomIds);
      if (!settling && roomId !== undefined) this.#sayHello({ roomId, target: socketId });
    }
  }

  /** A confirmed pair's room before a pending one's: both sides hold the confirmed one. */
  #bestRoom(roomIds: readonly string[]): string | undefined {
    const owned = roomIds.map((roomId) => ({ roomId, owner: this.#deps.rooms.ownerOf(roomId) }));
    const mine = owned.filter(({ owner }) => owner?.deviceId === this.deviceId);
    return (mine.find(({ owner }) => owner?.slot === 'paired') ?? mine[0])?.roomId;
  }

  #sayHello(to: SocketAddress, nonce: Bytes = this.#deps.random(HELLO_NONCE_LENGTH)): void {
    this.#hellos.said(to.target, nonce, to.roomId);
    this.#send(to, { type: 'hello', nonce, offer: this.#offer });
  }

  async #handshake(roomId: string, from: string, data: string): Promise<void> {
    const message = tryDecode(data);
    if (message === undefined) return;
    switch (message.type) {
      case 'hello':
        return this.#heardHello({ roomId, target: from }, message);
      case 'k1':
        return this.#receiveK1({ roomId, target: from }, message.body);
      case 'k2':
        return this.#receiveK2(roomId, from, message.body);
      case 'refused':
        return this.#refused(from);
      default:
      // Messages of a pairing have no meaning in a rendezvous room.
    }
  }

  async #heardHello(from: SocketAddress, hello: Hello): Promise<void> {
    if (this.#slotOf(from.roomId) === undefined) return;
    this.#presence.add(from.roomId, from.target);
    const own = this.#hellos.own(from.target);
    if (own === undefined && this.#attempt === undefined && this.#quiet.defer(from, hello)) return;
    const news = this.#hellos.heard(from.target, hello.nonce, hello.offer);
    if (news === 'repeated') return;
    if (own === undefined) this.#sayHello(from);
    // They have begun again and may have lost ours. Saying it again cannot go on for ever: a
    // repeated nonce is never answered.
    else if (news === 'changed') {
      this.#send(
        { roomId: own.roomId, target: from.target },
        { type: 'hello', nonce: own.nonce, offer: this.#offer },
      );
    }
    await this.#startAsInitiator(from.target);
  }

  // ---- initiator

  async #startAsInitiator(socketId: string): Promise<void> {
    const own = this.#hellos.own(socketId);
    const remote = this.#hellos.remote(socketId);
    const slot = own === undefined ? undefined : this.#slotOf(own.roomId);
    if (own === undefined || remote === undefined || slot === undefined) return;
    const before = this.#attempt;
    const stage = before?.stage;
    if (stage?.type === 'awaiting-k2' && stage.address.target !== socketId) return;
    if (before !== undefined && before.k1Sent >= K1_PER_ATTEMPT) return;

    const known = await this.#load(slot);
    // Meanwhile `connect` may have begun an attempt, which is the same wish; or ours has ended.
    const gone =
      (before !== undefined && this.#attempt !== before) || this.#hellos.own(socketId) !== own;
    if (known?.role !== 'initiator' || gone) {
      wipe(known?.pskRoot);
      return;
    }
    const attempt = this.#attempt ?? this.#begin();
    const address = { roomId: own.roomId, target: socketId };
    this.#hellos.spend(socketId);
    attempt.k1Sent++;
    const noise = this.#startNoise(known, address, own.nonce, remote);
    if (noise === undefined) return;
    attempt.enter({ type: 'awaiting-k2', address, slot, noise });
    this.#tell();
    const body = await attempt.run(noise.writeMessage());
    this.#send(address, { type: 'k1', body });
  }

  async #receiveK2(roomId: string, from: string, body: Bytes): Promise<void> {
    const attempt = this.#attempt;
    const stage = attempt?.stage;
    if (attempt === undefined || stage?.type !== 'awaiting-k2') return;
    const { address, noise, slot } = stage;
    if (address.roomId !== roomId || address.target !== from) return;
    const payload = decodeK2(await attempt.run(noise.readMessage(body)));
    if (this.#knows(payload.sdp.pcId)) throw new MessageError('bad-shape');

    const keys = finishNoise(noise, 'reconnect');
    const held = holdLink(this.#deps.links, { pcId: payload.sdp.pcId, offerer: false });
    try {
      const sdp = await attempt.run(held.link.answer(payload.sdp.sdp));
      await attempt.run(this.#confirmPending(slot));
      const { ts0 } = payload;
      const dir = sendDirection('initiator');
      const signaling = this.#signaling(address, dir, keys.signaling, ts0);
      const answer = { type: 'answer' as const, sdp, pcId: payload.sdp.pcId };
      signaling.send({ type: 'confirm', ts0: this.#deps.clock.now(), sdp: answer });
      if (this.#attempt !== attempt) throw new SessionError('cancelled');
      this.#establish({ held, signaling, dir, keys });
    } catch (error) {
      held.close();
      keys.destroy();
      throw error;
    }
  }

  // ---- responder

  async #receiveK1(from: SocketAddress, body: Bytes): Promise<void> {
    const own = this.#hellos.own(from.target);
    const remote = this.#hellos.remote(from.target);
    const slot = this.#slotOf(from.roomId);
    if (own === undefined || remote === undefined || slot === undefined) return;
    this.#hellos.spend(from.target);
    const known = await this.#load(slot);
    if (known?.role !== 'responder') {
      wipe(known?.pskRoot);
      return;
    }
    const noise = this.#startNoise(known, from, own.nonce, remote);
    if (noise === undefined) return;
    try {
      const payload = await noise.readMessage(body);
      if (payload.length !== 0) throw new MessageError('bad-length');
    } catch (error) {
      noise.destroy();
      if (!isRefusal(error)) throw error;
      this.#send(from, { type: 'refused' });
      this.#quiet.begin();
      // Only what waited for this very exchange; a handshake that got further goes on.
      if (this.#attempt?.stage.type === 'rendezvous') this.#fail('bad-peer');
      return;
    }
    await this.#answerK1(from, slot, noise);
  }

  /** The peer is authentic, so it may also replace an attempt that it has given up ([RC6]). */
  async #answerK1(from: SocketAddress, slot: PairSlot, noise: NoiseHandshake): Promise<void> {
    const before = this.#attempt;
    const attempt = before?.stage.type === 'rendezvous' ? before : this.#begin();
    const pcId = this.#deps.random(PC_ID_LENGTH);
    const held = holdLink(this.#deps.links, { pcId, offerer: true });
    try {
      const sdp = await attempt.run(held.link.offer());
      const payload = encodeSealed({
        ts0: this.#deps.clock.now(),
        sdp: { type: 'offer', sdp, pcId },
      });
      const body = await attempt.run(noise.writeMessage(payload));
      if (this.#attempt !== attempt) throw new SessionError('cancelled');
      const keys = finishNoise(noise, 'reconnect');
      const signaling = this.#signaling(from, sendDirection('responder'), keys.signaling);
      attempt.enter({ type: 'awaiting-k3', slot, held, signaling, keys });
      this.#tell();
      this.#send(from, { type: 'k2', body });
    } catch (error) {
      held.close();
      noise.destroy();
      throw error;
    }
  }

  async #receiveK3(attempt: Attempt, envelope: unknown): Promise<void> {
    const stage = attempt.stage;
    if (stage.type !== 'awaiting-k3') return;
    const { held, signaling, keys, slot } = stage;
    const message = signaling.open(envelope);
    if (message.type !== 'confirm' || !equalBytes(message.sdp.pcId, held.link.pcId)) {
      throw new MessageError('bad-shape');
    }
    await attempt.run(held.link.acceptAnswer(message.sdp.sdp));
    await attempt.run(this.#confirmPending(slot));
    if (this.#attempt !== attempt) return;
    this.#establish({ held, signaling, dir: sendDirection('responder'), keys });
  }

  async #envelope(roomId: string, from: string, envelope: unknown): Promise<void> {
    const attempt = this.#attempt;
    const address = addressOf(attempt);
    if (
      attempt?.stage.type === 'awaiting-k3' &&
      address?.roomId === roomId &&
      address.target === from &&
      startsSequence(envelope)
    ) {
      return this.#receiveK3(attempt, envelope);
    }
    const session = [this.#upcoming, this.#current, this.#parting].find((one) => one?.hears(from));
    await session?.receive(envelope);
  }

  // ---- parts

  #begin(): Attempt {
    this.#attempt?.end('replaced');
    const attempt: Attempt = new Attempt(this.#deps.clock, HANDSHAKE_TIMEOUT_MS, () => {
      if (this.#attempt === attempt) this.#fail('timeout');
    });
    this.#attempt = attempt;
    this.#tell();
    return attempt;
  }

  /** The attempt, if any, is over; a session that stands is not touched. */
  #fail(reason: SessionErrorCode): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.end(reason);
    if (attempt !== undefined) this.#rest = { type: 'closed', reason };
    if (this.#upcoming === undefined) this.#rejectWaiters(reason);
    this.#tell();
  }

  #rejectWaiters(reason: SessionErrorCode): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new SessionError(reason));
  }

  /** A step of the attempt threw: bad input, or the attempt has ended meanwhile. */
  #stepFailed(error: unknown): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    const address = addressOf(attempt);
    if (isRefusal(error)) {
      if (address !== undefined) this.#send(address, { type: 'refused' });
      this.#quiet.begin();
      this.#fail('bad-peer');
    } else if (!(error instanceof SessionError)) {
      // The store or the peer connection on this side.
      this.#fail('link-failed');
    }
  }

  #refused(from: string): void {
    const address = addressOf(this.#attempt);
    const asked =
      address === undefined ? this.#hellos.own(from) !== undefined : address.target === from;
    this.#hellos.spend(from);
    if (this.#attempt === undefined || !asked) return;
    this.#quiet.begin();
    this.#fail('refused');
  }

  #establish(handover: Handover, events: AdoptionEvents = {}): Session {
    this.#attempt?.complete();
    this.#attempt = undefined;
    this.#upcoming?.close('replaced');
    this.#parting?.close('replaced');
    // [RC7] From here on the new keys are the ones that speak for this pair.
    this.#current?.signaling.end();
    const session: Session = new Session({
      ...handover,
      deviceId: this.deviceId,
      clock: this.#deps.clock,
      events: {
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
    this.#tell();
    session.start();
    return session;
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
  }

  #down(session: Session, reason: SessionErrorCode): void {
    if (this.#upcoming === session) this.#upcoming = undefined;
    else this.#emit({ type: 'session-down', session: session.info, reason });
    if (this.#current === session) this.#current = undefined;
    this.#parting = session;
    // What replaces it is there already, and those who wait for a session will get that one.
    if (reason === 'replaced') return;
    this.#rest = { type: 'closed', reason };
    if (this.#attempt === undefined && this.#upcoming === undefined) this.#rejectWaiters(reason);
    this.#tell();
  }

  #peerSaid(what: 'paired' | 'removed', removes: 'pending' | 'all'): void {
    const { pairs } = this.#deps;
    this.#mailbox.post(async () => {
      if (what === 'paired') await this.#confirmPending('pending');
      else {
        await pairs.discard(this.deviceId, removes);
        if (removes === 'all') this.#emit({ type: 'removed-by-peer', deviceId: this.deviceId });
      }
    });
  }

  /** [PR12] The peer holds the pair too. */
  async #confirmPending(slot: PairSlot): Promise<void> {
    if (slot !== 'pending') return;
    await this.#deps.pairs.confirm(this.deviceId);
    this.#emit({ type: 'pair-confirmed', deviceId: this.deviceId });
  }

  async #load(
    slot: PairSlot,
  ): Promise<(PairSecrets & { role: NoiseRole; staticKey: DhKey }) | undefined> {
    const { identity, pairs } = this.#deps;
    const [staticKey, secrets] = await Promise.all([
      identity.staticKey(),
      pairs.secrets(this.deviceId, slot),
    ]);
    if (secrets === undefined) {
      this.#fail('not-paired');
      return undefined;
    }
    try {
      const role = reconnectRole(staticKey.publicKey, secrets.remoteStatic);
      return { ...secrets, staticKey, role };
    } catch (error) {
      wipe(secrets.pskRoot);
      throw error;
    }
  }

  #startNoise(
    known: PairSecrets & { role: NoiseRole; staticKey: DhKey },
    address: SocketAddress,
    ownNonce: Bytes,
    remote: { nonce: Bytes; offer: ProtocolOffer },
  ): NoiseHandshake | undefined {
    try {
      return startKk({
        ...known,
        rv: fromHex(address.roomId.slice(1)),
        own: { nonce: ownNonce, offer: this.#offer },
        remote,
      });
    } catch (error) {
      if (!(error instanceof CryptoError) || error.code !== 'no-common-version') throw error;
      this.#send(address, { type: 'refused' });
      this.#fail('no-common-version');
      return undefined;
    } finally {
      wipe(known.pskRoot);
    }
  }

  #signaling(
    address: SocketAddress,
    dir: Handover['dir'],
    keys: ConstructorParameters<typeof SealedSignaling>[0]['keys'],
    ts0?: number,
  ): SealedSignaling {
    const { signal: port, clock } = this.#deps;
    const options = { port, clock, address, dir, keys };
    return new SealedSignaling(ts0 === undefined ? options : { ...options, ts0 });
  }

  #knows(pcId: Uint8Array): boolean {
    return [this.#upcoming, this.#current].some(
      (session) => session !== undefined && equalBytes(fromHex(session.info.sessionId), pcId),
    );
  }

  #slotOf(roomId: string): PairSlot | undefined {
    const owner = this.#deps.rooms.ownerOf(roomId);
    return owner?.deviceId === this.deviceId ? owner.slot : undefined;
  }

  #send(to: SocketAddress, message: OutgoingMessage): void {
    const attempt = this.#attempt;
    this.#deps.signal
      .send(to, EVENT_OF[message.type], encodeHandshake(message))
      .catch((error: unknown) => {
        const reason = sendFailure(error);
        if (reason === 'peer-left') this.left(to.roomId, to.target);
        if (reason === 'server-away' && attempt !== undefined && this.#attempt === attempt) {
          this.#fail(reason);
        }
      });
  }

  #tell(): void {
    const state = this.state;
    if (JSON.stringify(state) === JSON.stringify(this.#told)) return;
    this.#told = state;
    this.#emit({ type: 'state', deviceId: this.deviceId, state });
  }
}

function addressOf(attempt: Attempt | undefined): SocketAddress | undefined {
  const stage = attempt?.stage;
  if (stage?.type === 'awaiting-k2') return stage.address;
  return stage?.type === 'awaiting-k3' ? stage.signaling.address : undefined;
}

function tryDecode(data: string): HandshakeMessage | undefined {
  try {
    return decodeHandshake(data);
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}

/** The peer's (or the server's) doing, not a fault of ours. */
function isRefusal(error: unknown): boolean {
  return error instanceof CryptoError || error instanceof MessageError;
}

/** k3 is the first envelope under its keys; an older session's late ones have higher numbers. */
function startsSequence(envelope: unknown): boolean {
  return (
    typeof envelope === 'object' && envelope !== null && 'seq' in envelope && envelope.seq === 0
  );
}
