import { describe, expect, it } from 'vitest';
import type { NatEvidence } from '../../../lib/ice/nat.ts';
import { runSelfTest } from '../../../lib/ice/run-self-test.ts';
import {
  CHECK_IDS,
  type CheckId,
  type CheckReport,
  type SelfTestPorts,
  type StunResult,
  type TurnResult,
} from '../../../lib/ice/self-test.ts';
import type { IceServer } from '../../../lib/ice/servers.ts';
import { FakeClock } from '../session/fake-clock.ts';

const stun: IceServer[] = [{ url: 'stun:a.example:3478' }, { url: 'stun:b.example:3478' }];
const turn: IceServer[] = [
  'turn:r.example:3478?transport=udp',
  'turn:r.example:3478?transport=tcp',
  'turns:r.example:443?transport=tcp',
].map((url) => ({ url, username: 'ann', credential: 'sesame' }));

const CONE: NatEvidence = {
  online: true,
  stun: ['mapped', 'mapped'],
  bases: [{ family: 4, mapped: ['198.51.100.9 7'] }],
  strangerGotIn: false,
  knownAddressGotIn: false,
  turnUdp: true,
  turnTcp: true,
};
const answered = (ms: number): StunResult => ({ answer: 'mapped', ms });
const SILENT: StunResult = { answer: 'silent', ms: null };
const DEAD: TurnResult = { ok: false, refused: false };

interface Setup {
  server?: Partial<SelfTestPorts['server']>;
  stun?: IceServer[];
  turn?: IceServer[];
  privacy?: boolean;
  online?: boolean;
  /** By host letter and by transport; a promise that never settles hangs. */
  stunResults?: Record<string, StunResult | Promise<StunResult>>;
  turnResults?: Partial<Record<'udp' | 'tcp' | 'tls', TurnResult | Promise<TurnResult>>>;
  nat?: NatEvidence | Promise<NatEvidence>;
  rate?: number | null | Promise<number | null>;
}

function setUp(setup: Setup) {
  const clock = new FakeClock();
  const reports: CheckReport[] = [];
  const calls: string[] = [];
  const cancelled: string[] = [];
  const running = <T>(name: string, result: T | Promise<T>) => {
    calls.push(name);
    return { result: Promise.resolve(result), cancel: () => cancelled.push(name) };
  };
  const transportOf = (url: string) =>
    url.startsWith('turns:') ? 'tls' : url.endsWith('tcp') ? 'tcp' : 'udp';
  const run = runSelfTest(
    {
      server: { online: true, version: 2, clockOffset: 40, paired: true, ...setup.server },
      version: 2,
      servers: { stun: setup.stun ?? stun, turn: setup.turn ?? turn },
      privacy: setup.privacy ?? false,
      online: setup.online ?? true,
      probeStun: ({ url }) =>
        running(url, setup.stunResults?.[url.charAt(5)] ?? answered(url.charCodeAt(5))),
      probeTurn: ({ url }) =>
        running(
          url,
          url.includes('dead')
            ? DEAD
            : (setup.turnResults?.[transportOf(url)] ?? { ok: true, ms: 60 }),
        ),
      probeNat: () => running('nat', setup.nat ?? CONE),
      measureRelay: (servers) =>
        running(
          `push ${servers.map(({ url }) => transportOf(url)).join()}`,
          setup.rate === undefined ? 2_000_000 : setup.rate,
        ),
      clock,
    },
    (report) => reports.push(report),
  );
  return { run, clock, reports, calls, cancelled };
}

async function lines(setup: Setup) {
  const report = await setUp(setup).run;
  const found = new Map(report.lines.map(({ id, ...line }) => [id, line]));
  return (id: CheckId) => {
    const { verdict, detail, step } = found.get(id) ?? {};
    return [verdict, detail, step];
  };
}

