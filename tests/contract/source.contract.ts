import { describe, expect, it } from 'vitest';
import type { Source } from '../../lib/transfer/ports.ts';

/** @param make a source of exactly these bytes */
export function sourceContract(
  name: string,
  make: (bytes: Uint8Array<ArrayBuffer>) => Promise<Source>,
): void {
  const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

  describe(`Source: ${name}`, () => {
    it('knows its size', async () => {
      expect((await make(bytes)).size).toBe(100_003);
      expect((await make(new Uint8Array(0))).size).toBe(0);
    });

    it('fills the whole buffer from any place, also through a view', async () => {
      const source = await make(bytes);
      const whole = new Uint8Array(1 + 5000).fill(0xaa);
      expect(await source.read(70_001, whole.subarray(1))).toBe(5000);
      expect(whole[0]).toBe(0xaa);
      expect(Buffer.compare(whole.subarray(1), bytes.subarray(70_001, 75_001))).toBe(0);
    });

    it('answers less only where it ends', async () => {
      const source = await make(bytes);
      const into = new Uint8Array(10).fill(0xaa);
      expect(await source.read(100_000, into)).toBe(3);
      expect([...into.subarray(0, 3)]).toEqual([...bytes.subarray(100_000)]);
      expect(await source.read(100_003, into)).toBe(0);
    });

    it('reads that overlap do not disturb each other', async () => {
      const source = await make(bytes);
      const reads = Array.from({ length: 8 }, async (_, i) => {
        const into = new Uint8Array(10_000);
        await source.read(i * 10_000, into);
        return Buffer.compare(into, bytes.subarray(i * 10_000, (i + 1) * 10_000));
      });
      expect(await Promise.all(reads)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    });
  });
}
