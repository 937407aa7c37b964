import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readConfig, type CoturnConfig } from '../../../server/config.ts';
import { coturnAddresses, type AddressSystem } from '../../../server/coturn-addresses.ts';
import { coturnSettings } from '../../../server/coturn-settings.ts';
import { startCoturn, type CoturnProcess, type CoturnSystem } from '../../../server/coturn.ts';
import { answersStun, cannotListen } from '../../../server/stun-probe.ts';
import { until } from '../../support/wait.ts';

const SILENT = pino({ level: 'silent' });

function configOf(environment: Record<string, string> = {}): CoturnConfig {
  const { coturn } = readConfig({ TURN: 'coturn', ...environment }).turn;
  if (!coturn) throw new Error('no coturn');
  return coturn;
}

/** A coturn that does nothing; it can die, and ends when it is told to. */
class FakeProcess implements CoturnProcess {
  readonly signals: string[] = [];
  #onExit: (code: number | null, signal: string | null) => void = () => {};
  #onError: (error: Error) => void = () => {};

  once(event: 'error' | 'exit', listener: (...args: never[]) => void): void {
    if (event === 'exit') this.#onExit = listener as never;
    else this.#onError = listener as never;
  }

  kill(signal: string): void {
    this.signals.push(signal);
    this.dies(0);
  }

  dies(code: number): void {
    this.#onExit(code, null);
  }

  fails(code: string): void {
    this.#onError(Object.assign(new Error(code), { code }));
  }
}

class FakeSystem implements CoturnSystem {
  readonly child = new FakeProcess();
  readonly spawned: string[][] = [];
  settings = '';
  mode = 0;
  taken: number | undefined;
  answering = true;
  onSpawn: () => void = () => {};

  spawn(program: string, args: readonly string[]): FakeProcess {
    this.spawned.push([program, ...args]);
    const file = args[1] ?? '';
    this.settings = readFileSync(file, 'utf8');
    this.mode = statSync(file).mode & 0o777;
    queueMicrotask(() => this.onSpawn());
    return this.child;
  }

  cannotListen(_host: string, port: number): Promise<string | undefined> {
    return Promise.resolve(port === this.taken ? 'EADDRINUSE' : undefined);
  }

  answers(): Promise<boolean> {
    return Promise.resolve(this.answering);
  }

  get file(): string {
    return this.spawned[0]?.[2] ?? '';
  }
}

