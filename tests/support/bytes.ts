/** Deterministic content: the same name gives the same bytes on every machine. */
import { createCipheriv, createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

/** Bytes that look random (and do not compress), drawn from a name. */
export function noise(name: string, length: number): Buffer {
  const key = createHash('sha256').update(name).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return cipher.update(Buffer.alloc(length));
}

/**
 * A real RGB picture of exactly `size` bytes: noise pixels, filled up by a comment that decoders
 * skip. At least a few hundred bytes.
 */
export function png(name: string, size: number): Buffer {
  // Stored pixels cost 3 bytes each; the side is chosen so that the picture takes most of `size`.
  const side = Math.max(4, Math.floor(Math.sqrt((size - 200) / 3.1)));
  const pixels = noise(name, side * side * 3);
  const rows: Buffer[] = [];
  for (let row = 0; row < side; row += 1) {
    rows.push(Buffer.from([0]), pixels.subarray(row * side * 3, (row + 1) * side * 3));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows)))];
  const end = chunk('IEND', Buffer.alloc(0));
  const without = [...parts, end].reduce((sum, part) => sum + part.length, 0);
  const COMMENT_OVERHEAD = 12 + 2;
  const padding = size - without - COMMENT_OVERHEAD;
  if (padding < 0) throw new RangeError(`a picture does not fit ${size} bytes`);
  const comment = Buffer.concat([Buffer.from('x\0'), Buffer.alloc(padding, 0x2e)]);
  return Buffer.concat([...parts, chunk('tEXt', comment), end]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(4 + body.length + 4);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}

/** A second of a quiet tone: 8 kHz, 8 bit, mono. */
export function wav(): Buffer {
  const rate = 8000;
  const samples = Buffer.alloc(rate);
  for (let i = 0; i < rate; i += 1) samples[i] = 128 + Math.round(20 * Math.sin((i * Math.PI) / 9));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}
