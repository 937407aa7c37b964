import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { browser } from '../../../lib/browser/index.ts';
import { CallError } from '../../../lib/messaging/rpc.ts';
import { PlatformError } from '../../../lib/platform/errors.ts';
import { DESK, FakeWorld, pair, TRANSFER } from './fakes.ts';

const MINUTE = 60_000;

/** What a click asked for outlives the worker and the document. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

describe('sends', () => {
  it('a text that was written down and not handed over is handed over once', async () => {
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: { type: 'text', kind: 'text', text: 'hello' },
    });
    const next = await world.nextWorker();
    expect(world.calls.filter(({ type }) => type === 'send/text')).toEqual([
      { type: 'send/text', transferId: TRANSFER, deviceId: DESK, kind: 'text', text: 'hello' },
    ]);
    expect(next.stores.sends.all.size).toBe(0);
    await next.keep();
    expect(world.calls.filter(({ type }) => type === 'send/text')).toHaveLength(1);
  });

  it('stays written down while the document cannot be opened, and goes under the same id', async () => {
    const create = vi
      .spyOn(world.host, 'create')
      .mockRejectedValue(new PlatformError('offscreen-failed'));
    const sending = onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    await expect(sending).rejects.toMatchObject({ code: 'offscreen-failed' });
    const [kept] = [...app.stores.sends.all.keys()];
    expect(kept).toMatch(/^[0-9a-f]{32}$/);
    create.mockRestore();
    await world.nextWorker();
    expect(world.calls).toMatchObject([{ type: 'send/text', transferId: kept, text: 'hello' }]);
  });

  it('what the document refuses is not tried again, and the person is told', async () => {
    world.answer = () => {
      throw new CallError('bad-message');
    };
    const sending = onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    await expect(sending).rejects.toMatchObject({ code: 'bad-message' });
    expect(app.stores.sends.all.size).toBe(0);
    expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toEqual([
      expect.stringMatching(/^tell:[0-9a-f]{32}:failed$/),
    ]);
  });

  it('an open question is answered by what is granted now', async () => {
    const contains = vi.spyOn(browser.permissions, 'contains').mockResolvedValue(false);
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: {
        type: 'ask',
        kind: 'image',
        url: 'https://c.example/i.png',
        origin: 'https://c.example/*',
      },
    });
    const next = await world.nextWorker();
    expect(world.calls).toEqual([]);
    contains.mockResolvedValue(true);
    await next.sends.recover();
    expect(world.callTypes).toEqual(['send/fetch']);
  });

  it('an open question that nobody answered becomes the link', async () => {
    vi.spyOn(browser.permissions, 'contains').mockResolvedValue(false);
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: {
        type: 'ask',
        kind: 'image',
        url: 'https://c.example/i.png',
        origin: 'https://c.example/*',
      },
    });
    world.now += 3 * MINUTE;
    await world.nextWorker();
    expect(world.calls).toMatchObject([
      { type: 'send/text', kind: 'link', text: 'https://c.example/i.png', note: 'link-instead' },
    ]);
  });

  it('what is too old is given up, and the person told', async () => {
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: { type: 'fetch', kind: 'image', url: 'https://c.example/i.png' },
    });
    world.now += 11 * MINUTE;
    const next = await world.nextWorker();
    expect(world.calls).toEqual([]);
    expect(next.stores.sends.all.size).toBe(0);
    expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toEqual([
      `tell:${TRANSFER}:failed`,
    ]);
  });
});
