import { wipe } from '../crypto/bytes.ts';
import type { NoiseHandshake } from '../crypto/noise/handshake.ts';
import { deriveSessionKeys, type SessionKeys } from '../crypto/session-keys.ts';

/** [KS1], [KS2] The transport keys of Noise itself have no use here and go at once. */
export function finishNoise(noise: NoiseHandshake, kind: 'pair' | 'reconnect'): SessionKeys {
  const result = noise.finish();
  try {
    return deriveSessionKeys(result, kind);
  } finally {
    wipe(result.k1, result.k2, result.ems);
  }
}
