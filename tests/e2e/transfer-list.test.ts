import type { ElementHandle, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileView, TransferView } from '../../lib/messaging/snapshot.ts';
import { byName, find, press, readable, type Role } from '../support/accessible.ts';
import { openGallery, sceneSnapshot, type GalleryPage } from '../support/gallery.ts';
import { until } from '../support/wait.ts';

/** The list "Transfers" as a person and a screen reader find it, in every state. */

let gallery: GalleryPage;
let page: Page;

beforeAll(async () => {
  gallery = await openGallery();
  ({ page } = gallery);
});
afterAll(() => gallery.close());

const base = {
  transferId: '1'.repeat(32),
  deviceId: sceneSnapshot('devices-1').devices[0]?.deviceId ?? '',
  deviceName: 'Desktop',
  kind: 'files',
  title: 'report.pdf',
  count: 1,
  totalBytes: 1000,
  doneBytes: 100,
  createdAt: 1,
} as const;

type Out = Extract<TransferView, { direction: 'out' }>;
type In = Extract<TransferView, { direction: 'in' }>;
const out = (more: Partial<Out>): TransferView => ({
  ...base,
  direction: 'out',
  state: 'transferring',
  ...more,
});
const incoming = (more: Partial<In>): TransferView => ({
  ...base,
  direction: 'in',
  state: 'transferring',
  ...more,
});
const file = (fileId: number, more: Partial<FileView> = {}): FileView => ({
  fileId,
  path: `trip/${fileId}.jpeg`,
  size: 10,
  doneBytes: 0,
  state: 'waiting',
  ...more,
});

/** The page with these transfers, and the items of the list. */
async function list(...transfers: TransferView[]): Promise<ElementHandle<Element>[]> {
  // Nothing of the list before stays, not even what was unfolded in it.
  if (new URL(page.url()).searchParams.get('scene') === 'devices-1') {
    await gallery.publish({ transfers: [] });
    await gallery.forget();
  } else await gallery.show('popup', 'devices-1');
  await gallery.publish({ transfers });
  return await items();
}

async function items(): Promise<ElementHandle<Element>[]> {
  const found = await find(page, 'list', 'Transfers');
  return await found.$$(':scope > li');
}

async function names(item: ElementHandle<Element>, role: Role): Promise<string[]> {
  const found = await item.$$(`::-p-aria([role="${role}"])`);
  return await Promise.all(
    found.map((one) =>
      one.evaluate((node) => node.getAttribute('aria-label') ?? node.textContent.trim()),
    ),
  );
}

const words = (item: ElementHandle<Element>) =>
  item.evaluate((node) => (node as HTMLElement).innerText.replaceAll(/\s+/g, ' '));

