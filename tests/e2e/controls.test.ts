import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { find } from '../support/accessible.ts';
import { noise } from '../support/bytes.ts';
import { receivedFiles, sha256, untilReceived } from '../support/downloads.ts';
import { expectCalm, setRule, startPairedDuo, type PairedDuo } from '../support/duo.ts';
import { sendFiles } from '../support/send-page.ts';
import { pressInRow, rowHas, transferRow, untilRowSays } from '../support/transfer-rows.ts';

/** What either person does with a transfer on its way, and how both lists tell it. */

const MIB = 1024 * 1024;
/** On its way for some seconds. */
const LARGE = 48 * MIB;

let duo: PairedDuo;
let folder: string;
/** Both lists, open all the time. */
let lists: Readonly<Record<'Laptop' | 'Desktop', Page>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-controls-'));
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
  const [Laptop, Desktop] = await Promise.all([
    duo.laptop.browser.open('popup.html'),
    duo.desktop.browser.open('popup.html'),
  ]);
  lists = { Laptop, Desktop };
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

async function file(name: string, size: number): Promise<Buffer> {
  const bytes = noise(name, size);
  await writeFile(join(folder, name), bytes);
  return bytes;
}

async function send(...names: string[]): Promise<void> {
  const device = { deviceId: duo.desktopId, name: 'Desktop' };
  await sendFiles(
    duo.laptop.browser,
    device,
    names.map((name) => join(folder, name)),
  );
}

const other = { Laptop: 'Desktop', Desktop: 'Laptop' } as const;
const sides = ['Laptop', 'Desktop'] as const;
/** A control travels to the other side and comes back as a state. */
const soon = { timeout: 30_000 };
const received = () => receivedFiles(duo.desktop.browser.downloads);

it.each(sides)('%s pauses: both say so, only that side can go on, and it does', async (who) => {
  const name = `pause-${who}.bin`;
  const bytes = await file(name, LARGE);
  await send(name);
  const [mine, theirs] = [lists[who], lists[other[who]]];
  await untilRowSays(mine, name, 'Transferring');
  await pressInRow(mine, name, 'Pause');
  await untilRowSays(mine, name, 'Paused');
  await untilRowSays(theirs, name, `Paused by ${who}`);
  expect(await rowHas(mine, name, 'Resume')).toBe(true);
  expect(await rowHas(theirs, name, 'Resume')).toBe(false);
  expect(await rowHas(theirs, name, 'Cancel')).toBe(true);
  await pressInRow(mine, name, 'Resume');
  await Promise.all([
    untilRowSays(lists.Laptop, name, 'Delivered'),
    untilRowSays(lists.Desktop, name, 'Saved'),
  ]);
  expect(await rowHas(lists.Desktop, name, 'Show in folder')).toBe(true);
  await untilReceived(duo.desktop.browser.downloads, { sha256: sha256(bytes), size: LARGE });
});

it.each(sides)('%s cancels: it is over on both, and nothing is saved', async (who) => {
  const name = `cancel-${who}.bin`;
  await file(name, LARGE);
  const before = await received();
  await send(name);
  await untilRowSays(lists.Laptop, name, 'Transferring');
  await untilRowSays(lists.Desktop, name, 'Transferring');
  await pressInRow(lists[who], name, 'Cancel');
  const other = who === 'Laptop' ? 'Desktop' : 'Laptop';
  await Promise.all([
    untilRowSays(lists[who], name, 'Cancelled'),
    untilRowSays(lists[other], name, `Cancelled by ${who}`),
  ]);
  for (const side of sides) {
    expect(await rowHas(lists[side], name, 'Cancel')).toBe(false);
    expect(await rowHas(lists[side], name, 'Dismiss')).toBe(true);
  }
  expect(await received()).toEqual(before);
});

