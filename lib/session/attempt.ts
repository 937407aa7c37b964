/** One try to get a session with a device, from the first hello to the completed handshake. */
import type { NoiseHandshake } from '../crypto/noise/handshake.ts';
import type { SessionKeys } from '../crypto/session-keys.ts';
import { SessionError, type SessionErrorCode } from './errors.ts';
import type { HeldLink } from './held-link.ts';
import { Lifetime } from './lifetime.ts';
import type { Clock, PairSlot, SocketAddress } from './ports.ts';
import type { SealedSignaling } from './sealed-signaling.ts';

export type AttemptStage =
  /** Hellos are out, or the first handshake message is being made. */
  | { readonly type: 'rendezvous' }
  /** Initiator. */
  | {
      readonly type: 'awaiting-k2';
      readonly address: SocketAddress;
      readonly slot: PairSlot;
      readonly noise: NoiseHandshake;
    }
  /** Responder. */
  | {
      readonly type: 'awaiting-k3';
      readonly slot: PairSlot;
      readonly held: HeldLink;
      readonly signaling: SealedSignaling;
      readonly keys: SessionKeys;
    };

export class Attempt {
  /** What forged hellos can make us compute is bounded: `K1_PER_ATTEMPT`. */
  k1Sent = 0;
  #stage: AttemptStage = { type: 'rendezvous' };
  readonly #life: Lifetime;

  constructor(clock: Clock, timeoutMs: number, onTimeout: () => void) {
    this.#life = new Lifetime(clock, timeoutMs, onTimeout);
    this.#life.own(() => this.#drop(), 'unless-kept');
  }

  get stage(): AttemptStage {
    return this.#stage;
  }

  /** What the stage before held is destroyed. */
  enter(stage: AttemptStage): void {
    this.#drop();
    this.#stage = stage;
  }

  /** The handshake is complete: what the stage holds now belongs to the session. */
  complete(): void {
    this.#life.keep();
    this.#stage = { type: 'rendezvous' };
  }

  /** Wipes and closes; steps under way stop at their next `run`. Idempotent. */
  end(reason: SessionErrorCode): void {
    this.#life.end(new SessionError(reason));
  }

  /** `work`, unless the attempt ends first. */
  run<Value>(work: Promise<Value>): Promise<Value> {
    return this.#life.run(work);
  }

  #drop(): void {
    const stage = this.#stage;
    this.#stage = { type: 'rendezvous' };
    if (stage.type === 'awaiting-k2') stage.noise.destroy();
    if (stage.type === 'awaiting-k3') {
      stage.held.close();
      stage.signaling.end();
      stage.keys.destroy();
    }
  }
}
