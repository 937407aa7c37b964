import { describe, expect, it } from 'vitest';
import {
  checkSignalingUrl,
  checkSignalingUrls,
  signalingWords,
} from '../../../lib/ui/signaling-url.ts';
import { hostOf } from '../../../lib/ui/url-host.ts';
import * as text from '../../../lib/ui/settings/text.ts';

describe('checkSignalingUrl', () => {
  it.each(['https://signal.example.org', 'wss://signal.example.org:8443/base'])('takes %s', (url) =>
    expect(checkSignalingUrl(`  ${url} `)).toEqual({ type: 'good', value: url }),
  );

  it.each(['http://192.168.1.20:3000', 'ws://nas.local'])('takes %s and warns', (url) =>
    expect(checkSignalingUrl(url)).toEqual({
      type: 'good',
      value: url,
      warning: text.settings.serverPlain,
    }),
  );

  it.each(['http://localhost:3000', 'ws://127.0.0.1:4000', 'http://[::1]:3000'])(
    'does not warn for this very machine: %s',
    (url) => expect(checkSignalingUrl(url)).toEqual({ type: 'good', value: url }),
  );

  it.each([
    ['', text.settings.serverEmpty],
    ['   ', text.settings.serverEmpty],
    ['localhost:3000', text.settings.serverScheme],
    ['signal.example.org', text.settings.serverScheme],
    ['ftp://signal.example.org', text.settings.serverScheme],
    ['javascript://%0aalert(1)', text.settings.serverScheme],
    ['https://', text.settings.serverBad],
    ['https://a b', text.settings.serverBad],
    ['https://signal.example.org:99999', text.settings.serverBad],
    ['https://me:secret@signal.example.org', text.settings.serverCredentials],
  ])('refuses "%s"', (url, message) =>
    expect(checkSignalingUrl(url)).toEqual({ type: 'bad', message }),
  );
});

describe('checkSignalingUrls', () => {
  it('one address is checked as before', () => {
    expect(checkSignalingUrls(' https://a.example ')).toEqual(
      checkSignalingUrl('https://a.example'),
    );
    expect(checkSignalingUrls('')).toEqual({ type: 'bad', message: text.settings.serverEmpty });
  });

  it('several are parted by spaces or commas, and each is there once', () => {
    const typed = 'https://a.example, wss://b.example:8443/x,\nhttps://a.example';
    expect(checkSignalingUrls(typed)).toEqual({
      type: 'good',
      value: 'https://a.example wss://b.example:8443/x',
    });
  });

  it('names the address that is wrong', () => {
    expect(checkSignalingUrls('https://a.example b.example')).toEqual({
      type: 'bad',
      message: `b.example: ${text.settings.serverScheme}`,
    });
  });

  it('warns when one of them is without encryption', () => {
    expect(checkSignalingUrls('https://a.example http://192.168.1.20:3000')).toEqual({
      type: 'good',
      value: 'https://a.example http://192.168.1.20:3000',
      warning: text.settings.serverPlain,
    });
  });
});

describe('the connection in words', () => {
  const list = 'https://signal1.example.org https://signal2.example.org:8443';
  const online = (url: string) => ({ state: 'online', url }) as const;
  const offline = (reason: string) => ({ state: 'offline', url: 'https://x', reason }) as const;

  it('of several servers says which one is used, and where in the list it is', () => {
    expect(signalingWords(online('https://signal2.example.org:8443'), list)).toBe(
      'Connected to signal2.example.org:8443, 2nd of 2',
    );
    expect(signalingWords(offline('timeout'), list)).toBe(
      'Not connected: none of the 2 servers answers',
    );
    expect(signalingWords(offline('incompatible'), list)).toBe('Not connected');
    // A list that was changed this very moment.
    expect(signalingWords(online('https://gone.example'), list)).toBe('Connected');
  });

  it('of one says no more than whether', () => {
    expect(signalingWords(online('https://a.example'), 'https://a.example')).toBe('Connected');
    expect(signalingWords(offline('timeout'), 'https://a.example')).toBe('Not connected');
  });
});

it('names the host in sentences, or what was typed', () => {
  expect(hostOf('https://signal.example.org:8443/x')).toBe('signal.example.org:8443');
  expect(hostOf('nonsense')).toBe('nonsense');
});
