import { describe, expect, it } from 'vitest';
import { passwordOf, timeLimitedCredential } from '../../../server/turn-credential.ts';
import {
  GRANTED,
  newPeerId,
  newRoom,
  refused,
  startTestServer,
  twoInRoom,
  type TestClient,
} from './support.ts';

const SECRET = 'a secret of the relay';
const URLS = [
  'turn:a.example:3478?transport=udp',
  'turn:a.example:3478?transport=tcp',
  'turns:a.example:5349?transport=tcp',
  'turn:b.example:3478?transport=udp',
];
const WITH_TURN = {
  STUN_URLS: 'stun:a.example:3478',
  TURN_URLS: URLS.join(','),
  TURN_SECRET: SECRET,
  TURN_TTL_SECONDS: '600',
};

interface Granted {
  readonly ok: true;
  readonly stun: readonly string[];
  readonly turn: readonly { url: string; username: string; credential: string }[];
  readonly expiresInMs: number;
}
const ask = async (client: TestClient) => (await client.request('turn-credentials')) as Granted;

describe('a time-limited credential', () => {
  it('[SV15] is HMAC-SHA1 of its name, as RFC 2202 case 2 has it', () => {
    const digest = 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79';
    expect(passwordOf('Jefe', 'what do ya want for nothing?')).toBe(
      Buffer.from(digest, 'hex').toString('base64'),
    );
  });

  it('[SV15] names the second at which it ends, and something fresh', () => {
    const now = 1_800_000_000_999;
    const { username, credential } = timeLimitedCredential(SECRET, now, 600, 'fixed');
    expect(username).toBe('1800000600:fixed');
    expect(credential).toBe(passwordOf(SECRET, '1800000600:fixed'));
    const names = Array.from(
      { length: 100 },
      () => timeLimitedCredential(SECRET, now, 600).username,
    );
    expect(new Set(names).size).toBe(100);
    for (const name of names) expect(name).toMatch(/^1800000600:[A-Za-z0-9_-]{16}$/);
  });
});

describe('turn-credentials', () => {
  it('[SV15] go to a socket in a room, good for every address and for the time told', async () => {
    const server = await startTestServer({ environment: WITH_TURN });
    const { roomId, a, b } = await twoInRoom(server);
    const answer = await ask(a);
    expect(answer).toMatchObject({ ok: true, stun: ['stun:a.example:3478'], expiresInMs: 600_000 });
    expect(answer.turn.map(({ url }) => url)).toEqual(URLS);
    const ends = Math.floor(server.clock.now() / 1_000) + 600;
    for (const { username, credential } of answer.turn) {
      expect(username.split(':')[0]).toBe(String(ends));
      expect(credential).toBe(passwordOf(SECRET, username));
      for (const told of [a.id, roomId, roomId.slice(1), '127.0.0.1']) {
        expect(username).not.toContain(told);
      }
    }
    const [first] = (await ask(b)).turn;
    expect(first?.username).not.toBe(answer.turn[0]?.username);
  });

  it('[SV15] are refused to a socket in no room, before and after', async () => {
    const server = await startTestServer({ environment: WITH_TURN });
    const client = await server.connect();
    const roomId = newRoom();
    expect(await client.request('turn-credentials')).toEqual(refused('not-in-room'));
    await client.request('join-room', roomId, newPeerId());
    expect(await client.request('turn-credentials')).toMatchObject({ ok: true });
    await client.request('leave-room', roomId);
    expect(await client.request('turn-credentials')).toEqual(refused('not-in-room'));
  });

  it('[SV15] are empty lists where no server is configured', async () => {
    const server = await startTestServer();
    const { a } = await twoInRoom(server);
    expect(await ask(a)).toEqual({ ok: true, stun: [], turn: [], expiresInMs: 3_600_000 });
  });

  it('[SV15] are limited by address, over several sockets', async () => {
    const server = await startTestServer({
      environment: WITH_TURN,
      limits: { turnCredentialsPerTenMinutes: 3 },
    });
    const { roomId, a, b } = await twoInRoom(server);
    for (const client of [a, b, a]) {
      expect(await client.request('turn-credentials')).toMatchObject({ ok: true });
    }
    expect(await b.request('turn-credentials')).toEqual(refused('rate-limited'));
    const message = { target: b.id, roomId, data: 'AAAA' };
    expect(await a.request('offer', message)).toEqual(GRANTED);
  });

  it.each([[1], [null], ['turn'], [{}]])('[SV2] refuses the argument %j', async (argument) => {
    const server = await startTestServer({ environment: WITH_TURN });
    const { a } = await twoInRoom(server);
    expect(await a.request('turn-credentials', argument)).toEqual(refused('bad-request'));
    expect(await a.request('ping', argument)).toEqual(refused('bad-request'));
  });

  it('[SV13] leave no trace in the logs', async () => {
    const server = await startTestServer({ environment: WITH_TURN });
    const { a } = await twoInRoom(server);
    const { turn } = await ask(a);
    await a.request('turn-credentials', 'x');
    const logs = server.logLines.join('');
    expect(logs).toContain('request refused');
    for (const { username, credential } of turn) {
      for (const secret of [SECRET, username, username.split(':')[1] ?? '', credential]) {
        expect(secret).not.toBe('');
        expect(logs).not.toContain(secret);
      }
    }
  });
});

it('[SV16] answers a ping, in a room or not', async () => {
  const server = await startTestServer();
  expect(await (await server.connect()).request('ping')).toEqual(GRANTED);
});
