import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onNoticeClick } from '../../../entrypoints/background/notification-click.ts';
import { browser } from '../../../lib/browser/index.ts';
import type { OffscreenTransfer } from '../../../lib/messaging/background-calls.ts';
import { DESK, EMPTY_STATE, FakeWorld, pair, TRANSFER, transfer } from './fakes.ts';

/** What stands still until a person does something is told of once, while no page is open. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

const needing = (reason: string, direction: 'in' | 'out' = 'out') =>
  transfer({ direction, state: 'needs-you', reason } as Partial<OffscreenTransfer>);
const tells = (...transfers: OffscreenTransfer[]) => app.onState({ ...EMPTY_STATE, transfers });
const shown = () => Object.keys(fakeBrowser.notifications.getAllCreateOptions());

describe('a person who is needed', () => {
  it.each([
    ['allow-file', 'out', /Allow .* for Desk/],
    ['choose-file', 'out', /Choose the file for Desk again/],
    ['make-room', 'in', /not enough room on this device/],
    ['save-failed', 'in', /could not save/],
  ] as const)('hears of %s once, however often it is told', async (reason, direction, title) => {
    const create = vi.spyOn(browser.notifications, 'create');
    await tells(needing(reason, direction));
    await tells(needing(reason, direction));
    app = await world.nextWorker();
    await tells(needing(reason, direction));
    expect(create).toHaveBeenCalledOnce();
    expect(shown()).toEqual([`need:${TRANSFER}:${reason}`]);
    expect((create.mock.calls[0] as unknown[])[1]).toMatchObject({
      title: expect.stringMatching(title) as string,
      message: expect.stringContaining('a.txt') as string,
    });
  });

  it('hears of one file among others that go on', async () => {
    const held = { fileId: 3, path: 'b.txt', size: 1, doneBytes: 0, state: 'needs-you' } as const;
    const files = [{ ...held, reason: 'choose-file' }];
    const going = { direction: 'out', state: 'transferring', files } as Partial<OffscreenTransfer>;
    await tells(transfer(going));
    expect(shown()).toEqual([`need:${TRANSFER}:choose-file`]);
    await tells(transfer({ ...going, state: 'cancelled' } as Partial<OffscreenTransfer>));
    expect(shown()).toEqual([]);
  });

  it('hears nothing of what the person has just said no to', async () => {
    await tells(needing('choose-place', 'in'));
    expect(shown()).toEqual([]);
  });

  it('is let alone once it goes on, and hears of it when it stands still again', async () => {
    await tells(needing('make-room', 'in'));
    await tells(transfer({ state: 'transferring' } as Partial<OffscreenTransfer>));
    expect(shown()).toEqual([]);
    await tells(needing('make-room', 'in'));
    expect(shown()).toEqual([`need:${TRANSFER}:make-room`]);
  });

  it('sees one question after the other', async () => {
    await tells(needing('allow-file'));
    await tells(needing('choose-file'));
    expect(shown()).toEqual([`need:${TRANSFER}:choose-file`]);
  });

  it('sees none any more of what went on while no worker lived', async () => {
    await tells(needing('allow-file'));
    app = await world.nextWorker();
    await tells();
    expect(shown()).toEqual([]);
  });
});

describe('a click on it', () => {
  it.each(['allow-file', 'choose-file'])('%s opens the page for it', async (need) => {
    const open = vi.spyOn(browser.windows, 'create').mockResolvedValue({} as never);
    await onNoticeClick(app, `need:${TRANSFER}:${need}`);
    expect(open.mock.calls[0]?.[0]?.url).toMatch(
      new RegExp(`send\\.html\\?transfer=${TRANSFER}$`, 'u'),
    );
  });

  it('make-room opens the list', async () => {
    const open = vi.spyOn(browser.windows, 'create').mockResolvedValue({} as never);
    await onNoticeClick(app, `need:${TRANSFER}:make-room`);
    expect(open.mock.calls[0]?.[0]?.url).toMatch(/popup\.html$/);
  });

  it('save-failed saves it again', async () => {
    await tells(needing('save-failed', 'in'));
    await onNoticeClick(app, `need:${TRANSFER}:save-failed`);
    expect(world.calls).toContainEqual({ type: 'save/retry', transferId: TRANSFER });
  });
});