it('one file of three is cancelled on one side, another paused on the other', async () => {
  const first = await file('one.bin', LARGE);
  await file('two.bin', LARGE);
  const third = await file('three.bin', 16 * MIB);
  const before = await received();
  await send('one.bin', 'two.bin', 'three.bin');
  const title = 'one.bin and 2 more';
  await Promise.all(sides.map((side) => untilRowSays(lists[side], title, 'Transferring')));
  await Promise.all(sides.map((side) => pressInRow(lists[side], title, 'Files')));
  const rowOf = async (side: (typeof sides)[number], name: string) => {
    const row = await transferRow(lists[side], title);
    return await row.$$eval(
      'li',
      (rows, path) => rows.find((item) => item.innerText.includes(path))?.innerText ?? '',
      name,
    );
  };
  await pressInRow(lists.Desktop, title, 'Pause three.bin');
  await expect.poll(() => rowOf('Laptop', 'three.bin'), soon).toContain('Paused by Desktop');
  expect(await rowOf('Desktop', 'three.bin')).toContain('Paused');
  expect(await rowHas(lists.Laptop, title, 'Resume three.bin')).toBe(false);
  await pressInRow(lists.Laptop, title, 'Cancel two.bin');
  await Promise.all(
    sides.map((side) => expect.poll(() => rowOf(side, 'two.bin'), soon).toContain('Cancelled')),
  );
  await pressInRow(lists.Desktop, title, 'Resume three.bin');
  await Promise.all([
    untilRowSays(lists.Laptop, title, 'Delivered'),
    untilRowSays(lists.Desktop, title, 'Saved'),
  ]);
  const { downloads } = duo.desktop.browser;
  await untilReceived(downloads, { sha256: sha256(first), size: LARGE });
  await untilReceived(downloads, { sha256: sha256(third), size: 16 * MIB });
  expect(await received()).toEqual([...before, 'one.bin', 'three.bin'].sort());
});

it('declined, then sent once more by "Retry"', async () => {
  const bytes = await file('declined.bin', MIB);
  await setRule(duo.desktop, duo.laptopId, 'ask');
  await send('declined.bin');
  await pressInRow(lists.Desktop, 'declined.bin', 'Decline');
  await untilRowSays(lists.Laptop, 'declined.bin', 'The other side said no.');
  await pressInRow(lists.Laptop, 'declined.bin', 'Retry');
  await pressInRow(lists.Desktop, 'declined.bin', 'Accept');
  await untilRowSays(lists.Laptop, 'declined.bin', 'Delivered');
  const rows = (await duo.laptop.view.read()).transfers.filter(
    ({ title }) => title === 'declined.bin',
  );
  expect(rows.map(({ state }) => state)).toEqual(['delivered']);
  await untilReceived(duo.desktop.browser.downloads, { sha256: sha256(bytes), size: MIB });
  await setRule(duo.desktop, duo.laptopId, 'always');
});

it('[TR18] what is there already is said to be, and sent again only by "Send anyway"', async () => {
  const bytes = await file('again.bin', 3 * MIB);
  await send('again.bin');
  await untilRowSays(lists.Laptop, 'again.bin', 'Delivered');
  await untilReceived(duo.desktop.browser.downloads, { sha256: sha256(bytes), size: 3 * MIB });
  await untilRowSays(lists.Desktop, 'again.bin', 'Saved');
  const once = await received();
  await send('again.bin');
  await untilRowSays(lists.Laptop, 'again.bin', 'Already there, nothing sent.');
  await untilRowSays(lists.Desktop, 'again.bin', 'Already here, nothing was sent.');
  expect(await received()).toEqual(once);
  const [newest] = (await duo.laptop.view.read()).transfers;
  expect(newest).toMatchObject({ title: 'again.bin', wireBytes: 0, alreadyThere: 1 });
  await pressInRow(lists.Laptop, 'again.bin', 'Send anyway');
  await expect.poll(received, soon).toHaveLength(once.length + 1);
});

it('the way it takes is beside what moves', async () => {
  await file('path.bin', LARGE);
  await send('path.bin');
  await untilRowSays(lists.Laptop, 'path.bin', 'Direct, same network');
  await untilRowSays(lists.Desktop, 'path.bin', 'Direct, same network');
  await find(lists.Laptop, 'progressbar', 'Progress of path.bin');
  await pressInRow(lists.Laptop, 'path.bin', 'Cancel');
  await untilRowSays(lists.Desktop, 'path.bin', 'Cancelled');
});
