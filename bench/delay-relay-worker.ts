/**
 * The thread of a `DelayRelay`: holds each datagram for a while, in order, and passes it on. A thread
 * of its own, because a late wake-up here is jitter on the line that is being measured.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';

export interface DelayRelayOptions {
  readonly host: string;
  /** Where datagrams of the near side go. */
  readonly targetPort: number;
  /** Each way. */
  readonly delayMs: number;
}

/** What the kernel keeps while this thread is not at its turn: a burst of a whole window. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

interface Held {
  readonly dueAt: number;
  readonly pass: () => void;
}

const { host, targetPort, delayMs } = workerData as DelayRelayOptions;

/** Both ways in one: the delay is the same, so what came first is due first. */
let held: Held[] = [];
let first = 0;
let timer: NodeJS.Timeout | undefined;

function hold(pass: () => void): void {
  if (delayMs === 0) return pass();
  held.push({ dueAt: performance.now() + delayMs, pass });
  timer ??= setTimeout(release, delayMs);
}

/** Node's timers know whole milliseconds: what is due within the next half of one goes now. */
function release(): void {
  timer = undefined;
  const now = performance.now() + 0.5;
  for (let next = held[first]; next !== undefined && next.dueAt <= now; next = held[first]) {
    first += 1;
    next.pass();
  }
  if (first > 4096 || first === held.length) {
    held = held.slice(first);
    first = 0;
  }
  const next = held[first];
  if (next !== undefined) timer = setTimeout(release, Math.max(1, next.dueAt - now));
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

/** One socket to the target for each near port, as a NAT has: the target tells them apart by it. */
const towards = new Map<number, Promise<Socket>>();

const near = await socketOn((bytes, port) => {
  let far = towards.get(port);
  if (far === undefined) {
    far = socketOn((answer) => hold(() => near.send(answer, port, host)));
    towards.set(port, far);
  }
  void far.then((socket) => hold(() => socket.send(bytes, targetPort, host)));
});
parentPort?.postMessage(near.address().port);
