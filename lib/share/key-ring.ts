/** The starts of transforms that a peer announced: PROTOCOL.md section SF. */
import { assertLength, copyBytes, wipe, type Bytes } from '../crypto/bytes.ts';
import type { Direction } from '../crypto/direction.ts';
import { CryptoError } from '../crypto/errors.ts';
import { MEDIA_INST_LENGTH } from '../crypto/media-keys.ts';
import { MAX_ENCODINGS } from './frame-format.ts';
import { InboundKey } from './inbound-key.ts';

/** Of one encoding: the newest start, and the one before it for what is still on its way. */
const KEPT_STARTS = 2;
/** Kids of frames that came before their announcement, or never had one. */
const KEPT_STRANGERS = 16;

export type MediaTrack = 'video' | 'audio';

/** Whose frames a receiver takes: a key of another share or track does not open them. */
export interface FrameScope {
  readonly shareId: string;
  readonly track: MediaTrack;
}

/** `media-key`, as decoded. */
export interface MediaStart extends FrameScope {
  readonly kid: number;
  readonly inst: Uint8Array;
  readonly encoding: number;
}

interface Entry extends FrameScope {
  readonly kid: number;
  readonly encoding: number;
  readonly key: InboundKey;
}

/**
 * All of one direction of a session. A ring remembers what was replayed, so a ring that is lost is
 * not filled again with the same starts ([SF9]).
 */
export class KeyRing {
  readonly #mediaKey: Bytes;
  readonly #dir: Direction;
  /** Oldest first. */
  #entries: Entry[] = [];
  readonly #strangers = new Set<number>();
  #lastKid = -1;
  #state: 'open' | 'destroyed' = 'open';

  /**
   * @param options.mediaKey `SessionKeys.media`; copied.
   * @param options.dir the way the frames come.
   * @throws CryptoError `bad-length`.
   */
  constructor({ mediaKey, dir }: { mediaKey: Uint8Array; dir: Direction }) {
    assertLength(mediaKey, 32, 'media key');
    this.#mediaKey = copyBytes(mediaKey);
    this.#dir = dir;
  }

  /**
   * @returns `late` where frames under this kid were dropped before: of a video the receiver then
   *   asks for a key frame.
   * @throws CryptoError `bad-order` for a kid that is not above the last, `out-of-range` for an
   *   encoding, `bad-length`, `bad-state`. The first three are the peer's fault ([BP1]).
   */
  add({ kid, inst, encoding, shareId, track }: MediaStart): 'in-time' | 'late' {
    if (this.#state === 'destroyed') throw new CryptoError('bad-state', 'key ring');
    assertLength(inst, MEDIA_INST_LENGTH, 'inst');
    if (encoding >= MAX_ENCODINGS) throw new CryptoError('out-of-range', 'encoding');
    if (kid <= this.#lastKid) throw new CryptoError('bad-order', 'kid');
    this.#lastKid = kid;
    const key = new InboundKey({ mediaKey: this.#mediaKey, dir: this.#dir, inst });
    this.#entries.push({ kid, encoding, shareId, track, key });
    this.#keepNewest((entry) => inScope(entry, { shareId, track }) && entry.encoding === encoding);
    return this.#strangers.delete(kid) ? 'late' : 'in-time';
  }

  /** A kid that is not there is remembered, for `add` to say that it came late. */
  find(kid: number, scope: FrameScope): InboundKey | undefined {
    if (this.#state === 'destroyed') return undefined;
    const found = this.#entries.find((entry) => entry.kid === kid && inScope(entry, scope));
    // Only a kid still to come can be announced late.
    if (found === undefined && kid > this.#lastKid) this.#remember(kid);
    return found?.key;
  }

  /** A share is over: its keys go, its kids stay used. */
  forget(shareId: string): void {
    this.#drop((entry) => entry.shareId === shareId);
  }

  destroy(): void {
    this.#state = 'destroyed';
    this.#drop(() => true);
    this.#strangers.clear();
    wipe(this.#mediaKey);
  }

  #remember(kid: number): void {
    this.#strangers.add(kid);
    if (this.#strangers.size <= KEPT_STRANGERS) return;
    for (const oldest of this.#strangers) {
      this.#strangers.delete(oldest);
      return;
    }
  }

  #keepNewest(same: (entry: Entry) => boolean): void {
    const old = this.#entries.filter(same).slice(0, -KEPT_STARTS);
    this.#drop((entry) => old.includes(entry));
  }

  #drop(gone: (entry: Entry) => boolean): void {
    for (const entry of this.#entries.filter(gone)) entry.key.destroy();
    this.#entries = this.#entries.filter((entry) => !gone(entry));
  }
}

function inScope(a: FrameScope, b: FrameScope): boolean {
  return a.shareId === b.shareId && a.track === b.track;
}
