import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { reachConfigSchema, type ReachConfig } from '../../../lib/messaging/offscreen-calls.ts';
import { DESK, FakeWorld, pair, type FakeSocket } from './fakes.ts';

const MINUTE = 60_000;
const SERVER = 'http://127.0.0.1:8790';
const OK = { ok: true };

let world: FakeWorld;
let app: App;
let asked: number;
/** What the server says to `turn-credentials`. */
let grant: object | undefined;

const turnOf = (username: string) => ({
  url: 'turn:server.example:3478?transport=udp',
  username,
  credential: 'cHc=',
});
const granted = (username: string, expiresInMs = 60 * MINUTE) => ({
  ok: true,
  stun: ['stun:server.example:3478'],
  turn: [turnOf(username)],
  expiresInMs,
});

beforeEach(async () => {
  // Timers only: clocks are the world's.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  world = new FakeWorld();
  [asked, grant] = [0, granted('first')];
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
  await app.stores.settings.set({
    ...app.stores.settings.get(),
    signalingUrl: SERVER,
    stunServers: 'stun:own.example:3478',
    turnServers: 'turn:own.example:3478?transport=tcp me secret',
  });
  await app.resume();
});

afterEach(() => {
  vi.useRealTimers();
});

function socket(): FakeSocket {
  const last = world.sockets.at(-1);
  if (!last) throw new Error('no socket');
  return last;
}

