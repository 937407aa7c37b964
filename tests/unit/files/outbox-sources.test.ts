import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_COPY_BYTES } from '../../../lib/files/outbox-limits.ts';
import type { EngineEvent } from '../../../lib/transfer/events.ts';
import type { TransferSnapshot } from '../../../lib/transfer/records.ts';
import { FakeHandle } from './fake-opfs.ts';
import { blobOf, DEVICE, GIB, item, OutboxRig, textOf } from './outbox-rig.ts';

afterEach(() => vi.unstubAllGlobals());

const A = '0f'.repeat(16);
const B = 'a1'.repeat(16);
const file = (fileId: number, transferId = A) => ({ transferId, fileId });
const files = { transferId: A, deviceId: DEVICE, kind: 'files' } as const;
const MIB = 1024 * 1024;

function transferring(transferId = A): EngineEvent {
  return changed(transferId, 'transferring');
}

function changed(transferId: string, type: TransferSnapshot['state']['type']): EngineEvent {
  const state = { type };
  return { type: 'transfer-changed', snapshot: { transferId, state } as TransferSnapshot };
}

describe('what is kept', () => {
  it('small files and texts are found after a restart as soon as the transfer is there', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    await sources.keep({ ...files, items: [item('a', 'alpha'), item('empty', '')] });
    await sources.keep({ transferId: B, deviceId: DEVICE, kind: 'text', items: [item('t', 'hi')] });
    const after = rig.start();
    expect(await textOf(after, file(0))).toBe('alpha');
    expect(await textOf(after, file(1))).toBe('');
    expect(await textOf(after, file(0, B))).toBe('hi');
    expect((await after.open(file(0))).modified).toBe(1000);
  });

  it('larger ones are copied into the spool soon after, and counted', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    const content = 'x'.repeat(3 * MIB);
    await sources.keep({ ...files, items: [item('a', content), item('b', 'y'.repeat(2 * MIB))] });
    await expect(rig.start().open(file(0))).rejects.toMatchObject({ code: 'choose-again' });
    await sources.idle();
    expect(await textOf(rig.start(), file(0))).toBe(content);
    expect(rig.usedBytes).toBe(5 * MIB);
    expect(rig.notKept).toEqual([]);
  });

  it('thousands of small files too, without a file of the spool for each', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    const items = Array.from({ length: 450 }, (_, i) => item(`${i}`, `${i}`.repeat(300)));
    await sources.keep({ ...files, items });
    await sources.idle();
    const after = rig.start();
    expect(await textOf(after, file(449))).toBe('449'.repeat(300));
    expect(await textOf(after, file(0))).toBe('0'.repeat(300));
    expect(rig.opfs.names()).toEqual([]);
  });

  it('one that changed before it was copied keeps none of the others from being kept', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    const changed = {
      size: 10,
      slice: () => changed,
      arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')),
    } as unknown as Blob;
    const others = Array.from({ length: 9 }, (_, i) => item(`${i}`, 'x'.repeat(50_000)));
    await sources.keep({ ...files, items: [...others, item('changed', changed)] });
    await sources.idle();
    expect(rig.notKept).toEqual([A]);
    expect(await textOf(rig.start(), file(8))).toHaveLength(50_000);
    expect(rig.usedBytes).toBe(450_000);
  });

  it('what is too large for a copy and has no handle has to be chosen again, and this is told', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    const large = { ...item('film', ''), blob: blobOf(MAX_COPY_BYTES + 1) };
    await sources.keep({ ...files, items: [large] });
    expect((await sources.open(file(0))).source.size).toBe(MAX_COPY_BYTES + 1);
    await sources.idle();
    expect(rig.notKept).toEqual([A]);
    await expect(rig.start().open(file(0))).rejects.toMatchObject({ code: 'choose-again' });
  });

  it('the released is gone, with its copies', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    await sources.keep({ ...files, items: [item('a', 'x'.repeat(MIB)), item('b', 'y')] });
    await sources.idle();
    expect(rig.opfs.names()).toHaveLength(1);
    await sources.release(A);
    expect(rig.opfs.names()).toEqual([]);
    expect(rig.usedBytes).toBe(0);
    await expect(sources.open(file(0))).rejects.toMatchObject({ code: 'choose-again' });
  });

  it('a release in the middle of a copy leaves nothing behind', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    let released: Promise<void> | undefined;
    rig.opfs.onWrite = (_, at) => {
      if (at === 4 * MIB) released = sources.release(A);
    };
    await sources.keep({ ...files, items: [item('a', 'x'.repeat(12 * MIB))] });
    await sources.idle();
    await released;
    expect(rig.opfs.names()).toEqual([]);
    expect(rig.usedBytes).toBe(0);
    expect(rig.notKept).toEqual([]);
  });

  it('a disk that gets full costs the copy, not the transfer', async () => {
    const rig = new OutboxRig();
    rig.opfs.free = MIB;
    const sources = rig.start();
    await sources.keep({ ...files, items: [item('a', 'x'.repeat(3 * MIB))] });
    await sources.idle();
    expect(rig.opfs.names()).toEqual([]);
    expect(rig.notKept).toEqual([A]);
    expect((await sources.open(file(0))).source.size).toBe(3 * MIB);
  });
});

