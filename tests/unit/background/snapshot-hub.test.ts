import { beforeEach, expect, it, vi } from 'vitest';
import { SnapshotHub } from '../../../entrypoints/background/snapshot-hub.ts';
import type { Snapshot, TransferView, ViewUpdate } from '../../../lib/messaging/snapshot.ts';
import { DEFAULT_QUALITY } from '../../../lib/share/quality.ts';

const TRANSFER: TransferView = {
  transferId: 'a'.repeat(32),
  deviceId: 'd'.repeat(64),
  deviceName: 'Desk',
  kind: 'files',
  title: 'a',
  count: 1,
  totalBytes: 100,
  doneBytes: 0,
  createdAt: 1,
  direction: 'out',
  state: 'transferring',
};

class FakeView {
  readonly got: ViewUpdate[] = [];
  closed = false;
  postMessage(message: unknown): void {
    if (this.closed) throw new Error('Attempting to use a disconnected port object');
    this.got.push(structuredClone(message) as ViewUpdate);
  }
  /** What a view makes of all it got. */
  get sees(): Snapshot | undefined {
    return this.got.reduce<Snapshot | undefined>(
      (seen, update) =>
        update.type === 'full' ? update.snapshot : seen && { ...seen, ...update.parts },
      undefined,
    );
  }
}

let snapshot: Snapshot;
let reads: number;
let hub: SnapshotHub;

beforeEach(() => {
  vi.useFakeTimers();
  snapshot = {
    version: 4,
    self: { deviceId: '', shortId: '', name: 'Laptop' },
    signaling: { state: 'connecting', url: 'u' },
    devices: [],
    pairing: { state: 'idle' },
    transfers: [TRANSFER],
    shares: [],
    settings: {
      deviceName: 'Laptop',
      signalingUrl: 'u',
      codeStyle: 'words',
      privacyMode: false,
      stunServers: '',
      turnServers: '',
      debugLog: false,
      historyDays: 90,
      share: DEFAULT_QUALITY,
    },
    relayKnown: false,
    check: null,
    outbox: null,
    lastDeviceId: null,
  };
  reads = 0;
  hub = new SnapshotHub(() => {
    reads += 1;
    return snapshot;
  });
});

async function change(parts: Partial<Snapshot>): Promise<void> {
  snapshot = { ...snapshot, ...parts };
  hub.changed();
  await Promise.resolve();
}

const progress = (doneBytes: number) => change({ transfers: [{ ...TRANSFER, doneBytes }] });

it('gives a new view everything, and then only the parts that changed', async () => {
  const view = new FakeView();
  hub.attach(view);
  expect(view.got).toEqual([{ type: 'full', snapshot }]);
  await change({ lastDeviceId: 'x', self: { ...snapshot.self } });
  expect(view.got.slice(1)).toEqual([{ type: 'change', parts: { lastDeviceId: 'x' } }]);
});

it('says nothing when nothing changed, and does not even look without a view', async () => {
  await change({ lastDeviceId: 'x' });
  expect(reads).toBe(0);
  const view = new FakeView();
  hub.attach(view);
  await change({});
  expect(view.got).toHaveLength(1);
});

it('tells progress at most four times a second, with the newest figure', async () => {
  const view = new FakeView();
  hub.attach(view);
  for (let n = 1; n <= 100; n += 1) {
    await progress(n);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(250);
  expect(view.got.length - 1).toBeLessThanOrEqual(5);
  expect(view.got.length - 1).toBeGreaterThanOrEqual(3);
  expect(view.sees?.transfers[0]?.doneBytes).toBe(100);
});

const listing = (from: number, more: Partial<TransferView> = {}): Partial<Snapshot> => {
  const files = [from, from + 1].map((fileId) => ({
    fileId,
    path: `${fileId}.txt`,
    size: 5,
    doneBytes: fileId,
    state: 'transferring' as const,
  }));
  const moving = { files, doneFiles: from, wireBytes: from * 5 };
  return { transfers: [{ ...TRANSFER, ...moving, ...more } as TransferView] };
};

it('takes thousands of small files for progress, and what was done to one for news', async () => {
  snapshot = { ...snapshot, ...listing(0) };
  const view = new FakeView();
  hub.attach(view);
  for (let from = 1; from <= 100; from += 1) await change(listing(from));
  expect(view.got).toHaveLength(1);
  const [file] = listing(100).transfers?.[0]?.files ?? [];
  if (!file) throw new Error('no file is listed');
  await change(listing(100, { files: [{ ...file, state: 'paused', pausedBy: 'me' }] }));
  expect(view.got).toHaveLength(2);
  expect(view.sees).toEqual(snapshot);
});

it('tells a change of state at once, with the progress that waited', async () => {
  const view = new FakeView();
  hub.attach(view);
  await progress(50);
  expect(view.got).toHaveLength(1);
  await change({ transfers: [{ ...TRANSFER, doneBytes: 60, state: 'verifying' } as TransferView] });
  expect(view.got).toHaveLength(2);
  vi.advanceTimersByTime(1000);
  expect(view.got).toHaveLength(2);
  expect(view.sees).toEqual(snapshot);
});

it('keeps all views the same, whenever each came', async () => {
  const [first, second] = [new FakeView(), new FakeView()];
  hub.attach(first);
  await progress(10);
  hub.attach(second);
  await progress(20);
  await change({ lastDeviceId: 'x' });
  vi.advanceTimersByTime(250);
  expect(first.sees).toEqual(snapshot);
  expect(second.sees).toEqual(snapshot);
});

it('forgets a view whose port is closed', async () => {
  const [gone, there] = [new FakeView(), new FakeView()];
  hub.attach(gone);
  hub.attach(there);
  gone.closed = true;
  await change({ lastDeviceId: 'x' });
  await change({ lastDeviceId: 'y' });
  expect(there.sees?.lastDeviceId).toBe('y');
});
