import { describe, expect, it } from 'vitest';
import type { FileRef, SourceStore } from '../../lib/transfer/ports.ts';

const [A, B] = ['0f'.repeat(16), 'a1'.repeat(16)];

export interface SourceStoreHarness {
  readonly store: SourceStore;
  /** Writes down where a transfer's files are, as whoever calls `Engine.send` does before. */
  put(transferId: string, contents: readonly string[], modified: number): Promise<void>;
  /** Another view of the same data, as after a restart. */
  reopen(): Promise<SourceStore>;
}

/** @param make an empty store each time */
export function sourceStoreContract(name: string, make: () => Promise<SourceStoreHarness>): void {
  async function contentOf(store: SourceStore, file: FileRef): Promise<[string, number]> {
    const { source, modified } = await store.open(file);
    const into = new Uint8Array(source.size + 1);
    const length = await source.read(0, into);
    await source.close?.();
    return [new TextDecoder().decode(into.subarray(0, length)), modified];
  }

  describe(`SourceStore: ${name}`, () => {
    it('[TR12] finds what was put there, each file its own, after a restart too', async () => {
      const { store, put, reopen } = await make();
      await put(A, ['first', '', 'drei äöü'], 77);
      for (const one of [store, await reopen()]) {
        expect(await contentOf(one, { transferId: A, fileId: 0 })).toEqual(['first', 77]);
        expect(await contentOf(one, { transferId: A, fileId: 1 })).toEqual(['', 77]);
        expect(await contentOf(one, { transferId: A, fileId: 2 })).toEqual(['drei äöü', 77]);
      }
    });

    it('what was moved is found under the new name only, after a restart too', async () => {
      const { store, put, reopen } = await make();
      await put(A, ['first', 'second'], 77);
      const [from, to] = [
        { transferId: A, fileId: 1 },
        { transferId: B, fileId: 0 },
      ];
      await store.move(from, to);
      for (const one of [store, await reopen()]) {
        expect(await contentOf(one, to)).toEqual(['second', 77]);
        expect(await contentOf(one, { transferId: A, fileId: 0 })).toEqual(['first', 77]);
        await expect(one.open(from)).rejects.toMatchObject({ name: 'SourceError' });
      }
    });

    it('a move outlives the release of the transfer that it came from', async () => {
      const { store, put, reopen } = await make();
      await put(A, ['first'], 77);
      const to = { transferId: B, fileId: 0 };
      await store.move({ transferId: A, fileId: 0 }, to);
      await store.release(A);
      expect(await contentOf(await reopen(), to)).toEqual(['first', 77]);
    });

    it('[TR19] a file may move within its transfer', async () => {
      const { store, put } = await make();
      await put(A, ['first'], 77);
      await store.move({ transferId: A, fileId: 0 }, { transferId: A, fileId: 9 });
      expect(await contentOf(store, { transferId: A, fileId: 9 })).toEqual(['first', 77]);
    });

    it('of what was released nothing is found', async () => {
      const { store, put, reopen } = await make();
      await put(A, ['first'], 77);
      await put(B, ['other'], 78);
      await store.release(A);
      for (const one of [store, await reopen()]) {
        await expect(one.open({ transferId: A, fileId: 0 })).rejects.toMatchObject({
          name: 'SourceError',
        });
        expect(await contentOf(one, { transferId: B, fileId: 0 })).toEqual(['other', 78]);
      }
    });

    it('moving and releasing what is not there is no error', async () => {
      const { store } = await make();
      await store.move({ transferId: A, fileId: 0 }, { transferId: B, fileId: 0 });
      await store.release(A);
      await expect(store.open({ transferId: B, fileId: 0 })).rejects.toMatchObject({
        name: 'SourceError',
      });
    });
  });
}
