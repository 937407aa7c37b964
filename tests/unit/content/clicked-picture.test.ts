import { describe, expect, it } from 'vitest';
import { clickedPicture } from '../../../entrypoints/content/clicked-picture.ts';

interface FakePicture {
  readonly name: string;
  readonly currentSrc?: string;
  matches(selector: string): boolean;
}

const image = (name: string, currentSrc: string, hovered = false): FakePicture => ({
  name,
  currentSrc,
  matches: (selector) => selector === ':hover' && hovered,
});
const canvas = (name: string, hovered = false): FakePicture => ({
  name,
  matches: (selector) => selector === ':hover' && hovered,
});
const LONG = `data:image/png;base64,${'A'.repeat(3 * 1024 * 1024)}`;

/** The name of the picture that is taken from a page with these. */
function taken(...pictures: FakePicture[]): string {
  const page = { querySelectorAll: () => pictures } as unknown as Document;
  return (clickedPicture(page) as unknown as FakePicture).name;
}

describe('a clicked picture whose address the browser does not say', () => {
  it('is the one under the pointer, the innermost', () => {
    expect(taken(image('a', 'data:a'), image('b', 'data:b', true), canvas('c'))).toBe('b');
    expect(taken(image('a', 'data:a', true), canvas('c', true))).toBe('c');
  });

  it('is the only one with an address too long to be told', () => {
    expect(taken(image('a', 'data:a'), image('long', LONG), canvas('c'))).toBe('long');
  });

  it('is not guessed: not between several, and never a canvas that nobody pointed at', () => {
    expect(() => taken(image('a', LONG), image('b', LONG))).toThrow('cannot be told');
    expect(() => taken(canvas('c'))).toThrow('cannot be told');
    expect(() => taken(image('empty', '', true))).toThrow('cannot be told');
    expect(() => taken()).toThrow('cannot be told');
  });
});
