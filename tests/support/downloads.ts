import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { until } from './wait.ts';

/** Where the extension saves, below the browser's own download folder. */
export const RECEIVED_FOLDER = 'Tallow Send';

/** Chromium writes into such a file and renames it when the download is complete. */
const UNFINISHED = '.crdownload';

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Paths of the finished files below `folder`, relative to it, sorted. Empty when it is not there. */
export async function receivedFiles(downloads: string): Promise<string[]> {
  const folder = join(downloads, RECEIVED_FOLDER);
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(UNFINISHED))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Waits until a file with these bytes was received and gives its full path. */
export async function untilReceived(
  downloads: string,
  wanted: { readonly sha256: string; readonly size: number },
  timeoutMs = 60_000,
): Promise<string> {
  let seen: string[] = [];
  const refused = new Set<string>();
  return await until(
    `a received file of ${wanted.size} bytes, SHA-256 ${wanted.sha256.slice(0, 12)}…`,
    async () => {
      seen = await receivedFiles(downloads);
      for (const name of seen) {
        const path = join(downloads, RECEIVED_FOLDER, name);
        if (refused.has(name) || (await stat(path)).size !== wanted.size) continue;
        if ((await sha256OfFile(path)) === wanted.sha256) return path;
        refused.add(name);
      }
      return undefined;
    },
    { timeoutMs, describe: () => seen },
  );
}
