import { describe, expect, it } from 'vitest';
import type { OfferedItem } from '../../../lib/protocol/messages.ts';
import { MAX_VERSIONS } from '../../../lib/protocol/limits.ts';
import type { SendItem } from '../../../lib/transfer/events.ts';
import type { MemoryOriginal } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, item, pattern, Rig } from './rig.ts';
import { fileState, killed, lossy, offeredWith, reconnect, same, slowly, still } from './steps.ts';

/** More than may be read ahead of what has arrived. */
const OLD = pattern(6_000_000);
const NEW = pattern(2_500_000, 5);

/** Some of it is there, and more is to be read. */
async function halfway(rig: Rig, items: SendItem[]) {
  const { id, originals } = await offeredWith(rig, items);
  await rig.bob.engine.decide(id, { type: 'accept' });
  await slowly(rig, () => rig.bob.snapshot(id).doneBytes > 0);
  return { id, originals };
}

function noBreach(...devices: Device[]): void {
  for (const device of devices) {
    const codes = device.told('session-error').map(({ code }) => code);
    expect(codes.filter((code) => code !== 'channel-closed')).toEqual([]);
  }
}

function only(originals: readonly MemoryOriginal[]): MemoryOriginal {
  const [original] = originals;
  if (original === undefined) throw new Error('no original');
  return original;
}

/** The new version arrived whole, under another id, in the old one's place, and alone. */
function replaced(rig: Rig, id: string, bytes: Uint8Array, bob = rig.bob, fileId = 1): void {
  expect(same(bob.content(id, fileId), bytes)).toBe(true);
  expect(bob.told('file-stored').map((each) => [each.fileId, each.safePath])).toEqual([
    [fileId, 'x'],
  ]);
  expect([...bob.sinks.files.keys()]).toEqual([`${id}/${fileId}`]);
  const { count, totalBytes, files } = bob.snapshot(id);
  expect([count, totalBytes]).toEqual([1, bytes.length]);
  expect(files.map((file) => [file.fileId, file.path])).toEqual([[fileId, 'x']]);
}

