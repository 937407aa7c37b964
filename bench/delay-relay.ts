/**
 * A longer way without privileges: a UDP proxy that holds each datagram for half the added round
 * trip, in front of a relay's port. Nothing is lost or reordered here.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DelayRelayOptions } from './delay-relay-worker.ts';

const HOST = '127.0.0.1';

export class DelayRelay {
  readonly port: number;
  readonly #worker: Worker;

  private constructor(port: number, worker: Worker) {
    this.port = port;
    this.#worker = worker;
  }

  static async start(targetPort: number, addedRoundTripMs: number): Promise<DelayRelay> {
    const options: DelayRelayOptions = { host: HOST, targetPort, delayMs: addedRoundTripMs / 2 };
    const worker = new Worker(new URL('./delay-relay-worker.ts', import.meta.url), {
      workerData: options,
    });
    const [port] = (await once(worker, 'message')) as [number];
    return new DelayRelay(port, worker);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
