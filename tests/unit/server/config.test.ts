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
  ])('names %s when it is %j', (name, value) => {
    const read = () => readConfig({ [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(new RegExp(`Wrong configuration: ${name} must be`));
  });

  it('names all that is wrong at once', () => {
    expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT .*; LOG_LEVEL /);
  });
});
