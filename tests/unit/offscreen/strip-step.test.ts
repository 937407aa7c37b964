import { describe, expect, it } from 'vitest';
import { stripStep } from '../../../entrypoints/offscreen/strip-step.ts';
import * as made from '../files/strip/pictures.ts';

const DEVICE = 'ab'.repeat(32);
const photo = () => new Blob([made.bytesOf(made.SOI, made.exif(1), made.PIXELS, made.EOI)]);
const wanted = (on: boolean) => ({
  wanted: (deviceId: string) => Promise.resolve(on && deviceId === DEVICE),
});

describe('the metadata of what is sent', () => {
  it('stays while the device’s setting is off: the very same items go', async () => {
    const items = [{ path: 'a.jpg', blob: photo() }];
    const step = await stripStep(DEVICE, items, wanted(false));
    expect(step).toEqual({ items, stripped: 0 });
    expect(step.items).toBe(items);
  });

  it('goes out of pictures, and of nothing else', async () => {
    const text = { path: 'notes.txt', blob: new Blob(['no picture at all']) };
    const given = [{ path: 'a.jpg', blob: photo() }, text, { path: 'b.jpg', blob: photo() }];
    const { items, stripped } = await stripStep(DEVICE, given, wanted(true));
    expect(stripped).toBe(2);
    expect(items.map(({ path }) => path)).toEqual(['a.jpg', 'notes.txt', 'b.jpg']);
    expect(items[1]).toBe(text);
    const clean = made.bytesOf(made.SOI, made.PIXELS, made.EOI);
    expect(new Uint8Array((await items[0]?.blob.arrayBuffer()) ?? [])).toEqual(clean);
  });

  it('a picture that cannot be taken apart keeps everything from going', async () => {
    const broken = new Blob([made.bytesOf(made.SOI, made.JFIF, 'hidden', made.GPS)]);
    const given = [{ blob: photo() }, { blob: broken }];
    const step = stripStep(DEVICE, given, wanted(true));
    await expect(step).rejects.toMatchObject({ code: 'picture-malformed' });
  });

  it('so does a setting that cannot be read', async () => {
    const ports = { wanted: () => Promise.reject(new Error('no-answer')) };
    await expect(stripStep(DEVICE, [{ blob: photo() }], ports)).rejects.toThrow('no-answer');
  });
});
