import puppeteer, { type Browser, type Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, sandboxArguments } from '../../scripts/system/chromium.ts';
import { stripMetadata } from '../../lib/files/strip/index.ts';
import * as made from '../unit/files/strip/pictures.ts';

/** Pictures that a browser made, with metadata put in by hand: what it shows must stay the same. */

const { bytesOf, GPS } = made;

let browser: Browser;
let page: Page;

beforeAll(async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium found (set CHROME_PATH)');
  browser = await puppeteer.launch({ executablePath, pipe: true, args: sandboxArguments() });
  page = await browser.newPage();
});
afterAll(() => browser.close());

/** A picture of 24 × 16 in which no two corners are alike. */
async function drawn(mime: string): Promise<made.Bytes> {
  const bytes = await page.evaluate(async (type) => {
    const canvas = new OffscreenCanvas(24, 16);
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no canvas');
    for (let x = 0; x < 24; x++) {
      for (let y = 0; y < 16; y++) {
        context.fillStyle = `rgb(${x * 10} ${y * 15} ${(x * y) % 256})`;
        context.fillRect(x, y, 1, 1);
      }
    }
    const blob = await canvas.convertToBlob({ type, quality: 0.9 });
    if (blob.type !== type) throw new Error(`no ${type}`);
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, mime);
  return Uint8Array.from(bytes);
}

/** Width, height and every pixel, as the browser shows it: turned where the picture says so. */
async function shown(picture: made.Bytes): Promise<{ size: string; pixels: string }> {
  return await page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('no canvas');
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      return { size: `${bitmap.width}x${bitmap.height}`, pixels: data.join() };
    },
    [...picture],
  );
}

/** After the first two bytes, where a camera writes its block. */
function inJpeg(picture: made.Bytes, turn: number): made.Bytes {
  const blocks = [made.exif(turn), made.xmp, made.iptc, made.comment, made.mpf];
  return bytesOf(picture.slice(0, 2), ...blocks, picture.slice(2), 'a film', GPS);
}

/** After IHDR, which always has the same length. */
function inPng(picture: made.Bytes, turn: number): made.Bytes {
  const blocks = [made.pngChunk('eXIf', made.tiff(turn)), made.pngChunk('tEXt', 'Place\0', GPS)];
  return bytesOf(picture.slice(0, 33), ...blocks, picture.slice(33), GPS);
}

/** What a canvas makes has the extended header, without the two flags, or it gets one here. */
function inWebp(picture: made.Bytes, turn: number): made.Bytes {
  const extended = made.contains(picture.slice(12, 16), bytesOf('VP8X'));
  const flags = (extended ? (picture[20] ?? 0) : 0) | 0x0c;
  const header = made.riffChunk('VP8X', [flags, 0, 0, 0, 23, 0, 0, 15, 0, 0]);
  const blocks = [made.riffChunk('EXIF', made.tiff(turn)), made.riffChunk('XMP ', GPS)];
  return made.webp(header, picture.slice(extended ? 30 : 12), ...blocks);
}

describe.each([
  ['image/jpeg', inJpeg],
  ['image/png', inPng],
  ['image/webp', inWebp],
] as const)('%s', (mime, withMetadata) => {
  it.each([1, 3, 6])('looks the same without its metadata, orientation %i', async (turn) => {
    const plain = await drawn(mime);
    const photo = withMetadata(plain, turn);
    expect(made.contains(photo, GPS)).toBe(true);

    const stripped = await stripMetadata(new Blob([photo]));
    if (stripped === null) return expect.fail('nothing was taken out');
    const clean = new Uint8Array(await stripped.blob.arrayBuffer());
    expect(made.contains(clean, GPS)).toBe(false);

    const [before, after] = [await shown(photo), await shown(clean)];
    expect(after).toEqual(before);
    // The picture is really looked at: it is not blank, and turned on its side where Chromium goes
    // by the orientation, which it does not for WebP.
    const turned = turn === 6 && mime !== 'image/webp';
    expect(after.size).toBe(turned ? '16x24' : '24x16');
    expect(new Set(after.pixels.split(',')).size).toBeGreaterThan(20);
  });
});