const never = new Promise<never>(() => {});
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a check where all is well', () => {
  it('is good in every line, in order, with figures and nothing that names anyone', async () => {
    const { run, reports } = setUp({});
    const report = await run;
    expect(report.lines.map(({ id }) => id)).toEqual(CHECK_IDS);
    expect(report).toEqual({
      state: 'done',
      startedAt: Date.UTC(2026, 10, 21, 12),
      lines: [
        { id: 'server', verdict: 'good', detail: {} },
        { id: 'version', verdict: 'good', detail: { version: 2 } },
        { id: 'clock', verdict: 'good', detail: { skewMs: 40 } },
        { id: 'udp', verdict: 'good', detail: {} },
        { id: 'stun', verdict: 'good', detail: { answered: 2, asked: 2, rttMs: 97 } },
        { id: 'nat', verdict: 'good', detail: { nat: 'port-restricted', confidence: 0.9 } },
        { id: 'turn-udp', verdict: 'good', detail: { answered: 1, asked: 1, rttMs: 60 } },
        { id: 'turn-tcp', verdict: 'good', detail: { answered: 1, asked: 1, rttMs: 60 } },
        { id: 'turn-tls', verdict: 'good', detail: { answered: 1, asked: 1, rttMs: 60 } },
        { id: 'relay-throughput', verdict: 'good', detail: { bytesPerSecond: 2_000_000 } },
      ],
    });
    expect(JSON.stringify(reports)).not.toMatch(/example|ann|sesame|198\.51/);
  });

  it('reports as it goes: running until the one report that is done', async () => {
    const { run, reports, clock } = setUp({});
    expect(reports[0]?.lines.map(({ verdict }) => verdict)).toEqual([
      'good',
      ...Array<string>(9).fill('pending'),
    ]);
    const report = await run;
    expect(reports.map(({ state }) => state)).toEqual([
      ...Array<string>(reports.length - 1).fill('running'),
      'done',
    ]);
    expect(reports.at(-1)).toBe(report);
    for (const { lines: each, state } of reports)
      expect(each.some(({ verdict }) => verdict === 'pending')).toBe(state === 'running');
    expect(clock.timers).toBe(0);
  });

  it('asks everything at once, and pushes through what answered', async () => {
    const { run, calls } = setUp({ turnResults: { tcp: DEAD } });
    expect(calls.toSorted()).toEqual(
      [...[...stun, ...turn].map(({ url }) => url), 'nat'].toSorted(),
    );
    await run;
    expect(calls.at(-1)).toBe('push udp,tls');
  });
});

describe('the server', () => {
  it.each([
    [{ online: false, version: null, clockOffset: null }, 'server', ['bad', {}, 'start-server']],
    [{ online: false, version: null }, 'version', ['neutral', { skipped: 'offline' }, undefined]],
    [{ online: false, version: 1 }, 'version', ['bad', { version: 1 }, 'update-server']],
    [{ online: false, version: 3 }, 'version', ['bad', { version: 3 }, 'update-extension']],
    [{ clockOffset: null }, 'clock', ['neutral', { skipped: 'offline' }, undefined]],
    [{ clockOffset: 60_000 }, 'clock', ['good', { skewMs: 60_000 }, undefined]],
    [{ clockOffset: -60_001 }, 'clock', ['neutral', { skewMs: -60_001 }, 'set-clock']],
    [{ clockOffset: 7_200_001 }, 'clock', ['bad', { skewMs: 7_200_001 }, 'set-clock']],
  ] as const)('%j', async (server, id, expected) => {
    const line = await lines({ server });
    expect(line(id)).toEqual(expected);
  });
});

