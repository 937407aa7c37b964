/** The real coturn, as the server starts it. Here rather than with the unit tests: it may be missing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { kill } from 'node:process';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { readConfig, type CoturnConfig } from '../../server/config.ts';
import { startCoturn, type CoturnSystem } from '../../server/coturn.ts';
import { answersStun, cannotListen } from '../../server/stun-probe.ts';
import { timeLimitedCredential } from '../../server/turn-credential.ts';
import { TurnClient } from '../support/turn-client.ts';
import { until } from '../support/wait.ts';
import { newPeerId, newRoom, TestClient } from '../unit/server/support.ts';

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const SILENT = pino({ level: 'silent' });

function configOf(environment: Record<string, string> = {}): CoturnConfig {
  const { coturn } = readConfig({ TURN: 'coturn', ...environment }).turn;
  if (!coturn) throw new Error('no coturn');
  return coturn;
}

const missing = missingParts(['coturn']);

describe.skipIf(missing.length > 0)('the real coturn', () => {
  it('[SV15] runs beside the server, is handed out, and both end together', async () => {
    const port = await freePort();
    const before = new Set(globSync(`${tmpdir()}/tallow-turn-*`));
    const server = spawn(process.execPath, [MAIN, '--turn'], {
      env: { PATH: process.env.PATH, PORT: '0', TURN_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    let logs = '';
    server.stdout.on('data', (chunk: Buffer) => (logs += chunk.toString()));
    const listening = await until('both listen', () => /"port":(\d+),"msg":"signaling/.exec(logs));
    expect(await answersStun('127.0.0.1', port)).toBe(true);

    const client = await TestClient.connect(`http://127.0.0.1:${listening[1]}`);
    await client.request('join-room', newRoom(), newPeerId());
    const turnUrls = async () => {
      const { turn } = (await client.request('turn-credentials')) as { turn: { url: string }[] };
      return turn.map(({ url }) => url);
    };
    expect(await turnUrls()).toEqual([
      `turn:127.0.0.1:${port}?transport=udp`,
      `turn:127.0.0.1:${port}?transport=tcp`,
    ]);
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await cannotListen('127.0.0.1', port)).toBeUndefined();
    const left = globSync(`${tmpdir()}/tallow-turn-*/turnserver.conf`);
    expect(left.filter((path) => !before.has(dirname(path)))).toEqual([]);
  });

  it.each(['SIGHUP', 'SIGKILL'] as const)(
    '[SV15] ends with a server that gets %s, and the next one starts',
    async (signal) => {
      const port = await freePort();
      const start = async () => {
        const server = spawn(process.execPath, [MAIN, '--turn'], {
          env: { PATH: process.env.PATH, PORT: '0', TURN_PORT: String(port) },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        onTestFinished(() => void server.kill('SIGKILL'));
        let logs = '';
        server.stdout.on('data', (chunk: Buffer) => (logs += chunk.toString()));
        await until('it listens', () => /"msg":"signaling/.test(logs));
        return server;
      };
      const first = await start();
      const [coturn = 0, ...others] = childrenOf(first.pid ?? 0);
      expect(others).toEqual([]);
      expect(readFileSync(`/proc/${coturn}/cmdline`, 'utf8')).toMatch(/turnserver/);
      const names = readFileSync(`/proc/${coturn}/environ`, 'utf8').split('\0').filter(Boolean);
      expect(names.map((entry) => entry.split('=')[0])).toEqual(['PATH']);
      const ended = once(first, 'exit');
      first.kill(signal);
      expect(await ended).toEqual(signal === 'SIGHUP' ? [0, null] : [null, 'SIGKILL']);
      await until('coturn is gone', () => !existsSync(`/proc/${coturn}`));
      expect(await cannotListen('127.0.0.1', port)).toBeUndefined();
      await start();
      expect(await answersStun('127.0.0.1', port)).toBe(true);
    },
  );

  it('[SV15] that is killed is handed out no more, while the server goes on', async () => {
    const config = configOf({ TURN_PORT: String(await freePort()) });
    let pid: number | undefined;
    const system: CoturnSystem = {
      cannotListen,
      answers: answersStun,
      spawn: (program, args) => {
        const child = spawn(program, args, { stdio: 'ignore' });
        pid = child.pid;
        return child;
      },
    };
    const coturn = await startCoturn(config, SILENT, { system });
    onTestFinished(() => coturn.close());
    expect(coturn.groups()).toHaveLength(1);
    if (pid === undefined) throw new Error('no process');
    kill(pid, 'SIGKILL');
    await until('nothing handed out', () => coturn.groups().length === 0);
  });

  it('[SV15] takes our credentials while they are good, and relays where it should', async () => {
    const base = configOf({ TURN_PORT: String(await freePort()) });
    const running = async (config: CoturnConfig) => {
      const coturn = await startCoturn(config, SILENT);
      onTestFinished(() => coturn.close());
      const secret = coturn.groups()[0]?.secret ?? '';
      return (startedAt: number) => {
        const login = timeLimitedCredential(secret, startedAt, 600);
        const client = new TurnClient(config.port, login);
        onTestFinished(() => client.close());
        return { client, login };
      };
    };
    // As on the Internet, but listening on this machine.
    const login = await running({ ...base, peers: 'public' });
    const { client, login: good } = login(Date.now());
    expect(await client.allocate()).toBe(0);
    const answers: Record<string, number> = {};
    for (const address of PEERS) answers[address] = await client.permit(address);
    expect(answers).toEqual({
      '203.0.113.77': 0,
      // Not even as the relay's own address: that a loopback address is one happens here only.
      '127.0.0.1': 403,
      '169.254.169.254': 403,
      '10.0.0.1': 403,
      '192.168.1.1': 403,
      '172.31.255.255': 403,
      '100.64.0.1': 403,
      '224.0.0.1': 403,
      '255.255.255.255': 403,
    });
    expect(await login(Date.now() - 601_000).client.allocate()).toBe(401);
    const forged = new TurnClient(base.port, { ...good, credential: 'AAAA' });
    onTestFinished(() => forged.close());
    expect(await forged.allocate()).toBe(401);

    const open = await running({ ...base, port: await freePort(), peers: 'private' });
    const inside = open(Date.now()).client;
    expect(await inside.allocate()).toBe(0);
    expect(await inside.permit('192.168.1.1')).toBe(0);
    expect(await inside.permit('169.254.169.254')).toBe(403);
  });
});

const PEERS = [
  ...['203.0.113.77', '127.0.0.1', '169.254.169.254', '10.0.0.1'],
  ...['192.168.1.1', '172.31.255.255', '100.64.0.1', '224.0.0.1', '255.255.255.255'],
];

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
