import { beforeEach, describe, expect, it } from 'vitest';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import type { App } from '../../../entrypoints/background/app.ts';
import { DESK, EMPTY_STATE, FakeWorld, pair, type FakeSocket } from './fakes.ts';

const DAY = 24 * 60 * 60 * 1000;

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
  await app.resume();
});

function socket(): FakeSocket {
  const last = world.sockets.at(-1);
  if (!last) throw new Error('no socket');
  return last;
}

function room(): string {
  const [first] = [...app.devices.rooms(0).keys()];
  if (first === undefined) throw new Error('no room');
  return first;
}

function arrives(socketId: string): void {
  socket().fire('peer-joined', { roomId: room(), peerId: '0'.repeat(32), socketId });
}

describe('rooms', () => {
  it('[RC2] joins today’s room of each device once online', () => {
    expect(socket().joined).toEqual([]);
    socket().comesOnline();
    expect(socket().joined).toEqual([room()]);
    expect(app.connection.view).toMatchObject({ state: 'online' });
  });

  it('[RC2] is in the next day’s room before midnight, and leaves the old one after', async () => {
    socket().comesOnline();
    const today = room();
    world.now += DAY / 2 - 60_000;
    await app.keep();
    expect(socket().joined).toHaveLength(2);
    const tomorrow = socket().joined[1];
    world.now += 3 * 60 * 60 * 1000;
    await app.keep();
    const left = socket().sent.filter(([event]) => event === 'leave-room');
    expect(left.map(([, roomId]) => roomId)).toEqual([today]);
    expect([...app.devices.rooms(0).keys()]).toEqual([tomorrow]);
  });

  it('[RC2] is in the server’s day’s room where clocks differ by more than two hours', () => {
    socket().comesOnline(world.now + 2 * DAY);
    expect(socket().joined).toHaveLength(2);
  });

  it('joins the room of a new device at once', async () => {
    socket().comesOnline();
    await app.devices.paired({
      type: 'device/paired',
      deviceId: 'e'.repeat(64),
      name: 'Phone',
      rvRoot: btoa('x'.repeat(32)),
      checkWords: [],
      state: 'pending',
    });
    expect(socket().joined).toHaveLength(2);
  });
});

describe('[RC11] a click on a device that is there', () => {
  const knocks = () => socket().sent.filter(([, message]) => isKnock(message));
  const isKnock = (message: unknown): message is { target: string } =>
    typeof message === 'object' && message !== null && 'data' in message && message.data === 'Cg==';

  it('knocks once at each of its sockets, while the document opens', async () => {
    socket().comesOnline();
    arrives('desk-socket');
    await onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    expect(knocks().map(([event, message]) => [event, message])).toEqual([
      ['pqc-public-key', { target: 'desk-socket', roomId: room(), data: 'Cg==' }],
    ]);
  });

  it('does not knock where a connection stands, nor where nobody is', async () => {
    socket().comesOnline();
    await onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    arrives('desk-socket');
    await app.onState({
      ...EMPTY_STATE,
      connections: { [DESK]: { state: 'connected', path: null } },
    });
    await onIntent(app, { type: 'send/text', deviceId: DESK, text: 'again' });
    expect(knocks()).toEqual([]);
  });
});

describe('presence', () => {
  it('shows a device online while a socket is in its room, and when it was last seen', async () => {
    socket().comesOnline();
    const [before] = app.devices.view(app.connection.online, {});
    expect(before?.presence).toBe('offline');
    world.now += 5000;
    arrives('peer1');
    const [there] = app.devices.view(app.connection.online, {});
    expect(there).toMatchObject({ presence: 'online', lastSeenAt: world.now });
    world.now += 5000;
    socket().fire('peer-left', { roomId: room(), socketId: 'peer1' });
    const [gone] = app.devices.view(app.connection.online, {});
    expect(gone).toMatchObject({ presence: 'offline', lastSeenAt: world.now });
  });

  it('reaches an open document, and opens none', async () => {
    socket().comesOnline();
    arrives('peer1');
    await Promise.resolve();
    expect(world.calls).toEqual([]);
    await app.offscreen.ensure();
    arrives('peer2');
    await expect
      .poll(() => world.calls.at(-1))
      .toMatchObject({
        type: 'presence',
        presence: {
          online: true,
          peers: [
            { roomId: room(), socketId: 'peer1', deviceId: DESK },
            { roomId: room(), socketId: 'peer2', deviceId: DESK },
          ],
        },
      });
  });
});

