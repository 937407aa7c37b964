import { describe, expect, it } from 'vitest';
import { planStrip, stripMetadata, StripError } from '../../../../lib/files/strip/index.ts';
import type { RemovedKind } from '../../../../lib/files/strip/index.ts';
import {
  ADOBE,
  bytesOf,
  c2pa,
  comment,
  contains,
  EOI,
  exif,
  extendedXmp,
  FRAME_HEAD,
  GPS,
  ICC,
  ICCP,
  IDAT,
  IEND,
  IHDR,
  iptc,
  JFIF,
  jfxx,
  makerNote,
  minimalExif,
  minimalTiff,
  mpf,
  PIXELS,
  PNG,
  pngChunk,
  riffChunk,
  segment,
  SOI,
  tiff,
  VP8,
  VP8L,
  vp8x,
  webp,
  xmp,
  type Bytes,
} from './pictures.ts';

/** What is sent, and what was taken out. */
async function strip(picture: Bytes): Promise<{ bytes: Bytes; removed: readonly RemovedKind[] }> {
  const result = await stripMetadata(new Blob([picture], { type: 'image/x' }));
  if (result === null) return { bytes: picture, removed: [] };
  expect(result.blob.type).toBe('image/x');
  return { bytes: new Uint8Array(await result.blob.arrayBuffer()), removed: result.removed };
}

async function refusal(picture: Bytes): Promise<string> {
  try {
    await stripMetadata(new Blob([picture]));
  } catch (error) {
    if (error instanceof StripError) return error.code;
    throw error;
  }
  return 'none';
}

