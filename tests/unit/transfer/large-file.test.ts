import { createDecipheriv } from 'node:crypto';
import { expect, it } from 'vitest';
import { fromHex, randomBytes } from '../../../lib/crypto/bytes.ts';
import { ControlOpener } from '../../../lib/crypto/control-seal.ts';
import { deriveFileKey } from '../../../lib/crypto/file-keys.ts';
import { decodeChunkFrame } from '../../../lib/protocol/chunk-frame.ts';
import { HASH_BYTES } from '../../../lib/protocol/limits.ts';
import { decodeControl } from '../../../lib/protocol/messages.ts';
import { Bitmap } from '../../../lib/transfer/bitmap.ts';
import { layoutOf } from '../../../lib/transfer/chunking.ts';
import { Engine } from '../../../lib/transfer/engine.ts';
import type { EngineEvent } from '../../../lib/transfer/events.ts';
import { Journal } from '../../../lib/transfer/journal.ts';
import { leafOf } from '../../../lib/transfer/merkle.ts';
import type { SinkStore, SourceStore } from '../../../lib/transfer/ports.ts';
import type { StoredFile, TransferHead } from '../../../lib/transfer/records.ts';
import { flush, type MemoryChannel } from './memory-channel.ts';
import {
  FakeClock,
  MemoryLedger,
  MemorySinkStore,
  MemorySourceStore,
  MemoryTransferStore,
} from './memory-stores.ts';
import { newId, newWire, settle, type Wire } from './rig.ts';
import { SparseContent, sparseSources, SparseSinks } from './sparse.ts';

const GIB = 1024 ** 3;
const CHUNK = 65_536;
const SIZE = 6 * GIB + 12_345;
const LAYOUT = layoutOf(SIZE, CHUNK);
/** [TR4] The first chunk of the second key group, which begins at byte 2^32 exactly. */
const BORDER = 65_536;
const MISSING = [
  0,
  32_767,
  32_768,
  BORDER - 1,
  BORDER,
  BORDER + 1,
  LAYOUT.count - 2,
  LAYOUT.count - 1,
];
const missing = new Set(MISSING);
/** Reading 6 GiB back, on cores that other tests share. */
const TEST_MS = 180_000;
const MODIFIED = 1000;

const content = new SparseContent(SIZE, CHUNK, (chunk) => missing.has(chunk));

/** What both had written down of a transfer of which only a few chunks are missing. */
async function journal(sinks: SinkStore, transferId: string): Promise<void> {
  const zeros = await leafOf(new Uint8Array(1 + CHUNK));
  const bits = new Bitmap(LAYOUT.count);
  const leaves = new Uint8Array(LAYOUT.count * HASH_BYTES);
  for (let chunk = 0; chunk < LAYOUT.count; chunk++) {
    if (missing.has(chunk)) continue;
    bits.add(chunk);
    leaves.set(zeros, chunk * HASH_BYTES);
  }
  const file = { sinks, clock: new FakeClock(), transferId, fileId: 0 };
  const written = new Journal(file, { layout: LAYOUT, bits, leaves }, false, () =>
    Promise.resolve(),
  );
  written.noteLeaves(0, LAYOUT.count);
  written.noteChunk(1);
  await written.close();
}

function records(transferId: string, direction: 'send' | 'receive'): MemoryTransferStore {
  const store = new MemoryTransferStore();
  const about = {
    transferId,
    kind: 'files',
    count: 1,
    totalBytes: SIZE,
    note: null,
    createdAt: 1_799_999_000_000,
    startedAt: 1_799_999_100_000,
    firstByteAt: null,
    storedAt: null,
    endedAt: null,
    doneBytes: 0,
    doneFiles: 0,
    wireBytes: 0,
    pausedByMe: false,
  } as const;
  const head: TransferHead =
    direction === 'send'
      ? { ...about, deviceId: 'bob', direction, state: { type: 'connecting' } }
      : { ...about, deviceId: 'alice', direction, state: { type: 'paused', by: 'connection' } };
  const file: StoredFile = {
    fileId: 0,
    path: 'disk.img',
    safePath: 'disk.img',
    size: SIZE,
    mime: 'application/octet-stream',
    modified: MODIFIED,
    state: 'transferring',
    root: null,
  };
  store.transfers.set(transferId, { head, files: [file] });
  return store;
}

async function device(
  store: MemoryTransferStore,
  sinks: SinkStore,
  sources: SourceStore,
): Promise<{ engine: Engine; events: EngineEvent[] }> {
  const events: EngineEvent[] = [];
  const engine = new Engine({
    store,
    sinks,
    sources,
    ledger: new MemoryLedger(),
    clock: new FakeClock(),
    random: randomBytes,
    onEvent: (event) => events.push(event),
  });
  await engine.start();
  return { engine, events };
}

