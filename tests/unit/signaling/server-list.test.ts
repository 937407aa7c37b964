import { describe, expect, it } from 'vitest';
import {
  afterwards,
  ANSWER_MS,
  ENDED_REST_MS,
  MOVE_MS,
  parseServerList,
  PREFER_EVERY_MS,
  REST_MAX_MS,
  REST_MS,
  SLOW_ANSWER_MS,
  waitMs,
  type ServerChoice,
  type ServerEvent,
} from '../../../lib/signaling/server-list.ts';

/** No spread: the middle of it. */
const middle = () => 0.5;
const after = (choice: ServerChoice, event: ServerEvent, count = 3, random = middle) =>
  afterwards(choice, event, { count, random });

const OFF: ServerChoice = { state: 'off' };
const trying = (index: number, round = 0): ServerChoice => ({ state: 'trying', index, round });
const resting = (round: number, delayMs: number): ServerChoice => ({
  state: 'resting',
  round,
  delayMs,
});
const using = (index: number): ServerChoice => ({
  state: 'using',
  index,
  delayMs: index === 0 ? null : PREFER_EVERY_MS,
});
const moving = (index: number, candidate: number): ServerChoice => ({
  state: 'moving',
  index,
  candidate,
});

const EVENTS: readonly ServerEvent[] = [
  ...(['start', 'online', 'failed', 'incompatible', 'lost'] as const),
  ...(['ended', 'silent', 'moved', 'elapsed', 'again'] as const),
];

type Row = readonly [from: ServerChoice, changes: Partial<Record<ServerEvent, ServerChoice>>];

/** Three servers. An event that a row does not name changes nothing. */
const TABLE: readonly Row[] = [
  [OFF, { start: trying(0) }],
  [
    trying(0),
    {
      start: trying(0),
      online: using(0),
      ...nextAfterFailure(trying(1)),
      incompatible: trying(1),
    },
  ],
  [
    trying(1, 4),
    {
      start: trying(0),
      online: using(1),
      ...nextAfterFailure(trying(2, 4)),
      incompatible: trying(2, 4),
    },
  ],
  [
    trying(2),
    {
      start: trying(0),
      online: using(2),
      ...nextAfterFailure(resting(1, REST_MS)),
      incompatible: resting(1, REST_MAX_MS),
    },
  ],
  [
    trying(2, 2),
    {
      start: trying(0),
      online: using(2),
      ...nextAfterFailure(resting(3, 4 * REST_MS)),
      incompatible: resting(3, REST_MAX_MS),
    },
  ],
  [
    trying(2, 5_000),
    {
      start: trying(0),
      online: using(2),
      ...nextAfterFailure(resting(5_001, REST_MAX_MS)),
      incompatible: resting(5_001, REST_MAX_MS),
    },
  ],
  [resting(3, 9), { start: trying(0), elapsed: trying(0, 3), again: trying(0) }],
  [
    using(0),
    {
      start: trying(0),
      lost: resting(0, REST_MS),
      ended: resting(0, ENDED_REST_MS),
      silent: trying(0),
    },
  ],
  [
    using(2),
    {
      start: trying(0),
      lost: resting(0, REST_MS),
      ended: resting(0, ENDED_REST_MS),
      silent: trying(0),
      elapsed: moving(2, 0),
    },
  ],
  [
    moving(2, 0),
    {
      start: trying(0),
      moved: using(0),
      failed: moving(2, 1),
      incompatible: moving(2, 1),
      elapsed: moving(2, 1),
      lost: resting(0, REST_MS),
      ended: resting(0, ENDED_REST_MS),
      silent: trying(0),
    },
  ],
  [
    moving(2, 1),
    {
      start: trying(0),
      moved: using(1),
      failed: using(2),
      incompatible: using(2),
      elapsed: using(2),
      lost: resting(0, REST_MS),
      ended: resting(0, ENDED_REST_MS),
      silent: trying(0),
    },
  ],
];

function nextAfterFailure(next: ServerChoice) {
  return { failed: next, lost: next, ended: next, elapsed: next };
}

describe('the list of servers', () => {
  for (const [from, changes] of TABLE) {
    for (const event of EVENTS) {
      const to = changes[event] ?? from;
      it(`[SV17] ${JSON.stringify(from)}, ${event} → ${JSON.stringify(to)}`, () => {
        expect(after(from, event)).toEqual(to);
        // What does not change is the same object: nothing is done about it.
        if (changes[event] === undefined) expect(after(from, event)).toBe(from);
      });
    }
  }

  it('[SV17] of one server rests after each try, longer each time, and never moves', () => {
    const rests: number[] = [];
    let choice = after(OFF, 'start', 1);
    for (let round = 0; round < 7; round += 1) {
      expect(choice).toEqual(trying(0, round));
      choice = after(choice, 'failed', 1);
      if (choice.state === 'resting') rests.push(choice.delayMs);
      choice = after(choice, 'elapsed', 1);
    }
    expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(after(after(choice, 'online', 1), 'elapsed', 1)).toEqual(using(0));
  });

  it('[SV17] of none is off', () => {
    expect(after(using(1), 'start', 0)).toEqual(OFF);
  });

  it('[SV17] spreads every rest by half either way', () => {
    for (const [random, share] of [
      [() => 0, 0.5],
      [() => 0.999_999, 1.5],
    ] as const) {
      expect(after(using(0), 'lost', 3, random)).toEqual(resting(0, share * REST_MS));
      expect(after(using(0), 'ended', 3, random)).toEqual(resting(0, share * ENDED_REST_MS));
      expect(after(trying(2, 9), 'failed', 3, random)).toEqual(resting(10, share * REST_MAX_MS));
      expect(after(trying(1), 'online', 3, random)).toEqual({
        state: 'using',
        index: 1,
        delayMs: share * PREFER_EVERY_MS,
      });
    }
  });

  it('[SV17] gives a server five seconds, and ten in later rounds or when it is the only one', () => {
    expect(waitMs(trying(1), 2)).toBe(ANSWER_MS);
    expect(waitMs(trying(1, 1), 2)).toBe(SLOW_ANSWER_MS);
    expect(waitMs(trying(0), 1)).toBe(SLOW_ANSWER_MS);
    expect(waitMs(moving(1, 0), 2)).toBe(MOVE_MS);
    expect(waitMs(resting(0, 7), 2)).toBe(7);
    expect(waitMs(using(1), 2)).toBe(PREFER_EVERY_MS);
    expect(waitMs(using(0), 2)).toBeNull();
    expect(waitMs(OFF, 0)).toBeNull();
    expect([ANSWER_MS, SLOW_ANSWER_MS]).toEqual([5_000, 10_000]);
  });

  it.each([
    ['', []],
    ['  \n ', []],
    ['wss://a.example', ['wss://a.example']],
    [
      ' wss://a.example ,\n https://b.example\thttp://c ',
      ['wss://a.example', 'https://b.example', 'http://c'],
    ],
    ['http://a,http://b,http://a', ['http://a', 'http://b']],
  ])('[SV17] reads %j', (text, servers) => {
    expect(parseServerList(text)).toEqual(servers);
  });
});
