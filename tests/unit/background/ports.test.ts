import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onPort } from '../../../entrypoints/background/ports.ts';
import type { Snapshot, ViewUpdate } from '../../../lib/messaging/snapshot.ts';
import type { ShareView } from '../../../lib/share/views.ts';
import { StorageError } from '../../../lib/storage/errors.ts';
import { DESK, FakeWorld, pair } from './fakes.ts';

type Port = Parameters<typeof onPort>[1];

const SHARE: ShareView = {
  role: 'viewer',
  shareId: 'ab'.repeat(16),
  deviceId: DESK,
  source: 'tab',
  title: 'Notes',
  audio: false,
  state: { type: 'watching' },
  since: 1,
  protection: { type: 'protected' },
  pointer: false,
  line: null,
};

class FakePort {
  readonly name: string;
  readonly sender: object;
  readonly got: ViewUpdate[] = [];
  readonly closers: (() => void)[] = [];
  readonly onDisconnect = { addListener: (listener: () => void) => this.closers.push(listener) };
  readonly onMessage = { addListener: () => {} };

  constructor(name: string, sender: object) {
    this.name = name;
    this.sender = sender;
  }

  postMessage(update: unknown): void {
    this.got.push(update as ViewUpdate);
  }

  close(): void {
    for (const closer of this.closers) closer();
  }

  get port(): Port {
    return this as unknown as Port;
  }
}

let world: FakeWorld;
let app: App;
let own: { id: string; url: string };

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
  own = { id: fakeBrowser.runtime.id, url: fakeBrowser.runtime.getURL('popup.html' as never) };
});

describe('a view', () => {
  it('gets the snapshot of a page of ours, and changes until it closes', async () => {
    const view = new FakePort('view', own);
    onPort(Promise.resolve(app), view.port);
    await expect.poll(() => view.got).toHaveLength(1);
    expect(view.got[0]).toMatchObject({ type: 'full', snapshot: { devices: [{ name: 'Desk' }] } });
    await app.devices.rename(DESK, 'My desk');
    await expect.poll(() => view.got).toHaveLength(2);
    view.close();
    await app.devices.rename(DESK, 'Their desk');
    await Promise.resolve();
    expect(view.got).toHaveLength(2);
  });

  it('that outlived a worker loses nothing of what the document has', async () => {
    world.host.present = true;
    world.shares = [SHARE];
    const next = await world.startWorker();
    const view = new FakePort('view', own);
    onPort(Promise.resolve(next), view.port);
    await expect.poll(() => view.got).toHaveLength(1);
    expect(view.got[0]).toMatchObject({ type: 'full', snapshot: { shares: [SHARE] } });
  });

  it('is not kept waiting by a document that does not answer', async () => {
    world.host.present = true;
    world.answer = () => new Promise(() => undefined);
    const next = await world.startWorker();
    const view = new FakePort('view', own);
    onPort(Promise.resolve(next), view.port);
    await expect.poll(() => view.got).toHaveLength(1);
    expect(view.got[0]).toMatchObject({ type: 'full', snapshot: { shares: [] } });
  });

  it.each([
    ['a web page’s content script', { url: 'https://evil.example/', tab: {} }],
    ['another extension', { id: 'other', url: 'chrome-extension://other/popup.html' }],
  ])('of %s gets nothing', async (_title, sender) => {
    const view = new FakePort('view', { ...own, ...sender });
    onPort(Promise.resolve(app), view.port);
    await new Promise((resolve) => setImmediate(resolve));
    expect(view.got).toEqual([]);
    expect(view.closers).toEqual([]);
  });

  it('that closed before the worker was ready gets nothing', async () => {
    let start = (_app: App): void => {};
    const ready = new Promise<App>((resolve) => {
      start = resolve;
    });
    const view = new FakePort('view', own);
    onPort(ready, view.port);
    view.close();
    start(app);
    await new Promise((resolve) => setImmediate(resolve));
    expect(view.got).toEqual([]);
  });

  it('is told why there is nothing to see when the stored data cannot be used', async () => {
    const view = new FakePort('view', own);
    onPort(Promise.reject(new StorageError('migration-failed')), view.port);
    await expect.poll(() => view.got).toHaveLength(1);
    expect(view.got[0]).toMatchObject({
      type: 'full',
      snapshot: { problem: 'migration-failed', devices: [] } satisfies Partial<Snapshot>,
    });
  });
});

it('the document’s port, once lost, is looked after', async () => {
  await app.offscreen.ensure();
  world.host.present = false;
  const port = new FakePort('offscreen', {
    ...own,
    url: fakeBrowser.runtime.getURL('offscreen.html' as never),
  });
  onPort(Promise.resolve(app), port.port);
  port.close();
  await expect.poll(() => app.offscreen.callIfOpen({ type: 'pair/cancel' })).toBe(false);
  expect(world.calls).toEqual([]);
});
