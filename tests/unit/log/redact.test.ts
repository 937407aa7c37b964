import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeProblems, pairingFailures, receiveStates, sendStates } from '../../../lib/ui/text.ts';
import { MAX_LOGGED_TEXT, redactText } from '../../../lib/log/redact.ts';

const SEED = 20_261_121;
const RUNS = { seed: SEED, numRuns: 2_000 };

const HEX = '0123456789abcdef'.split('');
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_'.split('');
const run = (units: readonly string[], minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...units), minLength, maxLength });

/** Words that a line of ours may hold: they have to be readable afterwards. */
const WORDS = [
  'connected',
  'Reconnecting',
  'relay',
  'srflx',
  'no-common-version',
  'records-set-aside',
  'waiting-for-device',
  'port-restricted',
  'relay-throughput',
  'InvalidStateError',
  'device-1',
  'transfer-12',
  'and/or',
  'UDP',
  '42',
  '12.5ms',
  '0.25',
  '1763736000000',
  '123456789012345',
  'no-credential',
  'bad-token',
  'beeffacedcafe',
  '10-20-30',
  '12:34:56',
  'typ',
  'e.g.',
];
const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 8 }).map((all) => all.join(' '));
/** What stands around an address in the texts that browsers and libraries make. */
const brackets = fc.constantFrom(
  ['', ''],
  ['[', ']'],
  ['(', ')'],
  ['"', '"'],
  ['=', ','],
  [':', '.'],
);

const octet = fc.nat(255);
const ipv4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
const ipv6 = fc.oneof(
  fc.ipV6(),
  fc.ipV6().map((address) => address.toUpperCase()),
  fc.ipV6().map((address) => `${address}%wlan0`),
  ipv4.map((address) => `::ffff:${address}`),
);
const localName = fc.uuid().map((id) => `${id}.local`);
const port = fc.integer({ min: 1024, max: 65_535 });
const url = fc
  .tuple(fc.constantFrom('http', 'https', 'ws', 'wss', 'stun', 'turn', 'turns'), fc.domain(), port)
  .map(([scheme, host, number]) =>
    scheme.includes('tur') || scheme === 'stun'
      ? `${scheme}:${host}:${number}`
      : `${scheme}://${host}:${number}/socket`,
  );

/** No piece of the secret of four characters and more is left, where it is not one of our words. */
function expectGone(text: string, secret: string): void {
  const clean = redactText(text);
  expect(clean).not.toContain(secret);
  const own = WORDS.join(' ');
  for (let at = 0; at + 6 <= secret.length; at += 1) {
    const piece = secret.slice(at, at + 6);
    if (!own.includes(piece)) expect(clean).not.toContain(piece);
  }
}

