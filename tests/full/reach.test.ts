import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckId } from '../../lib/ice/self-test.ts';
import { missingParts } from '../../scripts/system/parts.ts';
import { untilReceived } from '../support/downloads.ts';
import { expectCalm, forgetEverything } from '../support/duo.ts';
import { LAB_PARTS, startLabDuo, type LabDuo } from '../support/nat-lab/duo.ts';
import { heard, startHearing } from '../support/nat-lab/eavesdrop.ts';
import {
  expectedPath,
  LAB_PAIRS,
  LAB_PAIRS_ONCE,
  type LabPair,
  type RelayWay,
} from '../support/nat-lab/expected.ts';
import {
  beginTrip,
  deadEnd,
  FILE_BYTES,
  moveTo,
  pairLab,
  tellsAddressOf,
  trip,
  untilOver,
  untilPath,
  whileCut,
  type LabIds,
  type MoveOptions,
} from '../support/nat-lab/trip.ts';
import { intend } from '../support/snapshot.ts';

const MIB = 1024 * 1024;
/** Of everything that is not the file: checks on many pairs, allocations. */
const LITTLE = 512 * 1024;
const ALL_WAYS: readonly RelayWay[] = ['udp', 'tcp', 'tls'];

/** Slow enough that something can happen in the middle. */
const SLOW_KBIT = 6_000;
const LONG_BYTES = 8 * MIB;
const BEGUN_BYTES = MIB;
const TWICE_AT_MOST = 2 * MIB;
const CUT_MS = 60_000;
const RESUME_MS = 120_000;
const CHECK_MS = 60_000;

