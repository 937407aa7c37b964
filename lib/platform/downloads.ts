import { browser } from '../browser/index.ts';
import { PlatformError } from './errors.ts';

/** Folder below the browser's downloads folder. */
export const DOWNLOADS_FOLDER = 'Tallow Send';

export type DownloadState =
  | { readonly state: 'running' }
  | { readonly state: 'complete' }
  | { readonly state: 'interrupted'; readonly code: SaveFailure };

/** Why a file did not come to rest in the downloads folder. */
export type SaveFailure = 'no-space' | 'cancelled' | 'refused' | 'gone' | 'failed';

/** @param path safe, below the folder, `/` between names. @throws PlatformError `download-refused` */
export async function startDownload(url: string, path: string): Promise<number> {
  try {
    return await browser.downloads.download({
      url,
      filename: `${DOWNLOADS_FOLDER}/${path}`,
      conflictAction: 'uniquify',
      saveAs: false,
    });
  } catch (cause) {
    throw new PlatformError('download-refused', undefined, { cause });
  }
}

export async function downloadState(downloadId: number): Promise<DownloadState> {
  const [item] = await browser.downloads.search({ id: downloadId });
  if (!item) return { state: 'interrupted', code: 'gone' };
  return stateOf(item.state, item.error);
}

/** The download that was begun for a blob URL, which is never given out twice. */
export async function findDownload(url: string): Promise<number | undefined> {
  const [item] = await browser.downloads.search({ url });
  return item?.id;
}

/** Cancels a download that has no place yet: the browser's question about it is open, or to come. */
export async function cancelUnplaced(downloadId: number): Promise<void> {
  const [item] = await browser.downloads.search({ id: downloadId });
  if (item?.state === 'in_progress' && item.filename === '') {
    // It may have found its place between the two calls, and then goes on.
    await browser.downloads.cancel(downloadId).catch(() => undefined);
  }
}

/**
 * Those of these downloads whose file is still where it was saved, as far as the browser knows: it
 * looks after having answered, so that the next answer is right.
 */
export async function existingDownloads(ids: readonly number[]): Promise<ReadonlySet<number>> {
  const found = await Promise.all(ids.map((id) => browser.downloads.search({ id })));
  return new Set(found.flat().flatMap(({ id, exists }) => (exists ? [id] : [])));
}

/** How long the browser is given to look, ms. */
const LOOK_MS = 500;

/** As `existingDownloads`, for what must be true. */
export async function surelyExisting(ids: readonly number[]): Promise<ReadonlySet<number>> {
  const known = [...(await existingDownloads(ids))];
  if (known.length === 0) return new Set();
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  return await existingDownloads(known);
}

/** Shows the file in its folder; the folder alone when the file is gone. */
export async function showDownload(downloadId: number): Promise<void> {
  const [item] = await browser.downloads.search({ id: downloadId });
  if (item?.exists) await browser.downloads.show(downloadId);
  else browser.downloads.showDefaultFolder();
}

export function stateOf(state: string | undefined, error: string | undefined): DownloadState {
  if (state === 'complete') return { state: 'complete' };
  if (state === 'interrupted') return { state: 'interrupted', code: failureOf(error) };
  return { state: 'running' };
}

function failureOf(error: string | undefined): SaveFailure {
  if (error === 'FILE_NO_SPACE') return 'no-space';
  if (error === 'USER_CANCELED') return 'cancelled';
  if (error?.startsWith('FILE_')) return 'refused';
  return 'failed';
}
