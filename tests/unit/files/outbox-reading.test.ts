import { afterEach, describe, expect, it, vi } from 'vitest';
import { SpoolCopy } from '../../../lib/files/spool.ts';
import type { EngineEvent } from '../../../lib/transfer/events.ts';
import type { TransferSnapshot } from '../../../lib/transfer/records.ts';
import { FakeHandle } from './fake-opfs.ts';
import { DEVICE, item, OutboxRig, textOf } from './outbox-rig.ts';

/** What is read while copies are made, and while a transfer's files go to another one. */

afterEach(() => vi.unstubAllGlobals());

const A = '0f'.repeat(16);
const B = 'a1'.repeat(16);
const file = (fileId: number, transferId = A) => ({ transferId, fileId });
const files = { transferId: A, deviceId: DEVICE, kind: 'files' } as const;
const KIB = 1024;

function transferring(): EngineEvent {
  const snapshot = { transferId: A, state: { type: 'transferring' } } as TransferSnapshot;
  return { type: 'transfer-changed', snapshot };
}

/** A picked file that the browser refuses to read once it has changed on the disk. */
function picked(content: string): { blob: Blob; change(): void } {
  let changed = false;
  const guarded = (blob: Blob): Blob =>
    ({
      size: blob.size,
      type: '',
      slice: (from: number, to: number) => guarded(blob.slice(from, to)),
      arrayBuffer: async () => {
        if (changed) throw new DOMException('changed', 'NotReadableError');
        return await blob.arrayBuffer();
      },
    }) as unknown as Blob;
  return { blob: guarded(new Blob([content])), change: () => (changed = true) };
}

describe('a file that is sent goes on with its own bytes', () => {
  it('[TR6] one that changed is refused, also when another file of the transfer was allowed', async () => {
    const rig = new OutboxRig();
    const { blob, change } = picked('o'.repeat(100 * KIB));
    rig.disk.put('dir/f', 'o'.repeat(100 * KIB));
    const root = new FakeHandle(rig.disk, 'dir/f').real;
    const sources = rig.start();
    const original = { root: 0, below: [] };
    await sources.keep({ ...files, roots: [root], items: [item('f', blob, { original })] });
    const source = sources.sourceOf(file(0));
    sources.observe(transferring());
    change();
    rig.disk.put('dir/f', 'n'.repeat(150 * KIB), 2000);
    await sources.idle();
    // What is on the disk now is opened, and copied under the file's name.
    await sources.openAll(A);
    await sources.idle();
    await expect(source.read(0, new Uint8Array(10))).rejects.toMatchObject({
      code: 'source-changed',
    });
  });

  it('[TR6] also when another one was chosen in its place', async () => {
    const rig = new OutboxRig();
    const sources = rig.start();
    await sources.keep({ ...files, items: [item('f', 'o'.repeat(100 * KIB))] });
    const source = sources.sourceOf(file(0));
    sources.observe(transferring());
    const blob = new Blob(['n'.repeat(100 * KIB)]);
    await sources.give(A, [{ fileId: 0, blob, modified: 5 }], []);
    await sources.idle();
    const into = new Uint8Array(4);
    await source.read(50 * KIB, into);
    expect(new TextDecoder().decode(into)).toBe('oooo');
  });
});

describe('what goes once more under another id', () => {
  it.each([1, 200])('is copied there, %i of them, when the old one goes', async (count) => {
    const rig = new OutboxRig();
    const sources = rig.start();
    const content = 'x'.repeat(count === 1 ? 100 * KIB : 2 * KIB);
    const items = Array.from({ length: count }, (_, at) => item(`${at}`, content));
    await sources.keep({ ...files, items });
    const moves = items.map((_, at) => sources.move(file(at), file(at, B)));
    await Promise.all([...moves, sources.release(A)]);
    await sources.idle();
    const after = rig.start();
    for (const [at] of items.entries()) expect(await textOf(after, file(at, B))).toBe(content);
    expect(rig.notKept).toEqual([]);
  });
});

it('a copy that cannot be begun leaves no file locked', async () => {
  const rig = new OutboxRig();
  const folder = await rig.opfs.directory().getDirectoryHandle('spool');
  const made = await (await folder.getFileHandle('x', { create: true })).createSyncAccessHandle();
  made.close();
  const entry = rig.opfs.files.get('spool/x');
  if (entry === undefined) throw new Error('the file was made');
  Object.defineProperty(entry, 'bytes', {
    get: () => new Uint8Array(0),
    set: () => {
      throw new DOMException('io', 'InvalidStateError');
    },
  });
  await expect(SpoolCopy.begin('x', new Blob(['x']))).rejects.toThrow('io');
  expect(entry.locked).toBe(false);
});