describe('JPEG', () => {
  it('[MD1] keeps everything that makes pixels and colours, byte for byte', async () => {
    const picture = bytesOf(SOI, JFIF, ICC, ADOBE, PIXELS, EOI);
    expect(await strip(picture)).toEqual({ bytes: picture, removed: [] });
  });

  it.each<[string, Bytes, RemovedKind]>([
    ['Exif', exif(null), 'exif'],
    ['upright Exif', exif(1), 'exif'],
    ['XMP', xmp, 'xmp'],
    ['extended XMP', extendedXmp, 'xmp'],
    ['IPTC', iptc, 'iptc'],
    ['a comment', comment, 'text'],
    ['an index of further pictures', mpf, 'preview'],
    ['a JFIF extension thumbnail', jfxx, 'preview'],
    ['provenance', c2pa, 'other'],
    ['a maker note', makerNote, 'other'],
    ['an unknown APP1', segment(0xe1, 'Other', GPS), 'other'],
    ['an unknown APP2', segment(0xe2, 'FPXR\0', GPS), 'other'],
    ['an unknown APP14', segment(0xee, 'Adieu', GPS), 'other'],
    ['an Exif block that is broken', segment(0xe1, 'Exif\0\0', 'XX', GPS), 'exif'],
  ])('[MD1] takes out %s', async (_, block, kind) => {
    const { bytes, removed } = await strip(bytesOf(SOI, JFIF, block, ICC, PIXELS, EOI));
    expect(bytes).toEqual(bytesOf(SOI, JFIF, ICC, PIXELS, EOI));
    expect(contains(bytes, GPS)).toBe(false);
    expect(removed).toEqual([kind]);
  });

  it('takes out all of them at once, between scans too, and names each kind once', async () => {
    const picture = bytesOf(
      ...[SOI, JFIF, jfxx, exif(1), xmp, extendedXmp, iptc, ICC, mpf, ADOBE, comment],
      ...[makerNote, c2pa, PIXELS.slice(0, -1), comment, EOI],
    );
    const { bytes, removed } = await strip(picture);
    expect(bytes).toEqual(bytesOf(SOI, JFIF, ICC, ADOBE, PIXELS.slice(0, -1), EOI));
    expect([...removed].sort()).toEqual(['exif', 'iptc', 'other', 'preview', 'text', 'xmp']);
  });

  it('[MD1] drops what follows the end of the picture', async () => {
    const { bytes, removed } = await strip(bytesOf(SOI, JFIF, PIXELS, EOI, 'ftypmp42', GPS));
    expect(bytes).toEqual(bytesOf(SOI, JFIF, PIXELS, EOI));
    expect(removed).toEqual(['trailing']);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])(
    '[MD2] keeps orientation %i in a block of its own',
    async (turn) => {
      for (const order of ['II', 'MM'] as const) {
        const { bytes, removed } = await strip(bytesOf(SOI, exif(turn, order), xmp, PIXELS, EOI));
        expect(bytes).toEqual(bytesOf(SOI, minimalExif(turn), PIXELS, EOI));
        expect(removed).toEqual(['exif', 'xmp']);
        expect(await strip(bytes)).toEqual({ bytes, removed: [] });
      }
    },
  );

  it.each([0, 9, 255])('an orientation of %i is none', async (turn) => {
    const { bytes } = await strip(bytesOf(SOI, exif(turn), PIXELS, EOI));
    expect(bytes).toEqual(bytesOf(SOI, PIXELS, EOI));
  });

  it('goes by the first of two Exif blocks', async () => {
    const { bytes } = await strip(bytesOf(SOI, exif(6), exif(3), PIXELS, EOI));
    expect(bytes).toEqual(bytesOf(SOI, minimalExif(6), PIXELS, EOI));
  });

  it('takes the thumbnail out of JFIF and leaves its densities', async () => {
    const thumbnail = bytesOf([2, 1], new Uint8Array(6).fill(200), GPS);
    const old = segment(0xe0, 'JFIF\0', [1, 2, 1, 0, 72, 0, 96], thumbnail);
    const { bytes, removed } = await strip(bytesOf(SOI, old, PIXELS, EOI));
    const now = segment(0xe0, 'JFIF\0', [1, 2, 1, 0, 72, 0, 96, 0, 0]);
    expect(bytes).toEqual(bytesOf(SOI, now, PIXELS, EOI));
    expect(removed).toEqual(['preview']);
  });

  it('a picture that is cut off within its last scan has been looked at whole', async () => {
    const { bytes } = await strip(bytesOf(SOI, comment, PIXELS.slice(0, -3)));
    expect(bytes).toEqual(bytesOf(SOI, PIXELS.slice(0, -3)));
    const lone = bytesOf(SOI, JFIF, PIXELS);
    expect(lone.at(-1)).toBe(0xff);
    expect(await strip(lone)).toEqual({ bytes: lone, removed: [] });
  });

  it.each<[string, Bytes]>([
    ['bytes between segments', bytesOf(SOI, JFIF, 'hidden', PIXELS, EOI)],
    ['a segment past the end', bytesOf(SOI, JFIF, [0xff, 0xe1, 0xff, 0xff], GPS)],
    ['a length of one', bytesOf(SOI, [0xff, 0xe1, 0, 1], PIXELS, EOI)],
    ['a second beginning', bytesOf(SOI, JFIF, SOI, PIXELS, EOI)],
    ['a header that is cut off', bytesOf(SOI, JFIF, [0xff])],
  ])('[MD3] refuses %s', async (_, picture) => {
    expect(await refusal(picture)).toBe('picture-malformed');
  });
});

