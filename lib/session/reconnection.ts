/**
 * The handshake of paired devices, on either side: hellos, k1, k2, k3 (docs/PROTOCOL.md section 3).
 * One attempt at a time ([RC6]). Everything before k3, or k2 for the initiator, is unauthentic: it can
 * fail the attempt and nothing else ([RC7]).
 */
import { equalBytes, fromHex, wipe, type Bytes } from '../crypto/bytes.ts';
import { PC_ID_LENGTH } from '../crypto/binding.ts';
import { sendDirection } from '../crypto/direction.ts';
import { CryptoError } from '../crypto/errors.ts';
import { OWN_OFFER, type ProtocolOffer } from '../crypto/negotiation.ts';
import type { NoiseHandshake } from '../crypto/noise/handshake.ts';
import { HELLO_NONCE_LENGTH } from '../crypto/reconnect-context.ts';
import { UNKNOWN_NAT } from '../ice/nat.ts';
import { Attempt, type AttemptStage } from './attempt.ts';
import { HANDSHAKE_TIMEOUT_MS, HELLO_SETTLE_MS, K1_PER_ATTEMPT } from './constants.ts';
import { MessageError, SessionError, type SessionErrorCode } from './errors.ts';
import { finishNoise } from './finish-noise.ts';
import { HelloBook } from './hello-book.ts';
import { holdLink } from './held-link.ts';
import { loadPair, startKk, type KnownPair } from './kk.ts';
import {
  encodeHandshake,
  EVENT_OF,
  tryDecodeHandshake,
  type HandshakeMessage,
  type OutgoingMessage,
} from './messages.ts';
import { sendFailure } from './port-failures.ts';
import type { PairSlot, SocketAddress } from './ports.ts';
import { QuietTime } from './quiet-time.ts';
import { decodeK2, encodeSealed } from './sealed-messages.ts';
import { SealedSignaling } from './sealed-signaling.ts';
import type { Handover, ReconnectionHost, SessionDeps } from './session-deps.ts';

type Hello = Extract<HandshakeMessage, { type: 'hello' }>;

export class Reconnection {
  readonly #deps: SessionDeps;
  readonly #host: ReconnectionHost;
  readonly #offer: ProtocolOffer;
  readonly #hellos: HelloBook;
  readonly #quiet: QuietTime<Hello>;
  #attempt: Attempt | undefined;

  constructor(deps: SessionDeps, host: ReconnectionHost) {
    this.#deps = deps;
    this.#host = host;
    this.#offer = deps.offer ?? OWN_OFFER;
    this.#hellos = new HelloBook(() => deps.clock.monotonic());
    this.#quiet = new QuietTime(deps.clock, (from, hello) =>
      host.post(() => this.#heardHello(from, hello)),
    );
  }

  /** Undefined when none is under way. */
  get stage(): AttemptStage['type'] | undefined {
    return this.#attempt?.stage.type;
  }

  /** Looks for the device on all of its sockets. */
  begin(): void {
    const attempt = this.#begin();
    this.#host.post(async () => this.#sayHellos(attempt));
  }

  /** @param gone the socket shares no room with us any more. */
  left(roomId: string, socketId: string, gone: boolean): void {
    if (gone) this.#hellos.spend(socketId);
    const address = addressOf(this.#attempt);
    const lost =
      address === undefined
        ? this.#attempt !== undefined && this.#host.presence.empty
        : address.roomId === roomId && address.target === socketId;
    if (lost) this.fail('peer-left');
  }

  signalingLost(): void {
    this.#hellos.clear();
    this.#quiet.forget();
    this.fail('server-away');
  }

  /** Ends the attempt, if there is one. */
  fail(reason: SessionErrorCode): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    attempt.end(reason);
    this.#host.failed(reason);
  }

  /** A session came about without it. */
  supersede(): void {
    this.#attempt?.end('replaced');
    this.#attempt = undefined;
  }

