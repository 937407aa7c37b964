import { decodeChunkFrame, type ChunkFrame } from '../protocol/chunk-frame.ts';
import { MAX_OPEN_FILES } from '../protocol/limits.ts';
import { EARLY_CHUNK_MS, GRANT_REST_MS } from './constants.ts';
import { SessionError } from './errors.ts';
import { ReceiveCredit } from './flow.ts';
import type { Clock } from './ports.ts';

/** Takes the chunks that carry one tag. */
export interface ChunkTaker {
  /**
   * Resolves when the chunk is on the disk or is not wanted any more.
   *
   * @throws SessionError synchronously or later, for a frame that cannot be ([TR15]).
   */
  take(frame: ChunkFrame): Promise<void>;
}

/**
 * Sorts the chunk frames of all lanes by tag and keeps the books on credit. `start` travels on
 * another channel and may be overtaken by its first chunks: those wait here, within the credit.
 */
export class Inbox {
  readonly #credit = new ReceiveCredit();
  readonly #takers = new Map<number, ChunkTaker>();
  /** Tags of files given up while chunks were still under way: those are dropped. */
  readonly #drained = new Set<number>();
  readonly #early: ChunkFrame[] = [];
  readonly #clock: Clock;
  readonly #grant: (total: number) => void;
  readonly #fail: (error: unknown) => void;
  #nextTag = 0;
  #cancelTimer: (() => void) | null = null;
  #cancelRest: (() => void) | null = null;
  #state: 'open' | 'closed' = 'open';

  constructor(clock: Clock, grant: (total: number) => void, fail: (error: unknown) => void) {
    this.#clock = clock;
    this.#grant = grant;
    this.#fail = fail;
  }

  /** The first grant. */
  open(): void {
    this.#grant(this.#credit.granted);
  }

  /** [TR3] A file starts: tags count up from 0, so none is ever used twice. */
  expect(tag: number, taker: ChunkTaker): void {
    if (tag !== this.#nextTag) throw new SessionError('unknown-tag', 'a tag out of turn');
    if (this.#takers.size >= MAX_OPEN_FILES) throw new SessionError('over-limit', 'open files');
    this.#nextTag++;
    this.#takers.set(tag, taker);
    this.#deliverEarly();
  }

  /** A file starts that nobody wants any more: its transfer ended here while `start` was under way. */
  discard(tag: number): void {
    if (tag !== this.#nextTag) throw new SessionError('unknown-tag', 'a tag out of turn');
    this.#nextTag++;
    this.#drained.add(tag);
    this.#deliverEarly();
  }

  /** The file is complete: a chunk that comes twice is dropped. */
  finish(tag: number): void {
    this.drain(tag);
  }

  /** The file is given up: chunks that are still under way are dropped. */
  drain(tag: number): void {
    if (this.#takers.delete(tag)) this.#drained.add(tag);
  }

  /** Answers the bytes of ciphertext in it. @throws SessionError, ProtocolError */
  onFrame(bytes: Uint8Array): number {
    const frame = decodeChunkFrame(bytes);
    const { length } = frame.ciphertext;
    if (!this.#credit.receive(length)) throw new SessionError('over-credit');
    this.#route(frame);
    return length;
  }

  close(): void {
    this.#state = 'closed';
    this.#takers.clear();
    this.#early.length = 0;
    this.#cancelTimer?.();
    this.#cancelRest?.();
  }

  #route(frame: ChunkFrame): void {
    const taker = this.#takers.get(frame.tag);
    if (taker !== undefined) {
      taker.take(frame).then(() => this.#release(frame), this.#fail);
    } else if (this.#drained.has(frame.tag)) {
      this.#release(frame);
    } else if (frame.tag >= this.#nextTag && frame.tag < this.#nextTag + MAX_OPEN_FILES) {
      this.#early.push(frame);
      this.#cancelTimer ??= this.#clock.after(EARLY_CHUNK_MS, () => {
        // Control may be slower than another lane, not dead: then what it carries is all late.
        this.#fail(new SessionError('channel-closed', 'no start came for a chunk'));
      });
    } else {
      throw new SessionError('unknown-tag');
    }
  }

  #deliverEarly(): void {
    if (this.#early.length === 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const frame of this.#early.splice(0)) this.#route(frame);
  }

  #release(frame: ChunkFrame): void {
    if (this.#state === 'closed') return;
    if (this.#credit.release(frame.ciphertext.length)) this.#grant(this.#credit.granted);
    else if (this.#credit.restDue) {
      this.#cancelRest ??= this.#clock.after(GRANT_REST_MS, () => this.#grantRest());
    }
  }

  /** So that the sender knows of every byte, not of every few megabytes. */
  #grantRest(): void {
    this.#cancelRest = null;
    if (!this.#credit.restDue) return;
    this.#credit.grantRest();
    this.#grant(this.#credit.granted);
  }
}