describe('PNG', () => {
  const extra = bytesOf(
    pngChunk('gAMA', [0, 0, 1, 2]),
    pngChunk('iCCP', 'profile'),
    pngChunk('pHYs', [0, 0, 0, 1, 0, 0, 0, 1, 1]),
    pngChunk('acTL', 'animation'),
  );
  const clean = bytesOf(PNG, IHDR, extra, IDAT, pngChunk('fdAT', 'frame'), IEND);

  it('[MD1] keeps everything that makes pixels and colours, byte for byte', async () => {
    expect(await strip(clean)).toEqual({ bytes: clean, removed: [] });
  });

  it.each<[string, Bytes, RemovedKind]>([
    ['eXIf', pngChunk('eXIf', tiff(1)), 'exif'],
    ['broken eXIf', pngChunk('eXIf', GPS), 'exif'],
    ['tEXt', pngChunk('tEXt', 'Location\0', GPS), 'text'],
    ['zTXt', pngChunk('zTXt', 'Raw profile type exif\0', GPS), 'text'],
    ['iTXt', pngChunk('iTXt', 'Author\0\0\0\0\0', GPS), 'text'],
    ['XMP', pngChunk('iTXt', 'XML:com.adobe.xmp\0\0\0\0\0', GPS), 'xmp'],
    ['tIME', pngChunk('tIME', [7, 0xea, 1, 2, 3, 4, 5]), 'time'],
    ['an unknown chunk', pngChunk('gpSx', GPS), 'other'],
    ['provenance', pngChunk('caBX', GPS), 'other'],
  ])('[MD1] takes out %s', async (_, block, kind) => {
    const { bytes, removed } = await strip(
      bytesOf(PNG, IHDR, block, extra, IDAT, block, pngChunk('fdAT', 'frame'), IEND),
    );
    expect(bytes).toEqual(clean);
    expect(removed).toEqual([kind]);
  });

  it('[MD1] drops what follows the end', async () => {
    const { bytes, removed } = await strip(bytesOf(clean, 'PK', GPS));
    expect(bytes).toEqual(clean);
    expect(removed).toEqual(['trailing']);
  });

  it.each([2, 6, 8])('[MD2] keeps orientation %i, with a checksum that holds', async (turn) => {
    const { bytes } = await strip(bytesOf(PNG, IHDR, pngChunk('eXIf', tiff(turn)), IDAT, IEND));
    expect(bytes).toEqual(bytesOf(PNG, IHDR, pngChunk('eXIf', minimalTiff(turn)), IDAT, IEND));
    expect(await strip(bytes)).toEqual({ bytes, removed: [] });
  });

  it.each<[string, Bytes]>([
    ['a first chunk that is no IHDR', bytesOf(PNG, IDAT, IEND)],
    ['a second IHDR', bytesOf(PNG, IHDR, IHDR, IDAT, IEND)],
    ['a chunk past the end', bytesOf(PNG, IHDR, IDAT).slice(0, -3)],
    ['a name that is none', bytesOf(PNG, IHDR, pngChunk('a\0b1'), IDAT, IEND)],
    ['an unknown chunk that decoders need', bytesOf(PNG, IHDR, pngChunk('GPSX', GPS), IDAT, IEND)],
  ])('[MD3] refuses %s', async (_, picture) => {
    expect(await refusal(picture)).toBe('picture-malformed');
  });
});

describe('WebP', () => {
  it.each<[string, Bytes]>([
    ['lossy', webp(VP8)],
    ['lossless', webp(VP8L)],
    ['extended', webp(vp8x(0x30), ICCP, riffChunk('ALPH', 'alpha'), VP8)],
    ['animated', webp(vp8x(2), riffChunk('ANIM', 'loop'), riffChunk('ANMF', FRAME_HEAD, VP8L))],
  ])('keeps a %s one, byte for byte', async (_, picture) => {
    expect(await strip(picture)).toEqual({ bytes: picture, removed: [] });
  });

  it('takes out Exif and XMP; size and flags tell so', async () => {
    const { bytes, removed } = await strip(
      webp(vp8x(0x3c), ICCP, VP8, riffChunk('EXIF', tiff(1)), riffChunk('XMP ', GPS)),
    );
    expect(bytes).toEqual(webp(vp8x(0x30), ICCP, VP8));
    expect(removed).toEqual(['exif', 'xmp']);
  });

  it('takes out what it does not know, and what follows the end', async () => {
    const { bytes, removed } = await strip(
      bytesOf(webp(vp8x(0), riffChunk('GPSD', GPS), VP8L), 'behind', GPS),
    );
    expect(bytes).toEqual(webp(vp8x(0), VP8L));
    expect(removed).toEqual(['other', 'trailing']);
  });

  it.each([3, 6])('[MD2] keeps orientation %i and the flag for it', async (turn) => {
    for (const prefix of ['', 'Exif\0\0']) {
      const old = webp(vp8x(0x0c), VP8, riffChunk('EXIF', prefix, tiff(turn)));
      const { bytes } = await strip(old);
      expect(bytes).toEqual(webp(vp8x(0x08), VP8, riffChunk('EXIF', minimalTiff(turn))));
      expect(await strip(bytes)).toEqual({ bytes, removed: [] });
    }
  });

  it('looks into frames', async () => {
    const frame = riffChunk('ANMF', FRAME_HEAD, riffChunk('GPSD', GPS), VP8L);
    const { bytes, removed } = await strip(webp(vp8x(2), riffChunk('ANIM', 'loop'), frame));
    expect(bytes).toEqual(
      webp(vp8x(2), riffChunk('ANIM', 'loop'), riffChunk('ANMF', FRAME_HEAD, VP8L)),
    );
    expect(removed).toEqual(['other']);
  });

  it.each<[string, Bytes]>([
    ['a size past the end', webp(VP8).slice(0, -2)],
    ['a chunk past the end', webp(bytesOf('VP8 ', [200, 0, 0, 0], 'short'))],
    ['half a chunk header', webp(VP8, bytesOf('EXI'))],
    ['VP8X that is not the first', webp(VP8, vp8x(0))],
    ['a frame without its header', webp(vp8x(2), riffChunk('ANMF', 'short'))],
  ])('[MD3] refuses %s', async (_, picture) => {
    expect(await refusal(picture)).toBe('picture-malformed');
  });
});