  /** A step threw: bad input, a fault of ours, or only that its attempt has ended meanwhile. */
  stepFailed(error: unknown): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    const address = addressOf(attempt);
    if (isRefusal(error)) {
      if (address !== undefined) this.#send(address, { type: 'refused' });
      this.#quiet.begin();
      this.fail('bad-peer');
    } else if (!(error instanceof SessionError)) {
      // The store or the peer connection on this side.
      this.fail('link-failed');
    }
  }

  // ---- hellos

  #sayHellos(attempt: Attempt): void {
    const { clock } = this.#deps;
    let hope: 'none' | 'some' = 'none';
    for (const [socketId, roomIds] of this.#host.presence.sockets()) {
      if (this.#attempt !== attempt) return;
      const remote = this.#hellos.remote(socketId);
      const own = this.#hellos.own(socketId);
      // Their hello is answered already and their k1 on its way: a new nonce would cross it.
      const settling =
        own !== undefined &&
        remote !== undefined &&
        clock.monotonic() - own.since < HELLO_SETTLE_MS;
      const roomId = this.#bestRoom(roomIds);
      if (settling || roomId !== undefined) hope = 'some';
      if (!settling && roomId !== undefined) this.#sayHello({ roomId, target: socketId });
    }
    // Its sockets are in rooms of a pair that is not this one any more: nobody would answer.
    if (hope === 'none' && this.#attempt === attempt) this.fail('peer-offline');
  }

  /** A confirmed pair's room before a pending one's: both sides hold the confirmed one. */
  #bestRoom(roomIds: readonly string[]): string | undefined {
    const owned = roomIds.map((roomId) => ({ roomId, owner: this.#deps.rooms.ownerOf(roomId) }));
    const mine = owned.filter(({ owner }) => owner?.deviceId === this.#host.deviceId);
    return (mine.find(({ owner }) => owner?.slot === 'paired') ?? mine[0])?.roomId;
  }

  #sayHello(to: SocketAddress, nonce: Bytes = this.#deps.random(HELLO_NONCE_LENGTH)): void {
    this.#hellos.said(to.target, nonce, to.roomId);
    this.#send(to, { type: 'hello', nonce, offer: this.#offer });
  }

  /** A text from a socket in a room of this pair. */
  async receive(roomId: string, from: string, data: string): Promise<void> {
    const message = tryDecodeHandshake(data);
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
      // A knock has done its work; messages of a pairing have no meaning in a rendezvous room.
    }
  }

  async #heardHello(from: SocketAddress, hello: Hello): Promise<void> {
    if (this.#slotOf(from.roomId) === undefined) return;
    this.#host.presence.add(from.roomId, from.target);
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
    this.#host.changed();
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
    if (this.#host.knows(payload.sdp.pcId)) throw new MessageError('bad-shape');

    const keys = finishNoise(noise, 'reconnect');
    const remoteNat = payload.sdp.nat ?? UNKNOWN_NAT;
    const held = holdLink(this.#deps.links, {
      pcId: payload.sdp.pcId,
      offerer: false,
      remoteNat,
    });
    try {
      const sdp = await attempt.run(held.link.answer(payload.sdp.sdp));
      await attempt.run(this.#host.confirmPair(slot));
      if (this.#attempt !== attempt) throw new SessionError('cancelled');
      const { ts0 } = payload;
      const dir = sendDirection('initiator');
      const signaling = this.#signaling(address, dir, keys.signaling, ts0);
      const { nat } = this.#deps.links.profile();
      const answer = { type: 'answer' as const, sdp, pcId: payload.sdp.pcId, nat };
      signaling.send({ type: 'confirm', ts0: this.#deps.clock.now(), sdp: answer });
      this.#establish(attempt, { held, signaling, dir, keys, remoteNat });
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
      if (this.#attempt?.stage.type === 'rendezvous') this.fail('bad-peer');
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
        sdp: { type: 'offer', sdp, pcId, nat: this.#deps.links.profile().nat },
      });
      const body = await attempt.run(noise.writeMessage(payload));
      if (this.#attempt !== attempt) throw new SessionError('cancelled');
      const keys = finishNoise(noise, 'reconnect');
      const signaling = this.#signaling(from, sendDirection('responder'), keys.signaling);
      attempt.enter({ type: 'awaiting-k3', slot, held, signaling, keys });
      this.#host.changed();
      this.#send(from, { type: 'k2', body });
    } catch (error) {
      held.close();
      noise.destroy();
      throw error;
    }
  }

  /** Whether this envelope is the k3 that is waited for; an older session's have higher numbers. */
  awaitsK3(roomId: string, from: string, envelope: unknown): boolean {
    const address = addressOf(this.#attempt);
    return (
      this.stage === 'awaiting-k3' &&
      address?.roomId === roomId &&
      address.target === from &&
      startsSequence(envelope)
    );
  }

  async receiveK3(envelope: unknown): Promise<void> {
    const attempt = this.#attempt;
    const stage = attempt?.stage;
    if (attempt === undefined || stage?.type !== 'awaiting-k3') return;
    const { held, signaling, keys, slot } = stage;
    const message = signaling.open(envelope);
    if (message.type !== 'confirm' || !equalBytes(message.sdp.pcId, held.link.pcId)) {
      throw new MessageError('bad-shape');
    }
    await attempt.run(held.link.acceptAnswer(message.sdp.sdp));
    await attempt.run(this.#host.confirmPair(slot));
    if (this.#attempt !== attempt) return;
    const remoteNat = message.sdp.nat ?? UNKNOWN_NAT;
    this.#establish(attempt, {
      held,
      signaling,
      dir: sendDirection('responder'),
      keys,
      remoteNat,
    });
  }

  // ---- parts

  #begin(): Attempt {
    this.#attempt?.end('replaced');
    const attempt: Attempt = new Attempt(this.#deps.clock, HANDSHAKE_TIMEOUT_MS, () => {
      if (this.#attempt === attempt) this.fail('timeout');
    });
    this.#attempt = attempt;
    this.#host.changed();
    return attempt;
  }

  /** The session takes over what the attempt holds. */
  #establish(attempt: Attempt, handover: Handover): void {
    attempt.complete();
    this.#attempt = undefined;
    this.#host.established(handover);
  }

  #refused(from: string): void {
    const address = addressOf(this.#attempt);
    const asked =
      address === undefined ? this.#hellos.own(from) !== undefined : address.target === from;
    this.#hellos.spend(from);
    if (this.#attempt === undefined || !asked) return;
    this.#quiet.begin();
    this.fail('refused');
  }

  async #load(slot: PairSlot): Promise<KnownPair | undefined> {
    const { identity, pairs } = this.#deps;
    const known = await loadPair(identity, pairs, this.#host.deviceId, slot);
    if (known === undefined) this.fail('not-paired');
    return known;
  }

  #startNoise(
    known: KnownPair,
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
      this.fail('no-common-version');
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

  #slotOf(roomId: string): PairSlot | undefined {
    const owner = this.#deps.rooms.ownerOf(roomId);
    return owner?.deviceId === this.#host.deviceId ? owner.slot : undefined;
  }

  #send(to: SocketAddress, message: OutgoingMessage): void {
    const attempt = this.#attempt;
    this.#deps.signal
      .send(to, EVENT_OF[message.type], encodeHandshake(message))
      .catch((error: unknown) => {
        const reason = sendFailure(error);
        if (reason === 'peer-left') this.#host.left(to.roomId, to.target);
        else if (this.#attempt === attempt) this.fail(reason);
      });
  }
}

function addressOf(attempt: Attempt | undefined): SocketAddress | undefined {
  const stage = attempt?.stage;
  if (stage?.type === 'awaiting-k2') return stage.address;
  return stage?.type === 'awaiting-k3' ? stage.signaling.address : undefined;
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
