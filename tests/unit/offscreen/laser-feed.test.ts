import { expect, it, vi } from 'vitest';
import { LaserFeed, type Pointed } from '../../../entrypoints/offscreen/laser-feed.ts';

const at = (x: number, shareId = 'a'): Pointed => ({
  shareId,
  sourceId: 'tab:7',
  at: { x, y: 0 },
});

it('[SH10] the newest place goes on once the last was drawn, also when that failed', async () => {
  const drawn: Pointed[] = [];
  let finish = (_ok: boolean): void => {};
  const feed = new LaserFeed((pointed) => {
    drawn.push(pointed);
    return new Promise<void>((resolve, reject) => {
      finish = (ok) => (ok ? resolve() : reject(new Error('the worker is gone')));
    });
  });
  for (const x of [0.1, 0.2, 0.3]) feed.show(at(x));
  expect(drawn).toEqual([at(0.1)]);
  finish(false);
  await vi.waitFor(() => expect(drawn).toEqual([at(0.1), at(0.3)]));
  feed.show({ ...at(0), at: null });
  finish(true);
  await vi.waitFor(() => expect(drawn.at(-1)?.at).toBeNull());
  expect(drawn).toHaveLength(3);
});

it('shares do not wait for each other', () => {
  const drawn: Pointed[] = [];
  const feed = new LaserFeed((pointed) => {
    drawn.push(pointed);
    return new Promise(() => {});
  });
  feed.show(at(0.1));
  feed.show(at(0.2, 'b'));
  expect(drawn).toEqual([at(0.1), at(0.2, 'b')]);
});
