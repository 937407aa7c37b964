import type { Page } from 'puppeteer';

/** A drop of files or folders as from the desktop: the browser gives entries and handles for it. */
export async function drop(page: Page, ...paths: string[]): Promise<void> {
  await page.bringToFront();
  const session = await page.createCDPSession();
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
  }
  await session.detach();
}
