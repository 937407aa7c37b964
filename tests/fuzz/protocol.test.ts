import { describe, expect, it } from 'vitest';
import { decodeChunkFrame, writeChunkHeader } from '../../lib/protocol/chunk-frame.ts';
import { ProtocolError } from '../../lib/protocol/errors.ts';
import { OFFER_WINDOW_MS } from '../../lib/protocol/limits.ts';
import { decodeControl, encodeControl, type ControlMessage } from '../../lib/protocol/messages.ts';
import { byteLength, PathClaims, safePath } from '../../lib/protocol/names.ts';
import { FakeClock, MemorySource } from '../unit/transfer/memory-stores.ts';
import { RawPeer } from '../unit/transfer/raw-peer.ts';
import { Device, newId, pattern } from '../unit/transfer/rig.ts';
import { Mutator } from './mutate.ts';

/** Real hashing and sealing, thousands of times, on cores that other tests share. */
const FUZZ_MS = 90_000;

const transferId = '000102030405060708090a0b0c0d0e0f';
const hash = new Uint8Array(32).fill(9);
/** A share that is an element: the generator of the group. */
const POINT = Uint8Array.from(
  Buffer.from('e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76', 'hex'),
);

function everyMessage(id: string): ControlMessage[] {
  const item = { fileId: 0, path: 'a/b.txt', size: 5, mime: 'text/plain', modified: 1 };
  return [
    { type: 'offer-begin', transferId: id, kind: 'files', count: 1, totalBytes: 5, note: 'hello' },
    {
      type: 'offer-begin',
      transferId: id,
      kind: 'files',
      count: 1,
      totalBytes: 5,
      lock: { salt: hash.slice(16) },
    },
    { type: 'offer-items', transferId: id, items: [item] },
    { type: 'offer-items', transferId: id, items: [{ ...item, merkleRoot: hash }] },
    { type: 'offer-end', transferId: id },
    { type: 'start', transferId: id, fileId: 0, salt: hash, tag: 0, chunkSize: 65_536 },
    { type: 'leaves', transferId: id, fileId: 0, from: 0, hashes: hash },
    { type: 'file-end', transferId: id, fileId: 0, merkleRoot: hash },
    { type: 'unlock-share', transferId: id, share: hash },
    { type: 'unlock-wrong', transferId: id, triesLeft: 4 },
    { type: 'unlocked', transferId: id, proof: hash },
    { type: 'stop', transferId: id, fileId: 0 },
    { type: 'pack', transferId: id, fileIds: [0], salt: hash, tag: 1, hashes: hash },
    { type: 'replace', transferId: id, fileId: 0, item: { ...item, fileId: 1 } },
    { type: 'done', transferId: id },
    { type: 'accept', transferId: id },
    { type: 'accept', transferId: id, proof: hash },
    { type: 'unlock', transferId: id, share: POINT },
    { type: 'unlock-proof', transferId: id, proof: hash },
    { type: 'decline', transferId: id, reason: 'declined' },
    {
      type: 'have',
      transferId: id,
      fileId: 0,
      chunkSize: 65_536,
      from: 0,
      bitmap: new Uint8Array([0x80]),
    },
    { type: 'resend', transferId: id, fileId: 0, chunks: [0, 1] },
    { type: 'stored', transferId: id, fileId: 0, merkleRoot: hash },
    { type: 'pack-stored', transferId: id, tag: 0, missing: [] },
    { type: 'there', transferId: id, fileId: 0, merkleRoot: hash },
    { type: 'again', transferId: id },
    { type: 'window', credit: 16_777_216 },
    { type: 'pause', transferId: id },
    { type: 'pause', transferId: id, fileId: 0 },
    { type: 'resume', transferId: id },
    { type: 'cancel', transferId: id, reason: 'cancelled' },
    { type: 'ping', nonce: 1 },
    {
      type: 'share-offer',
      shareId: id,
      source: 'tab',
      title: 'hello',
      audio: true,
      frames: true,
    },
    { type: 'share-accept', shareId: id, frames: true },
    { type: 'share-decline', shareId: id, reason: 'declined' },
    { type: 'share-stop', shareId: id, reason: 'stopped' },
    { type: 'media-offer', shareId: id, pcId: id, sdp: 'v=0' },
    { type: 'media-answer', shareId: id, pcId: id, sdp: 'v=0' },
    {
      type: 'media-candidate',
      shareId: id,
      pcId: id,
      candidate: 'c',
      sdpMid: null,
      sdpMLineIndex: 0,
    },
    { type: 'media-candidates-end', shareId: id, pcId: id },
    {
      type: 'media-key',
      shareId: id,
      kid: 1,
      inst: hash.slice(16),
      track: 'video',
      encoding: 0,
    },
    { type: 'share-pointer', shareId: id, x: 0.5, y: null },
    { type: 'share-settings', shareId: id, pointer: true, title: 'a page' },
    { type: 'removed' },
    { type: 'error', code: 'x' },
  ];
}

