/** Draws `assets/logo.svg` at the sizes a manifest names, into `public/icon/`. Run after a change. */
import { readFile, writeFile } from 'node:fs/promises';
import puppeteer from 'puppeteer';
import { sandboxArguments, findChromium } from './system/chromium.ts';

const SIZES = [16, 32, 48, 128] as const;

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('Chromium is needed to draw the icons');

const svg = await readFile('assets/logo.svg', 'utf8');
const browser = await puppeteer.launch({ executablePath, args: sandboxArguments() });
try {
  const page = await browser.newPage();
  for (const size of SIZES) {
    await page.setViewport({ width: size, height: size });
    const image = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
    await page.setContent(
      `<style>body{margin:0}img{display:block;width:100vw}</style><img src="${image}">`,
    );
    const png = await page.screenshot({ omitBackground: true });
    await writeFile(`public/icon/${size}.png`, png);
  }
} finally {
  await browser.close();
}
