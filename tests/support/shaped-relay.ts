/**
 * A line without privileges that can be longer, slower or cut: a UDP proxy in front of a relay's
 * port. Unless it is told so, nothing is lost or reordered.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type {
  RelayAnswer,
  RelayCounts,
  RelayRequest,
  Shape,
  ShapedRelayOptions,
} from './shaped-relay-worker.ts';

const HOST = '127.0.0.1';

export class ShapedRelay {
  readonly port: number;
  readonly #worker: Worker;
  #shape: Shape = { cut: false, bitrate: null };

  private constructor(port: number, worker: Worker) {
    this.port = port;
    this.#worker = worker;
  }

  static async start(targetPort: number, addedRoundTripMs = 0): Promise<ShapedRelay> {
    const options: ShapedRelayOptions = { host: HOST, targetPort, delayMs: addedRoundTripMs / 2 };
    const worker = new Worker(new URL('./shaped-relay-worker.ts', import.meta.url), {
      workerData: options,
    });
    const listens = await answerOf(worker, 'listens');
    return new ShapedRelay(listens.port, worker);
  }

  /** Both ways. Resolves when nothing passes any more. */
  async cut(): Promise<void> {
    await this.#set({ ...this.#shape, cut: true });
  }

  async mend(): Promise<void> {
    await this.#set({ ...this.#shape, cut: false });
  }

  /** Each way by itself, in front of a queue that drops its tail; null: no limit. Bits a second. */
  async limit(bitrate: number | null): Promise<void> {
    await this.#set({ ...this.#shape, bitrate });
  }

  /** Since the start; `up` from the near side to the relay. */
  async counts(): Promise<{ readonly up: RelayCounts; readonly down: RelayCounts }> {
    const answer = answerOf(this.#worker, 'counts');
    this.#post({ type: 'counts' });
    const { up, down } = await answer;
    return { up, down };
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #set(shape: Shape): Promise<void> {
    this.#shape = shape;
    const answer = answerOf(this.#worker, 'shaped');
    this.#post({ type: 'shape', shape });
    await answer;
  }

  #post(request: RelayRequest): void {
    this.#worker.postMessage(request);
  }
}

async function answerOf<T extends RelayAnswer['type']>(
  worker: Worker,
  type: T,
): Promise<Extract<RelayAnswer, { type: T }>> {
  for (;;) {
    const [answer] = (await once(worker, 'message')) as [RelayAnswer];
    if (answer.type === type) return answer as Extract<RelayAnswer, { type: T }>;
  }
}
