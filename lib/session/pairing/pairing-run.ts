/**
 * What the two sides of a pairing share: who they talk to, how they fail, and what happens once the
 * peer is authenticated (docs/PROTOCOL.md §2).
 */
import { copyBytes, equalBytes, wipe } from '../../crypto/bytes.ts';
import { CryptoError } from '../../crypto/errors.ts';
import { deviceId } from '../../crypto/identity.ts';
import type { DhKey } from '../../crypto/keys.ts';
import { OWN_OFFER, type ProtocolOffer } from '../../crypto/negotiation.ts';
import type { NoiseHandshake } from '../../crypto/noise/handshake.ts';
import type { Direction } from '../../crypto/direction.ts';
import { nobleDhKey } from '../../crypto/x25519.ts';
import { UNKNOWN_NAT, type NatProfile } from '../../ice/nat.ts';
import { safeName } from '../../devices/names.ts';
import { PAIRING_ROOM_LINGER_MS } from '../constants.ts';
import {
  MessageError,
  PairingError,
  type PairingFailure,
  type SessionErrorCode,
} from '../errors.ts';
import type { PairingState } from '../events.ts';
import { finishNoise } from '../finish-noise.ts';
import type { HeldLink } from '../held-link.ts';
import type { Lifetime } from '../lifetime.ts';
import { createMailbox, type Mailbox } from '../mailbox.ts';
import type { InboundSignal, RoomEvent, SessionManager } from '../manager.ts';
import type { SessionDeps } from '../session-deps.ts';
import {
  encodeHandshake,
  EVENT_OF,
  tryDecodeHandshake,
  type HandshakeMessage,
  type OutgoingMessage,
} from '../messages.ts';
import { sendFailure } from '../port-failures.ts';
import type { Cancel, SocketAddress } from '../ports.ts';
import { SealedSignaling } from '../sealed-signaling.ts';

export interface PairingDeps extends SessionDeps {
  readonly sessions: SessionManager;
}

/** An authenticated peer, before it is written down. */
export interface Authenticated {
  readonly address: SocketAddress;
  /** Of our side. */
  readonly dir: Direction;
  readonly noise: NoiseHandshake;
  readonly held: HeldLink;
  readonly words: readonly string[];
  readonly introduction: {
    readonly name: string;
    readonly remember: boolean;
    readonly ts0: number;
    readonly sdp: { readonly nat?: NatProfile };
  };
}

type KnownPeer = Extract<PairingState, { type: 'paired' }>;

/** One pairing, from the click to its end. States go out through `tell`. */
export abstract class PairingRun {
  protected readonly deps: PairingDeps;
  protected readonly remember: boolean;
  protected readonly offer: ProtocolOffer;
  protected readonly mailbox: Mailbox;
  readonly #tell: (state: PairingState) => void;
  #nameplate: string | undefined;
  #known: KnownPeer | undefined;
  #sessionId: string | undefined;
  /** `ending`: our own doing, so that the session's end is not taken for the peer's. */
  #life: 'running' | 'confirming' | 'paired' | 'ending' | 'failed' = 'running';
  #confirmation: Lifetime | undefined;
  #cancelRelease: Cancel = () => undefined;

  protected constructor(deps: PairingDeps, remember: boolean, tell: (state: PairingState) => void) {
    this.deps = deps;
    this.remember = remember;
    this.offer = deps.offer ?? OWN_OFFER;
    this.mailbox = createMailbox((error) => this.stepFailed(error));
    this.#tell = tell;
  }

  /** Sends whatever comes first. */
  abstract start(): void;
  /** Someone entered the room. */
  abstract joined(event: RoomEvent): void;
  /** A message for this pairing before the peer is authenticated. */
  protected abstract receive(from: string, message: HandshakeMessage): Promise<void> | void;
  /** `from` sent what is no message at all. */
  protected abstract receiveBad(from: string): void;
  /** The peer's socket left, or the message to it could not be delivered. */
  protected abstract peerGone(socketId: string): void;
  /** Wipes and closes what the unfinished exchange holds. */
  protected abstract abandon(): void;

  get nameplate(): string | undefined {
    return this.#nameplate;
  }

  get roomId(): string | undefined {
    return this.#nameplate === undefined ? undefined : `n${this.#nameplate}`;
  }

