/** coturn on loopback, for connections over a relay without a network between. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAdminProgram } from '../../scripts/system/namespaces.ts';
import { timeLimitedCredential } from '../../server/turn-credential.ts';
import { untilLine } from './output.ts';

const HOST = '127.0.0.1';
/** What coturn says last of all that it prints at its start. */
export const COTURN_LISTENS = /Total General servers/;
/** Longer than any test. */
const CREDENTIAL_SECONDS = 86_400;

export interface LoopbackTurn {
  readonly url: string;
  readonly username: string;
  readonly credential: string;
  stop(): Promise<void>;
}

export async function startTurn(): Promise<LoopbackTurn> {
  const program = findAdminProgram('turnserver');
  if (program === undefined) throw new Error('coturn is not installed');
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'tallow-turn-'));
  const secret = randomBytes(16).toString('hex');
  const server = spawn(
    program,
    [
      '-n',
      ...[`--listening-ip=${HOST}`, `--relay-ip=${HOST}`, `--listening-port=${port}`],
      ...['--realm=loopback.invalid', '--use-auth-secret', `--static-auth-secret=${secret}`],
      ...['--allow-loopback-peers', '--fingerprint', '--no-cli', '--no-tls', '--no-dtls'],
      ...['--simple-log', '--log-file=stdout'],
      ...[`--pidfile=${join(folder, 'pid')}`, `--userdb=${join(folder, 'db')}`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await untilLine(server, 'coturn', COTURN_LISTENS);
  return {
    url: `turn:${HOST}:${port}?transport=udp`,
    ...timeLimitedCredential(secret, Date.now(), CREDENTIAL_SECONDS),
    stop: async () => {
      const gone = once(server, 'exit');
      if (server.kill('SIGKILL')) await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago: coturn cannot pick one itself. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