describe('any file', () => {
  it.each<[string, Bytes]>([
    ['empty', bytesOf()],
    ['tiny', bytesOf([0xff, 0xd8, 0xff])],
    ['a text', bytesOf('Exif is a standard, and GPS too')],
    ['a sound', bytesOf('RIFF', [4, 0, 0, 0], 'WAVEfmt ')],
    ['GIF', bytesOf('GIF89a', GPS)],
  ])('leaves alone what is none of the three: %s', async (_, file) => {
    expect(await stripMetadata(new Blob([file], { type: 'image/jpeg' }))).toBeNull();
  });

  it('goes by the bytes, not by the type', async () => {
    const result = await stripMetadata(
      new Blob([bytesOf(SOI, exif(1), PIXELS, EOI)], { type: 'text/plain' }),
    );
    expect(result?.removed).toEqual(['exif']);
  });

  it('reads no more than windows of it, however large it is', async () => {
    // 96 MiB of PNG: one IDAT of that length, and a text after it.
    const length = 96 * 1024 * 1024;
    const size = [length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
    const head = bytesOf(PNG, IHDR, size, 'IDAT');
    const tail = bytesOf([1, 2, 3, 4], pngChunk('tEXt', GPS), IEND);
    const end = head.length + length;
    let read = 0;
    const plan = await planStrip(end + tail.length, async (offset, count) => {
      const out = new Uint8Array(count);
      read += count;
      head.subarray(offset, offset + count).forEach((byte, i) => (out[i] = byte));
      tail.forEach((byte, i) => {
        const at = end + i - offset;
        if (at >= 0 && at < count) out[at] = byte;
      });
      return await Promise.resolve(out);
    });
    expect(plan?.removed).toEqual(['text']);
    expect(plan?.parts).toHaveLength(2);
    expect(read).toBeLessThan(1024 * 1024);
  });

  it('a JPEG with a long scan is looked through window by window', async () => {
    const scan = new Uint8Array(700_000).fill(0x5a);
    const picture = bytesOf(SOI, exif(1), PIXELS.slice(0, -1), scan, EOI, GPS);
    const { bytes, removed } = await strip(picture);
    expect(bytes).toEqual(bytesOf(SOI, PIXELS.slice(0, -1), scan, EOI));
    expect(removed).toEqual(['exif', 'trailing']);
  });

  it('a picture of more pieces than any has is refused', async () => {
    const piece = bytesOf(segment(0xdb), comment);
    const pieces = Array.from({ length: 10_001 }, () => piece);
    expect(await refusal(bytesOf(SOI, ...pieces, EOI))).toBe('picture-too-complex');
  });

  it('what cannot be read is said so', async () => {
    const blob = new Blob([bytesOf(SOI, exif(1), PIXELS, EOI)]);
    blob.slice = () => {
      const gone = new Blob();
      gone.arrayBuffer = () => Promise.reject(new DOMException('', 'NotReadableError'));
      return gone;
    };
    await expect(stripMetadata(blob)).rejects.toMatchObject({ code: 'picture-unreadable' });
  });
});
