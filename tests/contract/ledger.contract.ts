import { describe, expect, it } from 'vitest';
import type { Ledger, SentContent, SentFile } from '../../lib/transfer/ports.ts';

const [ANNA, BERT] = ['a'.repeat(64), 'b'.repeat(64)];
const [ROOT, OTHER] = ['0f'.repeat(32), 'a1'.repeat(32)];
const FILE: SentFile = {
  path: 'Ferien/Möwe 🐦.jpg',
  size: 5_000_000_000,
  modified: 1_700_000_000_123,
};
const SMALL: SentContent = { root: ROOT, chunkSize: 65_536 };
const LARGE: SentContent = { root: OTHER, chunkSize: 245_760 };
const SAVED = { transferId: '0f'.repeat(16), fileId: 3 };

/** @param make an empty ledger each time, and another view of the same data, as after a restart */
export function ledgerContract(
  name: string,
  make: () => Promise<{ ledger: Ledger; reopen: () => Promise<Ledger> }>,
): void {
  describe(`Ledger: ${name}`, () => {
    it('[TR18] knows the root that was delivered under a path, size and date, over restarts', async () => {
      const { ledger, reopen } = await make();
      expect(await ledger.sent(ANNA, FILE)).toBeNull();
      await ledger.putSent(ANNA, FILE, SMALL);
      expect(await (await reopen()).sent(ANNA, FILE)).toEqual(SMALL);
    });

    it.each<[string, Partial<SentFile>]>([
      ['path', { path: 'Ferien/Möwe.jpg' }],
      ['size', { size: 5_000_000_001 }],
      ['date', { modified: 1_700_000_000_124 }],
    ])('[TR18] another %s is another file', async (_what, other) => {
      const { ledger } = await make();
      await ledger.putSent(ANNA, FILE, SMALL);
      expect(await ledger.sent(ANNA, { ...FILE, ...other })).toBeNull();
    });

    it('[TR18] what was delivered again replaces what was known', async () => {
      const { ledger } = await make();
      await ledger.putSent(ANNA, FILE, SMALL);
      await ledger.putSent(ANNA, FILE, LARGE);
      expect(await ledger.sent(ANNA, FILE)).toEqual(LARGE);
    });

    it('[TR18] knows where content of a root was saved, over restarts', async () => {
      const { ledger, reopen } = await make();
      expect(await ledger.received(ANNA, ROOT, 7)).toBeNull();
      await ledger.putReceived(ANNA, ROOT, 7, SAVED);
      expect(await (await reopen()).received(ANNA, ROOT, 7)).toEqual(SAVED);
      expect(await ledger.received(ANNA, ROOT, 8)).toBeNull();
      expect(await ledger.received(ANNA, OTHER, 7)).toBeNull();
    });

    it('[TR18] says nothing of what another device delivered', async () => {
      const { ledger } = await make();
      await ledger.putSent(ANNA, FILE, SMALL);
      await ledger.putReceived(ANNA, ROOT, 7, SAVED);
      expect(await ledger.sent(BERT, FILE)).toBeNull();
      expect(await ledger.received(BERT, ROOT, 7)).toBeNull();
    });

    it('[RM1] forgets a device and no other', async () => {
      const { ledger } = await make();
      for (const device of [ANNA, BERT]) {
        await ledger.putSent(device, FILE, SMALL);
        await ledger.putReceived(device, ROOT, 7, SAVED);
      }
      await ledger.forget(ANNA);
      expect(await ledger.sent(ANNA, FILE)).toBeNull();
      expect(await ledger.received(ANNA, ROOT, 7)).toBeNull();
      expect(await ledger.sent(BERT, FILE)).toEqual(SMALL);
      expect(await ledger.received(BERT, ROOT, 7)).toEqual(SAVED);
    });

    it('takes thousands at once', async () => {
      const { ledger } = await make();
      const files = Array.from({ length: 2000 }, (_, i) => ({ ...FILE, path: `small/${i}` }));
      await Promise.all(files.map((file) => ledger.putSent(ANNA, file, SMALL)));
      expect(await ledger.sent(ANNA, { ...FILE, path: 'small/0' })).toEqual(SMALL);
      expect(await ledger.sent(ANNA, { ...FILE, path: 'small/1999' })).toEqual(SMALL);
    });
  });
}
