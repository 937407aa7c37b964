/** Help while a code is typed: which words fit, what is wrong with it. */
import { CodeError, completeWord, parseCode } from '../../session/code.ts';
import * as text from '../text.ts';

/** As many as fit in one line of the popup. */
const MAX_CHOICES = 4;

/** The part that is being typed, from where it begins; null before the first word. */
function lastPart(typed: string): { readonly start: number; readonly prefix: string } | null {
  const match = /[\s-]([a-z]+)$/iu.exec(typed);
  const prefix = match?.[1];
  return match === null || prefix === undefined
    ? null
    : { start: typed.length - prefix.length, prefix };
}

/** The words that the last part may become; none when it is whole or not a beginning of one. */
export function choicesFor(typed: string): readonly string[] {
  const last = lastPart(typed);
  if (last === null) return [];
  const words = completeWord(last.prefix);
  const whole = words.length === 1 && words[0] === last.prefix.toLowerCase();
  return whole ? [] : words.slice(0, MAX_CHOICES);
}

/** Puts `word` in place of the last part; a `-` follows while more words are to come. */
export function withChoice(typed: string, word: string): string {
  const last = lastPart(typed);
  if (last === null) return typed;
  const before = typed.slice(0, last.start);
  const parts = before.split(/[\s-]+/u).filter((part) => part !== '').length;
  return `${before}${word}${parts < 3 ? '-' : ''}`;
}

/**
 * A space or hyphen after the beginning of only one word stands for the whole word. Two letters at
 * least, so that a code of characters is never touched by accident.
 */
export function completedBySeparator(typed: string): string {
  const match = /^(.*[\s-][a-z]{2,})([\s-])$/iu.exec(typed);
  const [, head, separator] = match ?? [];
  if (head === undefined || separator === undefined) return typed;
  const last = lastPart(head);
  const [only, ...others] = last === null ? [] : completeWord(last.prefix);
  if (last === null || only === undefined || others.length > 0) return typed;
  return `${head.slice(0, last.start)}${only}${separator}`;
}

export type CheckedCode =
  | { readonly type: 'good' }
  | {
      readonly type: 'bad';
      readonly message: string;
      /** The part that was not understood, as typed. */
      readonly part: string;
      readonly suggestions: readonly string[];
    };

/** Looked at before it is sent: a typing mistake must not use up the other side's code. */
export function checkCode(typed: string): CheckedCode {
  try {
    parseCode(typed);
    return { type: 'good' };
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    const { code, part, suggestions } = error;
    return { type: 'bad', message: text.codeProblems[code](part), part, suggestions };
  }
}

/** Replaces the word that was not understood by the one that was meant. */
export function withSuggestion(typed: string, wrong: string, word: string): string {
  const at = typed.toLowerCase().lastIndexOf(wrong.toLowerCase());
  return at < 0 ? typed : `${typed.slice(0, at)}${word}${typed.slice(at + wrong.length)}`;
}

/** The code of a pairing link from its fragment (`#pair=…`); empty when there is none. */
export function codeFromLink(fragment: string): string {
  return new URLSearchParams(fragment.replace(/^#/u, '')).get('pair') ?? '';
}
