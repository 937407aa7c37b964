import { describe, expect, it } from 'vitest';
import type { SessionErrorCode } from '../../../lib/session/errors.ts';
import {
  MAX_PATHLESS_TRIES,
  MAX_RETRIES,
  nextPursuit,
  OFF,
  RETRY_MS,
  SLOW_RETRY_MS,
  type Pursuit,
  type PursuitEffect,
  type PursuitEvent,
} from '../../../lib/session/pursuit.ts';

const TRY: PursuitEffect[] = [
  { type: 'no-timer' },
  { type: 'hint', reach: 'connecting' },
  { type: 'try' },
];
const STOP: PursuitEffect[] = [{ type: 'no-timer' }];
const AWAY: PursuitEffect[] = [{ type: 'no-timer' }, { type: 'hint', reach: 'offline' }];

const trying = (tries: number, pathless = 0): Pursuit => ({ type: 'trying', tries, pathless });
const waiting = (what: 'device' | 'server'): Pursuit => ({ type: 'waiting', for: what });
const retry = (tries: number, pathless = 0): Pursuit => ({
  type: 'waiting',
  for: 'retry',
  tries,
  pathless,
});
const failed = (reason: SessionErrorCode): PursuitEvent => ({ type: 'failed', reason });
const after = (ms: number): PursuitEffect => ({ type: 'timer', ms });

type Row = [Pursuit, PursuitEvent, Pursuit, PursuitEffect[]];
const SIMPLE = ['want', 'up', 'timer', 'present', 'server-lost', 'shaken', 'drop'] as const;

const TABLE: Row[] = [
  [OFF, { type: 'want' }, trying(0), TRY],
  [OFF, { type: 'up' }, OFF, []],
  [OFF, { type: 'timer' }, OFF, []],
  [OFF, { type: 'present' }, OFF, []],
  [OFF, { type: 'server-lost' }, OFF, []],
  [OFF, { type: 'shaken' }, OFF, []],
  [OFF, { type: 'drop' }, OFF, []],
  [OFF, failed('timeout'), OFF, []],

  [trying(1), { type: 'want' }, trying(1), []],
  [trying(1), { type: 'up' }, OFF, STOP],
  [trying(1), { type: 'timer' }, trying(1), []],
  [trying(1), { type: 'present' }, trying(1), []],
  [trying(1), { type: 'server-lost' }, trying(1), []],
  [trying(1), { type: 'shaken' }, trying(1), []],
  [trying(1), { type: 'drop' }, OFF, STOP],
  [trying(0), failed('timeout'), retry(1), [after(RETRY_MS)]],
  [trying(1), failed('refused'), retry(2), [after(2 * RETRY_MS)]],
  [trying(3), failed('bad-peer'), retry(4), [after(8 * RETRY_MS)]],
  [
    trying(MAX_RETRIES),
    failed('timeout'),
    retry(MAX_RETRIES),
    [{ type: 'hint', reach: 'unreachable' }, after(SLOW_RETRY_MS)],
  ],
  [trying(0), failed('link-failed'), retry(1, 1), [after(RETRY_MS)]],
  [
    trying(1, MAX_PATHLESS_TRIES - 1),
    failed('link-failed'),
    retry(MAX_RETRIES, MAX_PATHLESS_TRIES),
    [{ type: 'hint', reach: 'no-path' }, after(SLOW_RETRY_MS)],
  ],
  [trying(0), failed('no-relay'), retry(1, 1), [after(RETRY_MS)]],
  [
    trying(1, MAX_PATHLESS_TRIES - 1),
    failed('no-relay'),
    retry(MAX_RETRIES, MAX_PATHLESS_TRIES),
    [{ type: 'hint', reach: 'no-relay' }, after(SLOW_RETRY_MS)],
  ],
  [trying(2), failed('peer-offline'), waiting('device'), AWAY],
  [trying(2), failed('peer-left'), waiting('device'), AWAY],
  [trying(2), failed('server-away'), waiting('server'), AWAY],
  [trying(0), failed('not-paired'), OFF, [{ type: 'hint', reach: 'unreachable' }]],
  [trying(0), failed('removed'), OFF, [{ type: 'hint', reach: 'unreachable' }]],
  [trying(0), failed('no-common-version'), OFF, [{ type: 'hint', reach: 'unreachable' }]],

  ...(['device', 'server'] as const).flatMap((what): Row[] => [
    [waiting(what), { type: 'want' }, trying(0), TRY],
    [waiting(what), { type: 'up' }, OFF, STOP],
    [waiting(what), { type: 'timer' }, waiting(what), []],
    [waiting(what), { type: 'present' }, trying(0), TRY],
    [waiting(what), { type: 'server-lost' }, waiting('server'), AWAY],
    [waiting(what), { type: 'shaken' }, trying(0), TRY],
    [waiting(what), { type: 'drop' }, OFF, STOP],
    [waiting(what), failed('timeout'), waiting(what), []],
  ]),
  [retry(3, 1), { type: 'want' }, trying(0), TRY],
  [retry(3, 1), { type: 'up' }, OFF, STOP],
  [retry(3, 1), { type: 'timer' }, trying(3, 1), TRY],
  [retry(3, 1), { type: 'present' }, trying(0), TRY],
  [retry(3, 1), { type: 'server-lost' }, waiting('server'), AWAY],
  [retry(3, 1), { type: 'shaken' }, trying(0), TRY],
  [retry(3, 1), { type: 'drop' }, OFF, STOP],
  [retry(3, 1), failed('timeout'), retry(3, 1), []],
];

const name = (pursuit: Pursuit) =>
  pursuit.type === 'waiting' ? `waiting for ${pursuit.for}` : pursuit.type;
const eventName = (event: PursuitEvent) =>
  event.type === 'failed' ? `failed: ${event.reason}` : event.type;

describe('[IC10] pursuing a device', () => {
  it.each(
    TABLE.map((row) => ({
      row,
      title: `${name(row[0])} + ${eventName(row[1])} → ${name(row[2])}`,
    })),
  )('$title', ({ row: [pursuit, event, next, effects] }) => {
    expect(nextPursuit(pursuit, event)).toEqual([next, effects]);
  });

  it('the table has every state with every event', () => {
    const covered = new Set(TABLE.map(([pursuit, { type }]) => `${name(pursuit)} ${type}`));
    for (const state of new Set(TABLE.map(([pursuit]) => name(pursuit)))) {
      for (const event of [...SIMPLE, 'failed']) expect(covered).toContain(`${state} ${event}`);
    }
  });
});
