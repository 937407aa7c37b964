/**
 * The thread of a `ShapedRelay`: passes datagrams on, each way in order, as late, as slowly and as
 * seldom as it is told. A thread of its own, because a late wake-up here is jitter on the line that
 * is being measured.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';

export interface ShapedRelayOptions {
  readonly host: string;
  /** Where datagrams of the near side go. */
  readonly targetPort: number;
  /** Each way. */
  readonly delayMs: number;
}

export interface Shape {
  /** Nothing passes, and what was on its way is lost. */
  readonly cut: boolean;
  /** Bits a second, each way by itself, headers of UDP and IP included; null: as many as there are. */
  readonly bitrate: number | null;
}

/** Of one way. */
export interface RelayCounts {
  readonly passed: number;
  readonly dropped: number;
  /** Bits of those that passed, headers of UDP and IP included. */
  readonly bits: number;
}

export type RelayRequest = { readonly type: 'shape'; readonly shape: Shape } | { type: 'counts' };
export type RelayAnswer =
  | { readonly type: 'listens'; readonly port: number }
  | { readonly type: 'shaped' }
  /** `up` from the near side to the target. */
  | { readonly type: 'counts'; readonly up: RelayCounts; readonly down: RelayCounts };

/** What the kernel keeps while this thread is not at its turn: a burst of a whole window. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** IPv4 and UDP. */
const HEADER_BYTES = 28;
/** What waits longer than this for its turn on a line that is full is dropped, as a router does. */
const QUEUE_MS = 400;

const { host, targetPort, delayMs } = workerData as ShapedRelayOptions;
let shape: Shape = { cut: false, bitrate: null };

interface Held {
  readonly dueAt: number;
  readonly bits: number;
  readonly pass: () => void;
}

/** One direction: what came first is due first. */
class Way {
  readonly #counts = { passed: 0, dropped: 0, bits: 0 };
  #held: Held[] = [];
  #first = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When the last datagram's last bit is on the line. */
  #freeAt = 0;

  get counts(): RelayCounts {
    return { ...this.#counts };
  }

  take(bytes: number, pass: () => void): void {
    const now = performance.now();
    const bits = (bytes + HEADER_BYTES) * 8;
    const { cut, bitrate } = shape;
    const begins = Math.max(now, this.#freeAt);
    if (cut || (bitrate !== null && begins - now > QUEUE_MS)) {
      this.#counts.dropped += 1;
      return;
    }
    // Also without a limit: what still waits from before must not be overtaken.
    this.#freeAt = begins + (bitrate === null ? 0 : (bits / bitrate) * 1000);
    const held: Held = { dueAt: this.#freeAt + delayMs, bits, pass };
    if (this.#next() === undefined && held.dueAt <= now) return this.#pass(held);
    this.#held.push(held);
    this.#timer ??= setTimeout(() => this.#release(), Math.max(1, held.dueAt - now));
  }

  /** What is on its way is lost. */
  clear(): void {
    this.#counts.dropped += this.#held.length - this.#first;
    this.#held = [];
    this.#first = 0;
    this.#freeAt = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Node's timers know whole milliseconds: what is due within the next half of one goes now. */
  #release(): void {
    this.#timer = undefined;
    const now = performance.now() + 0.5;
    for (let next = this.#next(); next !== undefined && next.dueAt <= now; next = this.#next()) {
      this.#first += 1;
      this.#pass(next);
    }
    if (this.#first > 4096 || this.#first === this.#held.length) {
      this.#held = this.#held.slice(this.#first);
      this.#first = 0;
    }
    const next = this.#next();
    if (next === undefined) return;
    this.#timer = setTimeout(() => this.#release(), Math.max(1, next.dueAt - now));
  }

  #next(): Held | undefined {
    return this.#held[this.#first];
  }

  #pass({ bits, pass }: Held): void {
    this.#counts.passed += 1;
    this.#counts.bits += bits;
    pass();
  }
}

async function socketOn(onMessage: (bytes: Buffer, port: number) => void): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
  });
  socket.on('message', (bytes, { port }) => onMessage(bytes, port));
  // A port whose owner has closed it; the network loses such datagrams too.
  socket.on('error', () => undefined);
  socket.bind(0, host);
  await once(socket, 'listening');
  return socket;
}

const [up, down] = [new Way(), new Way()];
/** One socket to the target for each near port, as a NAT has: the target tells them apart by it. */
const towards = new Map<number, Promise<Socket>>();

const near = await socketOn((bytes, port) => {
  let far = towards.get(port);
  if (far === undefined) {
    far = socketOn((answer) => down.take(answer.length, () => near.send(answer, port, host)));
    towards.set(port, far);
  }
  void far.then((socket) => up.take(bytes.length, () => socket.send(bytes, targetPort, host)));
});

const answer = (message: RelayAnswer) => parentPort?.postMessage(message);
parentPort?.on('message', (request: RelayRequest) => {
  if (request.type === 'counts') {
    return answer({ type: 'counts', up: up.counts, down: down.counts });
  }
  shape = request.shape;
  if (shape.cut) for (const way of [up, down]) way.clear();
  answer({ type: 'shaped' });
});
answer({ type: 'listens', port: near.address().port });