/** Everything that is under way in promises. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

async function online(): Promise<void> {
  socket().answer = (event) => {
    if (event !== 'turn-credentials') return OK;
    asked += 1;
    return grant;
  };
  socket().comesOnline(world.now);
  await settled();
}

const turnNames = (config = app.reach.config) => config.turn.map(({ username }) => username);
const told = () =>
  world.calls.flatMap((call) => (call.type === 'reach' ? [call.reach] : [])) as ReachConfig[];

describe('TURN credentials', () => {
  it('[SV15] are asked for once in a room, and reach an open document', async () => {
    await app.offscreen.ensure();
    expect(turnNames()).toEqual(['me']);
    await online();
    expect(asked).toBe(1);
    expect(told()).toHaveLength(1);
    expect(told()[0]).toEqual(app.reach.config);
    expect(app.reach.config).toMatchObject({
      stun: [{ url: 'stun:own.example:3478' }, { url: 'stun:server.example:3478' }],
      turn: [
        { url: 'turn:own.example:3478?transport=tcp', username: 'me', credential: 'secret' },
        turnOf('first'),
      ],
    });
    // Whose fault a dead one is: the document's check must hear it too.
    const reach = v.parse(reachConfigSchema, app.reach.config);
    for (const list of [reach.stun, reach.turn])
      expect(list.map(({ from }) => from)).toEqual([undefined, 'server']);
  });

  it('[SV15] come with the first word to a document that is opened later', async () => {
    await online();
    const { reach } = (await onCall(app, { type: 'ready' })) as { reach: ReachConfig };
    expect(turnNames(reach)).toEqual(['me', 'first']);
  });

  it('[SV15] are asked for when the first room is joined, not before', async () => {
    socket().answer = (event) => {
      if (event === 'join-room') return { ok: false, code: 'room-full' };
      if (event === 'turn-credentials') asked += 1;
      return event === 'turn-credentials' ? grant : OK;
    };
    socket().comesOnline(world.now);
    await settled();
    expect(asked).toBe(0);
    const answer = socket().answer;
    socket().answer = (event) => (event === 'join-room' ? OK : answer(event));
    await vi.advanceTimersByTimeAsync(2_000);
    await settled();
    expect(asked).toBe(1);
  });

  it('[SV15] are renewed at half of their time', async () => {
    await online();
    grant = granted('second');
    world.now += 30 * MINUTE - 1;
    await app.keep();
    await settled();
    expect([asked, turnNames()]).toEqual([1, ['me', 'first']]);
    world.now += 1;
    await app.keep();
    await settled();
    expect([asked, turnNames()]).toEqual([2, ['me', 'second']]);
  });

  it('[SV15] are renewed by a worker that lives on, without the alarm', async () => {
    await online();
    grant = granted('second');
    world.now += 30 * MINUTE;
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    expect([asked, turnNames()]).toEqual([2, ['me', 'second']]);
  });

  it('[SV15] are used no longer than they are good, and the document is told', async () => {
    await app.offscreen.ensure();
    await online();
    grant = undefined;
    world.now += 60 * MINUTE - 1;
    expect(turnNames()).toEqual(['me', 'first']);
    world.now += 1;
    expect(turnNames()).toEqual(['me']);
    await app.keep();
    expect(turnNames(told().at(-1))).toEqual(['me']);
  });

  it('[SV15] outlive the worker, and end with the browser', async () => {
    await online();
    app = await world.nextWorker();
    expect(turnNames()).toEqual(['me', 'first']);
    await online();
    expect(asked).toBe(1);
    world.session.data = {};
    app = await world.nextWorker();
    expect(turnNames()).toEqual(['me']);
    await online();
    expect([asked, turnNames()]).toEqual([2, ['me', 'first']]);
    expect(JSON.stringify(world.local.data)).not.toContain('cHc=');
  });

  it('[SV15] of a server that is no longer set are dropped', async () => {
    await online();
    await onIntent(app, { type: 'settings/set', settings: { signalingUrl: 'wss://b.example' } });
    expect(turnNames()).toEqual(['me']);
    grant = granted('from b');
    await online();
    expect(turnNames()).toEqual(['me', 'from b']);
  });

  it('[SV15] are not kept once they are of no use', async () => {
    const kept = () => {
      const stored = world.session.data['reach'] as { grants: { server: string }[] } | undefined;
      return stored?.grants.map(({ server }) => server);
    };
    await onIntent(app, {
      type: 'settings/set',
      settings: { signalingUrl: `${SERVER} http://b.example` },
    });
    await online();
    expect(kept()).toEqual([SERVER]);
    grant = { ok: false, code: 'rate-limited' };
    world.now += 60 * MINUTE;
    await app.keep();
    await settled();
    expect(kept()).toEqual([]);
    grant = granted('again');
    world.now += MINUTE;
    await app.keep();
    await settled();
    expect(kept()).toEqual([SERVER]);
    await onIntent(app, { type: 'settings/set', settings: { signalingUrl: 'http://b.example' } });
    expect(kept()).toEqual([]);
  });

  it('[SV15] [SV17] of both servers are used after a failover', async () => {
    await onIntent(app, {
      type: 'settings/set',
      settings: { signalingUrl: `${SERVER} http://b.example` },
    });
    await online();
    socket().fire('disconnect', 'transport close');
    await vi.advanceTimersByTimeAsync(1_000);
    socket().fire('connect_error', new Error('refused'));
    expect(socket().url).toBe('http://b.example');
    grant = {
      ...granted('second'),
      turn: [{ ...turnOf('second'), url: 'turn:b.example?transport=udp' }],
    };
    await online();
    expect(turnNames()).toEqual(['me', 'second', 'first']);
  });

  it.each([
    OK,
    { ok: true, stun: 'x', turn: [], expiresInMs: 1 },
    { ...granted('x'), turn: [{ ...turnOf('x'), url: 'turn:x' }] },
    { ok: false, code: 'rate-limited' },
    { ok: false, code: 'because' },
  ])('[SV15] in a bad answer change nothing, and are not asked for at once: %j', async (answer) => {
    grant = answer;
    await online();
    expect([asked, turnNames()]).toEqual([1, ['me']]);
    await app.keep();
    await settled();
    expect(asked).toBe(1);
    grant = granted('good');
    world.now += 30_000;
    await app.keep();
    await settled();
    expect([asked, turnNames()]).toEqual([2, ['me', 'good']]);
  });

  it('[SV15] of no time at all make no storm of requests', async () => {
    grant = granted('x', 0);
    await online();
    for (let second = 0; second < 59; second += 1) {
      world.now += 1_000;
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect([asked, turnNames()]).toEqual([1, ['me']]);
  });

  it('[SV15] refused for want of a room are asked for again after a second', async () => {
    grant = { ok: false, code: 'not-in-room' };
    await online();
    expect(asked).toBe(1);
    grant = granted('first');
    world.now += 1_000;
    await vi.advanceTimersByTimeAsync(1_000);
    expect([asked, turnNames()]).toEqual([2, ['me', 'first']]);
  });
});

it('[SV15] a document that outlived a worker is told what ran out meanwhile', async () => {
  await app.offscreen.ensure();
  await online();
  expect(turnNames(told().at(-1))).toEqual(['me', 'first']);
  world.now += 60 * MINUTE;
  app = await world.nextWorker();
  expect(turnNames(told().at(-1))).toEqual(['me']);
});

describe('settings', () => {
  it('reach an open document when they change, and only then', async () => {
    await app.offscreen.ensure();
    await onIntent(app, { type: 'settings/set', settings: { codeStyle: 'characters' } });
    expect(told()).toEqual([]);
    await onIntent(app, { type: 'settings/set', settings: { privacyMode: true } });
    expect(told()).toMatchObject([{ privacyMode: true }]);
    await onIntent(app, { type: 'settings/set', settings: { turnServers: '' } });
    expect(told().at(-1)).toMatchObject({ privacyMode: true, turn: [] });
  });
});

describe('what was lost on the way to the document', () => {
  const privacy = (privacyMode: boolean) =>
    onIntent(app, { type: 'settings/set', settings: { privacyMode } });

  beforeEach(async () => {
    await app.offscreen.ensure();
    const { answer } = world;
    world.answer = (call) => {
      if (call.type === 'reach') throw new Error('lost');
      return answer(call);
    };
    await privacy(true);
    await settled();
    expect(told()).toMatchObject([{ privacyMode: true }]);
    world.answer = answer;
    world.calls.length = 0;
  });

  it('[IC5] is said again at the alarm, and once it arrived no more', async () => {
    await app.keep();
    await settled();
    expect(told()).toMatchObject([{ privacyMode: true }]);
    await app.keep();
    await settled();
    expect(told()).toHaveLength(1);
  });

  it('[IC5] is said again before anything else is asked of the document', async () => {
    await app.offscreen.call({ type: 'pair/cancel' });
    expect(world.callTypes).toEqual(['reach', 'pair/cancel']);
    await app.offscreen.callIfOpen({ type: 'network-changed' });
    expect(world.callTypes).toEqual(['reach', 'pair/cancel', 'network-changed']);
  });

  it('[IC5] is not forgotten over what the document itself tells', async () => {
    await onCall(app, { type: 'nat', nat: { type: 'symmetric', confidence: 0.9 } });
    await settled();
    expect(told()).toMatchObject([{ privacyMode: true, nat: { type: 'symmetric' } }]);
  });

  it('[IC5] comes with the answer to the document’s first word, and not again', async () => {
    const { reach } = (await onCall(app, { type: 'ready' })) as { reach: ReachConfig };
    expect(reach.privacyMode).toBe(true);
    await app.keep();
    await settled();
    expect(told()).toEqual([]);
  });

  it('[IC5] comes before presence and signals when a new worker finds the document', async () => {
    world.calls.length = 0;
    app = await world.startWorker();
    const resuming = app.resume();
    // At once, while nothing is known of the document yet.
    socket().comesOnline(world.now);
    const [roomId] = [...app.devices.rooms(0).keys()];
    socket().fire('peer-joined', { roomId, peerId: '0'.repeat(32), socketId: 'peer' });
    socket().fire('offer', { from: 'peer', roomId, data: 'AAAA' });
    await resuming;
    await settled();
    expect(world.host.creations).toBe(1);
    const news = world.calls.filter(({ type }) => type !== 'state/get');
    expect(news[0]).toMatchObject({ type: 'reach', reach: { privacyMode: true } });
    const knowsPeer = news.findIndex(
      (call) => call.type === 'presence' && call.presence.peers[0]?.socketId === 'peer',
    );
    expect(knowsPeer).toBeGreaterThan(0);
    expect(news.findIndex(({ type }) => type === 'signal')).toBeGreaterThan(knowsPeer);
    expect(told()).toHaveLength(1);
  });

  it('[IC5] comes first even where the signal itself finds the document', async () => {
    world.calls.length = 0;
    app = await world.startWorker();
    await app.offscreen.call({ type: 'pair/cancel' });
    expect(world.callTypes).toEqual(['state/get', 'reach', 'pair/cancel']);
  });

  it('[IC5] is told to a document that came after a crash, by its first word', async () => {
    await world.documentDies();
    world.calls.length = 0;
    await app.offscreen.call({ type: 'pair/cancel' });
    expect(world.host.creations).toBe(2);
    expect(world.callTypes).toEqual(['pair/cancel']);
  });
});

describe('the NAT', () => {
  const nat = { type: 'symmetric', confidence: 0.9 } as const;

  it('is kept for ten minutes, and not told to who found it', async () => {
    await app.offscreen.ensure();
    await onCall(app, { type: 'nat', nat });
    expect(app.reach.config.nat).toEqual(nat);
    expect(told()).toEqual([]);
    world.now += 10 * MINUTE - 1;
    expect(app.reach.config.nat).toEqual(nat);
    world.now += 1;
    expect(app.reach.config.nat).toBeNull();
  });

  it('is forgotten by a new worker: meanwhile nobody watched the network', async () => {
    await onCall(app, { type: 'nat', nat });
    app = await world.nextWorker();
    expect(app.reach.config.nat).toBeNull();
  });

  it.each(['transport close', 'ping timeout', 'io server disconnect'])(
    'is forgotten with the socket (%s)',
    async (reason) => {
      await online();
      await onCall(app, { type: 'nat', nat });
      expect(app.reach.config.nat).toEqual(nat);
      socket().fire('disconnect', reason);
      expect(app.reach.config.nat).toBeNull();
    },
  );

  it('is forgotten with a socket that fell silent', async () => {
    await online();
    await onCall(app, { type: 'nat', nat });
    socket().answer = () => undefined;
    const probing = app.connection.probe();
    await vi.advanceTimersByTimeAsync(2_000);
    await probing;
    expect(app.reach.config.nat).toBeNull();
  });

  it('is kept where we leave a server ourselves', async () => {
    await online();
    await onCall(app, { type: 'nat', nat });
    await onIntent(app, { type: 'settings/set', settings: { signalingUrl: 'wss://b.example' } });
    expect(app.reach.config.nat).toEqual(nat);
    await online();
    expect(app.reach.config.nat).toEqual(nat);
  });

  it('is forgotten with the network', async () => {
    await onCall(app, { type: 'nat', nat });
    await app.networkChanged();
    expect(app.reach.config.nat).toBeNull();
  });

  it('that is unknown is not passed on as a finding', async () => {
    await onCall(app, { type: 'nat', nat: { type: 'unknown', confidence: 0 } });
    expect(app.reach.config.nat).toBeNull();
  });
});

describe('another network', () => {
  it('[SV16] is told to an open document, and a silent server is left within two seconds', async () => {
    await app.offscreen.ensure();
    await online();
    socket().answer = () => undefined;
    const before = socket().connects;
    const changed = app.networkChanged();
    await vi.advanceTimersByTimeAsync(2_000);
    await changed;
    expect(world.callTypes).toContain('network-changed');
    expect(socket().connects).toBe(before + 1);
    expect(app.connection.view.state).toBe('connecting');
  });

  it('[SV16] leaves a server alone that answers', async () => {
    await online();
    const before = socket().connects;
    await app.networkChanged();
    expect(socket().sent.map(([event]) => event)).toContain('ping');
    expect(socket().connects).toBe(before);
    expect(app.connection.view.state).toBe('online');
  });

  it('[SV16] is supposed after the machine slept, seen by the clock at the alarm', async () => {
    await app.offscreen.ensure();
    await online();
    await app.keep();
    world.now += 30_000;
    await app.keep();
    expect(world.callTypes).not.toContain('network-changed');
    world.now += 8 * 60 * MINUTE;
    await app.keep();
    expect(world.callTypes).toContain('network-changed');
    expect(socket().sent.map(([event]) => event)).toContain('ping');
  });

  it('[SV16] ends the rest of a server that was away', async () => {
    socket().fire('connect_error', new Error('refused'));
    const before = socket().connects;
    await app.networkChanged();
    expect(socket().connects).toBe(before + 1);
  });
});

describe('"Check connection"', () => {
  const facts = async () => {
    await onIntent(app, { type: 'check/run' });
    const call = world.calls.findLast(({ type }) => type === 'check/run');
    return call?.type === 'check/run' ? call.server : undefined;
  };

  it('knows the server’s version and clock', async () => {
    socket().comesOnline(world.now + 7_000);
    await settled();
    expect(await facts()).toEqual({ online: true, version: 2, clockOffset: 7_000, paired: true });
  });

  it('[SV1] knows the version of a server that was left for it', async () => {
    socket().fire('server-info', { version: 99, time: 0 });
    expect(await facts()).toEqual({ online: true, version: 99, clockOffset: null, paired: true });
  });

  it('knows nothing of a server that is away', async () => {
    expect(await facts()).toEqual({
      online: false,
      version: null,
      clockOffset: null,
      paired: true,
    });
    socket().fire('connect_error', new Error('refused'));
    expect(await facts()).toEqual({
      online: false,
      version: null,
      clockOffset: null,
      paired: true,
    });
  });
});

it('[SV17] a new worker begins with the first server of the list', async () => {
  await onIntent(app, {
    type: 'settings/set',
    settings: { signalingUrl: `${SERVER},\nhttp://b.example` },
  });
  socket().fire('connect_error', new Error('refused'));
  expect(socket().url).toBe('http://b.example');
  await online();
  expect(app.connection.view).toEqual({ state: 'online', url: 'http://b.example' });
  app = await world.nextWorker();
  expect(socket().url).toBe(SERVER);
  await online();
  expect(app.connection.view).toEqual({ state: 'online', url: SERVER });
});
