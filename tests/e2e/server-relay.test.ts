/** A relay whose credentials the signaling server hands out, and nothing set by a person ([SV15]). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { readConfig } from '../../server/config.ts';
import { startCoturn, type RunningCoturn } from '../../server/coturn.ts';
import { noise } from '../support/bytes.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { fixLanes, offscreenPage, sentBytes, toldOfLanes, watchLanes } from '../support/lanes.ts';
import { sendFiles } from '../support/send-page.ts';
import { startSignaling, type SignalingServer } from '../support/server.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

const missing = missingParts(['coturn']);

describe.skipIf(missing.length > 0)('a relay of the server', () => {
  let coturn: RunningCoturn;
  let server: SignalingServer;
  let duo: PairedDuo;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallow-relay-'));
    const { turn } = readConfig({ TURN: 'coturn', TURN_PORT: String(await freePort()) });
    if (!turn.coturn) throw new Error('no coturn');
    coturn = await startCoturn(turn.coturn, pino({ level: 'silent' }));
    const [group] = coturn.groups();
    server = await startSignaling({
      TURN_URLS: group?.urls.join(',') ?? '',
      TURN_SECRET: group?.secret ?? '',
    });
    duo = await startPairedDuo({ signalingUrl: server.url });
    await setRule(duo.desktop, duo.laptopId, 'always');
  });
  afterAll(async () => {
    expectCalm(duo.laptop, duo.desktop);
    await Promise.all([duo.close(), rm(folder, { recursive: true })]);
    await Promise.all([server.stop(), coturn.close()]);
  });

  it('[SV15] carries what goes between two devices in privacy mode', async () => {
    for (const { browser, view } of [duo.laptop, duo.desktop]) {
      await intend(browser, { type: 'settings/set', settings: { privacyMode: true } });
      await view.until('a relay', ({ relayKnown }) => relayKnown);
    }
    const [known, knownThere] = [
      await knownTransfers(duo.laptop),
      await knownTransfers(duo.desktop),
    ];
    const send = { type: 'send/text', deviceId: duo.desktopId, text: 'relayed' } as const;
    await intend(duo.laptop.browser, send);
    await untilTransfer(duo.desktop, knownThere, ['saved', 'failed']);
    const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed']);
    expect(sent.state).toBe('delivered');
    for (const { view } of [duo.laptop, duo.desktop]) {
      const path = await view.until('a path', ({ devices }) => devices[0]?.path);
      expect(path.kind).toBe('relay');
    }
  });

  it('[LN7] further lanes show relays and nothing else in privacy mode', async () => {
    for (const { browser } of [duo.laptop, duo.desktop]) {
      await browser.closeOffscreen();
      await fixLanes(browser, 3);
      await intend(browser, { type: 'offscreen/ensure' });
    }
    const pages = await Promise.all(
      [duo.laptop, duo.desktop].map(({ browser }) => offscreenPage(browser)),
    );
    await Promise.all(pages.map((page) => watchLanes(page)));
    const [known, there] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
    const bytes = noise('relayed lanes', 24 * 1024 * 1024);
    await writeFile(join(folder, 'relayed.bin'), bytes);
    const device = { deviceId: duo.desktopId, name: 'Desktop' };
    await sendFiles(duo.laptop.browser, device, [join(folder, 'relayed.bin')]);
    const [laptop, desktop] = pages;
    if (laptop === undefined || desktop === undefined) throw new Error('two documents');
    await until('three connections that carry', async () => {
      const sent = await sentBytes(laptop);
      return sent.length >= 3 && sent.every((count) => count > 100_000);
    });
    await untilTransfer(duo.laptop, known, ['delivered'], 120_000);
    await untilTransfer(duo.desktop, there, ['saved'], 60_000);
    for (const page of [laptop, desktop]) {
      const told = await toldOfLanes(page);
      const candidates = told.flatMap(({ candidate }) => candidate ?? []);
      expect(candidates.length).toBeGreaterThanOrEqual(2);
      for (const candidate of candidates) {
        expect(candidate).toMatch(/ typ relay raddr 0\.0\.0\.0 rport 0 /);
      }
      const descriptions = told.flatMap(({ sdp }) => sdp ?? []);
      expect(descriptions).toHaveLength(2);
      for (const sdp of descriptions) {
        expect(sdp).not.toContain('a=candidate');
        expect(
          sdp
            .match(/\d+\.\d+\.\d+\.\d+/g)
            ?.filter((ip) => !/^(?:0\.0\.0\.0|127\.0\.0\.1)$/.test(ip)) ?? [],
        ).toEqual([]);
      }
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
