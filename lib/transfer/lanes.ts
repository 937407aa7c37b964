import type { Bytes } from '../crypto/bytes.ts';
import type { ByteChannel } from '../protocol/byte-channel.ts';
import { CHUNK_HEADER_BYTES, writeChunkHeader, type ChunkHeader } from '../protocol/chunk-frame.ts';
import { CHUNK_SIZES, CHUNK_TAG_BYTES } from '../protocol/limits.ts';
import { CHUNK_OPERATIONS } from './constants.ts';
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

interface Lane {
  readonly channel: ByteChannel;
  readonly gate: Gate;
  readonly scratches: Bytes[];
  operations: number;
  state: 'open' | 'dead';
  /** Handed to this lane and, as far as anyone knows, not yet stored by the receiver. */
  unacknowledged: Set<ChunkJob>;
}

/**
 * Lanes pull chunks from one queue, as many as their gates and the peer's credit let through. Driven
 * by `pump`: after new work, a grant, a finished chunk, a gate that opens.
 */
export class Lanes {
  readonly #lanes: Lane[];
  readonly #credit: SendCredit;
  readonly #next: () => ChunkJob | null;
  /** Pulled, but more than the credit: goes first when there is more. */
  #held: ChunkJob | null = null;
  /** `send` copies, and building a frame and sending it is one step: one buffer serves all lanes. */
  readonly #frame = new Uint8Array(CHUNK_HEADER_BYTES + LARGEST_CHUNK + CHUNK_TAG_BYTES);
  #pumping = false;

  constructor(channels: readonly ByteChannel[], credit: SendCredit, next: () => ChunkJob | null) {
    this.#credit = credit;
    this.#next = next;
    this.#lanes = channels.map((channel) => ({
      channel,
      gate: new Gate(channel, () => this.pump()),
      scratches: [],
      operations: 0,
      state: 'open',
      unacknowledged: new Set(),
    }));
  }

  get maxMessageSize(): number {
    return Math.min(...this.#lanes.map((lane) => lane.channel.maxMessageSize));
  }

  pump(): void {
    // A job may finish a transfer, which may start another, which pumps: once is enough.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (const lane of this.#lanes) this.#fill(lane);
    } finally {
      this.#pumping = false;
    }
  }

  /** The receiver has this file: nothing of it needs to go again. */
  acknowledge(tag: number): void {
    for (const lane of this.#lanes) {
      for (const job of lane.unacknowledged) {
        if (job.header.tag === tag) lane.unacknowledged.delete(job);
      }
    }
  }

  /**
   * A lane is gone; what it carried goes back. Answers how many lanes are left. The credit of what
   * was lost stays spent, because nobody knows how much of it the receiver has counted: with many
   * lanes it would have to grant anew.
   */
  drop(channel: ByteChannel): number {
    for (const lane of this.#lanes) {
      if (lane.channel !== channel || lane.state === 'dead') continue;
      lane.state = 'dead';
      for (const job of lane.unacknowledged) if (job.live()) job.lost();
      lane.unacknowledged.clear();
    }
    const left = this.#lanes.filter((lane) => lane.state === 'open').length;
    if (left > 0) this.pump();
    return left;
  }

  close(): void {
    for (const lane of this.#lanes) {
      lane.state = 'dead';
      lane.unacknowledged.clear();
      lane.channel.onMessage = null;
      lane.channel.onLow = null;
      lane.channel.onClose = null;
      lane.channel.close();
    }
  }

  #fill(lane: Lane): void {
    while (lane.state === 'open' && lane.operations < CHUNK_OPERATIONS && lane.gate.open) {
      const job = this.#take();
      if (job === null) return;
      lane.operations++;
      void this.#run(lane, job);
    }
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
    const scratch = lane.scratches.pop() ?? new Uint8Array(1 + LARGEST_CHUNK);
    let sealed: Uint8Array | null = null;
    try {
      sealed = await job.seal(scratch);
    } catch (error) {
      if (job.live()) job.failed(error);
    }
    lane.scratches.push(scratch);
    lane.operations--;
    if (sealed === null || !job.live()) this.#credit.restore(job.bytes);
    else if (lane.state === 'dead') {
      this.#credit.restore(job.bytes);
      job.lost();
    } else this.#send(lane, job, sealed);
    this.pump();
  }

  #send(lane: Lane, job: ChunkJob, sealed: Uint8Array): void {
    writeChunkHeader(this.#frame, job.header);
    this.#frame.set(sealed, CHUNK_HEADER_BYTES);
    lane.channel.send(this.#frame.subarray(0, CHUNK_HEADER_BYTES + sealed.length));
    // With a single lane nothing can go back: its loss is the session's.
    if (this.#lanes.length > 1) lane.unacknowledged.add(job);
    job.sent();
  }
}
