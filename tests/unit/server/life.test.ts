import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApplication } from '../../../server/application.ts';
import { readConfig } from '../../../server/config.ts';
import { healthListener } from '../../../server/health.ts';
import { memoryRooms } from '../../../server/memory/rooms.ts';
import { startServer } from '../../../server/start.ts';
import { systemRandom } from '../../../server/system.ts';
import {
  createNameplate,
  FakeClock,
  GRANTED,
  newPeerId,
  newRoom,
  startTestServer,
  TestClient,
  twoInRoom,
} from './support.ts';

const MAIN = fileURLToPath(new URL('../../../server/main.ts', import.meta.url));

describe('health', () => {
  it('[SV13] answers live and ready as JSON, and nothing about itself', async () => {
    const server = await startTestServer();
    for (const status of ['live', 'ready']) {
      const response = await fetch(`${server.url}/health/${status}?probe=1`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toEqual({ status });
      expect(response.headers.has('server')).toBe(false);
      expect(response.headers.has('x-powered-by')).toBe(false);
    }
  });

  it('[SV13] has nothing else to show', async () => {
    const server = await startTestServer();
    for (const path of ['/', '/health', '/health/live/x', '/signaling/socket.io.js', '/admin']) {
      const response = await fetch(`${server.url}${path}`);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.text()).not.toMatch(/socket\.io|\d+\.\d+\.\d+/i);
    }
    const posted = await fetch(`${server.url}/health/live`, { method: 'POST' });
    expect(posted.status).toBe(405);
  });

  it('answers 503 to ready, and still live, while it stops', async () => {
    const httpServer = createServer(healthListener(() => false));
    onTestFinished(() => void httpServer.close());
    httpServer.listen(0, '127.0.0.1');
    await once(httpServer, 'listening');
    const { port } = httpServer.address() as AddressInfo;
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'stopping' }]);
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
  });

  it('survives a request with a broken URL', async () => {
    const server = await startTestServer();
    for (const path of ['//', '/signaling/?%', '/signaling/?EIO=4&transport=x', '/%zz']) {
      const answered = request(`${server.url}/`, { path }).end();
      const [response] = (await once(answered, 'response')) as [{ resume(): void }];
      response.resume();
    }
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });
});

describe('life', () => {
  it('closes its sockets and its port', async () => {
    const server = await startTestServer();
    const client = await server.connect();
    await server.application.close();
    await client.closed();
    expect(server.httpServer.listening).toBe(false);
    await expect(server.connect()).rejects.toThrow();
  });

  it('starts on a free port and tells it', async () => {
    const config = readConfig({ PORT: '0' });
    const running = await startServer(config, pino({ level: 'silent' }));
    onTestFinished(() => running.close());
    const client = await TestClient.connect(`http://127.0.0.1:${running.port}`);
    expect(await client.next('server-info')).toMatchObject({ version: 2 });
    const second = startServer(
      readConfig({ PORT: String(running.port) }),
      pino({ level: 'silent' }),
    );
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('stops in order on SIGTERM', async () => {
    const server = spawn(process.execPath, [MAIN], {
      env: { PORT: '0', LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(line.toString()) as { port: number };
    const client = await TestClient.connect(`http://127.0.0.1:${port}`);
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    await client.closed();
    expect(await exited).toEqual([0, null]);
  });

  it('says which variable is wrong and does not start', async () => {
    const server = spawn(process.execPath, [MAIN], {
      env: { PORT: 'eighty' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    server.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    expect(await once(server, 'close')).toEqual([2, null]);
    expect(complaint).toBe('Wrong configuration: PORT must be a whole number\n');
  });
});

describe('logs', () => {
  it('[SV13] hold no room, nameplate, address, socket id, peerId or payload', async () => {
    const server = await startTestServer({ limits: { requestsPerMinute: 30 } });
    const { roomId, a, b } = await twoInRoom(server);
    const payload = Buffer.from('a secret payload').toString('base64');
    const peerId = newPeerId();
    const nameplate = await createNameplate(a);
    await b.request('join-room', `n${nameplate}`, peerId);
    await a.request('offer', { target: b.id, roomId, data: payload });
    await a.request('offer', { target: 'secret-target', roomId, data: payload });
    await a.request('join-room', 'secret-room', peerId);
    await a.request('secret-event', payload);
    await a.request('leave-room', newRoom());
    await b.request('join-room', 'n99999', peerId);
    await expect(
      server.connect({ extraHeaders: { origin: 'https://secret.example' } }),
    ).rejects.toThrow();
    const secrets = [a.id, b.id];
    for (let index = 0; index < 400; index += 1) a.socket.emit('secret-flood', { payload });
    await a.closed();
    await server.application.close();

    const logs = server.logLines.join('');
    expect(logs).toContain('request refused');
    expect(logs).toContain('connection refused');
    expect(logs).toContain('floods');
    for (const secret of [
      ...secrets,
      roomId,
      roomId.slice(1),
      nameplate,
      peerId,
      payload,
      'secret',
      '127.0.0.1',
      '99999',
    ]) {
      expect(logs).not.toContain(secret);
    }
    expect(logs).not.toMatch(/"(?:hostname|pid|ip|address|remoteAddress)"/);
  });

  it('[SV13] hold the place of an unexpected error, not its message', async () => {
    const lines: string[] = [];
    const httpServer = createServer();
    const application = createApplication(httpServer, {
      config: readConfig({}),
      clock: new FakeClock(),
      random: systemRandom,
      logger: pino({ base: null }, { write: (line: string) => lines.push(line) }),
      rooms: {
        ...memoryRooms(),
        seat: (roomId) => Promise.reject(new Error(`no connection for ${roomId}`)),
      },
    });
    onTestFinished(() => application.close());
    await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
    const { port } = httpServer.address() as AddressInfo;
    const client = await TestClient.connect(`http://127.0.0.1:${port}`);
    const roomId = newRoom();
    const answer = await client.request('join-room', roomId, newPeerId());
    expect(answer).toEqual({ ok: false, code: 'unavailable' });
    expect(await client.request('leave-room', roomId)).not.toEqual(GRANTED);
    expect(lines.join('')).toContain('life.test.ts');
    expect(lines.join('')).not.toContain(roomId);
    expect(lines.join('')).not.toContain('no connection');
  });
});
