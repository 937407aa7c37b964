import { describe, expect, it } from 'vitest';
import { addressKind, parseIpv4, parseIpv6 } from '../../../lib/ice/address.ts';

describe('addressKind', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['::ffff:192.168.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['172.15.0.1', 'public'],
    ['11.16.0.1', 'public'],
    ['193.168.0.1', 'public'],
    ['192.169.0.1', 'public'],
    ['100.63.0.1', 'public'],
    ['169.253.0.1', 'public'],
    ['0.1.0.0', 'public'],
    ['0.0.0.1', 'public'],
    ['100.128.0.1', 'public'],
    ['198.51.100.1', 'public'],
    ['2001:db8::1', 'public'],
    ['fec0::1', 'public'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['host.local', undefined],
    ['', undefined],
    ['1.2.3.256', undefined],
    ['01.2.3.4', undefined],
    ['[::1]', undefined],
  ])('%s is %s', (text, kind) => {
    expect(addressKind(text)).toBe(kind);
  });
});

describe('parsing', () => {
  it('reads IPv4', () => {
    expect(parseIpv4('198.51.100.7')).toEqual([198, 51, 100, 7]);
    for (const bad of ['1.2.3', '1.2.3.4.5', '1..2.3', ' 1.2.3.4', '0x1.2.3.4'])
      expect(parseIpv4(bad)).toBeUndefined();
  });

  it('reads IPv6 (RFC 4291 §2.2)', () => {
    expect(parseIpv6('1:2:3:4:5:6:7:8')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(parseIpv6('2001:DB8::')).toEqual([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0]);
    expect(parseIpv6('::1.2.3.4')).toEqual([0, 0, 0, 0, 0, 0, 0x102, 0x304]);
    expect(parseIpv6('1:2:3:4:5:6:1.2.3.4')).toHaveLength(8);
    for (const bad of [
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4::5:6:7:8',
      '12345::',
      'g::',
      '1.2.3.4::',
      'fe80::1%eth0',
      '1.2.3.4',
    ])
      expect(parseIpv6(bad), bad).toBeUndefined();
  });
});
