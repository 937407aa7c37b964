import { describe, expect, it } from 'vitest';
import {
  hostOf,
  iceConfiguration,
  type IceConfigurationInput,
} from '../../../lib/ice/configuration.ts';
import { NAT_TYPES } from '../../../lib/ice/nat.ts';
import type { IceServer } from '../../../lib/ice/servers.ts';

const stun = ['a', 'b', 'c'].map((host): IceServer => ({ url: `stun:${host}.example:3478` }));
const turnOf = (host: string): IceServer[] =>
  [
    `turn:${host}.example:3478?transport=udp`,
    `turn:${host}.example:3478?transport=tcp`,
    `turns:${host}.example:443?transport=tcp`,
  ].map((url) => ({ url, username: 'u', credential: 'c' }));
const turn = ['r', 's', 't', 'u', 'v'].flatMap(turnOf);
const configure = (input: Partial<IceConfigurationInput>) =>
  iceConfiguration({
    nat: 'unknown',
    servers: { stun, turn },
    privacy: false,
    rung: 'all',
    ...input,
  });
const hosts = (input: Partial<IceConfigurationInput>) => [
  ...new Set(configure(input).iceServers.map(({ urls }) => hostOf(urls).split('.')[0])),
];

describe('ICE configuration', () => {
  it('whom a server comes from stays here: a browser takes addresses and credentials', () => {
    const servers = { stun, turn: turn.map((server) => ({ ...server, from: 'server' as const })) };
    expect(configure({ servers })).toEqual(configure({}));
  });

  it.each([
    ['full-cone', ['a', 'b', 'r', 's']],
    ['restricted', ['a', 'b', 'r', 's']],
    ['port-restricted', ['a', 'b', 'r', 's']],
    ['symmetric', ['r', 's', 'a', 'b']],
    ['blocked', ['r', 's', 'a', 'b']],
    ['unknown', ['a', 'b', 'r', 's']],
  ] as const)('[IC4] servers of a %s NAT, in order', (nat, expected) => {
    expect(hosts({ nat })).toEqual(expected);
  });

  it('[IC4] every form of a TURN server goes in, with its credentials', () => {
    const found = configure({}).iceServers.filter(({ urls }) => hostOf(urls) === 'r.example');
    expect(found).toEqual(
      turnOf('r').map(({ url, username, credential }) => ({ urls: url, username, credential })),
    );
    expect(configure({}).iceServers[0]).toEqual({ urls: 'stun:a.example:3478' });
  });

  it('[IC4] a host that is named many times goes in four times, and takes no place of another', () => {
    const ports = [3478, 3479, 3480, 3481, 3482, 3483, 3484];
    const many = ports.map((port) => ({ url: `turn:R.example:${port}?transport=udp` }));
    const servers = { stun: [], turn: [...many, ...turnOf('s'), ...many, ...turnOf('t')] };
    const urls = (input: Partial<IceConfigurationInput>) =>
      configure({ servers, ...input }).iceServers.map(({ urls: url }) => url);
    const first = [...many.slice(0, 4), ...turnOf('s')].map(({ url }) => url);
    expect(urls({})).toEqual(first);
    expect(urls({ privacy: true })).toEqual([...first, ...turnOf('t').map(({ url }) => url)]);
  });

  it.each(NAT_TYPES)('[IC4] only privacy and the relay rung force relays (%s)', (nat) => {
    expect(configure({ nat }).iceTransportPolicy).toBe('all');
    expect(configure({ nat, rung: 'direct' }).iceTransportPolicy).toBe('all');
    for (const input of [{ rung: 'relay' }, { privacy: true }, { privacy: true, rung: 'direct' }]) {
      const forced = { nat, ...input } as Partial<IceConfigurationInput>;
      expect(configure(forced).iceTransportPolicy).toBe('relay');
      expect(hosts(forced)).toEqual(['r', 's', 't', 'u']);
    }
  });

  it.each(NAT_TYPES)('[IC4] a direct attempt names no relay (%s)', (nat) => {
    expect(hosts({ nat, rung: 'direct' })).toEqual(['a', 'b']);
  });

  it('reads hosts', () => {
    expect(hostOf('turns:Relay.Example:443?transport=tcp')).toBe('relay.example');
    expect(hostOf('turn:[2001:DB8::1]:3478?transport=udp')).toBe('[2001:db8::1]');
    expect(hostOf('stun:bare')).toBe('bare');
  });
});
