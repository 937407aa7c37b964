import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SelfCheck } from '../../../entrypoints/offscreen/self-check.ts';
import type { CheckId } from '../../../lib/ice/self-test.ts';
import type { ReachConfig } from '../../../lib/messaging/offscreen-calls.ts';
import { CONE, fakeProbes } from './fake-probes.ts';

const SERVER = { online: true, version: 2, clockOffset: 0, paired: true };
const STUN = 'stun:a.example:3478';
const TURN = 'turn:r.example:3478?transport=udp';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function checked() {
  const config: ReachConfig = {
    privacyMode: false,
    stun: [{ url: STUN }],
    turn: [{ url: TURN, username: 'ann', credential: 'sesame' }],
    nat: null,
    debugLog: false,
  };
  let now = config;
  const fake = fakeProbes();
  const natFound = vi.fn();
  const states: string[] = [];
  const check: SelfCheck = new SelfCheck({
    config: () => now,
    changed: () => states.push(check.report?.state ?? 'none'),
    natFound,
    probes: fake.probes,
  });
  const line = (id: CheckId) => check.report?.lines.find((one) => one.id === id);
  const setPrivacy = (privacyMode: boolean) => void (now = { ...now, privacyMode });
  return { ...fake, check, natFound, states, line, setPrivacy };
}

describe('"Check connection" of the document', () => {
  it('reports line by line, and tells the NAT that it found', async () => {
    const { check, nat, answerOthers, natFound, states, line } = checked();
    expect(check.report).toBeNull();
    const run = check.run(SERVER);
    expect(check.report?.state).toBe('running');
    expect(line('server')?.verdict).toBe('good');
    expect(line('stun')?.verdict).toBe('pending');
    await answerOthers();
    nat[0]?.answer(CONE);
    await run;
    expect(check.report?.state).toBe('done');
    expect(line('stun')?.verdict).toBe('good');
    expect(line('relay-throughput')?.detail).toEqual({ bytesPerSecond: 1_000_000 });
    expect(line('nat')?.detail).toEqual({ nat: 'port-restricted', confidence: 0.6 });
    expect(natFound.mock.calls).toEqual([[{ type: 'port-restricted', confidence: 0.6 }]]);
    expect(states.at(-1)).toBe('done');
    expect(states.filter((state) => state === 'done')).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asked again while it runs is one run; afterwards it is another', async () => {
    const { check, nat, answerOthers } = checked();
    const run = check.run(SERVER);
    expect(check.run(SERVER)).toBe(run);
    await answerOthers();
    nat[0]?.answer(CONE);
    await run;
    expect(nat).toHaveLength(1);
    void check.run(SERVER);
    expect(nat).toHaveLength(2);
  });

  it('a NAT that is not told within its limit is told to nobody later', async () => {
    const { check, nat, natFound, answerOthers, line } = checked();
    const run = check.run(SERVER);
    await answerOthers();
    await vi.advanceTimersByTimeAsync(4_000);
    await run;
    expect(line('nat')?.detail).toEqual({ nat: 'unknown', confidence: 0 });
    expect(nat[0]?.signal.aborted).toBe(true);
    nat[0]?.answer(CONE);
    await vi.advanceTimersByTimeAsync(0);
    expect(natFound).not.toHaveBeenCalled();
  });
});

describe('[IC5] privacy mode is switched while a check runs', () => {
  it('on: STUN and NAT are dropped at once, the check begins anew without them', async () => {
    const { check, nat, others, live, answerOthers, natFound, line, setPrivacy } = checked();
    const run = check.run(SERVER);
    expect(live()).toEqual(['nat', STUN, TURN]);
    setPrivacy(true);
    check.startOver();
    expect(live()).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(live()).toEqual([TURN]);
    // They were asked before, and what they say still comes.
    nat[0]?.answer(CONE);
    await answerOthers();
    await run;
    expect(check.report?.state).toBe('done');
    expect(line('stun')?.detail).toEqual({ skipped: 'privacy-mode' });
    expect(line('nat')?.detail).toEqual({ skipped: 'privacy-mode' });
    expect(line('turn-udp')?.verdict).toBe('good');
    expect(natFound).not.toHaveBeenCalled();
    expect(nat).toHaveLength(1);
    expect(others.filter(({ what }) => what === STUN)).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('off: the lines that were left out are tested', async () => {
    const { check, live, setPrivacy } = checked();
    setPrivacy(true);
    void check.run(SERVER);
    expect(live()).toEqual([TURN]);
    setPrivacy(false);
    check.startOver();
    await vi.advanceTimersByTimeAsync(0);
    expect(live()).toEqual(['nat', STUN, TURN]);
  });

  it('several times in a row: one run goes on', async () => {
    const { check, live, answerOthers, states, setPrivacy } = checked();
    const run = check.run(SERVER);
    for (const privacyMode of [true, false, true]) {
      setPrivacy(privacyMode);
      check.startOver();
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(live()).toEqual([TURN]);
    await answerOthers();
    await run;
    expect(states.filter((state) => state === 'done')).toHaveLength(1);
  });

  it('after its end: the report stays as it is', async () => {
    const { check, nat, answerOthers, states } = checked();
    const run = check.run(SERVER);
    await answerOthers();
    nat[0]?.answer(CONE);
    await run;
    const told = states.length;
    check.startOver();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states).toHaveLength(told);
    expect(nat).toHaveLength(1);
  });
});
