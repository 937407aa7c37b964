/** The views alone, in a real browser over made-up snapshots. */
import puppeteer, { type Page } from 'puppeteer';
import type { Intent } from '../../lib/messaging/intents.ts';
import type { Snapshot } from '../../lib/messaging/snapshot.ts';
import { scenes } from '../../scripts/demo/ui-gallery/scenes.ts';
import { startGallery } from '../../scripts/demo/ui-gallery/server.ts';
import { findChromium, sandboxArguments } from '../../scripts/system/chromium.ts';

interface GalleryWindow {
  readonly gallery: {
    readonly publish: (snapshot: Snapshot) => void;
    readonly snapshot: Snapshot;
    readonly intents: Intent[];
  };
}

export interface GalleryPage {
  readonly page: Page;
  show(view: 'popup' | 'send' | 'settings' | 'share', scene: string): Promise<void>;
  /** The next snapshot: the scene's, with some parts replaced. */
  publish(parts: Partial<Snapshot>): Promise<void>;
  /** What was asked for since it was shown, or since `forget`. */
  intents(): Promise<readonly Intent[]>;
  forget(): Promise<void>;
  close(): Promise<void>;
}

export async function openGallery(): Promise<GalleryPage> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium found');
  const gallery = await startGallery();
  const browser = await puppeteer.launch({ executablePath, args: sandboxArguments() });
  const page = await browser.newPage();
  return {
    page,
    async show(view, scene) {
      await page.setViewport({ width: view === 'popup' ? 380 : 640, height: 600 });
      await page.goto(`${gallery.url}?page=${view}&scene=${scene}`);
      await page.waitForSelector('main');
    },
    async publish(parts) {
      await page.evaluate((changed) => {
        const { gallery: shown } = window as unknown as GalleryWindow;
        shown.publish({ ...shown.snapshot, ...changed });
      }, parts);
    },
    intents: () => page.evaluate(() => (window as unknown as GalleryWindow).gallery.intents),
    forget: () =>
      page.evaluate(() => {
        (window as unknown as GalleryWindow).gallery.intents.length = 0;
      }),
    async close() {
      await browser.close();
      await gallery.server.close();
    },
  };
}

export function sceneSnapshot(scene: string): Snapshot {
  const snapshot = scenes[scene]?.snapshot;
  if (!snapshot) throw new Error(`no scene ${scene}`);
  return snapshot;
}
