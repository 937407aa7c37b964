import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IceServer } from '../../../lib/ice/servers.ts';
import { classifyNat } from '../../../lib/ice/nat.ts';
import { probeNat } from '../../../lib/rtc/nat-probe.ts';
import { readStats } from '../../../lib/rtc/path-reader.ts';
import { measureRelay } from '../../../lib/rtc/relay-throughput.ts';
import { probeStun } from '../../../lib/rtc/stun-probe.ts';
import { probeTurn } from '../../../lib/rtc/turn-probe.ts';
import { FakeBrowser, type FakeProbeChannel, type FakeServer } from './fake-peer.ts';

const srflx = (port = 6000): FakeServer => ({
  lines: [
    `candidate:2 1 udp 1677729535 198.51.100.11 ${port} typ srflx raddr 192.168.1.2 rport 5000`,
  ],
});
const relayed = (address = '203.0.113.5'): FakeServer => ({
  lines: [`candidate:3 1 udp 50339839 ${address} 7000 typ relay raddr 0.0.0.0 rport 0`],
});
const A: IceServer = { url: 'stun:198.51.100.1:3478' };
const B: IceServer = { url: 'stun:198.51.100.2:3478' };
const UDP: IceServer = { url: 'turn:r.example:3478?transport=udp', username: 'u', credential: 'p' };
const TCP: IceServer = { url: 'turn:r.example:3478?transport=tcp', username: 'u', credential: 'p' };
const BESIDE = 'stun:r.example:3478';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Runs all timers up to `ms`, then tells whether the promise settled, and with what. */
async function after<T>(ms: number, result: Promise<T>): Promise<T | 'pending'> {
  let settled: T | 'pending' = 'pending';
  void result.then((value) => (settled = value));
  await vi.advanceTimersByTimeAsync(ms);
  return settled;
}

