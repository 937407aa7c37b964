import { describe, expect, it } from 'vitest';
import {
  CHECK_IDS,
  type CheckLine,
  type CheckReport,
  type CheckStep,
} from '../../../lib/ice/self-test.ts';
import { NAT_TYPES } from '../../../lib/ice/nat.ts';
import {
  findingWords,
  reportText,
  shownLines,
  stepWords,
  summaryWords,
} from '../../../lib/ui/check-words.ts';
import * as text from '../../../lib/ui/settings/text.ts';

const VERDICTS = Object.keys(text.verdicts) as CheckLine['verdict'][];
const STEPS = Object.keys(text.checkSteps) as CheckStep[];
const SKIPS = Object.keys(text.skips) as NonNullable<CheckLine['detail']['skipped']>[];
const FULL: CheckLine['detail'] = {
  version: 2,
  skewMs: -90_000,
  rttMs: 12.4,
  nat: 'symmetric',
  confidence: 0.904,
  answered: 1,
  asked: 2,
  bytesPerSecond: 3_300_000,
};
const SENTENCE = /^[A-Z].*[.)]$/s;

const line = (more: Partial<CheckLine> = {}): CheckLine => ({
  id: 'server',
  verdict: 'good',
  detail: {},
  ...more,
});
const report = (lines: CheckLine[], more: Partial<CheckReport> = {}): CheckReport => ({
  state: 'done',
  startedAt: Date.UTC(2026, 10, 21, 12),
  lines,
  ...more,
});

describe('what a line found', () => {
  const combinations = CHECK_IDS.flatMap((id) => VERDICTS.map((verdict) => ({ id, verdict })));

  it.each(combinations)('$id, $verdict: a sentence with whatever numbers there are', (one) => {
    for (const detail of [{}, FULL, ...SKIPS.map((skipped) => ({ skipped }))]) {
      const words = findingWords(line({ ...one, detail }));
      if (one.verdict === 'pending') expect(words).toBe('');
      else expect(words).toMatch(SENTENCE);
      expect(words).not.toMatch(/undefined|NaN|\(\)|\.\)|\. \(/);
    }
  });

  it('is said with its numbers, in one order', () => {
    expect(findingWords(line({ id: 'nat', detail: FULL }))).toBe(
      'Strict: some devices can connect only through a TURN server ' +
        '(symmetric NAT, 90 % sure, version 2, this device is 90 s ahead, 1 of 2 answered, ' +
        '12 ms, 3.1 MiB/s).',
    );
  });

  it.each(NAT_TYPES)('NAT type %s has its words', (nat) => {
    const words = findingWords(line({ id: 'nat', detail: { nat, confidence: 0.5 } }));
    expect(words).toMatch(SENTENCE);
    expect(words.includes('50 % sure')).toBe(nat !== 'unknown');
  });

  it('a clock behind the server’s is behind', () => {
    const clock = (skewMs: number) => findingWords(line({ id: 'clock', detail: { skewMs } }));
    expect(clock(200_000)).toContain('this device is 3 min behind');
    expect(clock(-1_200)).toContain('this device is 1.2 s ahead');
    expect(clock(-200)).toBe('Agrees with the server’s.');
  });

  it('one server of one is not counted', () => {
    const words = findingWords(line({ id: 'stun', detail: { answered: 1, asked: 1, rttMs: 0.2 } }));
    expect(words).toBe('Answered (1 ms).');
  });

  it('skipped says why, whatever else is known', () => {
    const detail = { ...FULL, skipped: 'privacy-mode' } as const;
    expect(findingWords(line({ id: 'stun', verdict: 'neutral', detail }))).toBe(
      text.skips['privacy-mode'],
    );
  });
});

describe('the next step', () => {
  it.each(STEPS)('%s is a sentence', (step) => {
    expect(stepWords(line({ verdict: 'bad', step }))).toMatch(/^Next: [A-Z].*\.$/);
  });

  it('is not there where there is nothing to do', () => {
    expect(stepWords(line())).toBeUndefined();
  });

  it('no two are the same', () => {
    expect(new Set(Object.values(text.checkSteps)).size).toBe(STEPS.length);
  });
});

