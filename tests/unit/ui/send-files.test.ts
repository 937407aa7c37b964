import { describe, expect, it } from 'vitest';
import type { Intent } from '../../../lib/messaging/intents.ts';
import { SignalingError } from '../../../lib/signaling/errors.ts';
import { addFiles, notKept, totalSize } from '../../../lib/ui/send/chosen-files.ts';
import {
  droppedItems,
  readDropped,
  readEntries,
  type DirectoryEntryLike,
  type EntryLike,
  type FileEntryLike,
} from '../../../lib/ui/send/dropped-files.ts';
import { matchFiles } from '../../../lib/ui/send/match-files.ts';
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

/** A handle as far as these pages look at it. */
const handleOf = (kind: FileSystemHandleKind, name: string) => ({ kind, name }) as FileSystemHandle;

describe('readDropped', () => {
  it('each file of a dropped folder is found again by the folder and the names below it', async () => {
    const [trip, notes] = [handleOf('directory', 'trip'), handleOf('file', 'notes.txt')];
    const tree = folder('/trip', [
      fileEntry('/trip/a.jpg'),
      folder('/trip/day 2', [fileEntry('/trip/day 2/b.url')]),
    ]);
    const { files } = await readDropped([
      { entry: tree, handle: Promise.resolve(trip) },
      { entry: fileEntry('/notes.txt'), handle: Promise.resolve(notes) },
      { entry: file('picture.png'), handle: Promise.resolve(null) },
    ]);
    expect(files.map(({ path, handle }) => [path, handle])).toEqual([
      ['trip/a.jpg', { root: trip, below: ['a.jpg'] }],
      ['trip/day 2/b.url', { root: trip, below: ['day 2', 'b.url'] }],
      ['notes.txt', { root: notes, below: [] }],
      ['picture.png', undefined],
    ]);
  });

  it('asks for entries and handles of all items before the event is over', () => {
    let over = false;
    const item = (name: string): DataTransferItem =>
      ({
        kind: 'file',
        webkitGetAsEntry: () => (over ? null : fileEntry(`/${name}`)),
        getAsFile: () => null,
        getAsFileSystemHandle: () =>
          over ? Promise.resolve(null) : Promise.reject(new DOMException('no', 'SecurityError')),
      }) as unknown as DataTransferItem;
    const text = { kind: 'string' } as DataTransferItem;
    const items = droppedItems([item('a'), text, item('b')] as unknown as DataTransferItemList);
    over = true;
    expect(items.map(({ entry }) => (entry instanceof File ? '' : entry.fullPath))).toEqual([
      '/a',
      '/b',
    ]);
  });

  it('a place that the browser gives no handle for is sent all the same', async () => {
    const { files, unreadable: lost } = await readDropped([
      { entry: fileEntry('/etc/hosts'), handle: Promise.resolve(null) },
    ]);
    expect([files.length, lost]).toEqual([1, 0]);
  });
});

describe('notKept', () => {
  it('counts what is neither copied nor found again', () => {
    const root = handleOf('file', 'x');
    const chosen = [
      { file: file('small', 10), path: 'small' },
      { file: file('large', 11), path: 'large' },
      { file: file('picked', 11), path: 'picked', handle: { root, below: [] } },
    ];
    expect(notKept(chosen, 10)).toBe(1);
  });
});

describe('matchFiles', () => {
  const needed = (fileId: number, path: string, size = 1, modified = 5) => ({
    fileId,
    path,
    size,
    modified,
  });
  const chosen = (name: string, size = 1, modified = 5) => ({
    file: file(name, size, modified),
    path: name,
  });
  const told = (matches: ReturnType<typeof matchFiles>) =>
    matches.found.map(({ needed: { fileId }, chosen: { path }, how }) => [fileId, path, how]);

  it('finds each by its name, and says which has changed', () => {
    const matches = matchFiles(
      [needed(3, 'a.bin'), needed(5, 'trip/b.bin'), needed(9, 'c.bin')],
      [chosen('b.bin'), chosen('a.bin', 2), chosen('c.bin', 1, 6)],
    );
    expect(told(matches)).toEqual([
      [5, 'b.bin', 'same'],
      [3, 'a.bin', 'changed'],
      [9, 'c.bin', 'changed'],
    ]);
  });

  it('of two with one name takes the one of its size and date', () => {
    const matches = matchFiles(
      [needed(0, 'x/a.bin', 1), needed(1, 'y/a.bin', 2)],
      [chosen('a.bin', 2), chosen('a.bin', 1)],
    );
    expect(told(matches)).toEqual([
      [1, 'a.bin', 'same'],
      [0, 'a.bin', 'same'],
    ]);
  });

  it('one file of another name for the only one that is missing is a question', () => {
    const matches = matchFiles([needed(0, 'film.mkv')], [chosen('other.mkv', 3)]);
    expect(told(matches)).toEqual([[0, 'other.mkv', 'other-name']]);
    const same = matchFiles([needed(0, 'film.mkv', 7, 8)], [chosen('renamed.mkv', 7, 8)]);
    expect(told(same)).toEqual([[0, 'renamed.mkv', 'same']]);
  });

  it('what stands for none of them is counted, and nothing is guessed', () => {
    const matches = matchFiles(
      [needed(0, 'a'), needed(1, 'b'), needed(2, 'c')],
      [chosen('x'), chosen('a')],
    );
    expect(told(matches)).toEqual([[0, 'a', 'same']]);
    expect(matches.strangers).toBe(1);
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
      maxCopyBytes: 10,
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

  it('[PW1] a password goes with the files, and nothing where there is none', async () => {
    const given: unknown[] = [];
    const { port } = portWith({
      handOver: (_deviceId, _files, options) => {
        given.push(options);
        return Promise.resolve('f'.repeat(32));
      },
    });
    await handOver(port, 'id', chosen, 'sesame');
    await handOver(port, 'id', chosen, null);
    expect(given).toEqual([{ password: 'sesame' }, {}]);
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
