import { MAX_KEYS, MAX_SHARE_MESSAGES, MINUTE_MS, PAST_IDS } from './constants.ts';
import { ShareError } from './errors.ts';
import { FloodGate } from './flood-gate.ts';
import { MAX_ENCODINGS } from './frame-format.ts';
import { KidSource } from './kid-source.ts';
import type { Clock } from './ports.ts';

/** What all shares of one session have in common: ids and keys that must not come twice. */
export class ShareSession {
  readonly sessionId: string;
  readonly deviceId: string;
  readonly #messages: FloodGate;
  readonly #pcIds = new Set<string>();
  readonly #kids = new KidSource();
  #keys = 0;
  /** Of the peer. */
  #peerKeys = 0;
  #lastPeerKid = -1;

  constructor(sessionId: string, deviceId: string, clock: Clock) {
    this.sessionId = sessionId;
    this.deviceId = deviceId;
    this.#messages = new FloodGate(clock, MAX_SHARE_MESSAGES, MINUTE_MS);
  }

  /** [SH8] @throws ShareError `over-limit` */
  countMessage(): void {
    if (!this.#messages.take()) throw new ShareError('over-limit', 'messages about shares');
  }

  /** Whether there is, or was, a media connection of this id. */
  knows(pcId: string): boolean {
    return this.#pcIds.has(pcId);
  }

  remember(pcId: string): void {
    this.#pcIds.add(pcId);
    const [oldest] = this.#pcIds;
    if (this.#pcIds.size > PAST_IDS && oldest !== undefined) this.#pcIds.delete(oldest);
  }

  /** [SH9] For a transform of this end; null when there were too many. */
  takeKid(): number | null {
    if (this.#keys >= MAX_KEYS) return null;
    this.#keys++;
    return this.#kids.next();
  }

  /** [SH9][SF3] Of the peer. @throws ShareError */
  claimKid(kid: number, encoding: number): void {
    if (kid <= this.#lastPeerKid) throw new ShareError('out-of-state', 'a kid out of order');
    if (encoding >= MAX_ENCODINGS) throw new ShareError('over-limit', 'encodings');
    if (++this.#peerKeys > MAX_KEYS) throw new ShareError('over-limit', 'keys');
    this.#lastPeerKid = kid;
  }
}
