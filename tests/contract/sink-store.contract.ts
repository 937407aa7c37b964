import { describe, expect, it } from 'vitest';
import type { SinkStore } from '../../lib/transfer/ports.ts';

const ID = '0f'.repeat(16);
const OTHER = 'a1'.repeat(16);

/** @param make an empty store each time */
export function sinkStoreContract(name: string, make: () => Promise<SinkStore>): void {
  const bytes = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 13 + (i >> 7)) & 0xff);

  /** A store may give a file its final size at once: what is asked for here is what is there. */
  async function contentOf(
    store: SinkStore,
    id: string,
    fileId: number,
    size: number,
  ): Promise<Uint8Array> {
    const sink = await store.open(id, fileId, size);
    const into = new Uint8Array(size + 1);
    const length = await sink.read(0, into);
    await sink.close();
    return into.subarray(0, length);
  }

  describe(`SinkStore: ${name}`, () => {
    it('gives back what was written, in any order of writes', async () => {
      const store = await make();
      const sink = await store.open(ID, 0, bytes.length);
      await Promise.all(
        [3, 1, 4, 0, 2].map(async (part) =>
          sink.write(part * 10_000, bytes.slice(part * 10_000, (part + 1) * 10_000)),
        ),
      );
      await sink.flush();
      const into = new Uint8Array(12_001);
      expect(await sink.read(37_000, into.subarray(1))).toBe(12_000);
      expect(Buffer.compare(into.subarray(1), bytes.subarray(37_000, 49_000))).toBe(0);
      await sink.close();
      expect(Buffer.compare(await contentOf(store, ID, 0, bytes.length), bytes)).toBe(0);
    });

    it('writes over what is wrong', async () => {
      const store = await make();
      const sink = await store.open(ID, 0, 6);
      await sink.write(0, Uint8Array.of(1, 2, 3, 4, 5, 6));
      await sink.write(2, Uint8Array.of(9, 9));
      await sink.flush();
      await sink.close();
      expect([...(await contentOf(store, ID, 0, 6))]).toEqual([1, 2, 9, 9, 5, 6]);
    });

    it('reads less where the file ends, and nothing of an empty one', async () => {
      const store = await make();
      const sink = await store.open(ID, 0, 0);
      expect(await sink.read(0, new Uint8Array(10))).toBe(0);
      await sink.write(0, Uint8Array.of(7));
      expect(await sink.read(0, new Uint8Array(10))).toBe(1);
      expect(await sink.read(5, new Uint8Array(10))).toBe(0);
      await sink.close();
    });

    it('keeps what was written when it is opened again', async () => {
      const store = await make();
      const first = await store.open(ID, 0, 4);
      await first.write(0, Uint8Array.of(1, 2));
      await first.flush();
      await first.close();
      const second = await store.open(ID, 0, 4);
      await second.write(2, Uint8Array.of(3, 4));
      await second.flush();
      await second.close();
      expect([...(await contentOf(store, ID, 0, 4))]).toEqual([1, 2, 3, 4]);
    });

    it('keeps files and transfers apart, and removes one or all', async () => {
      const store = await make();
      const places = [
        [ID, 0],
        [ID, 1],
        [OTHER, 0],
      ] as const;
      for (const [i, [id, fileId]] of places.entries()) {
        const sink = await store.open(id, fileId, 1);
        await sink.write(0, Uint8Array.of(i));
        await sink.flush();
        await sink.close();
      }
      await store.remove(ID, 0);
      expect(await contentOf(store, ID, 0, 0)).toHaveLength(0);
      expect([...(await contentOf(store, ID, 1, 1))]).toEqual([1]);
      await store.remove(ID);
      expect(await contentOf(store, ID, 1, 0)).toHaveLength(0);
      expect([...(await contentOf(store, OTHER, 0, 1))]).toEqual([2]);
    });

    it('[TR17] keeps a journal beside a file, apart from its bytes, and only as long as written', async () => {
      const store = await make();
      const [sink, journal] = [await store.open(ID, 0, 3), await store.openJournal(ID, 0)];
      await sink.write(0, Uint8Array.of(1, 2, 3));
      expect(await journal.read(0, new Uint8Array(10))).toBe(0);
      await journal.write(0, Uint8Array.of(9, 8));
      for (const each of [sink, journal]) {
        await each.flush();
        await each.close();
      }
      const again = await store.openJournal(ID, 0);
      const into = new Uint8Array(10);
      expect(await again.read(0, into)).toBe(2);
      expect([...into.subarray(0, 2)]).toEqual([9, 8]);
      await again.close();
      expect([...(await contentOf(store, ID, 0, 3))]).toEqual([1, 2, 3]);
    });

    it('[TR17] a journal goes with its file, and stands alone where there are no bytes', async () => {
      const store = await make();
      for (const fileId of [0, 1, 10]) {
        const journal = await store.openJournal(ID, fileId);
        await journal.write(0, Uint8Array.of(fileId));
        await journal.flush();
        await journal.close();
      }
      const lengthOf = async (fileId: number): Promise<number> => {
        const journal = await store.openJournal(ID, fileId);
        const length = await journal.read(0, new Uint8Array(10));
        await journal.close();
        return length;
      };
      await store.remove(ID, 1);
      expect([await lengthOf(0), await lengthOf(1), await lengthOf(10)]).toEqual([1, 0, 1]);
      await store.remove(ID);
      expect(await lengthOf(0)).toBe(0);
    });

    it('[TR17] sweeps away what belongs to no transfer, and nothing else', async () => {
      const store = await make();
      await store.sweep(new Set());
      for (const id of [ID, OTHER]) {
        for (const each of [await store.open(id, 0, 1), await store.openJournal(id, 0)]) {
          await each.write(0, Uint8Array.of(5));
          await each.flush();
          await each.close();
        }
      }
      await store.sweep(new Set([ID]));
      expect([...(await contentOf(store, ID, 0, 1))]).toEqual([5]);
      expect(await contentOf(store, OTHER, 0, 0)).toHaveLength(0);
      const journal = await store.openJournal(OTHER, 0);
      expect(await journal.read(0, new Uint8Array(1))).toBe(0);
      await journal.close();
    });

    it('a file that is open is not opened a second time, and not removed', async () => {
      const store = await make();
      const sink = await store.open(ID, 0, 1);
      await expect(store.open(ID, 0, 1)).rejects.toMatchObject({ code: 'sink-failed' });
      await expect(store.remove(ID, 0)).rejects.toMatchObject({ code: 'sink-failed' });
      await sink.write(0, Uint8Array.of(1));
      await sink.close();
      expect([...(await contentOf(store, ID, 0, 1))]).toEqual([1]);
    });

    it('removing what is not there is no error', async () => {
      const store = await make();
      await store.remove(ID);
      await store.remove(ID, 3);
    });

    it('says how much room there is', async () => {
      const free = await (await make()).freeBytes();
      expect(free).toBeGreaterThan(0);
    });
  });
}
