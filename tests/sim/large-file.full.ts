import { expect, it } from 'vitest';
import { randomBytes } from '../../lib/crypto/bytes.ts';
import { Engine } from '../../lib/transfer/engine.ts';
import type { SinkStore, SourceStore } from '../../lib/transfer/ports.ts';
import { flush } from '../unit/transfer/memory-channel.ts';
import {
  FakeClock,
  MemoryLedger,
  MemorySinkStore,
  MemorySourceStore,
  MemoryTransferStore,
} from '../unit/transfer/memory-stores.ts';
import { newId, newWire, settle } from '../unit/transfer/rig.ts';
import { SparseContent, sparseSources, SparseSinks } from '../unit/transfer/sparse.ts';

const CHUNK = 65_536;
const SIZE = 6 * 1024 ** 3 + 12_345;
const CHUNKS = Math.ceil(SIZE / CHUNK);

/** Every block of it says where it belongs. */
const content = new SparseContent(SIZE, CHUNK, null);

async function engine(sinks: SinkStore, sources: SourceStore): Promise<Engine> {
  const made = new Engine({
    store: new MemoryTransferStore(),
    sinks,
    sources,
    ledger: new MemoryLedger(),
    clock: new FakeClock(),
    random: randomBytes,
    onEvent: () => undefined,
  });
  await made.start();
  return made;
}

// tests/unit/transfer/large-file.test.ts sends what is missing of such a file; here all of it goes.
it('[TR4][TR9] 6 GiB from the first byte to the last, each block in its place', async () => {
  const transferId = newId();
  const sinks = new SparseSinks(content, CHUNK, () => false);
  const alice = await engine(new MemorySinkStore(), sparseSources(content, 1000));
  const bob = await engine(sinks, new MemorySourceStore());
  // Messages that carry the smallest chunks and no larger ones: the most of them.
  const wire = newWire({ maxMessageSize: 70_000 });
  for (const end of [0, 1] as const) {
    (end === 0 ? alice : bob).attachSession({
      sessionId: wire.sessionId,
      deviceId: end === 0 ? 'bob' : 'alice',
      role: end === 0 ? 'i2r' : 'r2i',
      keys: wire.keys,
      pcId: wire.pcId,
      control: wire.control[end],
      lanes: wire.lanes.map((lane) => lane[end]),
    });
  }
  const item = { path: 'disk.img', mime: '', modified: 1000, source: content };
  alice.send('bob', { transferId, kind: 'files', items: [item] });
  const channels = [...wire.control, ...wire.lanes.flat()];
  const stateOf = (one: Engine) => one.snapshots()[0]?.state.type;
  await settle(
    () => flush(...channels),
    () => stateOf(bob) === 'offered',
  );
  await bob.decide(transferId, { type: 'accept' });
  await settle(
    () => flush(...channels),
    () => stateOf(alice) === 'delivered' && stateOf(bob) === 'stored',
  );
  expect(sinks.wrong).toEqual([]);
  expect(sinks.offsets).toHaveLength(CHUNKS);
  expect(new Set(sinks.offsets).size).toBe(CHUNKS);
  expect(alice.snapshots()[0]?.wireBytes).toBe(SIZE + CHUNKS * 16);
  await Promise.all([alice.shutdown(), bob.shutdown()]);
});
