/** What a person does with entries of the history. */
import { TallowError } from '../../lib/errors/index.ts';
import type { OffscreenState } from '../../lib/messaging/background-calls.ts';
import { existingDownloads, showDownload } from '../../lib/platform/downloads.ts';
import type { HistoryRecord } from '../../lib/storage/history-record.ts';
import type { App } from './app.ts';
import { freshId } from './sends.ts';
import { isEnded } from './transfers-view.ts';

export class HistoryIntentError extends TallowError<
  'nothing-to-open' | 'device-unknown' | 'choose-again'
> {}

/** @throws HistoryIntentError `nothing-to-open`: it was moved or deleted since. */
export async function showInFolder(app: App, transferId: string): Promise<void> {
  const downloadId = (await app.history.get(transferId))?.downloadId;
  if (downloadId == null || !(await existingDownloads([downloadId])).has(downloadId)) {
    throw new HistoryIntentError('nothing-to-open');
  }
  await showDownload(downloadId);
}

/**
 * Sends what was sent once more, to the same device, as a transfer of its own.
 *
 * @throws HistoryIntentError `device-unknown`: not paired any more; `choose-again`: only the person
 *   can find the files; `nothing-to-open`: there is no such entry. CallError `choose-again`;
 *   `needs-permission`: a page has to ask the browser first.
 */
export async function sendAgain(app: App, transferId: string): Promise<void> {
  const entry = await app.history.get(transferId);
  if (entry?.direction !== 'out') throw new HistoryIntentError('nothing-to-open');
  if (!app.devices.has(entry.deviceId)) throw new HistoryIntentError('device-unknown');
  const { deviceId, kind, text, caption } = entry;
  if (kind !== 'text' && kind !== 'link' && kind !== 'page') {
    return await sendFilesAgain(app, entry);
  }
  if (text === undefined) throw new HistoryIntentError('nothing-to-open');
  await app.sends.begin(deviceId, { type: 'text', kind, text, ...(caption && { note: caption }) });
}

/** The one place that knows whether files of an earlier transfer can still be read. */
async function sendFilesAgain(app: App, { transferId }: HistoryRecord): Promise<void> {
  await app.offscreen.call({ type: 'send/again', transferId, freshId: freshId() });
}

/** Takes one out, here and in the list of transfers. */
export async function removeEntry(app: App, transferId: string): Promise<void> {
  await app.history.remove(transferId);
  await app.offscreen.call({ type: 'sources/forget', transferIds: [transferId] });
  const shown = app.transfers.view.find((transfer) => transfer.transferId === transferId);
  if (shown && isEnded(shown)) await forgetEnded(app, [transferId]);
}

/** A person wants it kept for a shorter time: what is older goes, with what was kept to send it again. */
export async function shortenHistory(app: App): Promise<void> {
  const transferIds = [...(await app.history.prune())];
  if (transferIds.length > 0) await app.offscreen.call({ type: 'sources/forget', transferIds });
}

/** Everything that is over goes, also from the list of transfers. What is under way stays. */
export async function clearHistory(app: App): Promise<void> {
  await app.history.clear();
  await app.offscreen.call({ type: 'sources/forget', transferIds: null });
  // The document's own memory reaches further back than the list.
  const { transfers } = (await app.offscreen.call({ type: 'state/get' })) as OffscreenState;
  const ended = [...transfers, ...app.transfers.view].filter(isEnded);
  await forgetEnded(app, [...new Set(ended.map(({ transferId }) => transferId))]);
}

async function forgetEnded(app: App, transferIds: readonly string[]): Promise<void> {
  for (const transferId of transferIds) {
    await app.offscreen.call({ type: 'transfer/dismiss', transferId });
  }
  await app.transfers.forget(transferIds);
}
