import { describe, expect, it } from 'vitest';
import { CHUNK_SIZES, HASH_BYTES, type ChunkSize } from '../../../lib/protocol/limits.ts';
import { Bitmap } from '../../../lib/transfer/bitmap.ts';
import { layoutOf } from '../../../lib/transfer/chunking.ts';
import { JOURNAL_BYTES, JOURNAL_MS } from '../../../lib/transfer/constants.ts';
import { Journal, readJournal, type JournalContent } from '../../../lib/transfer/journal.ts';
import { FakeClock, MemorySinkStore } from './memory-stores.ts';
import { newId, pattern } from './rig.ts';
import { still } from './steps.ts';

/** A journal beside a file of so many chunks, whose settling can be held or refused. */
function bench(chunks = 20, chunkSize: ChunkSize = 65_536, adopted = false) {
  const sinks = new MemorySinkStore();
  const clock = new FakeClock();
  const file = { sinks, clock, transferId: newId(), fileId: 3 };
  const size = chunks * chunkSize - 1;
  const layout = layoutOf(size, chunkSize);
  const content: JournalContent = {
    layout,
    bits: new Bitmap(layout.count),
    leaves: pattern(layout.count * HASH_BYTES) as Uint8Array<ArrayBuffer>,
  };
  let settled = 0;
  const settle = async () => {
    settled++;
  };
  const journal = new Journal(file, content, adopted, settle);
  const note = (index: number, bytes = 1) => {
    content.bits.add(index);
    journal.noteLeaves(index, 1);
    journal.noteChunk(bytes);
  };
  const read = () => readJournal(file, size);
  return { sinks, clock, file, size, content, journal, note, read, settled: () => settled };
}

function indexes(content: JournalContent | null): number[] {
  if (content === null) return [];
  return Array.from({ length: content.bits.count }, (_, n) => n).filter((n) => content.bits.has(n));
}

function leaf(content: JournalContent, index: number): string {
  const at = index * HASH_BYTES;
  return Buffer.from(content.leaves.subarray(at, at + HASH_BYTES)).toString('hex');
}

