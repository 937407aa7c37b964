import { describe, expect, it } from 'vitest';
import { hostInUrl, isStunUrl, isTurnUrl } from '../../../lib/signaling/ice-url.ts';

describe('addresses of STUN and TURN servers', () => {
  it.each([
    'stun:example.org',
    'stun:example.org:3478',
    'stun:192.0.2.1:1',
    'stun:[2001:db8::1]:65535',
  ])('[SV15] %s is STUN', (url) => {
    expect([isStunUrl(url), isTurnUrl(url)]).toEqual([true, false]);
  });

  it.each([
    'turn:example.org?transport=udp',
    'turn:example.org:3478?transport=tcp',
    'turns:turn-1.example.org:443?transport=tcp',
    'turn:[::1]:3478?transport=udp',
  ])('[SV15] %s is TURN', (url) => {
    expect([isStunUrl(url), isTurnUrl(url)]).toEqual([false, true]);
  });

  it.each([
    '',
    'stun:',
    'stun:example.org:0',
    'stun:example.org:65536',
    'stun:example.org:99999999',
    'stun:example.org?transport=udp',
    'stuns:example.org',
    'turn:example.org',
    'turn:example.org:3478',
    'turn:example.org?transport=tls',
    'turn:example.org?transport=udp&x',
    'turns:example.org?transport=udp',
    'turn://example.org?transport=udp',
    'turn:user@example.org?transport=udp',
    'turn:a..b?transport=udp',
    'turn:-a?transport=udp',
    'turn:[::g]?transport=udp',
    'turn:[]?transport=udp',
    'turn:2001:db8::1?transport=udp',
    'turn:exa mple.org?transport=udp',
    'turn:example.org?transport=udp\n',
    `turn:${'a.'.repeat(200)}b?transport=udp`,
    'https://example.org',
    'javascript:alert(1)',
  ])('[SV15] %j is neither', (url) => {
    expect([isStunUrl(url), isTurnUrl(url)]).toEqual([false, false]);
  });

  it('hold IPv6 in brackets', () => {
    expect(hostInUrl('2001:db8::1')).toBe('[2001:db8::1]');
    expect(hostInUrl('example.org')).toBe('example.org');
  });
});
