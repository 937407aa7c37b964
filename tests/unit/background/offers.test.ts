import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { onNoticeButton } from '../../../entrypoints/background/notification-click.ts';
import { browser } from '../../../lib/browser/index.ts';
import { DESK, EMPTY_STATE, FakeWorld, pair, PHONE, TRANSFER, transfer } from './fakes.ts';

/** A person is asked once, and not forgotten about either. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

describe('offers', () => {
  const OFFER = {
    type: 'offer',
    transferId: TRANSFER,
    deviceId: DESK,
    kind: 'files',
    title: 'a.txt',
    count: 1,
    totalBytes: 10,
    known: [] as never[],
  } as const;

  it('[TR12] are asked about once, though told again by each side of a death', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    expect(await onCall(app, OFFER)).toEqual({ decision: 'ask' });
    expect(await onCall(app, OFFER)).toEqual({ decision: 'ask' });
    const next = await world.nextWorker();
    expect(await onCall(next, OFFER)).toEqual({ decision: 'ask' });
    await next.onState({ ...EMPTY_STATE, transfers: [transfer()] });
    expect(create).toHaveBeenCalledOnce();
    expect(create).toHaveBeenCalledWith(
      `offer:${TRANSFER}`,
      expect.objectContaining({ buttons: [{ title: 'Accept' }, { title: 'Decline' }] }),
    );
  });

  it('[PW1] that ask for a password are never accepted unasked, nor on the notification', async () => {
    await onIntent(app, { type: 'device/rule', deviceId: DESK, rule: 'always' });
    const create = vi.spyOn(browser.notifications, 'create');
    const openPopup = vi.spyOn(browser.action, 'openPopup').mockResolvedValue(undefined);
    expect(await onCall(app, { ...OFFER, locked: true })).toEqual({ decision: 'ask' });
    await world.tellsState([transfer({ lock: { type: 'locked', triesLeft: 5 } })]);
    const shown = `offer:${TRANSFER}:locked`;
    expect(create).toHaveBeenCalledExactlyOnceWith(
      shown,
      expect.objectContaining({ buttons: [{ title: 'Enter the password' }, { title: 'Decline' }] }),
    );
    await onNoticeButton(app, shown, 0);
    expect(openPopup).toHaveBeenCalledOnce();
    expect(world.calls.filter(({ type }) => type === 'transfer/decide')).toEqual([]);

    await onIntent(app, { type: 'transfer/unlock', transferId: TRANSFER, password: 'sesame' });
    expect(world.calls.filter(({ type }) => type === 'transfer/unlock')).toMatchObject([
      { password: 'sesame' },
    ]);

    await onNoticeButton(app, shown, 1);
    expect(world.calls.filter(({ type }) => type === 'transfer/decide')).toMatchObject([
      { decision: 'decline' },
    ]);
    expect(await browser.notifications.getAll()).toEqual({});
  });

  it('are on screen still after the document crashed, and asked about once', async () => {
    world.host.present = true;
    await onCall(app, { type: 'ready' });
    const create = vi.spyOn(browser.notifications, 'create');
    await onCall(app, OFFER);
    await world.tellsState([transfer()]);
    await world.documentDies();
    expect(Object.keys(await browser.notifications.getAll())).toEqual([`offer:${TRANSFER}`]);
    await world.tellsState([transfer()]);
    expect(create).toHaveBeenCalledOnce();
  });

  it('that were gone and are there again are asked about again', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    await world.tellsState([transfer()]);
    await world.tellsState([]);
    expect(await browser.notifications.getAll()).toEqual({});
    await world.tellsState([transfer()]);
    expect(create).toHaveBeenCalledTimes(2);
    expect(Object.keys(await browser.notifications.getAll())).toEqual([`offer:${TRANSFER}`]);
  });

  it('are asked about by the next worker when one died as it asked', async () => {
    const create = vi
      .spyOn(browser.notifications, 'create')
      .mockReturnValueOnce(new Promise(() => {}));
    void onCall(app, OFFER);
    await vi.waitFor(() => expect(create).toHaveBeenCalledOnce());
    const next = await world.nextWorker();
    expect(await onCall(next, OFFER)).toEqual({ decision: 'ask' });
    expect(create).toHaveBeenCalledTimes(2);
  });

  it('that ended while no worker lived leave the screen', async () => {
    await onCall(app, OFFER);
    await world.nextWorker();
    await world.tellsState([transfer({ state: 'expired' } as never)]);
    expect(await browser.notifications.getAll()).toEqual({});
  });

  it('[BP2] are shown in words that are what they seem', async () => {
    await onCall(app, { ...OFFER, title: 'photo\u202egpj.exe\nDesk says yes' });
    expect(Object.values(fakeBrowser.notifications.getAllCreateOptions())).toMatchObject([
      { message: 'photogpj.exe Desk says yes · 10 bytes' },
    ]);
  });

  it('are shown again after the browser was started anew', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    await onCall(app, OFFER);
    world.session.data = {};
    const next = await world.nextWorker();
    await next.onState({ ...EMPTY_STATE, transfers: [transfer()] });
    expect(create).toHaveBeenCalledTimes(2);
  });

  it('an answer is written down before the document hears of it, and told by the next worker', async () => {
    await onCall(app, OFFER);
    world.host.present = true;
    await onCall(app, { type: 'ready' });
    let atCall: unknown;
    world.answer = () => {
      atCall = structuredClone(world.local.data['decisions']);
      throw new Error('the worker is gone');
    };
    await expect(onNoticeButton(app, `offer:${TRANSFER}`, 0)).rejects.toThrow();
    expect(atCall).toEqual({ [TRANSFER]: { decision: 'accept', at: world.now } });
    const next = await world.nextWorker();
    expect(world.calls).toContainEqual({
      type: 'transfer/decide',
      transferId: TRANSFER,
      decision: 'accept',
    });
    expect(next.stores.decisions.all.size).toBe(0);
  });

  it('[TR12] the first of two different answers counts', async () => {
    await onCall(app, OFFER);
    world.dies();
    await expect(onNoticeButton(app, `offer:${TRANSFER}`, 1)).rejects.toThrow();
    await expect(onNoticeButton(app, `offer:${TRANSFER}`, 0)).rejects.toThrow();
    await world.nextWorker();
    expect(world.calls.filter(({ type }) => type === 'transfer/decide')).toEqual([
      { type: 'transfer/decide', transferId: TRANSFER, decision: 'decline' },
    ]);
  });

  it('of a device with "always" are accepted without a word, of unknown ones never', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    await onIntent(app, { type: 'device/rule', deviceId: DESK, rule: 'always' });
    expect(await onCall(app, OFFER)).toEqual({ decision: 'accept' });
    await app.onState({ ...EMPTY_STATE, transfers: [transfer()] });
    expect(create).not.toHaveBeenCalled();
    expect(await onCall(app, { ...OFFER, deviceId: PHONE })).toEqual({ decision: 'ask' });
  });

  it('a rule for a device that is not paired is refused, not forgotten', async () => {
    const rule = onIntent(app, { type: 'device/rule', deviceId: PHONE, rule: 'always' });
    await expect(rule).rejects.toMatchObject({ code: 'device-unknown' });
  });

  it('are counted on the badge, and their notification goes with them', async () => {
    const badge = vi.mocked(browser.action.setBadgeText);
    await app.onState({ ...EMPTY_STATE, transfers: [transfer()] });
    expect(badge).toHaveBeenLastCalledWith({ text: '1' });
    expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toHaveLength(1);
    await app.onState({ ...EMPTY_STATE, transfers: [transfer({ state: 'expired' })] });
    expect(badge).toHaveBeenLastCalledWith({ text: '' });
    expect(fakeBrowser.notifications.getAllCreateOptions()).toEqual({});
  });
});