describe('each state is in its words, with the buttons that apply', () => {
  it.each<[string, TransferView, string[]]>([
    ['Preparing', out({ state: 'preparing' }), ['Cancel']],
    ['Waiting for device', out({ state: 'waiting-for-device' }), ['Cancel']],
    ['Connecting', out({ state: 'connecting' }), ['Cancel']],
    ['Waiting for accept', out({ state: 'waiting-for-accept' }), ['Cancel']],
    ['Transferring', out({ state: 'transferring' }), ['Pause', 'Cancel']],
    ['Paused', out({ state: 'paused', pausedBy: 'me' }), ['Resume', 'Cancel']],
    ['Paused by Desktop', out({ state: 'paused', pausedBy: 'peer' }), ['Cancel']],
    ['Paused on both devices', out({ state: 'paused', pausedBy: 'both' }), ['Resume', 'Cancel']],
    [
      'Paused: no room on Desktop',
      out({ state: 'paused', pausedBy: 'peer', reason: 'no-space' }),
      ['Cancel'],
    ],
    ['Needs you', out({ state: 'needs-you', reason: 'allow-file' }), ['Cancel', 'Allow']],
    [
      'Needs you',
      out({ state: 'needs-you', reason: 'choose-file' }),
      ['Cancel', 'Choose file again'],
    ],
    ['Verifying', out({ state: 'verifying' }), ['Cancel']],
    ['Delivered', out({ state: 'delivered' }), ['Dismiss']],
    ['Delivered', out({ state: 'delivered', alreadyThere: 1 }), ['Dismiss', 'Send anyway']],
    ['Declined', out({ state: 'declined', retryable: true }), ['Dismiss', 'Retry']],
    ['Failed', out({ state: 'failed', reason: 'interrupted' }), ['Dismiss']],
    [
      'Failed',
      out({ state: 'failed', reason: 'interrupted', retryable: true }),
      ['Dismiss', 'Retry'],
    ],
    ['Cancelled', out({ state: 'cancelled', cancelledBy: 'me' }), ['Dismiss']],
    ['Cancelled by Desktop', out({ state: 'cancelled', cancelledBy: 'peer' }), ['Dismiss']],
    ['Waiting for your answer', incoming({ state: 'offered' }), ['Accept', 'Decline']],
    ['Transferring', incoming({ state: 'transferring' }), ['Pause', 'Cancel']],
    ['Paused', incoming({ state: 'paused', pausedBy: 'me' }), ['Resume', 'Cancel']],
    [
      'Paused until the connection is back',
      incoming({ state: 'paused', pausedBy: 'connection' }),
      ['Cancel'],
    ],
    [
      'Needs you',
      incoming({ state: 'needs-you', reason: 'make-room' }),
      ['Cancel', 'Check for room'],
    ],
    ['Needs you', incoming({ state: 'needs-you', reason: 'save-failed' }), ['Dismiss', 'Save']],
    ['Verifying', incoming({ state: 'verifying' }), ['Cancel']],
    ['Stored', incoming({ state: 'stored' }), []],
    ['Saving', incoming({ state: 'saving' }), []],
    ['Saved', incoming({ state: 'saved' }), ['Dismiss', 'Show in folder']],
    ['Declined', incoming({ state: 'declined' }), ['Dismiss']],
    ['Offer expired', incoming({ state: 'expired' }), ['Dismiss']],
    [
      'Failed',
      incoming({ state: 'failed', reason: 'no-space', retryable: true }),
      ['Dismiss', 'Retry'],
    ],
    ['Cancelled', incoming({ state: 'cancelled' }), ['Dismiss']],
  ])('%s: %o', async (state, transfer, buttons) => {
    const [item, ...others] = await list(transfer);
    if (!item) throw new Error('nothing is listed');
    expect(others).toEqual([]);
    expect(await item.$eval('.transfer-state', (node) => node.textContent)).toBe(state);
    expect(await names(item, 'button')).toEqual(buttons);
    expect(await item.$('::-p-aria([role="progressbar"])')).not.toBeNull();
    expect(await words(item)).toContain('report.pdf');
  });
});

describe('a button asks for what it says', () => {
  const { transferId } = base;
  it.each<[string, TransferView, object]>([
    ['Pause', out({}), { type: 'transfer/pause', transferId }],
    ['Cancel', out({}), { type: 'transfer/cancel', transferId }],
    [
      'Resume',
      incoming({ state: 'paused', pausedBy: 'both' }),
      { type: 'transfer/resume', transferId },
    ],
    [
      'Retry',
      incoming({ state: 'failed', reason: 'interrupted', retryable: true }),
      { type: 'transfer/retry', transferId },
    ],
    [
      'Send anyway',
      out({ state: 'delivered', alreadyThere: 1 }),
      { type: 'transfer/retry', transferId, force: true },
    ],
    [
      'Allow',
      out({ state: 'needs-you', reason: 'allow-file' }),
      { type: 'open/sources', transferId },
    ],
    [
      'Choose file again',
      out({ state: 'needs-you', reason: 'choose-file' }),
      { type: 'open/sources', transferId },
    ],
    [
      'Check for room',
      incoming({ state: 'needs-you', reason: 'make-room' }),
      { type: 'transfer/resume', transferId },
    ],
    ['Show in folder', incoming({ state: 'saved' }), { type: 'transfer/open', transferId }],
    ['Dismiss', incoming({ state: 'saved' }), { type: 'transfer/dismiss', transferId }],
  ])('%s', async (name, transfer, intent) => {
    await list(transfer);
    await press(page, 'button', name);
    expect(await gallery.intents()).toEqual([intent]);
  });

  it('and a screen reader hears of which transfer', async () => {
    await list(out({}));
    const pause = await find(page, 'button', 'Pause');
    const about = await pause.evaluate((node) => {
      const id = node.getAttribute('aria-describedby') ?? '';
      return document.getElementById(id)?.textContent.trim();
    });
    expect(about).toBe('report.pdf');
  });
});

