/**
 * What each context of a built extension has to load, and the budgets it must keep: a popup is
 * opened many times a day, and the background starts again at every event.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { argv } from 'node:process';
import { gzipSync } from 'node:zlib';

const BUDGETS_KIB = { popupGzipKiB: 60, backgroundGzipKiB: 90 } as const;

export interface BundleSizes {
  readonly popupGzipKiB: number;
  readonly backgroundGzipKiB: number;
  readonly offscreenGzipKiB: number;
}

/** Sizes in KiB, every file gzipped by itself (level 9), of a folder that `wxt build` wrote. */
export function bundleSizes(folder: string): BundleSizes {
  return {
    popupGzipKiB: gzippedKiB(folder, 'popup.html'),
    backgroundGzipKiB: gzippedKiB(folder, 'background.js'),
    offscreenGzipKiB: gzippedKiB(folder, 'offscreen.html'),
  };
}

function gzippedKiB(folder: string, entry: string): number {
  const bytes = scriptsFrom(folder, entry)
    .map((file) => gzipSync(readFileSync(join(folder, file)), { level: 9 }).length)
    .reduce((sum, size) => sum + size, 0);
  return Math.round((bytes / 1024) * 100) / 100;
}

/**
 * All scripts that `entry` leads to. Any quoted path to an existing script counts, so that workers
 * and chunks imported later are in too; only `chunks/` and `assets/` are followed, since other
 * paths (`content-scripts/`) name what runs somewhere else.
 */
export function scriptsFrom(folder: string, entry: string): string[] {
  if (!existsSync(join(folder, entry))) throw new Error(`${entry} is not in ${folder}`);
  const seen = new Set([entry]);
  for (const file of seen) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/["'`](\/?(?:[\w.-]+\/)*[\w.-]+\.js)["'`]/g)) {
      const found = [normalize(path.replace(/^\//, '')), join(dirname(file), path)].find(
        (candidate) =>
          /^(?:chunks|assets)[\\/]/.test(candidate) && existsSync(join(folder, candidate)),
      );
      if (found !== undefined) seen.add(found);
    }
  }
  return [...seen].filter((file) => file.endsWith('.js'));
}

if (import.meta.main) {
  const sizes = bundleSizes(argv[2] ?? '.output/chrome-mv3');
  console.log(JSON.stringify(sizes));
  for (const [name, budget] of Object.entries(BUDGETS_KIB)) {
    const size = sizes[name as keyof typeof BUDGETS_KIB];
    if (size < budget) continue;
    console.error(`${name} is ${size}, over its budget of ${budget}`);
    process.exitCode = 1;
  }
}
