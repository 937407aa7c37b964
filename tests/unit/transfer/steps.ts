import type { TransferKind } from '../../../lib/protocol/kinds.ts';
import type { SendItem } from '../../../lib/transfer/events.ts';
import type { MemoryOriginal } from './memory-stores.ts';
import { flush } from './memory-channel.ts';
import { attach, newId, newWire, settle, type Device, type Rig } from './rig.ts';

/** Alice offers, and Bob is asked. Sources outlast a restart. */
export async function offered(
  rig: Rig,
  items: SendItem[],
  kind: TransferKind = 'files',
): Promise<string> {
  return (await offeredWith(rig, items, kind)).id;
}

/** As `offered`; with the files on Alice's disk. */
export async function offeredWith(
  rig: Rig,
  items: SendItem[],
  kind: TransferKind = 'files',
): Promise<{ id: string; originals: MemoryOriginal[] }> {
  const id = newId();
  const before = rig.bob.told('offer-received').length;
  const originals = rig.alice.send('bob', { transferId: id, kind, items });
  await rig.run(() => rig.bob.told('offer-received').length > before);
  return { id, originals };
}

export async function accepted(
  rig: Rig,
  items: SendItem[],
  kind: TransferKind = 'files',
): Promise<string> {
  const id = await offered(rig, items, kind);
  await rig.bob.engine.decide(id, { type: 'accept' });
  return id;
}

export async function delivered(
  rig: Rig,
  items: SendItem[],
  kind: TransferKind = 'files',
): Promise<string> {
  const id = await accepted(rig, items, kind);
  await rig.run(() => rig.alice.state(id) === 'delivered');
  await rig.quiet();
  return id;
}

/** Accepted, and so many bytes are on Bob's disk. */
export async function halfway(
  rig: Rig,
  items: SendItem[],
  bytes = 1,
): Promise<{ id: string; originals: MemoryOriginal[] }> {
  const { id, originals } = await offeredWith(rig, items);
  await rig.bob.engine.decide(id, { type: 'accept' });
  await rig.run(() => rig.bob.snapshot(id).doneBytes >= bytes);
  return { id, originals };
}

export function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

/** Both ends of a new session, for devices that need not be the rig's own any more. */
export function reconnect(rig: Rig, alice: Device = rig.alice, bob: Device = rig.bob): void {
  rig.wire = newWire();
  attach(alice, 'bob', rig.wire, 0);
  attach(bob, 'alice', rig.wire, 1);
}

/**
 * The document dies at once: nothing is closed.
 *
 * @param unflushed what becomes of bytes that were written and not flushed
 */
export async function killed(device: Device, unflushed: 'kept' | 'lost' = 'kept'): Promise<Device> {
  device.sinks.crash(() => (unflushed === 'kept' ? 0 : 0.9));
  device.store.crash(() => 0.999);
  const again = device.restarted();
  await again.engine.start();
  return again;
}

/** The document is closed, and opened anew. */
export async function restarted(device: Device): Promise<Device> {
  await device.engine.shutdown();
  const again = device.restarted();
  await again.engine.start();
  return again;
}

/** What a file's snapshot says. */
export function fileState(device: Device, transferId: string, fileId: number): string | undefined {
  return device.snapshot(transferId).files.find((file) => file.fileId === fileId)?.state;
}

/** Chunk frames that Alice puts on her lanes from now on, in bytes of ciphertext and in number. */
export function watchFrames(rig: Rig): { readonly count: number; readonly bytes: number } {
  let count = 0;
  let bytes = 0;
  for (const [end] of rig.wire.lanes) {
    const send = end.send.bind(end);
    end.send = (frame) => {
      // A proof or a heartbeat is no chunk; a chunk has its header and a tag.
      count++;
      bytes += frame.length - 14;
      send(frame);
    };
  }
  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
  };
}

/** One frame at a time each way, until `done`. */
export async function slowly(rig: Rig, done: () => boolean): Promise<void> {
  await settle(() => rig.channels.filter((channel) => channel.deliver()).length, done);
}

/** No frame moves, and everything else does that still can: writes, timers that were due. */
export async function still(): Promise<void> {
  await settle(
    () => 0,
    () => false,
    'quiet',
  );
}

/** Bob hears everything, Alice nothing: the word that all is stored gets lost. */
export function lossy(rig: Rig) {
  return {
    deliverUntilStored: async (done: () => boolean) => {
      const fromAlice = [rig.wire.control[0], ...rig.wire.lanes.map(([end]) => end)];
      // The accept has to get through first.
      rig.wire.control[1].deliver();
      await settle(() => flush(...fromAlice), done);
    },
  };
}
