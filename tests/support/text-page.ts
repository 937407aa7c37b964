/** A page to read, with a pattern as fine as its letters that says whether they could be. */
import type { Page } from 'puppeteer';
import type { Site } from './sites.ts';

/** Black and white stripes as wide as the stems of the page's letters, CSS pixels. */
const STRIPE = 2;
const BARS = { left: 40, top: 40, width: 400, height: 60 } as const;
const LINES = 30;

/** Twenty times a second a number changes, so that frames are there to be taken; how often all the text does is the test's to say. */
export function serveTextPage(site: Site): string {
  return site.serve('/text', {
    type: 'text/html; charset=utf-8',
    body: Buffer.from(html()),
  });
}

/** From now on all the text is another one, and the stripes change places, every so often. */
export async function turnEvery(tab: Page, ms: number): Promise<void> {
  await tab.evaluate((every) => {
    (globalThis as unknown as { turnEvery: (ms: number) => void }).turnEvery(every);
  }, ms);
}

/**
 * How far the light stripes are from the dark ones in what the viewer shows: 255 as drawn, 0 where
 * they have run into one grey. Null while there is no picture.
 *
 * @param tab the page that is shared: the picture is as wide as it is
 */
export async function stripeContrast(viewer: Page, tab: Page): Promise<number | null> {
  const width = await tab.evaluate(() => innerWidth);
  return await viewer.evaluate(
    (bars, tabWidth) => {
      const video = document.querySelector('video');
      if (video === null || video.videoWidth === 0 || video.readyState < 2) return null;
      const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
      const context = canvas.getContext('2d');
      if (context === null) return null;
      context.drawImage(video, 0, 0);
      const scale = video.videoWidth / tabWidth;
      const row = context.getImageData(
        Math.round((bars.left + 20) * scale),
        Math.round((bars.top + bars.height / 2) * scale),
        Math.round((bars.width - 40) * scale),
        1,
      ).data;
      const greens = Array.from({ length: row.length / 4 }, (_, at) => row[at * 4 + 1] ?? 0);
      greens.sort((a, b) => a - b);
      const quarter = greens.length >> 2;
      const mean = (some: number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
      return mean(greens.slice(-quarter)) - mean(greens.slice(0, quarter));
    },
    BARS,
    width,
  );
}

function html(): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page to read</title>
<style>body { margin: 40px; font: 14px/20px sans-serif; background: #fff; color: #111 }
p { margin: 0 }
#bars { position: absolute; left: ${BARS.left}px; top: ${BARS.top}px; width: ${BARS.width}px;
  height: ${BARS.height}px; background: repeating-linear-gradient(90deg, #000 0 ${STRIPE}px,
  #fff ${STRIPE}px ${2 * STRIPE}px) }
#count { position: absolute; left: 480px; top: 50px; font: 24px/30px monospace }
#lines { margin-top: 80px }</style>
<div id="bars"></div><div id="count"></div><div id="lines"></div>
<script>
const words = 'the quick brown fox jumps over a lazy dog and reads on while others sleep'.split(' ');
const [bars, count, lines] = ['bars', 'count', 'lines'].map((id) => document.getElementById(id));
const line = () => Array.from({ length: 24 }, () => words[Math.floor(Math.random() * words.length)]);
let [pages, at, timer] = [0, 0, 0];
const turn = () => {
  bars.style.backgroundPositionX = (pages++ % 2) * ${STRIPE} + 'px';
  lines.innerHTML = Array.from({ length: ${LINES} }, () => '<p>' + line().join(' ') + '</p>').join('');
};
globalThis.turnEvery = (ms) => {
  clearInterval(timer);
  timer = setInterval(turn, ms);
};
turn();
setInterval(() => { count.textContent = at++; }, 50);
</script></html>`;
}
