import { Engine } from '../../lib/transfer/engine.ts';
import type { EngineEvent } from '../../lib/transfer/events.ts';
import type { TransferSnapshot } from '../../lib/transfer/records.ts';
import {
  MemoryLedger,
  MemorySinkStore,
  MemorySourceStore,
  MemoryTransferStore,
} from '../unit/transfer/memory-stores.ts';
import type { Dice } from './dice.ts';
import { Life, type DiskLatency } from './life.ts';
import type { Side } from './network.ts';
import { settled, type World } from './world.ts';

/** A machine: what lies on its disk, and the process that runs there now. */
export class Host {
  readonly name: string;
  readonly side: Side;
  readonly store = new MemoryTransferStore();
  readonly sinks = new MemorySinkStore();
  readonly sources = new MemorySourceStore();
  readonly ledger = new MemoryLedger();
  readonly #world: World;
  readonly #latency: DiskLatency;
  readonly #random: Dice;
  readonly #onEvent: (host: Host, event: EngineEvent) => void;
  readonly #onWritten: (host: Host, transferId: string, fileId: number, offset: number) => void;
  #process: { readonly life: Life; readonly engine: Engine; ready: boolean } | null = null;
  lives = 0;
  /** Until when its disk had no room. */
  fullUntil = -Infinity;
  /** When each life ended that did. */
  readonly endings = new Map<number, number>();

  constructor(
    world: World,
    side: Side,
    options: {
      latency: DiskLatency;
      random: Dice;
      onEvent: (host: Host, event: EngineEvent) => void;
      onWritten: (host: Host, transferId: string, fileId: number, offset: number) => void;
    },
  ) {
    this.#world = world;
    this.side = side;
    this.name = side === 0 ? 'alice' : 'bob';
    this.#latency = options.latency;
    this.#random = options.random;
    this.#onEvent = options.onEvent;
    this.#onWritten = options.onWritten;
  }

  /** The engine, once it has read its record; null while the process is down. */
  get engine(): Engine | null {
    return this.#process?.ready === true ? this.#process.engine : null;
  }

  get life(): Life | null {
    return this.#process?.life ?? null;
  }

  /** @param onReady called once the record is read */
  start(onReady: () => void): void {
    if (this.#process !== null) return;
    this.lives++;
    const life = new Life(this.#world, this.#latency);
    const engine = new Engine({
      store: life.transferStore(this.store, `${this.name}/records`),
      sinks: life.sinkStore(this.sinks, (...written) => this.#onWritten(this, ...written)),
      sources: life.sourceStore(this.sources),
      ledger: life.ledger(this.ledger),
      clock: life.clock(),
      random: (length) => this.#random.bytes(length),
      onEvent: (event) => {
        if (life.alive) this.#onEvent(this, event);
      },
    });
    const process = { life, engine, ready: false };
    this.#process = process;
    void engine.start().then(() => {
      if (!life.alive) return;
      process.ready = true;
      onReady();
    });
  }

  /**
   * The process is gone, in the middle of whatever it did.
   *
   * @param how `killed`: the machine goes on and what was written stays. `power`: what was not
   *   flushed may be lost or torn.
   */
  async crash(how: 'killed' | 'power', dice: Dice): Promise<void> {
    const life = this.#process?.life;
    if (life === undefined) return;
    this.#process = null;
    this.endings.set(this.lives, this.#world.now());
    this.#world.clear(`${this.name}/records`);
    life.crash(dice);
    await settled();
    this.sinks.crash(how === 'killed' ? () => 0 : () => dice.next());
  }

  /** An orderly end, after which nothing may be left open. Answers what is. */
  async shutdown(): Promise<string[]> {
    const process = this.#process;
    if (process === null) return [];
    let done = false;
    const shutdown = process.engine.shutdown().then(() => {
      done = true;
    });
    for (let steps = 0; steps < 10_000 && !done; steps++) if (!(await this.#world.step())) break;
    if (!done) return ['shutdown never resolves'];
    await shutdown;
    const left: string[] = [];
    if (process.life.timers > 0) left.push(`${process.life.timers} timers`);
    if (process.life.sources.size > 0) left.push(`${process.life.sources.size} sources open`);
    if (this.sinks.openHandles > 0) left.push(`${this.sinks.openHandles} sinks open`);
    process.life.alive = false;
    this.#process = null;
    return left;
  }

  snapshots(): readonly TransferSnapshot[] {
    return this.engine?.snapshots() ?? [];
  }

  snapshot(transferId: string): TransferSnapshot | undefined {
    return this.snapshots().find((each) => each.transferId === transferId);
  }
}
