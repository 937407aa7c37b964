import { afterEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../../server/config.ts';
import { memoryLimits } from '../../../server/limits.ts';
import {
  createNameplate,
  GRANTED,
  newPeerId,
  newRoom,
  NONCE,
  refused,
  startTestServer,
  twoInRoom,
} from './support.ts';

const LIMITED = refused('rate-limited');
const from = (address: string) => ({ extraHeaders: { 'x-forwarded-for': address } });

describe('limits', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('[SV12] refuses more messages than allowed, and serves other sockets on', async () => {
    const server = await startTestServer({ limits: { messagesPerMinute: 5 } });
    const { roomId, a, b } = await twoInRoom(server);
    const send = () => a.request('offer', { target: b.id, roomId, data: 'AAAA' });
    for (let index = 0; index < 5; index += 1) expect(await send()).toEqual(GRANTED);
    expect(await send()).toEqual(LIMITED);
    const back = { target: a.id, roomId, data: 'AAAA' };
    expect(await b.request('answer', back)).toEqual(GRANTED);
    expect((await b.settled()).filter((event) => event === 'offer')).toHaveLength(5);
    // Other requests of the limited socket have limits of their own.
    expect(await a.request('leave-room', roomId)).toEqual(GRANTED);
  });

  it('[SV12] counts malformed and undeliverable messages', async () => {
    const server = await startTestServer({ limits: { messagesPerMinute: 3 } });
    const { a } = await twoInRoom(server);
    const roomId = newRoom();
    expect(await a.request('offer')).toEqual(refused('bad-request'));
    expect(await a.request('answer', 5)).toEqual(refused('bad-request'));
    const lost = { target: 'nobody', roomId, data: 'AAAA' };
    expect(await a.request('offer', lost)).toEqual(refused('not-in-room'));
    expect(await a.request('offer', lost)).toEqual(LIMITED);
  });

  it('[SV12] refuses more bytes than allowed', async () => {
    const server = await startTestServer({ limits: { bytesPerMinute: 100_000 } });
    const { roomId, a, b } = await twoInRoom(server);
    const send = (size: number) =>
      a.request('offer', { target: b.id, roomId, data: 'A'.repeat(size) });
    expect(await send(60_000)).toEqual(GRANTED);
    expect(await send(60_000)).toEqual(LIMITED);
    expect(await b.request('answer', { target: a.id, roomId, data: 'AAAA' })).toEqual(GRANTED);
  });

  it('[SV12] refuses more requests than allowed', async () => {
    const server = await startTestServer({ limits: { requestsPerMinute: 4 } });
    const client = await server.connect();
    const join = () => client.request('join-room', newRoom(), newPeerId());
    for (let index = 0; index < 4; index += 1) expect(await join()).toEqual(GRANTED);
    expect(await join()).toEqual(LIMITED);
    expect(await (await server.connect()).request('join-room', newRoom(), newPeerId())).toEqual(
      GRANTED,
    );
  });

  it('[SV12] closes a socket that floods, and goes on for the others', async () => {
    const server = await startTestServer({ limits: { requestsPerMinute: 20 } });
    const { roomId, a, b } = await twoInRoom(server);
    for (let index = 0; index < 400; index += 1) a.socket.emit('offer', { flood: index });
    await a.closed();
    expect(await b.next('peer-left')).toMatchObject({ roomId });
    expect(await b.request('leave-room', roomId)).toEqual(GRANTED);
  });

  it('[SV12] survives a flood of joins by many sockets', async () => {
    const server = await startTestServer();
    const roomId = newRoom();
    const clients = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
    const answers = await Promise.all(
      clients.flatMap((client) =>
        Array.from({ length: 50 }, () => client.request('join-room', roomId, newPeerId())),
      ),
    );
    const granted = answers.filter((answer) => JSON.stringify(answer) === '{"ok":true}');
    expect(granted).toHaveLength(4 * 50);
    const rest = answers.filter((answer) => !granted.includes(answer));
    expect(rest.every((answer) => JSON.stringify(answer).includes('room-full'))).toBe(true);
  });

  it('[SV12] limits nameplates per address, over several sockets', async () => {
    const server = await startTestServer({ limits: { nameplatesPerTenMinutes: 2 } });
    await createNameplate(await server.connect());
    await createNameplate(await server.connect());
    const third = await server.connect();
    expect(await third.request('create-nameplate', NONCE, newPeerId())).toEqual(LIMITED);
  });

  it('[SV12] limits wrong guesses per address; right ones do not count', async () => {
    const server = await startTestServer({ limits: { guessesPerTenMinutes: 3 } });
    const guesser = await server.connect();
    for (let index = 0; index < 5; index += 1) {
      const plate = await createNameplate(await server.connect());
      const right = await guesser.request('join-room', `n${plate}`, newPeerId());
      expect(right).toMatchObject({ ok: true });
    }
    const unknown = () => guesser.request('join-room', 'n999999999', newPeerId());
    for (let index = 0; index < 3; index += 1) {
      expect(await unknown()).toEqual(refused('nameplate-unknown'));
    }
    expect(await unknown()).toEqual(refused('too-many-guesses'));
    // Another socket of the address shares its fate, for right nameplates too.
    const plate = await createNameplate(guesser);
    const second = await server.connect();
    const right = await second.request('join-room', `n${plate}`, newPeerId());
    expect(right).toEqual(refused('too-many-guesses'));
    // Rendezvous rooms are not guessed.
    expect(await second.request('join-room', newRoom(), newPeerId())).toEqual(GRANTED);
  });

  it('[SV12] counts a taken nameplate as a guess', async () => {
    const server = await startTestServer({ limits: { guessesPerTenMinutes: 1 } });
    const roomId = `n${await createNameplate(await server.connect())}`;
    await (await server.connect()).request('join-room', roomId, newPeerId());
    const late = await server.connect();
    const join = () => late.request('join-room', roomId, newPeerId());
    expect(await join()).toEqual(refused('nameplate-taken'));
    expect(await join()).toEqual(refused('too-many-guesses'));
  });

  it('[SV12] lets no guess slip through beside another', async () => {
    const server = await startTestServer({ limits: { guessesPerTenMinutes: 3 } });
    const clients = await Promise.all(Array.from({ length: 10 }, () => server.connect()));
    const answers = await Promise.all(
      clients.map((client) => client.request('join-room', 'n999999999', newPeerId())),
    );
    const looked = answers.filter((answer) => JSON.stringify(answer).includes('unknown'));
    expect(looked).toHaveLength(3);
  });

  it('[SV12] tells addresses apart behind a proxy it trusts, and believes no other', async () => {
    const limits = { nameplatesPerTenMinutes: 1 };
    const behind = await startTestServer({ limits, environment: { TRUST_PROXY: '1' } });
    const create = async (server: typeof behind, forwarded: string) => {
      const client = await server.connect(from(forwarded));
      return await client.request('create-nameplate', NONCE, newPeerId());
    };
    expect(await create(behind, '203.0.113.1')).toMatchObject({ ok: true });
    expect(await create(behind, '203.0.113.2')).toMatchObject({ ok: true });
    expect(await create(behind, '198.51.100.9, 203.0.113.1')).toEqual(LIMITED);

    const direct = await startTestServer({ limits });
    expect(await create(direct, '203.0.113.1')).toMatchObject({ ok: true });
    expect(await create(direct, '203.0.113.2')).toEqual(LIMITED);
  });

  it('[SV12] grants again when the minute is over', async () => {
    vi.useFakeTimers();
    const limits = memoryLimits({ ...readConfig({}).limits, messagesPerMinute: 1 });
    expect(await limits.relay('socket', 1)).toBe('granted');
    expect(await limits.relay('socket', 1)).toBe('exceeded');
    vi.advanceTimersByTime(60_001);
    expect(await limits.relay('socket', 1)).toBe('granted');
  });

  it('[SV12] forgets a socket that is gone', async () => {
    const limits = memoryLimits({ ...readConfig({}).limits, requestsPerMinute: 1 });
    expect(await limits.request('socket')).toBe('granted');
    expect(await limits.request('socket')).toBe('exceeded');
    await limits.forget('socket');
    expect(await limits.request('socket')).toBe('granted');
  });
});
