import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  callBackground,
  callOffscreen,
  exportDebugLog,
  listenInBackground,
  listenInOffscreen,
  tellBackground,
} from '../../../lib/messaging/rpc.ts';
import { TallowError } from '../../../lib/errors/index.ts';
import { FakeRuntime, ORIGIN, OWN_ID } from './fake-runtime.ts';

const held = vi.hoisted(() => ({ runtime: undefined as unknown }));
vi.mock('../../../lib/browser/index.ts', () => ({
  browser: {
    get runtime() {
      return held.runtime;
    },
  },
}));

let runtime: FakeRuntime;
beforeEach(() => {
  runtime = new FakeRuntime();
  held.runtime = runtime;
});

const offscreen = { id: OWN_ID, url: `${ORIGIN}offscreen.html` };
const popup = { id: OWN_ID, url: `${ORIGIN}popup.html` };
const contentScript = { id: OWN_ID, url: 'https://a.example/', tab: { id: 1 } as never };
const stranger = { id: 'another-extension', url: 'chrome-extension://another-extension/x.html' };

class Refusal extends TallowError<'no-room'> {}

describe('calls between contexts', () => {
  describe('background', () => {
    const onCall = vi.fn(async () => ({ decision: 'ask' }));
    const onIntent = vi.fn(async () => {});
    const onLogExport = vi.fn(async () => 'the log');
    beforeEach(() => {
      onCall.mockClear();
      onIntent.mockClear();
      listenInBackground({ onCall, onIntent, onLogExport });
    });
    const idle = { to: 'background', call: { type: 'idle' } };
    const cancel = { to: 'background', intent: { type: 'pair/cancel' } };

    it('takes calls of the offscreen document and answers them', async () => {
      const [answer] = runtime.onMessage.emit(idle, offscreen);
      expect(await answer).toEqual({ ok: true, value: { decision: 'ask' } });
      expect(onCall).toHaveBeenCalledWith({ type: 'idle' });
    });

    it('takes no call of another page: only the document with the keys speaks for them', async () => {
      const [answer] = runtime.onMessage.emit(idle, popup);
      expect(await answer).toEqual({ ok: false, code: 'bad-message' });
      expect(onCall).not.toHaveBeenCalled();
    });

    it('takes intents of its pages, of nobody else', async () => {
      const [answer] = runtime.onMessage.emit(cancel, popup);
      expect(await answer).toMatchObject({ ok: true });
      for (const sender of [contentScript, stranger, {}]) {
        expect(runtime.onMessage.emit(cancel, sender)).toEqual([undefined]);
        expect(runtime.onMessage.emit(idle, sender)).toEqual([undefined]);
      }
      expect(onIntent).toHaveBeenCalledOnce();
    });

    it.each([
      [{ to: 'background' }],
      [{ to: 'background', intent: { type: 'nonsense' } }],
      [{ to: 'background', intent: { type: 'device/remove', deviceId: '../x' } }],
      [{ to: 'background', intent: null }],
    ])('[BP1] refuses %j without asking anybody', async (message) => {
      const [answer] = runtime.onMessage.emit(message, offscreen);
      expect(await answer).toEqual({ ok: false, code: 'bad-message' });
      expect(onIntent).not.toHaveBeenCalled();
    });

    it('[LG4] gives the debug log to the settings and to no other page', async () => {
      const wanted = { to: 'background', export: 'debug-log' };
      const settings = { id: OWN_ID, url: `${ORIGIN}settings.html` };
      expect(await runtime.onMessage.emit(wanted, settings)[0]).toEqual({
        ok: true,
        value: 'the log',
      });
      for (const sender of [popup, offscreen]) {
        const [answer] = runtime.onMessage.emit(wanted, sender);
        expect(await answer).toEqual({ ok: false, code: 'bad-message' });
      }
      for (const sender of [contentScript, stranger, {}])
        expect(runtime.onMessage.emit(wanted, sender)).toEqual([undefined]);
      expect(onLogExport).toHaveBeenCalledOnce();
    });

    it('leaves messages for others alone', () => {
      for (const message of [{ to: 'offscreen', call: { type: 'state/get' } }, null, 'text', 5, {}])
        expect(runtime.onMessage.emit(message, offscreen)).toEqual([undefined]);
    });

    it('a typed error travels as its code, any other as internal', async () => {
      onIntent.mockRejectedValueOnce(new Refusal('no-room', 'details stay here'));
      expect(await runtime.onMessage.emit(cancel, popup)[0]).toEqual({
        ok: false,
        code: 'no-room',
      });
      onIntent.mockRejectedValueOnce(new Error('secret details'));
      expect(await runtime.onMessage.emit(cancel, popup)[0]).toEqual({
        ok: false,
        code: 'internal',
      });
    });
  });

  it('offscreen takes calls of our own contexts only', async () => {
    const onCall = vi.fn(async () => ({ state: 1 }));
    listenInOffscreen(onCall);
    const message = { to: 'offscreen', call: { type: 'state/get' } };
    expect(await runtime.onMessage.emit(message, { id: OWN_ID })[0]).toEqual({
      ok: true,
      value: { state: 1 },
    });
    expect(runtime.onMessage.emit(message, contentScript)).toEqual([undefined]);
    expect(runtime.onMessage.emit(message, stranger)).toEqual([undefined]);
    expect(onCall).toHaveBeenCalledOnce();
  });

  it('what must arrive is sent again to a background that died under it', async () => {
    const deaths: unknown[] = [undefined, undefined, { ok: true, value: {} }];
    runtime.answer = () => deaths.shift();
    const call = { type: 'device/confirmed', deviceId: 'd'.repeat(64) } as const;
    expect(await tellBackground(call)).toEqual({});
    runtime.answer = () => undefined;
    await expect(tellBackground(call)).rejects.toMatchObject({ code: 'no-answer' });
    let asked = 0;
    runtime.answer = () => {
      asked += 1;
      return { ok: false, code: 'device-unknown' };
    };
    await expect(tellBackground(call)).rejects.toMatchObject({ code: 'device-unknown' });
    expect(asked).toBe(1);
  });

  it('[LG4] asks for the debug log', async () => {
    runtime.answer = () => ({ ok: true, value: 'text' });
    expect(await exportDebugLog()).toBe('text');
    runtime.answer = () => ({ ok: true, value: {} });
    await expect(exportDebugLog()).rejects.toMatchObject({ code: 'no-answer' });
  });

  it('gives the value of an answer, and a typed error for a refusal or no answer', async () => {
    runtime.answer = () => ({ ok: true, value: { nonceC: 'x' } });
    expect(await callBackground({ type: 'nameplate/join', nameplate: '12345' })).toEqual({
      nonceC: 'x',
    });
    runtime.answer = () => ({ ok: false, code: 'nameplate-unknown' });
    await expect(callOffscreen({ type: 'state/get' })).rejects.toMatchObject({
      code: 'nameplate-unknown',
    });
    for (const nothing of [undefined, null, { ok: 'yes' }]) {
      runtime.answer = () => nothing;
      await expect(callOffscreen({ type: 'state/get' })).rejects.toMatchObject({
        code: 'no-answer',
      });
    }
    runtime.answer = () => {
      throw new Error('Could not establish connection. Receiving end does not exist.');
    };
    await expect(callOffscreen({ type: 'state/get' })).rejects.toMatchObject({ code: 'no-answer' });
  });
});