describe('[LG2] no address and no key survives', () => {
  const secrets = {
    'IPv4 addresses': ipv4,
    'IPv4 addresses with a port': fc.tuple(ipv4, port).map(([ip, number]) => `${ip}:${number}`),
    'IPv4 addresses with dashes': ipv4.map((ip) => `ip-${ip.replaceAll('.', '-')}`),
    'IPv4 addresses with underlines': ipv4.map((ip) => `ip_${ip.replaceAll('.', '_')}`),
    'IPv6 addresses': ipv6,
    '.local names': localName,
    'host names': fc.domain(),
    'addresses of servers': url,
    'e-mail addresses': fc.emailAddress(),
    'hex keys': run(HEX, 16, 128),
    'hex keys in capitals': run(HEX, 16, 64).map((key) => key.toUpperCase()),
    'short hex keys': run(HEX, 12, 15).filter((key) => /\d/u.test(key) && /[a-f]/u.test(key)),
    'what is said to be a secret': fc
      .tuple(
        fc.constantFrom(
          'password',
          'turn_password',
          'secret',
          'authToken',
          'credential',
          'ice-pwd',
        ),
        fc.constantFrom('=', ':', ': ', '": '),
        run(BASE64, 6, 40),
      )
      .map(([name, sign, value]) => ({ text: `${name}${sign}${value}`, hidden: value })),
    'base64 keys': run(BASE64, 22, 88),
    UUIDs: fc.uuid(),
    fingerprints: fc
      .array(run(HEX, 2, 2), { minLength: 6, maxLength: 32 })
      .map((bytes) => bytes.join(':').toUpperCase()),
    paths: fc
      .array(run(HEX, 3, 12), { minLength: 2, maxLength: 5 })
      .map((parts) => `/${parts.join('/')}`),
  };
  for (const [what, told] of Object.entries(secrets)) {
    it(`[LG2] ${what}`, () => {
      fc.assert(
        fc.property(words, words, brackets, told, (before, after, [open, close], secret) => {
          const { text, hidden } =
            typeof secret === 'string' ? { text: secret, hidden: secret } : secret;
          expectGone(`${before} ${open}${text}${close} ${after}`, hidden);
        }),
        RUNS,
      );
    });
  }

  it('[LG2] addresses within ICE candidates', () => {
    const candidate = fc.tuple(fc.nat(), ipv4, fc.oneof(ipv4, ipv6, localName), port);
    fc.assert(
      fc.property(candidate, ([foundation, address, related, number]) => {
        const text = `candidate:${foundation} 1 udp 1677729535 ${address} ${number} typ srflx raddr ${related} rport 9`;
        const clean = redactText(text);
        expect(clean).not.toContain(address);
        expect(clean).not.toContain(related);
        expect(clean).not.toMatch(/candidate:\d/u);
        expect(clean).toContain('typ srflx');
      }),
      RUNS,
    );
  });

  it('[LG2] several in one text, in any order', () => {
    const any = fc.oneof(ipv4, ipv6, localName, url, run(HEX, 16, 64), fc.emailAddress());
    fc.assert(
      fc.property(fc.array(fc.tuple(any, words), { minLength: 1, maxLength: 5 }), (parts) => {
        const clean = redactText(parts.flat().join(' '));
        for (const [secret] of parts) expect(clean).not.toContain(secret);
      }),
      RUNS,
    );
  });

  it('[LG2] an address that is cut by the longest length', () => {
    for (let before = 3 * MAX_LOGGED_TEXT; before < 4 * MAX_LOGGED_TEXT + 20; before += 1) {
      // One key that becomes very short, then the address just where reading ends.
      const clean = redactText(`${'a1'.repeat(before / 2)} 203.0.113.77`);
      expect(clean).not.toContain('203.0');
    }
  });

  it('[LG2] codes of a pairing', () => {
    expect(redactText('code 48213-velcro-mango-siren')).toBe('code [id]');
    expect(redactText('code 48213-7K3MZ9QX')).toBe('code [code]');
    expect(redactText('code 123-cat-dog-sun')).toBe('code [code]');
  });

  it.each([
    ['/home/anna/Documents/letter.pdf', '[path]'],
    ['C:\\Users\\anna\\letter.pdf', '[path]'],
    ['~/letter', '[path]'],
    ['holiday.jpeg', '[name]'],
    ['song.mp3', '[name]'],
    ['nas.lan', '[name]'],
    ['http://nas:8790', '[url]'],
    ['refused by nas:8790', 'refused by [address]'],
    ['at 2026-11-21T12:34:56.789Z', 'at 2026-11-21T12:34:56.789Z'],
    ['turn:relay:3478?transport=udp', '[url]'],
    ['fe80::1%eth0', '[address]'],
    ['::', '[address]'],
    ['192_168_1_1', '[address]'],
    ['lan_192_168_1_1', 'lan_[address]'],
    ['password=hunter2', 'password=[secret]'],
    ['{"password":"two words"}', '{"password":[secret]}'],
    ['token: secret: abc', 'token: secret: [secret]'],
    ['token: abc, then more', 'token: [secret], then more'],
    ["credential='a b'", 'credential=[secret]'],
    ['a=ice-pwd:abc', 'a=ice-pwd:[secret]'],
    ['username=ann', 'username=[secret]'],
    ['00a1b2c3d4e5', '[id]'],
    ['0xc0a80101', '[id]'],
    ['[2001:db8::1]:443', '[[address]]:443'],
  ])('[LG2] %s', (text, clean) => {
    expect(redactText(text)).toBe(clean);
  });
});

describe('[LG2] what helps stays', () => {
  it('[LG2] words, numbers and codes of ours', () => {
    fc.assert(
      fc.property(words, (text) => {
        expect(redactText(text)).toBe(text.slice(0, MAX_LOGGED_TEXT));
      }),
      RUNS,
    );
  });

  it('[LG2] the codes and states that views know', () => {
    const codes = [pairingFailures, codeProblems, sendStates, receiveStates].flatMap(Object.keys);
    expect(codes.length).toBeGreaterThan(30);
    for (const code of codes) expect(redactText(code)).toBe(code);
  });

  it('[LG2] redacting twice changes nothing', () => {
    const any = fc.oneof(words, ipv4, ipv6, url, run(BASE64, 1, 60), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 6 }), (parts) => {
        const once = redactText(parts.join(' '));
        expect(redactText(once)).toBe(once);
      }),
      RUNS,
    );
  });

  it('[LG2] is no longer than a line', () => {
    const clean = redactText('word '.repeat(1_000));
    expect(clean).toHaveLength(MAX_LOGGED_TEXT);
    expect(clean.endsWith('...')).toBe(true);
  });

  it('[LG2] takes hostile lengths in its stride', () => {
    for (const unit of ['a', '1.', ':', '/', 'a@', '-', 'ab:', '\\', 'pwd=', 'token ', '1a']) {
      const began = performance.now();
      redactText(unit.repeat(100_000));
      redactText(`${unit.repeat(700)}`);
      expect(performance.now() - began).toBeLessThan(500);
    }
  });
});