describe('messages', () => {
  it('of a known device open the document', async () => {
    socket().comesOnline();
    arrives('peer1');
    socket().fire('offer', { from: 'peer1', roomId: room(), data: 'AAAA' });
    await expect
      .poll(() => world.calls)
      .toEqual([{ type: 'signal', roomId: room(), from: 'peer1', data: 'AAAA' }]);
    expect(world.host.creations).toBe(1);
  });

  it('in a nameplate’s room open none: without the document there is no pairing', async () => {
    socket().comesOnline();
    const joining = app.connection.joinNameplate('12345').catch(() => undefined);
    socket().fire('peer-joined', { roomId: 'n12345', peerId: '0'.repeat(32), socketId: 'p' });
    socket().fire('offer', { from: 'p', roomId: 'n12345', data: 'AAAA' });
    await joining;
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.host.creations).toBe(0);
  });

  it('that are no message are refused before they are sent', async () => {
    socket().comesOnline();
    await expect(
      app.connection.send('offer', { roomId: 'x', target: 'y', data: {} }),
    ).rejects.toMatchObject({ code: 'bad-request' });
    expect(socket().sent.some(([event]) => event === 'offer')).toBe(false);
  });
});

describe('the server', () => {
  it('that cannot be reached is said so, until it can', async () => {
    expect(app.connection.view.state).toBe('connecting');
    socket().fire('connect_error', new Error('refused'));
    expect(app.connection.view).toMatchObject({ state: 'offline', reason: 'unreachable' });
    await app.keep();
    socket().comesOnline();
    expect(app.connection.view.state).toBe('online');
  });

  it('of another version is said so, and tried again by the alarm', async () => {
    socket().fire('server-info', { version: 99, time: 0 });
    expect(app.connection.view).toMatchObject({ state: 'offline', reason: 'incompatible' });
    const before = socket().connects;
    await app.keep();
    expect(socket().connects).toBe(before + 1);
    socket().comesOnline();
    expect(app.connection.view.state).toBe('online');
  });

  it('is another one after the setting changed; the old one is left', async () => {
    const old = socket();
    old.comesOnline();
    await onIntent(app, { type: 'settings/set', settings: { signalingUrl: 'wss://new.example' } });
    expect(old.connected).toBe(false);
    expect(socket()).not.toBe(old);
    expect(socket().url).toBe('wss://new.example');
    socket().comesOnline();
    expect(socket().joined).toEqual([room()]);
  });

  it('is the same connection when another setting changed', async () => {
    const before = world.sockets.length;
    await onIntent(app, { type: 'settings/set', settings: { codeStyle: 'characters' } });
    expect(world.sockets).toHaveLength(before);
  });

  it('can be none', async () => {
    await onIntent(app, { type: 'settings/set', settings: { signalingUrl: '' } });
    expect(app.connection.view).toEqual({ state: 'offline', url: '', reason: 'off' });
    await expect(app.connection.createNameplate(new Uint8Array(16))).rejects.toMatchObject({
      code: 'offline',
    });
  });

  it.each(['ftp://x.example', 'localhost:80', 'nonsense'])('is not %s', async (signalingUrl) => {
    await expect(
      onIntent(app, { type: 'settings/set', settings: { signalingUrl } }),
    ).rejects.toMatchObject({ code: 'bad-url' });
    expect(app.stores.settings.get().signalingUrl).not.toBe(signalingUrl);
  });

  it('that was away is tried again by the alarm, without a moment of "connecting"', async () => {
    socket().fire('connect_error', new Error('refused'));
    const before = socket().connects;
    await app.keep();
    expect(socket().connects).toBe(before + 1);
    expect(app.connection.view).toMatchObject({ state: 'offline', reason: 'unreachable' });
  });

  it('that was away is tried again at once for who needs it', async () => {
    socket().fire('connect_error', new Error('refused'));
    const creating = app.connection
      .createNameplate(new Uint8Array(16))
      .catch((error: unknown) => error);
    expect(app.connection.view.state).toBe('connecting');
    socket().comesOnline();
    await creating;
    expect(socket().sent.some(([event]) => event === 'create-nameplate')).toBe(true);
  });

  it('that stays away is not waited for to the end', async () => {
    socket().fire('connect_error', new Error('refused'));
    const creating = app.connection.createNameplate(new Uint8Array(16));
    socket().fire('connect_error', new Error('refused'));
    await expect(creating).rejects.toMatchObject({ code: 'offline' });
  });

  it('that is online is left alone by the alarm', async () => {
    socket().comesOnline();
    const before = socket().connects;
    await app.keep();
    expect(socket().connects).toBe(before);
  });

  it('that is just being connected to is waited for', async () => {
    const creating = app.connection
      .createNameplate(new Uint8Array(16))
      .catch((error: unknown) => error);
    socket().comesOnline();
    await creating;
    expect(socket().sent.some(([event]) => event === 'create-nameplate')).toBe(true);
  });
});