describe('when copies are made', () => {
  it('not in the first half second, which belongs to the transfer', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    await sources.keep({ ...files, items: [item('a', 'x'.repeat(4 * MIB))] });
    await sources.idle();
    expect(rig.slept).toEqual([500]);
  });

  it('beside a transfer that runs, a quarter of the time', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    sources.observe(transferring(B));
    await sources.keep({ ...files, items: [item('a', 'x'.repeat(16 * MIB))] });
    await sources.idle();
    // One wait before each step, at least three milliseconds, and never long.
    expect(rig.slept.slice(1).length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...rig.slept.slice(1))).toBeGreaterThanOrEqual(3);
    expect(Math.max(...rig.slept.slice(1))).toBeLessThanOrEqual(50);
    expect(await textOf(rig.start(), file(0))).toHaveLength(16 * MIB);
  });

  it('what is being sent is read from the copy as far as that is made, and goes with it', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    const asked: number[] = [];
    const blob = new Blob(['x'.repeat(4 * MIB), 'y'.repeat(4 * MIB)]);
    const { slice } = blob;
    blob.slice = (from = 0, to, type) => {
      asked.push(from);
      return slice.call(blob, from, to, type);
    };
    sources.observe(transferring(A));
    await sources.keep({ ...files, items: [item('a', blob)] });
    const source = sources.sourceOf(file(0));
    const read = async (offset: number) => {
      const into = new Uint8Array(MIB);
      await source.read(offset, into);
      return new TextDecoder().decode(into.subarray(-1));
    };
    let halfway: string | undefined;
    rig.opfs.onWrite = (_, at) => {
      if (at > 0) void read(4 * MIB - MIB).then((last) => (halfway = last));
    };
    await sources.idle();
    expect(halfway).toBe('x');
    asked.length = 0;
    expect(await read(7 * MIB)).toBe('y');
    expect(asked).toEqual([]);
    sources.observe(changed(A, 'paused'));
    expect(await read(MIB)).toBe('x');
    expect(asked).toEqual([MIB]);
    await sources.release(A);
    expect(rig.opfs.names()).toEqual([]);
  });

  it('files without a handle first, and each kind from the last to the first', async () => {
    const rig = new OutboxRig();
    rig.disk.put('/picked', 'p'.repeat(MIB));
    const order: string[] = [];
    rig.opfs.onWrite = (name) => order.push(name);
    const sources = rig.start();
    const roots = [new FakeHandle(rig.disk, '/picked').real];
    await sources.keep({
      ...files,
      roots,
      items: [
        item('a', 'x'.repeat(MIB)),
        item('picked', rig.disk.file('/picked'), { original: { root: 0, below: [] } }),
        item('b', 'y'.repeat(MIB)),
      ],
    });
    await sources.idle();
    expect(order).toEqual([`${A}.2`, `${A}.0`, `${A}.1`]);
  });
});

