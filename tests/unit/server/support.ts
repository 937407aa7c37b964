import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { io, type Socket } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { SIGNALING_PATH } from '../../../lib/signaling/constants.ts';
import { createApplication, type Application } from '../../../server/application.ts';
import { readConfig, type Limits } from '../../../server/config.ts';
import type { Clock, Random } from '../../../server/ports.ts';
import { systemRandom } from '../../../server/system.ts';

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #tasks = new Map<object, { at: number; task: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const key = {};
    this.#tasks.set(key, { at: this.#now + ms, task });
    return () => this.#tasks.delete(key);
  }

  get pending(): number {
    return this.#tasks.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [key, { at, task }] of this.#tasks) {
      if (at > this.#now) continue;
      this.#tasks.delete(key);
      task();
    }
  }
}

export interface TestServer {
  readonly url: string;
  readonly clock: FakeClock;
  readonly httpServer: HttpServer;
  readonly application: Application;
  /** Everything that was logged, one JSON text a line. */
  readonly logLines: string[];
  connect(options?: Parameters<typeof io>[1]): Promise<TestClient>;
}

export interface TestServerOptions {
  readonly environment?: Record<string, string>;
  readonly limits?: Partial<Limits>;
  readonly random?: Random;
}

/** A server on a free loopback port, closed with the test. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const base = readConfig({ LOG_LEVEL: 'trace', ...options.environment });
  const config = { ...base, limits: { ...base.limits, ...options.limits } };
  const clock = new FakeClock();
  const logLines: string[] = [];
  const logger = pino(
    { level: config.logLevel, base: null },
    { write: (line: string) => logLines.push(line) },
  );
  const httpServer = createServer();
  const application = createApplication(httpServer, {
    config,
    clock,
    random: options.random ?? systemRandom,
    logger,
  });
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => application.close());
  const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
  return {
    url,
    clock,
    httpServer,
    application,
    logLines,
    connect: (socketOptions) => TestClient.connect(url, socketOptions),
  };
}

/** A real socket.io client that keeps every event until a test asks for it. */
export class TestClient {
  readonly socket: Socket;
  readonly #received: { event: string; value: unknown }[] = [];
  readonly #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.onAny((event: string, value: unknown) => {
      this.#received.push({ event, value });
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async connect(url: string, options: Parameters<typeof io>[1] = {}): Promise<TestClient> {
    const socket = io(url, {
      path: SIGNALING_PATH,
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    onTestFinished(() => void socket.disconnect());
    const client = new TestClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return client;
  }

  get id(): string {
    if (this.socket.id === undefined) throw new Error('not connected');
    return this.socket.id;
  }

  async request(event: string, ...args: unknown[]): Promise<unknown> {
    const answer: unknown = await this.socket.timeout(5_000).emitWithAck(event, ...args);
    return answer;
  }

  /** The oldest event of this name that was not taken yet; waits for it. */
  async next(event: string): Promise<unknown> {
    for (;;) {
      const index = this.#received.findIndex((entry) => entry.event === event);
      const [found] = index < 0 ? [] : this.#received.splice(index, 1);
      if (found !== undefined) return found.value;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Events that are here now. A round trip first makes sure that nothing is on its way. */
  async settled(): Promise<string[]> {
    await this.request('nothing');
    return this.#received.map(({ event }) => event);
  }

  async closed(): Promise<void> {
    if (!this.socket.connected) return;
    await new Promise<void>((resolve) => this.socket.once('disconnect', () => resolve()));
  }
}

let counter = 0;

export function newPeerId(): string {
  counter += 1;
  return counter.toString(16).padStart(32, '0');
}

export function newRoom(): string {
  counter += 1;
  return `r${counter.toString(16).padStart(32, 'f')}`;
}

export const NONCE = Buffer.alloc(16, 7).toString('base64');

export const GRANTED = { ok: true };
export const refused = (code: string) => ({ ok: false, code });

/** Two clients in one new room, with the first events read. */
export async function twoInRoom(server: TestServer) {
  const roomId = newRoom();
  const [a, b] = [await server.connect(), await server.connect()];
  await a.request('join-room', roomId, newPeerId());
  await b.request('join-room', roomId, newPeerId());
  await Promise.all([a, b].map((client) => client.next('server-info')));
  await Promise.all([a, b].map((client) => client.next('peer-joined')));
  return { roomId, a, b };
}

/** Creates a nameplate and answers it. */
export async function createNameplate(client: TestClient): Promise<string> {
  const answer = await client.request('create-nameplate', NONCE, newPeerId());
  if (typeof answer === 'object' && answer !== null && 'nameplate' in answer) {
    return String(answer.nameplate);
  }
  throw new Error(`no nameplate: ${JSON.stringify(answer)}`);
}
