import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SignalingClient } from '../../../lib/signaling/client.ts';
import type { PresenceChange } from '../../../lib/signaling/presence.ts';
import {
  ACK_TIMEOUT_MS,
  JOIN_RETRY_MAX_MS,
  JOIN_RETRY_MS,
  PROBE_TIMEOUT_MS,
} from '../../../lib/signaling/constants.ts';
import { errorCode } from '../../../lib/errors/index.ts';
import { SignalingError } from '../../../lib/signaling/errors.ts';
import { isStunUrl, isTurnUrl } from '../../../lib/signaling/ice-url.ts';
import { FakeSocket } from './fake-socket.ts';

const ROOM = `r${'1'.repeat(32)}`;
const OTHER_ROOM = `r${'2'.repeat(32)}`;
const PEER_ID = 'c'.repeat(32);
const NONCE = new Uint8Array(16).fill(7);
const NONCE_BASE64 = 'BwcHBwcHBwcHBwcHBwcHBw==';
const OK = { ok: true };
const isIceUrl = (url: string) => isStunUrl(url) || isTurnUrl(url);
const message = (target = 'peer') => ({ target, roomId: ROOM, data: 'AAAA' });
const joined = (socketId: string, roomId = ROOM) => ({ roomId, peerId: PEER_ID, socketId });

