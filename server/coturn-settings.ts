import { isIP } from 'node:net';
import { join } from 'node:path';
import type { CoturnConfig } from './config.ts';
import type { CoturnAddresses } from './coturn-addresses.ts';

/** Allocations with one credential: some peer connections, each over three transports. */
const ALLOCATIONS_PER_CREDENTIAL = 64;

/**
 * Where a relay must never send, whoever asks: this machine's inside, link-local addresses (which
 * clouds answer with the machine's own credentials) and what is no unicast address.
 */
const NEVER = [
  '0.0.0.0-0.255.255.255',
  '127.0.0.0-127.255.255.255',
  '169.254.0.0-169.254.255.255',
  '192.0.0.0-192.0.0.255',
  '240.0.0.0-255.255.255.255',
  // Not from `::` on: coturn takes that for "from any address", and would refuse all of IPv4 too.
  '::1-::ffff:ffff:ffff',
  '64:ff9b::-64:ff9b::ffff:ffff',
  '2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
];

/** Networks behind the server: a stranger with a credential has no business there. */
const PRIVATE = [
  '10.0.0.0-10.255.255.255',
  '100.64.0.0-100.127.255.255',
  '172.16.0.0-172.31.255.255',
  '192.168.0.0-192.168.255.255',
  'fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
];

export interface CoturnFacts extends CoturnAddresses {
  readonly secret: string;
  /** Of its own, for what it writes. */
  readonly folder: string;
}

/** coturn's configuration file. */
export function coturnSettings(config: CoturnConfig, facts: CoturnFacts): string {
  const { tls, externalIp, relayPorts } = config;
  const lines = [
    ...facts.listen.map((address) => `listening-ip=${address}`),
    ...facts.relay.map((address) => `relay-ip=${address}`),
    `listening-port=${config.port}`,
    ...(tls
      ? [
          `tls-listening-port=${tls.port}`,
          `cert=${tls.cert}`,
          `pkey=${tls.key}`,
          'no-tlsv1',
          'no-tlsv1_1',
        ]
      : ['no-tls']),
    'no-dtls',
    ...(externalIp === undefined ? [] : [`external-ip=${mapping(externalIp, facts.relay)}`]),
    `min-port=${relayPorts.first}`,
    `max-port=${relayPorts.last}`,
    'realm=tallow',
    'use-auth-secret',
    `static-auth-secret=${facts.secret}`,
    `user-quota=${ALLOCATIONS_PER_CREDENTIAL}`,
    'fingerprint',
    'no-cli',
    'no-tcp-relay',
    'no-multicast-peers',
    'no-software-attribute',
    ...peerRules(config, facts.relay),
    'simple-log',
    'log-file=stdout',
    `pidfile=${join(facts.folder, 'pid')}`,
    `userdb=${join(facts.folder, 'turndb')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** `public/private`: with several addresses coturn must know which of them the public one stands for. */
function mapping(externalIp: string, relay: readonly string[]): string {
  const inside = relay.find((address) => isIP(address) === isIP(externalIp));
  return inside === undefined ? externalIp : `${externalIp}/${inside}`;
}

function peerRules({ peers, externalIp }: CoturnConfig, relay: readonly string[]): string[] {
  if (peers === 'loopback') return ['allow-loopback-peers'];
  const denied = peers === 'private' ? NEVER : [...NEVER, ...PRIVATE];
  // Two devices that both come through this relay meet at its own address. Only there: what other
  // interfaces lead to (containers, a VPN) is this machine's inside too.
  const own = [...relay, ...(externalIp === undefined ? [] : [externalIp])];
  return [
    ...denied.map((range) => `denied-peer-ip=${range}`),
    ...own.map((address) => `allowed-peer-ip=${address}`),
  ];
}