const encoded = everyMessage(transferId).map((message) => encodeControl(message));
const asJson = encoded.map((bytes): unknown => JSON.parse(new TextDecoder().decode(bytes)));

function mutatedControl(mutator: Mutator, bytes: readonly Uint8Array[], json: readonly unknown[]) {
  if (mutator.int(2) === 0) return mutator.bytes(mutator.pick(bytes));
  let value = mutator.json(mutator.pick(json));
  if (mutator.int(3) === 0) value = mutator.json(value);
  return new TextEncoder().encode(JSON.stringify(value));
}

const UNSAFE = /^$|^\.|[. ]$|[<>:"\\|?*\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

describe('100,000 mutated inputs', () => {
  it('[BP1][CT3] 75,000 control plaintexts: a typed error or a valid message', () => {
    const mutator = new Mutator(1);
    let valid = 0;
    for (let i = 0; i < 75_000; i++) {
      const plaintext = mutatedControl(mutator, encoded, asJson);
      let message: ControlMessage;
      try {
        message = decodeControl(plaintext);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw new Error(`input ${i}`, { cause: error });
        continue;
      }
      valid++;
      // What is taken for valid is one message, and comes out the same when it is told again.
      const again = encodeControl(message);
      if (Buffer.compare(encodeControl(decodeControl(again)), again) !== 0) {
        throw new Error(`input ${i} reads differently the second time`);
      }
    }
    expect(valid, 'some mutations leave a message valid').toBeGreaterThan(500);
    expect(valid, 'and most do not').toBeLessThan(50_000);
  });

  it('[BP1][TR2] 11,000 lane frames: a typed error or a whole header', () => {
    const mutator = new Mutator(2);
    const frame = new Uint8Array(60).fill(5);
    writeChunkHeader(frame, { tag: 1, fileId: 2, chunkIndex: 3 });
    let valid = 0;
    for (let i = 0; i < 11_000; i++) {
      const bytes = mutator.bytes(frame);
      try {
        const decoded = decodeChunkFrame(bytes);
        expect(decoded.ciphertext.length).toBe(bytes.length - 14);
        valid++;
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw new Error(`input ${i}`, { cause: error });
      }
    }
    expect(valid).toBeGreaterThan(1000);
    expect(valid).toBeLessThan(9000);
  });

  it('[BP2][BP3] 10,000 paths: always safe, never twice', () => {
    const mutator = new Mutator(3);
    const seeds = [
      '../../etc/passwd',
      'con.txt\u202egnp.exe',
      'a/b/c.tar.gz',
      'COM1',
      '漢字/👨‍👩‍👧.png',
      `${'x'.repeat(250)}.txt`,
      'e\u0301.txt',
    ];
    const claims = new PathClaims();
    const seen = new Set<string>();
    for (let i = 0; i < 10_000; i++) {
      const raw = new TextDecoder().decode(
        mutator.bytes(new TextEncoder().encode(mutator.pick(seeds))),
      );
      const path = i < 2000 ? claims.claim(raw) : safePath(raw);
      if (i < 2000) {
        if (seen.has(path.toLowerCase())) throw new Error(`input ${i}: ${raw} twice`);
        seen.add(path.toLowerCase());
      }
      const unsafe = path
        .split('/')
        .find((level) => UNSAFE.test(level) || DEVICE.test(level) || byteLength(level) > 255);
      if (unsafe !== undefined) throw new Error(`input ${i}: ${JSON.stringify([raw, unsafe])}`);
    }
  });

  it(
    '[BP1] 4,000 sealed messages and frames at a live engine: it goes on, or ends the session with a code',
    async () => {
      const mutator = new Mutator(4);
      const clock = new FakeClock();
      const device = new Device('target', clock);
      await device.engine.start();
      const bytes = pattern(150_000);
      const codes = new Map<string, number>();
      let inputs = 0;
      let sessions = 0;
      let frames = 0;
      while (inputs < 4000) {
        sessions++;
        device.events.length = 0;
        // Else one peer's sessions would soon have offered more than a minute takes ([TR14]).
        clock.advance(OFFER_WINDOW_MS);
        const peer = new RawPeer(device);
        const incoming = await peer.accepted([bytes]);
        const outgoing = newId();
        const items = [{ path: 'x', mime: '', modified: 0, source: new MemorySource(bytes) }];
        const lock = { salt: hash.slice(16), secret: hash };
        const locked = mutator.int(2) === 0 ? { lock } : {};
        device.engine.send('mallory', { transferId: outgoing, kind: 'files', items, ...locked });
        peer.post({ type: 'window', credit: 1_000_000 });
        if (mutator.int(2) === 0) peer.post({ type: 'accept', transferId: outgoing });
        const file = peer.start(incoming, 0, bytes);
        const chunks = [await file.frame(0), await file.frame(1), await file.frame(2)];
        const seeds = [
          ...everyMessage(incoming),
          ...everyMessage(outgoing),
          ...everyMessage(newId()),
        ]
          // A real `removed` or `error` ends the session at once: once in a while is enough.
          .filter(({ type }) => (type !== 'removed' && type !== 'error') || mutator.int(40) === 0)
          .map((message) => encodeControl(message));
        const json = seeds.map((seed): unknown => JSON.parse(new TextDecoder().decode(seed)));
        while (!peer.closed && inputs < 4000) {
          inputs++;
          const lane = mutator.int(4) === 0;
          if (lane) {
            frames++;
            const chunk = mutator.pick(chunks);
            const header = mutator.bytes(chunk.subarray(0, 14));
            peer.lane.send(
              mutator.int(2) === 0 ? chunk : Buffer.concat([header, chunk.subarray(14)]),
            );
          } else if (mutator.int(3) === 0) {
            peer.postBytes(mutator.pick(seeds));
          } else {
            peer.postBytes(mutatedControl(mutator, seeds, json));
          }
          for (const channel of [...peer.wire.control, ...peer.wire.lanes.flat()]) {
            while (channel.deliver());
          }
          if (inputs % 50 === 0) await peer.quiet();
        }
        await peer.quiet();
        for (const code of peer.sessionErrors) codes.set(code, (codes.get(code) ?? 0) + 1);
        expect(device.told('file-stored').length, 'no mutation is taken for a whole file').toBe(0);
        for (const { transferId: id } of device.engine.snapshots()) await device.engine.remove(id);
        device.engine.detachSession(peer.wire.sessionId, 'test');
        expect(device.sinks.files.size).toBe(0);
        expect(device.store.transfers.size).toBe(0);
      }
      expect(codes.get('internal') ?? 0, 'no code of ours broke').toBe(0);
      expect(sessions).toBeGreaterThan(100);
      expect(frames).toBeGreaterThan(500);
      // It reached deep enough to be refused for many different reasons.
      for (const code of ['bad-message', 'unknown-transfer', 'out-of-state', 'bad-manifest']) {
        expect(codes.get(code) ?? 0, code).toBeGreaterThan(0);
      }
    },
    FUZZ_MS,
  );
});
