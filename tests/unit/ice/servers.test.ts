import { describe, expect, it } from 'vitest';
import {
  DEFAULT_STUN_SERVERS,
  MAX_SERVER_LINES,
  maskTurnServers,
  parseStunServers,
  parseTurnServers,
  unmaskTurnServers,
} from '../../../lib/ice/servers.ts';

const MASK = '••••••••';

describe('STUN servers', () => {
  it('reads one address a line', () => {
    const text =
      '# ours\n\nstun:Stun.Example\r\n stun:10.0.0.1:19302 \nother.example:443\n[2001:DB8::1]:3478';
    expect(parseStunServers(text)).toEqual({
      servers: [
        { url: 'stun:stun.example:3478' },
        { url: 'stun:10.0.0.1:19302' },
        { url: 'stun:other.example:443' },
        { url: 'stun:[2001:db8::1]:3478' },
      ],
      problems: [],
    });
  });

  it('takes its own defaults', () => {
    const { servers, problems } = parseStunServers(DEFAULT_STUN_SERVERS.join('\n'));
    expect(servers.map(({ url }) => url)).toEqual(DEFAULT_STUN_SERVERS);
    expect(problems).toEqual([]);
  });

  it.each([
    ['turn:a.example', 'turn-here'],
    ['turns:a.example u p', 'turn-here'],
    ['https://a.example', 'bad-scheme'],
    ['a.example', 'bad-scheme'],
    ['stun:', 'bad-url'],
    ['stun://a.example', 'bad-url'],
    ['stun:a.example:0', 'bad-port'],
    ['stun:a.example:65536', 'bad-port'],
    ['a.example:999999', 'bad-port'],
    ['stun:a.example?transport=udp', 'bad-url'],
    ['stun:user@a.example', 'bad-url'],
    ['stun:::1', 'bad-url'],
    ['stun:[::1', 'bad-url'],
    ['stun:[1.2.3.4]', 'bad-url'],
    ['stun:1.2.3', 'bad-url'],
    ['stun:300.1.1.1', 'bad-url'],
    ['stun:-a.example', 'bad-url'],
    ['stun:a..example', 'bad-url'],
    ['stun:a.example more', 'bad-url'],
  ])('refuses %j', (line, code) => {
    expect(parseStunServers(`\n${line}`)).toEqual({ servers: [], problems: [{ line: 2, code }] });
  });
});

describe('TURN servers', () => {
  it('takes ports, names and credentials up to their limits', () => {
    const name = [...Array<string>(3).fill('a'.repeat(63)), 'b'.repeat(61)].join('.');
    const secret = 'p'.repeat(508);
    for (const host of ['a.example:1', 'a.example:65535', name, '_a-b.example'])
      expect(parseTurnServers(`turns:${host} u ${secret}`).problems, host).toEqual([]);
    for (const host of [`${name}b`, `${'a'.repeat(64)}.example`, 'a-.example'])
      expect(parseTurnServers(`turns:${host} u p`).problems, host).toEqual([
        { line: 1, code: 'bad-url' },
      ]);
  });

  it('expands each line to its transports', () => {
    const text =
      'turn:a.example u p\nturn:b.example:3479?transport=tcp u p:w#d\nturns:c.example:443 u p\nTURNS:[::1]?transport=TCP u p';
    const { servers, problems } = parseTurnServers(text);
    expect(problems).toEqual([]);
    expect(servers.map(({ url }) => url)).toEqual([
      'turn:a.example:3478?transport=udp',
      'turn:a.example:3478?transport=tcp',
      'turn:b.example:3479?transport=tcp',
      'turns:c.example:443?transport=tcp',
      'turns:[::1]:5349?transport=tcp',
    ]);
    expect(servers[2]).toMatchObject({ username: 'u', credential: 'p:w#d' });
  });

  it.each([
    ['stun:a.example', 'stun-here'],
    ['turn:a.example:99999 u p', 'bad-port'],
    ['a.example u p', 'bad-scheme'],
    ['turn:a.example?transport=sctp u p', 'bad-url'],
    ['turn:a.example?transport=udp&x=1 u p', 'bad-url'],
    ['turn:a.example?x?y u p', 'bad-url'],
    ['turns:a.example?transport=udp u p', 'turns-udp'],
    ['turn:u:p@a.example u p', 'bad-url'],
    ['turn:a.example', 'no-credentials'],
    ['turn:a.example u', 'no-credentials'],
    ['turn:a.example u p more', 'space'],
    [`turn:a.example u ${MASK}`, 'masked'],
    ['turn:a.example u •••', 'masked'],
    [`turn:a.example u ${MASK}added`, 'masked'],
    [`turn:a.example u added${MASK}`, 'masked'],
    [`turn:a.example u ${MASK} added`, 'masked'],
    [`turn:a.example ${MASK} typed`, 'masked'],
    [`#turn:a.example u ${MASK}added`, 'masked'],
    ['turn:a.example u p\u0007', 'bad-credentials'],
    [`turn:a.example u ${'p'.repeat(509)}`, 'bad-credentials'],
  ])('refuses %j', (line, code) => {
    expect(parseTurnServers(`# one\n${line}\nturn:z.example u p`)).toMatchObject({
      servers: [{ url: 'turn:z.example:3478?transport=udp' }, { username: 'u' }],
      problems: [{ line: 2, code }],
    });
  });

  it('takes so many and says which are too many; the same address counts once', () => {
    const lines = Array.from({ length: MAX_SERVER_LINES + 2 }, (_, i) => `turns:h${i}.example u p`);
    const { servers, problems } = parseTurnServers(lines.join('\n'));
    expect(servers).toHaveLength(MAX_SERVER_LINES);
    expect(problems).toEqual([
      { line: MAX_SERVER_LINES + 1, code: 'too-many' },
      { line: MAX_SERVER_LINES + 2, code: 'too-many' },
    ]);
    expect(parseTurnServers('turns:a.example u p\nturns:A.example:5349 u p')).toMatchObject({
      servers: [{ url: 'turns:a.example:5349?transport=tcp' }],
      problems: [],
    });
  });

  it('one address takes one user: the second is named, in whatever form it comes', () => {
    for (const second of ['turn:A.example v p', 'turn:a.example?transport=tcp u q']) {
      const { servers, problems } = parseTurnServers(`turn:a.example u p\n\n${second}`);
      expect(problems).toEqual([{ line: 3, code: 'second-user' }]);
      expect(servers.map(({ username, credential }) => [username, credential])).toEqual([
        ['u', 'p'],
        ['u', 'p'],
      ]);
    }
    expect(parseTurnServers('turn:a.example u p\nturns:a.example v q').problems).toEqual([]);
  });

  it.each(['\u0085', '\u2028', '\u2029', '\v', '\f', '\r'])(
    'a line ends at %j for every reader',
    (end) => {
      const text = `turn:a.example?transport=udp u one${end}turn:b.example?transport=udp u two`;
      expect(parseTurnServers(text).servers.map(({ credential }) => credential)).toEqual([
        'one',
        'two',
      ]);
      expect(maskTurnServers(text)).not.toMatch(/one|two/);
      expect(unmaskTurnServers(maskTurnServers(text), text)).toBe(text);
    },
  );
});

