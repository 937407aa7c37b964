/** Presence in real time: sockets whose network goes away without a word ([SV16]). */
import { io } from 'socket.io-client';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { SignalingClient } from '../../lib/signaling/client.ts';
import { CLIENT_SOCKET_OPTIONS } from '../../lib/signaling/constants.ts';
import { startSignaling, type SignalingServer } from '../support/server.ts';
import { SilentProxy } from '../support/silent-proxy.ts';
import { until } from '../support/wait.ts';

/** What the issue allows. */
const CHANGE_MS = 2_000;
const SILENT_DEATH_MS = 35_000;

const ROOM = `r${'5'.repeat(32)}`;

let server: SignalingServer;
let proxy: SilentProxy;

beforeEach(async () => {
  server = await startSignaling();
  proxy = await SilentProxy.start(server.url);
});

afterEach(async () => {
  await proxy.close();
  await server.stop();
});

async function join(url: string): Promise<SignalingClient> {
  const client = new SignalingClient(io(url, { ...CLIENT_SOCKET_OPTIONS, forceNew: true }));
  onTestFinished(() => client.close());
  client.setRooms([ROOM]);
  client.connect();
  await until('the room', () => client.inRoom);
  return client;
}

const sees = (client: SignalingClient) => client.presence.get(ROOM)?.size ?? 0;

async function elapsed(what: string, limitMs: number, look: () => boolean): Promise<number> {
  const start = performance.now();
  await until(what, look, { timeoutMs: limitMs });
  return performance.now() - start;
}

it('[SV16] who comes and who goes is seen within two seconds', async () => {
  const watching = await join(server.url);
  const coming = await join(server.url);
  await elapsed('the other', CHANGE_MS, () => sees(watching) === 1);
  coming.close();
  await elapsed('nobody', CHANGE_MS, () => sees(watching) === 0);
});

it('[SV16] a silent death is seen within 35 s, by those who stay and by the one cut off', async () => {
  const watching = await join(server.url);
  const cut = await join(proxy.url);
  await until('each other', () => sees(watching) === 1 && sees(cut) === 1);
  proxy.fallSilent();
  const [toOthers, toItself] = await Promise.all([
    elapsed('it gone', SILENT_DEATH_MS, () => sees(watching) === 0),
    elapsed('its own loss', SILENT_DEATH_MS, () => cut.status.state === 'failed'),
  ]);
  // It was no ordinary goodbye, which would have come at once.
  expect(Math.min(toOthers, toItself)).toBeGreaterThan(1_000);
  expect(sees(cut)).toBe(0);
});

it('[SV16] doubt finds a silent server within two seconds', async () => {
  const cut = await join(proxy.url);
  expect(await cut.probe()).toBe(true);
  proxy.fallSilent();
  const start = performance.now();
  expect(await cut.probe()).toBe(false);
  expect(performance.now() - start).toBeLessThan(CHANGE_MS + 500);
});
