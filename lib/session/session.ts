/**
 * One session: the peer is authenticated, its first peer connection is being made or stands. Lives
 * until the link ends, the peer says goodbye or breaks the protocol, or we close it; the signaling
 * keys may end long before ([RC9]).
 */
import { copyBytes, equalBytes } from '../crypto/bytes.ts';
import type { Direction } from '../crypto/direction.ts';
import type { SessionKeys } from '../crypto/session-keys.ts';
import { LINK_TIMEOUT_MS, PARTING_MS } from './constants.ts';
import type { SessionErrorCode } from './errors.ts';
import type { SessionInfo } from './events.ts';
import type { HeldLink } from './held-link.ts';
import type { Cancel, Clock, LinkCandidate, LinkState } from './ports.ts';
import type { SealedMessage } from './sealed-messages.ts';
import type { SealedSignaling } from './sealed-signaling.ts';

export interface SessionEvents {
  /** The link is connected: the first time only. */
  onUp(): void;
  /** Exactly once, whether it was up before or not. */
  onDown(reason: SessionErrorCode): void;
  /** Sealed by the peer; `removed` is followed by `onDown('removed')`. */
  onPeerSaid(what: 'paired' | 'removed'): void;
}

export interface SessionOptions {
  readonly deviceId: string;
  readonly held: HeldLink;
  readonly signaling: SealedSignaling;
  /** Of our side. */
  readonly dir: Direction;
  /** Owned by the session from now on. */
  readonly keys: SessionKeys;
  readonly clock: Clock;
  readonly events: SessionEvents;
  /** Sent before any candidate. */
  readonly greeting?: SealedMessage;
}

export class Session {
  readonly info: SessionInfo;
  readonly signaling: SealedSignaling;
  readonly #held: HeldLink;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  #cancelTimeout: Cancel;
  #state: 'connecting' | 'connected' | 'closed' = 'connecting';

  constructor(options: SessionOptions) {
    const { deviceId, held, signaling, dir, keys, clock, events } = options;
    this.info = { sessionId: held.sessionId, deviceId };
    this.signaling = signaling;
    this.#held = held;
    this.#events = events;
    this.#clock = clock;
    this.#cancelTimeout = clock.schedule(LINK_TIMEOUT_MS, () => this.close('link-failed'));
    if (options.greeting !== undefined) signaling.send(options.greeting);
    held.link.secure({
      sessionId: held.sessionId,
      deviceId,
      role: dir,
      pcId: held.link.pcId,
      keys: {
        bind: copyBytes(keys.bind),
        control: copyBytes(keys.control),
        fileRoot: copyBytes(keys.fileRoot),
      },
    });
    keys.destroy();
  }

  get state(): 'connecting' | 'connected' | 'closed' {
    return this.#state;
  }

  /** Separate from the constructor: a link that is already up would report before we are known. */
  start(): void {
    this.#held.attach({
      onCandidate: (candidate) => this.#sendCandidate(candidate),
      onState: (state) => this.#linkChanged(state),
    });
  }

  /** Whether envelopes from this socket, in whichever shared room, are this session's. */
  hears(from: string): boolean {
    return this.signaling.state === 'open' && this.signaling.address.target === from;
  }

  /**
   * Takes one envelope. One that does not open ends the signaling keys and nothing else: the server
   * could have made it ([RC7], [CS4]). One that opens and breaks the protocol is the peer's doing.
   */
  async receive(envelope: unknown): Promise<void> {
    let message: SealedMessage;
    try {
      message = this.signaling.open(envelope);
    } catch {
      return;
    }
    if (this.#state === 'closed') {
      // The link's end may overtake the reason for it.
      if (message.type === 'removed') this.#events.onPeerSaid('removed');
      return;
    }
    switch (message.type) {
      case 'candidate':
        return this.#addCandidate(message.pcId, {
          candidate: message.candidate,
          sdpMid: message.sdpMid,
          sdpMLineIndex: message.sdpMLineIndex,
        });
      case 'candidates-end':
        return this.#addCandidate(message.pcId, null);
      case 'paired':
        this.#events.onPeerSaid('paired');
        return;
      case 'removed':
        this.#events.onPeerSaid('removed');
        this.close('removed');
        return;
      case 'bye':
        this.close('peer-closed');
        return;
      case 'confirm':
      case 'offer':
      case 'answer':
        // A session has one peer connection in this version, and it is confirmed already.
        this.close('bad-peer');
    }
  }

  /** @param last told to the peer first, where signaling still works. Idempotent. */
  close(reason: SessionErrorCode, last?: 'bye' | 'removed'): void {
    if (last !== undefined) this.signaling.send({ type: last });
    this.#end(reason);
    this.#cancelTimeout();
    this.signaling.end();
  }

  #end(reason: SessionErrorCode): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelTimeout();
    this.#held.close();
    this.#events.onDown(reason);
  }

  /** The link is gone; what the peer said about it through the server may still be on its way. */
  #endByLink(reason: SessionErrorCode): void {
    this.#end(reason);
    this.#cancelTimeout = this.#clock.schedule(PARTING_MS, () => this.signaling.end());
  }

  #sendCandidate(candidate: LinkCandidate | null): void {
    const pcId = copyBytes(this.#held.link.pcId);
    this.signaling.send(
      candidate === null
        ? { type: 'candidates-end', pcId }
        : { type: 'candidate', pcId, ...candidate },
    );
  }

  async #addCandidate(pcId: Uint8Array, candidate: LinkCandidate | null): Promise<void> {
    if (!equalBytes(pcId, this.#held.link.pcId)) {
      this.close('bad-peer');
      return;
    }
    try {
      await this.#held.link.addCandidate(candidate);
    } catch {
      // A candidate of a kind that this browser does not know is one path less, not an attack.
    }
  }

  #linkChanged(state: LinkState): void {
    switch (state) {
      case 'connected':
        if (this.#state !== 'connecting') return;
        this.#state = 'connected';
        this.#cancelTimeout();
        this.#events.onUp();
        return;
      case 'failed':
        this.#endByLink('link-failed');
        return;
      case 'closed':
        this.#endByLink('peer-closed');
        return;
      case 'connecting':
      case 'disconnected':
      // ICE may still recover; it says `failed` when it gives up.
    }
  }
}
