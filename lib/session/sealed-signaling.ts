/**
 * One session's envelopes to and from one socket (docs/PROTOCOL.md §4). The first thing that goes
 * wrong ends it for good ([CS4]): a message that is not delivered is a gap for the other side.
 */
import { opposite, type Direction } from '../crypto/direction.ts';
import { EnvelopeOpener, EnvelopeSealer } from '../crypto/envelope.ts';
import type { SessionKeys } from '../crypto/session-keys.ts';
import type { RelayEvent } from '../signaling/events.ts';
import type { Clock, SignalPort, SocketAddress } from './ports.ts';
import { decodeSealed, encodeSealed, type SealedMessage } from './sealed-messages.ts';

export interface SealedSignalingOptions {
  readonly port: SignalPort;
  readonly clock: Clock;
  readonly address: SocketAddress;
  /** Of our side. */
  readonly dir: Direction;
  readonly keys: SessionKeys['signaling'];
  /** The peer's, from its handshake payload; missing where the peer's first envelope brings it. */
  readonly ts0?: number;
}

const EVENT_OF: Partial<Record<SealedMessage['type'], RelayEvent>> = {
  confirm: 'answer',
  offer: 'offer',
  answer: 'answer',
};

export class SealedSignaling {
  #address: SocketAddress;
  readonly #port: SignalPort;
  readonly #clock: Clock;
  readonly #sealer: EnvelopeSealer;
  readonly #opener: EnvelopeOpener;
  #state: 'open' | 'ended' = 'open';
  #outgoing: 'open' | 'ended' = 'open';
  /** Told once, when nothing can be sent any more. */
  onMute: (() => void) | undefined;

  constructor(options: SealedSignalingOptions) {
    const { dir, keys, clock } = options;
    this.#address = options.address;
    this.#port = options.port;
    this.#clock = clock;
    this.#sealer = new EnvelopeSealer({ key: keys[dir], dir });
    this.#opener = new EnvelopeOpener({
      key: keys[opposite(dir)],
      dir: opposite(dir),
      monotonicNow: () => clock.monotonic(),
      ...(options.ts0 === undefined ? {} : { ts0: options.ts0 }),
    });
  }

  get address(): SocketAddress {
    return this.#address;
  }

  /** Another room that the same two sockets share: rooms change daily, the sockets' keys do not. */
  moveTo(roomId: string): void {
    this.#address = { roomId, target: this.#address.target };
  }

  get state(): 'open' | 'ended' {
    return this.#state;
  }

  get canSend(): boolean {
    return this.#outgoing === 'open';
  }

  /** Nothing happens once ended. */
  send(message: SealedMessage): void {
    if (this.#outgoing === 'ended') return;
    const envelope = this.#sealer.seal(encodeSealed(message), this.#clock.now());
    const event = EVENT_OF[message.type] ?? 'ice-candidate';
    // Not awaited: the order of calls is the order of delivery, and acknowledgements may be slow.
    // What is lost is a gap for the peer; what the peer has sent before may still come in.
    this.#port.send(this.#address, event, envelope).catch(() => this.#endSending());
  }

  /**
   * The next message of the peer.
   *
   * @throws CryptoError or MessageError; the keys are gone then.
   */
  open(envelope: unknown): SealedMessage {
    try {
      return decodeSealed(this.#opener.open(envelope));
    } catch (error) {
      this.end();
      throw error;
    }
  }

  end(): void {
    this.#state = 'ended';
    this.#opener.destroy();
    this.#endSending();
  }

  #endSending(): void {
    if (this.#outgoing === 'ended') return;
    this.#outgoing = 'ended';
    this.#sealer.destroy();
    this.onMute?.();
  }
}
