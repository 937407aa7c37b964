import { afterEach, expect, it, vi } from 'vitest';
import type * as cryptoBytes from '../../../lib/crypto/bytes.ts';
import { toHex } from '../../../lib/crypto/bytes.ts';
import { FrameOpener } from '../../../lib/share/frame-opener.ts';
import { KeyRing } from '../../../lib/share/key-ring.ts';
import { TrackSealer } from '../../../lib/share/track-sealer.ts';
import { at, FakeClock, fate, frameOf, MEDIA_KEY, SCOPE, sealed } from './support.ts';

/** Every copy that our code makes, by reference. */
const copies: Uint8Array[] = [];
vi.mock('../../../lib/crypto/bytes.ts', async (original) => {
  const bytes = await original<typeof cryptoBytes>();
  const copyBytes = (view: Uint8Array) => {
    const copy = bytes.copyBytes(view);
    copies.push(copy);
    return copy;
  };
  return { ...bytes, copyBytes };
});

afterEach(() => vi.restoreAllMocks());

it('[SF11] no key is left: not the raw ones, not the copies of the media key', async () => {
  const raw: Uint8Array[] = [];
  const seen: string[] = [];
  const { subtle } = crypto;
  const importKey = subtle.importKey.bind(subtle) as (...all: unknown[]) => Promise<CryptoKey>;
  vi.spyOn(subtle, 'importKey').mockImplementation((...all: unknown[]) => {
    raw.push(all[1] as Uint8Array);
    seen.push(toHex(all[1] as Uint8Array));
    expect(all[3]).toBe(false);
    return importKey(...all);
  });

  const ring = new KeyRing({ mediaKey: MEDIA_KEY, dir: 'i2r' });
  const opener = new FrameOpener(ring, SCOPE);
  const sealer = new TrackSealer({
    ...{ mediaKey: MEDIA_KEY, dir: 'i2r', clock: new FakeClock() },
    announce: ({ encoding, inst }) => ring.add({ ...SCOPE, kid: encoding, encoding, inst }),
  });
  sealer.begin(0, 0);
  expect(await fate(opener.open(await sealed(sealer.seal(1, frameOf(50), 'vp9'))))).toBe('opened');

  // One key, imported for each end; each time wiped when importKey had taken it.
  expect(new Set(seen).size).toBe(1);
  expect(raw).toHaveLength(2);
  expect(raw.every(isWiped)).toBe(true);

  const secrets = copies.filter((copy) => toHex(copy) === toHex(MEDIA_KEY));
  expect(secrets).toHaveLength(2);
  sealer.destroy();
  expect(secrets.filter(isWiped)).toHaveLength(1);
  ring.destroy();
  expect(secrets.every(isWiped)).toBe(true);
  expect(at(secrets, 0)).toHaveLength(32);
  // The session's own key is not ours to wipe.
  expect(isWiped(MEDIA_KEY)).toBe(false);
});

function isWiped(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
