import type { Bytes } from '../crypto/bytes.ts';
import type { ByteChannel } from '../protocol/byte-channel.ts';
import { CHUNK_HEADER_BYTES, writeChunkHeader, type ChunkHeader } from '../protocol/chunk-frame.ts';
import { CHUNK_SIZES, CHUNK_TAG_BYTES } from '../protocol/limits.ts';
import {
  CHUNK_OPERATIONS,
  HIGH_WATERMARK,
  LEARNT_MS,
  LEAST_HIGH_WATERMARK,
  LOW_PART,
  MAX_HIGH_WATERMARK,
  MIN_HIGH_WATERMARK,
  QUEUED_MS,
} from './constants.ts';
import { Gate, type SendCredit } from './flow.ts';

const LARGEST_CHUNK = CHUNK_SIZES[CHUNK_SIZES.length - 1] ?? 0;

/** One chunk on its way out. */
export interface ChunkJob {
  readonly header: ChunkHeader;
  /** Bytes of ciphertext. */
  readonly bytes: number;
  /** False once nobody wants it any more: its transfer ended or its session went. */
  live(): boolean;
  /**
   * Reads, hashes and seals the chunk. `scratch` is at least 1 + chunk size long, its first byte 0;
   * it is the job's until this resolves.
   */
  seal(scratch: Bytes): Promise<Uint8Array>;
  /** It was handed to the transport. */
  sent(): void;
  /** `seal` threw. */
  failed(error: unknown): void;
  /** It was lost with its lane and has to go again. */
  lost(): void;
}

/** A chunk that was handed to a lane. */
interface SentChunk {
  readonly job: ChunkJob;
  /** Bytes of ciphertext on this lane up to its end. */
  readonly end: number;
}

interface Lane {
  readonly channel: ByteChannel;
  readonly gate: Gate;
  /** `first`: of the session's first connection, whose loss is the session's: no books are kept. */
  readonly kind: 'first' | 'further';
  /** `over`: nothing more goes over it, and the peer has not said yet what came ([LN4]). */
  state: 'open' | 'over' | 'gone';
  operations: number;
  /** Bytes of chunks that are being sealed for it. */
  pending: number;
  /** Handed to it: frames with their headers, and the ciphertext in them. */
  frameBytes: number;
  sentBytes: number;
  /** Chunks that may be lost, by tag; without those whose file is stored. */
  readonly log: Map<number, SentChunk[]>;
  /** Bytes that had left at the last `tune`, and what left a second then. */
  leftBytes: number;
  rate: number;
  /** For how long that was looked at, ms. */
  learntMs: number;
}

/**
 * Lanes pull chunks from one queue, as many as their gates and the peer's credit let through. Driven
 * by `pump`: after new work, a grant, a finished chunk, a gate that opens.
 */
export class Lanes {
  readonly #lanes: Lane[] = [];
  readonly #credit: SendCredit;
  readonly #next: () => ChunkJob | null;
  readonly #onSent: () => void;
  /** Pulled, but more than the credit: goes first when there is more. */
  #held: ChunkJob | null = null;
  /** `send` copies, and building a frame and sending it is one step: one buffer serves all lanes. */
  readonly #frame = new Uint8Array(CHUNK_HEADER_BYTES + LARGEST_CHUNK + CHUNK_TAG_BYTES);
  readonly #scratches: Bytes[] = [];
  #operations = 0;
  #pumping = false;
  #inUse = Infinity;
  /** Of lanes that are no more. */
  #leftBefore = 0;

  /**
   * @param first of the session's first connection, at least one
   * @param onSent after each chunk
   */
  constructor(
    first: readonly ByteChannel[],
    credit: SendCredit,
    next: () => ChunkJob | null,
    onSent: () => void = () => undefined,
  ) {
    this.#credit = credit;
    this.#next = next;
    this.#onSent = onSent;
    for (const channel of first) this.#join(channel, 'first');
  }

