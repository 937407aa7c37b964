import { describe, expect, it } from 'vitest';
import { CODE_WORDS } from '../../../lib/crypto/wordlists/code-words.ts';
import {
  checkCode,
  choicesFor,
  codeFromLink,
  completedBySeparator,
  withChoice,
  withSuggestion,
} from '../../../lib/ui/pairing/code-entry.ts';

/** A word that no other word shares its first three letters with, and one that is not so. */
const alone = CODE_WORDS.find((word) => beginningWith(word.slice(0, 3)).length === 1) ?? '';
const shared = CODE_WORDS.find((word) => beginningWith(word.slice(0, 2)).length > 1) ?? '';

function beginningWith(prefix: string): string[] {
  return CODE_WORDS.filter((word) => word.startsWith(prefix));
}

describe('[PR1] completion of a code', () => {
  it('has nothing to offer before the first letter of a word', () => {
    for (const typed of ['', '4', '48213', '48213-', 'cab', '48213-7K3']) {
      expect(choicesFor(typed)).toEqual([]);
    }
  });

  it('offers words that begin so, at most four', () => {
    const choices = choicesFor(`48213-${shared.slice(0, 1)}`);
    expect(choices.length).toBeLessThanOrEqual(4);
    expect(choices).toEqual(beginningWith(shared.slice(0, 1)).slice(0, 4));
  });

  it('ignores case and takes a space for a hyphen', () => {
    expect(choicesFor(`48213 ${alone.slice(0, 3).toUpperCase()}`)).toEqual([alone]);
  });

  it('has nothing to offer for a whole word', () => {
    expect(choicesFor(`48213-${alone}`)).toEqual([]);
  });

  it('puts the chosen word in and goes on, until the third', () => {
    expect(withChoice('48213-ca', 'cabin')).toBe('48213-cabin-');
    expect(withChoice('48213 cabin ca', 'cable')).toBe('48213 cabin cable-');
    expect(withChoice('48213-cabin-cable-a', 'atom')).toBe('48213-cabin-cable-atom');
    expect(withChoice('48213', 'cabin')).toBe('48213');
  });

  it.each([' ', '-'])('"%s" completes the beginning of only one word', (separator) => {
    expect(completedBySeparator(`48213-${alone.slice(0, 3)}${separator}`)).toBe(
      `48213-${alone}${separator}`,
    );
  });

  it('leaves alone what could be several words, characters, or the number', () => {
    for (const typed of [`48213-${shared.slice(0, 2)}-`, '48213-', '48213-7K3M ', '48213-zzz-']) {
      expect(completedBySeparator(typed)).toBe(typed);
    }
  });
});

describe('a code is looked at before it can use up the other side’s', () => {
  it.each([
    `48213-${CODE_WORDS.slice(0, 3).join('-')}`,
    `48213 ${CODE_WORDS.slice(3, 6).join(' ')}`,
    '48213-7K3MZ9QX',
    `popup.html#pair=48213-${CODE_WORDS.slice(0, 3).join('-')}`,
  ])('%s is good', (typed) => expect(checkCode(typed)).toEqual({ type: 'good' }));

  it.each(['', 'cabin-cable', '48213', '48213-cabin', '123-cabin-cable-atom', '48213-7K3M'])(
    '"%s" is told what is wrong',
    (typed) => expect(checkCode(typed)).toMatchObject({ type: 'bad', message: /./ }),
  );

  it('offers what was meant and puts it in place', () => {
    const wrong = `${alone.slice(0, -1)}q`;
    const typed = `48213-${alone}-${wrong}-${alone}`;
    const checked = checkCode(typed);
    expect(checked).toMatchObject({ type: 'bad', part: wrong });
    expect(checked.type === 'bad' && checked.suggestions).toContain(alone);
    expect(withSuggestion(typed, wrong, alone)).toBe(`48213-${alone}-${alone}-${alone}`);
    expect(withSuggestion(typed, 'not there', alone)).toBe(typed);
  });
});

it('[PR1] reads the code of a pairing link', () => {
  expect(codeFromLink('#pair=48213-cabin-cable-atom')).toBe('48213-cabin-cable-atom');
  expect(codeFromLink('#pair=48213%20cabin')).toBe('48213 cabin');
  expect(codeFromLink('')).toBe('');
  expect(codeFromLink('#other=1')).toBe('');
});
