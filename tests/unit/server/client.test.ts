import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SignalingClient, type SignalingMessage } from '../../../lib/signaling/client.ts';
import { Connector } from '../../../lib/signaling/connector.ts';
import { CLIENT_SOCKET_OPTIONS } from '../../../lib/signaling/constants.ts';
import { readConfig } from '../../../server/config.ts';
import { startServer } from '../../../server/start.ts';
import { newRoom, startTestServer } from './support.ts';

const openSocket = (url: string) => io(url, { ...CLIENT_SOCKET_OPTIONS, forceNew: true });

/** A client as the extension makes it, which stays with its one connection. */
function startClient(url: string): SignalingClient {
  const client = new SignalingClient(openSocket(url));
  onTestFinished(() => client.close());
  client.connect();
  return client;
}

/** As the extension keeps it: comes back, and moves along the list. */
function startConnector(urls: readonly string[], rooms: readonly string[] = []): Connector {
  const connector = new Connector({
    openSocket,
    onMessage: () => {},
    onPresence: () => {},
    onNameplateExpired: () => {},
    onOnline: () => {},
    onRooms: () => {},
    onLost: () => {},
    onChange: () => {},
    now: Date.now,
  });
  connector.setRooms(rooms);
  connector.use(urls);
  onTestFinished(() => connector.use([]));
  return connector;
}

/** A server on this port, closed with the test. */
async function startOn(port: number) {
  const server = await startServer(readConfig({ PORT: String(port) }), pino({ level: 'silent' }));
  onTestFinished(() => server.close());
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const peersOf = ({ client }: Connector, roomId: string) => [
  ...(client?.presence.get(roomId) ?? []),
];

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

  it('[SV5] [SV17] meets again after the server was restarted', async () => {
    const first = await startOn(0);
    const roomId = newRoom();
    const [a, b] = [startConnector([first.url], [roomId]), startConnector([first.url], [roomId])];
    await vi.waitFor(() => expect(peersOf(a, roomId)).toHaveLength(1));
    await first.close();
    await vi.waitFor(() => expect(a.status.state).not.toBe('online'));
    expect(a.client?.presence.size).toBe(0);
    await startOn(first.port);
    await vi.waitFor(() => expect(peersOf(a, roomId)).toHaveLength(1), 15_000);
    await vi.waitFor(() => expect(peersOf(b, roomId)).toHaveLength(1), 15_000);
    expect(b.client?.status).toEqual({ state: 'online', socketId: peersOf(a, roomId)[0] });
  });

  it('[SV17] two clients meet at the second server where the first is away', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    const second = await startOn(0);
    const roomId = newRoom();
    const a = startConnector([away, second.url], [roomId]);
    const b = startConnector([second.url], [roomId]);
    await vi.waitFor(() => expect(peersOf(a, roomId)).toHaveLength(1), 5_000);
    expect(a.status).toEqual({ state: 'online', url: second.url });
    expect(peersOf(b, roomId)).toHaveLength(1);
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

  it('[SV17] tries until there is a server', async () => {
    const port = await freePort();
    const connector = startConnector([`http://127.0.0.1:${port}`]);
    await vi.waitFor(() => expect(connector.status.state).toBe('failing'), 5_000);
    await startOn(port);
    await vi.waitFor(() => expect(connector.status.state).toBe('online'), 10_000);
  });
});