  /** It has failed, or is about to. */
  get over(): boolean {
    return this.#life === 'failed' || this.#life === 'ending';
  }

  signal({ roomId, from, data }: InboundSignal): void {
    this.mailbox.post(() => {
      if (this.#life === 'confirming' || this.#life === 'paired') {
        // C could not open n3, or would not: its `paired` will never come.
        if (this.#life === 'confirming' && tryDecodeHandshake(data)?.type === 'refused') {
          this.fail('bad-peer');
        } else this.deps.sessions.signal({ roomId, from, data });
        return;
      }
      if (this.#life !== 'running') return;
      const message = tryDecodeHandshake(data);
      return message === undefined ? this.receiveBad(from) : this.receive(from, message);
    });
  }

  left(event: RoomEvent): void {
    if (this.#life === 'running') return this.peerGone(event.socketId);
    // In turn: what it sent before it left still counts.
    this.mailbox.post(() => {
      this.deps.sessions.peerLeft(event);
      if (this.#life === 'confirming') this.fail('peer-left');
    });
  }

  signalingLost(): void {
    if (this.#life !== 'paired') this.fail('server-away');
  }

  /** The code can no longer be joined with. */
  expire(): void {
    this.fail('code-expired');
  }

  /** The person gives up; once the peer is known, that takes the pair back. */
  cancel(): void {
    if (this.#life === 'running') this.fail('cancelled');
    else if (this.#life === 'confirming') void this.reject();
  }

  /** "Not the same? Remove" ([RM1]). Does nothing before the words are there. */
  async reject(): Promise<void> {
    if (this.#life !== 'confirming' && this.#life !== 'paired') return;
    if (this.#known === undefined) return;
    const what = this.#life === 'paired' ? 'all' : 'pending';
    this.#life = 'ending';
    // Speaks to the peer before the room is left below.
    const removal = this.deps.sessions.remove(this.#known.deviceId, what);
    this.#conclude('cancelled');
    await removal;
  }

  protected say(state: PairingState): void {
    if (!this.over) this.#tell(state);
  }

  protected enterRoom(nameplate: string): void {
    this.#nameplate = nameplate;
  }

  protected send(target: string, message: OutgoingMessage): void {
    const { roomId } = this;
    if (roomId === undefined) return;
    const data = encodeHandshake(message);
    this.deps.signal
      .send({ roomId, target }, EVENT_OF[message.type], data)
      .catch((error: unknown) => {
        if (this.#life !== 'running' && this.#life !== 'confirming') return;
        if (sendFailure(error) === 'peer-left') this.left({ roomId, socketId: target });
        else this.fail('server-away');
      });
  }

  /** [PR11] A one-time pairing shows nobody who this device is. */
  protected async ownStatic(): Promise<{ key: DhKey; destroy(): void }> {
    const key = await this.deps.identity.staticKey();
    if (this.remember) return { key, destroy: () => undefined };
    const fresh = nobleDhKey();
    return { key: fresh, destroy: () => fresh.destroy() };
  }

  /** [PR14] @throws PairingError `own-key`. */
  protected async assertNotOwnKey(remote: Uint8Array, used: Uint8Array): Promise<void> {
    const device = await this.deps.identity.staticKey();
    if (equalBytes(remote, device.publicKey) || equalBytes(remote, used)) {
      throw new PairingError('own-key');
    }
  }

  /**
   * Writes the pair down as pending, sends what is still to be sent, and hands the session over
   * ([PR12]). `exchange` owns noise and link until then.
   */
  protected async complete(
    peer: Authenticated,
    exchange: Lifetime,
    sendLast: () => void = () => undefined,
  ): Promise<void> {
    const { noise, address, dir, held, words, introduction } = peer;
    const remoteStatic = noise.remoteStatic;
    if (remoteStatic === undefined) throw new Error('handshake without a static key');
    const id = deviceId(remoteStatic);
    const name = safeName(introduction.name);
    const remembered = this.remember && introduction.remember;
    const keys = finishNoise(noise, 'pair');
    exchange.own(() => keys.destroy(), 'unless-kept');
    if (remembered) await this.#savePending(id, name, remoteStatic, keys.pairRoot, words, exchange);

    const signaling = new SealedSignaling({
      port: this.deps.signal,
      clock: this.deps.clock,
      address,
      dir,
      keys: keys.signaling,
      ts0: introduction.ts0,
    });
    exchange.handOver();
    this.#confirmation = exchange;
    this.#life = 'confirming';
    this.#known = { type: 'paired', deviceId: id, name, words, remembered };
    sendLast();
    const { sessionId } = this.deps.sessions.adopt(
      id,
      {
        held,
        signaling,
        dir,
        keys,
        remoteNat: introduction.sdp.nat ?? UNKNOWN_NAT,
        greeting: { type: 'paired' },
      },
      {
        removes: () => (this.#life === 'paired' ? 'all' : 'pending'),
        onPeerSaid: (what) => this.#peerSaid(what),
        onUp: () => this.#releaseSoon(),
        onDown: (reason) => this.#sessionDown(reason),
      },
    );
    this.#sessionId = sessionId;
    this.#tell({ ...this.#known, type: 'confirm-words' });
  }

  async #savePending(
    id: string,
    name: string,
    remoteStatic: Uint8Array,
    pairRoot: Uint8Array | undefined,
    checkWords: readonly string[],
    exchange: Lifetime,
  ): Promise<void> {
    if (pairRoot === undefined) throw new Error('pairing without a pair root');
    const { pairs } = this.deps;
    const pskRoot = copyBytes(pairRoot);
    try {
      await pairs.savePending({ deviceId: id, name, remoteStatic, pskRoot, checkWords });
    } catch (error) {
      // It may have been written in part.
      await pairs.discard(id, 'pending').catch(() => undefined);
      throw error;
    } finally {
      wipe(pskRoot);
    }
    // It ended while the store was busy: then nothing is kept of it.
    if (exchange.state === 'ended') {
      await pairs.discard(id, 'pending');
      throw new PairingError('cancelled');
    }
  }

  #peerSaid(what: 'paired' | 'removed'): void {
    if (what === 'removed') {
      this.#conclude('peer-left');
    } else if (this.#life === 'confirming' && this.#known !== undefined) {
      this.#life = 'paired';
      this.#confirmation?.keep();
      this.#tell(this.#known);
    }
  }

  #sessionDown(reason: SessionErrorCode): void {
    if (this.#life === 'confirming') this.fail(PAIRING_FAILURE_OF[reason] ?? 'peer-left');
    else if (this.#life === 'paired') this.#releaseSoon();
  }

  /** Idempotent. Before the peer is known nothing is stored; after it the pair stays pending. */
  protected fail(reason: PairingFailure): void {
    if (this.#life !== 'running' && this.#life !== 'confirming') return;
    this.#life = 'ending';
    if (this.#sessionId !== undefined) {
      this.deps.sessions.closeSession(this.#sessionId, 'cancelled');
    }
    this.#conclude(reason);
  }

  #conclude(reason: PairingFailure): void {
    if (this.#life === 'failed') return;
    this.#life = 'failed';
    this.mailbox.close();
    this.abandon();
    this.#confirmation?.keep();
    this.#release();
    this.#tell({ type: 'failed', reason });
  }

  /** Last candidates, or the peer's last sealed word, still come through this room. */
  #releaseSoon(): void {
    this.#cancelRelease();
    const { clock } = this.deps;
    this.#cancelRelease = clock.schedule(PAIRING_ROOM_LINGER_MS, () => this.#release());
  }

  #release(): void {
    this.#cancelRelease();
    const nameplate = this.#nameplate;
    if (nameplate === undefined) return;
    this.deps.sessions.dropPairingRoom(`n${nameplate}`);
    this.#nameplate = undefined;
    // If it does not get through, the nameplate runs out by itself.
    this.deps.signal.releaseNameplate(nameplate).catch(() => undefined);
  }

  /** What a step's error means to the person. */
  protected failureOf(error: unknown): PairingFailure {
    if (error instanceof PairingError) return error.code;
    if (error instanceof CryptoError) {
      return error.code === 'no-common-version' ? 'no-common-version' : 'bad-peer';
    }
    return error instanceof MessageError ? 'bad-peer' : 'internal';
  }

  protected abstract stepFailed(error: unknown): void;
}

/** How a session that ends before the peer's `paired` looks to the person. */
const PAIRING_FAILURE_OF: Partial<Record<SessionErrorCode, PairingFailure>> = {
  'link-failed': 'timeout',
  'bad-peer': 'bad-peer',
  'server-away': 'server-away',
};