describe('an item says', () => {
  it('how many files, how much, how fast, how long, to whom and which way', async () => {
    const { devices } = sceneSnapshot('devices-paths');
    await gallery.show('popup', 'devices-paths');
    const moving = {
      count: 2_000,
      doneFiles: 14,
      totalBytes: 64 * 1024 * 1024,
      doneBytes: 16 * 1024 * 1024,
      bytesPerSecond: 4 * 1024 * 1024,
      files: [file(3)],
    };
    const to = (at: number) => ({ deviceId: devices[at]?.deviceId ?? '' });
    await gallery.publish({
      transfers: [
        out({ ...moving, ...to(0) }),
        out({ transferId: '2'.repeat(32), ...moving, ...to(3) }),
      ],
    });
    const [near, relayed] = await items();
    if (!near || !relayed) throw new Error('not both are listed');
    expect(await words(near)).toContain(
      'report.pdf and 1,999 more Transferring · To Desktop · Direct, same network 16 MiB of 64 MiB · 4 MiB/s · 12 s left Files 14 of 2,000 files',
    );
    expect(await words(relayed)).toContain('Relay over TCP');
  });

  it.each<[TransferView, string]>([
    [
      out({ state: 'failed', reason: 'no-space', retryable: true }),
      'There is not enough room on Desktop. Free some room there, then retry.',
    ],
    [
      incoming({ state: 'failed', reason: 'interrupted', retryable: true }),
      'It was interrupted. Retry asks Desktop for what is missing.',
    ],
    [out({ state: 'delivered', alreadyThere: 1 }), 'Already there, nothing sent.'],
    [
      out({ state: 'delivered', count: 40, alreadyThere: 12 }),
      '12 of 40 files were already there and not sent.',
    ],
    [incoming({ state: 'needs-you', reason: 'make-room' }), 'free some room, and it goes on.'],
    [
      out({ state: 'paused', pausedBy: 'peer', reason: 'no-space' }),
      'It goes on by itself as soon as there is room.',
    ],
  ])('why, and what helps: %#', async (transfer, sentence) => {
    const [item] = await list(transfer);
    expect(item && (await words(item))).toContain(sentence);
  });
});

describe('the files of a transfer', () => {
  const many = (more: Partial<Out> = {}) =>
    out({
      count: 2_000,
      doneFiles: 0,
      files: Array.from({ length: 50 }, (_, index) => file(index)),
      ...more,
    });

  it('are listed on demand, each with its folder, size, state and own buttons', async () => {
    await list(
      out({
        count: 4,
        doneFiles: 0,
        files: [
          file(0, { state: 'transferring', doneBytes: 5 }),
          file(1, { state: 'paused', pausedBy: 'me' }),
          file(2, { state: 'paused', pausedBy: 'peer' }),
          file(3, { state: 'failed', reason: 'source-unreadable' }),
        ],
      }),
    );
    const disclosure = await find(page, 'button', 'Files');
    const expanded = () => disclosure.evaluate((node) => node.getAttribute('aria-expanded'));
    expect(await expanded()).toBe('false');
    expect(await page.$(byName('list', 'Files of report.pdf and 3 more'))).toBeNull();
    await press(page, 'button', 'Files');
    expect(await expanded()).toBe('true');
    const rows = await (
      await find(page, 'list', 'Files of report.pdf and 3 more')
    ).$$(':scope > li');
    expect(await Promise.all(rows.map(words))).toEqual([
      'trip/ 0.jpeg Transferring · 5 B of 10 B',
      'trip/ 1.jpeg Paused · 10 B',
      'trip/ 2.jpeg Paused by Desktop · 10 B',
      'trip/ 3.jpeg Failed · 10 B The file could not be read. Choose it again.',
    ]);
    expect(await Promise.all(rows.map((row) => names(row, 'button')))).toEqual([
      ['Pause trip/0.jpeg', 'Cancel trip/0.jpeg'],
      ['Resume trip/1.jpeg', 'Cancel trip/1.jpeg'],
      ['Cancel trip/2.jpeg'],
      [],
    ]);
    await press(page, 'button', 'Cancel trip/0.jpeg');
    await press(page, 'button', 'Resume trip/1.jpeg');
    const { transferId } = base;
    expect(await gallery.intents()).toEqual([
      { type: 'transfer/cancel', transferId, fileId: 0 },
      { type: 'transfer/resume', transferId, fileId: 1 },
    ]);
  });

  it('of which one failed can be retried by itself', async () => {
    const files = [file(7, { state: 'failed', reason: 'verify-failed' })];
    await list(out({ state: 'failed', reason: 'interrupted', retryable: true, count: 9, files }));
    await press(page, 'button', 'Files');
    await press(page, 'button', 'Retry trip/7.jpeg');
    const { transferId } = base;
    expect(await gallery.intents()).toEqual([{ type: 'transfer/retry', transferId, fileId: 7 }]);
  });

  it('are the next fifty of two thousand, and how many more', async () => {
    await list(many());
    await press(page, 'button', 'Files');
    const rows = await (await find(page, 'list', 'Files of report.pdf and 1,999 more')).$$('li');
    expect(rows).toHaveLength(50);
    expect(await readable(page)).toContain('and 1,950 more');
  });
});

