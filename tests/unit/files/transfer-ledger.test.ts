import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, expect, it } from 'vitest';
import { TransferLedger } from '../../../lib/files/transfer-ledger.ts';

const [ANNA, BERT] = ['a'.repeat(64), 'b'.repeat(64)];
const ROOT = '0f'.repeat(32);
const CONTENT = { root: ROOT, chunkSize: 65_536 } as const;
const file = (n: number) => ({ path: `${n}`, size: 1, modified: 1 });

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

it('keeps the newest of each device, and only these, over restarts', async () => {
  let time = 1000;
  const options = { kept: 20, slack: 5, now: () => time++ };
  let ledger = new TransferLedger(options);
  for (let n = 0; n < 3; n += 1) await ledger.putSent(BERT, file(n), CONTENT);
  for (let n = 0; n < 40; n += 1) {
    // A new document now and then: it has counted nothing yet.
    if (n % 9 === 0) ledger = new TransferLedger(options);
    await ledger.putSent(ANNA, file(n), CONTENT);
  }
  const known = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => (await ledger.sent(ANNA, file(n))) !== null),
  );
  const oldest = known.indexOf(true);
  expect(oldest).toBeGreaterThanOrEqual(40 - 20 - 5);
  expect(oldest).toBeLessThanOrEqual(40 - 20);
  expect(known.slice(oldest)).not.toContain(false);
  expect(await ledger.sent(BERT, file(0))).toEqual(CONTENT);
});

it('the same again is no second record', async () => {
  const ledger = new TransferLedger({ kept: 3, slack: 0 });
  for (let n = 0; n < 2; n += 1)
    await ledger.putReceived(ANNA, `${n}`, 1, { transferId: 't', fileId: n });
  for (let n = 0; n < 9; n += 1)
    await ledger.putReceived(ANNA, ROOT, 1, { transferId: 't', fileId: n });
  expect(await ledger.received(ANNA, '0', 1)).not.toBeNull();
  expect(await ledger.received(ANNA, ROOT, 1)).toEqual({ transferId: 't', fileId: 8 });
});

it('[TR18] a file of unknown date is never taken for one that was delivered', async () => {
  const ledger = new TransferLedger();
  const text = { path: 'text.txt', size: 3, modified: 0 };
  await ledger.putSent(ANNA, text, CONTENT);
  expect(await ledger.sent(ANNA, text)).toBeNull();
});
