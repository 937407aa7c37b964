import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addressKey } from '../../../server/address.ts';
import { GRANTED, newPeerId, newRoom, startTestServer } from './support.ts';

const origin = (value: string) => ({ extraHeaders: { origin: value } });

describe('admission', () => {
  it('[SV12] takes extensions and clients without an origin, and no web page, by default', async () => {
    const server = await startTestServer();
    for (const options of [
      origin(`chrome-extension://${'a'.repeat(32)}`),
      origin('moz-extension://7a3e8d2c-0000-4000-8000-000000000000'),
      {},
    ]) {
      const client = await server.connect(options);
      expect(await client.request('join-room', newRoom(), newPeerId())).toEqual(GRANTED);
    }
    for (const transports of [['websocket'], ['polling']]) {
      for (const wrong of ['https://example.org', 'null', 'xchrome-extension://a']) {
        await expect(server.connect({ ...origin(wrong), transports })).rejects.toThrow();
      }
    }
  });

  it('takes the origins of its list only', async () => {
    const environment = { ORIGINS: 'https://send.example.org, chrome-extension://abc' };
    const server = await startTestServer({ environment });
    await server.connect(origin('https://send.example.org'));
    await server.connect(origin('chrome-extension://abc'));
    await expect(server.connect(origin('chrome-extension://abcd'))).rejects.toThrow();
    await expect(server.connect(origin('https://send.example.org.evil'))).rejects.toThrow();
  });

  it('takes every origin with *', async () => {
    const server = await startTestServer({ environment: { ORIGINS: '*' } });
    await server.connect(origin('https://example.org'));
  });

  it('[SV12] limits connections from one address, and takes new ones when some are closed', async () => {
    const server = await startTestServer({ limits: { connectionsPerAddress: 2 } });
    const first = await server.connect();
    await server.connect();
    await expect(server.connect()).rejects.toThrow();
    first.socket.disconnect();
    await expect
      .poll(async () => {
        const client = await server.connect().catch(() => undefined);
        return client !== undefined;
      })
      .toBe(true);
  });

  it('limits connections in all', async () => {
    const server = await startTestServer({
      limits: { connections: 2 },
      environment: { TRUST_PROXY: '1' },
    });
    const from = (address: string) => ({ extraHeaders: { 'x-forwarded-for': address } });
    await server.connect(from('203.0.113.1'));
    await server.connect(from('203.0.113.2'));
    await expect(server.connect(from('203.0.113.3'))).rejects.toThrow();
  });
});

describe('addressKey', () => {
  const key = (remoteAddress: string | undefined, forwarded?: string, proxies = 0) =>
    addressKey(
      {
        socket: { remoteAddress },
        headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      } as IncomingMessage,
      proxies,
    );

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('[SV12] groups %s as %s', (address, group) => {
    expect(key(address)).toBe(group);
  });

  it('[SV12] counts trusted proxies from the right and ignores what is no address', () => {
    expect(key('10.0.0.1', '1.1.1.1, 2.2.2.2', 1)).toBe('2.2.2.2');
    expect(key('10.0.0.1', '1.1.1.1, 2.2.2.2', 2)).toBe('1.1.1.1');
    expect(key('10.0.0.1', '1.1.1.1', 2)).toBe('10.0.0.1');
    expect(key('10.0.0.1', 'unknown', 1)).toBe('10.0.0.1');
    expect(key('10.0.0.1', '1.1.1.1', 0)).toBe('10.0.0.1');
    expect(key(undefined)).toBe('');
  });
});