describe('the report', () => {
  it('is summed up', () => {
    const [good, bad, pending, note] = (['good', 'bad', 'pending', 'neutral'] as const).map(
      (verdict) => line({ verdict }),
    ) as [CheckLine, CheckLine, CheckLine, CheckLine];
    expect(summaryWords(report([good, pending, bad], { state: 'running' }))).toBe('2 of 3 checked');
    expect(summaryWords(report([good, note]))).toBe('Nothing stands in the way.');
    expect(summaryWords(report([good, { ...note, step: 'add-turn' }]))).toBe(
      'No problem found. The notes say what could be better.',
    );
    expect(summaryWords(report([good, bad]))).toBe('1 problem found');
    expect(summaryWords(report([bad, bad]))).toBe('2 problems found');
  });

  it('copied as text has a line for each, its step, and nothing that is an address or a secret', () => {
    const lines = CHECK_IDS.map((id) =>
      line({ id, verdict: 'bad', detail: { rttMs: 5, bytesPerSecond: 7 }, step: 'check-turn' }),
    );
    const copied = reportText(report(lines));
    expect(copied.split('\n')).toHaveLength(CHECK_IDS.length + 3);
    expect(copied).toContain('Tallow Send, Connection check, 2026-11-21T12:00:00.000Z');
    expect(copied).toContain('[Problem] TURN over TLS: Does not work');
    expect(copied.split(text.checkSteps['check-turn'])).toHaveLength(2);
    expect(copied).not.toMatch(/\d+\.\d+\.\d+\.\d+|:\/\/|turns?:\S+\.\S+/);
  });

  const turnIds = ['turn-udp', 'turn-tcp', 'turn-tls', 'relay-throughput'] as const;

  it('each step is given once, at the first line that it helps', () => {
    const lines = CHECK_IDS.map((id) => line({ id, verdict: 'bad', step: 'try-elsewhere' }));
    const shown = shownLines(report([...lines, line({ verdict: 'bad', step: 'set-clock' })]));
    expect(shown).toHaveLength(CHECK_IDS.length + 1);
    expect(shown.map(({ step }) => step).filter((step) => step !== undefined)).toEqual([
      text.check.next(text.checkSteps['try-elsewhere']),
      text.check.next(text.checkSteps['set-clock']),
    ]);
    expect(shown[0]?.step).toBeDefined();
  });

  it.each(['none-set', 'not-paired'] as const)(
    'without TURN (%s) there is one line for it',
    (skipped) => {
      const turn = turnIds.map((id) =>
        line({ id, verdict: 'bad', detail: { skipped }, step: 'add-turn' }),
      );
      const all = report([line(), ...turn]);
      expect(shownLines(all)).toEqual([
        { name: 'Signaling server', verdict: 'good', found: 'Connected.' },
        {
          name: 'TURN',
          verdict: 'bad',
          found: text.skips[skipped],
          step: text.check.next(text.checkSteps['add-turn']),
        },
      ]);
      expect(summaryWords(all)).toBe('1 problem found');
    },
  );

  it('TURN lines that differ are all shown, and so are those that are under way', () => {
    const detail = { skipped: 'none-set' } as const;
    const one = turnIds.map((id) => line({ id, ...(id !== 'turn-udp' && { detail }) }));
    expect(shownLines(report(one))).toHaveLength(4);
    const running = turnIds.map((id) => line({ id, verdict: 'pending' }));
    expect(shownLines(report(running))).toHaveLength(4);
    const offline = turnIds.map((id) => line({ id, detail: { skipped: 'offline' } }));
    expect(shownLines(report(offline))).toHaveLength(4);
  });

  it('[Checking] lines have no colon without a finding', () => {
    expect(reportText(report([line({ verdict: 'pending' })]))).toContain(
      '\n[Checking] Signaling server\n',
    );
  });
});
