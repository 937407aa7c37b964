/** Everything that a demo needs: server, two browsers under their names, paired; and its end. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExtensionBrowser, type WindowOptions } from '../../tests/support/browser.ts';
import { ensureBuild, PRODUCT } from '../../tests/support/builds.ts';
import { configure, pair } from '../../tests/support/pair.ts';
import { startSignaling } from '../../tests/support/server.ts';
import { ensureParts } from '../system/parts.ts';
import { startSampleSite } from './site.ts';

/** Side by side on a usual screen. */
const LAPTOP_WINDOW: WindowOptions = { x: 20, y: 40, width: 860, height: 860 };
const DESKTOP_WINDOW: WindowOptions = { x: 900, y: 40, width: 640, height: 860 };

export interface Stage {
  readonly laptop: ExtensionBrowser;
  readonly desktop: ExtensionBrowser;
  readonly siteOrigin: string;
  readonly pairMs: number;
}

type Say = (line: string) => void;

/** What to undo, last first. It may be run while the stage is still being set. */
export class Cleanups {
  readonly #tasks: (() => Promise<unknown>)[] = [];

  add(task: () => Promise<unknown>): void {
    this.#tasks.push(task);
  }

  /** One that fails must not keep the others from running. */
  async run(): Promise<void> {
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      await task().catch(() => undefined);
    }
  }
}

/** @param windows show the browsers instead of running them headless */
export async function setStage(windows: boolean, cleanups: Cleanups, say: Say): Promise<Stage> {
  if (ensureParts(['chromium'], say).length > 0) {
    throw new Error('No Chromium found. Install it, or set CHROME_PATH to where it is.');
  }
  say('Building the extension …');
  const extension = await ensureBuild(PRODUCT);

  const signaling = await startSignaling();
  cleanups.add(() => signaling.stop());
  say(`Signaling server: ${signaling.url} (in memory, only for this demo)`);
  const site = await startSampleSite();
  cleanups.add(() => site.close());

  const downloads = await mkdtemp(join(tmpdir(), 'tallow-demo-'));
  cleanups.add(() => removeUnlessUsed(downloads));
  say('Opening two browsers, each with a profile of its own …');
  const launch = async (name: string, place: WindowOptions) => {
    const started = await ExtensionBrowser.launch({
      extension,
      name,
      downloads: join(downloads, name),
      ...(windows && { window: place }),
    });
    cleanups.add(() => started.close());
    await configure(started, { signalingUrl: signaling.url, deviceName: name });
    await started.allowLoadingAnew();
    return started;
  };
  const [laptop, desktop] = await Promise.all([
    launch('Laptop', LAPTOP_WINDOW),
    launch('Desktop', DESKTOP_WINDOW),
  ]);

  say('Pairing them by a code …');
  const { creator, joiner, pairMs } = await pair(desktop, laptop);
  if (creator !== joiner) throw new Error('The check words differ.');
  say(`Paired in ${pairMs} ms. Check words on both: ${creator}`);
  return { laptop, desktop, siteOrigin: site.origin, pairMs };
}

/** What arrived stays: it is the person's now. An empty folder goes. */
async function removeUnlessUsed(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  if (!entries.some((entry) => entry.isFile())) await rm(folder, { recursive: true, force: true });
}
