import { describe, expect, it } from 'vitest';
import type { LaneMessage } from '../../../lib/protocol/messages.ts';
import { SendCredit } from '../../../lib/transfer/flow.ts';
import { Heartbeat } from '../../../lib/transfer/heartbeat.ts';
import { LaneController } from '../../../lib/transfer/lane-controller.ts';
import { LaneDesk, type LaneTask } from '../../../lib/transfer/lane-desk.ts';
import { LaneTuner } from '../../../lib/transfer/lane-tuner.ts';
import { Lanes } from '../../../lib/transfer/lanes.ts';
import { memoryChannelPair } from './memory-channel.ts';
import { FakeClock } from './memory-stores.ts';

const MIB = 1024 * 1024;
const fail = (error: unknown) => {
  throw error;
};

/** Of the peer's own lanes. */
const theirs = (n: number) => (200 + n).toString(16).repeat(16);

/** Controller, tuner and desk of one side of a near line; its lanes come up when a test says so. */
class Session {
  readonly clock = new FakeClock();
  readonly lanes: Lanes;
  readonly desk: LaneDesk;
  readonly posted: LaneMessage[] = [];
  left = 100 * MIB;
  readonly #tasks: LaneTask[] = [];
  readonly #tuner: LaneTuner;
  #ids = 0;

  constructor() {
    const { clock } = this;
    const credit = new SendCredit();
    credit.grant(1e12);
    const lanes = new Lanes([memoryChannelPair()[0]], credit, () => null);
    const random = (n: number) => new Uint8Array(n).fill(++this.#ids);
    const heartbeat = new Heartbeat(clock, (nonce) => heartbeat.onPong(nonce));
    const desk: LaneDesk = new LaneDesk({
      clock,
      random,
      lanes,
      post: (message) => this.posted.push(message),
      onFrame: (frame) => frame.length,
      onTask: (task) => this.#tasks.push(task),
      onLost: () => this.#tuner.onLost(),
      onUp: () => this.#tuner.onUp(),
      onCount: () => undefined,
      fail,
    });
    this.lanes = lanes;
    this.desk = desk;
    this.#tuner = new LaneTuner({
      clock,
      random,
      lanes,
      desk,
      heartbeat,
      bytesLeft: () => this.left,
      fixedLanes: null,
      fail,
    });
    heartbeat.look();
  }

  /** A chunk left. */
  send(): void {
    this.#tuner.onSent();
  }

  /** Ids of the lanes that were asked for, in all. */
  get asked(): string[] {
    return this.#tasks.flatMap((task) => (task.type === 'lane-open' ? [task.pcId] : []));
  }

  offered(pcId: string): void {
    this.desk.onNews({ type: 'lane-offer', pcId, sdp: 's' });
  }

  comeUp(pcId: string): void {
    this.offered(pcId);
    this.desk.onMessage({ type: 'lane-answer', pcId, sdp: 's' });
    this.desk.add(pcId, memoryChannelPair()[0]);
  }

  /** How many are open, at the least, in the next second and a half. */
  leastOpen(): number {
    const open: number[] = [];
    for (let tick = 0; tick < 6; tick++) {
      this.clock.advance(250);
      open.push(this.lanes.open);
    }
    return Math.min(...open);
  }
}

describe('lanes in use on a near line stay', () => {
  it('[LN5] where an earlier one is still coming, and little is left', () => {
    const session = new Session();
    session.send();
    const [first = '', ...others] = session.asked;
    expect(others).toHaveLength(2);
    session.offered(first);
    for (const pcId of others) session.comeUp(pcId);
    session.left = 30 * MIB;
    expect(session.leastOpen()).toBe(3);
  });

  it('[LN5] where another one did not come up', () => {
    const session = new Session();
    session.send();
    const [first = '', second = '', third = ''] = session.asked;
    session.offered(first);
    session.comeUp(third);
    session.desk.onNews({ type: 'lane-failed', pcId: second });
    expect(session.leastOpen()).toBe(2);
  });

  it('[LN5] while the peer brings up some of its own', () => {
    const session = new Session();
    session.send();
    for (const pcId of session.asked) session.comeUp(pcId);
    expect(session.lanes.open).toBe(4);
    for (let n = 0; n < 4; n++) {
      session.desk.onMessage({ type: 'lane-offer', pcId: theirs(n), sdp: 's' });
    }
    expect(session.leastOpen()).toBe(4);
  });
});

describe('further lanes on a near line are asked for', () => {
  it('[LN5] at once after the peer has closed its own, which it needs no more', () => {
    const session = new Session();
    session.left = MIB;
    session.send();
    for (let n = 0; n < 3; n++) {
      session.desk.onMessage({ type: 'lane-offer', pcId: theirs(n), sdp: 's' });
      session.desk.add(theirs(n), memoryChannelPair()[0]);
    }
    session.clock.advance(500);
    session.left = 0;
    session.clock.advance(1000);
    for (let n = 0; n < 3; n++) {
      session.desk.onMessage({ type: 'lane-close', pcId: theirs(n), received: 0 });
    }
    session.left = 1000 * MIB;
    session.send();
    session.clock.advance(1000);
    expect(session.asked).toHaveLength(3);
  });

  it('[LN5] soon, where one is lost every few minutes', () => {
    const session = new Session();
    session.left = 1e6 * MIB;
    session.send();
    for (const pcId of session.asked) session.comeUp(pcId);
    for (let loss = 0; loss < 6; loss++) {
      for (let second = 0; second < 120; second++) session.clock.advance(1000);
      const known = session.asked.length;
      const pcId = session.asked.at(-1) ?? '';
      session.desk.onNews({ type: 'lane-failed', pcId });
      session.desk.onMessage({ type: 'lane-close', pcId, received: 0 });
      for (let second = 0; second < 20; second++) session.clock.advance(1000);
      expect(session.asked.length, `loss ${loss}`).toBe(known + 1);
      session.comeUp(session.asked.at(-1) ?? '');
    }
  });

  it('[LN5] at once on a line that seemed longer, where more had brought nothing', () => {
    const controller = new LaneController();
    let [now, leftBytes, up] = [0, 0, 1];
    const tick = (rttMs: number) => {
      now += 250;
      leftBytes += 12 * MIB;
      const sample = { now, leftBytes, remainingBytes: 4000 * MIB, up, count: up, rttMs };
      const plan = controller.tick(sample);
      up = plan.hold;
      return plan;
    };
    for (let quarter = 0; quarter < 60; quarter++) tick(12);
    expect(tick(2).hold).toBeGreaterThanOrEqual(4);
  });
});
