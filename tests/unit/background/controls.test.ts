import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { App } from '../../../entrypoints/background/app.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { browser } from '../../../lib/browser/index.ts';
import type { Intent } from '../../../lib/messaging/intents.ts';
import type { ViewUpdate } from '../../../lib/messaging/snapshot.ts';
import { EMPTY_STATE, FakeWorld, TRANSFER, transfer } from './fakes.ts';

/** What a person wants done with a transfer reaches the document, also one that has to be made anew. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
});

/** What the document was asked for, but for what every document is asked. */
const asked = () => world.calls.filter(({ type }) => type.startsWith('transfer/'));

describe('of a transfer, or of one file of it', () => {
  it.each<Intent>([
    { type: 'transfer/pause', transferId: TRANSFER },
    { type: 'transfer/pause', transferId: TRANSFER, fileId: 7 },
    { type: 'transfer/resume', transferId: TRANSFER },
    { type: 'transfer/resume', transferId: TRANSFER, fileId: 7 },
    { type: 'transfer/cancel', transferId: TRANSFER },
    { type: 'transfer/cancel', transferId: TRANSFER, fileId: 0 },
    { type: 'transfer/sources', transferId: TRANSFER },
  ])('%o', async (intent) => {
    expect(world.host.present).toBe(false);
    await onIntent(app, intent);
    expect(asked()).toEqual([intent]);
  });
});

describe('a retry', () => {
  it('goes under an id of its own, a fresh one each time', async () => {
    await onIntent(app, { type: 'transfer/retry', transferId: TRANSFER });
    await onIntent(app, { type: 'transfer/retry', transferId: TRANSFER, fileId: 3, force: true });
    const [first, second] = asked();
    const freshId: unknown = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(first).toEqual({ type: 'transfer/retry', transferId: TRANSFER, freshId });
    expect(second).toEqual({
      type: 'transfer/retry',
      transferId: TRANSFER,
      fileId: 3,
      force: true,
      freshId,
    });
    expect(first).not.toMatchObject({ freshId: (second as { freshId: string }).freshId });
  });
});

describe('what goes once more', () => {
  const listed = async (direction: 'in' | 'out'): Promise<void> => {
    const failed = transfer({ direction, state: 'failed', reason: 'interrupted', retryable: true });
    await app.onState({ ...EMPTY_STATE, transfers: [failed] });
  };
  const dismissed = () => asked().some(({ type }) => type === 'transfer/dismiss');

  it('takes the place of what failed in the list', async () => {
    await listed('out');
    await onIntent(app, { type: 'transfer/retry', transferId: TRANSFER });
    expect(asked().map(({ type }) => type)).toEqual(['transfer/retry', 'transfer/dismiss']);
    expect(app.transfers.view).toEqual([]);
  });

  it('goes once, however often that is pressed', async () => {
    await listed('out');
    const press = () => onIntent(app, { type: 'transfer/retry', transferId: TRANSFER });
    await Promise.all([press(), press()]);
    expect(asked().map(({ type }) => type)).toEqual(['transfer/retry', 'transfer/dismiss']);
  });

  it('leaves there what only one file of goes once more, or what the other device is asked for', async () => {
    await listed('out');
    await onIntent(app, { type: 'transfer/retry', transferId: TRANSFER, fileId: 3 });
    await onIntent(app, { type: 'transfer/retry', transferId: TRANSFER, force: true });
    await listed('in');
    await onIntent(app, { type: 'transfer/retry', transferId: TRANSFER });
    expect(dismissed()).toBe(false);
    expect(app.transfers.view).toHaveLength(1);
  });
});

it('a file that is to be allowed or chosen again has a page for it', async () => {
  const open = vi.spyOn(browser.windows, 'create').mockResolvedValue({} as never);
  await onIntent(app, { type: 'open/sources', transferId: TRANSFER });
  expect(open.mock.calls[0]?.[0]?.url).toContain(`send.html?transfer=${TRANSFER}`);
});

it('what is kept to be sent is shown once it was told, also while the document is away', async () => {
  const seen = () => {
    const posted: ViewUpdate[] = [];
    app.hub.attach({ postMessage: (update: ViewUpdate) => posted.push(update) } as never);
    return posted[0]?.type === 'full' ? posted[0].snapshot.outbox : undefined;
  };
  expect(seen()).toBeNull();
  const outbox = { usedBytes: 5, quotaBytes: 9 };
  await app.onState({ ...EMPTY_STATE, outbox });
  expect(seen()).toEqual(outbox);
  await app.onState(EMPTY_STATE);
  expect(seen()).toEqual(outbox);
});
