/** Configuration from the environment; docs/SERVER.md lists the variables for operators. */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { TallowError } from '../lib/errors/index.ts';
import { MAX_STUN_URLS, MAX_TURN_URLS } from '../lib/signaling/constants.ts';
import { hostInUrl, isStunUrl, isTurnUrl } from '../lib/signaling/ice-url.ts';
import { isLoopback, isUnspecified } from './address.ts';

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

const list = (isEntry: (entry: string) => boolean, max: number, what: string) =>
  v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.split(',').map((entry) => entry.trim())),
      v.check((entries) => entries.every(isEntry), `must be ${what}, separated by commas`),
      v.maxLength(max, `must have at most ${max} entries`),
    ),
  );

const filePath = v.optional(v.pipe(v.string(), v.regex(/^[^\r\n]+$/, 'must be a file')));

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
  /** Requests for TURN credentials from one address. */
  TURN_CREDENTIALS_PER_TEN_MINUTES: integer(120, 1, 1_000_000),
  /** STUN servers that clients are told of. */
  STUN_URLS: list(isStunUrl, MAX_STUN_URLS, 'addresses like stun:example.org:3478'),
  /** TURN servers that clients are told of; they share TURN_SECRET with this server. */
  TURN_URLS: list(isTurnUrl, MAX_TURN_URLS, 'addresses like turn:example.org:3478?transport=udp'),
  TURN_SECRET: v.optional(v.pipe(v.string(), v.minLength(16, 'must have at least 16 characters'))),
  /** A shorter time would end connections that are just made, a longer one serve a thief. */
  TURN_TTL_SECONDS: integer(3_600, 300, 86_400),
  /** Starts coturn beside this server. */
  TURN: v.optional(v.picklist(['coturn'], 'must be coturn')),
  TURN_PORT: integer(3478, 1, 65_535),
  TURN_TLS_PORT: integer(5349, 1, 65_535),
  /** The name or address under which clients reach coturn. */
  TURN_HOST: v.optional(
    v.pipe(
      v.string(),
      v.check((host) => isTurnUrl(`turn:${hostInUrl(host)}?transport=udp`), 'must be a host'),
    ),
  ),
  /** This machine's address on the Internet, where it has another one itself (1:1 NAT of clouds). */
  TURN_EXTERNAL_IP: v.optional(
    v.pipe(
      v.string(),
      v.check((address) => isIP(address) !== 0, 'must be an IP address'),
    ),
  ),
  /** UDP ports of relayed connections, `first-last`. */
  TURN_RELAY_PORTS: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[0-9]{1,5}-[0-9]{1,5}$/, 'must be like 49152-65535'),
      v.transform((range) => range.split('-').map(Number)),
      v.check(
        ([first = 0, last = 0]) => first >= 1_024 && first <= last && last <= 65_535,
        'must be like 49152-65535',
      ),
    ),
    '49152-65535',
  ),
  TURN_CERT: filePath,
  TURN_KEY: filePath,
  /** Whether coturn relays to private networks too. */
  TURN_PRIVATE_PEERS: integer(0, 0, 1),
});

export interface Limits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly requestsPerMinute: number;
  readonly messagesPerMinute: number;
  readonly bytesPerMinute: number;
  readonly nameplatesPerTenMinutes: number;
  readonly guessesPerTenMinutes: number;
  readonly turnCredentialsPerTenMinutes: number;
}

/** TURN servers that share one secret with this server, e.g. one coturn over UDP, TCP and TLS. */
export interface TurnGroup {
  readonly urls: readonly string[];
  readonly secret: string;
}

export interface CoturnConfig {
  /** Address to listen on, as the signaling server's. */
  readonly host: string;
  /** What clients are told. */
  readonly publicHost: string;
  readonly port: number;
  /** Files of certificate and key; without them there is no TLS. */
  readonly tls: { readonly port: number; readonly cert: string; readonly key: string } | undefined;
  readonly externalIp: string | undefined;
  readonly relayPorts: { readonly first: number; readonly last: number };
  /** `loopback`: this machine only, for development. */
  readonly peers: 'public' | 'private' | 'loopback';
}

export interface TurnConfig {
  readonly stunUrls: readonly string[];
  readonly groups: readonly TurnGroup[];
  readonly ttlSeconds: number;
  /** To be started beside this server. */
  readonly coturn: CoturnConfig | undefined;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly origins: readonly string[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly trustedProxies: number;
  readonly limits: Limits;
  readonly turn: TurnConfig;
}

type Variables = v.InferOutput<typeof environmentSchema>;

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
    throw wrong(problems.join('; '));
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
      turnCredentialsPerTenMinutes: variables.TURN_CREDENTIALS_PER_TEN_MINUTES,
    },
    turn: {
      stunUrls: variables.STUN_URLS ?? [],
      groups: turnGroups(variables),
      ttlSeconds: variables.TURN_TTL_SECONDS,
      coturn: variables.TURN === 'coturn' ? coturnConfig(variables) : undefined,
    },
  };
}

function turnGroups({ TURN_URLS: urls, TURN_SECRET: secret }: Variables): TurnGroup[] {
  if (urls === undefined) {
    if (secret !== undefined) throw wrong('TURN_SECRET is of no use without TURN_URLS');
    return [];
  }
  if (secret === undefined) throw wrong('TURN_SECRET must be set with TURN_URLS');
  return [{ urls, secret }];
}

function coturnConfig(variables: Variables): CoturnConfig {
  const { HOST: host, TURN_CERT: cert, TURN_KEY: key } = variables;
  if (variables.TURN_HOST === undefined && isUnspecified(host)) {
    throw wrong('TURN_HOST must be set: HOST is no address that a client could use');
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw wrong('TURN_CERT and TURN_KEY must be set together');
  }
  const [first = 0, last = 0] = variables.TURN_RELAY_PORTS;
  const reachable = variables.TURN_PRIVATE_PEERS === 1 ? 'private' : 'public';
  return {
    host,
    publicHost: variables.TURN_HOST ?? host,
    port: variables.TURN_PORT,
    tls: cert && key ? { port: variables.TURN_TLS_PORT, cert, key } : undefined,
    externalIp: variables.TURN_EXTERNAL_IP,
    relayPorts: { first, last },
    peers: isLoopback(host) ? 'loopback' : reachable,
  };
}

function wrong(problem: string): ConfigError {
  return new ConfigError('config-invalid', `Wrong configuration: ${problem}`);
}