describe('STUN and UDP', () => {
  it('one silent server is worth a look, not a fault', async () => {
    const line = await lines({ stunResults: { a: SILENT } });
    expect(line('stun')).toEqual(['neutral', { answered: 1, asked: 2, rttMs: 98 }, 'check-stun']);
    expect(line('udp')).toEqual(['good', {}, undefined]);
  });

  it('all silent, but a relay over UDP: the servers are at fault', async () => {
    const line = await lines({ stunResults: { a: SILENT, b: SILENT } });
    expect(line('stun')).toEqual(['bad', { answered: 0, asked: 2 }, 'check-stun']);
    expect(line('udp')).toEqual(['good', {}, undefined]);
  });

  it('a relay that refuses over UDP proves UDP all the same', async () => {
    const line = await lines({
      stunResults: { a: SILENT, b: SILENT },
      turnResults: { udp: { ok: false, refused: true } },
    });
    expect(line('udp')).toEqual(['good', {}, undefined]);
    expect(line('turn-udp')).toEqual(['bad', { answered: 0, asked: 1 }, 'check-turn']);
  });

  it.each([
    ['all are dead', { turnResults: { udp: DEAD, tcp: DEAD, tls: DEAD } }],
    ['there is no relay', { turn: [] }],
    [
      'another host answers over TCP',
      {
        turn: [
          { url: 'turn:dead.example:3478?transport=udp' },
          { url: 'turn:r.example:3478?transport=tcp' },
        ],
      },
    ],
  ] as const)('silence over UDP is no proof against the firewall: %s', async (_, setup) => {
    const line = await lines({
      stunResults: { a: SILENT, b: SILENT },
      nat: { ...CONE, stun: ['silent', 'silent'], bases: [], turnUdp: false, turnTcp: false },
      ...(setup as Setup),
    });
    expect(line('udp')).toEqual(['bad', {}, 'try-elsewhere']);
    expect(line('stun')).toEqual(['bad', { answered: 0, asked: 2 }, 'try-elsewhere']);
    expect(line('nat')[2]).toBe(
      'turn' in setup && setup.turn.length === 0 ? 'add-turn' : 'try-elsewhere',
    );
  });

  it('a host that refuses over TLS and is silent over UDP is proof as well', async () => {
    const line = await lines({
      stunResults: { a: SILENT, b: SILENT },
      turnResults: { udp: DEAD, tcp: DEAD, tls: { ok: false, refused: true } },
    });
    expect(line('udp')).toEqual(['bad', {}, 'allow-udp']);
    expect(line('turn-udp')[2]).toBe('allow-udp');
  });

  it('nothing over UDP at all, and the same host over TCP: allow it', async () => {
    const setup: Setup = {
      stunResults: { a: SILENT, b: SILENT },
      turnResults: { udp: DEAD },
      nat: { ...CONE, stun: ['silent', 'silent'], bases: [], turnUdp: false },
    };
    const line = await lines(setup);
    expect(line('udp')).toEqual(['bad', {}, 'allow-udp']);
    expect(line('stun')).toEqual(['bad', { answered: 0, asked: 2 }, 'allow-udp']);
    expect(line('turn-udp')).toEqual(['bad', { answered: 0, asked: 1 }, 'allow-udp']);
    expect(line('nat')).toEqual(['bad', { nat: 'blocked', confidence: 0.95 }, 'allow-udp']);
    expect(line('turn-tcp')[0]).toBe('good');
    const offline = await lines({
      ...setup,
      online: false,
      nat: { ...CONE, online: false, stun: ['silent'], bases: [], turnUdp: null },
    });
    for (const id of ['udp', 'stun', 'nat', 'turn-udp'] as const)
      expect(offline(id)).toEqual(['neutral', { skipped: 'offline' }, undefined]);
  });

  it('a server that sees no NAT has answered, without a time', async () => {
    const own: StunResult = { answer: 'own-address', ms: null };
    const line = await lines({ stunResults: { a: own, b: own } });
    expect(line('stun')).toEqual(['good', { answered: 2, asked: 2 }, undefined]);
  });
});

describe('NAT', () => {
  const bases = [{ family: 4, mapped: ['1.2.3.4 1', '1.2.3.4 2'] }] as const;

  it('symmetric is worth knowing, and wants a relay', async () => {
    expect((await lines({ nat: { ...CONE, bases } }))('nat')).toEqual([
      'neutral',
      { nat: 'symmetric', confidence: 0.95 },
      undefined,
    ]);
    expect((await lines({ nat: { ...CONE, bases }, turn: [] }))('nat')[2]).toBe('add-turn');
  });

  it('unknown with one server wants another', async () => {
    const nat: NatEvidence = { ...CONE, stun: ['mapped'], strangerGotIn: null };
    expect((await lines({ nat, stun: stun.slice(1) }))('nat')).toEqual([
      'neutral',
      { nat: 'unknown', confidence: 0 },
      'add-stun',
    ]);
    expect((await lines({ nat }))('nat')[2]).toBeUndefined();
  });

  it('blocked without a relay wants one', async () => {
    const nat: NatEvidence = {
      ...CONE,
      stun: ['silent', 'silent'],
      bases: [],
      turnUdp: null,
      turnTcp: null,
    };
    expect((await lines({ nat, turn: [] }))('nat')).toEqual([
      'bad',
      { nat: 'blocked', confidence: 0.5 },
      'add-turn',
    ]);
  });
});

