import type { Clock } from '../../lib/transfer/ports.ts';
import type { Dice } from './dice.ts';

/** Things that happen one after the other: frames of a channel, writes of a database. */
interface Queue {
  readonly tasks: (() => void)[];
  /** Nothing of it happens before this time. */
  stalledUntil: number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

const START = 1_800_000_000_000;

/**
 * Time, and everything that can happen next. One thing happens at a time, drawn by the dice; all
 * promises unwind before the next, since nothing in a run waits for anything but this world.
 */
export class World implements Clock {
  readonly dice: Dice;
  readonly trace: string[] = [];
  steps = 0;
  /** A step takes from 0 to this many milliseconds. */
  readonly #pace: number;
  #now = START;
  #order = 0;
  readonly #timers = new Set<Timer>();
  readonly #queues = new Map<string, Queue>();
  /** Queues that hold something, in no order that matters. */
  readonly #busy: Queue[] = [];

  readonly #tracing: boolean;

  constructor(dice: Dice, pace: number, tracing: boolean) {
    this.#tracing = tracing;
    this.dice = dice;
    this.#pace = pace;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Something that can happen from now on, in any order with everything else. */
  soon(task: () => void): void {
    this.#busy.push({ tasks: [task], stalledUntil: 0 });
  }

  /** As `soon`, but after what was put into this queue before. */
  inOrder(name: string, task: () => void): void {
    const queue = this.#queue(name);
    if (queue.tasks.push(task) === 1) this.#busy.push(queue);
  }

  stall(name: string, ms: number): void {
    const queue = this.#queue(name);
    queue.stalledUntil = Math.max(queue.stalledUntil, this.#now + ms);
  }

  /** What lies in the queue is lost. */
  clear(name: string): void {
    const queue = this.#queues.get(name);
    if (queue === undefined) return;
    this.#queues.delete(name);
    const at = this.#busy.indexOf(queue);
    if (at >= 0) this.#busy.splice(at, 1);
  }

  /** Milliseconds until anything happens. */
  get wait(): number {
    const freed = Math.min(...this.#busy.map(({ stalledUntil }) => stalledUntil));
    const next = this.#dueTimer(Infinity)?.at ?? Infinity;
    return Math.max(0, Math.min(freed, next) - this.#now);
  }

  /** Lets one thing happen; false when nothing ever will. */
  async step(): Promise<boolean> {
    this.steps++;
    if (this.#pace > 0) this.#now += this.dice.int(this.#pace + 1);
    let timer = this.#atOnce();
    if (timer === undefined) {
      // What was called from outside a step may have got no further than its first promise: time
      // does not leap over it.
      await settled();
      timer = this.#atOnce();
      if (timer === undefined) timer = this.#leap();
      if (timer === undefined) return false;
    }
    if (timer !== null) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.task();
    }
    await settled();
    return true;
  }

  /** A line of the trace, where there is to be one. */
  log(line: () => string): void {
    if (this.#tracing) this.trace.push(`${this.steps} +${this.#now - START}ms ${line()}`);
  }

  /** The timer that is due; null where something else has happened; undefined where nothing can. */
  #atOnce(): Timer | null | undefined {
    return this.#dueTimer(this.#now) ?? (this.#runOne() ? null : undefined);
  }

  #runOne(): boolean {
    const ready = this.#busy.filter(({ stalledUntil }) => stalledUntil <= this.#now);
    if (ready.length === 0) return false;
    const queue = this.dice.pick(ready);
    const task = queue.tasks.shift();
    if (queue.tasks.length === 0) this.#busy.splice(this.#busy.indexOf(queue), 1);
    task?.();
    return true;
  }

  /** To the next time at which anything happens; null when that is a queue that stalls no more. */
  #leap(): Timer | null | undefined {
    const next = this.#dueTimer(Infinity);
    const freed = Math.min(...this.#busy.map(({ stalledUntil }) => stalledUntil));
    if (next === undefined && freed === Infinity) return undefined;
    if (next !== undefined && next.at <= freed) return next;
    this.#now = freed;
    return null;
  }

  #dueTimer(by: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > by) continue;
      const earlier =
        first === undefined ||
        timer.at < first.at ||
        (timer.at === first.at && timer.order < first.order);
      if (earlier) first = timer;
    }
    return first;
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = { tasks: [], stalledUntil: 0 };
      this.#queues.set(name, queue);
    }
    return queue;
  }
}

/** Resolves when every promise that can unwind has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
