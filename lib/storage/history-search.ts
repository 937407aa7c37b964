/** What a person typed against what an entry is called. */
import type { HistoryRecord } from './history-record.ts';

/** Names of an entry that are told as the reason why it was found. */
const NAMES_TOLD = 3;

/** Without case, accents and width: "Über", "uber" and "ＵＢＥＲ" are one. */
function fold(text: string): string {
  // Upper case: only there `ß` is `SS`, and the two small sigmas are one letter.
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toUpperCase();
}

/** The words of a search, folded. Empty when nothing was typed. */
export function searchWords(typed: string): string[] {
  return fold(typed)
    .split(/\s+/u)
    .filter((word) => word !== '');
}

/**
 * Every word must occur in a name, the title or the device's name, each in any of them.
 *
 * @param words of `searchWords`
 * @returns the names that a word was found in and the title does not show; undefined: no match.
 */
export function matchOf(entry: HistoryRecord, words: readonly string[]): string[] | undefined {
  if (words.length === 0) return [];
  const shown = [entry.title, entry.caption ?? '', entry.deviceName].map(fold);
  const names = entry.names.map((name) => ({ name, folded: fold(name) }));
  const hidden: string[] = [];
  for (const word of words) {
    if (shown.some((text) => text.includes(word))) continue;
    const found = names.filter(({ folded }) => folded.includes(word));
    if (found.length === 0) return undefined;
    hidden.push(...found.map(({ name }) => name));
  }
  return [...new Set(hidden)].slice(0, NAMES_TOLD);
}
