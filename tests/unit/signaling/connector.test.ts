import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SignalingMessage } from '../../../lib/signaling/client.ts';
import { PROBE_TIMEOUT_MS } from '../../../lib/signaling/constants.ts';
import { Connector } from '../../../lib/signaling/connector.ts';
import type { PresenceChange } from '../../../lib/signaling/presence.ts';
import {
  ANSWER_MS,
  MOVE_MS,
  PREFER_EVERY_MS,
  REST_MS,
} from '../../../lib/signaling/server-list.ts';
import { FakeSocket } from './fake-socket.ts';

const ROOM = `r${'1'.repeat(32)}`;
const OTHER_ROOM = `r${'2'.repeat(32)}`;
const OK = { ok: true };
const [A, B, C] = ['http://a.example', 'http://b.example', 'http://c.example'] as const;

interface OpenedSocket extends FakeSocket {
  readonly url: string;
}

let sockets: OpenedSocket[];
let messages: SignalingMessage[];
let presence: PresenceChange[];
let expired: string[];
let changes: number;
let losses: number;
let connector: Connector;

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, messages, presence, expired, changes, losses] = [[], [], [], [], 0, 0];
  connector = new Connector({
    openSocket: (url) => {
      const socket = Object.assign(new FakeSocket(), { url });
      socket.autoAnswer = () => OK;
      sockets.push(socket);
      return socket;
    },
    onMessage: (message) => messages.push(message),
    onPresence: (change) => presence.push(change),
    onNameplateExpired: (nameplate) => expired.push(nameplate),
    onOnline: () => {},
    onRooms: () => {},
    onLost: () => (losses += 1),
    onChange: () => (changes += 1),
    now: () => 1_800_000_000_000,
    random: () => 0.5,
  });
  connector.setRooms([ROOM]);
});

afterEach(() => {
  connector.use([]);
  expect(vi.getTimerCount()).toBe(0);
  for (const socket of sockets) expect(socket.connected).toBe(false);
  vi.useRealTimers();
});

/** The latest socket to this server. */
function at(url: string): OpenedSocket {
  const found = sockets.findLast((socket) => socket.url === url);
  if (!found) throw new Error(`no socket to ${url}`);
  return found;
}

const refuses = (url: string) => at(url).receive('connect_error', new Error('refused'));
const joins = (url: string) => at(url).requests('join-room').length;
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const peer = (socketId: string, roomId = ROOM) => ({ roomId, peerId: 'c'.repeat(32), socketId });

/** On the second server, since the first is away. */
async function onSecond(): Promise<void> {
  connector.use([A, B]);
  refuses(A);
  at(B).accept('me-b');
  await tick();
  expect(connector.status).toEqual({ state: 'online', url: B });
}

describe('a connection that is gone', () => {
  it.each(['transport close', 'io server disconnect'])('is told as lost: %s', async (reason) => {
    connector.use([A, B]);
    refuses(A);
    expect(losses).toBe(0);
    at(B).accept('me');
    await tick();
    at(B).lose(reason);
    expect(losses).toBe(1);
  });

  it('[SV17] is not told as lost where we left it, for a better server or for none', async () => {
    await onSecond();
    await tick(PREFER_EVERY_MS);
    at(A).accept('me-a');
    await tick();
    expect(connector.status).toEqual({ state: 'online', url: A });
    connector.use([]);
    expect(losses).toBe(0);
  });
});