describe('relays', () => {
  const blind = { a: SILENT, b: SILENT };
  it.each([
    ['udp', { udp: DEAD }, {}, 'check-turn'],
    ['udp', { udp: DEAD }, blind, 'allow-udp'],
    ['tcp', { tcp: DEAD }, {}, 'use-tls'],
    ['tcp', { tcp: DEAD, tls: DEAD }, {}, 'check-turn'],
    ['tcp', { udp: DEAD, tcp: DEAD, tls: DEAD }, blind, 'try-elsewhere'],
    ['tls', { tls: DEAD }, {}, 'check-turn'],
    ['tls', { udp: DEAD, tcp: DEAD, tls: DEAD }, blind, 'try-elsewhere'],
    ['udp', { udp: DEAD, tcp: DEAD, tls: DEAD }, blind, 'try-elsewhere'],
  ] as const)('%s is dead: %j %j', async (transport, turnResults, stunResults, step) => {
    const line = await lines({ turnResults, stunResults });
    expect(line(`turn-${transport}`)).toEqual(['bad', { answered: 0, asked: 1 }, step]);
  });

  it('servers that the signaling server offers concern whoever runs it', async () => {
    const offered = turn.map((server) => ({ ...server, from: 'server' as const }));
    const refused = { ok: false, refused: true } as const;
    const line = await lines({
      turn: offered,
      stun: [stun[0] as IceServer, { url: 'stun:b.example:3478', from: 'server' }],
      stunResults: { b: SILENT },
      turnResults: { udp: refused, tcp: DEAD, tls: refused },
    });
    for (const id of ['stun', 'turn-udp', 'turn-tcp', 'turn-tls', 'relay-throughput'] as const)
      expect(line(id)[2], id).toBe('tell-operator');
    expect((await lines({ turn: offered, rate: null }))('relay-throughput')[2]).toBe(
      'tell-operator',
    );

    const own = { url: 'turn:dead.example:3478?transport=udp' };
    const mixed = await lines({ turn: [own, ...offered] });
    expect(mixed('turn-udp')).toEqual([
      'neutral',
      { answered: 1, asked: 2, rttMs: 60 },
      'check-turn',
    ]);
    const dead = { url: own.url, from: 'server' as const };
    expect((await lines({ turn: [...turn, dead] }))('turn-udp')[2]).toBe('tell-operator');
  });

  it('before the first pairing nobody knows what the server offers', async () => {
    for (const privacy of [false, true]) {
      const line = await lines({ turn: [], privacy, server: { paired: false } });
      for (const id of ['turn-udp', 'turn-tcp', 'turn-tls', 'relay-throughput'] as const)
        expect(line(id)).toEqual(['neutral', { skipped: 'not-paired' }, 'pair-first']);
    }
  });

  it('one of two servers answers', async () => {
    const two = [...turn, { url: 'turn:dead.example:3478?transport=udp' }];
    expect((await lines({ turn: two }))('turn-udp')).toEqual([
      'neutral',
      { answered: 1, asked: 2, rttMs: 60 },
      'check-turn',
    ]);
  });

  it('a transport that nobody offers', async () => {
    const line = await lines({ turn: turn.slice(0, 1) });
    expect(line('turn-tcp')).toEqual(['neutral', { skipped: 'none-set' }, undefined]);
    expect(line('turn-tls')).toEqual(['neutral', { skipped: 'none-set' }, 'use-tls']);
  });

  it.each([
    [null, ['bad', {}, 'check-turn']],
    [124_999, ['neutral', { bytesPerSecond: 124_999 }, 'slow-relay']],
    [125_000, ['good', { bytesPerSecond: 125_000 }, undefined]],
  ] as const)('throughput %s', async (rate, expected) => {
    expect((await lines({ rate }))('relay-throughput')).toEqual(expected);
  });

  it('nothing is pushed through dead relays', async () => {
    const { run, calls } = setUp({ turnResults: { udp: DEAD, tcp: DEAD, tls: DEAD } });
    const line = (await run).lines.at(-1);
    expect(line).toEqual({
      id: 'relay-throughput',
      verdict: 'bad',
      detail: {},
      step: 'check-turn',
    });
    expect(calls.some((call) => call.startsWith('push'))).toBe(false);
  });
});