/** Everything that is sent over this end from now on. */
function copies(channel: MemoryChannel): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const send = channel.send.bind(channel);
  channel.send = (frame) => {
    frames.push(frame.slice());
    send(frame);
  };
  return frames;
}

function start(told: readonly Uint8Array[], { keys, pcId }: Wire) {
  const opener = new ControlOpener({ controlKey: keys.control, pcId, dir: 'i2r' });
  for (const frame of told) {
    const message = decodeControl(opener.open(frame));
    if (message.type === 'start') return message;
  }
  throw new Error('the file was never started');
}

it(
  '[TR4][TR5][TR17] of a sparse file of 6 GiB only what is missing travels, past 2^32 and the key group’s border',
  async () => {
    const transferId = newId();
    const sinks = new SparseSinks(content, CHUNK, (chunk) => !missing.has(chunk));
    const outgoing = new MemorySinkStore();
    await journal(sinks, transferId);
    await journal(outgoing, transferId);
    const sources = sparseSources(content, MODIFIED);
    const alice = await device(records(transferId, 'send'), outgoing, sources);
    const bob = await device(records(transferId, 'receive'), sinks, new MemorySourceStore());

    const wire = newWire({ maxMessageSize: 70_000 });
    const [lane] = wire.lanes;
    if (lane === undefined) throw new Error('a wire has a lane');
    const frames = copies(lane[0]);
    const told = copies(wire.control[0]);
    const channels = [...wire.control, ...lane];
    for (const [side, { engine }] of [alice, bob].entries()) {
      const end = side === 0 ? 0 : 1;
      engine.attachSession({
        sessionId: wire.sessionId,
        deviceId: side === 0 ? 'bob' : 'alice',
        role: side === 0 ? 'i2r' : 'r2i',
        keys: wire.keys,
        pcId: wire.pcId,
        control: wire.control[end],
        lanes: wire.lanes.map((lane) => lane[end]),
      });
    }
    const states = () => [alice, bob].map(({ engine }) => engine.snapshots()[0]);
    await settle(
      () => flush(...channels),
      () => states().every((one) => one?.doneFiles === 1),
    );

    // Exactly these, each once, each in its place.
    const sent = frames.map((frame) => decodeChunkFrame(frame));
    expect(sent.map(({ chunkIndex }) => chunkIndex).sort((a, b) => a - b)).toEqual(MISSING);
    expect(sinks.wrong).toEqual([]);
    const offsets = MISSING.map((chunk) => chunk * CHUNK);
    expect([...sinks.offsets].sort((a, b) => a - b)).toEqual(offsets);
    expect(offsets.filter((offset) => offset >= 2 ** 32)).toHaveLength(4);
    expect(offsets).toContain(2 ** 32);

    // [TR4], [TR5] by the letter: a key and a nonce prefix for each 65,536 chunks, the index within.
    const { salt } = start(told, wire);
    for (const { chunkIndex, ciphertext } of sent) {
      const plain = new Uint8Array(ciphertext.length - 16);
      content.fill(chunkIndex * CHUNK, plain);
      const group = chunkIndex >= BORDER ? 1 : 0;
      const context = {
        fileRoot: wire.keys.fileRoot,
        salt,
        dir: 'i2r',
        fileId: 0,
        size: SIZE,
      } as const;
      const { key, prefix } = deriveFileKey({
        ...context,
        transferId: fromHex(transferId),
        chunkSize: CHUNK,
        group,
      });
      const nonce = Buffer.alloc(12);
      nonce.set(prefix);
      nonce.writeUInt32BE(chunkIndex - group * BORDER, 7);
      nonce[11] = chunkIndex === LAYOUT.count - 1 ? 1 : 0;
      const opener = createDecipheriv('aes-256-gcm', key, nonce);
      opener.setAuthTag(ciphertext.subarray(-16));
      const opened = Buffer.concat([opener.update(ciphertext.subarray(0, -16)), opener.final()]);
      expect(Buffer.compare(opened, plain)).toBe(0);
    }

    const [sender, receiver] = states();
    expect(sender?.state.type).toBe('delivered');
    expect(receiver?.state.type).toBe('stored');
    const last = SIZE - (LAYOUT.count - 1) * CHUNK;
    const bytes = (MISSING.length - 1) * (CHUNK + 16) + last + 16;
    expect(sender?.wireBytes).toBe(bytes);
    expect(receiver?.wireBytes).toBe(bytes);
    expect(sender?.doneBytes).toBe(SIZE);
    expect(receiver?.doneBytes).toBe(SIZE);
    const stored = bob.events.find((event) => event.type === 'file-stored');
    expect(stored).toMatchObject({ size: SIZE, sinkRef: { fileId: 0, offset: 0 } });
    await Promise.all([alice.engine.shutdown(), bob.engine.shutdown()]);
    expect(outgoing.journals.size, 'nothing is left of it here').toBe(0);
  },
  TEST_MS,
);