describe('a source that changed', () => {
  it('[TR19] in the middle starts anew under another id', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await halfway(rig, [item('x', OLD)]);
    only(originals).change(NEW);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    replaced(rig, id, NEW);
    expect(rig.alice.snapshot(id)).toMatchObject({
      count: 1,
      totalBytes: NEW.length,
      doneFiles: 1,
    });
    expect(only(originals).opened.every(({ closed }) => closed === 1)).toBe(true);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR6][TR19] unseen, with the same size and date, is noticed when a chunk goes again', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = pattern(200_000);
    const { id } = await offeredWith(rig, [item('x', bytes)]);
    let wrong = 0;
    rig.bob.sinks.onWrite = (_key, offset, chunk) => {
      if (offset !== 65_536 || wrong > 0) return chunk;
      wrong++;
      // What is written here was read and recorded there; by the time it is read again it is other.
      bytes.fill(0xee, 65_536, 131_072);
      return chunk.map((byte) => byte ^ 1);
    };
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(wrong, 'the changed chunk never came').toBe(1);
    replaced(rig, id, bytes);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR19] before anyone answered is replaced with the accept', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await offeredWith(rig, [item('x', OLD)]);
    only(originals).change(NEW);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    replaced(rig, id, NEW);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR19] while there was no session is replaced in the next one', async () => {
    for (const who of ['nobody', 'alice', 'bob'] as const) {
      const rig = await Rig.create();
      rig.connect();
      const { id, originals } = await halfway(rig, [item('x', OLD)]);
      rig.cut();
      await still();
      only(originals).change(NEW);
      const alice = who === 'alice' ? await killed(rig.alice) : rig.alice;
      const bob = who === 'bob' ? await killed(rig.bob) : rig.bob;
      reconnect(rig, alice, bob);
      await rig.run(() => alice.state(id) === 'delivered');
      await rig.quiet();
      replaced(rig, id, NEW, bob);
      noBreach(alice, bob);
    }
  });

  it('[TR19] keeps its new id over a restart of either side', async () => {
    for (const who of ['alice', 'bob'] as const) {
      const rig = await Rig.create();
      rig.connect();
      const { id, originals } = await halfway(rig, [item('x', OLD)]);
      only(originals).change(NEW);
      await slowly(rig, () => fileState(rig.bob, id, 1) === 'transferring');
      await still();
      rig.cut();
      const alice = who === 'alice' ? await killed(rig.alice) : rig.alice;
      const bob = who === 'bob' ? await killed(rig.bob) : rig.bob;
      reconnect(rig, alice, bob);
      await rig.run(() => alice.state(id) === 'delivered');
      await rig.quiet();
      replaced(rig, id, NEW, bob);
      noBreach(alice, bob);
    }
  });

  it('[TR19] is told only when it is written down', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await halfway(rig, [item('x', OLD)]);
    const release = rig.alice.store.holdWrites();
    only(originals).change(NEW);
    await rig.quiet();
    expect(rig.bob.snapshot(id).files.map(({ fileId }) => fileId)).toEqual([0]);
    // What a person does meanwhile is about the one that yields, and does not bring it back.
    rig.alice.engine.pause(id, 0);
    rig.alice.engine.resume(id, 0);
    release();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    replaced(rig, id, NEW);
    const records = rig.alice.store.transfers.get(id)?.files ?? [];
    expect(records.map(({ state }) => state)).toEqual(['replaced', 'delivered']);
  });

  it('[TR19] is replaced once, also where it is found out twice', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await offeredWith(rig, [item('y', pattern(70_000)), item('x', OLD)]);
    rig.cut();
    const alice = await killed(rig.alice);
    const open = alice.sources.open.bind(alice.sources);
    alice.sources.open = async (ref) => {
      const opened = await open(ref);
      // Whoever looks for something to send meanwhile finds it closed still, and opens it too.
      let soon = Promise.resolve();
      for (let i = 0; i < 20; i++) soon = soon.then(() => alice.engine.resume(id, 1));
      return opened;
    };
    reconnect(rig, alice);
    await rig.quiet();
    originals[1]?.change(NEW);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => alice.state(id) === 'delivered');
    await rig.quiet();
    expect(alice.store.transfers.get(id)?.files.map(({ fileId }) => fileId)).toEqual([0, 1, 2]);
    expect(same(rig.bob.content(id, 2), NEW)).toBe(true);
    noBreach(alice, rig.bob);
  });

  it('[TR19] of a small file in a pack is replaced too', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await offeredWith(rig, [item('x', pattern(100)), item('y', NEW)]);
    only(originals).change(pattern(120, 3));
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(same(rig.bob.content(id, 2), pattern(120, 3))).toBe(true);
    expect(
      rig.bob
        .told('file-stored')
        .map(({ fileId }) => fileId)
        .sort((a, b) => a - b),
    ).toEqual([1, 2]);
  });

  it('[TR19] a file that was empty and has grown is noticed, and one that was emptied', async () => {
    const rig = await Rig.create();
    rig.connect();
    const items = [item('a', new Uint8Array(0)), item('b', OLD)];
    const { id, originals } = await offeredWith(rig, items);
    originals[0]?.change(NEW, 0);
    originals[1]?.change(new Uint8Array(0), 0);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    const stored = rig.bob.told('file-stored').map((each) => [each.safePath, each.size]);
    expect(new Map(stored as [string, number][])).toEqual(
      new Map([
        ['a', NEW.length],
        ['b', 0],
      ]),
    );
  });

  it(`[TR19] again and again is given up after ${MAX_VERSIONS} versions`, async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await offeredWith(rig, [item('x', OLD), item('y', pattern(10))]);
    const original = only(originals);
    const open = original.open.bind(original);
    // It is another one by the time it is read.
    original.open = () => {
      const source = open();
      original.change(pattern(2_000_000 + original.opened.length));
      return source;
    };
    original.change(NEW);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({
      type: 'failed',
      reason: 'source-changed',
      nextStep: 'choose-file-again',
    });
    expect(rig.bob.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'source-changed' });
    expect(fileState(rig.alice, id, 1)).toBe('delivered');
    const stored = rig.alice.store.transfers.get(id)?.files ?? [];
    expect(stored.filter(({ path }) => path === 'x')).toHaveLength(MAX_VERSIONS);
    expect(rig.bob.told('file-stored').map(({ safePath }) => safePath)).toEqual(['y']);
    expect([...rig.bob.sinks.files.keys()]).toEqual([`${id}/1`]);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12][TR19] while it was offered, and the session goes before the answer', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await offeredWith(rig, [item('x', OLD), item('y', pattern(10))]);
    rig.alice.engine.pause(id, 1);
    only(originals).change(NEW);
    // Looked at before anyone answered: by a claim, here by an accept that gets lost.
    await rig.bob.engine.decide(id, { type: 'accept' });
    while (rig.wire.control[1].deliver());
    await still();
    rig.cut();
    await still();
    reconnect(rig);
    rig.alice.engine.resume(id, 1);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    const stored = rig.bob.told('file-stored').map(({ safePath, size }) => [safePath, size]);
    expect(new Map(stored as [string, number][])).toEqual(
      new Map([
        ['x', NEW.length],
        ['y', 10],
      ]),
    );
    noBreach(rig.alice, rig.bob);
  });

  it('[TR19][TR20] that the receiver’s person cancels meanwhile stays cancelled, over a restart too', async () => {
    for (const who of ['nobody', 'alice', 'bob'] as const) {
      const rig = await Rig.create();
      rig.connect();
      const { id, originals } = await halfway(rig, [item('x', OLD), item('y', pattern(10))]);
      only(originals).change(NEW);
      // The words cross: each side has acted before it hears of the other.
      await rig.bob.engine.cancel(id, 0);
      for (const [lane] of rig.wire.lanes) while (lane.deliver());
      while (rig.wire.control[0].deliver());
      await still();
      rig.cut();
      await still();
      const alice = who === 'alice' ? await killed(rig.alice) : rig.alice;
      const bob = who === 'bob' ? await killed(rig.bob) : rig.bob;
      reconnect(rig, alice, bob);
      await rig.run(() => alice.state(id) === 'delivered');
      await rig.quiet();
      expect(bob.state(id), who).toBe('stored');
      expect(bob.told('file-stored').map(({ safePath }) => safePath)).not.toContain('x');
      noBreach(alice, bob);
    }
  });

  it('[TR20] keeps the person’s pause of it', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await halfway(rig, [item('x', OLD)]);
    rig.cut();
    await still();
    rig.alice.engine.pause(id, 0);
    await still();
    only(originals).change(NEW);
    const alice = await killed(rig.alice);
    reconnect(rig, alice, rig.bob);
    await rig.quiet();
    const { files } = alice.snapshot(id);
    expect(files.filter(({ state }) => state !== 'replaced').map(({ state }) => state)).toEqual([
      'paused',
    ]);
    expect(rig.bob.told('file-stored')).toEqual([]);
    alice.engine.resume(id, files[0]?.fileId);
    await rig.run(() => alice.state(id) === 'delivered');
    expect(rig.bob.told('file-stored').map(({ size }) => size)).toEqual([NEW.length]);
  });
});

