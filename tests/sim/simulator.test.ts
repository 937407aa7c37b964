import { describe, expect, it } from 'vitest';
import { simulateCrypto } from './crypto.ts';
import { planOf } from './plan.ts';
import { simulate } from './run.ts';
import { assertRun, ONLY_SEED, simulatedRuns } from './runs.ts';

// Two engines over a virtual network, with virtual disks, clocks and persons, and all that can go
// wrong. Half of the runs of `npm test`; `simulator-more.test.ts` has the other half.

if (ONLY_SEED !== undefined) {
  it(`seed ${ONLY_SEED}`, async () => {
    await assertRun(Number(ONLY_SEED));
  });
} else {
  describe('the simulator', () => {
    it('does the same for the same seed', async () => {
      for (const seed of [3, 14, 159]) {
        const [first, second] = [
          await simulate(planOf(seed), true),
          await simulate(planOf(seed), true),
        ];
        expect(first.trace.length).toBeGreaterThan(20);
        expect(second).toEqual(first);
        expect((await simulate(planOf(seed + 1), true)).trace).not.toEqual(first.trace);
      }
    });

    it('seals, opens and hashes as WebCrypto does', async () => {
      const data = crypto.getRandomValues(new Uint8Array(5000));
      const raw = crypto.getRandomValues(new Uint8Array(32));
      const gcm = { name: 'AES-GCM', iv: crypto.getRandomValues(new Uint8Array(12)) };
      const all = async () => {
        const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [
          'encrypt',
          'decrypt',
        ]);
        const sealed = await crypto.subtle.encrypt(gcm, key, data);
        const opened = await crypto.subtle.decrypt(gcm, key, sealed);
        const spoiled = new Uint8Array(sealed);
        spoiled[7] = (spoiled[7] ?? 0) ^ 1;
        const refused = await crypto.subtle.decrypt(gcm, key, spoiled).then(
          () => 'opened',
          () => 'refused',
        );
        const digest = await crypto.subtle.digest('SHA-256', data);
        return [sealed, opened, digest]
          .map((bytes) => Buffer.from(bytes).toString('hex'))
          .concat(refused);
      };
      const real = await all();
      expect(real.at(-1)).toBe('refused');
      simulateCrypto({ world: { soon: (task) => task() }, latency: 'any' });
      try {
        expect(await all()).toEqual(real);
      } finally {
        simulateCrypto(null);
      }
    });
  });

  simulatedRuns(1, 1000);
}