describe('originals behind handles', () => {
  async function kept(rig: OutboxRig) {
    rig.disk.put('/film.mkv', 'the film');
    rig.disk.put('/trip/day 1/a.jpg', 'a picture');
    rig.disk.put('/trip/b.url', 'a link');
    const roots = [
      new FakeHandle(rig.disk, '/film.mkv').real,
      new FakeHandle(rig.disk, '/trip', 'directory').real,
    ];
    const large = (path: string, root: number, below: string[]) =>
      item(path, blobOf(MAX_COPY_BYTES + 1), { original: { root, below } });
    await rig.start().keep({
      ...files,
      roots,
      items: [
        large('film.mkv', 0, []),
        large('trip/day 1/a.jpg', 1, ['day 1', 'a.jpg']),
        large('trip/b.url', 1, ['b.url']),
      ],
    });
  }

  it('are found again where the browser allows it, with size and date as they are now', async () => {
    const rig = new OutboxRig();
    await kept(rig);
    const after = rig.start();
    expect(await textOf(after, file(0))).toBe('the film');
    expect(await textOf(after, file(1))).toBe('a picture');
    rig.disk.put('/film.mkv', 'another film', 2000);
    const next = rig.start();
    const { source, modified } = await next.open(file(0));
    expect([source.size, modified]).toEqual([12, 2000]);
    // As the engine does with another version; copied by then, it is the same after a restart.
    await next.move(file(0), file(7));
    await next.openAll(A);
    await next.idle();
    rig.disk.permission = 'prompt';
    const again = await rig.start().open(file(7));
    expect([again.source.size, again.modified]).toEqual([12, 2000]);
    expect(rig.notKept).toEqual([]);
  });

  it('need a person where it asks, and stay readable once they were opened', async () => {
    const rig = new OutboxRig();
    await kept(rig);
    rig.disk.permission = 'prompt';
    const after = rig.start();
    await expect(after.open(file(0))).rejects.toMatchObject({ code: 'needs-permission' });
    rig.disk.permission = 'denied';
    await expect(after.open(file(1))).rejects.toMatchObject({ code: 'needs-permission' });
    rig.disk.permission = 'granted';
    await after.openAll(A);
    // The page that asked is closed.
    rig.disk.permission = 'prompt';
    expect(await textOf(after, file(0))).toBe('the film');
    expect(await textOf(after, file(1))).toBe('a picture');
    await after.idle();
    expect(await textOf(rig.start(), file(0))).toBe('the film');
  });

  it('that are gone, or that a handle cannot name, have to be chosen again', async () => {
    const rig = new OutboxRig();
    await kept(rig);
    rig.disk.files.delete('/film.mkv');
    await expect(rig.start().open(file(0))).rejects.toMatchObject({ code: 'choose-again' });
    await expect(rig.start().open(file(2))).rejects.toMatchObject({ code: 'choose-again' });
  });

  it('a file chosen again takes the place of the lost one, over another restart too', async () => {
    const rig = new OutboxRig();
    await kept(rig);
    rig.disk.files.delete('/film.mkv');
    rig.disk.put('/elsewhere/film.mkv', 'the film, moved', 3000);
    const after = rig.start();
    const given = { fileId: 0, blob: rig.disk.file('/elsewhere/film.mkv'), modified: 3000 };
    const root = new FakeHandle(rig.disk, '/elsewhere/film.mkv').real;
    await after.give(A, [{ ...given, original: { root: 0, below: [] } }], [root]);
    expect(await textOf(after, file(0))).toBe('the film, moved');
    await after.idle();
    expect(await textOf(rig.start(), file(0))).toBe('the film, moved');
    expect(await textOf(rig.start(), file(1))).toBe('a picture');
  });

  it('metadata is taken out of the original each time it is opened', async () => {
    const rig = new OutboxRig();
    const exif = Uint8Array.of(0xff, 0xe1, 0, 6, 1, 2, 3, 4);
    const rest = Uint8Array.of(0xff, 0xda, 0, 2, 9, 9, 0xff, 0xd9);
    const picture = new Blob([Uint8Array.of(0xff, 0xd8), exif, rest]);
    rig.disk.files.set('/p.jpg', {
      bytes: new Uint8Array(await picture.arrayBuffer()),
      modified: 1000,
    });
    const clean = new Blob([Uint8Array.of(0xff, 0xd8), rest]);
    const original = { root: 0, below: [] };
    const sources = rig.start();
    await sources.keep({
      ...files,
      roots: [new FakeHandle(rig.disk, '/p.jpg').real],
      items: [item('p.jpg', clean, { strip: true, original })],
    });
    const { source } = await rig.start().open(file(0));
    expect(source.size).toBe(clean.size);
  });
});