describe('a source that cannot be read for a while', () => {
  it('[TR19] is found again and goes on where it was', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await halfway(rig, [item('x', OLD)]);
    const original = only(originals);
    const [source] = original.opened;
    if (source === undefined) throw new Error('not open');
    // The handle died, the file did not.
    const read = source.read.bind(source);
    source.read = (offset, into) =>
      offset > 1_000_000 ? Promise.reject(new Error('gone')) : read(offset, into);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(original.opened.length).toBe(2);
    expect(same(rig.bob.content(id, 0), OLD)).toBe(true);
    noBreach(rig.alice, rig.bob);
  });
});

describe('replace, said by a sender', () => {
  const bytes = pattern(200_000);
  const other = pattern(150_000, 2);

  async function begun(): Promise<{
    peer: RawPeer;
    device: Device;
    id: string;
    fresh: OfferedItem;
  }> {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.bob);
    const id = await peer.accepted([bytes]);
    const mime = 'application/octet-stream';
    const fresh = { fileId: 1, path: 'f0', size: other.length, mime, modified: 9 };
    return { peer, device: rig.bob, id, fresh };
  }

  it('[TR19] puts the new file in the place of the old one, whose bytes go', async () => {
    const { peer, device, id, fresh } = await begun();
    const file = peer.start(id, 0, bytes);
    await file.chunk(0);
    await peer.quiet();
    peer.post({ type: 'stop', transferId: id, fileId: 0 });
    // Of the file that was stopped: dropped.
    await file.chunk(1);
    peer.post({ type: 'replace', transferId: id, fileId: 0, item: fresh });
    await peer.sendFile(id, 1, other);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(device.state(id)).toBe('stored');
    expect(device.told('file-stored')).toMatchObject([{ fileId: 1, safePath: 'f0' }]);
    expect([...device.sinks.files.keys()]).toEqual([`${id}/1`]);
  });

  const breaches: [
    string,
    (fresh: OfferedItem) => Partial<OfferedItem> & { old?: number },
    string,
  ][] = [
    ['under an id that is taken', () => ({ fileId: 0 }), 'bad-manifest'],
    ['under another path', () => ({ path: 'f1' }), 'bad-manifest'],
    ['of another type', () => ({ mime: 'text/html' }), 'bad-manifest'],
    ['of a file that was not offered', () => ({ old: 7 }), 'unknown-file'],
  ];
  for (const [what, change, code] of breaches) {
    it(`[TR19] ${what} ends the session`, async () => {
      const { peer, id, fresh } = await begun();
      const { old = 0, ...changed } = change(fresh);
      peer.post({
        type: 'replace',
        transferId: id,
        fileId: old,
        item: { ...fresh, ...changed },
      });
      await peer.quiet();
      expect(peer.sessionErrors).toEqual([code]);
    });
  }

  it('[TR19] a start of the replaced file ends the session', async () => {
    const { peer, id, fresh } = await begun();
    peer.post({ type: 'replace', transferId: id, fileId: 0, item: fresh });
    peer.start(id, 0, bytes);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['unknown-file']);
  });

  it('[TR12][TR19] the offer told again may have a later version in the place of an earlier one', async () => {
    const { peer, device, id, fresh } = await begun();
    peer.control.cut();
    await peer.quiet();
    const again = new RawPeer(device);
    const { size } = fresh;
    again.post(
      { type: 'offer-begin', transferId: id, kind: 'files', count: 1, totalBytes: size },
      { type: 'offer-items', transferId: id, items: [{ ...fresh, fileId: 4 }] },
      { type: 'offer-end', transferId: id },
    );
    await again.quiet();
    expect(again.types()).toEqual(['window', 'accept']);
    await again.sendFile(id, 4, other);
    await again.quiet();
    expect(device.state(id)).toBe('stored');
    expect(device.told('file-stored')).toMatchObject([{ fileId: 4, safePath: 'f0' }]);
  });

  it('[TR19] of what is stored already keeps both, under names of their own', async () => {
    const { peer, device, id, fresh } = await begun();
    const more = await peer.accepted([bytes, bytes]);
    expect(device.state(id)).toBe('transferring');
    await peer.sendFile(more, 0, bytes);
    await peer.quiet();
    const item = { ...fresh, fileId: 2 };
    peer.post({ type: 'replace', transferId: more, fileId: 0, item });
    await peer.sendFile(more, 2, other);
    await peer.sendFile(more, 1, bytes);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(device.state(more)).toBe('stored');
    expect(same(device.content(more, 0), bytes)).toBe(true);
    expect(same(device.content(more, 2), other)).toBe(true);
    const paths = device.told('file-stored').map(({ safePath }) => safePath);
    expect(new Set(paths).size, '[BP3]').toBe(3);
  });

  it(`[TR19] a file is replaced at most ${MAX_VERSIONS - 1} times, stored or not`, async () => {
    const { peer, device, fresh } = await begun();
    const more = await peer.accepted([bytes, bytes]);
    for (let version = 1; version <= MAX_VERSIONS; version++) {
      const fileId = version === 1 ? 0 : version;
      await peer.sendFile(more, fileId, version === 1 ? bytes : other);
      await peer.quiet();
      const item = { ...fresh, fileId: version + 1 };
      peer.post({ type: 'replace', transferId: more, fileId, item });
      await peer.quiet();
    }
    expect(peer.sessionErrors).toEqual(['over-limit']);
    expect(device.told('file-stored')).toHaveLength(MAX_VERSIONS);
  });

  it('[TR19] one that is larger than what was accepted waits for room', async () => {
    const { peer, device, id, fresh } = await begun();
    device.sinks.free = 10_000_000;
    const item = { ...fresh, size: 2 ** 40 };
    peer.post({ type: 'replace', transferId: id, fileId: 0, item });
    await peer.quiet();
    expect(device.snapshot(id).state).toEqual({ type: 'needs-room' });
    // Nothing is kept ready for it.
    peer.start(id, 1, other);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(device.sinks.files.size).toBe(0);
  });

  it('[TR16][TR19] takes nothing else of its pack with it', async () => {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.bob);
    const small = [pattern(100), pattern(200, 2), pattern(200_000, 3)];
    const id = await peer.accepted(small);
    let cancelled = false;
    rig.bob.sinks.onWrite = (_key, _offset, written) => {
      if (!cancelled) void rig.bob.engine.cancel(id, 0);
      cancelled = true;
      return written;
    };
    const [first, second] = small;
    if (first === undefined || second === undefined) throw new Error('two files');
    await peer.sendPack(id, [
      [0, first],
      [1, second],
    ]);
    await peer.quiet();
    expect(rig.bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([1]);
    const mime = 'application/octet-stream';
    const later = { fileId: 3, path: 'f0', size: 50, mime, modified: 9 };
    peer.post({ type: 'replace', transferId: id, fileId: 0, item: later });
    await peer.quiet();
    expect(same(rig.bob.content(id, 1), second)).toBe(true);
    expect(peer.sessionErrors).toEqual([]);
  });
});

