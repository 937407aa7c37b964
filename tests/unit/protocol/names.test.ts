import { describe, expect, it } from 'vitest';
import {
  byteLength,
  displayText,
  openableUrl,
  PathClaims,
  pathWithinLimits,
  safeName,
  safePath,
  wirePath,
} from '../../../lib/protocol/names.ts';

describe('safeName', () => {
  const cases: [string, string][] = [
    ['photo.png', 'photo.png'],
    ['Übersicht – März.pdf', 'Übersicht – März.pdf'],
    ['家族👨‍👩‍👧.jpg', '家族👨‍👩‍👧.jpg'],
    ['a/b\\c.txt', 'a_b_c.txt'],
    ['<>:"|?*.txt', '_______.txt'],
    ['..', 'file'],
    ['...', 'file'],
    ['', 'file'],
    ['   ', 'file'],
    ['.bashrc', 'bashrc'],
    ['. .hidden', 'hidden'],
    ['name. . .', 'name'],
    ['name.txt ', 'name.txt'],
    ['con', '_con'],
    ['CON.txt', '_CON.txt'],
    ['con .txt', '_con .txt'],
    ['com1.tar.gz', '_com1.tar.gz'],
    ['lpt³', '_lpt³'],
    ['console.log', 'console.log'],
    ['nul', '_nul'],
    ['desktop.ini', '_desktop.ini'],
    ['con.txt\u202egnp.exe', '_con.txtgnp.exe'],
    ['a\u0000b\nc\u007f\u0085.txt', 'abc.txt'],
    ['\u2066x\u2069\u200e\u061c.txt', 'x.txt'],
    ['tag\u{e0041}.txt', 'tag.txt'],
    ['bad\ud800.txt', 'bad\ufffd.txt'],
    ['non\uffff.txt', 'non.txt'],
    ['evil.lnk', 'evil.lnk.download'],
    [
      'x.{645FF040-5081-101B-9F08-00AA002F954E}',
      'x.{645FF040-5081-101B-9F08-00AA002F954E}.download',
    ],
  ];
  for (const [raw, safe] of cases) {
    it(`[BP2] makes ${JSON.stringify(raw)} ${JSON.stringify(safe)}`, () => {
      expect(safeName(raw)).toBe(safe);
    });
  }

  it('[BP2] shortens to 255 bytes of UTF-8 without breaking a character, and keeps the extension', () => {
    for (const stem of ['a'.repeat(400), '漢'.repeat(200), '👍'.repeat(120), 'é '.repeat(200)]) {
      const name = safeName(`${stem}.tiff`);
      expect(byteLength(name)).toBeLessThanOrEqual(255);
      expect(byteLength(name)).toBeGreaterThan(240);
      expect(name.endsWith('.tiff')).toBe(true);
      expect(name.isWellFormed()).toBe(true);
      expect(name).not.toMatch(/\s\.tiff$/);
    }
  });

  it('[BP2] changes nothing the second time', () => {
    for (const [raw] of cases) expect(safeName(safeName(raw))).toBe(safeName(raw));
    const long = safeName(`${'漢 '.repeat(200)}.gz`);
    expect(safeName(long)).toBe(long);
  });
});

describe('safePath', () => {
  it('[BP2] drops levels that lead elsewhere and makes the others safe', () => {
    expect(safePath('../../etc/passwd')).toBe('etc/passwd');
    expect(safePath('/abs//./x/../y.txt')).toBe('abs/x/y.txt');
    expect(safePath('C:\\Windows\\x')).toBe('C__Windows_x');
    expect(safePath('aux/con.txt')).toBe('_aux/_con.txt');
    expect(safePath('../…/con.txt\u202egnp.exe')).toBe('…/_con.txtgnp.exe');
    expect(safePath('../..')).toBe('file');
    expect(safePath('')).toBe('file');
  });

  it('[BP2][TR14] keeps the innermost levels within 32 levels and 1,024 bytes', () => {
    expect(safePath('d/'.repeat(50) + 'f.txt').split('/')).toHaveLength(32);
    const long = safePath(`${'x'.repeat(200)}/`.repeat(10) + 'f.txt');
    expect(byteLength(long)).toBeLessThanOrEqual(1024);
    expect(long.endsWith('/f.txt')).toBe(true);
  });
});

describe('wirePath', () => {
  it('[TR14] cuts a path of one’s own to what the wire takes, and changes no more', () => {
    expect(wirePath('a/../con.txt')).toBe('a/../con.txt');
    for (const path of [
      '',
      '/',
      'n'.repeat(300),
      'd/'.repeat(60) + 'f',
      '漢'.repeat(120) + '.png',
    ]) {
      expect(pathWithinLimits(wirePath(path))).toBe(true);
    }
    expect(wirePath('漢'.repeat(120) + '.png').endsWith('.png')).toBe(true);
  });
});

describe('PathClaims', () => {
  it('[BP3] never hands out one path twice, whatever the case or the normalization', () => {
    const claims = new PathClaims();
    expect(claims.claim('a.txt')).toBe('a.txt');
    expect(claims.claim('a.txt')).toBe('a (2).txt');
    expect(claims.claim('A.TXT')).toBe('A (3).TXT');
    expect(claims.claim('caf\u00e9')).toBe('caf\u00e9');
    expect(claims.claim('cafe\u0301')).toBe('caf\u00e9 (2)');
    expect(claims.claim('../a.txt')).toBe('a (4).txt');
  });

  it('[BP3] of a whole offer under one name are told apart without counting up to each', () => {
    const claims = new PathClaims();
    const given = Array.from({ length: 20_000 }, () => claims.claim('trip/a.txt'));
    expect(new Set(given).size).toBe(given.length);
    expect(given[0]).toBe('trip/a.txt');
    expect(given.at(-1)).toBe('trip/a (20000).txt');
  });

  it('[BP3] never makes a file of a folder or a folder of a file', () => {
    const claims = new PathClaims();
    expect(claims.claim('x')).toBe('x');
    expect(claims.claim('x/y')).toBe('x (2)/y');
    expect(claims.claim('x/z')).toBe('x (2)/z');
    expect(claims.claim('d/e')).toBe('d/e');
    expect(claims.claim('d')).toBe('d (2)');
  });

  it('[BP3] stays within 255 bytes where names are long', () => {
    const claims = new PathClaims();
    const seen = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const path = claims.claim('漢'.repeat(100) + '.png');
      expect(byteLength(path)).toBeLessThanOrEqual(255);
      expect(path.endsWith('.png')).toBe(true);
      seen.add(path);
    }
    expect(seen.size).toBe(12);
  });
});

describe('what is shown and opened', () => {
  it('[BP2] shows a peer’s words in one line without controls', () => {
    expect(displayText(' two\n lines\u202e ', 100)).toBe('two lines');
    expect(displayText('abcdef', 3)).toBe('abc');
  });

  it('[TR13] opens http and https only', () => {
    expect(openableUrl(' https://example.org/a?b#c ')).toBe('https://example.org/a?b#c');
    expect(openableUrl('HTTP://example.org')).toBe('HTTP://example.org');
    for (const text of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'data:text/html,x',
      'chrome://settings',
      'https://a b',
      'https://',
      'see https://example.org',
      'https://x\njavascript:1',
    ]) {
      expect(openableUrl(text), text).toBeNull();
    }
  });
});