describe('with several servers', () => {
  it('[SV17] takes the first that answers', async () => {
    connector.use([A, B]);
    expect(connector.status).toEqual({ state: 'connecting', url: A });
    expect(sockets.map(({ url }) => url)).toEqual([A]);
    at(A).accept('me');
    await tick();
    expect(connector.status).toEqual({ state: 'online', url: A });
    expect(joins(A)).toBe(1);
    // The best there is: nothing else is ever tried.
    await tick(10 * PREFER_EVERY_MS);
    expect(sockets).toHaveLength(1);
  });

  it('[SV17] goes on to the next at once after a refusal, after five seconds of silence', async () => {
    connector.use([A, B, C]);
    refuses(A);
    expect(connector.status).toEqual({ state: 'connecting', url: B });
    // Connected, but it never says what it is.
    at(B).accept('me-b', null);
    await tick(ANSWER_MS - 1);
    expect(connector.status).toMatchObject({ url: B });
    await tick(1);
    expect(connector.status).toMatchObject({ url: C });
    expect(at(B).connected).toBe(false);
    at(C).accept('me-c');
    expect(connector.status).toEqual({ state: 'online', url: C });
  });

  it('[SV17] goes on to the next after one of another version, and says so only if none is left', async () => {
    connector.use([A, B]);
    at(A).accept('me', { version: 3, time: 1 });
    expect(connector.status).toEqual({ state: 'connecting', url: B });
    refuses(B);
    expect(connector.status).toMatchObject({ state: 'failing', reason: 'incompatible' });
    await tick(2 * REST_MS);
    refuses(A);
    refuses(B);
    expect(connector.status).toMatchObject({ state: 'failing', reason: 'unreachable' });
  });

  it('[SV17] rests after a round, then begins with the first', async () => {
    connector.use([A, B]);
    refuses(A);
    refuses(B);
    expect(connector.status).toMatchObject({ state: 'failing', reason: 'unreachable' });
    const opened = sockets.length;
    await tick(REST_MS - 1);
    expect(sockets).toHaveLength(opened);
    await tick(1);
    expect(at(A).connects).toBe(1);
    expect(sockets).toHaveLength(opened + 1);
    at(A).accept('me');
    expect(connector.status).toEqual({ state: 'online', url: A });
  });

  it('[SV17] begins with the first after a connection was lost', async () => {
    await onSecond();
    at(B).lose();
    expect(connector.status.state).toBe('connecting');
    await tick(REST_MS);
    expect(connector.status).toEqual({ state: 'connecting', url: A });
  });

  it('[SV16] leaves a silent server at once, and stays with one that answers', async () => {
    await onSecond();
    const alive = connector.probe();
    await tick();
    await alive;
    expect(connector.status).toEqual({ state: 'online', url: B });
    at(B).autoAnswer = () => undefined;
    const silent = connector.probe();
    await tick(PROBE_TIMEOUT_MS);
    await silent;
    expect(connector.status).toEqual({ state: 'connecting', url: A });
    expect(at(B).connected).toBe(false);
  });

  it('[SV17] another list leaves the present server', async () => {
    await onSecond();
    connector.use([C]);
    expect(at(B).connected).toBe(false);
    at(C).accept('me-c');
    await tick();
    expect(joins(C)).toBe(1);
  });
});

