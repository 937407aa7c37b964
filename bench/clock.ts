/**
 * A clock that a picture carries: the time in milliseconds as a row of black and white blocks, drawn
 * with every frame of a page, and read back from where the page is shown. Both ends have one clock,
 * that of this machine.
 */
import type { Page } from 'puppeteer';

/** 24 bits of time, which come again after four and a half hours, and 5 that check them. */
const BLOCKS = 29;
/** After so many milliseconds the same row comes again. */
const ROUND = 2 ** 24;
/**
 * Pixels of a block's side, the first one being in the page's corner: as encoders divide a picture, so
 * that a block which changes costs them next to nothing.
 */
const SIDE = 32;
/** Older than that is a row of blocks that was read wrong. */
const OLDEST_MS = 10_000;

/** The row as a number, the block on the left being its highest bit, white being 1. */
export function clockCode(ms: number): number {
  const time = ms % ROUND;
  // No power of two is a multiple of 31: one block that is read wrong is noticed, and all black too.
  return time * 32 + (31 - (time % 31));
}

/** Milliseconds from the time in a row of blocks until `now`; null where it was read wrong. */
export function clockAge(code: number, now: number): number | null {
  const time = Math.floor(code / 32);
  if (clockCode(time) !== code) return null;
  const age = ((now % ROUND) - time + ROUND) % ROUND;
  return age <= OLDEST_MS ? age : null;
}

/**
 * A page with the clock, over a text that moves on by a line a second: what is shared is mostly
 * something to read. It sounds, since packets of silence are hardly any.
 */
export function clockPage(title: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>html, body { margin: 0; height: 100%; overflow: hidden; font: 16px/24px sans-serif }
canvas { display: block; width: ${BLOCKS * SIDE}px; height: ${SIDE}px; image-rendering: pixelated }
#text { height: calc(100vh - ${SIDE}px); overflow: hidden; padding: 0 40px }</style>
<canvas width="${BLOCKS}" height="1"></canvas><div id="text">${paragraphs()}</div>
<script>
const ROUND = ${ROUND};
const clockCode = ${clockCode.toString()};
const row = document.querySelector('canvas').getContext('2d');
const draw = () => {
  const code = clockCode(Date.now());
  for (let at = 0; at < ${BLOCKS}; at += 1) {
    row.fillStyle = Math.floor(code / 2 ** (${BLOCKS} - 1 - at)) % 2 === 1 ? '#fff' : '#000';
    row.fillRect(at, 0, 1, 1);
  }
  requestAnimationFrame(draw);
};
draw();
const text = document.querySelector('#text');
setInterval(() => {
  const end = text.scrollHeight - text.clientHeight;
  text.scrollTop = text.scrollTop + 24 > end ? 0 : text.scrollTop + 24;
}, 1000);
const sound = new AudioContext();
const tone = new OscillatorNode(sound, { frequency: 220 });
tone.connect(new GainNode(sound, { gain: 0.1 })).connect(sound.destination);
tone.start();
</script></html>`;
}

const WORDS =
  'what lies on one screen is to be read on another at once and as sharp as it was drawn here'.split(
    ' ',
  );

/** The same text each time, and no two lines of it alike. */
function paragraphs(): string {
  let state = 1;
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  const sentence = () =>
    Array.from({ length: 12 }, () => WORDS[next() % WORDS.length] ?? '').join(' ');
  const paragraph = () => Array.from({ length: 12 }, () => `${sentence()}.`).join(' ');
  return Array.from({ length: 30 }, () => `<p>${paragraph()}</p>`).join('');
}

export interface ClockReading {
  /** Milliseconds from drawing to showing, of each frame. */
  readonly ages: readonly number[];
  /** Frames whose blocks could not be read. */
  readonly unread: number;
}

/**
 * Reads the clock from each frame that the page's video shows in the next `ms`.
 *
 * @param width pixels of the page with the clock, however large its picture is
 */
export async function readClock(page: Page, width: number, ms: number): Promise<ClockReading> {
  const seen = await page.evaluate(watchFrames, ms, BLOCKS, SIDE / width);
  const ages: number[] = [];
  let unread = 0;
  // A page that drew nothing new meanwhile is sent again as it was: that is no new frame.
  const fresh = seen.filter(({ code }, index) => code !== seen[index - 1]?.code);
  for (const { at, code } of fresh) {
    const age = clockAge(code, at);
    if (age === null) unread += 1;
    else ages.push(age);
  }
  return { ages, unread };
}

/** Runs in the page. */
function watchFrames(
  ms: number,
  blocks: number,
  /** As a part of the picture's width. */
  side: number,
): Promise<{ readonly at: number; readonly code: number }[]> {
  const video = document.querySelector('video');
  if (video === null) throw new Error('no video');
  // A few pixels of each block, so that the one in its middle has nothing of its neighbours.
  const PART = 4;
  const canvas = new OffscreenCanvas(blocks * PART, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no canvas');
  const seen: { at: number; code: number }[] = [];
  const until = performance.now() + ms;
  return new Promise((resolve) => {
    const onFrame = () => {
      const at = Date.now();
      const shown = video.videoWidth * side;
      context.drawImage(
        video,
        ...([0, Math.floor(shown / 2), shown * blocks, 1] as const),
        ...([0, 0, canvas.width, 1] as const),
      );
      const { data } = context.getImageData(0, 0, canvas.width, 1);
      let code = 0;
      for (let block = 0; block < blocks; block += 1) {
        const green = data[(block * PART + PART / 2) * 4 + 1] ?? 0;
        code = code * 2 + (green > 127 ? 1 : 0);
      }
      seen.push({ at, code });
      if (performance.now() < until) video.requestVideoFrameCallback(onFrame);
      else resolve(seen);
    };
    video.requestVideoFrameCallback(onFrame);
  });
}
