import { wordlist } from '@scure/bip39/wordlists/english.js';
import { describe, expect, it } from 'vitest';
import { CHECK_WORDS } from '../../../lib/crypto/wordlists/check-words.ts';
import { CODE_WORDS } from '../../../lib/crypto/wordlists/code-words.ts';
import { editDistance } from '../../../scripts/make-wordlists.ts';
import { nodeSha256, layout } from './node-oracle.ts';

describe.each([
  // The lists are part of the protocol: devices with different ones do not pair.
  [
    '[PR1] code words',
    CODE_WORDS,
    'c6c2c37e3737a86aa1f85058158cc17f40f9131328047dd348cf531af262636e',
  ],
  [
    '[PR7] check words',
    CHECK_WORDS,
    'cff54030aa4d6c809900639bec54b24e6c2278bdd6163f5f58fa114b12cd8523',
  ],
] as const)('%s', (_, words, digest) => {
  it('are these 256, in this order', () => {
    expect(words).toHaveLength(256);
    expect(nodeSha256(layout(words.join(' ')))).toBe(digest);
    expect([...words].toSorted()).toEqual(words);
  });

  it('are of the BIP-39 list, 4 to 7 letters', () => {
    const bip39 = new Set(wordlist);
    for (const word of words) {
      expect(bip39, word).toContain(word);
      expect(word).toMatch(/^[a-z]{4,7}$/);
    }
  });

  it('are at least three edits apart', () => {
    for (const [i, word] of words.entries()) {
      for (const other of words.slice(i + 1)) {
        expect(editDistance(word, other), `${word} ${other}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

describe('both lists', () => {
  it('[PR7] share no word, and no two words share their first four letters', () => {
    const starts = [...CODE_WORDS, ...CHECK_WORDS].map((word) => word.slice(0, 4));
    expect(new Set(starts).size).toBe(512);
  });

  it('the distance counts insertions, deletions, replacements and swaps', () => {
    expect(
      [
        ['abc', 'abc'],
        ['abc', 'abcd'],
        ['abc', 'acb'],
        ['kitten', 'sitting'],
        ['', 'abcd'],
      ].map(([a = '', b = '']) => editDistance(a, b)),
    ).toEqual([0, 1, 1, 3, 4]);
  });
});
