import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { browser } from '../../../lib/browser/index.ts';
import type { OffscreenTransfer } from '../../../lib/messaging/background-calls.ts';
import { DESK, EMPTY_STATE, FakeWorld, pair, TRANSFER, transfer } from './fakes.ts';

/** The list of transfers, and what belongs to each. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

describe('what views see of transfers', () => {
  it('recent transfers are shown while the document is closed, also by the next worker', async () => {
    const ended = transfer({ state: 'saved', endedAt: world.now } as Partial<OffscreenTransfer>);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    const next = await world.nextWorker();
    expect(next.transfers.view).toEqual([{ ...ended, deviceName: 'Desk' }]);
  });

  it('one that was dismissed does not come back', async () => {
    const ended = transfer({ state: 'saved', endedAt: world.now } as Partial<OffscreenTransfer>);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    await onIntent(app, { type: 'transfer/dismiss', transferId: TRANSFER });
    expect(app.transfers.view).toEqual([]);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    expect(world.local.data['recent']).toEqual({});
    expect((await world.nextWorker()).transfers.view).toEqual([]);
  });

  it('fifty ended ones are kept, with what belongs to them', async () => {
    for (let n = 0; n < 60; n += 1) {
      const transferId = n.toString(16).padStart(32, '0');
      await onCall(app, { type: 'text', transferId, deviceId: DESK, kind: 'text', text: `t${n}` });
      const ended = {
        transferId,
        createdAt: world.now + n,
        endedAt: world.now + n,
        state: 'saved',
      };
      await app.onState({
        ...EMPTY_STATE,
        transfers: [transfer(ended as Partial<OffscreenTransfer>)],
      });
    }
    expect(app.stores.recent.all.size).toBe(50);
    const texts = Object.keys(world.local.data).filter((key) => key.startsWith('text:'));
    expect(texts).toHaveLength(50);
  });
});

describe('received texts', () => {
  it('are written down before anybody is told, and copied on a click', async () => {
    const stored: unknown[] = [];
    vi.spyOn(browser.notifications, 'create').mockImplementation((async () => {
      stored.push(world.local.data[`text:${TRANSFER}`]);
    }) as never);
    const call = { type: 'text', transferId: TRANSFER, deviceId: DESK } as const;
    await onCall(app, { ...call, kind: 'text', text: 'secret words' });
    expect(stored).toEqual([{ kind: 'text', text: 'secret words' }]);
    const next = await world.nextWorker();
    await onIntent(next, { type: 'transfer/open', transferId: TRANSFER });
    expect(world.calls).toContainEqual({ type: 'clipboard/write', text: 'secret words' });
  });

  it('[TR13] a link is opened only when it is http or https', async () => {
    const create = vi.spyOn(browser.tabs, 'create');
    const call = { type: 'text', transferId: TRANSFER, deviceId: DESK, kind: 'link' } as const;
    await onCall(app, { ...call, text: 'javascript:alert(1)' });
    await expect(
      onIntent(app, { type: 'transfer/open', transferId: TRANSFER }),
    ).rejects.toMatchObject({ code: 'not-a-link' });
    expect(create).not.toHaveBeenCalled();
    await onCall(app, { ...call, text: 'https://a.example/' });
    await onIntent(app, { type: 'transfer/open', transferId: TRANSFER });
    expect(create).toHaveBeenCalledWith({ url: 'https://a.example/' });
  });
});
