import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../lib/crypto/bytes.ts';
import { checkWords, sasCommit, verifySasCommit } from '../../../lib/crypto/check-words.ts';
import { CHECK_WORDS } from '../../../lib/crypto/wordlists/check-words.ts';
import { layout, nodeSha256, shortLv } from './node-oracle.ts';
import { codeOf, counting, flipped } from './support.ts';

const sid = counting(32, 1);
const eJ = counting(32, 50);
const e1J = counting(1184, 3);
const eC = counting(32, 90);

describe('check words', () => {
  it('[PR7] are bytes 0 to 2 of the hash, one word each', () => {
    // 1184 = 0x4a0 in LEB128 is a0 09.
    const data = concat(shortLv('tallow-sas-v2', sid, eJ), layout('x:a009', e1J), shortLv(eC));
    const expected = [...fromHex(nodeSha256(data)).subarray(0, 3)].map((byte) => CHECK_WORDS[byte]);
    expect(checkWords(sid, eJ, e1J, eC)).toEqual(expected);
  });

  it('[PR7] depend on every key', () => {
    const variants = [
      checkWords(sid, eJ, e1J, eC),
      checkWords(flipped(sid, 0), eJ, e1J, eC),
      checkWords(sid, flipped(eJ, 31, 0x80), e1J, eC),
      checkWords(sid, eJ, flipped(e1J, 1183), eC),
      checkWords(sid, eJ, e1J, flipped(eC, 31, 0x80)),
      checkWords(sid, eC, e1J, eJ),
    ];
    expect(new Set(variants.map((words) => words.join(' '))).size).toBe(variants.length);
  });

  it('[PR6] the commitment is the hash of the rule and fits one ephemeral only', () => {
    const commit = sasCommit(eC);
    expect(toHex(commit)).toBe(nodeSha256(layout('tallow-sas-commit-v2', eC)));
    expect(verifySasCommit(commit, eC)).toBe(true);
    expect(verifySasCommit(commit, flipped(eC, 31, 0x80))).toBe(false);
    expect(verifySasCommit(commit.subarray(0, 31), eC)).toBe(false);
  });

  it('[EN5] refuse parts of another length', () => {
    expect(codeOf(() => checkWords(sid.subarray(1), eJ, e1J, eC))).toBe('bad-length');
    expect(codeOf(() => checkWords(sid, eJ, e1J.subarray(1), eC))).toBe('bad-length');
    expect(codeOf(() => sasCommit(counting(31)))).toBe('bad-length');
  });
});