describe('a better server that is back', () => {
  it('[SV17] is joined before the present one is left', async () => {
    await onSecond();
    await tick(PREFER_EVERY_MS - 1);
    expect(at(A).connected).toBe(false);
    const before = sockets.length;
    await tick(1);
    expect(sockets).toHaveLength(before + 1);
    at(A).autoAnswer = () => undefined;
    at(A).accept('me-a');
    await tick();
    expect(joins(A)).toBe(1);
    expect(connector.status).toEqual({ state: 'online', url: B });
    expect(at(B).connected).toBe(true);
    at(A).lastRequest('join-room').ack(OK);
    await tick();
    expect(connector.status).toEqual({ state: 'online', url: A });
    expect(connector.client?.status).toEqual({ state: 'online', socketId: 'me-a' });
    expect(at(B).connected).toBe(false);
    expect(presence).toEqual([]);
    await tick(10 * PREFER_EVERY_MS);
    expect(sockets).toHaveLength(before + 1);
  });

  it('[SV17] loses nothing that is said there meanwhile, nor tells it too early', async () => {
    await onSecond();
    at(B).receive('peer-joined', peer('old'));
    await tick(PREFER_EVERY_MS);
    at(A).autoAnswer = () => undefined;
    at(A).accept('me-a');
    at(A).receive('peer-joined', peer('new'));
    at(A).receive('offer', { roomId: ROOM, from: 'new', data: 'AAAA' });
    at(B).receive('offer', { roomId: ROOM, from: 'old', data: 'BBBB' });
    expect(messages.map(({ from }) => from)).toEqual(['old']);
    expect(connector.client?.presence.get(ROOM)).toEqual(new Set(['old']));
    at(A).lastRequest('join-room').ack(OK);
    await tick();
    expect(messages.map(({ from }) => from)).toEqual(['old', 'new']);
    expect(connector.client?.presence.get(ROOM)).toEqual(new Set(['new']));
    expect(presence.map(({ socketId }) => socketId)).toEqual(['old']);
  });

  it('[SV17] is moved to although a room there is refused for now', async () => {
    await onSecond();
    await tick(PREFER_EVERY_MS);
    at(A).autoAnswer = () => ({ ok: false, code: 'room-full' });
    at(A).accept('me-a');
    await tick();
    expect(connector.status).toEqual({ state: 'online', url: A });
  });

  it('[SV17] follows the rooms that are wanted meanwhile', async () => {
    await onSecond();
    await tick(PREFER_EVERY_MS);
    at(A).autoAnswer = () => undefined;
    at(A).accept('me-a');
    connector.setRooms([ROOM, OTHER_ROOM]);
    const [first, second] = at(A).requests('join-room');
    first?.ack(OK);
    await tick();
    expect(connector.status).toMatchObject({ url: B });
    second?.ack(OK);
    await tick();
    expect(connector.status).toMatchObject({ url: A });
  });

  it('[SV17] that is still away, or takes too long, changes nothing but the next try', async () => {
    await onSecond();
    await tick(PREFER_EVERY_MS);
    refuses(A);
    expect(connector.status).toEqual({ state: 'online', url: B });
    await tick(PREFER_EVERY_MS);
    at(A).autoAnswer = () => undefined;
    at(A).accept('me-a');
    await tick(MOVE_MS);
    expect(connector.status).toEqual({ state: 'online', url: B });
    expect(at(A).connected).toBe(false);
    expect(at(B).connected).toBe(true);
    const before = sockets.length;
    await tick(PREFER_EVERY_MS);
    expect(sockets).toHaveLength(before + 1);
  });

  it('[SV17] need not be the first: every one before the present is tried in order', async () => {
    connector.use([A, B, C]);
    refuses(A);
    refuses(B);
    at(C).accept('me-c');
    await tick(PREFER_EVERY_MS);
    refuses(A);
    expect(connector.status).toEqual({ state: 'online', url: C });
    at(B).accept('me-b');
    await tick();
    expect(connector.status).toEqual({ state: 'online', url: B });
    expect(at(C).connected).toBe(false);
  });

  it('[SV17] waits while a nameplate is in use here', async () => {
    await onSecond();
    at(B).autoAnswer = () => ({ ok: true, nameplate: '12345', expiresInMs: 600_000 });
    await connector.client?.createNameplate(new Uint8Array(16));
    at(B).autoAnswer = () => OK;
    const before = sockets.length;
    await tick(3 * PREFER_EVERY_MS);
    expect(sockets).toHaveLength(before);
    await connector.client?.leaveNameplate('12345');
    await tick(PREFER_EVERY_MS);
    expect(sockets).toHaveLength(before + 1);
    // One that was asked for while the new server is being joined stays too.
    at(A).autoAnswer = () => undefined;
    at(A).accept('me-a');
    at(B).autoAnswer = () => ({ ok: true, nonceC: 'BwcHBwcHBwcHBwcHBwcHBw==' });
    await connector.client?.joinNameplate('54321');
    at(A).lastRequest('join-room').ack(OK);
    await tick();
    expect(connector.status).toMatchObject({ url: B });
    expect(expired).toEqual([]);
  });

  it('[SV17] is the one to go to when the present one breaks meanwhile', async () => {
    await onSecond();
    await tick(PREFER_EVERY_MS);
    at(B).lose();
    expect(connector.status.state).toBe('connecting');
    await tick(REST_MS);
    at(A).accept('me-a');
    await tick();
    expect(connector.status).toEqual({ state: 'online', url: A });
  });
});

describe('with one server', () => {
  it('[SV17] comes back after it broke, after a rest', async () => {
    connector.use([A]);
    at(A).accept('me');
    at(A).lose();
    expect(connector.status).toEqual({ state: 'connecting', url: A });
    await tick(REST_MS);
    expect(at(A).connects).toBe(2);
    at(A).accept('again');
    await tick();
    expect(joins(A)).toBe(2);
    expect(sockets).toHaveLength(1);
  });

  it('[SV17] does not come back at once to one that ended the connection', async () => {
    connector.use([A]);
    at(A).accept('me');
    at(A).lose('io server disconnect');
    await tick(4_999);
    expect(at(A).connects).toBe(1);
    await tick(1);
    expect(at(A).connects).toBe(2);
  });

  it('[SV17] does not rest where somebody needs it, or looks', async () => {
    connector.use([A]);
    refuses(A);
    expect(connector.status).toMatchObject({ state: 'failing' });
    connector.again();
    expect(at(A).connects).toBe(2);
    expect(connector.status).toMatchObject({ state: 'failing' });
    // One attempt at a time.
    connector.again();
    expect(at(A).connects).toBe(2);
    refuses(A);
    connector.want();
    expect(at(A).connects).toBe(3);
    expect(connector.status).toEqual({ state: 'connecting', url: A });
    refuses(A);
    await connector.probe();
    expect(at(A).connects).toBe(4);
  });

  it('[SV17] tells of each change once it holds', () => {
    connector.use([A]);
    const before = changes;
    at(A).accept('me');
    expect(changes).toBeGreaterThan(before);
  });
});
