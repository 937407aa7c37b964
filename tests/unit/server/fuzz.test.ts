import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REFUSAL_CODES } from '../../../lib/signaling/errors.ts';
import { RELAY_EVENTS } from '../../../lib/signaling/events.ts';
import {
  GRANTED,
  newPeerId,
  newRoom,
  startTestServer,
  twoInRoom,
  type TestClient,
} from './support.ts';

const EVENTS = [
  'join-room',
  'leave-room',
  'create-nameplate',
  'release-nameplate',
  'turn-credentials',
  'ping',
  ...RELAY_EVENTS,
  'server-info',
  'peer-joined',
  'error',
  'constructor',
  '',
];

/** High enough that refusals come from decoding, not from counting. */
const UNLIMITED = {
  requestsPerMinute: 1_000_000,
  messagesPerMinute: 1_000_000,
  bytesPerMinute: 1_000_000_000,
  nameplatesPerTenMinutes: 1_000_000,
  guessesPerTenMinutes: 1_000_000,
  turnCredentialsPerTenMinutes: 1_000_000,
};

/** What JSON can carry, and bytes; often in the place of a right value inside a right shape. */
function argument(client: TestClient, roomId: string): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(
    fc.jsonValue(),
    fc.string({ maxLength: 200 }),
    fc.double(),
    fc.constantFrom(roomId, `${roomId}0`, 'n12345', 'r', client.id, 'AAAA', null, ''),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ minLength: 32, maxLength: 32 }),
  );
  const envelope = fc.record(
    { encrypted: wrong, v: wrong, seq: wrong, ts: wrong, iv: wrong, ct: wrong },
    { requiredKeys: [] },
  );
  const relay = fc.record(
    {
      target: fc.oneof(fc.constant(client.id), wrong),
      roomId: fc.oneof(fc.constant(roomId), wrong),
      data: fc.oneof(fc.constant('AAAA'), envelope, wrong),
    },
    { requiredKeys: [] },
  );
  return fc.oneof(wrong, relay);
}

describe('fuzz', () => {
  it('[SV2] answers every malformed request with a known code and keeps serving others', async () => {
    const server = await startTestServer({ limits: UNLIMITED });
    const { roomId, a, b } = await twoInRoom(server);
    const bystander = await twoInRoom(server);
    const args = fc.array(argument(b, roomId), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...EVENTS), args, async (event, values) => {
        const answer = await a.request(event, ...values);
        if (JSON.stringify(answer).startsWith('{"ok":true')) return;
        const { code } = answer as { code: unknown };
        expect(answer).toEqual({ ok: false, code });
        expect(REFUSAL_CODES).toContain(code);
        expect(code).not.toBe('unavailable');
      }),
      { numRuns: 3_000 },
    );
    const { a: sender, b: receiver } = bystander;
    const message = { target: receiver.id, roomId: bystander.roomId, data: 'AAAA' };
    expect(await sender.request('offer', message)).toEqual(GRANTED);
    expect(await receiver.next('offer')).toMatchObject({ data: 'AAAA' });
    expect(server.logLines.join('')).not.toContain('"level":50');
  });

  it('[SV2] survives packets that are no Socket.IO', async () => {
    const server = await startTestServer();
    const { roomId, a } = await twoInRoom(server);
    const packets = fc.oneof(
      fc.string({ maxLength: 100 }),
      fc.jsonValue().map((value) => `42${JSON.stringify(value)}`),
      fc.integer({ min: 0, max: 99 }).map((count) => `45${count}-["offer",{"_placeholder":true}]`),
      fc.constantFrom('42["disconnect"]', '41', '40/admin,', '3', '5', '6', '44{"message":"x"}'),
    );
    const url = `${server.url.replace('http', 'ws')}/signaling/?EIO=4&transport=websocket`;
    await fc.assert(
      fc.asyncProperty(fc.array(packets, { maxLength: 5 }), async (sent) => {
        const raw = new WebSocket(url);
        const closed = new Promise<void>((resolve) => {
          raw.addEventListener('close', () => resolve());
        });
        await new Promise<void>((resolve) => raw.addEventListener('open', () => resolve()));
        raw.send('40');
        for (const packet of sent) raw.send(packet);
        raw.close();
        await closed;
      }),
      { numRuns: 150 },
    );
    expect(await a.request('leave-room', roomId)).toEqual(GRANTED);
    const fresh = await server.connect();
    expect(await fresh.request('join-room', newRoom(), newPeerId())).toEqual(GRANTED);
    expect(server.logLines.join('')).not.toContain('"level":50');
  });
});