describe('four updates a second', () => {
  const focused = () =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  const tick = async (...transfers: TransferView[]) => gallery.publish({ transfers });

  it('leave the row, its button and the focus where they are', async () => {
    const [item] = await list(out({ doneBytes: 1 }));
    const pause = await find(page, 'button', 'Pause');
    await pause.focus();
    for (let done = 2; done < 10; done += 1) await tick(out({ doneBytes: done * 100 }));
    expect(await focused()).toBe('Pause');
    expect(await pause.evaluate((node) => node.isConnected)).toBe(true);
    expect(item && (await words(item))).toContain('900 B of 1,000 B');
  });

  it('a pause turns its button into the other one, which keeps the focus', async () => {
    await list(out({}));
    await (await find(page, 'button', 'Pause')).focus();
    await tick(out({ state: 'paused', pausedBy: 'me' }));
    expect(await focused()).toBe('Resume');
    await tick(out({}));
    expect(await focused()).toBe('Pause');
  });

  it('the focus stays on its transfer when that moves in the list', async () => {
    const other = (more: Partial<Out> = {}) =>
      out({ transferId: '2'.repeat(32), title: 'other.bin', createdAt: 5, ...more });
    await list(out({}), other());
    const [, second] = await items();
    const cancel = await second?.$(byName('button', 'Cancel'));
    await cancel?.focus();
    await tick(out({}), other({ state: 'delivered', endedAt: 9 }));
    await tick(out({ state: 'needs-you', reason: 'allow-file' }), other({ state: 'delivered' }));
    expect(await focused()).toBe('Cancel');
    const about = await page.evaluate(
      () => document.activeElement?.closest('li')?.querySelector('.transfer-title')?.textContent,
    );
    expect(about?.trim()).toBe('report.pdf');
  });

  it('what needs a person comes before the devices, and nothing unfolded folds up', async () => {
    const files = [file(1), file(2)];
    await list(out({ count: 2, files }));
    const first = () => page.$eval('main ul', (node) => node.getAttribute('aria-label'));
    expect(await first()).toBe('Devices');
    await press(page, 'button', 'Files');
    await (await find(page, 'button', 'Cancel trip/2.jpeg')).focus();
    await tick(out({ count: 2, files, state: 'needs-you', reason: 'allow-file' }));
    expect(await first()).toBe('Transfers');
    expect(await focused()).toBe('Cancel trip/2.jpeg');
    await tick(out({ count: 2, files }));
    expect(await first()).toBe('Devices');
    expect(await focused()).toBe('Cancel trip/2.jpeg');
  });

  it('a button that no longer applies leaves the focus on its row, not nowhere', async () => {
    await list(out({}));
    await (await find(page, 'button', 'Pause')).focus();
    await tick(out({ state: 'verifying' }));
    expect(await page.evaluate(() => document.activeElement?.matches('li.transfer'))).toBe(true);
  });

  it('the row of a file stays its own while those before it are done', async () => {
    const listing = (from: number) =>
      out({
        count: 60,
        doneFiles: from,
        files: Array.from({ length: 50 }, (_, index) => file(from + index)).filter(
          ({ fileId }) => fileId < 60,
        ),
      });
    await list(listing(0));
    await press(page, 'button', 'Files');
    const cancel = await find(page, 'button', 'Cancel trip/20.jpeg');
    await cancel.focus();
    for (let from = 1; from <= 12; from += 1) await tick(listing(from));
    expect(await focused()).toBe('Cancel trip/20.jpeg');
    await page.keyboard.press('Enter');
    expect(await gallery.intents()).toEqual([
      { type: 'transfer/cancel', transferId: base.transferId, fileId: 20 },
    ]);
  });

  it('are not read out: only a change of state is', async () => {
    await list(out({ bytesPerSecond: 100 }));
    const live = await page.$$eval('.transfers [aria-live]', (nodes) =>
      nodes.map((node) => node.textContent),
    );
    expect(live).toEqual(['Transferring']);
  });
});

it('"Clear finished" lets go of what is over, and not of what can be retried', async () => {
  const id = (letter: string) => ({ transferId: letter.repeat(32) });
  await list(
    out({ ...id('a'), state: 'delivered' }),
    incoming({ ...id('b'), state: 'saved' }),
    out({ ...id('c'), state: 'failed', reason: 'interrupted', retryable: true }),
    out({ ...id('d') }),
  );
  await press(page, 'button', 'Clear finished');
  await until('both wishes', async () => (await gallery.intents()).length === 2);
  expect(await gallery.intents()).toEqual([
    { type: 'transfer/dismiss', ...id('a') },
    { type: 'transfer/dismiss', ...id('b') },
  ]);
});
