import { beforeEach, describe, expect, it } from 'vitest';
import { SleepWatch, watchNetwork } from '../../../lib/platform/network.ts';

class FakeConnection extends EventTarget {
  type: string | undefined;

  changesTo(type: string | undefined): void {
    this.type = type;
    this.dispatchEvent(new Event('change'));
  }
}

class FakeScope extends EventTarget {
  readonly navigator: object;

  constructor(navigator: object) {
    super();
    this.navigator = navigator;
  }
}

let seen: string[];
const listener = { onChange: () => seen.push('change'), onDoubt: () => seen.push('doubt') };

beforeEach(() => {
  seen = [];
});

describe('the network', () => {
  it('is another one when there is one again', () => {
    const scope = new FakeScope({});
    watchNetwork(scope, listener);
    scope.dispatchEvent(new Event('offline'));
    scope.dispatchEvent(new Event('online'));
    expect(seen).toEqual(['doubt', 'change']);
  });

  it('is another one when its kind changes; a new estimate of its speed is only a doubt', () => {
    const connection = new FakeConnection();
    connection.type = 'wifi';
    watchNetwork(new FakeScope({ connection }), listener);
    connection.changesTo('wifi');
    connection.changesTo('cellular');
    connection.changesTo('cellular');
    expect(seen).toEqual(['doubt', 'change', 'doubt']);
  });

  it('is doubted on every change where its kind is not told', () => {
    const connection = new FakeConnection();
    watchNetwork(new FakeScope({ connection }), listener);
    connection.changesTo(undefined);
    expect(seen).toEqual(['doubt']);
  });
});

describe('sleep', () => {
  it.each([
    [
      [0, 30_000, 60_000],
      [false, false, false],
    ],
    [
      [0, 90_000, 180_001],
      [false, false, true],
    ],
    [
      [1_000_000, 2_000_000, 2_030_000],
      [false, true, false],
    ],
    // A clock that was set back tells nothing about how long it was.
    [
      [1_000_000, 0],
      [false, true],
    ],
  ])('is seen at %j: %j', (times, slept) => {
    const watch = new SleepWatch();
    expect(times.map((now) => watch.tick(now))).toEqual(slept);
  });
});
