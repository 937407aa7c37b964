import { flush, memoryChannelPair, type MemoryChannel } from '../unit/transfer/memory-channel.ts';
import {
  MemoryLedger,
  MemoryOriginal,
  MemorySinkStore,
  MemorySource,
  MemorySourceStore,
  MemoryTransferStore,
} from '../unit/transfer/memory-stores.ts';
import { byteChannelContract } from './byte-channel.contract.ts';
import { ledgerContract } from './ledger.contract.ts';
import { sinkStoreContract } from './sink-store.contract.ts';
import { sourceContract } from './source.contract.ts';
import { sourceStoreContract } from './source-store.contract.ts';
import { transferStoreContract } from './transfer-store.contract.ts';

// The doubles that all other tests of the core stand on keep the same contracts as the real ones.

const pairs: MemoryChannel[] = [];
byteChannelContract('in memory', {
  pair: () => {
    const pair = memoryChannelPair();
    pairs.push(...pair);
    return Promise.resolve(pair);
  },
  until: (condition) => {
    flush(...pairs);
    return condition() ? Promise.resolve() : Promise.reject(new Error('it never holds'));
  },
});
sourceContract('in memory', (bytes) => Promise.resolve(new MemorySource(bytes)));
sinkStoreContract('in memory', () => Promise.resolve(new MemorySinkStore()));
transferStoreContract('in memory', () => {
  const store = new MemoryTransferStore();
  return Promise.resolve({ store, reopen: () => Promise.resolve(store) });
});
ledgerContract('in memory', () => {
  const ledger = new MemoryLedger();
  return Promise.resolve({ ledger, reopen: () => Promise.resolve(ledger) });
});
sourceStoreContract('in memory', () => {
  const store = new MemorySourceStore();
  return Promise.resolve({
    store,
    put: (transferId, contents, modified) => {
      for (const [fileId, content] of contents.entries()) {
        const bytes = new TextEncoder().encode(content);
        store.put({ transferId, fileId }, new MemoryOriginal(bytes, modified));
      }
      return Promise.resolve();
    },
    reopen: () => Promise.resolve(store),
  });
});
