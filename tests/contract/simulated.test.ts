import { afterEach } from 'vitest';
import {
  MemoryLedger,
  MemoryOriginal,
  MemorySinkStore,
  MemorySource,
  MemorySourceStore,
  MemoryTransferStore,
} from '../unit/transfer/memory-stores.ts';
import { Dice } from '../sim/dice.ts';
import { Life } from '../sim/life.ts';
import { SimChannel } from '../sim/network.ts';
import { World } from '../sim/world.ts';
import { byteChannelContract } from './byte-channel.contract.ts';
import { ledgerContract } from './ledger.contract.ts';
import { sinkStoreContract } from './sink-store.contract.ts';
import { sourceContract } from './source.contract.ts';
import { sourceStoreContract } from './source-store.contract.ts';
import { transferStoreContract } from './transfer-store.contract.ts';

// The simulator's network and disks, where everything takes its time, keep the same contracts.

const running = new Set<World>();

/** A world that turns by itself, since whoever keeps a contract only waits. */
function turningWorld(seed: number): World {
  const world = new World(new Dice(seed), 3, false);
  running.add(world);
  const turn = async (): Promise<void> => {
    while (running.has(world)) await world.step();
  };
  void turn();
  return world;
}

afterEach(() => running.clear());

const life = (seed: number): Life => new Life(turningWorld(seed), 'any');

byteChannelContract('simulated', {
  pair: () => {
    const world = turningWorld(1);
    const end = (name: string) => new SimChannel(world, name, 262_144, () => null);
    const [a, b] = [end('a'), end('b')];
    SimChannel.pair(a, b);
    return Promise.resolve([a, b]);
  },
  until: async (condition) => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  },
});

sourceContract('simulated', (bytes) => Promise.resolve(life(2).source(new MemorySource(bytes))));

sinkStoreContract('simulated', () =>
  Promise.resolve(life(3).sinkStore(new MemorySinkStore(), () => undefined)),
);

transferStoreContract('simulated', () => {
  const store = new MemoryTransferStore();
  const own = life(4);
  const open = () => own.transferStore(store, 'records');
  return Promise.resolve({ store: open(), reopen: () => Promise.resolve(open()) });
});

ledgerContract('simulated', () => {
  const ledger = new MemoryLedger();
  const own = life(5);
  const open = () => own.ledger(ledger);
  return Promise.resolve({ ledger: open(), reopen: () => Promise.resolve(open()) });
});

sourceStoreContract('simulated', () => {
  const store = new MemorySourceStore();
  const own = life(6);
  const open = () => own.sourceStore(store);
  return Promise.resolve({
    store: open(),
    put: (transferId, contents, modified) => {
      for (const [fileId, content] of contents.entries()) {
        const bytes = new TextEncoder().encode(content);
        store.put({ transferId, fileId }, new MemoryOriginal(bytes, modified));
      }
      return Promise.resolve();
    },
    reopen: () => Promise.resolve(open()),
  });
});
