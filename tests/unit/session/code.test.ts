import { describe, expect, it } from 'vitest';
import { CODE_WORDS } from '../../../lib/crypto/wordlists/code-words.ts';
import {
  CodeError,
  codeLink,
  completeWord,
  formatCode,
  makeCode,
  parseCode,
} from '../../../lib/session/code.ts';

const WORDS = { nameplate: '12345', format: 'words', secret: 'above-taxi-tiger' } as const;

function errorOf(text: string): CodeError {
  try {
    parseCode(text);
  } catch (error) {
    if (error instanceof CodeError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('pairing codes', () => {
  it('[PR1] makes three of 256 words, every one of them', () => {
    const bytes = Uint8Array.from([0, 255, 128]);
    const code = makeCode('12345', 'words', () => bytes);
    expect(formatCode(code)).toBe(`12345-${CODE_WORDS[0]}-${CODE_WORDS[255]}-${CODE_WORDS[128]}`);
    for (let byte = 0; byte < 256; byte++) {
      const made = makeCode('99999', 'words', () => Uint8Array.from([byte, byte, byte]));
      expect(parseCode(formatCode(made))).toEqual(made);
    }
  });

  it('[PR1] makes 8 characters without I, L, O and U, all equally likely', () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      const code = makeCode('123456789', 'characters', () => new Uint8Array(8).fill(byte));
      expect(parseCode(formatCode(code))).toEqual(code);
      const character = code.secret.charAt(0);
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(32);
    expect([...counts.values()].every((times) => times === 8)).toBe(true);
    expect(['i', 'l', 'o', 'u'].some((character) => counts.has(character))).toBe(false);
  });

  it.each([
    '12345-above-taxi-tiger',
    ' 12345 above taxi tiger ',
    '12345 - Above – TAXI — tiger',
    '１２３４５　ａｂｏｖｅ　taxi　tiger',
    '12345\nabove\ttaxi\u00a0tiger',
    '12345_above.taxi,tiger',
    'popup.html#pair=12345-above-taxi-tiger',
    'chrome-extension://abcdefgh/popup.html#pair=12345-above-taxi-tiger',
    'chrome-extension://abcdefgh/popup.html#pair=12345%20above%20taxi%20tiger',
  ])('[PR1] reads %j', (text) => {
    expect(parseCode(text)).toEqual(WORDS);
  });

  it.each([
    ['12345-ABCD1234', 'abcd1234'],
    ['12345 abcd 1234', 'abcd1234'],
    ['12345-IiLl-OoXZ', '111100xz'],
    ['12345-abc-def-gh', 'abcdefgh'],
  ])('[PR1] reads the characters of %s', (text, secret) => {
    expect(parseCode(text)).toEqual({ nameplate: '12345', format: 'characters', secret });
  });

  it('[PR1] the link reads back as the code', () => {
    expect(codeLink(WORDS)).toBe('popup.html#pair=12345-above-taxi-tiger');
    expect(parseCode(codeLink(WORDS))).toEqual(WORDS);
  });

  it.each([
    ['', 'empty', ''],
    [' - ', 'empty', ''],
    ['above-taxi-tiger', 'no-nameplate', 'above'],
    ['1234-above-taxi-tiger', 'bad-nameplate', '1234'],
    ['01234-above-taxi-tiger', 'bad-nameplate', '01234'],
    ['1234567890-above-taxi-tiger', 'bad-nameplate', '1234567890'],
    ['12345', 'incomplete', ''],
    ['12345-above', 'incomplete', ''],
    ['12345-above-taxi', 'incomplete', ''],
    ['12345-above-taxi-tiger-tiger', 'incomplete', ''],
    ['12345-above-taxi-tigre', 'unknown-word', 'tigre'],
    ['12345-über-taxi-tiger', 'unknown-word', 'über'],
    ['12345-ABCDU234', 'bad-character', 'u'],
    ['12345-ABCD!234', 'bad-character', '!'],
    ['12345-ABC123', 'incomplete', ''],
  ])('says what is wrong with %j', (text, code, part) => {
    expect(errorOf(text)).toMatchObject({ code, part });
  });

  it('does not work long on a megabyte', () => {
    expect(errorOf('x'.repeat(1_000_000)).code).toBe('incomplete');
  });

  it('suggests the words that were probably meant', () => {
    expect(errorOf('12345-above-taxi-tigre').suggestions).toContain('tiger');
    expect(errorOf('12345-abuve-taxi-tiger').suggestions[0]).toBe('above');
    expect(errorOf('12345-villag-taxi-tiger').suggestions[0]).toBe('village');
    expect(errorOf('12345-qqqqqqqq-taxi-tiger').suggestions).toEqual([]);
  });

  it('completes what has been typed', () => {
    expect(completeWord('vi')).toEqual(['victory', 'village', 'virtual', 'visit']);
    expect(completeWord(' VIL')).toEqual(['village']);
    expect(completeWord('zz')).toEqual([]);
    expect(completeWord('')).toHaveLength(256);
  });
});
