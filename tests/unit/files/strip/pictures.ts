/** Pictures put together by hand, segment by segment: every byte of them is known to the test. */

export type Bytes = Uint8Array<ArrayBuffer>;
/** A text stands for its Latin-1 bytes. */
export type Piece = Uint8Array | readonly number[] | string;

export function bytesOf(...parts: readonly Piece[]): Bytes {
  const lists = parts.map((part) =>
    typeof part === 'string' ? [...part].map((letter) => letter.charCodeAt(0)) : [...part],
  );
  return Uint8Array.from(lists.flat());
}

/** What must be gone: a place, as Exif would write it, and in words. */
export const GPS = bytesOf([0x47, 0x50, 0x53, 0xd1, 0xde, 0xad, 0xbe, 0xef], 'lat=52.516275');

export function contains(haystack: Uint8Array, needle: Uint8Array): boolean {
  for (let at = 0; at + needle.length <= haystack.length; at++) {
    if (needle.every((byte, i) => haystack[at + i] === byte)) return true;
  }
  return false;
}

/** A TIFF block: an orientation, a model, and the place after the directory. */
export function tiff(orientation: number | null, order: 'II' | 'MM' = 'II'): Bytes {
  const little = order === 'II';
  const out = new Uint8Array(8 + 2 + 24 + 4);
  const view = new DataView(out.buffer);
  out.set(bytesOf(order));
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, orientation === null ? 1 : 2, little);
  const entry = (at: number, tag: number, type: number, value: number) => {
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, 1, little);
    if (type === 3) view.setUint16(at + 8, value, little);
    else view.setUint32(at + 8, value, little);
  };
  // A GPS directory comes after, as its tag is the higher one.
  if (orientation !== null) entry(10, 0x0112, 3, orientation);
  entry(orientation === null ? 10 : 22, 0x8825, 4, 34);
  return bytesOf(out, GPS);
}

export function segment(marker: number, ...body: readonly Piece[]): Bytes {
  const payload = bytesOf(...body);
  const length = payload.length + 2;
  return bytesOf([0xff, marker, length >> 8, length & 0xff], payload);
}

export const SOI = bytesOf([0xff, 0xd8]);
export const EOI = bytesOf([0xff, 0xd9]);
export const JFIF = segment(0xe0, 'JFIF\0', [1, 2, 0, 0, 1, 0, 1, 0, 0]);
export const ICC = segment(0xe2, 'ICC_PROFILE\0', [1, 1], 'a profile');
export const ADOBE = segment(0xee, 'Adobe', [0, 100, 0, 0, 0, 0, 1]);
const TABLES = bytesOf(segment(0xdb, [0], new Uint8Array(64).fill(3)), segment(0xc4, 'huffman'));
const FRAME = segment(0xc2, [8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
/** Two scans: stuffed bytes, restarts, fill bytes and a table between them. */
export const SCANS = bytesOf(
  segment(0xda, [1, 1, 0, 0, 63, 0]),
  [1, 2, 0xff, 0, 0xe1, 0xff, 0xd0, 9, 9, 0xff, 0xd7, 8, 0xff, 0],
  segment(0xc4, 'more'),
  segment(0xda, [1, 1, 0, 0, 63, 0]),
  [7, 7, 0xff, 0, 7, 0xff],
);
export const PIXELS = bytesOf(TABLES, FRAME, SCANS);

export const exif = (orientation: number | null, order: 'II' | 'MM' = 'II') =>
  segment(0xe1, 'Exif\0\0', tiff(orientation, order));

/** The block that keeps an orientation and nothing else, written out. */
export const minimalTiff = (orientation: number) =>
  bytesOf(
    'MM',
    [0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0],
    [0, 0, 0, 0],
  );
export const minimalExif = (orientation: number) =>
  segment(0xe1, 'Exif\0\0', minimalTiff(orientation));

export const xmp = segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', '<x:xmpmeta>', GPS);
export const extendedXmp = segment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', GPS);
export const iptc = segment(0xed, 'Photoshop 3.0\0', '8BIM', GPS);
export const comment = segment(0xfe, 'taken at ', GPS);
export const mpf = segment(0xe2, 'MPF\0', GPS);
export const c2pa = segment(0xeb, 'JP', GPS);
export const makerNote = segment(0xe5, 'Samsung', GPS);
export const jfxx = segment(0xe0, 'JFXX\0', [0x10], GPS);

const CRC_TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb8_8320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let c = 0xffff_ffff;
  for (const byte of bytes) c = (CRC_TABLE[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
  return (c ^ 0xffff_ffff) >>> 0;
}

const u32 = (value: number) => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];
const u32le = (value: number) => u32(value).reverse();

export function pngChunk(type: string, ...data: readonly Piece[]): Bytes {
  const payload = bytesOf(...data);
  const body = bytesOf(type, payload);
  return bytesOf(u32(payload.length), body, u32(crc32(body)));
}

export const PNG = bytesOf([0x89], 'PNG\r\n\x1a\n');
export const IHDR = pngChunk('IHDR', u32(1), u32(1), [8, 0, 0, 0, 0]);
export const IDAT = bytesOf(pngChunk('IDAT', 'first'), pngChunk('IDAT', 'second'));
export const IEND = pngChunk('IEND');

export function riffChunk(type: string, ...data: readonly Piece[]): Bytes {
  const payload = bytesOf(...data);
  return bytesOf(type, u32le(payload.length), payload, payload.length % 2 ? [0] : []);
}

export function webp(...chunks: readonly Uint8Array[]): Bytes {
  const body = bytesOf('WEBP', ...chunks);
  return bytesOf('RIFF', u32le(body.length), body);
}

export const vp8x = (flags: number) => riffChunk('VP8X', [flags, 0, 0, 0, 9, 0, 0, 9, 0, 0]);
export const VP8 = riffChunk('VP8 ', 'lossy pixels!');
export const VP8L = riffChunk('VP8L', 'lossless pixels');
export const ICCP = riffChunk('ICCP', 'a profile');
export const FRAME_HEAD = bytesOf([0, 0, 0, 0, 0, 0, 9, 0, 0, 9, 0, 0, 100, 0, 0, 0]);
