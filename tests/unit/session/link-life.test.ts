import { describe, expect, it } from 'vitest';
import { DISCONNECTED_PATIENCE_MS, UPGRADE_MS } from '../../../lib/session/constants.ts';
import {
  FIRST_LIFE,
  nextLife,
  type LinkEffect,
  type LinkEvent,
  type LinkFacts,
  type LinkLife,
} from '../../../lib/session/link-life.ts';

const STEPS: LinkFacts['steps'] = [
  { rung: 'all', timeoutMs: 8_000 },
  { rung: 'relay', timeoutMs: 12_000 },
];
const DRIVES: LinkFacts = { steps: STEPS, drives: true, standing: false };
const FOLLOWS: LinkFacts = { steps: STEPS, drives: false, standing: false };
const STANDING: LinkFacts = { steps: STEPS, drives: true, standing: true };

const timer = (ms: number): LinkEffect => ({ type: 'timer', ms });
const restart = (rung: 'all' | 'relay'): LinkEffect => ({ type: 'restart', rung });
const UP: LinkEffect[] = [{ type: 'no-timer' }, { type: 'up' }];
/** Only a relay could carry it: a better way is looked for later. */
const NARROW: LinkEffect[] = [timer(UPGRADE_MS)];
const SETTLED: LinkEffect[] = [{ type: 'no-timer' }];
const END = (reason: 'link-failed' | 'peer-closed'): LinkEffect[] => [
  { type: 'no-timer' },
  { type: 'end', reason },
];
const AGAIN = [restart('all'), timer(8_000)];
const HIGHER = [restart('relay'), timer(12_000)];

const connecting = (at: number): LinkLife => ({ type: 'connecting', at });
const restarting = (at: number): LinkLife => ({ type: 'restarting', at });
const CONNECTED: LinkLife = { type: 'connected' };
const WAVERING: LinkLife = { type: 'wavering' };
const FAILED: LinkLife = { type: 'closed', reason: 'link-failed' };
const GONE: LinkLife = { type: 'closed', reason: 'peer-closed' };

type Row = [LinkLife, LinkEvent, LinkFacts, LinkLife, LinkEffect[]];