describe('the quota', () => {
  it('is a fifth of what the browser grants, at most 2 GiB, and is told', async () => {
    const rig = new OutboxRig(GIB);
    await rig.start().tidy([]);
    expect(rig.reports).toContainEqual({
      type: 'outbox',
      outbox: { usedBytes: 0, quotaBytes: Math.floor(GIB / 5) },
    });
    const roomy = new OutboxRig(1000 * GIB);
    await roomy.start().tidy([]);
    expect(roomy.reports).toContainEqual({
      type: 'outbox',
      outbox: { usedBytes: 0, quotaBytes: 2 * GIB },
    });
  });

  it('once it is full nothing that waits is dropped; what comes then is not kept', async () => {
    const rig = new OutboxRig(50 * MIB);
    const sources = rig.start();
    await sources.keep({ ...files, items: [item('a', 'x'.repeat(8 * MIB))] });
    await sources.keep({ ...files, transferId: B, items: [item('b', 'y'.repeat(4 * MIB))] });
    await sources.idle();
    expect(rig.notKept).toEqual([B]);
    expect(rig.usedBytes).toBe(8 * MIB);
    expect(await textOf(rig.start(), file(0))).toHaveLength(8 * MIB);
    expect((await sources.open(file(0, B))).source.size).toBe(4 * MIB);
    await sources.release(A);
    const later = 'c3'.repeat(16);
    await sources.keep({ ...files, transferId: later, items: [item('c', 'z'.repeat(4 * MIB))] });
    await sources.idle();
    expect(rig.notKept).toEqual([B]);
  });

  it('files with a handle leave half of it to those without', async () => {
    const rig = new OutboxRig(50 * MIB);
    rig.disk.put('/picked', 'p'.repeat(4 * MIB));
    const sources = rig.start();
    const picked = (path: string) =>
      item(path, rig.disk.file('/picked'), { original: { root: 0, below: [] } });
    const roots = [new FakeHandle(rig.disk, '/picked').real];
    await sources.keep({ ...files, roots, items: [picked('p'), picked('q')] });
    await sources.keep({ ...files, transferId: B, items: [item('b', 'y'.repeat(5 * MIB))] });
    await sources.idle();
    expect(rig.usedBytes).toBe(9 * MIB);
    expect(rig.notKept).toEqual([]);
  });
});

describe('at the start', () => {
  it('what no transfer of the engine refers to goes, the rest stays and is counted', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    for (const transferId of [A, B]) {
      await sources.keep({ ...files, transferId, items: [item('a', 'x'.repeat(MIB))] });
    }
    await sources.idle();
    rig.opfs.files.set('spool/left-over', { bytes: new Uint8Array(5), locked: false });
    const after = rig.start();
    await after.tidy([B]);
    expect(rig.opfs.names()).toEqual([`spool/${B}.0`]);
    expect(rig.usedBytes).toBe(MIB);
    await expect(after.open(file(0))).rejects.toMatchObject({ code: 'choose-again' });
    expect(await textOf(after, file(0, B))).toHaveLength(MIB);
  });

  it('handles of what was delivered stay ninety days, for sending it again', async () => {
    const rig = new OutboxRig();
    rig.disk.put('/picked', 'the file');
    const roots = [new FakeHandle(rig.disk, '/picked').real];
    const original = { root: 0, below: [] };
    const sources = rig.start();
    await sources.keep({ ...files, roots, items: [item('picked', 'the file', { original })] });
    await sources.release(A);
    rig.now += 89 * 86_400_000;
    const later = rig.start();
    await later.tidy([]);
    expect((await later.again(A, B)).items).toHaveLength(1);
    rig.now += 2 * 86_400_000;
    const latest = rig.start();
    await latest.tidy([]);
    await expect(latest.again(A, B)).rejects.toMatchObject({ code: 'choose-again' });
  });
});

