import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SignalingClient, type SignalingMessage } from '../../../lib/signaling/client.ts';
import { CLIENT_SOCKET_OPTIONS } from '../../../lib/signaling/constants.ts';
import { readConfig } from '../../../server/config.ts';
import { startServer } from '../../../server/start.ts';
import { newRoom, startTestServer } from './support.ts';

/** The client as the extension makes it, with short delays. */
function startClient(url: string): SignalingClient {
  const socket = io(url, {
    ...CLIENT_SOCKET_OPTIONS,
    forceNew: true,
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
  });
  const client = new SignalingClient(socket);
  onTestFinished(() => client.close());
  client.connect();
  return client;
}

const others = (client: SignalingClient, roomId: string) => [
  ...(client.presence.get(roomId) ?? []),
];
const online = (client: SignalingClient) =>
  vi.waitFor(() => {
    if (client.status.state !== 'online') throw new Error(client.status.state);
    return client.status.socketId;
  });

describe('client and server', () => {
  it('[SV3] two clients meet in a room and exchange messages', async () => {
    const server = await startTestServer();
    const [a, b] = [startClient(server.url), startClient(server.url)];
    const roomId = newRoom();
    const received: SignalingMessage[] = [];
    b.onMessage((message) => received.push(message));
    a.setRooms([roomId]);
    b.setRooms([roomId, newRoom()]);
    const [idA, idB] = [await online(a), await online(b)];
    await vi.waitFor(() => expect(others(a, roomId)).toEqual([idB]));
    await vi.waitFor(() => expect(others(b, roomId)).toEqual([idA]));
    await a.send('pqc-public-key', { target: idB, roomId, data: 'AAAA' });
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(received).toEqual([{ event: 'pqc-public-key', roomId, from: idA, data: 'AAAA' }]);
    b.setRooms([]);
    await vi.waitFor(() => expect(others(a, roomId)).toEqual([]));
    const late = a.send('offer', { target: idB, roomId, data: 'AAAA' });
    await expect(late).rejects.toMatchObject({ code: 'target-offline' });
  });

  it('[SV9] [SV11] pairs by a nameplate', async () => {
    const server = await startTestServer();
    const [creator, joiner] = [startClient(server.url), startClient(server.url)];
    const [creatorId, joinerId] = [await online(creator), await online(joiner)];
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    const { nameplate, roomId } = await creator.createNameplate(nonce);
    const joined = await joiner.joinNameplate(nameplate);
    expect(joined).toEqual({ roomId, nonceC: Buffer.from(nonce).toString('base64') });
    expect(others(joiner, roomId)).toEqual([creatorId]);
    await vi.waitFor(() => expect(others(creator, roomId)).toEqual([joinerId]));
    await creator.releaseNameplate(nameplate);
    await joiner.send('pqc-public-key', { target: creatorId, roomId, data: 'AAAA' });
    const third = startClient(server.url);
    await online(third);
    await expect(third.joinNameplate(nameplate)).rejects.toMatchObject({
      code: 'nameplate-used',
    });
    await joiner.leaveNameplate(nameplate);
    await vi.waitFor(() => expect(others(creator, roomId)).toEqual([]));
  });

  it('[SV5] meets again after the server was restarted', async () => {
    const config = readConfig({ PORT: '0' });
    const logger = pino({ level: 'silent' });
    const first = await startServer(config, logger);
    const url = `http://127.0.0.1:${first.port}`;
    const [a, b] = [startClient(url), startClient(url)];
    const roomId = newRoom();
    a.setRooms([roomId]);
    b.setRooms([roomId]);
    await vi.waitFor(() => expect(others(a, roomId)).toHaveLength(1));
    await first.close();
    await vi.waitFor(() => expect(a.status.state).toBe('connecting'));
    expect(a.presence.size).toBe(0);
    const second = await startServer({ ...config, port: first.port }, logger);
    onTestFinished(() => second.close());
    const [idA, idB] = [await online(a), await online(b)];
    await vi.waitFor(() => expect(others(a, roomId)).toEqual([idB]), 5_000);
    await vi.waitFor(() => expect(others(b, roomId)).toEqual([idA]), 5_000);
  });

  it('[SV4] recovers a seat that another socket took over', async () => {
    const server = await startTestServer();
    const client = startClient(server.url);
    const roomId = newRoom();
    client.setRooms([roomId]);
    await online(client);
    const thief = await server.connect();
    await thief.request('join-room', roomId, '0'.repeat(32));
    const { peerId } = (await thief.next('peer-joined')) as { peerId: string };
    await thief.request('join-room', roomId, peerId);
    await vi.waitFor(() => expect(others(client, roomId)).toEqual([thief.id]));
    expect(await thief.next('peer-joined')).not.toMatchObject({ peerId });
  });

  it('tries until there is a server', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const client = startClient(`http://127.0.0.1:${port}`);
    const server = await startServer(readConfig({ PORT: String(port) }), pino({ level: 'silent' }));
    onTestFinished(() => server.close());
    await online(client);
  });
});
