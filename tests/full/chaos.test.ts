import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noise } from '../support/bytes.ts';
import { receivedFiles, sha256, untilReceived } from '../support/downloads.ts';
import { expectCalm, setRule, startPairedDuo, type PairedDuo } from '../support/duo.ts';
import { sendFiles } from '../support/send-page.ts';

/** Workers die and the server goes away at drawn moments, again and again; every file arrives once. */

const ROUNDS = 40;
const SEED = 'chaos 1';
const FILE_BYTES = 6 * 1024 * 1024;
const DELIVERY_TIMEOUT_MS = 5 * 60_000;

type Blow = 'laptop worker' | 'desktop worker' | 'both workers' | 'server' | 'none';
const BLOWS: readonly Blow[] = [
  'laptop worker',
  'desktop worker',
  'both workers',
  'server',
  'none',
];

let duo: PairedDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-chaos-'));
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

async function strike(blow: Blow): Promise<void> {
  const { laptop, desktop, signaling } = duo;
  switch (blow) {
    case 'laptop worker':
      return await laptop.browser.killWorker();
    case 'desktop worker':
      return await desktop.browser.killWorker();
    case 'both workers':
      await Promise.all([laptop.browser.killWorker(), desktop.browser.killWorker()]);
      return;
    case 'server':
      await signaling.stop();
      return await signaling.start();
    case 'none':
  }
}

it('every file arrives exactly once', async () => {
  const draws = noise(SEED, ROUNDS);
  const contents = Array.from({ length: ROUNDS }, (_, round) =>
    noise(`${SEED} ${round}`, FILE_BYTES + round),
  );
  for (const [round, content] of contents.entries()) {
    const path = join(folder, `round-${round}.bin`);
    await writeFile(path, content);
    await sendFiles(duo.laptop.browser, { deviceId: duo.desktopId, name: 'Desktop' }, [path]);
    await strike(BLOWS[(draws[round] ?? 0) % BLOWS.length] ?? 'none');
  }
  for (const content of contents) {
    await untilReceived(
      duo.desktop.browser.downloads,
      { sha256: sha256(content), size: content.length },
      DELIVERY_TIMEOUT_MS,
    );
  }
  await duo.laptop.view.until(
    'every transfer told as delivered',
    ({ transfers }) => transfers.every(({ state }) => state === 'delivered'),
    { timeoutMs: 60_000 },
  );
  expect(await receivedFiles(duo.desktop.browser.downloads)).toHaveLength(ROUNDS);
});