describe('a journal', () => {
  it('[TR17] what a full disk refused is written when there is room, leaves and all', async () => {
    const { sinks, clock, journal, note, read, content } = bench();
    sinks.free = 60;
    note(2);
    clock.advance(JOURNAL_MS);
    await still();
    expect(await read()).toBeNull();
    sinks.free = 1e6;
    note(5);
    clock.advance(JOURNAL_MS);
    await still();
    const found = await read().catch(() => null);
    await journal.close();
    const after = found ?? (await read());
    expect(indexes(after)).toEqual([2, 5]);
    for (const index of [2, 5]) expect(after && leaf(after, index)).toBe(leaf(content, index));
  });

  it('[TR17] and by itself, where nothing more comes', async () => {
    const { sinks, clock, journal, note, read } = bench();
    sinks.free = 0;
    note(2);
    clock.advance(JOURNAL_MS);
    await still();
    sinks.free = 1e6;
    clock.advance(JOURNAL_MS);
    await still();
    await journal.drop();
    expect(indexes(await read())).toEqual([2]);
    expect(clock.pending).toBe(0);
    expect(sinks.openHandles).toBe(0);
  });

  it('[TR17] gives back which chunks there are, their leaves and how the file was cut', async () => {
    const { journal, note, read, content, settled } = bench();
    for (const index of [0, 7, 8, 19]) note(index);
    await journal.close();
    expect(settled()).toBe(1);
    const found = await read();
    expect(indexes(found)).toEqual([0, 7, 8, 19]);
    expect(found?.layout).toEqual(content.layout);
    for (const index of [0, 7, 8, 19]) {
      expect(found && leaf(found, index)).toBe(leaf(content, index));
    }
  });

  it('[TR17] is at most a second behind', async () => {
    const { note, read, clock, sinks } = bench();
    note(1);
    clock.advance(JOURNAL_MS - 1);
    note(2);
    await still();
    expect(sinks.journals.size).toBe(0);
    clock.advance(1);
    await still();
    note(3);
    // The document dies, and with it the handle.
    sinks.crash(() => 1);
    expect(indexes(await read())).toEqual([1, 2]);
  });

  it('[TR17] is at most 16 MiB behind', async () => {
    const { note, sinks } = bench();
    note(1, JOURNAL_BYTES - 1);
    await still();
    expect(sinks.journals.size).toBe(0);
    note(2, 1);
    await still();
    expect(sinks.journals.size).toBe(1);
  });

  it('[TR17] goes on where an earlier life stopped', async () => {
    const first = bench();
    first.note(4);
    await first.journal.close();
    const found = await first.read();
    if (found === null) throw new Error('nothing was written');
    const second = new Journal(first.file, found, true, async () => undefined);
    found.bits.add(5);
    second.noteLeaves(5, 1);
    second.noteChunk(1);
    await second.close();
    expect(indexes(await first.read())).toEqual([4, 5]);
  });

  it('[TR17] of another size is none', async () => {
    const { journal, note, file, size } = bench();
    note(1);
    await journal.close();
    expect(await readJournal(file, size + 1)).toBeNull();
    expect(await readJournal(file, size - 1)).toBeNull();
    expect(await readJournal(file, size)).not.toBeNull();
  });

  const spoiled: [string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>][] = [
    ['nothing', () => new Uint8Array(0)],
    ['half a header', (bytes) => bytes.slice(0, 9)],
    ['no bitmap', (bytes) => bytes.slice(0, 17)],
    ['zeros', (bytes) => new Uint8Array(bytes.length)],
    ['other bytes', (bytes) => pattern(bytes.length, 5) as Uint8Array<ArrayBuffer>],
    ['another magic', (bytes) => bytes.with(0, 0x55)],
    ['a chunk size that is none', (bytes) => bytes.with(7, 1)],
    ['bits past the last chunk', (bytes) => bytes.with(18, 0xff)],
  ];
  for (const [what, spoil] of spoiled) {
    it(`[TR17] with ${what} in it is none`, async () => {
      const { journal, note, read, sinks } = bench();
      note(1);
      await journal.close();
      const [stored] = sinks.journals.values();
      if (stored === undefined) throw new Error('nothing was written');
      stored.bytes = spoil(stored.bytes);
      expect(await read()).toBeNull();
      expect(sinks.openHandles).toBe(0);
    });
  }

  it('[TR17] claims nothing that could not be made sure of', async () => {
    const sinks = new MemorySinkStore();
    const clock = new FakeClock();
    const file = { sinks, clock, transferId: newId(), fileId: 0 };
    const layout = layoutOf(1_000_000, 65_536);
    const leaves = new Uint8Array(layout.count * HASH_BYTES);
    const content = { layout, bits: new Bitmap(layout.count), leaves };
    const journal = new Journal(file, content, false, () => Promise.reject(new Error('disk')));
    content.bits.add(0);
    journal.noteChunk(1);
    await journal.close();
    expect(await readJournal(file, 1_000_000)).toBeNull();
  });

  it('[TR17] does not claim what comes while it is making sure of the rest', async () => {
    const { file, size, content } = bench();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const journal = new Journal(file, content, false, () => gate);
    content.bits.add(0);
    journal.noteChunk(JOURNAL_BYTES);
    await still();
    // Written after the flush began: it may not be on the disk.
    content.bits.add(1);
    open();
    await still();
    await journal.drop();
    expect(indexes(await readJournal(file, size))).toEqual([0]);
  });

  it('that cannot be opened or written costs nothing now', async () => {
    const { journal, note, sinks, read } = bench();
    sinks.openJournal = () => Promise.reject(new Error('disk'));
    note(1);
    await journal.close();
    expect(await read()).toBeNull();
  });

  it('[TR17] torn by a crash at any write never claims more than was made sure of', async () => {
    let seen = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const { journal, note, read, sinks, content } = bench(20);
      let x = seed;
      const dice = () => {
        x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
        return x / 2 ** 32;
      };
      const safe: number[] = [];
      for (let round = 0; round < 3; round++) {
        const index = Math.floor(dice() * 20);
        note(index, JOURNAL_BYTES);
        safe.push(index);
        // Some rounds are cut off in the middle of a save.
        for (let n = Math.floor(dice() * 12); n > 0; n--) await Promise.resolve();
        if (dice() < 0.5) await still();
      }
      sinks.crash(dice);
      const found = await read();
      if (found === null) continue;
      seen++;
      for (const index of indexes(found)) {
        expect(safe, `seed ${seed}`).toContain(index);
        expect(leaf(found, index), `seed ${seed}, leaf ${index}`).toBe(leaf(content, index));
      }
      await journal.drop();
    }
    expect(seen, 'some survived').toBeGreaterThan(50);
  });

  it('[TR17] over one of other chunks never lends its header to the new bits', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      let x = seed;
      const dice = () => {
        x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
        return x / 2 ** 32;
      };
      const sinks = new MemorySinkStore();
      const file = { sinks, clock: new FakeClock(), transferId: newId(), fileId: 0 };
      const size = 2_000_000;
      const write = async (chunkSize: ChunkSize, chunks: readonly number[], torn: boolean) => {
        const layout = layoutOf(size, chunkSize);
        const leaves = new Uint8Array(layout.count * HASH_BYTES).fill(chunkSize & 0xff);
        const content = { layout, bits: new Bitmap(layout.count), leaves };
        const journal = new Journal(file, content, false, async () => undefined);
        for (const index of chunks) {
          content.bits.add(index);
          journal.noteLeaves(index, 1);
          journal.noteChunk(JOURNAL_BYTES);
        }
        if (!torn) return journal.close();
        for (let n = Math.floor(dice() * 25); n > 0; n--) await Promise.resolve();
        sinks.crash(dice);
      };
      const [smallest, , largest] = CHUNK_SIZES;
      await write(largest, [0, 1], false);
      await write(smallest, [20], true);
      const found = await readJournal(file, size);
      if (found === null) continue;
      const old = found.layout.chunkSize === largest;
      expect(indexes(found), `seed ${seed}`).toEqual(old ? [0, 1] : [20]);
    }
  });
});
