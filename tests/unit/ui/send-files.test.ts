import { describe, expect, it } from 'vitest';
import type { Intent } from '../../../lib/messaging/intents.ts';
import { SignalingError } from '../../../lib/signaling/errors.ts';
import { addFiles, totalSize } from '../../../lib/ui/send/chosen-files.ts';
import {
  readEntries,
  type DirectoryEntryLike,
  type EntryLike,
  type FileEntryLike,
} from '../../../lib/ui/send/dropped-files.ts';
import { handOver } from '../../../lib/ui/send/hand-over-state.ts';
import type { SendPort } from '../../../lib/ui/view-port.ts';

const file = (name: string, size = 1, lastModified = 5) =>
  new File([new Uint8Array(size)], name, { lastModified });
const fileEntry = (fullPath: string): FileEntryLike => ({
  isDirectory: false,
  fullPath,
  file: (done) => done(file(fullPath.slice(fullPath.lastIndexOf('/') + 1))),
});
const unreadable = (fullPath: string): FileEntryLike => ({
  isDirectory: false,
  fullPath,
  file: (_, failed) => failed(new DOMException('gone', 'NotFoundError')),
});
/** Gives its children `batch` at a time, as browsers do. */
const folder = (fullPath: string, children: EntryLike[], batch = 100): DirectoryEntryLike => ({
  isDirectory: true,
  fullPath,
  createReader: () => {
    const rest = [...children];
    return { readEntries: (done) => done(rest.splice(0, batch)) };
  },
});

describe('readEntries', () => {
  it('walks folders to the bottom and keeps the paths', async () => {
    const tree = folder('/trip', [
      fileEntry('/trip/a.jpg'),
      folder('/trip/day 2', [fileEntry('/trip/day 2/a.jpg')]),
      folder('/trip/empty', []),
    ]);
    const { files, unreadable: lost } = await readEntries([tree, fileEntry('/notes.txt')]);
    expect(files.map(({ path }) => path).toSorted()).toEqual([
      'notes.txt',
      'trip/a.jpg',
      'trip/day 2/a.jpg',
    ]);
    expect(lost).toBe(0);
  });

  it('reads a folder until it gives no more', async () => {
    const children = Array.from({ length: 250 }, (_, index) => fileEntry(`/f/${index}`));
    const { files } = await readEntries([folder('/f', children, 100)]);
    expect(files).toHaveLength(250);
  });

  it('counts what it could not read and keeps the rest', async () => {
    const dropped = [unreadable('/x'), fileEntry('/y'), file('z')];
    const { files, unreadable: lost } = await readEntries(dropped);
    expect(files.map(({ path }) => path).toSorted()).toEqual(['y', 'z']);
    expect(lost).toBe(1);
  });
});

describe('addFiles', () => {
  it('keeps the same file once and files that only share a name both', () => {
    const first = { file: file('a', 1), path: 'a' };
    const again = { file: file('a', 1), path: 'a' };
    const longer = { file: file('a', 2), path: 'a' };
    const elsewhere = { file: file('a', 1), path: 'b/a' };
    const chosen = addFiles([first], [again, longer, elsewhere, longer]);
    expect(chosen).toEqual([first, longer, elsewhere]);
    expect(totalSize(chosen)).toBe(4);
  });
});

describe('handOver', () => {
  const chosen = [{ file: file('a'), path: 'a' }];
  const portWith = (more: Partial<SendPort>) => {
    const calls: string[] = [];
    const port: SendPort = {
      send: (intent: Intent) => {
        calls.push(intent.type);
        return Promise.resolve({ ok: true });
      },
      handOver: (deviceId, files) => {
        calls.push(`${files.length} to ${deviceId}`);
        return Promise.resolve('f'.repeat(32));
      },
      maxTextLength: 10,
      ...more,
    };
    return { port, calls };
  };

  it('makes sure of the offscreen document first, then hands over', async () => {
    const { port, calls } = portWith({});
    expect(await handOver(port, 'id', chosen)).toEqual({
      state: 'handed-over',
      transferId: 'f'.repeat(32),
    });
    expect(calls).toEqual(['offscreen/ensure', '1 to id']);
  });

  it('gives nothing away when there is no offscreen document', async () => {
    const { port, calls } = portWith({
      send: () => Promise.resolve({ ok: false, code: 'no-answer' }),
    });
    expect(await handOver(port, 'id', chosen)).toEqual({ state: 'failed', code: 'no-answer' });
    expect(calls).toEqual([]);
  });

  it.each([
    [new SignalingError('unavailable'), 'unavailable'],
    [new Error('a bug'), 'internal'],
  ])('turns a failure into its code', async (error, code) => {
    const { port } = portWith({ handOver: () => Promise.reject(error) });
    expect(await handOver(port, 'id', chosen)).toEqual({ state: 'failed', code });
  });
});
