import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isUnspecified } from './address.ts';
import type { CoturnConfig } from './config.ts';

/** Addresses for documentation (RFC 5737, RFC 3849): as far away as any, and nobody's. */
const FAR_AWAY = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;
const ANY_PORT = 9;

/** IP addresses of this machine; coturn knows no names. */
export interface CoturnAddresses {
  /** To listen on. */
  readonly listen: readonly string[];
  /** To relay from, some of `listen`. */
  readonly relay: readonly string[];
}

/** What choosing needs from the system; tests have their own. */
export interface AddressSystem {
  /** Of all interfaces but loopback, without link-local ones. */
  own(): readonly string[];
  /** Addresses of a name; none where it has none. */
  resolve(host: string): Promise<readonly string[]>;
  /** Which of our addresses packets to the Internet leave from; none where there is no way. */
  outgoing(family: 4 | 6): Promise<string | undefined>;
}

/**
 * Where `host` stands for all addresses, one of a family is relayed from: the one that clients know,
 * or behind a NAT the one that leads out. Nothing may be relayed to the others, and coturn by itself
 * would relay from whichever a client came to.
 * @returns without addresses where the host has none
 */
export async function coturnAddresses(
  { host, publicHost }: Pick<CoturnConfig, 'host' | 'publicHost'>,
  system: AddressSystem = realSystem,
): Promise<CoturnAddresses> {
  if (!isUnspecified(host)) {
    const [address] = isIP(host) === 0 ? await system.resolve(host) : [host];
    const listen = address === undefined ? [] : [address];
    return { listen, relay: listen };
  }
  const families = host === '0.0.0.0' ? ([4] as const) : ([4, 6] as const);
  const listen = system.own().filter((address) => families.some((one) => one === isIP(address)));
  const known = isIP(publicHost) === 0 ? await system.resolve(publicHost) : [publicHost];
  const relay: string[] = [];
  for (const family of families) {
    const ours = listen.filter((address) => isIP(address) === family);
    const chosen =
      ours.find((address) => known.includes(address)) ?? (await system.outgoing(family));
    if (chosen !== undefined && ours.includes(chosen)) relay.push(chosen);
  }
  // A network of its own, under a name that this machine does not know: any may be the one.
  return { listen, relay: relay.length > 0 ? relay : listen };
}

const realSystem: AddressSystem = {
  own: () =>
    Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .filter(({ internal, address }) => !internal && !/^fe80:/i.test(address))
      .map(({ address }) => address),
  resolve: async (host) => {
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch {
      return [];
    }
  },
  outgoing,
};

/** "Connecting" over UDP sends nothing; the system only chooses the way, and with it the address. */
async function outgoing(family: 4 | 6): Promise<string | undefined> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    return await new Promise<string | undefined>((resolve) => {
      socket.once('error', () => resolve(undefined));
      socket.connect(ANY_PORT, FAR_AWAY[family], () => resolve(socket.address().address));
    });
  } finally {
    socket.close();
  }
}
