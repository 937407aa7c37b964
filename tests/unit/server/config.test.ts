import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../server/config.ts';

describe('configuration', () => {
  it('has defaults for everything, and takes an empty variable for an unset one', () => {
    expect(readConfig({ PORT: '', UNRELATED: 'x' })).toEqual(readConfig({}));
    expect(readConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 8790,
      origins: ['chrome-extension://*', 'moz-extension://*'],
      logLevel: 'info',
      trustedProxies: 0,
    });
  });

  it('reads every variable', () => {
    const config = readConfig({
      HOST: '::',
      PORT: '0',
      ORIGINS: 'https://a.example:8443, http://[::1]:80',
      LOG_LEVEL: 'warn',
      TRUST_PROXY: '2',
      MAX_CONNECTIONS: '11',
      MAX_CONNECTIONS_PER_ADDRESS: '12',
      REQUESTS_PER_MINUTE: '13',
      MESSAGES_PER_MINUTE: '14',
      BYTES_PER_MINUTE: '65536',
      NAMEPLATES_PER_TEN_MINUTES: '16',
      GUESSES_PER_TEN_MINUTES: '17',
      TURN_CREDENTIALS_PER_TEN_MINUTES: '18',
      STUN_URLS: 'stun:a.example, stun:[2001:db8::1]:3478',
      TURN_URLS: 'turn:a.example:3478?transport=udp,turns:a.example:443?transport=tcp',
      TURN_SECRET: 'sixteen letters!',
      TURN_TTL_SECONDS: '600',
      TURN: 'coturn',
      TURN_PORT: '3479',
      TURN_TLS_PORT: '443',
      TURN_HOST: 'turn.example',
      TURN_EXTERNAL_IP: '203.0.113.5',
      TURN_RELAY_PORTS: '50000-50100',
      TURN_CERT: '/etc/cert.pem',
      TURN_KEY: '/etc/key.pem',
      TURN_PRIVATE_PEERS: '1',
    });
    expect(config).toEqual({
      host: '::',
      port: 0,
      origins: ['https://a.example:8443', 'http://[::1]:80'],
      logLevel: 'warn',
      trustedProxies: 2,
      limits: {
        connections: 11,
        connectionsPerAddress: 12,
        requestsPerMinute: 13,
        messagesPerMinute: 14,
        bytesPerMinute: 65_536,
        nameplatesPerTenMinutes: 16,
        guessesPerTenMinutes: 17,
        turnCredentialsPerTenMinutes: 18,
      },
      turn: {
        stunUrls: ['stun:a.example', 'stun:[2001:db8::1]:3478'],
        groups: [
          {
            urls: ['turn:a.example:3478?transport=udp', 'turns:a.example:443?transport=tcp'],
            secret: 'sixteen letters!',
          },
        ],
        ttlSeconds: 600,
        coturn: {
          host: '::',
          publicHost: 'turn.example',
          port: 3479,
          tls: { port: 443, cert: '/etc/cert.pem', key: '/etc/key.pem' },
          externalIp: '203.0.113.5',
          relayPorts: { first: 50_000, last: 50_100 },
          peers: 'private',
        },
      },
    });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '8790 '],
    ['PORT', '1e3'],
    ['HOST', 'http://localhost'],
    ['ORIGINS', 'example.org'],
    ['ORIGINS', 'https://a.example,'],
    ['ORIGINS', 'https://a.example/path'],
    ['LOG_LEVEL', 'loud'],
    ['TRUST_PROXY', 'true'],
    ['MAX_CONNECTIONS', '0'],
    ['MAX_CONNECTIONS_PER_ADDRESS', 'many'],
    ['REQUESTS_PER_MINUTE', '0'],
    ['MESSAGES_PER_MINUTE', '0x10'],
    ['BYTES_PER_MINUTE', '65535'],
    ['NAMEPLATES_PER_TEN_MINUTES', ' '],
    ['GUESSES_PER_TEN_MINUTES', '99999999999'],
    ['STUN_URLS', 'example.org'],
    ['STUN_URLS', 'turn:example.org?transport=udp'],
    ['TURN_URLS', 'turn:example.org:3478'],
    ['TURN_URLS', 'turns:example.org?transport=udp'],
    ['TURN_URLS', 'turn:example.org:70000?transport=udp'],
    ['TURN_URLS', 'turn:a.example?transport=udp,'],
    ['TURN_URLS', 'turn:user@a.example?transport=udp'],
    ['TURN_SECRET', 'short'],
    ['TURN_TTL_SECONDS', '299'],
    ['TURN_TTL_SECONDS', '86401'],
    ['TURN', 'yes'],
    ['TURN_PORT', '0'],
    ['TURN_HOST', 'turn:a.example'],
    ['TURN_EXTERNAL_IP', 'a.example'],
    ['TURN_RELAY_PORTS', '80-90'],
    ['TURN_RELAY_PORTS', '50000-49999'],
    ['TURN_RELAY_PORTS', '49152-65536'],
    ['TURN_PRIVATE_PEERS', '2'],
  ])('names %s when it is %j', (name, value) => {
    const read = () => readConfig({ [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(new RegExp(`Wrong configuration: ${name} must (?:be|have)`));
  });

  it.each([
    [{ TURN_URLS: 'turn:a.example?transport=udp' }, 'TURN_SECRET must be set with TURN_URLS'],
    [{ TURN_SECRET: 'sixteen letters!' }, 'TURN_SECRET is of no use without TURN_URLS'],
    [{ TURN: 'coturn', HOST: '0.0.0.0' }, 'TURN_HOST must be set'],
    [{ TURN: 'coturn', HOST: '::' }, 'TURN_HOST must be set'],
    [{ TURN: 'coturn', TURN_CERT: '/c.pem' }, 'TURN_CERT and TURN_KEY must be set together'],
    [{ TURN: 'coturn', TURN_KEY: '/k.pem' }, 'TURN_CERT and TURN_KEY must be set together'],
  ])('wants %j completed, without telling a value', (environment, problem) => {
    expect(() => readConfig(environment)).toThrow(problem);
    expect(() => readConfig(environment)).not.toThrow(/letters|a\.example/);
  });

  it('lets coturn relay to this machine only where this machine is all that it serves', () => {
    const peers = (environment: Record<string, string>) =>
      readConfig({ TURN: 'coturn', ...environment }).turn.coturn?.peers;
    expect(peers({})).toBe('loopback');
    expect(peers({ HOST: 'localhost' })).toBe('loopback');
    expect(peers({ HOST: '192.168.1.5' })).toBe('public');
    expect(peers({ HOST: '192.168.1.5', TURN_PRIVATE_PEERS: '1' })).toBe('private');
    expect(readConfig({}).turn).toEqual({
      stunUrls: [],
      groups: [],
      ttlSeconds: 3_600,
      coturn: undefined,
    });
  });

  it('names all that is wrong at once', () => {
    expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT .*; LOG_LEVEL /);
  });
});