describe('a source that changed before anyone answered', () => {
  it('[TR12][TR19] while the sender was restarted, is what the answer is about', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await offeredWith(rig, [item('x', OLD)]);
    rig.cut();
    await still();
    const alice = await killed(rig.alice);
    only(originals).change(NEW);
    const later = alice.restarted();
    await later.engine.start();
    reconnect(rig, later);
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => later.state(id) === 'delivered');
    replaced(rig, id, NEW);
    noBreach(rig.bob);
  });
});

describe('while a later version is being written down', () => {
  /** The source has changed and is another version; nothing that is written arrives until `go`. */
  async function writing(rig: Rig): Promise<{ id: string; go: () => void }> {
    rig.connect();
    const { id, originals } = await halfway(rig, [item('x', OLD)]);
    const go = rig.alice.store.holdWrites();
    only(originals).change(NEW);
    await rig.quiet();
    return { id, go };
  }

  it('[TR19][TR20] a pause of its file holds for it, also after a restart', async () => {
    const rig = await Rig.create();
    const { id, go } = await writing(rig);
    rig.alice.engine.pause(id, 0);
    go();
    await rig.quiet();
    const files = (device: Device) =>
      device.snapshot(id).files.map(({ fileId, state }) => [fileId, state]);
    expect(files(rig.alice)).toEqual([[1, 'paused']]);
    rig.cut();
    const alice = await killed(rig.alice);
    expect(files(alice)).toEqual([[1, 'paused']]);
  });

  it('[TR19] a transfer that ends has no file more after a restart', async () => {
    const rig = await Rig.create();
    const { id, go } = await writing(rig);
    await rig.bob.engine.remove(id);
    await rig.quiet();
    go();
    await rig.quiet();
    const files = (device: Device) =>
      device.snapshot(id).files.map(({ fileId, state }) => [fileId, state]);
    const before = files(rig.alice);
    expect(before).toHaveLength(1);
    rig.cut();
    const alice = rig.alice.restarted();
    await rig.alice.engine.shutdown();
    await alice.engine.start();
    expect(files(alice)).toEqual(before);
  });

  for (const [what, end] of Object.entries({
    'is cancelled here': (rig: Rig, id: string) => rig.alice.engine.cancel(id),
    'is cancelled here, the file alone': (rig: Rig, id: string) => rig.alice.engine.cancel(id, 0),
    'is cancelled there': (rig: Rig, id: string) => rig.bob.engine.cancel(id),
  })) {
    it(`[TR19] it ${what}: no record of two versions that both go, whenever it is killed`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const { id, originals } = await halfway(rig, [item('x', OLD)]);
      const { store } = rig.alice;
      const putFiles = store.putFiles.bind(store);
      const states: string[][] = [];
      store.putFiles = async (...records) => {
        await putFiles(...records);
        states.push(store.transfers.get(id)?.files.map(({ state }) => state) ?? []);
      };
      const release = store.holdWrites();
      // Something else is being written: what comes now waits, and goes in one step.
      rig.alice.engine.pause(id, 0);
      rig.alice.engine.resume(id, 0);
      only(originals).change(NEW);
      await rig.quiet();
      await end(rig, id);
      await rig.quiet();
      release();
      await rig.quiet();
      expect(rig.alice.state(id)).toBe('cancelled');
      const both = states.filter((files) => files.length === 2);
      expect(both.length).toBeGreaterThan(0);
      for (const files of both) expect(files).toContain('replaced');
    });
  }

  it('[TR11][TR19] delivered meanwhile, and forgotten there: it goes again, as what it is by then', async () => {
    const rig = await Rig.create();
    rig.connect();
    const now = pattern(310_000, 9);
    const files = [item('x', pattern(300_000)), item('y', pattern(3_000_000, 3))];
    const { id, originals } = await offeredWith(rig, files);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await lossy(rig).deliverUntilStored(() => fileState(rig.bob, id, 0) === 'stored');
    await still();
    rig.cut();
    await still();
    originals[0]?.change(now);
    rig.alice.store.crash(() => 0.999);
    const release = rig.alice.store.holdWrites();
    const alice = rig.alice.restarted();
    await alice.engine.start();
    await still();
    // What is told of y is of no matter here.
    rig.bob.engine.pause(id);
    reconnect(rig, alice);
    await rig.quiet();
    expect(fileState(alice, id, 0)).toBe('delivered');
    rig.cut();
    await still();
    const bob = new Device('bob', rig.clock);
    await bob.engine.start();
    reconnect(rig, alice, bob);
    await rig.quiet();
    await bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    release();
    await rig.run(() => alice.state(id) === 'delivered');
    const [x] = bob.snapshot(id).files.filter(({ path }) => path === 'x');
    expect(same(bob.content(id, x?.fileId ?? -1), now)).toBe(true);
  });

  it('[TR19] killed before its source had moved: it is found all the same', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await halfway(rig, [item('x', OLD)]);
    const { sources } = rig.alice;
    const move = sources.move.bind(sources);
    sources.move = () => new Promise(() => undefined);
    only(originals).change(NEW);
    await slowly(rig, () => rig.alice.snapshot(id).files[0]?.fileId === 1);
    rig.cut();
    sources.move = move;
    const alice = await killed(rig.alice);
    reconnect(rig, alice);
    await rig.run(() => alice.state(id) === 'delivered');
    expect(same(rig.bob.content(id, 1), NEW)).toBe(true);
  });
});
