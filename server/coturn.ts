/** coturn beside the signaling server: `npm run server -- --turn` (docs/SERVER.md). */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TallowError } from '../lib/errors/index.ts';
import { hostInUrl } from '../lib/signaling/ice-url.ts';
import { spawnBound } from './bound-child.ts';
import type { CoturnConfig, TurnGroup } from './config.ts';
import { coturnAddresses, type CoturnAddresses } from './coturn-addresses.ts';
import { coturnSettings } from './coturn-settings.ts';
import type { Logger } from './ports.ts';
import { answersStun, cannotListen } from './stun-probe.ts';

const PROGRAM = 'turnserver';

/** From its start until it answers; it opens a database and thousands of ports before. */
const START_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 50;

/** It is killed if it has not ended by then. */
const STOP_TIMEOUT_MS = 3_000;

const SECRET_BYTES = 32;

export class CoturnError extends TallowError<'coturn-missing' | 'coturn-port' | 'coturn-failed'> {}

/** The part of a child process that is used here. */
export interface CoturnProcess {
  once(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'exit', listener: (code: number | null, signal: string | null) => void): unknown;
  kill(signal: 'SIGTERM' | 'SIGKILL'): unknown;
}

/** What starting coturn needs from the system; tests have their own. */
export interface CoturnSystem {
  spawn(program: string, args: readonly string[]): CoturnProcess;
  /**
   * Why nothing can listen there, as the system's code, or undefined. Of a port in use coturn itself
   * says nothing: it would share it.
   */
  cannotListen(host: string, port: number): Promise<string | undefined>;
  /** Whether a STUN server answers there, within a short time. */
  answers(host: string, port: number): Promise<boolean>;
}

export interface RunningCoturn {
  /** What clients are told of it; nothing once it has died. */
  readonly groups: () => readonly TurnGroup[];
  /** Ends it. Resolves when it is gone, and its files with it. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** Ends a start that is under way: it then fails, with nothing left behind. */
  readonly signal?: AbortSignal;
  readonly system?: CoturnSystem;
}

/** Starts coturn under a fresh secret. @throws CoturnError */
export async function startCoturn(
  config: CoturnConfig,
  logger: Logger,
  options: StartOptions = {},
): Promise<RunningCoturn> {
  const { signal, system = realSystem } = options;
  const addresses = await addressesOf(config);
  const [first = '127.0.0.1'] = addresses.listen;
  for (const port of [config.port, ...(config.tls ? [config.tls.port] : [])]) {
    const problem = await system.cannotListen(first, port);
    if (problem === undefined) continue;
    throw new CoturnError('coturn-port', `Cannot listen on HOST and port ${port}: ${problem}`);
  }
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  // Readable by this user only: anybody on this machine can read the arguments of a process.
  const folder = await mkdtemp(join(tmpdir(), 'tallow-turn-'));
  const file = join(folder, 'turnserver.conf');
  const settings = coturnSettings(config, { ...addresses, secret, folder });
  await writeFile(file, settings, { mode: 0o600 });

  let state: 'starting' | 'running' | 'stopping' | 'gone' = 'starting';
  const child = system.spawn(PROGRAM, ['-c', file]);
  // However this process ends: what does not end with it would hold the port of the next one.
  const onExit = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  const gone = new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code, signal) => {
      if (state === 'running') logger.error({ code, signal }, 'coturn ended: no relay from now on');
      resolve(undefined);
    });
  }).then(async (error) => {
    state = 'gone';
    process.off('exit', onExit);
    await rm(folder, { recursive: true, force: true });
    return error;
  });

  const close = async (): Promise<void> => {
    if (state !== 'gone') state = 'stopping';
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(late);
  };

  const started = await Promise.race([
    untilAnswer(() => system.answers(first, config.port), signal),
    gone.then((error) => error ?? 'ended'),
  ]);
  if (started !== 'answers') {
    await close();
    throw started instanceof Error && started.code === 'ENOENT'
      ? new CoturnError('coturn-missing', MISSING)
      : new CoturnError('coturn-failed', `coturn did not start; "${PROGRAM}" by itself says why.`);
  }
  // It was read: a death of this process must not leave the secret behind.
  await rm(file, { force: true });
  state = 'running';
  logger.info({ port: config.port, tls: config.tls !== undefined }, 'coturn runs beside');
  const group: TurnGroup = { urls: urlsOf(config), secret };
  return { groups: () => (state === 'running' ? [group] : []), close };
}

const MISSING =
  `coturn is not installed: no "${PROGRAM}" on PATH (Debian and Ubuntu: apt install coturn). ` +
  'Without --turn the server runs without a relay.';

async function untilAnswer(
  answers: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<'answers' | 'silent'> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && signal?.aborted !== true) {
    if (await answers()) return 'answers';
    await pause(LOOK_EVERY_MS);
  }
  return 'silent';
}

/** Over UDP, TCP and, with a certificate, TLS. */
function urlsOf({ publicHost, port, tls }: CoturnConfig): string[] {
  const host = hostInUrl(publicHost);
  return [
    `turn:${host}:${port}?transport=udp`,
    `turn:${host}:${port}?transport=tcp`,
    ...(tls ? [`turns:${host}:${tls.port}?transport=tcp`] : []),
  ];
}

async function addressesOf(config: CoturnConfig): Promise<CoturnAddresses> {
  const addresses = await coturnAddresses(config);
  if (addresses.listen.length > 0) return addresses;
  throw new CoturnError('coturn-failed', 'HOST has no address that coturn could listen on.');
}

const realSystem: CoturnSystem = {
  // Its output names clients by address and is not kept ([SV13]).
  spawn: spawnBound,
  cannotListen,
  answers: answersStun,
};