describe('SignalingClient', () => {
  let socket: FakeSocket;
  let client: SignalingClient;
  let presence: PresenceChange[];
  let states: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    socket = new FakeSocket();
    client = new SignalingClient(socket, { now: () => 1_799_999_990_000 });
    presence = [];
    states = [];
    client.onPresence((change) => presence.push(change));
    client.onStatus((status) => states.push(status.state));
  });

  afterEach(() => {
    client.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  /** Online, in ROOM, with `peer` there. */
  async function inRoom(): Promise<void> {
    socket.autoAnswer = () => OK;
    client.setRooms([ROOM]);
    client.connect();
    socket.accept('me');
    await vi.advanceTimersByTimeAsync(0);
    socket.receive('peer-joined', joined('peer'));
    socket.autoAnswer = () => undefined;
    presence.length = 0;
  }

  it('[SV1] is online once the server told version and time', () => {
    expect(client.status).toEqual({ state: 'closed' });
    client.connect();
    expect(socket.connects).toBe(1);
    socket.accept('me', null);
    expect(client.status).toEqual({ state: 'connecting' });
    expect(client.clockOffsetMs).toBeUndefined();
    socket.receive('server-info', { version: 2, time: 1_800_000_000_000 });
    expect(client.status).toEqual({ state: 'online', socketId: 'me' });
    expect(client.clockOffsetMs).toBe(10_000);
    expect(states).toEqual(['connecting', 'online']);
  });

  it('[SV1] leaves a server of another version and does not come back by itself', () => {
    client.connect();
    socket.accept('me', { version: 3, time: 1 });
    expect(client.status).toEqual({ state: 'incompatible', version: 3 });
    expect(socket.connected).toBe(false);
    vi.advanceTimersByTime(600_000);
    expect(socket.connects).toBe(1);
    client.connect();
    expect(client.status.state).toBe('connecting');
  });

  it('[SV3] joins wanted rooms under a fresh peerId each, and keeps it for a reconnect', async () => {
    socket.autoAnswer = () => OK;
    client.setRooms([ROOM, OTHER_ROOM]);
    expect(socket.emitted).toEqual([]);
    client.connect();
    socket.accept('first');
    expect(socket.requests('join-room').map(({ args }) => args[0])).toEqual([ROOM, OTHER_ROOM]);
    await vi.advanceTimersByTimeAsync(0);
    socket.lose();
    client.connect();
    socket.accept('second');
    const joins = socket.requests('join-room');
    expect(joins.map(({ args }) => args[0])).toEqual([ROOM, OTHER_ROOM, ROOM, OTHER_ROOM]);
    const peerIds = joins.map(({ args }) => args[1]);
    expect(new Set(peerIds).size).toBe(2);
    expect(peerIds.slice(2), 'the seats of the lost socket are taken over').toEqual(
      peerIds.slice(0, 2),
    );
    client.setRooms([OTHER_ROOM]);
    client.setRooms([ROOM, OTHER_ROOM]);
    expect(peerIds).not.toContain(socket.lastRequest('join-room').args[1]);
    for (const { args } of joins) expect(args[1]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('joins and leaves as the wanted rooms change', async () => {
    await inRoom();
    client.setRooms([OTHER_ROOM]);
    expect(socket.lastRequest('leave-room').args).toEqual([ROOM]);
    expect(socket.lastRequest('join-room').args[0]).toBe(OTHER_ROOM);
    expect(presence).toEqual([{ type: 'left', roomId: ROOM, socketId: 'peer' }]);
    expect(client.presence.size).toBe(0);
    socket.receive('peer-joined', joined('late'));
    expect(client.presence.size).toBe(0);
    const requests = socket.emitted.length;
    client.setRooms([OTHER_ROOM]);
    expect(socket.emitted).toHaveLength(requests);
    for (const { ack } of socket.emitted.slice(-2)) ack(OK);
  });

  it('tries a refused room again with a growing delay, until it is not wanted', async () => {
    socket.autoAnswer = (event) => (event === 'join-room' ? { ok: false, code: 'room-full' } : OK);
    client.setRooms([ROOM]);
    client.connect();
    socket.accept('me');
    const joins = () => socket.requests('join-room').length;
    let expected = 1;
    for (let delay = JOIN_RETRY_MS; delay < JOIN_RETRY_MAX_MS; delay *= 2) {
      await vi.advanceTimersByTimeAsync(delay - 1);
      expect(joins()).toBe(expected);
      await vi.advanceTimersByTimeAsync(1);
      expected += 1;
      expect(joins()).toBe(expected);
    }
    client.setRooms([]);
    await vi.advanceTimersByTimeAsync(10 * JOIN_RETRY_MAX_MS);
    expect(joins()).toBe(expected);
    expect(socket.requests('leave-room')).toEqual([]);
  });

  it('forgets retries with the socket, and starts over on the next one', async () => {
    socket.autoAnswer = () => ({ ok: false, code: 'rate-limited' });
    client.setRooms([ROOM]);
    client.connect();
    socket.accept('first');
    await vi.advanceTimersByTimeAsync(0);
    socket.lose();
    await vi.advanceTimersByTimeAsync(JOIN_RETRY_MS);
    expect(socket.requests('join-room')).toHaveLength(1);
    socket.autoAnswer = () => OK;
    client.connect();
    socket.accept('second');
    await vi.advanceTimersByTimeAsync(JOIN_RETRY_MAX_MS);
    expect(socket.requests('join-room')).toHaveLength(2);
  });

  it('leaves a room that was given up while its join was under way', async () => {
    client.setRooms([ROOM]);
    client.connect();
    socket.accept('me');
    client.setRooms([]);
    expect(socket.emitted.map(({ event }) => event)).toEqual(['join-room', 'leave-room']);
    for (const { ack } of socket.emitted) ack(OK);
    await vi.advanceTimersByTimeAsync(0);
    socket.receive('peer-joined', joined('peer'));
    expect(client.presence.size).toBe(0);
  });

  it('[SV4] joins again under a fresh peerId when its seat was taken over', async () => {
    await inRoom();
    const before = socket.lastRequest('join-room').args;
    socket.receive('peer-left', { roomId: ROOM, socketId: 'me' });
    expect(presence).toEqual([{ type: 'left', roomId: ROOM, socketId: 'peer' }]);
    const after = socket.lastRequest('join-room');
    expect(socket.requests('join-room')).toHaveLength(2);
    expect(after.args[0]).toBe(ROOM);
    expect(after.args[1]).not.toBe(before[1]);
    after.ack(OK);
  });

  it('keeps presence, tells each change once and drops it with the socket', async () => {
    await inRoom();
    socket.receive('peer-joined', joined('second'));
    socket.receive('peer-joined', joined('second'));
    expect(client.presence).toEqual(new Map([[ROOM, new Set(['peer', 'second'])]]));
    socket.receive('peer-left', { roomId: ROOM, socketId: 'peer' });
    socket.receive('peer-left', { roomId: ROOM, socketId: 'peer' });
    socket.lose();
    expect(client.presence.size).toBe(0);
    expect(presence).toEqual([
      { type: 'joined', roomId: ROOM, socketId: 'second' },
      { type: 'left', roomId: ROOM, socketId: 'peer' },
      { type: 'left', roomId: ROOM, socketId: 'second' },
    ]);
    expect(states).toEqual(['connecting', 'online', 'failed']);
  });

  it('knows who is in a room before its join is answered', () => {
    client.setRooms([ROOM]);
    client.connect();
    socket.accept('me');
    socket.receive('peer-joined', joined('peer'));
    expect(client.presence.get(ROOM)).toEqual(new Set(['peer']));
    socket.lastRequest('join-room').ack(OK);
  });

  it('[SV7] sends, and resolves when the server has passed it on', async () => {
    await inRoom();
    const sent = client.send('pqc-public-key', message());
    expect(socket.lastRequest('pqc-public-key').args).toEqual([message()]);
    socket.lastRequest('pqc-public-key').ack(OK);
    await expect(sent).resolves.toBeUndefined();
  });

  it('[SV8] rejects with the code of a refusal', async () => {
    await inRoom();
    const sent = client.send('offer', message());
    socket.lastRequest('offer').ack({ ok: false, code: 'target-offline' });
    await expect(sent).rejects.toBeInstanceOf(SignalingError);
    await expect(sent).rejects.toMatchObject({ code: 'target-offline' });
  });

  it('[SV2] rejects after five seconds without an answer, and ignores a late one', async () => {
    await inRoom();
    const disconnectListeners = socket.listenerCount('disconnect');
    const outcome = client.send('offer', message()).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS - 1);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    socket.lastRequest('offer').ack(OK);
    expect(socket.listenerCount('disconnect')).toBe(disconnectListeners);
  });

  it.each([
    undefined,
    null,
    'ok',
    [[]],
    {},
    { ok: 1 },
    { ok: 'true' },
    { ok: false },
    { ok: false, code: 'because' },
    { ok: false, code: 5 },
  ])('[SV2] rejects %j as an answer', async (answer) => {
    await inRoom();
    const sent = client.send('offer', message());
    socket.lastRequest('offer').ack(answer);
    await expect(sent).rejects.toMatchObject({ code: 'invalid-reply' });
  });

  it('sends nothing while offline: socket.io would deliver it later', async () => {
    await expect(client.send('offer', message())).rejects.toMatchObject({ code: 'offline' });
    await inRoom();
    const open = client.send('offer', message()).catch((error: unknown) => error);
    const emitted = socket.emitted.length;
    socket.lose();
    expect(await open).toMatchObject({ code: 'offline' });
    await expect(client.send('offer', message())).rejects.toMatchObject({ code: 'offline' });
    await expect(client.createNameplate(NONCE)).rejects.toMatchObject({ code: 'offline' });
    await expect(client.joinNameplate('12345')).rejects.toMatchObject({ code: 'offline' });
    await client.releaseNameplate('12345');
    expect(socket.emitted).toHaveLength(emitted);
  });

  it('[SV7] passes on what sockets in our rooms send', async () => {
    await inRoom();
    const received: unknown[] = [];
    const stop = client.onMessage((value) => received.push(value));
    const envelope = { encrypted: true, v: 2, seq: 0, ts: 1, iv: 'A'.repeat(16), ct: 'AAAA' };
    socket.receive('pqc-ciphertext', { from: 'peer', roomId: ROOM, data: 'AAAA' });
    socket.receive('offer', { from: 'peer', roomId: ROOM, data: envelope });
    stop();
    socket.receive('offer', { from: 'peer', roomId: ROOM, data: 'BBBB' });
    expect(received).toEqual([
      { event: 'pqc-ciphertext', roomId: ROOM, from: 'peer', data: 'AAAA' },
      { event: 'offer', roomId: ROOM, from: 'peer', data: envelope },
    ]);
    expect(client.droppedMessages).toBe(0);
  });

  it('drops and counts whatever does not fit, and never throws', async () => {
    await inRoom();
    const received: unknown[] = [];
    client.onMessage((value) => received.push(value));
    client.onNameplateExpired((value) => received.push(value));
    const wrong: [string, ...unknown[]][] = [
      ['offer'],
      ['offer', null],
      ['offer', { from: 'peer', roomId: ROOM, data: 'no base64' }],
      ['offer', { from: 'peer', roomId: ROOM, data: { ...message(), encrypted: true } }],
      ['offer', { from: 'stranger', roomId: ROOM, data: 'AAAA' }],
      ['offer', { from: 'peer', roomId: OTHER_ROOM, data: 'AAAA' }],
      ['peer-joined', { roomId: ROOM, socketId: 'x' }],
      ['peer-joined', { roomId: 'hall', peerId: PEER_ID, socketId: 'x' }],
      ['peer-left', 'peer'],
      ['nameplate-expired', { nameplate: 12_345 }],
      ['server-info', { version: '2', time: 0 }],
      ['server-info', { version: 2, time: Number.NaN }],
    ];
    for (const [event, ...args] of wrong) socket.receive(event, ...args);
    expect(client.droppedMessages).toBe(wrong.length);
    expect(received).toEqual([]);
    expect(presence).toEqual([]);
    expect(client.status.state).toBe('online');
  });

  it('[SV16] takes any answer to a ping for a sign of life, and silence for none', async () => {
    await inRoom();
    const alive = client.probe();
    expect(socket.lastRequest('ping').args).toEqual([]);
    socket.lastRequest('ping').ack(OK);
    expect(await alive).toBe(true);
    const refused = client.probe();
    // A server that does not know the request yet.
    socket.lastRequest('ping').ack({ ok: false, code: 'bad-request' });
    expect(await refused).toBe(true);
    const odd = client.probe();
    socket.lastRequest('ping').ack(5);
    expect(await odd).toBe(true);
    const silent = client.probe();
    await vi.advanceTimersByTimeAsync(PROBE_TIMEOUT_MS);
    expect(await silent).toBe(false);
    const lost = client.probe();
    socket.lose();
    expect(await lost).toBe(false);
  });

  const GRANT = {
    ok: true,
    stun: ['stun:a.example:3478'],
    turn: [{ url: 'turn:a.example:3478?transport=udp', username: '1:x', credential: 'c2VjcmV0' }],
    expiresInMs: 3_600_000,
  };
  const [TURN] = GRANT.turn;

  it('[SV15] asks for TURN credentials, and knows when it is in a room', async () => {
    let answers = 0;
    client.onRooms(() => (answers += 1));
    client.setRooms([ROOM, OTHER_ROOM]);
    client.connect();
    socket.accept('me');
    expect([client.inRoom, client.roomsSettled]).toEqual([false, false]);
    const [first, second] = socket.requests('join-room');
    first?.ack(OK);
    await vi.advanceTimersByTimeAsync(0);
    expect([client.inRoom, client.roomsSettled]).toEqual([true, false]);
    second?.ack({ ok: false, code: 'room-full' });
    await vi.advanceTimersByTimeAsync(0);
    expect([client.inRoom, client.roomsSettled]).toEqual([true, true]);
    // Once online, then for each room.
    expect(answers).toBe(3);
    const asking = client.turnCredentials();
    expect(socket.lastRequest('turn-credentials').args).toEqual([]);
    socket.lastRequest('turn-credentials').ack(GRANT);
    const { stun, turn, expiresInMs } = GRANT;
    expect(await asking).toEqual({ stun, turn, expiresInMs });
    socket.lose();
    expect([client.inRoom, client.roomsSettled]).toEqual([false, false]);
  });

  it.each([
    OK,
    { ...GRANT, stun: undefined },
    { ...GRANT, turn: {} },
    { ...GRANT, turn: [{ ...TURN, url: 'https://a.example/' }] },
    { ...GRANT, turn: [{ ...TURN, url: 'turn:a.example:99999?transport=udp' }] },
    { ...GRANT, turn: [{ ...TURN, credential: '' }] },
    { ...GRANT, turn: [{ ...TURN, username: 5 }] },
    { ...GRANT, turn: [{ ...TURN, username: 'x'.repeat(257) }] },
    { ...GRANT, turn: Array.from({ length: 25 }, () => TURN) },
    { ...GRANT, stun: Array.from({ length: 17 }, () => 'stun:a.example') },
    { ...GRANT, stun: ['turn:a.example?transport=udp'] },
    { ...GRANT, expiresInMs: -1 },
    { ...GRANT, expiresInMs: 86_400_001 },
    { ...GRANT, expiresInMs: '3600' },
  ])('[SV15] drops an answer of another shape whole: %j', async (answer) => {
    await inRoom();
    const asking = client.turnCredentials();
    socket.lastRequest('turn-credentials').ack(answer);
    await expect(asking).rejects.toMatchObject({ code: 'invalid-reply' });
    expect(client.status.state).toBe('online');
  });

  it('[SV15] survives any answer', async () => {
    await inRoom();
    const word = fc.constantFrom('stun:a', 'turn:a?transport=udp', '', 'a'.repeat(300), 5, null);
    const entry = fc.record({ url: word, username: word, credential: word }, { requiredKeys: [] });
    const answer = fc.oneof(
      fc.constant(GRANT),
      fc.jsonValue(),
      fc.record(
        {
          ok: fc.constantFrom(true, false, 'true'),
          code: fc.constantFrom('not-in-room', 'because', 5),
          stun: fc.oneof(fc.array(word, { maxLength: 2 }), fc.jsonValue()),
          turn: fc.oneof(fc.array(entry, { maxLength: 2 }), fc.jsonValue()),
          expiresInMs: fc.oneof(fc.nat(), fc.double(), fc.string()),
        },
        { requiredKeys: ['ok', 'stun', 'turn', 'expiresInMs'] },
      ),
    );
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(answer, async (value) => {
        const asking = client.turnCredentials().then(
          ({ stun, turn }) => {
            expect([...stun, ...turn.map(({ url }) => url)].every(isIceUrl)).toBe(true);
            return 'granted';
          },
          (error: unknown) => errorCode(error),
        );
        socket.lastRequest('turn-credentials').ack(value);
        outcomes.add(await asking);
      }),
      { numRuns: 1_000 },
    );
    expect([...outcomes].sort()).toEqual(['granted', 'invalid-reply', 'not-in-room']);
    expect(client.status.state).toBe('online');
  });

  it('[SV15] is in a room with the nameplate alone', async () => {
    client.connect();
    socket.accept('me');
    expect([client.inRoom, client.pairing]).toEqual([false, false]);
    const creating = client.createNameplate(NONCE);
    let answers = 0;
    client.onRooms(() => (answers += 1));
    socket
      .lastRequest('create-nameplate')
      .ack({ ok: true, nameplate: '12345', expiresInMs: 600_000 });
    await creating;
    expect([client.inRoom, client.pairing, answers]).toEqual([true, true, 1]);
    const leaving = client.leaveNameplate('12345');
    socket.lastRequest('leave-room').ack(OK);
    await leaving;
    expect([client.inRoom, client.pairing]).toEqual([false, false]);
  });

  it('[SV9] creates a nameplate and sees its joiner, also in the packet of the answer', async () => {
    await inRoom();
    const created = client.createNameplate(NONCE);
    const request = socket.lastRequest('create-nameplate');
    expect(request.args).toEqual([NONCE_BASE64, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    request.ack({ ok: true, nameplate: '12345', expiresInMs: 600_000 });
    socket.receive('peer-joined', joined('joiner', 'n12345'));
    expect(client.presence.get('n12345')).toEqual(new Set(['joiner']));
    expect(await created).toEqual({ nameplate: '12345', roomId: 'n12345', expiresInMs: 600_000 });
    await expect(client.createNameplate(new Uint8Array(15))).rejects.toBeInstanceOf(RangeError);
  });

  it('[SV11] joins a nameplate and hands over its nonce', async () => {
    await inRoom();
    const joining = client.joinNameplate('12345');
    const request = socket.lastRequest('join-room');
    expect(request.args[0]).toBe('n12345');
    socket.receive('peer-joined', joined('creator', 'n12345'));
    request.ack({ ok: true, nonceC: NONCE_BASE64 });
    expect(await joining).toEqual({ roomId: 'n12345', nonceC: NONCE_BASE64 });
    expect(client.presence.get('n12345')).toEqual(new Set(['creator']));
  });

  it.each([OK, { ok: true, nonceC: 'AAAA' }, { ok: true, nonceC: 5 }])(
    '[SV11] rejects %j as the answer to joining a nameplate',
    async (answer) => {
      await inRoom();
      const joining = client.joinNameplate('12345');
      socket.lastRequest('join-room').ack(answer);
      await expect(joining).rejects.toMatchObject({ code: 'invalid-reply' });
      socket.receive('peer-joined', joined('creator', 'n12345'));
      expect(client.presence.has('n12345')).toBe(false);
    },
  );

  it('[SV10] is the same joiner when it tries again on the same socket', async () => {
    await inRoom();
    const tries = [];
    for (let index = 0; index < 2; index += 1) {
      const joining = client.joinNameplate('12345');
      socket.lastRequest('join-room').ack({ ok: true, nonceC: NONCE_BASE64 });
      await joining;
      tries.push(socket.lastRequest('join-room').args[1]);
      const leaving = client.leaveNameplate('12345');
      socket.lastRequest('leave-room').ack(OK);
      await leaving;
    }
    expect(tries[0]).toBe(tries[1]);
    expect(client.presence.has('n12345')).toBe(false);
  });

  it('[SV10] tells once when a nameplate of ours ends by time or with the socket', async () => {
    await inRoom();
    const expired: string[] = [];
    client.onNameplateExpired((nameplate) => expired.push(nameplate));
    for (const nameplate of ['11111', '22222', '33333']) {
      const creating = client.createNameplate(NONCE);
      socket.lastRequest('create-nameplate').ack({ ok: true, nameplate, expiresInMs: 600_000 });
      await creating;
    }
    socket.receive('nameplate-expired', { nameplate: '11111' });
    socket.receive('nameplate-expired', { nameplate: '11111' });
    socket.receive('nameplate-expired', { nameplate: '99999' });
    const releasing = client.releaseNameplate('22222');
    expect(socket.lastRequest('release-nameplate').args).toEqual(['22222']);
    socket.lastRequest('release-nameplate').ack({ ok: false, code: 'nameplate-unknown' });
    await releasing;
    // The room of a released nameplate goes on.
    socket.receive('peer-joined', joined('joiner', 'n22222'));
    expect(client.presence.has('n22222')).toBe(true);
    expect(expired).toEqual(['11111']);
    socket.lose();
    expect(expired).toEqual(['11111', '33333']);
  });

  it('does not join a nameplate again after a reconnect', async () => {
    await inRoom();
    const joining = client.joinNameplate('12345');
    socket.lastRequest('join-room').ack({ ok: true, nonceC: NONCE_BASE64 });
    await joining;
    socket.lose();
    socket.autoAnswer = () => OK;
    client.connect();
    socket.accept('again');
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.lastRequest('join-room').args[0]).toBe(ROOM);
    // A code typed again is a new join, under a new peerId.
    const before = socket.requests('join-room').find(({ args }) => args[0] === 'n12345');
    socket.autoAnswer = () => ({ ok: true, nonceC: NONCE_BASE64 });
    await client.joinNameplate('12345');
    expect(socket.lastRequest('join-room').args[1]).not.toBe(before?.args[1]);
  });

  it('[SV17] tells how it lost its server, and does not come back by itself', async () => {
    client.connect();
    socket.receive('connect_error', new Error('refused'));
    expect(client.status).toEqual({ state: 'failed', how: 'lost' });
    socket.receive('connect_error', new Error('refused'));
    client.connect();
    socket.accept('me');
    socket.lose('io server disconnect');
    expect(client.status).toEqual({ state: 'failed', how: 'ended' });
    client.connect();
    socket.accept('me');
    socket.lose('ping timeout');
    expect(client.status).toEqual({ state: 'failed', how: 'lost' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(socket.connects).toBe(3);
    client.close();
    expect(states).toEqual([
      ...['connecting', 'failed', 'connecting', 'online', 'failed'],
      ...['connecting', 'online', 'failed', 'closed'],
    ]);
  });

  it('keeps wanted rooms over close and connect', async () => {
    await inRoom();
    client.close();
    socket.autoAnswer = () => OK;
    client.connect();
    socket.accept('later');
    expect(socket.requests('join-room')).toHaveLength(2);
  });
});
