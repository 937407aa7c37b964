import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { vi } from 'vitest';
import { OpfsSinks } from '../../lib/files/opfs-sinks.ts';
import { BlobSource } from '../../lib/files/blob-source.ts';
import { TransferLedger } from '../../lib/files/transfer-ledger.ts';
import { TransferRecords } from '../../lib/files/transfer-records.ts';
import { DataChannelBytes } from '../../lib/rtc/data-channel.ts';
import { RelayedBytes, relayChannel } from '../../lib/rtc/relayed-channel.ts';
import { fakeChannelPair } from '../unit/rtc/fake-channel.ts';
import { byteChannelContract } from './byte-channel.contract.ts';
import { ledgerContract } from './ledger.contract.ts';
import { sourceContract } from './source.contract.ts';
import { sourceStoreContract } from './source-store.contract.ts';
import { sinkStoreContract } from './sink-store.contract.ts';
import { FakeOpfs } from '../unit/files/fake-opfs.ts';
import { DEVICE, item, OutboxRig } from '../unit/files/outbox-rig.ts';
import { transferStoreContract } from './transfer-store.contract.ts';

// The real adapters that a test can run without a browser; the others run in the end-to-end tests.

byteChannelContract('a data channel', {
  pair: async () => {
    const channels = fakeChannelPair();
    const pair = channels.map((channel) => {
      const bytes = new DataChannelBytes(channel as unknown as RTCDataChannel);
      bytes.maxMessageSize = 262_144;
      return bytes;
    });
    for (const channel of channels) channel.open();
    const [a, b] = pair;
    if (!a || !b) throw new Error('a pair was made');
    return [a, b];
  },
  until: (condition) =>
    vi.waitFor(() => {
      if (!condition()) throw new Error('it does not hold yet');
    }),
});

byteChannelContract('a data channel that is relayed over a port', {
  pair: async () => {
    const channels = fakeChannelPair();
    const [a, b] = channels.map((channel) => {
      const { port1, port2 } = new MessageChannel();
      relayChannel(channel as unknown as RTCDataChannel, port1 as unknown as MessagePort);
      const bytes = new RelayedBytes(port2 as unknown as MessagePort);
      bytes.maxMessageSize = 262_144;
      return bytes;
    });
    for (const channel of channels) channel.open();
    if (!a || !b) throw new Error('a pair was made');
    return [a, b];
  },
  until: (condition) =>
    vi.waitFor(() => {
      if (!condition()) throw new Error('it does not hold yet');
    }),
});

sourceContract('a blob', async (bytes) => new BlobSource(new Blob([bytes.slice()])));

sinkStoreContract('OPFS', async () => {
  const opfs = new FakeOpfs();
  vi.stubGlobal('navigator', {
    storage: {
      getDirectory: async () => opfs.directory(),
      estimate: async () => ({ quota: 1000, usage: 1 }),
    },
  });
  return new OpfsSinks();
});

transferStoreContract('IndexedDB', async () => {
  globalThis.indexedDB = new IDBFactory();
  return { store: new TransferRecords(), reopen: async () => new TransferRecords() };
});

ledgerContract('IndexedDB', async () => {
  globalThis.indexedDB = new IDBFactory();
  return { ledger: new TransferLedger(), reopen: async () => new TransferLedger() };
});

sourceStoreContract('the outbox', async () => {
  const rig = new OutboxRig();
  const store = rig.start();
  return {
    store,
    async put(transferId, contents, modified) {
      const items = contents.map((content, i) => item(`${i}`, content, { modified }));
      await store.keep({ transferId, deviceId: DEVICE, kind: 'files', items });
      await store.idle();
    },
    reopen: async () => rig.start(),
  };
});
