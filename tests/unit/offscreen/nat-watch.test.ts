import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NatWatch } from '../../../entrypoints/offscreen/nat-watch.ts';
import { UNKNOWN_NAT, type NatProfile } from '../../../lib/ice/nat.ts';
import type { ReachSource } from '../../../lib/rtc/peer-links.ts';
import { CONE, fakeProbes, UNTOLD } from './fake-probes.ts';

const HOUR_MS = 3_600_000;
const STUN = { url: 'stun:a.example:3478' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(change: Partial<ReachSource> = {}) {
  let source: ReachSource = {
    nat: UNKNOWN_NAT,
    servers: { stun: [STUN], turn: [] },
    privacy: false,
    ...change,
  };
  const fake = fakeProbes();
  const log = vi.fn();
  const state = { busy: false };
  const found = vi.fn((nat: NatProfile) => void (source = { ...source, nat }));
  const natWatch = new NatWatch({
    source: () => source,
    busy: () => state.busy,
    found,
    log,
    probes: fake.probes,
  });
  const set = (next: Partial<ReachSource>) => void (source = { ...source, ...next });
  return { ...fake, natWatch, found, log, state, set };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('[NT1] looking at the network', () => {
  it('two seconds after it may be worth it, once, and what is found is told', async () => {
    const { natWatch, nat, found, log } = watch();
    natWatch.consider();
    natWatch.consider();
    await pass(1_999);
    expect(nat).toHaveLength(0);
    await pass(1);
    natWatch.consider();
    expect(nat).toHaveLength(1);
    nat[0]?.answer(CONE);
    await pass(0);
    expect(found.mock.calls).toEqual([[{ type: 'port-restricted', confidence: 0.6 }]]);
    expect(log).toHaveBeenCalledWith('NAT', 'Looked at the network', {
      type: 'port-restricted',
      confidence: 0.6,
      answers: 2,
    });
    natWatch.consider();
    await pass(HOUR_MS);
    expect(nat).toHaveLength(1);
  });

  it.each([
    ['the kind is known', { nat: { type: 'symmetric', confidence: 0.9 } }],
    ['no STUN server is set', { servers: { stun: [], turn: [] } }],
    ['[IC5] privacy mode is on', { privacy: true }],
  ] as const)('not where %s', async (_, source) => {
    const { natWatch, nat } = watch(source);
    natWatch.consider();
    natWatch.restart();
    await pass(HOUR_MS);
    expect(nat).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a transfer has the line to itself; afterwards it is made up for', async () => {
    const { natWatch, nat, state } = watch();
    natWatch.consider();
    state.busy = true;
    await pass(HOUR_MS);
    expect(nat).toHaveLength(0);
    state.busy = false;
    natWatch.consider();
    await pass(2_000);
    expect(nat).toHaveLength(1);
  });

  it('a network that cannot be told is looked at once', async () => {
    const { natWatch, nat, found } = watch();
    natWatch.consider();
    await pass(2_000);
    nat[0]?.answer(UNTOLD);
    await pass(0);
    expect(found.mock.calls).toEqual([[UNKNOWN_NAT]]);
    for (let quiet = 0; quiet < 200; quiet += 1) {
      natWatch.consider();
      await pass(30_000);
    }
    expect(nat).toHaveLength(1);
  });

  it('another network is looked at anew, a minute after the last look at the earliest', async () => {
    const { natWatch, nat } = watch();
    natWatch.consider();
    await pass(2_000);
    nat[0]?.answer(UNTOLD);
    for (let change = 0; change < 58; change += 1) {
      await pass(1_000);
      natWatch.restart();
    }
    await pass(1_999);
    expect(nat).toHaveLength(1);
    await pass(1);
    expect(nat).toHaveLength(2);
  });

  it('later, another network is looked at after two seconds', async () => {
    const { natWatch, nat } = watch();
    natWatch.consider();
    await pass(2_000);
    nat[0]?.answer(UNTOLD);
    await pass(HOUR_MS);
    natWatch.restart();
    await pass(2_000);
    expect(nat).toHaveLength(2);
  });

  it('other servers are asked, new credentials of the same are not', async () => {
    const relay = { url: 'turn:r.example:3478', username: 'ann', credential: 'one' };
    const { natWatch, nat, set } = watch({ servers: { stun: [STUN], turn: [relay] } });
    natWatch.consider();
    await pass(2_000);
    nat[0]?.answer(UNTOLD);
    await pass(60_000);
    set({ servers: { stun: [STUN], turn: [{ ...relay, credential: 'two' }] } });
    natWatch.consider();
    await pass(HOUR_MS);
    expect(nat).toHaveLength(1);
    set({ servers: { stun: [STUN, { url: 'stun:b.example:3478' }], turn: [relay] } });
    natWatch.consider();
    await pass(2_000);
    expect(nat).toHaveLength(2);
  });

  it('what is being found out of the network before is stopped, and ignored if it comes', async () => {
    const { natWatch, nat, found } = watch();
    natWatch.consider();
    await pass(2_000);
    natWatch.restart();
    expect(nat[0]?.signal.aborted).toBe(true);
    nat[0]?.answer(CONE);
    await pass(0);
    expect(found).not.toHaveBeenCalled();
  });
});

describe('[IC5] privacy mode is switched on', () => {
  it('before the look: nobody is asked', async () => {
    const { natWatch, nat, set } = watch();
    natWatch.consider();
    await pass(1_000);
    set({ privacy: true });
    natWatch.stop();
    expect(vi.getTimerCount()).toBe(0);
    await pass(HOUR_MS);
    expect(nat).toHaveLength(0);
  });

  it('and nobody said so to the watch: it looks again before it asks', async () => {
    const { natWatch, nat, set } = watch();
    natWatch.consider();
    await pass(1_000);
    set({ privacy: true });
    await pass(HOUR_MS);
    expect(nat).toHaveLength(0);
  });

  it.each(['stopped', 'not told'] as const)(
    'during the look (%s): the answer counts for nothing',
    async (how) => {
      const { natWatch, nat, found, log, set } = watch();
      natWatch.consider();
      await pass(2_000);
      set({ privacy: true });
      if (how === 'stopped') natWatch.stop();
      expect(nat[0]?.signal.aborted).toBe(how === 'stopped');
      nat[0]?.answer(CONE);
      await pass(0);
      expect(found).not.toHaveBeenCalled();
      expect(log).not.toHaveBeenCalled();
    },
  );

  it('and off again: a look that was cut short is made up for', async () => {
    const { natWatch, nat, found, set } = watch();
    natWatch.consider();
    await pass(2_000);
    set({ privacy: true });
    natWatch.stop();
    set({ privacy: false });
    natWatch.consider();
    await pass(60_000);
    expect(nat).toHaveLength(2);
    nat[1]?.answer(CONE);
    await pass(0);
    expect(found).toHaveBeenCalledTimes(1);
  });
});