describe('masked passwords', () => {
  const stored = [
    '# my servers, all of them',
    'turn:a.example  user  sesame ',
    '#turn:b.example user hidden',
    'trun:c.example user mistake with more',
    'turn:e.example forgot-the-user',
    'turn:joe:inline@d.example',
    '',
  ].join('\r\n');

  it('shows no password, of lines with mistakes and comments neither', () => {
    const masked = maskTurnServers(stored);
    expect(masked).toBe(
      [
        '# my servers, all of them',
        `turn:a.example  user  ${MASK}`,
        `#turn:b.example user ${MASK}`,
        `trun:c.example ${MASK}`,
        `turn:e.example ${MASK}`,
        `turn:${MASK}@d.example`,
        '',
      ].join('\r\n'),
    );
  });

  it('restores them by address and user', () => {
    const edited = `turn:new.example x y\nturn:b.example user ${MASK}\n# note\nturn:a.example user ${MASK}`;
    expect(unmaskTurnServers(edited, stored)).toBe(
      'turn:new.example x y\nturn:b.example user hidden\n# note\nturn:a.example user sesame',
    );
  });

  it('gives a stored password to no other address or user', () => {
    for (const line of [
      `turn:evil.example user ${MASK}`,
      `turn:a.example other ${MASK}`,
      `turn:a.example:99 user ${MASK}`,
      `turns:a.example user ${MASK}`,
    ]) {
      expect(unmaskTurnServers(line, stored)).toBe(line);
      expect(parseTurnServers(unmaskTurnServers(line, stored)).problems).toEqual([
        { line: 1, code: 'masked' },
      ]);
    }
  });

  it('a mask that was changed is never taken for a password, nor for the stored one', () => {
    for (const secret of [`${MASK}x`, `x${MASK}`, MASK.slice(1), `${MASK}•`, `${MASK} x`]) {
      for (const line of [`turn:a.example user ${secret}`, `# turn:b.example user ${secret}`]) {
        const edited = unmaskTurnServers(line, stored);
        expect(edited).toBe(line);
        expect(parseTurnServers(edited).problems).toEqual([{ line: 1, code: 'masked' }]);
      }
    }
    expect(parseTurnServers('# • a note in plain words').problems).toEqual([]);
  });

  it('takes a new password as it is typed', () => {
    expect(unmaskTurnServers('turn:a.example user changed', stored)).toBe(
      'turn:a.example user changed',
    );
  });

  it('two lines of one user keep their order', () => {
    const two = 'turn:a.example u one\nturn:a.example u two';
    expect(unmaskTurnServers(maskTurnServers(two), two)).toBe(two);
  });
});
