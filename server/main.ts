/** `npm run server`: the signaling server, configured by its environment (docs/SERVER.md). */
import { pino } from 'pino';
import { ConfigError, readConfig, type ServerConfig } from './config.ts';
import { CoturnError, startCoturn, type RunningCoturn } from './coturn.ts';
import { startServer, type RunningServer } from './start.ts';

/** Sockets that do not close by then are cut off, in ms. */
const SHUTDOWN_DEADLINE_MS = 5_000;

function configOrExit(): ServerConfig {
  const [option, ...more] = process.argv.slice(2);
  if (more.length > 0 || (option !== undefined && option !== '--turn')) {
    console.error('The only option is --turn; everything else is in environment variables.');
    process.exit(2);
  }
  try {
    return readConfig({ ...process.env, ...(option === '--turn' && { TURN: 'coturn' }) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

function failure(error: unknown): string {
  if (error instanceof CoturnError) return error.message;
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return `Cannot listen on HOST and PORT: ${reason}`;
}

const config = configOrExit();
// pino adds the host's name by default.
const logger = pino({ level: config.logLevel, base: null });
const stopping = new AbortController();
let coturn: Promise<RunningCoturn> | undefined;
let server: RunningServer | undefined;

/** Whatever of the two is there or still starting. */
const closeAll = async (): Promise<void> => {
  stopping.abort();
  const beside = coturn?.then((running) => running.close()).catch(() => undefined);
  await Promise.all([server?.close(), beside]);
};
const stop = (): void => {
  // A terminal and a process manager may both say so.
  if (stopping.signal.aborted) return;
  setTimeout(() => process.exit(1), SHUTDOWN_DEADLINE_MS).unref();
  void closeAll().then(() => process.exit(0));
};
// Not `once`: a second one would end this process without its `exit`, which takes coturn along.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);

try {
  if (config.turn.coturn) {
    coturn = startCoturn(config.turn.coturn, logger, { signal: stopping.signal });
  }
  const running = await coturn;
  server = await startServer(config, logger, { turnGroups: () => running?.groups() ?? [] });
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(failure(error));
    await closeAll();
    process.exit(1);
  }
}
