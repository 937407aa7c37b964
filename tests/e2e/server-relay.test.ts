/** A relay whose credentials the signaling server hands out, and nothing set by a person ([SV15]). */
import { createServer, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { readConfig } from '../../server/config.ts';
import { startCoturn, type RunningCoturn } from '../../server/coturn.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { startSignaling, type SignalingServer } from '../support/server.ts';
import { intend } from '../support/snapshot.ts';

const missing = missingParts(['coturn']);

describe.skipIf(missing.length > 0)('a relay of the server', () => {
  let coturn: RunningCoturn;
  let server: SignalingServer;
  let duo: PairedDuo;

  beforeAll(async () => {
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
    await duo.close();
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
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
