import { describe, expect, it } from 'vitest';
import { ROOMS_PER_SOCKET } from '../../../lib/signaling/constants.ts';
import { GRANTED, newPeerId, newRoom, refused, startTestServer, twoInRoom } from './support.ts';

describe('rooms', () => {
  it('[SV1] tells version and time on connect', async () => {
    const server = await startTestServer();
    const client = await server.connect();
    expect(await client.next('server-info')).toEqual({ version: 2, time: server.clock.now() });
  });

  it('[SV1] serves polling clients too', async () => {
    const server = await startTestServer();
    const client = await server.connect({ transports: ['polling'] });
    expect(await client.next('server-info')).toMatchObject({ version: 2 });
    expect(await client.request('join-room', newRoom(), newPeerId())).toEqual(GRANTED);
  });

  it('[SV3] tells those inside about the joiner, and the joiner about each of them', async () => {
    const server = await startTestServer();
    const roomId = newRoom();
    const peers = [];
    for (let index = 0; index < 3; index += 1) {
      const client = await server.connect();
      const peerId = newPeerId();
      expect(await client.request('join-room', roomId, peerId)).toEqual(GRANTED);
      peers.push({ client, announced: { roomId, peerId, socketId: client.id } });
    }
    const [first, second, third] = peers;
    if (!first || !second || !third) throw new Error('three peers');
    expect(await first.client.next('peer-joined')).toEqual(second.announced);
    expect(await first.client.next('peer-joined')).toEqual(third.announced);
    expect(await third.client.next('peer-joined')).toEqual(first.announced);
    expect(await third.client.next('peer-joined')).toEqual(second.announced);
  });

  it('[SV3] has told the joiner who is inside by the time it answers', async () => {
    const server = await startTestServer();
    const roomId = newRoom();
    const [a, b] = [await server.connect(), await server.connect()];
    await a.request('join-room', roomId, newPeerId());
    const order: string[] = [];
    b.socket.on('peer-joined', () => order.push('peer-joined'));
    await b.request('join-room', roomId, newPeerId());
    order.push('answer');
    expect(order).toEqual(['peer-joined', 'answer']);
  });

  it('[SV3] keeps rooms apart', async () => {
    const server = await startTestServer();
    const [a, b] = [await server.connect(), await server.connect()];
    await a.request('join-room', newRoom(), newPeerId());
    await b.request('join-room', newRoom(), newPeerId());
    expect(await a.settled()).toEqual(['server-info']);
    expect(await b.settled()).toEqual(['server-info']);
  });

  it.each([
    ['no room', []],
    ['an empty room', ['']],
    ['another letter', [`x${'0'.repeat(32)}`]],
    ['upper case', [`r${'A'.repeat(32)}`]],
    ['31 digits', [`r${'0'.repeat(31)}`]],
    ['33 digits', [`r${'0'.repeat(33)}`]],
    ['a line end', [`r${'0'.repeat(32)}\n`]],
    ['a nameplate of 4 digits', ['n1234']],
    ['a nameplate with a leading zero', ['n012345']],
    ['a number', [12345]],
    ['an array', [[`r${'0'.repeat(32)}`]]],
    ['null', [null]],
  ])('[SV3] refuses %s as a room', async (_name, room) => {
    const server = await startTestServer();
    const client = await server.connect();
    expect(await client.request('join-room', ...room, newPeerId())).toEqual(refused('bad-request'));
  });

  it.each([undefined, '', '0'.repeat(31), '0'.repeat(33), 'G'.repeat(32), 'A'.repeat(32), 5, {}])(
    '[SV3] refuses %j as a peerId',
    async (peerId) => {
      const server = await startTestServer();
      const client = await server.connect();
      expect(await client.request('join-room', newRoom(), peerId)).toEqual(refused('bad-request'));
    },
  );

  it('[SV4] gives the seat of a socket to the one that joins under its peerId', async () => {
    const server = await startTestServer();
    const roomId = newRoom();
    const peerId = newPeerId();
    const [watcher, dead, fresh] = [
      await server.connect(),
      await server.connect(),
      await server.connect(),
    ];
    await watcher.request('join-room', roomId, newPeerId());
    await dead.request('join-room', roomId, peerId);
    await watcher.next('peer-joined');
    expect(await fresh.request('join-room', roomId, peerId)).toEqual(GRANTED);
    expect(await watcher.next('peer-left')).toEqual({ roomId, socketId: dead.id });
    expect(await watcher.next('peer-joined')).toEqual({ roomId, peerId, socketId: fresh.id });
    expect(await fresh.next('peer-joined')).toMatchObject({ socketId: watcher.id });
    expect((await fresh.settled()).filter((event) => event === 'peer-joined')).toEqual([]);
    const toDead = { target: dead.id, roomId, data: 'AAAA' };
    expect(await watcher.request('offer', toDead)).toEqual(refused('target-offline'));
  });

  it('[SV4] takes over a seat in a full room', async () => {
    const server = await startTestServer();
    const roomId = newRoom();
    const peerIds = Array.from({ length: 4 }, newPeerId);
    for (const peerId of peerIds) {
      await (await server.connect()).request('join-room', roomId, peerId);
    }
    const fresh = await server.connect();
    expect(await fresh.request('join-room', roomId, peerIds[2])).toEqual(GRANTED);
  });

  it('[SV4] tells a replaced socket that is alive after all, and lets it join again', async () => {
    const server = await startTestServer();
    const roomId = newRoom();
    const peerId = newPeerId();
    const [a, b, c] = [await server.connect(), await server.connect(), await server.connect()];
    await c.request('join-room', roomId, newPeerId());
    await a.request('join-room', roomId, peerId);
    await a.next('peer-joined');
    await b.request('join-room', roomId, peerId);
    expect(await a.next('peer-left')).toEqual({ roomId, socketId: a.id });
    expect(await a.request('join-room', roomId, newPeerId())).toEqual(GRANTED);
    expect(await a.next('peer-joined')).toMatchObject({ socketId: c.id });
    expect(await a.next('peer-joined')).toMatchObject({ socketId: b.id });
  });

  it('[SV4] leaves other rooms of the replaced socket alone', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    const other = newRoom();
    const peerId = newPeerId();
    await a.request('join-room', other, peerId);
    await b.request('join-room', other, peerId);
    const toA = { target: a.id, roomId, data: 'AAAA' };
    expect(await b.request('offer', toA)).toEqual(GRANTED);
  });

  it('[SV5] tells those inside who left, by request and by a lost socket', async () => {
    const server = await startTestServer();
    const { roomId, a, b } = await twoInRoom(server);
    expect(await b.request('leave-room', roomId)).toEqual(GRANTED);
    expect(await a.next('peer-left')).toEqual({ roomId, socketId: b.id });
    await b.request('join-room', roomId, newPeerId());
    const lost = b.id;
    b.socket.io.engine.close();
    expect(await a.next('peer-left')).toEqual({ roomId, socketId: lost });
  });

  it('[SV5] leaves no seat behind for a socket that is lost while it joins', async () => {
    const server = await startTestServer();
    const roomId = newRoom();
    for (let index = 0; index < 8; index += 1) {
      const client = await server.connect();
      client.socket.emit('join-room', roomId, newPeerId());
      client.socket.disconnect();
    }
    const last = await server.connect();
    await expect
      .poll(async () => {
        await last.request('leave-room', roomId);
        await last.request('join-room', roomId, newPeerId());
        const events = await last.settled();
        const joined = events.filter((event) => event === 'peer-joined').length;
        return joined - events.filter((event) => event === 'peer-left').length;
      })
      .toBe(0);
  });

  it('[SV5] refuses to leave a room the socket is not in, and says nothing there', async () => {
    const server = await startTestServer();
    const { roomId, a } = await twoInRoom(server);
    const stranger = await server.connect();
    expect(await stranger.request('leave-room', roomId)).toEqual(refused('not-in-room'));
    expect(await stranger.request('leave-room', 'hall')).toEqual(refused('bad-request'));
    expect(await a.settled()).toEqual([]);
  });

  it('[SV6] has four seats; a fifth is refused and nobody hears of it', async () => {
    const server = await startTestServer();
    const roomId = newRoom();
    const clients = [];
    for (let index = 0; index < 4; index += 1) {
      const client = await server.connect();
      expect(await client.request('join-room', roomId, newPeerId())).toEqual(GRANTED);
      clients.push(client);
    }
    const fifth = await server.connect();
    expect(await fifth.request('join-room', roomId, newPeerId())).toEqual(refused('room-full'));
    expect(await fifth.settled()).toEqual(['server-info']);
    const [first] = clients;
    expect((await first?.settled())?.filter((event) => event === 'peer-joined')).toHaveLength(3);
    // Who is inside may join again, and a seat that is given up is free.
    expect(await first?.request('join-room', roomId, newPeerId())).toEqual(GRANTED);
    await first?.request('leave-room', roomId);
    expect(await fifth.request('join-room', roomId, newPeerId())).toEqual(GRANTED);
  });

  it('[SV6] lets a socket into 512 rooms and no more', async () => {
    const server = await startTestServer();
    const client = await server.connect();
    const rooms = Array.from({ length: ROOMS_PER_SOCKET }, newRoom);
    const answers = await Promise.all(
      rooms.map((roomId) => client.request('join-room', roomId, newPeerId())),
    );
    expect(answers.every((answer) => JSON.stringify(answer) === '{"ok":true}')).toBe(true);
    const more = await client.request('join-room', newRoom(), newPeerId());
    expect(more).toEqual(refused('too-many-rooms'));
    const plate = await client.request('create-nameplate', `${'A'.repeat(22)}==`, newPeerId());
    expect(plate).toEqual(refused('too-many-rooms'));
    expect(await client.request('join-room', rooms[0], newPeerId())).toEqual(GRANTED);
    await client.request('leave-room', rooms[0]);
    expect(await client.request('join-room', newRoom(), newPeerId())).toEqual(GRANTED);
  });
});
