import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import { receivedFiles } from '../support/downloads.ts';
import { knownTransfers, setRule, startPairedDuo, untilTransfer } from '../support/duo.ts';
import { sendFiles } from '../support/send-page.ts';

it('many', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallow-many-'));
  const paths = [];
  for (let n = 0; n < 200; n += 1) {
    paths.push(join(folder, `f${n}.bin`));
    await writeFile(join(folder, `f${n}.bin`), 'x'.repeat(5000 + n));
  }
  const duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
  const known = await knownTransfers(duo.laptop);
  await sendFiles(duo.laptop.browser, { deviceId: duo.desktopId, name: 'Desktop' }, paths);
  const t0 = Date.now();
  await untilTransfer(duo.laptop, known, ['delivered']);
  const t1 = Date.now();
  console.log('delivered', t1 - t0);
  for (let n = 0; n < 40; n += 1) {
    const got = (await receivedFiles(duo.desktop.browser.downloads)).length;
    const info = await duo.desktop.browser.inWorker(async () => {
      const { saves = {}, stopped } = await chrome.storage.local.get(['saves', 'stopped']);
      const all = Object.values(saves as Record<string, { downloadId: number | null }>);
      const items = await chrome.downloads.search({ limit: 0 });
      const states: Record<string, number> = {};
      for (const i of items) states[i.state + (i.error ?? '')] = (states[i.state + (i.error ?? '')] ?? 0) + 1;
      return JSON.stringify({ records: all.length, withId: all.filter((r) => r.downloadId !== null).length, stopped, states });
    });
    console.log(Date.now() - t1, got, info);
    if (got === 200) break;
    await new Promise((r) => setTimeout(r, 1000));
  }
  await duo.close();
  await rm(folder, { recursive: true });
});
