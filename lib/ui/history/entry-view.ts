/** How an entry is shown: words, and what can be done with it. */
import { openableUrl } from '../../protocol/names.ts';
import { formatBytes } from '../format.ts';
import * as text from '../text.ts';
import { stateText, titleText } from '../transfer-view.ts';
import { timeOf } from './days.ts';
import { asTransfer, type HistoryEntry } from './entry.ts';

function isWords({ kind }: HistoryEntry): boolean {
  return kind === 'text' || kind === 'link' || kind === 'page';
}

/** A page by its title, files by the first and how many more. */
export function entryTitle(entry: HistoryEntry): string {
  if (entry.caption) return entry.caption;
  return entry.title === '' ? text.history.noTitle : titleText(asTransfer(entry));
}

/** `To Desktop · 12 MiB · 2:05 PM`, after how it ended. */
export function entryMeta(entry: HistoryEntry): string {
  const name = entry.deviceName || text.history.deviceGone;
  return [
    entry.direction === 'out' ? text.transfers.to(name) : text.transfers.from(name),
    // The length of a text is no news to anyone.
    ...(isWords(entry) ? [] : [unbroken(formatBytes(entry.totalBytes))]),
    unbroken(timeOf(entry.endedAt)),
  ].join(' · ');
}

function unbroken(words: string): string {
  return words.replaceAll(/\s/gu, '\u00a0');
}

export function entryState(entry: HistoryEntry): string {
  return stateText(asTransfer(entry));
}

export type EntryAction =
  | { readonly type: 'show' }
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'open'; readonly url: string }
  | { readonly type: 'send-again' };

/**
 * @param known whether the device is still paired
 * @param there whether the saved file is where it was saved
 */
export function entryActions(entry: HistoryEntry, known: boolean, there: boolean): EntryAction[] {
  const actions: EntryAction[] = [];
  const url = entry.kind === 'text' || !entry.text ? null : openableUrl(entry.text);
  if (entry.downloadId !== null && there) actions.push({ type: 'show' });
  if (entry.text !== undefined && url === null) actions.push({ type: 'copy', text: entry.text });
  if (url !== null) actions.push({ type: 'open', url });
  const whole = !isWords(entry) || entry.text !== undefined;
  if (entry.direction === 'out' && known && whole) actions.push({ type: 'send-again' });
  return actions;
}