describe('coturn beside the server', () => {
  it('[SV15] gets a secret of its own that no list of processes shows', async () => {
    const system = new FakeSystem();
    const coturn = await startCoturn(configOf(), SILENT, { system });
    const [group] = coturn.groups();
    expect(group?.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(group?.urls).toEqual([
      'turn:127.0.0.1:3478?transport=udp',
      'turn:127.0.0.1:3478?transport=tcp',
    ]);
    expect(system.settings).toContain(`static-auth-secret=${group?.secret}\n`);
    expect(system.mode).toBe(0o600);
    expect(system.spawned).toEqual([['turnserver', '-c', system.file]]);
    // It was read; only its folder stays until the end.
    expect(existsSync(system.file)).toBe(false);
    expect(existsSync(dirname(system.file))).toBe(true);
    await coturn.close();
    expect(system.child.signals).toEqual(['SIGTERM']);
    expect(existsSync(dirname(system.file))).toBe(false);
    expect(coturn.groups()).toEqual([]);

    const again = new FakeSystem();
    const second = await startCoturn(configOf(), SILENT, { system: again });
    expect(second.groups()[0]?.secret).not.toBe(group?.secret);
    await second.close();
  });

  it('[SV15] is no longer handed out once it died, which is logged', async () => {
    const lines: string[] = [];
    const logger = pino({ base: null }, { write: (line: string) => lines.push(line) });
    const system = new FakeSystem();
    const coturn = await startCoturn(configOf(), logger, { system });
    const secret = coturn.groups()[0]?.secret ?? '';
    system.child.dies(1);
    await until('no group', () => coturn.groups().length === 0);
    await until('its files gone', () => !existsSync(dirname(system.file)));
    expect(lines.join('')).toMatch(/"level":50,.*"code":1,.*coturn ended/);
    expect(lines.join('')).not.toContain(secret);
    await coturn.close();
  });

  it('that is not installed is named, with what to do', async () => {
    const system = new FakeSystem();
    system.answering = false;
    system.onSpawn = () => system.child.fails('ENOENT');
    const starting = startCoturn(configOf(), SILENT, { system });
    await expect(starting).rejects.toMatchObject({ code: 'coturn-missing' });
    await expect(starting).rejects.toThrow(/not installed.*apt install coturn/);
    expect(existsSync(dirname(system.file))).toBe(false);
  });

  it('that ends while it starts is a failure, with nothing left behind', async () => {
    const system = new FakeSystem();
    system.answering = false;
    system.onSpawn = () => system.child.dies(255);
    await expect(startCoturn(configOf(), SILENT, { system })).rejects.toMatchObject({
      code: 'coturn-failed',
    });
    expect(existsSync(dirname(system.file))).toBe(false);
  });

  it('is ended by a signal that comes while it starts', async () => {
    const system = new FakeSystem();
    system.answering = false;
    const stopping = new AbortController();
    system.onSpawn = () => stopping.abort();
    const starting = startCoturn(configOf(), SILENT, { system, signal: stopping.signal });
    await expect(starting).rejects.toMatchObject({ code: 'coturn-failed' });
    expect(system.child.signals).toEqual(['SIGTERM']);
    expect(existsSync(dirname(system.file))).toBe(false);
  });

  it('is killed with its files when this process ends, whatever ends it', async () => {
    const known = new Set(process.listeners('exit'));
    const system = new FakeSystem();
    const coturn = await startCoturn(configOf(), SILENT, { system });
    const added = process.listeners('exit').filter((listener) => !known.has(listener));
    expect(added).toHaveLength(1);
    added[0]?.(0);
    expect(system.child.signals).toEqual(['SIGKILL']);
    expect(existsSync(dirname(system.file))).toBe(false);
    await coturn.close();
    expect(process.listeners('exit')).not.toContain(added[0]);
  });

  it.each([3478, 5349])('does not share port %i with another: coturn would', async (taken) => {
    const system = new FakeSystem();
    system.taken = taken;
    const config = configOf({ TURN_CERT: '/c.pem', TURN_KEY: '/k.pem' });
    await expect(startCoturn(config, SILENT, { system })).rejects.toThrow(
      `Cannot listen on HOST and port ${taken}: EADDRINUSE`,
    );
    expect(system.spawned).toEqual([]);
  });
});

describe('its settings', () => {
  const listen = ['172.17.0.1', '203.0.113.5', '10.8.0.1'];
  const facts = { listen, relay: ['203.0.113.5'], secret: 's', folder: '/f' };
  const linesOf = (environment: Record<string, string>) =>
    coturnSettings(configOf(environment), facts).split('\n');

  it('serve UDP and TCP, and TLS only with a certificate', async () => {
    expect(linesOf({})).toEqual(expect.arrayContaining(['listening-port=3478', 'no-tls']));
    const tls = linesOf({ TURN_CERT: '/c.pem', TURN_KEY: '/k.pem', TURN_TLS_PORT: '443' });
    expect(tls).toEqual(
      expect.arrayContaining(['tls-listening-port=443', 'cert=/c.pem', 'pkey=/k.pem', 'no-dtls']),
    );
    expect(tls).not.toContain('no-tls');
    const system = new FakeSystem();
    const config = configOf({ TURN_CERT: '/c.pem', TURN_KEY: '/k.pem', TURN_HOST: 't.example' });
    const coturn = await startCoturn(config, SILENT, { system });
    expect(coturn.groups()[0]?.urls).toEqual([
      'turn:t.example:3478?transport=udp',
      'turn:t.example:3478?transport=tcp',
      'turns:t.example:5349?transport=tcp',
    ]);
    await coturn.close();
  });

  it('relay to loopback only where the server itself serves this machine alone', () => {
    expect(linesOf({})).toContain('allow-loopback-peers');
    for (const environment of [
      { HOST: '203.0.113.5' },
      { HOST: '10.0.0.5', TURN_PRIVATE_PEERS: '1' },
    ]) {
      const lines = linesOf(environment);
      expect(lines).not.toContain('allow-loopback-peers');
      expect(lines).toContain('denied-peer-ip=127.0.0.0-127.255.255.255');
      // Where clouds keep a machine's own credentials.
      expect(lines).toContain('denied-peer-ip=169.254.0.0-169.254.255.255');
      expect(lines).toContain('no-multicast-peers');
      expect(lines).toContain('no-tcp-relay');
    }
  });

  it('relay to private networks only when told to, but always to the relay itself', () => {
    const open = linesOf({ HOST: '203.0.113.5', TURN_PRIVATE_PEERS: '1' });
    const closed = linesOf({ HOST: '203.0.113.5' });
    const rule = 'denied-peer-ip=192.168.0.0-192.168.255.255';
    expect([open.includes(rule), closed.includes(rule)]).toEqual([false, true]);
    // To coturn it begins before every address: all peers of IPv4 would be forbidden.
    for (const line of closed) expect(line).not.toContain('=::-');
    const allowed = closed.filter((line) => /^(allowed-peer|relay)-ip=/.test(line));
    expect(allowed).toEqual(['relay-ip=203.0.113.5', 'allowed-peer-ip=203.0.113.5']);
    const listening = closed.filter((line) => line.startsWith('listening-ip='));
    expect(listening).toEqual(listen.map((address) => `listening-ip=${address}`));
  });

  it('name the public address of a machine behind a NAT of its own', () => {
    const lines = linesOf({ HOST: '10.0.0.5', TURN_EXTERNAL_IP: '198.51.100.7' });
    expect(lines).toContain('external-ip=198.51.100.7/203.0.113.5');
    expect(lines).toContain('allowed-peer-ip=198.51.100.7');
  });
});

describe('its addresses', () => {
  const own = ['172.17.0.1', '203.0.113.5', '10.8.0.1', '2001:db8:5::5', 'fd00::5'];
  const choose = (host: string, publicHost: string, system: Partial<AddressSystem> = {}) =>
    coturnAddresses(
      { host, publicHost },
      {
        own: () => own,
        resolve: () => Promise.resolve([]),
        outgoing: () => Promise.resolve(undefined),
        ...system,
      },
    );
  const named = (...addresses: string[]) => ({ resolve: () => Promise.resolve(addresses) });
  const leading = (v4?: string, v6?: string) => ({
    outgoing: (family: 4 | 6) => Promise.resolve(family === 4 ? v4 : v6),
  });

  it('are the one of HOST', async () => {
    const one = { listen: ['10.8.0.1'], relay: ['10.8.0.1'] };
    expect(await choose('10.8.0.1', 't.example')).toEqual(one);
    expect(await choose('vpn.example', 't.example', named('10.8.0.1', 'fd00::1'))).toEqual(one);
    expect(await choose('gone.example', 't.example')).toEqual({ listen: [], relay: [] });
  });

  it.each([
    ['that clients know', '203.0.113.5', leading('10.8.0.1')],
    ['that the name says', 't.example', named('203.0.113.5')],
    ['that leads out, behind a NAT', '198.51.100.7', leading('203.0.113.5')],
    ['that leads out, under a name of the NAT', 't.example', leading('203.0.113.5')],
  ])('of all interfaces one relays, the one %s', async (_which, publicHost, system) => {
    const { listen, relay } = await choose('0.0.0.0', publicHost, system);
    expect(listen).toEqual(['172.17.0.1', '203.0.113.5', '10.8.0.1']);
    expect(relay).toEqual(['203.0.113.5']);
  });

  it('are one of each family, where there is a way', async () => {
    const both = { ...named('203.0.113.5'), ...leading('10.8.0.1', '2001:db8:5::5') };
    const { listen, relay } = await choose('::', 't.example', both);
    expect(listen).toEqual(own);
    expect(relay).toEqual(['203.0.113.5', '2001:db8:5::5']);
    expect((await choose('::', '203.0.113.5')).relay).toEqual(['203.0.113.5']);
  });

  it('relay all where nothing tells them apart', async () => {
    const { listen, relay } = await choose('0.0.0.0', 't.local');
    expect(relay).toEqual(listen);
  });

  it('exist on this machine', async () => {
    const { listen, relay } = await coturnAddresses({ host: 'localhost', publicHost: 'localhost' });
    expect(listen).toHaveLength(1);
    expect(relay).toEqual(listen);
  });
});

it('a port is free only while nobody listens on it', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  expect(await cannotListen('127.0.0.1', port)).toBe('EADDRINUSE');
  expect(await answersStun('127.0.0.1', port)).toBe(false);
  await new Promise((resolve) => other.close(resolve));
  expect(await cannotListen('127.0.0.1', port)).toBeUndefined();
  // TEST-NET-1: no address of this machine.
  expect(await cannotListen('192.0.2.77', port)).toBe('EADDRNOTAVAIL');
});