it('with nothing set, says what to add', async () => {
  const { run, calls } = setUp({ stun: [], turn: [] });
  const report = await run;
  expect(calls).toEqual([]);
  expect(report.lines.slice(3)).toEqual(
    (
      [
        ['udp', 'add-stun'],
        ['stun', 'add-stun'],
        ['nat', 'add-stun'],
        ['turn-udp', 'add-turn'],
        ['turn-tcp', 'add-turn'],
        ['turn-tls', 'add-turn'],
        ['relay-throughput', 'add-turn'],
      ] as const
    ).map(([id, step]) => ({ id, verdict: 'neutral', detail: { skipped: 'none-set' }, step })),
  );
});

describe('[IC5] in privacy mode', () => {
  it('asks no STUN server, measures no NAT, and still tests the relays', async () => {
    const { run, calls } = setUp({ privacy: true });
    const report = await run;
    expect(calls).toEqual([...turn.map(({ url }) => url), 'push udp,tcp,tls']);
    const detail = (id: CheckId) => report.lines.find((line) => line.id === id)?.detail;
    expect(detail('stun')).toEqual({ skipped: 'privacy-mode' });
    expect(detail('nat')).toEqual({ skipped: 'privacy-mode' });
    expect(report.lines.find(({ id }) => id === 'udp')?.verdict).toBe('good');
  });

  it('without a relay nothing is asked at all', async () => {
    const { run, calls } = setUp({ privacy: true, turn: [] });
    const report = await run;
    expect(calls).toEqual([]);
    expect(report.lines.find(({ id }) => id === 'udp')?.detail).toEqual({
      skipped: 'privacy-mode',
    });
  });

  it('without a relay nothing can connect, and it says so', async () => {
    const line = await lines({ privacy: true, turn: [] });
    for (const id of ['turn-udp', 'turn-tcp', 'turn-tls', 'relay-throughput'] as const)
      expect(line(id)).toEqual(['bad', { skipped: 'none-set' }, 'add-turn']);
  });
});

describe('time', () => {
  it('what is good does not wait for what hangs', async () => {
    const { reports } = setUp({ turnResults: { tls: never }, nat: never });
    await settled();
    const verdicts = reports.at(-1)?.lines.map(({ id, verdict }) => [id, verdict]);
    expect(verdicts?.filter(([, verdict]) => verdict === 'pending').map(([id]) => id)).toEqual([
      'udp',
      'nat',
      'turn-tls',
      'relay-throughput',
    ]);
  });

  it('a probe that hangs is cancelled at its own limit and counts as silent', async () => {
    const { run, clock, cancelled, reports } = setUp({
      stunResults: { a: never },
      turnResults: { tls: never },
      nat: never,
    });
    await clock.advance(3_999, settled);
    expect(cancelled).toEqual([]);
    await clock.advance(1, settled);
    expect(cancelled.toSorted()).toEqual(['nat', 'stun:a.example:3478']);
    expect(reports.at(-1)?.lines.find(({ id }) => id === 'nat')?.detail).toEqual({
      nat: 'unknown',
      confidence: 0,
    });
    await clock.advance(2_000, settled);
    const report = await run;
    expect(cancelled.at(-1)).toBe('turns:r.example:443?transport=tcp');
    expect(report.lines.find(({ id }) => id === 'stun')?.verdict).toBe('neutral');
    expect(report.lines.find(({ id }) => id === 'turn-tls')?.step).toBe('check-turn');
    expect(clock.timers).toBe(0);
  });

  it('a push that hangs ends at eight seconds', async () => {
    const { run, clock, cancelled } = setUp({ rate: never });
    await settled();
    await clock.advance(8_000, settled);
    expect(cancelled).toEqual(['push udp,tcp,tls']);
    expect((await run).lines.at(-1)).toMatchObject({ verdict: 'bad', step: 'check-turn' });
  });

  it('a probe that breaks counts as silent', async () => {
    const line = await lines({ stunResults: { a: Promise.reject(new Error('broken')) } });
    expect(line('stun')).toEqual(['neutral', { answered: 1, asked: 2, rttMs: 98 }, 'check-stun']);
  });
});
