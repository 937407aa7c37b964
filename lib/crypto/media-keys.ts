/**
 * Keys of encoded media frames, one for each start of a transform and epoch, after SFrame
 * (RFC 9605): PROTOCOL.md section SF.
 */
import { assertLength, concat, u32be, utf8, wipe, type Bytes } from './bytes.ts';
import { directionBytes, type Direction } from './direction.ts';
import { hkdfExpand } from './hash.ts';

/** What names a start of a transform: random, so that no two starts in a session share a key. */
export const MEDIA_INST_LENGTH = 16;

const LABEL = utf8('sframe');
const ZERO = new Uint8Array(1);

export interface MediaKeyContext {
  /** `SessionKeys.media`, 32 bytes. */
  readonly mediaKey: Uint8Array;
  /** The way the frames go. */
  readonly dir: Direction;
  /** 16 random bytes of the side that seals. */
  readonly inst: Uint8Array;
}

/** The 32 bytes of one epoch's key ([SF2]). @throws CryptoError `bad-length`, `out-of-range`. */
export function deriveMediaKey({ mediaKey, dir, inst }: MediaKeyContext, epoch: number): Bytes {
  assertLength(mediaKey, 32, 'media key');
  assertLength(inst, MEDIA_INST_LENGTH, 'inst');
  const info = concat(LABEL, ZERO, directionBytes(dir), inst, u32be(epoch));
  return hkdfExpand(mediaKey, info, 32);
}

/** As `deriveMediaKey`, for WebCrypto and for one use only; the raw key is gone when this returns. */
export function importMediaKey(
  context: MediaKeyContext,
  epoch: number,
  use: 'encrypt' | 'decrypt',
): Promise<CryptoKey> {
  const key = deriveMediaKey(context, epoch);
  // importKey copies its input before it returns.
  const imported = crypto.subtle.importKey('raw', key, 'AES-GCM', false, [use]);
  wipe(key);
  return imported;
}
