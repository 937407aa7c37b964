/** Pages to share: known colours at known places, one of which changes every second, and a tone. */
import type { Page } from 'puppeteer';
import type { Site } from './sites.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** The page's left half changes to the next of these every second. */
export const CHANGING: readonly Colour[] = [
  [200, 40, 40],
  [40, 160, 60],
  [40, 60, 200],
  [220, 200, 40],
];
/** Its right half stays. */
export const STEADY: Colour = [120, 40, 160];
/** What the second page shows everywhere. */
export const OTHER: Colour = [20, 150, 170];

export interface SharedPages {
  readonly first: string;
  readonly firstTitle: string;
  readonly second: string;
  readonly secondTitle: string;
}

export function servePages(site: Site): SharedPages {
  const serve = (path: string, html: string) =>
    site.serve(path, { type: 'text/html; charset=utf-8', body: Buffer.from(html) });
  return {
    first: serve('/colours', firstHtml()),
    firstTitle: 'Changing colours',
    second: serve('/other', secondHtml()),
    secondTitle: 'Another page',
  };
}

const css = (colour: Colour) => `rgb(${colour.join(', ')})`;

function firstHtml(): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Changing colours</title>
<style>html, body { margin: 0; height: 100% } body { display: flex }
div { flex: 1 } #steady { background: ${css(STEADY)} }</style>
<div id="changing"></div><div id="steady"></div>
<script>
const colours = ${JSON.stringify(CHANGING.map(css))};
const changing = document.querySelector('#changing');
let at = 0;
const paint = () => { changing.style.background = colours[at++ % colours.length]; };
paint();
setInterval(paint, 1000);
let context;
globalThis.tone = {
  async play() {
    context = new AudioContext();
    const oscillator = new OscillatorNode(context, { frequency: 440 });
    oscillator.connect(new GainNode(context, { gain: 0.5 })).connect(context.destination);
    oscillator.start();
    await context.resume();
  },
  async stop() { await context.close(); },
};
</script></html>`;
}

function secondHtml(): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Another page</title>
<style>html, body { margin: 0; height: 100%; background: ${css(OTHER)} }</style></html>`;
}

interface TonePage {
  readonly tone: { play(): Promise<void>; stop(): Promise<void> };
}

/** 440 Hz on the first page. */
export async function playTone(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as unknown as TonePage).tone.play());
}

export async function stopTone(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as unknown as TonePage).tone.stop());
}
