/** One try to get a session with a device, from the first hello to the completed handshake. */
import type { NoiseHandshake } from '../crypto/noise/handshake.ts';
import type { SessionKeys } from '../crypto/session-keys.ts';
import { SessionError, type SessionErrorCode } from './errors.ts';
import type { HeldLink } from './held-link.ts';
import type { Cancel, Clock, PairSlot, SocketAddress } from './ports.ts';
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
  /** [RC6] bounds what forged hellos can make us compute: see `K1_PER_ATTEMPT`. */
  k1Sent = 0;
  #stage: AttemptStage = { type: 'rendezvous' };
  #reject: (reason: SessionError) => void = () => undefined;
  readonly #over: Promise<never>;
  readonly #cancelTimeout: Cancel;

  constructor(clock: Clock, timeoutMs: number, onTimeout: () => void) {
    this.#over = new Promise<never>((_resolve, reject) => {
      this.#reject = reject;
    });
    // Often nobody waits when it ends.
    this.#over.catch(() => undefined);
    this.#cancelTimeout = clock.schedule(timeoutMs, onTimeout);
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
    this.#cancelTimeout();
    this.#stage = { type: 'rendezvous' };
  }

  /** Wipes and closes; steps under way stop at their next `run`. Idempotent. */
  end(reason: SessionErrorCode): void {
    this.#cancelTimeout();
    this.#drop();
    this.#stage = { type: 'rendezvous' };
    this.#reject(new SessionError(reason));
  }

  /** `work`, unless the attempt ends first: a link that never answers must not block the device. */
  run<Value>(work: Promise<Value>): Promise<Value> {
    return Promise.race([work, this.#over]);
  }

  #drop(): void {
    const stage = this.#stage;
    if (stage.type === 'awaiting-k2') stage.noise.destroy();
    if (stage.type === 'awaiting-k3') {
      stage.held.close();
      stage.signaling.end();
      stage.keys.destroy();
    }
  }
}
