/** From a finished handshake to the keys of a session: PROTOCOL.md section KS. */
import { assertLength, concat, copyBytes, utf8, wipe, type Bytes } from './bytes.ts';
import { directionBytes, type Direction } from './direction.ts';
import { hkdfExpand, hkdfSha256 } from './hash.ts';

const ZERO = new Uint8Array(1);
const SIGNALING_SALT = utf8('tallow-signaling-salt-pqc-v2');

/** 32 bytes each. */
export interface SessionKeys {
  /** The handshake hash: names this session; not secret. */
  readonly h: Bytes;
  /** `Sub("tallow-dtls-bind-v2")`, for binding.ts. */
  readonly bind: Bytes;
  /** `Sub("tallow-control-v2")`, for control-seal.ts. */
  readonly control: Bytes;
  /** `Sub("tallow-file-root-v2")`, for file-keys.ts. */
  readonly fileRoot: Bytes;
  /** `Sub("tallow-media-v2")`. */
  readonly media: Bytes;
  /** `Sub("tallow-pair-root-v2")` = `pskRoot`; only from first contact. */
  readonly pairRoot?: Bytes;
  /** Envelope keys by direction, for envelope.ts. */
  readonly signaling: Readonly<Record<Direction, Bytes>>;
  /** Wipes all of them. Who needs `pairRoot` for longer stores a copy first. */
  destroy(): void;
}

/**
 * @param input of `NoiseHandshake.finish()`; `ems` is wiped here, as its last use.
 * @param handshake `pair` (XX) also gives `pairRoot`; `reconnect` (KK) never changes it.
 * @throws CryptoError `bad-length`.
 */
export function deriveSessionKeys(
  input: { h: Uint8Array; ems: Uint8Array },
  handshake: 'pair' | 'reconnect',
): SessionKeys {
  const { ems } = input;
  assertLength(input.h, 32, 'h');
  assertLength(ems, 32, 'EMS');
  const h = copyBytes(input.h);
  try {
    const sub = (label: string): Bytes => hkdfExpand(ems, concat(utf8(label), ZERO, h), 32);
    const signalingKey = (dir: Direction): Bytes => {
      const info = concat(utf8('tallow-signaling-pqc-v2'), ZERO, directionBytes(dir), h);
      return hkdfSha256(ems, SIGNALING_SALT, info, 32);
    };
    const keys = {
      h,
      bind: sub('tallow-dtls-bind-v2'),
      control: sub('tallow-control-v2'),
      fileRoot: sub('tallow-file-root-v2'),
      media: sub('tallow-media-v2'),
      signaling: { i2r: signalingKey('i2r'), r2i: signalingKey('r2i') },
    };
    const pairRoot = handshake === 'pair' ? sub('tallow-pair-root-v2') : undefined;
    return {
      ...keys,
      ...(pairRoot === undefined ? {} : { pairRoot }),
      destroy() {
        wipe(keys.bind, keys.control, keys.fileRoot, keys.media, pairRoot);
        wipe(keys.signaling.i2r, keys.signaling.r2i);
      },
    };
  } finally {
    wipe(ems);
  }
}