describe('once more', () => {
  async function delivered(rig: OutboxRig, more: string[] = []) {
    rig.disk.put('/trip/a', 'alpha');
    rig.disk.put('/trip/b', 'beta');
    const sources = rig.start();
    await sources.keep({
      ...files,
      note: 'for you',
      roots: [new FakeHandle(rig.disk, '/trip', 'directory').real],
      items: [
        ...['a', 'b'].map((name) =>
          item(`trip/${name}`, rig.disk.file(`/trip/${name}`), {
            original: { root: 0, below: [name] },
          }),
        ),
        ...more.map((name) => item(name, name)),
      ],
    });
    await sources.idle();
    await sources.release(A);
    return sources;
  }

  it('the same files to the same device, which are found again after a restart themselves', async () => {
    const rig = new OutboxRig();
    await delivered(rig);
    const after = rig.start();
    const again = await after.again(A, B);
    expect(again).toMatchObject({
      transferId: B,
      deviceId: DEVICE,
      kind: 'files',
      note: 'for you',
    });
    expect(again.items.map(({ path }) => path)).toEqual(['trip/a', 'trip/b']);
    await after.keep(again);
    await after.forget([A]);
    expect(await textOf(rig.start(), file(1, B))).toBe('beta');
  });

  it('[PW8] what asked for a password asks for the same one again', async () => {
    const rig = new OutboxRig();
    rig.disk.put('/trip/a', 'alpha');
    const sources = rig.start();
    const lock = { salt: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) };
    await sources.keep({
      transferId: A,
      deviceId: DEVICE,
      kind: 'files',
      lock,
      roots: [new FakeHandle(rig.disk, '/trip', 'directory').real],
      items: [item('trip/a', rig.disk.file('/trip/a'), { original: { root: 0, below: ['a'] } })],
    });
    await sources.idle();
    await sources.release(A);
    expect((await rig.start().again(A, B)).lock).toEqual(lock);
    const open = new OutboxRig();
    await delivered(open);
    expect((await open.start().again(A, B)).lock).toBeUndefined();
  });

  it('asks where permission is needed, and cannot where one has no handle', async () => {
    const rig = new OutboxRig();
    await delivered(rig);
    rig.disk.permission = 'prompt';
    await expect(rig.start().again(A, B)).rejects.toMatchObject({ code: 'needs-permission' });
    const other = new OutboxRig();
    await delivered(other, ['pasted.png']);
    await expect(other.start().again(A, B)).rejects.toMatchObject({ code: 'choose-again' });
  });

  it('is over when the history is cleared, but what still waits stays', async () => {
    const rig = new OutboxRig();
    const sources = await delivered(rig);
    await sources.keep({ ...files, transferId: B, items: [item('w', 'waits')] });
    await sources.forget(null);
    await expect(sources.again(A, 'c3'.repeat(16))).rejects.toMatchObject({ code: 'choose-again' });
    expect(await textOf(rig.start(), file(0, B))).toBe('waits');
  });

  it('a transfer of which files moved to a retry is not a whole any more', async () => {
    const rig = new OutboxRig();
    rig.disk.put('/a', 'alpha');
    const sources = rig.start();
    const original = { root: 0, below: [] };
    await sources.keep({
      ...files,
      roots: [new FakeHandle(rig.disk, '/a').real],
      items: [item('a', 'alpha', { original }), item('b', 'beta', { original })],
    });
    await sources.move(file(1), file(0, B));
    await sources.release(A);
    await expect(sources.again(A, 'c3'.repeat(16))).rejects.toMatchObject({ code: 'choose-again' });
    await sources.tidy([B]);
    expect(await textOf(rig.start(), file(0, B))).toBe('beta');
  });
});

it('a file that changed on the disk is looked for behind its handle', async () => {
  const rig = new OutboxRig();
  rig.disk.put('/a', 'the new version', 2000);
  const stale = {
    size: 7,
    slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) }),
  } as unknown as Blob;
  const sources = rig.start();
  await sources.keep({
    ...files,
    roots: [new FakeHandle(rig.disk, '/a').real],
    items: [item('a', stale, { original: { root: 0, below: [] } })],
  });
  expect(await textOf(sources, file(0))).toBe('the new version');
});