  get maxMessageSize(): number {
    return Math.min(...this.#lanes.map((lane) => lane.channel.maxMessageSize));
  }

  /** Lanes that chunks could go over. */
  get open(): number {
    return this.#open().length;
  }

  /** How many of them get chunks: those that joined first. */
  get inUse(): number {
    return Math.min(this.#inUse, this.open);
  }

  set inUse(count: number) {
    this.#inUse = Math.max(1, count);
    this.pump();
  }

  /** Bytes that left this side's queues since the start, over all lanes there ever were. */
  get leftBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + leftOf(lane), this.#leftBefore);
  }

  /** A further lane, bound: takes its share from now on. */
  add(channel: ByteChannel): void {
    this.#join(channel, 'further');
    this.pump();
  }

  pump(): void {
    // A job may finish a transfer, which may start another, which pumps: once is enough.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let lane = this.#roomiest(); lane !== null; lane = this.#roomiest()) {
        const job = this.#take();
        if (job === null) return;
        lane.operations++;
        lane.pending += job.bytes;
        this.#operations++;
        void this.#run(lane, job);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** The receiver has this file: nothing of it needs to go again. */
  acknowledge(tag: number): void {
    for (const lane of this.#lanes) lane.log.delete(tag);
  }

  /** Bytes that wait in the channels' own queues. */
  get queuedBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.channel.bufferedAmount, 0);
  }

  /** [LN4] Nothing more goes over this lane; what did is settled when the peer says what came. */
  end(channel: ByteChannel): void {
    const lane = this.#lanes.find((each) => each.channel === channel);
    if (lane?.state !== 'open') return;
    lane.state = 'over';
    this.pump();
  }

  /**
   * [LN4] The peer took `received` bytes of ciphertext from this lane and will take no more. The
   * rest has to go again, over another lane, and its credit comes back: the peer never counted it.
   * False where it claims more than was sent.
   */
  settle(channel: ByteChannel, received: number): boolean {
    const lane = this.#lanes.find((each) => each.channel === channel);
    if (lane === undefined || lane.state === 'gone') return true;
    if (received > lane.sentBytes) return false;
    lane.state = 'gone';
    this.#leftBefore += leftOf(lane);
    this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    this.#credit.restore(lane.sentBytes - received);
    for (const { end, job } of [...lane.log.values()].flat()) {
      if (end > received && job.live()) job.lost();
    }
    lane.log.clear();
    this.pump();
    return true;
  }

  /**
   * Sets the watermarks by what each lane carried since the last time.
   *
   * @param elapsedMs since the last call
   * @param rttMs null while nobody has measured it
   * @param busy whether there was enough to send all the time; else nothing is learnt
   */
  tune(elapsedMs: number, rttMs: number | null, busy: boolean): void {
    const inUse = this.#open().slice(0, this.#inUse);
    for (const lane of inUse) {
      const left = leftOf(lane);
      const rate = (left - lane.leftBytes) / (elapsedMs / 1000);
      lane.leftBytes = left;
      if (!busy || rate <= 0) continue;
      // Half of it new: a line that changes is followed within a second.
      lane.rate = lane.rate === 0 ? rate : (lane.rate + rate) / 2;
      lane.learntMs += elapsedMs;
      const wanted = (lane.rate * ((rttMs ?? 0) + QUEUED_MS)) / 1000;
      const floor = lane.learntMs < LEARNT_MS ? HIGH_WATERMARK : MIN_HIGH_WATERMARK;
      const least = Math.max(floor / inUse.length, LEAST_HIGH_WATERMARK);
      const high = clamp(wanted, least, MAX_HIGH_WATERMARK / inUse.length);
      lane.gate.setMarks({ high, low: high * LOW_PART });
    }
  }

  close(): void {
    for (const lane of this.#lanes) {
      lane.state = 'gone';
      lane.log.clear();
      lane.channel.onMessage = null;
      lane.channel.onLow = null;
      lane.channel.onClose = null;
      lane.channel.close();
    }
  }

  #join(channel: ByteChannel, kind: Lane['kind']): void {
    this.#lanes.push({
      channel,
      gate: new Gate(channel, () => this.pump()),
      kind,
      state: 'open',
      operations: 0,
      pending: 0,
      frameBytes: 0,
      sentBytes: 0,
      log: new Map(),
      leftBytes: 0,
      rate: 0,
      learntMs: 0,
    });
  }

  #open(): Lane[] {
    return this.#lanes.filter((lane) => lane.state === 'open');
  }

  /** The lane in use with the shortest queue, if any has room. */
  #roomiest(): Lane | null {
    const lanes = this.#open().slice(0, this.#inUse);
    if (this.#operations >= Math.max(CHUNK_OPERATIONS, 2 * lanes.length)) return null;
    let best: Lane | null = null;
    for (const lane of lanes) {
      if (lane.operations >= CHUNK_OPERATIONS || !lane.gate.roomBeside(lane.pending)) continue;
      if (best === null || queueOf(lane) < queueOf(best)) best = lane;
    }
    return best;
  }

  #take(): ChunkJob | null {
    let job = this.#held;
    this.#held = null;
    if (job === null || !job.live()) job = this.#next();
    if (job === null) return null;
    if (this.#credit.reserve(job.bytes)) return job;
    this.#held = job;
    return null;
  }

  async #run(lane: Lane, job: ChunkJob): Promise<void> {
    const scratch = this.#scratches.pop() ?? new Uint8Array(1 + LARGEST_CHUNK);
    let sealed: Uint8Array | null = null;
    try {
      sealed = await job.seal(scratch);
    } catch (error) {
      if (job.live()) job.failed(error);
    }
    this.#scratches.push(scratch);
    lane.operations--;
    lane.pending -= job.bytes;
    this.#operations--;
    // Its lane may have gone meanwhile: what is sealed goes over any other.
    const carrier = lane.state === 'open' ? lane : this.#open()[0];
    if (sealed === null || carrier === undefined || !job.live()) {
      this.#credit.restore(job.bytes);
    } else this.#send(carrier, job, sealed);
    this.pump();
  }

  #send(lane: Lane, job: ChunkJob, sealed: Uint8Array): void {
    writeChunkHeader(this.#frame, job.header);
    this.#frame.set(sealed, CHUNK_HEADER_BYTES);
    const frame = this.#frame.subarray(0, CHUNK_HEADER_BYTES + sealed.length);
    lane.channel.send(frame);
    lane.frameBytes += frame.length;
    lane.sentBytes += sealed.length;
    if (lane.kind === 'further') {
      const { tag } = job.header;
      const sent = { job, end: lane.sentBytes };
      const log = lane.log.get(tag);
      if (log === undefined) lane.log.set(tag, [sent]);
      else log.push(sent);
    }
    job.sent();
    this.#onSent();
  }
}

function leftOf(lane: Lane): number {
  return lane.frameBytes - Math.min(lane.frameBytes, lane.channel.bufferedAmount);
}

function queueOf(lane: Lane): number {
  return lane.channel.bufferedAmount + lane.pending;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