describe.skipIf(missingParts(LAB_PARTS).length > 0)('two homes, each behind a router', () => {
  let duo: LabDuo;
  let ids: LabIds;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallow-reach-'));
    duo = await startLabDuo({ a: 'routed', b: 'routed' });
    ids = await pairLab(duo);
  });
  afterAll(async () => {
    if (duo !== undefined) expectCalm(duo.laptop, duo.desktop);
    await duo?.close();
    await rm(folder, { recursive: true });
  });

  /** Begins a file that takes seconds, and waits until it is well under way. */
  async function beginSlowly(pair: LabPair, ways: readonly RelayWay[], options?: MoveOptions) {
    await moveTo(duo, pair, ways, options);
    await startHearing(duo.desktop.browser);
    await duo.lab.throttle('a', SLOW_KBIT);
    const begun = await beginTrip(duo, ids, folder, LONG_BYTES);
    const { transferId } = begun;
    const of = (transfers: readonly { transferId: string; doneBytes: number; state: string }[]) =>
      transfers.find((transfer) => transfer.transferId === transferId);
    await duo.desktop.view.until(
      'the first MiB',
      ({ transfers }) => (of(transfers)?.doneBytes ?? 0) > BEGUN_BYTES,
    );
    return {
      ...begun,
      /** Neither over nor failed: otherwise what was to happen in the middle did not. */
      expectUnderWay: async () => {
        const { transfers } = await duo.laptop.view.read();
        expect(of(transfers)?.doneBytes).toBeLessThan(LONG_BYTES);
        expect(['transferring', 'paused', 'connecting', 'waiting-for-device']).toContain(
          of(transfers)?.state,
        );
      },
    };
  }

  async function untilArrived({ transferId, wanted }: Awaited<ReturnType<typeof beginTrip>>) {
    const over = await untilOver(duo.laptop, transferId, RESUME_MS);
    expect(over.reason ?? over.state).toBe('delivered');
    await untilReceived(duo.desktop.browser.downloads, wanted);
    return over;
  }

  describe.for([
    { ways: [], pairs: LAB_PAIRS_ONCE },
    { ways: ALL_WAYS, pairs: LAB_PAIRS },
  ] as const)('relays: $ways', ({ ways, pairs }) => {
    it.for(pairs)('[IC3] [IC4] %s and %s', async (pair) => {
      const expected = expectedPath(pair, ways);
      await moveTo(duo, pair, ways);
      if (expected.kind === 'none') {
        const ended = await deadEnd(duo, ids, folder);
        expect(ended).toMatchObject({ state: 'failed', reason: 'no-path' });
        return;
      }
      const { laptopPath, desktopPath, words, desktopTraffic } = await trip(duo, ids, folder);
      expect(laptopPath).toMatchObject(expected);
      expect(desktopPath.kind).toBe(expected.kind);
      expect(words).toContain(expected.kind === 'direct' ? 'Direct' : 'Relay');
      const { peer, serverUdp, relayTcp } = desktopTraffic;
      const [taken, other] =
        expected.kind === 'direct' ? [peer, serverUdp + relayTcp] : [serverUdp + relayTcp, peer];
      expect(taken).toBeGreaterThan(FILE_BYTES);
      expect(other).toBeLessThan(LITTLE);
    });
  });

  it('[IC10] both symmetric, no relay: says that there is no way', async () => {
    await moveTo(duo, ['symmetric', 'symmetric'], []);
    const ended = await deadEnd(duo, ids, folder);
    expect(ended).toMatchObject({ state: 'failed', reason: 'no-path' });
    // And the same two connect again as soon as their networks let them.
    await moveTo(duo, ['full-cone', 'symmetric'], []);
    expect((await trip(duo, ids, folder)).laptopPath.kind).toBe('direct');
  });

  /** Runs "Check connection" on the laptop. */
  async function check() {
    const { browser, view } = duo.laptop;
    const begunAt = Date.now();
    await intend(browser, { type: 'check/run' });
    const { lines } = await view.until(
      'the end of the check',
      ({ check }) => check?.state === 'done' && check.startedAt >= begunAt && check,
      { timeoutMs: CHECK_MS },
    );
    return (id: CheckId) => lines.find((one) => one.id === id);
  }

  /** What "Check connection" finds: the NAT, then verdicts of UDP and of each way to the relay. */
  it.for([
    ['routed', 'full-cone', ['good', 'good', 'good', 'good']],
    ['full-cone', 'full-cone', ['good', 'good', 'good', 'good']],
    ['port-restricted', 'port-restricted', ['good', 'good', 'good', 'good']],
    ['symmetric', 'symmetric', ['good', 'good', 'good', 'good']],
    ['udp-blocked', 'blocked', ['bad', 'bad', 'good', 'good']],
    ['https-only', 'blocked', ['bad', 'bad', 'bad', 'good']],
  ] as const)('[NT1] the check behind %s finds %s', async ([mode, nat, verdicts]) => {
    await moveTo(duo, [mode, 'full-cone'], ALL_WAYS);
    const line = await check();
    expect(line('nat')?.detail.nat).toBe(nat);
    const asked = (['udp', 'turn-udp', 'turn-tcp', 'turn-tls'] as const).map(
      (id) => line(id)?.verdict,
    );
    expect(asked).toEqual(verdicts);
    expect(line('relay-throughput')?.detail.bytesPerSecond).toBeGreaterThan(0);
  });

  describe('[IC5] privacy mode', () => {
    /** Otherwise there was nothing in which an address could have been. */
    function expectHeard(told: readonly string[]): void {
      expect(told.some((text) => text.startsWith('v=0'))).toBe(true);
      expect(told.some((text) => text.startsWith('candidate:'))).toBe(true);
    }

    function expectNoAddress(told: readonly string[]): void {
      expect(told.filter((text) => tellsAddressOf(duo, text))).toEqual([]);
      // Its own it gives to itself, where it looks at its own network.
      const direct = told.filter((text) => / typ (?:host|srflx|prflx)/u.test(text));
      expect(direct.filter((text) => !tellsAddressOf(duo, text, 'b'))).toEqual([]);
    }

    /** Packets from home to home, as both routers count them. */
    async function betweenHomes(): Promise<number> {
      const [a, b] = await Promise.all([duo.lab.traffic('a'), duo.lab.traffic('b')]);
      return a.peer + b.peer;
    }

    /** What the desktop is told of the laptop, and the bytes between the two homes. */
    async function whatDesktopLearns(privacy: boolean) {
      await moveTo(duo, ['full-cone', 'full-cone'], ALL_WAYS, { privacy: { laptop: privacy } });
      await startHearing(duo.desktop.browser);
      const { laptopPath, desktopTraffic } = await trip(duo, ids, folder);
      const told = await heard(duo.desktop.browser);
      expectHeard(told);
      return { kind: laptopPath.kind, told, bytes: desktopTraffic.peer };
    }

    it('shows no address of its own, in no description, no candidate and on no wire', async () => {
      const { kind, told, bytes } = await whatDesktopLearns(true);
      expect(kind).toBe('relay');
      expectNoAddress(told);
      expect(bytes).toBe(0);
    });

    it('is what keeps them away: without it the same two tell and use them', async () => {
      const { kind, told, bytes } = await whatDesktopLearns(false);
      expect(kind).toBe('direct');
      expect(told.filter((text) => tellsAddressOf(duo, text))).not.toEqual([]);
      expect(bytes).toBeGreaterThan(FILE_BYTES);
    });

    it('switched on while a direct connection stands: it ends, and all that follows is relayed', async () => {
      await moveTo(duo, ['full-cone', 'full-cone'], ALL_WAYS);
      await startHearing(duo.desktop.browser);
      const before = await trip(duo, ids, folder);
      expect(before.laptopPath.kind).toBe('direct');
      const heardBefore = (await heard(duo.desktop.browser)).length;

      await intend(duo.laptop.browser, {
        type: 'settings/set',
        settings: { privacyMode: true },
      });
      for (const { view } of [duo.laptop, duo.desktop])
        await view.until('no connection', ({ devices }) => devices[0]?.connection === 'none');
      const packets = await betweenHomes();

      const { laptopPath, desktopPath } = await trip(duo, ids, folder);
      expect([laptopPath.kind, desktopPath.kind]).toEqual(['relay', 'relay']);
      const told = (await heard(duo.desktop.browser)).slice(heardBefore);
      expectHeard(told);
      expectNoAddress(told);
      expect(await betweenHomes()).toBe(packets);
    });

    it('a pairing tells no address either', async () => {
      await moveTo(duo, ['full-cone', 'full-cone'], ALL_WAYS, { privacy: { laptop: true } });
      await forgetEverything(duo.laptop, duo.desktop);
      await startHearing(duo.desktop.browser);
      ids = await pairLab(duo);
      const inPairing = await heard(duo.desktop.browser);
      expectHeard(inPairing);
      expectNoAddress(inPairing);
      const { laptopPath } = await trip(duo, ids, folder);
      expect(laptopPath.kind).toBe('relay');
      expectNoAddress(await heard(duo.desktop.browser));
      expect(await betweenHomes()).toBe(0);
    });

    it('[IC9] an address that changes in the middle of a transfer stays untold', async () => {
      const privacy = { laptop: true };
      const under = await beginSlowly(['full-cone', 'full-cone'], ALL_WAYS, { privacy });
      const heardBefore = (await heard(duo.desktop.browser)).length;
      await duo.lab.changeAddress('a');
      await under.expectUnderWay();
      await untilArrived(under);
      const path = await untilPath(duo.laptop, ids.desktopId);
      expect(path.kind).toBe('relay');
      const told = await heard(duo.desktop.browser);
      expectHeard(told.slice(heardBefore));
      expectNoAddress(told);
      expect(await betweenHomes()).toBe(0);
    });
  });

  it('[IC4] a NAT that is remembered from a network before, left unnoticed, costs no path', async () => {
    await moveTo(duo, ['https-only', 'port-restricted'], []);
    const line = await check();
    expect(line('nat')?.detail.nat).toBe('blocked');
    await moveTo(duo, ['port-restricted', 'port-restricted'], [], { move: 'unnoticed' });
    const { laptopPath } = await trip(duo, ids, folder);
    expect(laptopPath.kind).toBe('direct');
  });

  it.for([
    { pair: ['port-restricted', 'port-restricted'], ways: [] },
    { pair: ['symmetric', 'symmetric'], ways: ALL_WAYS },
  ] as const)(
    '[IC9] $pair: the address changes in the middle of a transfer, and it goes on',
    async ({ pair, ways }) => {
      const under = await beginSlowly(pair, ways);
      await duo.lab.changeAddress('a');
      await under.expectUnderWay();
      await untilArrived(under);
    },
  );

  it('[IC8] [TR12] the line is dead for a minute in the middle of a transfer', async () => {
    const under = await beginSlowly(['port-restricted', 'port-restricted'], []);
    await duo.desktop.view.until('half of it', ({ transfers }) =>
      transfers.some(
        ({ transferId, doneBytes }) =>
          transferId === under.transferId && doneBytes > LONG_BYTES / 2,
      ),
    );
    await whileCut(duo, CUT_MS);
    await under.expectUnderWay();
    const { wireBytes = Infinity } = await untilArrived(under);
    // What was queued and under way when the line went; begun anew it would be half of it at least.
    expect(wireBytes - LONG_BYTES).toBeLessThan(TWICE_AT_MOST);
  });
});
