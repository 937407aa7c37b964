import type { SocketLike } from '../../../lib/signaling/socket-like.ts';

export interface Emitted {
  readonly event: string;
  readonly args: unknown[];
  /** Answers it. */
  readonly ack: (answer?: unknown) => void;
}

/** A socket whose other end is the test. */
export class FakeSocket implements SocketLike {
  connected = false;
  id: string | undefined;
  connects = 0;
  readonly emitted: Emitted[] = [];
  readonly #listeners = new Map<string, Set<(...args: unknown[]) => void>>();
  /** Answers a request at once; undefined leaves it to the test. */
  autoAnswer: (event: string, args: unknown[]) => unknown = () => undefined;

  on(event: string, listener: (...args: unknown[]) => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }

  off(event: string, listener: (...args: unknown[]) => void): void {
    this.#listeners.get(event)?.delete(listener);
  }

  listenerCount(event: string): number {
    return this.#listeners.get(event)?.size ?? 0;
  }

  emit(event: string, ...args: unknown[]): void {
    const ack = args.at(-1);
    if (!isAck(ack)) throw new TypeError(`${event} without an acknowledgement`);
    const entry: Emitted = { event, args: args.slice(0, -1), ack };
    this.emitted.push(entry);
    const answer = this.autoAnswer(event, entry.args);
    if (answer !== undefined) entry.ack(answer);
  }

  connect(): void {
    this.connects += 1;
  }

  disconnect(): void {
    if (this.connected) this.lose('io client disconnect');
  }

  /** The server lets it in; without `info` it stays silent. */
  accept(id: string, info: unknown = { version: 2, time: 1_800_000_000_000 }): void {
    this.connected = true;
    this.id = id;
    this.receive('connect');
    if (info !== null) this.receive('server-info', info);
  }

  lose(reason = 'transport close'): void {
    this.connected = false;
    this.id = undefined;
    this.receive('disconnect', reason);
  }

  receive(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...args);
  }

  requests(event: string): Emitted[] {
    return this.emitted.filter((entry) => entry.event === event);
  }

  lastRequest(event: string): Emitted {
    const last = this.requests(event).at(-1);
    if (last === undefined) throw new Error(`no ${event} was emitted`);
    return last;
  }
}

function isAck(value: unknown): value is (answer?: unknown) => void {
  return typeof value === 'function';
}
