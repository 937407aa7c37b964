/** Configuration from the environment; docs/SERVER.md lists the variables for operators. */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { TallowError } from '../lib/errors/index.ts';

export class ConfigError extends TallowError<'config-invalid'> {}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const integer = (fallback: number, min: number, max: number) =>
  v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[0-9]{1,12}$/, 'must be a whole number'),
      v.transform(Number),
      v.minValue(min, `must be at least ${min}`),
      v.maxValue(max, `must be at most ${max}`),
    ),
    String(fallback),
  );

/** `scheme://host`, or `scheme://*` for every host: an extension's id differs for each browser. */
const ORIGIN =
  /^[a-z][a-z0-9+.-]*:\/\/(?:\*|[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9a-f:]+\](?::[0-9]{1,5})?)$/;

const environmentSchema = v.object({
  /** Address to listen on. */
  HOST: v.optional(
    v.pipe(
      v.string(),
      v.check((host) => isIP(host) !== 0 || /^[A-Za-z0-9.-]+$/.test(host), 'must be a host'),
    ),
    '127.0.0.1',
  ),
  /** 0 picks a free port. */
  PORT: integer(8790, 0, 65_535),
  /** Web origins that may connect, separated by commas; `*` for all. */
  ORIGINS: v.optional(
    v.pipe(
      v.string(),
      v.transform((list) => list.split(',').map((origin) => origin.trim())),
      v.array(
        v.pipe(
          v.string(),
          v.check(
            (origin) => origin === '*' || ORIGIN.test(origin),
            'must be origins like https://example.org, separated by commas, or *',
          ),
        ),
      ),
    ),
    'chrome-extension://*,moz-extension://*',
  ),
  LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`), 'info'),
  /** How many reverse proxies in front add to `X-Forwarded-For`; 0: the header is not believed. */
  TRUST_PROXY: integer(0, 0, 16),
  MAX_CONNECTIONS: integer(10_000, 1, 1_000_000),
  MAX_CONNECTIONS_PER_ADDRESS: integer(200, 1, 1_000_000),
  /** Requests of all kinds by one socket. A socket with 512 rooms joins them all at once. */
  REQUESTS_PER_MINUTE: integer(2_400, 1, 1_000_000),
  /** Relayed messages by one socket. */
  MESSAGES_PER_MINUTE: integer(1_200, 1, 1_000_000),
  /** Relayed characters by one socket. */
  BYTES_PER_MINUTE: integer(8_388_608, 65_536, 1_000_000_000),
  /** Nameplates created from one address. */
  NAMEPLATES_PER_TEN_MINUTES: integer(60, 1, 1_000_000),
  /** Joins of nameplates that do not exist or are taken, from one address. */
  GUESSES_PER_TEN_MINUTES: integer(20, 1, 1_000_000),
});

export interface Limits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly requestsPerMinute: number;
  readonly messagesPerMinute: number;
  readonly bytesPerMinute: number;
  readonly nameplatesPerTenMinutes: number;
  readonly guessesPerTenMinutes: number;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly origins: readonly string[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly trustedProxies: number;
  readonly limits: Limits;
}

/** @throws ConfigError naming each variable that is wrong, and how, without its value. */
export function readConfig(environment: Record<string, string | undefined>): ServerConfig {
  // An empty variable is what many process managers make of an unset one.
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = v.safeParse(environmentSchema, present);
  if (!result.success) {
    const problems = result.issues.map(
      ({ path, message }) => `${String(path?.[0].key)} ${message}`,
    );
    throw new ConfigError('config-invalid', `Wrong configuration: ${problems.join('; ')}`);
  }
  const variables = result.output;
  return {
    host: variables.HOST,
    port: variables.PORT,
    origins: variables.ORIGINS,
    logLevel: variables.LOG_LEVEL,
    trustedProxies: variables.TRUST_PROXY,
    limits: {
      connections: variables.MAX_CONNECTIONS,
      connectionsPerAddress: variables.MAX_CONNECTIONS_PER_ADDRESS,
      requestsPerMinute: variables.REQUESTS_PER_MINUTE,
      messagesPerMinute: variables.MESSAGES_PER_MINUTE,
      bytesPerMinute: variables.BYTES_PER_MINUTE,
      nameplatesPerTenMinutes: variables.NAMEPLATES_PER_TEN_MINUTES,
      guessesPerTenMinutes: variables.GUESSES_PER_TEN_MINUTES,
    },
  };
}
