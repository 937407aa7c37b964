import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noise } from '../support/bytes.ts';
import { sha256, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import {
  closeConnection,
  fixLanes,
  offscreenPage,
  refusedTransfers,
  refuseTransfer,
  sentBytes,
  watchLanes,
} from '../support/lanes.ts';
import { sendFiles } from '../support/send-page.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** Several peer connections for one session, and data channels that cannot be transferred. */

/** Two: what was delivered once is not sent again. */
const FILES = [noise('lanes', 48 * 1024 * 1024), noise('relayed', 6 * 1024 * 1024)] as const;
const CHUNK = 245_760;
/** Header and tag of a chunk. */
const OVERHEAD = 30;
const ON_THE_WIRE = FILES[0].length + Math.ceil(FILES[0].length / CHUNK) * OVERHEAD;

let duo: PairedDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-lanes-'));
  for (const [at, bytes] of FILES.entries()) await writeFile(join(folder, `${at}.bin`), bytes);
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

/** New documents, so that the next session is made under what is set now. */
async function startAnew(lanes: number | null): Promise<void> {
  await Promise.all(
    [duo.laptop, duo.desktop].map(async ({ browser }) => {
      await browser.closeOffscreen();
      await fixLanes(browser, lanes);
    }),
  );
}

/** Both documents, before they have made a session. */
async function documents() {
  await Promise.all(
    [duo.laptop, duo.desktop].map(({ browser }) => intend(browser, { type: 'offscreen/ensure' })),
  );
  const [laptop, desktop] = await Promise.all([
    offscreenPage(duo.laptop.browser),
    offscreenPage(duo.desktop.browser),
  ]);
  return { laptop, desktop };
}

async function sendFile(at: 0 | 1) {
  const [known, there] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  const device = { deviceId: duo.desktopId, name: 'Desktop' };
  await sendFiles(duo.laptop.browser, device, [join(folder, `${at}.bin`)]);
  const arrived = async () => {
    await untilTransfer(duo.laptop, known, ['delivered'], 120_000);
    await untilTransfer(duo.desktop, there, ['saved'], 60_000);
    const wanted = { sha256: sha256(FILES[at]), size: FILES[at].length };
    await untilReceived(duo.desktop.browser.downloads, wanted);
  };
  return { arrived };
}

it('[LN1][LN4] four lanes share a file; one that dies on the way loses nothing', async () => {
  await startAnew(4);
  const { laptop, desktop } = await documents();
  await Promise.all([watchLanes(laptop), watchLanes(desktop)]);
  const { arrived } = await sendFile(0);
  await until('four connections that carry', async () => {
    const sent = await sentBytes(laptop);
    return sent.length === 4 && sent.every((bytes) => bytes > CHUNK);
  });
  const dead = await closeConnection(laptop, 2);
  await arrived();
  const after = await sentBytes(laptop);
  const alive = after.filter((bytes) => bytes > 0);
  const sum = alive.reduce((total, bytes) => total + bytes, 0);
  // Some of what the dead one carried arrived, and what was queued in it did not.
  expect(sum).toBeLessThan(ON_THE_WIRE + 2 * CHUNK);
  expect(sum + dead).toBeGreaterThan(ON_THE_WIRE - 2 * CHUNK);
  expect(sum + dead - ON_THE_WIRE, 'bytes sent twice').toBeLessThan(4 * 1024 * 1024);
});

it('[CT1] data channels that cannot be transferred stay with the document: frames are relayed', async () => {
  await startAnew(2);
  const { laptop, desktop } = await documents();
  await Promise.all([laptop, desktop].map((page) => refuseTransfer(page)));
  await Promise.all([watchLanes(laptop), watchLanes(desktop)]);
  const { arrived } = await sendFile(1);
  await arrived();
  expect(await refusedTransfers(laptop)).toBe(1);
  expect(await refusedTransfers(desktop)).toBe(1);
  const sent = await sentBytes(laptop);
  expect(sent[0]).toBeGreaterThan(CHUNK);
});
