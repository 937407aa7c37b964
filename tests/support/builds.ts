/**
 * The built extension to load. `npm test` has built before; by itself a test, bench or demo builds
 * only when a source is newer than what there is.
 */
import { stat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildExtension, outputFolder, type BuildTarget } from '../../scripts/tasks/build.ts';
import { OTHER_HOST } from './sites.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['entrypoints', 'lib', 'assets', 'public', 'scripts/extension', 'wxt.config.ts'];

/** What a person installs. */
export const PRODUCT: BuildTarget = { browser: 'chrome' };
/** The same with a fixed id. */
export const TEST: BuildTarget = { browser: 'chrome', test: { hosts: [] } };
/** The same with a fixed id and the site of `sites.other` granted beforehand. */
export const TEST_GRANTED: BuildTarget = {
  browser: 'chrome',
  test: { hosts: [`http://${OTHER_HOST}/*`] },
};
/** With a fixed id, and tabs may be captured: no question of the browser stands in a test's way. */
export const TEST_CAPTURE: BuildTarget = {
  browser: 'chrome',
  test: { hosts: [], capture: true },
};

/** Gives the folder of a build that is not older than its sources. */
export async function ensureBuild(target: BuildTarget): Promise<string> {
  const folder = outputFolder(target);
  const built = await stat(join(folder, 'manifest.json')).catch(() => undefined);
  const newest = Math.max(
    ...(await Promise.all(SOURCES.map((path) => newestIn(join(ROOT, path))))),
  );
  if (built === undefined || built.mtimeMs < newest) {
    const { ok, output } = await buildExtension(target);
    if (!ok) throw new Error(`the extension does not build:\n${output}`);
  }
  return folder;
}

async function newestIn(path: string): Promise<number> {
  const info = await stat(path);
  if (!info.isDirectory()) return info.mtimeMs;
  const names = await readdir(path);
  const times = await Promise.all(names.map((name) => newestIn(join(path, name))));
  return Math.max(0, ...times);
}