/** Every state with every event; where the offerer and the answerer differ, both. */
const TABLE: Row[] = [
  [connecting(0), 'up', DRIVES, CONNECTED, UP],
  [connecting(0), 'disconnected', DRIVES, connecting(0), []],
  [connecting(0), 'failed', DRIVES, connecting(1), HIGHER],
  [connecting(0), 'failed', FOLLOWS, connecting(0), []],
  [connecting(0), 'closed', DRIVES, GONE, END('peer-closed')],
  [connecting(0), 'timer', DRIVES, connecting(1), HIGHER],
  [connecting(0), 'timer', FOLLOWS, connecting(1), [timer(12_000)]],
  [connecting(0), 'shaken', DRIVES, connecting(0), AGAIN],
  [connecting(0), 'shaken', FOLLOWS, connecting(0), []],
  [connecting(0), 'peer-restarts', FOLLOWS, connecting(1), [timer(12_000)]],
  [connecting(0), 'restarted', DRIVES, connecting(0), []],
  [connecting(1), 'up', FOLLOWS, CONNECTED, [...NARROW, { type: 'up' }]],
  [connecting(1), 'failed', DRIVES, FAILED, END('link-failed')],
  [connecting(1), 'failed', FOLLOWS, connecting(1), []],
  [connecting(1), 'timer', DRIVES, FAILED, END('link-failed')],
  [connecting(1), 'timer', FOLLOWS, FAILED, END('link-failed')],
  [connecting(1), 'shaken', DRIVES, connecting(1), HIGHER],
  [connecting(1), 'peer-restarts', FOLLOWS, connecting(1), []],
  [connecting(1), 'closed', FOLLOWS, GONE, END('peer-closed')],
  [connecting(1), 'disconnected', FOLLOWS, connecting(1), []],
  [connecting(1), 'restarted', DRIVES, connecting(1), []],

  [CONNECTED, 'up', DRIVES, CONNECTED, []],
  [CONNECTED, 'disconnected', DRIVES, WAVERING, [timer(DISCONNECTED_PATIENCE_MS)]],
  [CONNECTED, 'failed', DRIVES, restarting(0), AGAIN],
  [CONNECTED, 'failed', FOLLOWS, restarting(0), AGAIN],
  [CONNECTED, 'closed', DRIVES, GONE, END('peer-closed')],
  [CONNECTED, 'timer', DRIVES, restarting(0), AGAIN],
  [CONNECTED, 'shaken', FOLLOWS, restarting(0), AGAIN],
  [CONNECTED, 'peer-restarts', DRIVES, CONNECTED, []],
  [CONNECTED, 'restarted', DRIVES, CONNECTED, []],

  [WAVERING, 'up', DRIVES, CONNECTED, SETTLED],
  [WAVERING, 'disconnected', DRIVES, WAVERING, []],
  [WAVERING, 'failed', FOLLOWS, restarting(0), AGAIN],
  [WAVERING, 'closed', DRIVES, GONE, END('peer-closed')],
  [WAVERING, 'timer', FOLLOWS, restarting(0), AGAIN],
  [WAVERING, 'shaken', DRIVES, restarting(0), AGAIN],
  [WAVERING, 'peer-restarts', DRIVES, restarting(0), [timer(8_000)]],
  [WAVERING, 'restarted', DRIVES, WAVERING, []],

  [restarting(0), 'up', DRIVES, CONNECTED, SETTLED],
  [restarting(0), 'restarted', FOLLOWS, CONNECTED, SETTLED],
  [restarting(0), 'disconnected', DRIVES, restarting(0), []],
  [restarting(0), 'failed', FOLLOWS, restarting(1), HIGHER],
  [restarting(0), 'timer', DRIVES, restarting(1), HIGHER],
  [restarting(0), 'timer', STANDING, CONNECTED, SETTLED],
  [restarting(1), 'timer', STANDING, CONNECTED, SETTLED],
  [restarting(0), 'closed', DRIVES, GONE, END('peer-closed')],
  [restarting(0), 'shaken', DRIVES, restarting(0), AGAIN],
  [restarting(0), 'peer-restarts', DRIVES, restarting(0), []],
  [restarting(1), 'up', FOLLOWS, CONNECTED, NARROW],
  [restarting(1), 'restarted', DRIVES, CONNECTED, NARROW],
  [restarting(1), 'disconnected', DRIVES, restarting(1), []],
  [restarting(1), 'failed', DRIVES, FAILED, END('link-failed')],
  [restarting(1), 'timer', FOLLOWS, FAILED, END('link-failed')],
  [restarting(1), 'closed', DRIVES, GONE, END('peer-closed')],
  [restarting(1), 'shaken', DRIVES, restarting(0), AGAIN],
  [restarting(1), 'peer-restarts', DRIVES, restarting(1), []],
];

const EVENTS: LinkEvent[] = [
  ...(['up', 'disconnected', 'failed', 'closed'] as const),
  ...(['timer', 'shaken', 'peer-restarts', 'restarted'] as const),
];

function of({ drives, standing }: LinkFacts): string {
  if (standing) return ', the path works';
  return drives ? '' : ' (answerer)';
}

function name(life: LinkLife): string {
  return 'at' in life ? `${life.type} ${life.at}` : life.type;
}

describe('[IC4] [IC8] the life of a link', () => {
  it.each(
    TABLE.map((row) => ({
      row,
      title: `${name(row[0])} + ${row[1]}${of(row[2])} → ${name(row[3])}`,
    })),
  )('$title', ({ row: [life, event, facts, next, effects] }) => {
    expect(nextLife(life, event, facts)).toEqual([next, effects]);
  });

  it('the table has every state with every event', () => {
    const covered = new Set(TABLE.map(([life, event]) => `${name(life)} ${event}`));
    const states = new Set(TABLE.map(([life]) => name(life)));
    expect([...states].toSorted()).toEqual([
      'connected',
      'connecting 0',
      'connecting 1',
      'restarting 0',
      'restarting 1',
      'wavering',
    ]);
    const missing = [...states].flatMap((state) =>
      EVENTS.filter((event) => !covered.has(`${state} ${event}`)).map((event) => state + event),
    );
    expect(missing).toEqual([]);
  });

  it.each(EVENTS)('closed stays closed on %s', (event) => {
    for (const closed of [FAILED, GONE]) {
      expect(nextLife(closed, event, DRIVES)).toEqual([closed, []]);
    }
  });

  it('[IC5] in privacy mode there is no better way than a relay', () => {
    const relay = { rung: 'relay', timeoutMs: 12_000 } as const;
    const facts: LinkFacts = { steps: [relay, relay], drives: true, standing: true };
    expect(nextLife(connecting(1), 'up', facts)).toEqual([CONNECTED, UP]);
  });

  it('begins at the first rung', () => {
    expect(FIRST_LIFE).toEqual(connecting(0));
  });
});
