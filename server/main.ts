/** `npm run server`: the signaling server, configured by its environment (docs/SERVER.md). */
import { pino } from 'pino';
import { ConfigError, readConfig, type ServerConfig } from './config.ts';
import { startServer } from './start.ts';

/** Sockets that do not close by then are cut off, in ms. */
const SHUTDOWN_DEADLINE_MS = 5_000;

function configOrExit(): ServerConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

const config = configOrExit();
// pino adds the host's name by default.
const logger = pino({ level: config.logLevel, base: null });

try {
  const server = await startServer(config, logger);
  const stop = (): void => {
    setTimeout(() => process.exit(1), SHUTDOWN_DEADLINE_MS).unref();
    void server.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  console.error(`Cannot listen on HOST and PORT: ${reason}`);
  process.exit(1);
}
