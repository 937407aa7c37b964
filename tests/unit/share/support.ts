import { expect, vi } from 'vitest';
import { toHex, type Bytes } from '../../../lib/crypto/bytes.ts';
import { FrameOpener, type OpenResult } from '../../../lib/share/frame-opener.ts';
import type { FrameCodec } from '../../../lib/share/frame-format.ts';
import { FrameSealer, type SealResult } from '../../../lib/share/frame-sealer.ts';
import { KeyRing, type MediaStart } from '../../../lib/share/key-ring.ts';
import { counting } from '../crypto/support.ts';

export const MEDIA_KEY = counting(32, 1);
export const SCOPE = { shareId: 'aa'.repeat(16), track: 'video' } as const;

export class FakeClock {
  #ms = 1_000;

  monotonic(): number {
    return this.#ms;
  }

  pass(ms: number): void {
    this.#ms += ms;
  }
}

/** A delta frame of VP9: nothing of it stays clear, so any bytes do. */
export function frameOf(length: number, first = 0): Bytes {
  return counting(length, first);
}

export interface Pair {
  readonly clock: FakeClock;
  readonly sealer: FrameSealer;
  readonly ring: KeyRing;
  readonly opener: FrameOpener;
}

/** A sealer whose start is announced, and the receiver of it. */
export function pair(kid = 0): Pair {
  const clock = new FakeClock();
  const sealer = new FrameSealer({ mediaKey: MEDIA_KEY, dir: 'i2r', clock });
  const ring = new KeyRing({ mediaKey: MEDIA_KEY, dir: 'i2r' });
  ring.add(startOf(sealer, kid));
  sealer.begin(kid);
  return { clock, sealer, ring, opener: new FrameOpener(ring, SCOPE) };
}

export function startOf(sealer: FrameSealer, kid: number): MediaStart {
  return { ...SCOPE, kid, inst: sealer.inst, encoding: 0 };
}

/** The sealed frame; anything else fails the test. */
export async function sealed(result: Promise<SealResult>): Promise<Bytes> {
  const settled = await result;
  return settled.type === 'sealed' ? settled.data : expect.fail(JSON.stringify(settled));
}

export async function sealAll(
  sealer: FrameSealer,
  count: number,
  codec: FrameCodec = 'vp9',
): Promise<Bytes[]> {
  return Promise.all(
    Array.from({ length: count }, (_, i) => sealed(sealer.seal(frameOf(40, i), codec))),
  );
}

/** What came of a frame, in one word. */
export async function fate(result: Promise<OpenResult>): Promise<string> {
  const settled = await result;
  return settled.type === 'opened' ? 'opened' : settled.reason;
}

/** One of many, all there. */
export function at<T>(list: readonly T[], index: number): T {
  return list[index] ?? expect.fail(`nothing at ${index}`);
}

/**
 * Every (key, nonce) that WebCrypto really encrypts with while it is open: raw keys are read as they
 * are imported, so nothing of our own bookkeeping is believed.
 */
export function nonceBook() {
  const names = new Map<CryptoKey, string>();
  const used = new Map<string, number>();
  const { subtle } = crypto;
  const importKey = subtle.importKey.bind(subtle) as (...all: unknown[]) => Promise<CryptoKey>;
  const encrypt = subtle.encrypt.bind(subtle);
  const spies = [
    vi.spyOn(subtle, 'importKey').mockImplementation(async (...all: unknown[]) => {
      const name = toHex(all[1] as Uint8Array);
      const key = await importKey(...all);
      names.set(key, name);
      return key;
    }),
    vi.spyOn(subtle, 'encrypt').mockImplementation((algorithm, key, data) => {
      const { iv } = algorithm as unknown as { iv: Uint8Array };
      const use = `${names.get(key) ?? expect.fail('a key from elsewhere')} ${toHex(iv)}`;
      used.set(use, (used.get(use) ?? 0) + 1);
      return encrypt(algorithm, key, data);
    }),
  ];
  return {
    pairs: () => used.size,
    keys: () => new Set([...used.keys()].map((use) => use.split(' ')[0])).size,
    repeated: () => [...used].filter(([, times]) => times > 1).map(([use]) => use),
    close: () => spies.forEach((spy) => spy.mockRestore()),
  };
}
