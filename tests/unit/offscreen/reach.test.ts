import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DocumentReach } from '../../../entrypoints/offscreen/reach.ts';
import { UNKNOWN_NAT, type NatProfile } from '../../../lib/ice/nat.ts';
import type { BackgroundCall } from '../../../lib/messaging/background-calls.ts';
import type { ReachConfig } from '../../../lib/messaging/offscreen-calls.ts';
import { CONE, fakeProbes } from './fake-probes.ts';

const SERVER = { online: true, version: 2, clockOffset: 0, paired: true };
const CONFIG: ReachConfig = {
  privacyMode: false,
  stun: [{ url: 'stun:a.example:3478' }, { url: 'stun:b.example:3478' }],
  turn: [],
  nat: null,
  debugLog: false,
};
const SYMMETRIC: NatProfile = { type: 'symmetric', confidence: 0.95 };
const FOUND: NatProfile = { type: 'port-restricted', confidence: 0.6 };

class Scope extends EventTarget {
  readonly navigator = {};
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function made() {
  const fake = fakeProbes();
  const network = new Scope();
  const calls: BackgroundCall[] = [];
  const deps = {
    busy: vi.fn(() => false),
    changed: vi.fn(),
    pathsInDoubt: vi.fn(),
    privacyChanged: vi.fn(),
  };
  const state = { away: false };
  const reach = new DocumentReach(deps, {
    probes: fake.probes,
    network,
    tell: async (call) => {
      calls.push(call);
      if (state.away) throw new Error('no-answer');
      return {};
    },
  });
  const told = () => calls.flatMap((call) => (call.type === 'nat' ? [call.nat] : []));
  const lines = () =>
    calls.flatMap((call) => (call.type === 'log' ? call.entries : [])).map((one) => one.message);
  return { ...fake, ...deps, reach, network, state, told, lines };
}

type Rig = ReturnType<typeof made>;

describe('what background tells', () => {
  it('before it, nobody is known and nothing is asked', async () => {
    const { reach, nat } = made();
    expect(reach.source).toEqual({
      nat: UNKNOWN_NAT,
      servers: { stun: [], turn: [] },
      privacy: false,
    });
    reach.quiet();
    await pass(60_000);
    expect(nat).toHaveLength(0);
  });

  it('is what connections are made with from then on', async () => {
    const { reach, nat, privacyChanged } = made();
    const turn = [{ url: 'turn:r.example:3478', username: 'ann', credential: 'sesame' }];
    reach.use({ ...CONFIG, turn, nat: SYMMETRIC });
    expect(reach.source).toEqual({
      nat: SYMMETRIC,
      servers: { stun: CONFIG.stun, turn },
      privacy: false,
    });
    expect(privacyChanged).not.toHaveBeenCalled();
    await pass(60_000);
    expect(nat).toHaveLength(0);
  });

  it('what background has forgotten is forgotten here too: it goes there and comes back', async () => {
    const { reach, nat } = made();
    reach.use(CONFIG);
    await pass(2_000);
    nat[0]?.answer(CONE);
    await pass(0);
    reach.use({ ...CONFIG, nat: FOUND });
    expect(reach.source.nat).toEqual(FOUND);
    reach.use(CONFIG);
    expect(reach.source.nat).toEqual(UNKNOWN_NAT);
    await pass(60_000);
    expect(nat).toHaveLength(2);
  });

  it('[NT1] an unknown network is looked at, and background told', async () => {
    const { reach, nat, told } = made();
    reach.use(CONFIG);
    await pass(2_000);
    nat[0]?.answer(CONE);
    await pass(0);
    expect(told()).toEqual([FOUND]);
    expect(reach.source.nat).toEqual(FOUND);
  });

  it('a background that does not answer takes nothing away', async () => {
    const { reach, nat, state } = made();
    state.away = true;
    reach.use(CONFIG);
    await pass(2_000);
    nat[0]?.answer(CONE);
    await pass(0);
    expect(reach.source.nat).toEqual(FOUND);
  });
});

describe('[IC9] doubt', () => {
  it.each([
    [
      'the browser tells',
      ({ network }: Rig): void => void network.dispatchEvent(new Event('online')),
      'The network changed',
    ],
    [
      'background was told',
      ({ reach }: Rig): void => reach.networkChanged(),
      'The network changed',
    ],
    [
      'awake after sleep',
      ({ reach }: Rig): void => reach.doubt('Awake after sleep'),
      'Awake after sleep',
    ],
  ] as const)('%s: nothing holds, and it is looked at anew', async (_, cause, line) => {
    const rig = made();
    const { reach, nat, pathsInDoubt, lines } = rig;
    reach.use({ ...CONFIG, nat: SYMMETRIC, debugLog: true });
    await pass(60_000);
    cause(rig);
    expect(reach.source.nat).toEqual(UNKNOWN_NAT);
    expect(pathsInDoubt).toHaveBeenCalledTimes(1);
    await pass(2_000);
    expect(nat).toHaveLength(1);
    expect(lines()).toContain(line);
  });

  it('a look and a check of the network before are dropped', async () => {
    const { reach, nat, told, live } = made();
    reach.use(CONFIG);
    await pass(2_000);
    void reach.check(SERVER);
    expect(nat).toHaveLength(2);
    reach.doubt('The network changed');
    nat.forEach(({ answer }) => answer(CONE));
    await pass(0);
    expect(nat.slice(0, 2).map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(told()).toEqual([]);
    // The check goes on, in the network that there is now.
    expect(live()).toEqual(['nat', ...CONFIG.stun.map(({ url }) => url)]);
  });

  it('an attempt without a path: what was found out is forgotten everywhere', async () => {
    const { reach, nat, told, pathsInDoubt } = made();
    reach.doubtNat();
    expect(told()).toEqual([]);
    reach.use({ ...CONFIG, nat: SYMMETRIC });
    reach.doubtNat();
    reach.doubtNat();
    expect(reach.source.nat).toEqual(UNKNOWN_NAT);
    expect(told()).toEqual([UNKNOWN_NAT]);
    expect(pathsInDoubt).not.toHaveBeenCalled();
    await pass(2_000);
    expect(nat).toHaveLength(1);
  });

  it('attempts that end without a path again and again: a look a minute at most', async () => {
    const { reach, nat } = made();
    reach.use(CONFIG);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await pass(30_000);
      nat.at(-1)?.answer(CONE);
      await pass(0);
      reach.doubtNat();
    }
    expect(nat.length).toBeGreaterThan(5);
    expect(nat.length).toBeLessThanOrEqual(10);
  });
});

describe('[IC5] privacy mode', () => {
  it('tells no NAT, and ends what stands, on every switch and on nothing else', () => {
    const { reach, privacyChanged } = made();
    reach.use({ ...CONFIG, nat: SYMMETRIC });
    reach.use({ ...CONFIG, nat: SYMMETRIC, privacyMode: true });
    expect(privacyChanged).toHaveBeenCalledTimes(1);
    expect(reach.source).toMatchObject({ nat: UNKNOWN_NAT, privacy: true });
    reach.use({ ...CONFIG, nat: SYMMETRIC, privacyMode: true, debugLog: true });
    expect(privacyChanged).toHaveBeenCalledTimes(1);
    reach.use({ ...CONFIG, nat: SYMMETRIC });
    expect(privacyChanged).toHaveBeenCalledTimes(2);
    expect(reach.source).toMatchObject({ nat: SYMMETRIC, privacy: false });
  });

  it('what connections are made with is the new rule already when the old ones end', () => {
    const { reach, privacyChanged } = made();
    reach.use(CONFIG);
    privacyChanged.mockImplementation(() => {
      expect(reach.source.privacy).toBe(true);
    });
    reach.use({ ...CONFIG, privacyMode: true });
    expect(privacyChanged).toHaveBeenCalledTimes(1);
  });

  it('switched on before a look: nobody is asked', async () => {
    const { reach, nat } = made();
    reach.use(CONFIG);
    await pass(1_000);
    reach.use({ ...CONFIG, privacyMode: true });
    await pass(3_600_000);
    expect(nat).toHaveLength(0);
  });

  it('switched on during a look and a check: nobody is asked on, nothing is taken', async () => {
    const { reach, nat, live, told } = made();
    reach.use(CONFIG);
    await pass(2_000);
    const check = reach.check(SERVER);
    expect(reach.checking).toBe(true);
    reach.use({ ...CONFIG, privacyMode: true });
    expect(live()).toEqual([]);
    nat.forEach(({ answer }) => answer(CONE));
    await check;
    expect(live()).toEqual([]);
    expect(told()).toEqual([]);
    expect(reach.checking).toBe(false);
    expect(reach.report?.lines.find(({ id }) => id === 'stun')?.detail).toEqual({
      skipped: 'privacy-mode',
    });
    reach.use(CONFIG);
    expect(reach.source.nat).toEqual(UNKNOWN_NAT);
  });
});

describe('the check and the log', () => {
  it('each line of the report is told, and what it found is kept', async () => {
    const { reach, nat, changed, told, answerOthers } = made();
    reach.use(CONFIG);
    const check = reach.check(SERVER);
    expect(reach.checking).toBe(true);
    expect(changed).toHaveBeenCalled();
    await answerOthers();
    nat[0]?.answer(CONE);
    await check;
    expect(reach.checking).toBe(false);
    expect(reach.report?.state).toBe('done');
    expect(told()).toEqual([FOUND]);
    expect(reach.source.nat).toEqual(FOUND);
    await pass(60_000);
    expect(nat).toHaveLength(1);
  });

  it('[LG1] lines go to background only while the log is on', async () => {
    const { reach, lines } = made();
    reach.use(CONFIG);
    reach.log('Connection', 'before');
    reach.use({ ...CONFIG, debugLog: true });
    reach.log('Connection', 'while');
    await pass(1_000);
    reach.log('Connection', 'dropped');
    reach.use(CONFIG);
    reach.log('Connection', 'after');
    await pass(60_000);
    expect(lines()).toEqual(['while']);
  });
});
