import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stripMetadata } from '../../lib/files/strip/index.ts';
import { press, readable } from '../support/accessible.ts';
import { RECEIVED_FOLDER, receivedFiles } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { sendFiles } from '../support/send-page.ts';
import { until } from '../support/wait.ts';
import * as made from '../unit/files/strip/pictures.ts';

/** Pictures that a browser made, with metadata put in by hand: what it shows must stay the same. */

const { bytesOf, GPS } = made;

let duo: PairedDuo;
let page: Page;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-strip-'));
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
  page = await duo.laptop.browser.openUrl('about:blank');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

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

describe('a device that gets pictures without metadata', () => {
  async function sendPicture(name: string, picture: made.Bytes) {
    const known = await knownTransfers(duo.laptop);
    const before = await receivedFiles(duo.desktop.browser.downloads);
    const path = join(folder, name);
    await writeFile(path, picture);
    await sendFiles(duo.laptop.browser, { deviceId: duo.desktopId, name: 'Desktop' }, [path]);
    const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed']);
    return { sent, before };
  }

  async function received(before: readonly string[]): Promise<made.Bytes> {
    const { downloads } = duo.desktop.browser;
    const name = await until('the picture', async () =>
      (await receivedFiles(downloads)).find((each) => !before.includes(each)),
    );
    return new Uint8Array(await readFile(join(downloads, RECEIVED_FOLDER, name)));
  }

  it('is off until a person switches it on: the file goes as it is', async () => {
    const photo = inJpeg(await drawn('image/jpeg'), 1);
    const { sent, before } = await sendPicture('as-it-is.jpg', photo);
    expect(sent.note).toBeUndefined();
    expect(Buffer.compare(await received(before), photo)).toBe(0);
  });

  it('switched on in its details: place and camera stay here, and the row says so', async () => {
    const popup = await duo.laptop.browser.open('popup.html');
    await press(popup, 'button', 'More about Desktop');
    await press(popup, 'switch', 'Remove photo metadata (place, camera)');
    await duo.laptop.view.until('the setting', ({ devices }) => devices[0]?.stripMetadata === true);

    const plain = await drawn('image/jpeg');
    const { sent, before } = await sendPicture('photo.jpg', inJpeg(plain, 6));
    expect(sent).toMatchObject({ state: 'delivered', note: 'metadata-removed' });
    const arrived = await received(before);
    expect(made.contains(arrived, GPS)).toBe(false);
    expect((await shown(arrived)).size).toBe('16x24');
    await until('the row to say so', async () =>
      (await readable(popup)).includes('Photo metadata removed'),
    );
    await popup.close();
  });

  it('a picture that hides something is not sent at all', async () => {
    const broken = bytesOf(made.SOI, made.JFIF, 'hidden', GPS);
    const known = await knownTransfers(duo.laptop);
    const path = join(folder, 'broken.jpg');
    await writeFile(path, broken);
    const sending = sendFiles(duo.laptop.browser, { deviceId: duo.desktopId, name: 'Desktop' }, [
      path,
    ]);
    sending.catch(() => undefined);
    const sent = await untilTransfer(duo.laptop, known, ['failed']);
    expect(sent.reason).toBe('picture-malformed');
    const pages = await duo.laptop.browser.browser.pages();
    const sendPage = pages.find((one) => one.url().includes('send.html'));
    await until('the page to say so', async () =>
      sendPage === undefined ? false : (await readable(sendPage)).includes('could not be removed'),
    );
    await sendPage?.close();
  });
});
