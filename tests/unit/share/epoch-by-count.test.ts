import { expect, it, vi } from 'vitest';
import type * as frameFormat from '../../../lib/share/frame-format.ts';
import { parseFrame } from '../../../lib/share/frame-format.ts';
import { at, fate, nonceBook, pair, sealAll } from './support.ts';

/** A million frames take five seconds to seal; the sealer here thinks that an epoch has eight. */
vi.mock('../../../lib/share/frame-format.ts', async (original) => ({
  ...(await original<typeof frameFormat>()),
  EPOCH_FRAMES: 8,
}));

it('[SF4] an epoch has 2^20 frames', async () => {
  const real = await vi.importActual('../../../lib/share/frame-format.ts');
  expect(real).toMatchObject({ EPOCH_FRAMES: 2 ** 20, EPOCH_MS: 600_000 });
});

it('[SF4] the frame after an epoch’s last is the first of the next', async () => {
  const { sealer, opener } = pair();
  const book = nonceBook();
  const frames = await sealAll(sealer, 20);
  book.close();
  const places = frames.map((frame) => {
    const { epoch, ctr } = parseFrame(frame)?.trailer ?? expect.fail('no trailer');
    return `${epoch}/${ctr}`;
  });
  expect(places).toEqual(Array.from({ length: 20 }, (_, i) => `${Math.floor(i / 8)}/${i % 8}`));
  expect(book.keys()).toBe(3);
  expect(book.repeated()).toEqual([]);
  for (let i = 0; i < 20; i++) expect(await fate(opener.open(at(frames, i)))).toBe('opened');
});
