import { describe, expect, it } from 'vitest';
import { MAX_DATA_CHARS } from '../../../lib/signaling/constants.ts';
import { RELAY_EVENTS } from '../../../lib/signaling/events.ts';
import { GRANTED, newPeerId, newRoom, refused, startTestServer, twoInRoom } from './support.ts';

const ENVELOPE = { encrypted: true, v: 2, seq: 0, ts: 1, iv: 'A'.repeat(16), ct: 'AAAA' };

describe('relays', () => {
  it.each(RELAY_EVENTS)(
    '[SV7] passes %s on, base64 and envelopes alike, unchanged',
    async (event) => {
      const server = await startTestServer();
      const { roomId, a, b } = await twoInRoom(server);
      for (const data of ['SGVsbG8=', ENVELOPE]) {
        expect(await a.request(event, { target: b.id, roomId, data })).toEqual(GRANTED);
        expect(await b.next(event)).toEqual({ from: a.id, roomId, data });
      }
    },
  );

  it('[SV7] delivers to the target only', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    const third = await server.connect();
    await third.request('join-room', roomId, newPeerId());
    await a.request('offer', { target: b.id, roomId, data: 'AAAA' });
    expect(await third.settled()).not.toContain('offer');
    expect(await a.settled()).not.toContain('offer');
  });

  it('[SV7] keeps the order of one sender', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    const sent = Array.from({ length: 50 }, (_, seq) => ({ ...ENVELOPE, seq }));
    await Promise.all(
      sent.map((data) => a.request('ice-candidate', { target: b.id, roomId, data })),
    );
    const received: unknown[] = [];
    for (const _ of sent) received.push(await b.next('ice-candidate'));
    expect(received).toEqual(sent.map((data) => ({ from: a.id, roomId, data })));
  });

  it('[SV7] takes 64 KiB and refuses a character more, as text and in an envelope', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    const most = 'A'.repeat(MAX_DATA_CHARS);
    const send = (data: unknown) => a.request('offer', { target: b.id, roomId, data });
    expect(await send(most)).toEqual(GRANTED);
    expect(await send({ ...ENVELOPE, ct: most })).toEqual(GRANTED);
    expect(await send(`${most}A`)).toEqual(refused('too-large'));
    expect(await send({ ...ENVELOPE, ct: `${most}AAAA` })).toEqual(refused('too-large'));
  });

  it('[SV7] closes a connection that sends far more, and goes on for the others', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    a.socket.emit('offer', { target: b.id, roomId, data: 'A'.repeat(4 * MAX_DATA_CHARS) });
    await a.closed();
    expect(await b.next('peer-left')).toMatchObject({ roomId });
    expect(await b.request('leave-room', roomId)).toEqual(GRANTED);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['empty text', ''],
    ['text that is not base64', 'no base64!'],
    ['base64 of a wrong length', 'AAAAA'],
    ['base64url', 'AA-_'],
    ['a number', 7],
    ['bytes', Buffer.from('AAAA')],
    ['an array', ['AAAA']],
    ['an SDP in clear', { type: 'offer', sdp: 'v=0' }],
    ['an envelope that is not encrypted', { ...ENVELOPE, encrypted: false }],
    ['an envelope with more fields', { ...ENVELOPE, name: 'x' }],
    ['a negative seq', { ...ENVELOPE, seq: -1 }],
    ['a fractional ts', { ...ENVELOPE, ts: 0.5 }],
    ['a short iv', { ...ENVELOPE, iv: 'AAAA' }],
    ['a ct that is no text', { ...ENVELOPE, ct: {} }],
  ])('[SV7] refuses %s as data', async (_name, data) => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    const answer = await a.request('answer', { target: b.id, roomId, data });
    expect(answer).toEqual(refused('bad-request'));
    expect(await b.settled()).toEqual([]);
  });

  it('[SV7] does not let a sender name itself', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    const forged = { target: b.id, roomId, data: 'AAAA', from: 'someone' };
    expect(await a.request('offer', forged)).toEqual(refused('bad-request'));
  });

  it('[SV8] answers target-offline at once: gone, never there, or in another room', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    const stranger = await server.connect();
    const own = newRoom();
    await stranger.request('join-room', own, newPeerId());
    const send = (target: string) => a.request('offer', { target, roomId, data: 'AAAA' });
    expect(await send(stranger.id)).toEqual(refused('target-offline'));
    expect(await send('nobody')).toEqual(refused('target-offline'));
    expect(await send(roomId)).toEqual(refused('target-offline'));
    const gone = b.id;
    b.socket.disconnect();
    await a.next('peer-left');
    expect(await send(gone)).toEqual(refused('target-offline'));
    expect(await stranger.settled()).toEqual(['server-info']);
  });

  it('[SV8] refuses a sender that is not in the room it names', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    const stranger = await server.connect();
    const send = () => stranger.request('offer', { target: b.id, roomId, data: 'AAAA' });
    expect(await send()).toEqual(refused('not-in-room'));
    await stranger.request('join-room', newRoom(), newPeerId());
    expect(await send()).toEqual(refused('not-in-room'));
    await a.request('leave-room', roomId);
    const afterLeaving = await a.request('offer', { target: b.id, roomId, data: 'AAAA' });
    expect(afterLeaving).toEqual(refused('not-in-room'));
    expect(await b.settled()).not.toContain('offer');
  });

  it('[SV2] refuses events that do not exist, and does without an acknowledgement', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    expect(await a.request('peer-left', { roomId })).toEqual(refused('bad-request'));
    expect(await a.request('toString')).toEqual(refused('bad-request'));
    expect(await a.request('__proto__')).toEqual(refused('bad-request'));
    a.socket.emit('leave-room', roomId);
    expect(await b.next('peer-left')).toEqual({ roomId, socketId: a.id });
  });
});
