import { expect, it, vi } from 'vitest';
import { Lasers } from '../../../entrypoints/background/lasers.ts';

const SHARE = 'ab'.repeat(16);
const PLACE = { x: 0.5, y: 0.25 };

it('[SH10] draws the newest place, one drawing at a time', async () => {
  let drawn = Promise.withResolvers<void>();
  const draw = vi.fn(() => drawn.promise);
  const lasers = new Lasers({ draw, refused: vi.fn() });
  const first = lasers.show(7, SHARE, PLACE);
  await lasers.show(7, SHARE, { x: 0.6, y: 0.25 });
  await lasers.show(7, SHARE, null);
  expect(draw).toHaveBeenCalledTimes(1);
  drawn.resolve();
  drawn = Promise.withResolvers();
  drawn.resolve();
  await first;
  expect(draw.mock.calls).toEqual([
    [7, SHARE.slice(0, 8), PLACE],
    [7, SHARE.slice(0, 8), null],
  ]);
});

it('[SH10] where nobody is let in, the pointer is not allowed any more: both sides see it', async () => {
  const refused = vi.fn(async () => undefined);
  const draw = () => Promise.reject(new Error('Cannot access contents of the page'));
  await new Lasers({ draw, refused }).show(7, SHARE, PLACE);
  expect(refused.mock.calls).toEqual([[SHARE]]);
});

it.each(['Frame with ID 0 was removed.', 'Frame with ID 0 is showing error page'])(
  '[SH10] a tab that is between two pages refuses nobody: %s',
  async (words) => {
    const refused = vi.fn(async () => undefined);
    const draw = vi.fn(async () => {}).mockRejectedValueOnce(new Error(words));
    const lasers = new Lasers({ draw, refused });
    await lasers.show(7, SHARE, PLACE);
    await lasers.show(7, SHARE, PLACE);
    expect(refused).not.toHaveBeenCalled();
    expect(draw).toHaveBeenCalledTimes(2);
  },
);