describe('probeStun', () => {
  it.each([
    ['a mapped address', srflx(), { answer: 'mapped' }],
    ['the own address', 'own', { answer: 'own-address', ms: null }],
    ['an error on every port', { error: 701 }, { answer: 'silent', ms: null }],
  ] as const)('%s', async (_name, server, expected) => {
    const browser = new FakeBrowser({ [A.url]: server });
    const result = await after(0, probeStun(A, { open: browser.open }));
    expect(result).toMatchObject(expected);
    expect(browser.live).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a dead server costs 2.5 s', async () => {
    const browser = new FakeBrowser({});
    const result = probeStun(A, { open: browser.open });
    expect(await after(2_499, result)).toBe('pending');
    expect(await after(1, result)).toEqual({ answer: 'silent', ms: null });
    expect(browser.live).toBe(0);
  });

  it('ends when it is cancelled, and does not begin when it was before', async () => {
    const browser = new FakeBrowser({});
    const cancel = new AbortController();
    const result = probeStun(A, { open: browser.open, signal: cancel.signal });
    await after(10, result);
    expect(browser.live).toBe(1);
    cancel.abort();
    expect(await after(0, result)).toMatchObject({ answer: 'silent' });
    expect(browser.live).toBe(0);
    await probeStun(A, { open: browser.open, signal: cancel.signal });
    expect(browser.peers).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('probeTurn', () => {
  it('asks for relays alone, with credentials', async () => {
    const browser = new FakeBrowser({ [UDP.url]: relayed() });
    const opened: RTCConfiguration[] = [];
    const result = await after(
      0,
      probeTurn(UDP, {
        open: (configuration) => {
          opened.push(configuration);
          return browser.open(configuration);
        },
      }),
    );
    expect(result).toMatchObject({ ok: true });
    expect(opened).toEqual([
      {
        iceServers: [{ urls: UDP.url, username: 'u', credential: 'p' }],
        iceTransportPolicy: 'relay',
      },
    ]);
    expect(browser.live).toBe(0);
  });

  it.each([
    [401, true],
    [701, false],
  ])('error %i: refused %s', async (error, refused) => {
    const browser = new FakeBrowser({ [UDP.url]: { error } });
    expect(await after(0, probeTurn(UDP, { open: browser.open }))).toEqual({ ok: false, refused });
  });

  it('gives up after 4 s', async () => {
    const browser = new FakeBrowser({});
    const result = probeTurn(UDP, { open: browser.open });
    expect(await after(3_999, result)).toBe('pending');
    expect(await after(1, result)).toEqual({ ok: false, refused: false });
    expect(browser.live).toBe(0);
  });
});

describe('probeNat', () => {
  const probe = (browser: FakeBrowser, stun: IceServer[], turn: IceServer[] = []) =>
    probeNat({ servers: { stun, turn }, online: true, open: browser.open });

  it('[NT1] one mapping of two servers', async () => {
    const browser = new FakeBrowser({ [A.url]: srflx(), [B.url]: srflx() });
    const evidence = await after(0, probe(browser, [A, B]));
    expect(evidence).toEqual({
      online: true,
      stun: ['mapped', 'mapped'],
      bases: [{ family: 4, mapped: ['198.51.100.11 6000'] }],
      strangerGotIn: null,
      knownAddressGotIn: null,
      turnUdp: null,
      turnTcp: null,
    });
    expect(browser.live).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('[NT1] two mappings of one port', async () => {
    const browser = new FakeBrowser({ [A.url]: srflx(1), [B.url]: srflx(2) });
    const evidence = await after(0, probe(browser, [A, B]));
    if (evidence === 'pending') throw new Error(evidence);
    expect(classifyNat(evidence).type).toBe('symmetric');
  });

  it('[NT1] a relay tries two ports: one that never sent to it, one that sent beside it', async () => {
    for (const [getsIn, type] of [
      [() => true, 'full-cone'],
      [(stun: readonly string[]) => stun.includes(BESIDE), 'restricted'],
      [() => false, 'port-restricted'],
    ] as const) {
      const browser = new FakeBrowser({
        [A.url]: srflx(),
        [B.url]: srflx(),
        [BESIDE]: srflx(),
        [UDP.url]: relayed(),
      });
      browser.getsIn = getsIn;
      const evidence = await after(1_000, probe(browser, [A, B], [UDP]));
      if (evidence === 'pending') throw new Error(evidence);
      expect(classifyNat(evidence).type).toBe(type);
      expect(evidence.turnUdp).toBe(true);
      expect(browser.live).toBe(0);
      // The port under test learned of no address, so it cannot have sent first.
      const inside = browser.peers.filter(({ other, policy }) => other && policy === 'all');
      expect(inside.map(({ urls }) => urls)).toEqual([[A.url, B.url], [BESIDE]]);
      expect(inside.flatMap(({ remote }) => remote)).toEqual([]);
      const outside = browser.peers.filter(({ other, policy }) => other && policy === 'relay');
      expect(outside.flatMap(({ remote }) => remote).map(({ candidate }) => candidate)).toEqual(
        expect.arrayContaining([expect.stringContaining('typ srflx')]),
      );
    }
  });

  it('[NT1] a relay on the machine of a STUN server is no stranger', async () => {
    const browser = new FakeBrowser({ [A.url]: srflx(), [UDP.url]: relayed('198.51.100.1') });
    browser.getsIn = (stun) => stun.includes(A.url);
    const evidence = await after(2_500, probe(browser, [A], [UDP]));
    expect(evidence).toMatchObject({ strangerGotIn: null, knownAddressGotIn: null });
  });

  it('[NT1] UDP is blocked, a relay over TCP is not', async () => {
    const browser = new FakeBrowser({ [TCP.url]: relayed() });
    const evidence = await after(2_500, probe(browser, [A, B], [UDP, TCP]));
    expect(evidence).toEqual({
      online: true,
      stun: ['silent', 'silent', 'silent'],
      bases: [],
      strangerGotIn: null,
      knownAddressGotIn: null,
      turnUdp: false,
      turnTcp: true,
    });
  });

  it('[NT1] where servers see no NAT, the relay sends to the port as it is', async () => {
    const browser = new FakeBrowser({ [A.url]: 'own', [B.url]: 'own', [UDP.url]: relayed() });
    browser.getsIn = () => true;
    // The TURN server does not answer STUN: its time must run out.
    const evidence = await after(2_500, probe(browser, [A, B], [UDP]));
    expect(evidence).toMatchObject({
      stun: ['own-address', 'own-address', 'silent'],
      strangerGotIn: true,
    });
  });

  it('[NT1] a port that could ask nobody is not tried', async () => {
    // The name did not resolve: gathering completes at once, with an error and without an answer.
    const browser = new FakeBrowser({
      [A.url]: { error: 701 },
      [BESIDE]: { error: 701 },
      [UDP.url]: relayed(),
    });
    browser.getsIn = () => true;
    const evidence = await after(2_500, probe(browser, [A], [UDP]));
    expect(evidence).toMatchObject({
      stun: ['silent', 'silent'],
      strangerGotIn: null,
      knownAddressGotIn: null,
      turnUdp: true,
    });
  });

  it('[NT1] no relay is asked where no STUN server is set beside it', async () => {
    const browser = new FakeBrowser({ [TCP.url]: relayed() });
    expect(await after(0, probe(browser, [], [TCP]))).toMatchObject({ stun: [], bases: [] });
    expect(browser.peers).toEqual([]);
  });

  it('a dead server costs 2.5 s and no more', async () => {
    const browser = new FakeBrowser({ [A.url]: srflx() });
    const result = probe(browser, [A, B]);
    expect(await after(2_499, result)).toBe('pending');
    expect(await after(1, result)).toMatchObject({ stun: ['mapped', 'silent'] });
    expect(browser.live).toBe(0);
  });

  it('ends when it is cancelled', async () => {
    const browser = new FakeBrowser({});
    const cancel = new AbortController();
    const result = probeNat({
      servers: { stun: [A], turn: [UDP] },
      online: true,
      open: browser.open,
      signal: cancel.signal,
    });
    await after(10, result);
    expect(browser.live).toBeGreaterThan(4);
    cancel.abort();
    expect(await after(0, result)).toMatchObject({ stun: ['silent', 'silent'] });
    expect(browser.live).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks four STUN servers and two TURN hosts at most, and nobody where none is set', async () => {
    const many = Array.from({ length: 9 }, (_, i): IceServer => ({ url: `stun:10.0.0.${i}:1` }));
    const turns = many.map(({ url }) => ({ url: `${url.replace('stun', 'turn')}?transport=tcp` }));
    const browser = new FakeBrowser({});
    await after(2_500, probe(browser, many, turns));
    const asked = new Set(browser.peers.flatMap(({ urls }) => urls));
    expect([...asked].filter((url) => url.startsWith('stun:'))).toHaveLength(4);
    expect([...asked].filter((url) => url.startsWith('turn:'))).toHaveLength(2);
    const none = new FakeBrowser({});
    expect(await after(0, probe(none, []))).toMatchObject({ stun: [], bases: [] });
    expect(none.peers).toEqual([]);
  });
});

describe('measureRelay', () => {
  function start(signal?: AbortSignal) {
    const browser = new FakeBrowser({ [UDP.url]: relayed() });
    const result = measureRelay([UDP], { open: browser.open, ...(signal && { signal }) });
    return { browser, result };
  }
  const channelsOf = (browser: FakeBrowser): [FakeProbeChannel, FakeProbeChannel] => {
    const [out, into] = browser.peers.flatMap(({ channels }) => channels);
    if (!out || !into) throw new Error('no channels');
    return [out, into];
  };
  /** Hands over what was sent: at most `count` messages. */
  const deliver = ([out, into]: [FakeProbeChannel, FakeProbeChannel], count: number) => {
    const batch = out.sent.splice(0, count);
    for (const data of batch) into.dispatchEvent(Object.assign(new Event('message'), { data }));
    out.bufferedAmount -= batch.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (out.bufferedAmount <= out.bufferedAmountLowThreshold)
      out.dispatchEvent(new Event('bufferedamountlow'));
    return batch.length;
  };

  it('both ends are relays, and learn of each other only when described', async () => {
    const { browser, result } = start();
    await after(0, result);
    expect(browser.peers.map(({ policy }) => policy)).toEqual(['relay', 'relay']);
    for (const { remote } of browser.peers) {
      expect(remote).toHaveLength(1);
      expect(remote[0]?.candidate).toContain('typ relay');
    }
    await after(6_000, result);
  });

  it('counts what arrives after the first message, for one second', async () => {
    const { browser, result } = start();
    await after(300, result);
    const channels = channelsOf(browser);
    channels[0].dispatchEvent(new Event('open'));
    expect(channels[0].bufferedAmount).toBe(512 * 1024);
    deliver(channels, 1);
    // 4 messages of 16 KiB each 100 ms.
    for (let tick = 0; tick < 10; tick++) {
      await after(100, result);
      deliver(channels, 4);
    }
    expect(await after(0, result)).toBe(37 * 16_384);
    expect(browser.live).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('pushes 4 MiB at most', async () => {
    const { browser, result } = start();
    await after(0, result);
    const channels = channelsOf(browser);
    channels[0].dispatchEvent(new Event('open'));
    let delivered = 0;
    for (let got = 1; got > 0;) delivered += got = deliver(channels, 8);
    expect(delivered * 16_384).toBe(4 * 1024 * 1024);
    expect(await after(0, result)).toBeGreaterThan(0);
  });

  it('a single message is no rate', async () => {
    const { browser, result } = start();
    await after(0, result);
    const channels = channelsOf(browser);
    channels[0].dispatchEvent(new Event('open'));
    deliver(channels, 2);
    expect(await after(6_000, result)).toBeNull();
  });

  it('is null when nothing gets through, after 6 s, and when cancelled', async () => {
    const { browser, result } = start();
    expect(await after(5_999, result)).toBe('pending');
    expect(await after(1, result)).toBeNull();
    expect(browser.live).toBe(0);

    const cancel = new AbortController();
    const second = start(cancel.signal);
    await after(10, second.result);
    const channels = channelsOf(second.browser);
    channels[0].dispatchEvent(new Event('open'));
    deliver(channels, 8);
    cancel.abort();
    expect(await after(0, second.result)).toBeNull();
    expect(second.browser.live).toBe(0);
    // What drains now asks for more, and gets none.
    channels[0].bufferedAmount = 0;
    channels[0].dispatchEvent(new Event('bufferedamountlow'));
    expect(channels[0].sent).toHaveLength(24);
  });
});

describe('readStats', () => {
  it('gives the entries, and none of a connection that is gone', async () => {
    const entry = { id: 'a', type: 'transport', extra: 1 };
    const report = new Map<string, unknown>([
      ['a', entry],
      ['b', { id: 7, type: 'x' }],
      ['c', null],
    ]) as unknown as RTCStatsReport;
    expect(await readStats({ getStats: () => Promise.resolve(report) })).toEqual([entry]);
    expect(await readStats({ getStats: () => Promise.reject(new Error('closed')) })).toEqual([]);
  });
});
