import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../../lib/crypto/bytes.ts';
import { EPOCH_MS, parseFrame } from '../../../lib/share/frame-format.ts';
import { FrameSealer } from '../../../lib/share/frame-sealer.ts';
import { codeOf, counting } from '../crypto/support.ts';
import {
  fate,
  FakeClock,
  frameOf,
  MEDIA_KEY,
  nonceBook,
  pair,
  sealAll,
  sealed,
} from './support.ts';

afterEach(() => vi.restoreAllMocks());

function place(frame: Bytes | undefined): string {
  const { epoch, ctr } = (frame && parseFrame(frame)?.trailer) ?? { epoch: -1, ctr: -1 };
  return `${epoch}/${ctr}`;
}

function newSealer(): FrameSealer {
  return new FrameSealer({ mediaKey: MEDIA_KEY, dir: 'i2r', clock: new FakeClock() });
}

describe('counters', () => {
  it('[SF4] count from 0 by 1, in the order of the calls', async () => {
    const { sealer } = pair();
    const frames = await sealAll(sealer, 5);
    expect(frames.map(place)).toEqual(['0/0', '0/1', '0/2', '0/3', '0/4']);
  });

  it('[SF4] are taken before anything is awaited', async () => {
    const { sealer } = pair();
    const book = nonceBook();
    const first = sealer.seal(frameOf(9), 'vp9');
    const second = sealer.seal(frameOf(9), 'vp9');
    const frames = [await sealed(first), await sealed(second)];
    book.close();
    expect(frames.map(place)).toEqual(['0/0', '0/1']);
    expect(book.pairs()).toBe(2);
  });

  it('[SF4] begin anew in the next epoch, after ten minutes', async () => {
    const { sealer, clock, opener } = pair();
    const frames = await sealAll(sealer, 2);
    clock.pass(EPOCH_MS - 1);
    frames.push(...(await sealAll(sealer, 1)));
    clock.pass(1);
    frames.push(...(await sealAll(sealer, 2)));
    clock.pass(10 * EPOCH_MS);
    frames.push(...(await sealAll(sealer, 1)));
    expect(frames.map(place)).toEqual(['0/0', '0/1', '0/2', '1/0', '1/1', '2/0']);
    for (const frame of frames) expect(await fate(opener.open(frame))).toBe('opened');
  });

  it('[SF4] stay taken where a frame could not be sealed', async () => {
    const { sealer } = pair();
    await sealAll(sealer, 1);
    vi.spyOn(crypto.subtle, 'encrypt').mockRejectedValueOnce(new Error('no memory'));
    expect(await sealer.seal(frameOf(9), 'vp9')).toEqual({ type: 'dropped', reason: 'failed' });
    expect((await sealAll(sealer, 1)).map(place)).toEqual(['0/2']);
    expect(sealer.counts()).toEqual({ sealed: 2, unsealed: 1 });
  });
});

describe('a sealer', () => {
  it('[SF10] tells frames in the order they came, whichever is enciphered first', async () => {
    const { sealer } = pair();
    await sealAll(sealer, 1);
    const { subtle } = crypto;
    const encrypt = subtle.encrypt.bind(subtle);
    const finished: number[] = [];
    let turn = 0;
    vi.spyOn(subtle, 'encrypt').mockImplementation(async (algorithm, key, data) => {
      const mine = turn++;
      const ciphertext = await encrypt(algorithm, key, data);
      if (mine === 0) await vi.waitFor(() => expect(finished).toHaveLength(3));
      finished.push(mine);
      return ciphertext;
    });
    const told: string[] = [];
    const all = Array.from({ length: 4 }, async (_, i) => {
      told.push(place(await sealed(sealer.seal(frameOf(i + 1), 'vp9'))));
    });
    await Promise.all(all);
    expect(finished.at(-1)).toBe(0);
    expect(told).toEqual(['0/1', '0/2', '0/3', '0/4']);
  });

  it('[SF3] seals nothing before its kid is announced', async () => {
    const sealer = newSealer();
    expect(await sealer.seal(frameOf(9), 'vp9')).toEqual({ type: 'dropped', reason: 'no-kid' });
    sealer.begin(4);
    sealer.begin(5);
    const frame = await sealed(sealer.seal(frameOf(9), 'vp9'));
    expect(parseFrame(frame)?.trailer).toMatchObject({ kid: 4, ctr: 0 });
    expect(sealer.counts()).toEqual({ sealed: 1, unsealed: 1 });
  });

  it('[SF3] draws an inst of its own, whatever it is given', () => {
    const insts = Array.from({ length: 50 }, () => newSealer().inst.join());
    expect(new Set(insts).size).toBe(50);
  });

  it('[SF6] lets no frame of another codec through', async () => {
    const { sealer } = pair();
    const result = await sealer.seal(frameOf(9), undefined);
    expect(result).toEqual({ type: 'dropped', reason: 'unsupported' });
    expect(sealer.counts()).toEqual({ sealed: 0, unsealed: 1 });
  });

  it('[SF7] leaves an empty frame empty, and spends no counter on it', async () => {
    const { sealer } = pair();
    expect(await sealer.seal(new Uint8Array(0), 'opus')).toEqual({ type: 'empty' });
    expect((await sealAll(sealer, 1)).map(place)).toEqual(['0/0']);
    expect(sealer.counts()).toEqual({ sealed: 1, unsealed: 0 });
  });

  it('[SF6] shows nothing of a frame but its clear header', async () => {
    const { sealer } = pair();
    const picture = new Uint8Array(4_000).fill(0x41);
    const text = String.fromCharCode(...(await sealed(sealer.seal(picture, 'vp8'))));
    expect(text.slice(0, 3)).toBe('AAA');
    expect(text.slice(3)).not.toContain('AAAAA');
  });

  it('[SF11] drops what comes after its end, and what is under way', async () => {
    const { sealer } = pair();
    await sealAll(sealer, 1);
    const underWay = sealer.seal(frameOf(9), 'vp9');
    sealer.destroy();
    expect(await underWay).toEqual({ type: 'dropped', reason: 'ended' });
    expect(await sealer.seal(frameOf(9), 'vp9')).toEqual({ type: 'dropped', reason: 'ended' });
    sealer.begin(8);
    expect(await sealer.seal(frameOf(9), 'vp9')).toEqual({ type: 'dropped', reason: 'ended' });
  });

  it('[SF1] takes a whole media key and a u32 kid', () => {
    const clock = new FakeClock();
    const short = () => new FrameSealer({ mediaKey: counting(31), dir: 'i2r', clock });
    expect(codeOf(short)).toBe('bad-length');
    expect(codeOf(() => newSealer().begin(2 ** 32))).toBe('out-of-range');
    expect(codeOf(() => newSealer().begin(-1))).toBe('out-of-range');
  });
});
