import { describe, expect, it } from 'vitest';
import { Recording } from '../../../lib/transfer/recording.ts';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, item, newId, pattern, Rig } from './rig.ts';
import {
  accepted,
  delivered,
  fileState,
  lossy,
  reconnect,
  restarted,
  same,
  still,
  watchFrames,
} from './steps.ts';

const LARGE = pattern(300_000);

/** What of a device waits from now on; the answer lets it through. */
type Hold = (device: Device) => () => void;

const holdRecords: Hold = ({ store }) => store.holdWrites();

/** That the first file is closed, once it is written. */
const holdClosing: Hold = ({ sinks }) => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const openSink = sinks.open.bind(sinks);
  sinks.open = async (...parameters) => {
    const sink = await openSink(...parameters);
    if (parameters[1] !== 0) return sink;
    const close = async () => {
      await opened;
      await sink.close();
    };
    return { ...sink, close };
  };
  return open;
};

/** That a text is read to be checked. */
const holdReading: Hold = ({ sinks }) => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const openSink = sinks.open.bind(sinks);
  let count = 0;
  sinks.open = async (...parameters) => {
    // The first one writes it.
    if (++count > 1) await opened;
    return openSink(...parameters);
  };
  return open;
};

const CASES = {
  'a large file': { items: [item('x', LARGE)], hold: holdRecords, kind: 'files' },
  'small files in a pack': {
    items: [1, 2, 3].map((n) => item(`f${n}`, pattern(100, n))),
    hold: holdRecords,
    kind: 'files',
  },
  'a file that is not closed yet': {
    items: [item('x', LARGE)],
    hold: holdClosing,
    kind: 'files',
  },
  'a text that is being read': {
    items: [item('n', new TextEncoder().encode('hello'), 'text/plain')],
    hold: holdReading,
    kind: 'text',
  },
} as const;

/** All is verified at Bob, not yet written down, and the session has been lost and is back. */
async function backAgain(name: keyof typeof CASES = 'a large file') {
  const { items, hold, kind } = CASES[name];
  const rig = await Rig.create();
  rig.connect();
  const id = await accepted(rig, [...items], kind);
  await still();
  const release = hold(rig.bob);
  await rig.quiet();
  for (const fileId of items.keys()) expect(fileState(rig.bob, id, fileId)).toBe('stored');
  rig.cut();
  await still();
  reconnect(rig);
  const frames = watchFrames(rig);
  await rig.quiet();
  return { rig, id, release, frames };
}

/** The machine dies, and of what waits for the store nothing was in time. */
async function powerCut({ bob }: Rig): Promise<Device> {
  bob.sinks.crash(() => 0);
  bob.store.crash(() => 0);
  bob.store.hold = null;
  const again = bob.restarted();
  await again.engine.start();
  return again;
}

function noBreach(...devices: Device[]): void {
  for (const device of devices) {
    const codes = device.told('session-error').map(({ code }) => code);
    expect(codes.filter((code) => code !== 'channel-closed')).toEqual([]);
  }
}

describe('what is verified and not yet written down when a session is lost', () => {
  for (const name of Object.keys(CASES) as (keyof typeof CASES)[]) {
    it(`[TR11][TR12] ${name}: the next session hears of it once it is, and nothing goes twice`, async () => {
      const { rig, id, release, frames } = await backAgain(name);
      expect(rig.alice.state(id)).toBe('waiting-for-accept');
      expect(rig.alice.snapshot(id).doneFiles).toBe(0);
      expect(rig.bob.snapshot(id).state).toEqual({ type: 'paused', by: 'connection' });
      release();
      await rig.run(() => rig.alice.state(id) === 'delivered');
      await rig.quiet();
      expect(frames.count).toBe(0);
      expect(rig.bob.state(id)).toBe('stored');
      noBreach(rig.alice, rig.bob);
    });
  }

  it('[TR11] is not lost in a power cut: it comes again', async () => {
    const { rig, id } = await backAgain();
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    rig.cut();
    const bob = await powerCut(rig);
    reconnect(rig, rig.alice, bob);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(same(bob.content(id, 0), LARGE)).toBe(true);
    noBreach(rig.alice, bob);
  });

  it('[TR11] fails where it cannot be, and the sender hears of that', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', LARGE)]);
    await still();
    let write = Promise.withResolvers<void>();
    rig.bob.store.putFiles = () => {
      write = Promise.withResolvers();
      return write.promise;
    };
    await rig.quiet();
    // The record of its start was the first.
    write.resolve();
    await rig.quiet();
    expect(fileState(rig.bob, id, 0)).toBe('stored');
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    write.reject(new Error('disk'));
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'storage-failed' });
    expect(rig.alice.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'interrupted' });
    expect(rig.bob.sinks.files.size).toBe(0);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12] waits on where the next session is lost as well, and is told once in the one after', async () => {
    const { rig, id, release } = await backAgain();
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    rig.cut();
    await still();
    release();
    await still();
    expect(rig.alice.state(id)).not.toBe('delivered');
    expect(rig.bob.state(id)).toBe('stored');
    reconnect(rig);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12] a session in place of the one that waits gets the one accept', async () => {
    const { rig, id, release } = await backAgain();
    reconnect(rig);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    release();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12] a person who cancels meanwhile ends it on both sides, and what is stored stays', async () => {
    const { rig, id, release } = await backAgain();
    const cancelled = rig.bob.engine.cancel(id);
    await rig.quiet();
    release();
    await cancelled;
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.bob.store.transfers.get(id)?.files[0]?.state).toBe('stored');
    expect(same(rig.bob.content(id, 0), LARGE)).toBe(true);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12] what a person pauses meanwhile waits, with what is not stored yet', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', LARGE), item('y', pattern(5_000_000, 2))]);
    await still();
    const release = holdRecords(rig.bob);
    await rig.run(() => fileState(rig.bob, id, 0) === 'stored');
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    rig.bob.engine.pause(id);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    release();
    await rig.quiet();
    expect(rig.alice.snapshot(id)).toMatchObject({
      state: { type: 'paused', by: 'peer' },
      doneFiles: 1,
    });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'paused', by: 'me' });
    rig.bob.engine.resume(id);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12][TR19] where there was no room for the rest, the accept waits for both', async () => {
    const rig = await Rig.create();
    rig.connect();
    const rest = pattern(5_000_000, 2);
    const id = await accepted(rig, [item('x', LARGE), item('y', rest)]);
    await still();
    const release = holdRecords(rig.bob);
    await rig.run(() => fileState(rig.bob, id, 0) === 'stored');
    rig.bob.sinks.free = 0;
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('needs-room');
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    rig.bob.sinks.free = 1e15;
    rig.bob.engine.resume(id);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    release();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(same(rig.bob.content(id, 1), rest)).toBe(true);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR18] content that is there already is told once that is written down', async () => {
    const rig = await Rig.create();
    rig.connect();
    const first = await delivered(rig, [item('x', LARGE)]);
    await rig.bob.engine.markSaved(first, 0);
    const id = newId();
    rig.alice.send('bob', { transferId: id, kind: 'files', items: [item('x', LARGE)] });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept', alreadyHere: [0] });
    await still();
    const release = holdRecords(rig.bob);
    await rig.quiet();
    expect(fileState(rig.bob, id, 0)).toBe('saved');
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    expect(rig.bob.state(id)).not.toBe('saved');
    release();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(rig.bob.state(id)).toBe('saved');
    noBreach(rig.alice, rig.bob);
  });
});

describe('a transfer that ends while the accept of a new session waits for a record', () => {
  /** From now on: writes of that file to Bob's disk are wrong. */
  function spoil(rig: Rig, fileId: number): void {
    rig.bob.sinks.onWrite = (key, _at, bytes) => {
      if (!key.endsWith(`/${fileId}`)) return bytes;
      const wrong = bytes.slice();
      wrong[0] = (wrong[0] ?? 0) ^ 1;
      return wrong;
    };
  }

  /** That one file is stored: this record waits, and the others do not. */
  function holdRecordOf({ store }: Device, fileId: number): PromiseWithResolvers<void> {
    const gate = Promise.withResolvers<void>();
    const put = store.putFiles.bind(store);
    store.putFiles = async (id, files) => {
      const held = files.some((file) => file.fileId === fileId && file.state === 'stored');
      if (held) await gate.promise;
      return put(id, files);
    };
    return gate;
  }

  async function again(rig: Rig): Promise<void> {
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
  }

  /** x is being recorded, of y there is a part at most; in a new session. */
  async function withRest() {
    const rig = await Rig.create();
    rig.connect();
    const items = [item('x', LARGE), item('y', pattern(5_000_000, 2))];
    const id = await accepted(rig, items);
    const gate = holdRecordOf(rig.bob, 0);
    await rig.run(() => fileState(rig.bob, id, 0) === 'stored');
    await again(rig);
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    return { rig, id, gate };
  }

  /** w is stored and written down, of which Alice has not heard; x is being recorded. */
  async function withUntold() {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('w', LARGE), item('x', pattern(300_000, 2))]);
    const gate = holdRecordOf(rig.bob, 1);
    await lossy(rig).deliverUntilStored(
      () => fileState(rig.bob, id, 0) === 'stored' && fileState(rig.bob, id, 1) === 'stored',
    );
    await still();
    await again(rig);
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    expect(rig.alice.snapshot(id).doneFiles).toBe(0);
    return { rig, id, gate };
  }

  it('[TR11][TR12] as failed, since a file had failed: the sender hears which, and what is stored', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('a', LARGE), item('b', pattern(300_000, 2))]);
    spoil(rig, 0);
    const gate = holdRecordOf(rig.bob, 1);
    await rig.quiet();
    expect(fileState(rig.bob, id, 0)).toBe('failed');
    expect(fileState(rig.bob, id, 1)).toBe('stored');
    await again(rig);
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    gate.resolve();
    await rig.quiet();
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'verify-failed' });
    }
    expect([0, 1].map((n) => fileState(rig.alice, id, n))).toEqual(['failed', 'delivered']);
    expect(same(rig.bob.content(id, 1), pattern(300_000, 2))).toBe(true);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR11][TR12] as failed, since the record cannot be written: what else is stored is told before', async () => {
    const { rig, id, gate } = await withUntold();
    gate.reject(new Error('disk'));
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'storage-failed' });
    expect(rig.alice.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'interrupted' });
    expect([0, 1].map((n) => fileState(rig.alice, id, n))).toEqual(['delivered', 'failed']);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR11][TR12] as cancelled by the person here: only what is written down is told', async () => {
    const { rig, id, gate } = await withUntold();
    const cancelled = rig.bob.engine.cancel(id);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect([0, 1].map((n) => fileState(rig.alice, id, n))).toEqual(['delivered', 'cancelled']);
    gate.resolve();
    await cancelled;
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12] as cancelled by the sender: it hears nothing more of it', async () => {
    const { rig, id, gate } = await withRest();
    await rig.alice.engine.cancel(id);
    await rig.quiet();
    gate.resolve();
    await still();
    expect(rig.wire.control[1].outbox).toEqual([]);
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect(rig.bob.sinks.openHandles).toBe(0);
    noBreach(rig.alice, rig.bob);
  });

  for (const who of ['alice', 'bob'] as const) {
    it(`[TR11][TR12] as stored, since ${who} took out the rest: it is delivered, and told once`, async () => {
      const { rig, id, gate } = await withRest();
      await rig[who].engine.cancel(id, 1);
      await rig.quiet();
      expect(rig.alice.state(id)).toBe('waiting-for-accept');
      gate.resolve();
      await rig.quiet();
      expect(rig.alice.state(id)).toBe('delivered');
      expect([0, 1].map((n) => fileState(rig.alice, id, n))).toEqual(['delivered', 'cancelled']);
      expect(rig.bob.state(id)).toBe('stored');
      noBreach(rig.alice, rig.bob);
    });
  }

  for (const end of ['failed', 'cancelled'] as const) {
    it(`[TR11][TR12] as ${end}, with the session lost once more: the next one hears what is stored`, async () => {
      const { rig, id, gate } = await withUntold();
      rig.cut();
      await still();
      if (end === 'failed') gate.reject(new Error('disk'));
      else void rig.bob.engine.cancel(id);
      await still();
      expect(rig.bob.state(id)).toBe(end);
      reconnect(rig);
      await rig.quiet();
      expect(rig.alice.state(id)).toBe(end);
      expect(fileState(rig.alice, id, 0)).toBe('delivered');
      expect(fileState(rig.alice, id, 1)).not.toBe('delivered');
      noBreach(rig.alice, rig.bob);
    });
  }

  it('[TR12] as failed, and what is stored was saved before the sender came back: that is told', async () => {
    const { rig, id, gate } = await withUntold();
    rig.cut();
    await still();
    gate.reject(new Error('disk'));
    await still();
    await rig.bob.engine.markSaved(id, 0);
    await still();
    const bob = await restarted(rig.bob);
    reconnect(rig, rig.alice, bob);
    await rig.quiet();
    expect(bob.state(id)).toBe('failed');
    expect(rig.alice.state(id)).toBe('failed');
    expect([0, 1].map((n) => fileState(rig.alice, id, n))).toEqual(['delivered', 'failed']);
    noBreach(rig.alice, bob);
  });
});

describe('what is stored and written down while another file is still being closed', () => {
  /** x is verified and not closed, w is stored; the session was lost and is back. */
  async function both() {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', LARGE), item('w', pattern(300_000, 2))]);
    const release = holdClosing(rig.bob);
    await rig.quiet();
    expect(rig.bob.store.transfers.get(id)?.files[1]?.state).toBe('stored');
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    return { rig, id, release };
  }

  it('[TR11][TR12] is told as stored where the transfer is cancelled', async () => {
    const { rig, id, release } = await both();
    const cancelled = rig.bob.engine.cancel(id);
    await rig.quiet();
    release();
    await cancelled;
    await rig.quiet();
    expect(fileState(rig.alice, id, 1)).toBe('delivered');
  });

  it('[TR11][TR12] is told as stored where the other cannot be closed', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', LARGE), item('w', pattern(300_000, 2))]);
    const { sinks } = rig.bob;
    const { promise, reject } = Promise.withResolvers<void>();
    const open = sinks.open.bind(sinks);
    sinks.open = async (...file) => {
      const sink = await open(...file);
      return file[1] === 0 ? { ...sink, close: () => promise } : sink;
    };
    await rig.quiet();
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    reject(new Error('disk'));
    await rig.quiet();
    expect(fileState(rig.alice, id, 1)).toBe('delivered');
    expect(fileState(rig.alice, id, 0)).not.toBe('delivered');
  });
});

describe('what is verified and not yet written down in a session that lasts', () => {
  const SMALL = pattern(1000);
  const OTHER = pattern(2000, 2);

  async function device(): Promise<{ bob: Device; peer: RawPeer }> {
    const bob = new Device('bob', new FakeClock());
    await bob.engine.start();
    return { bob, peer: new RawPeer(bob) };
  }

  it('[TR11] does not end the transfer, whatever else happens to it', async () => {
    const { bob, peer } = await device();
    const id = await peer.accepted([SMALL]);
    const release = holdRecords(bob);
    await peer.sendFile(id, 0, SMALL);
    await peer.quiet();
    expect(fileState(bob, id, 0)).toBe('stored');
    bob.engine.pause(id);
    bob.engine.resume(id);
    expect(bob.state(id)).toBe('verifying');
    await peer.sendPack(id, [[0, SMALL]]);
    await peer.quiet();
    expect(peer.types()).toEqual(['window', 'accept', 'pause', 'resume']);
    release();
    await peer.quiet();
    expect(bob.state(id)).toBe('stored');
    expect(peer.types().slice(4)).toEqual(['stored', 'pack-stored']);
    expect(peer.sessionErrors).toEqual([]);
  });

  it('[TR11][TR16] is not passed over in a pack until it is', async () => {
    const { bob, peer } = await device();
    const id = await peer.accepted([SMALL, OTHER]);
    const release = holdClosing(bob);
    const file = peer.start(id, 0, SMALL);
    await file.chunk(0);
    await file.end();
    await peer.quiet();
    expect(fileState(bob, id, 0)).toBe('stored');
    await peer.sendPack(id, [
      [0, SMALL],
      [1, OTHER],
    ]);
    await peer.quiet();
    expect(fileState(bob, id, 1)).toBe('stored');
    await peer.sendPack(id, [[0, SMALL]]);
    await peer.quiet();
    expect(peer.types()).toEqual(['window', 'accept']);
    release();
    await peer.quiet();
    expect(peer.types()).toEqual(['window', 'accept', 'stored', 'pack-stored', 'pack-stored']);
    expect(bob.state(id)).toBe('stored');
    const again = await restarted(bob);
    expect(again.state(id)).toBe('stored');
  });
});

describe('Recording', () => {
  it('[TR11] is through in the order in which it was begun', async () => {
    const recording = new Recording();
    expect(recording.underWay).toBe(false);
    const told: string[] = [];
    const slow = Promise.withResolvers<boolean>();
    void recording.add(slow.promise, []).then((written) => told.push(`first ${written}`));
    void recording.add(Promise.resolve(true), []).then((written) => told.push(`second ${written}`));
    void recording.idle().then(() => told.push(`idle ${recording.underWay}`));
    await still();
    expect(told).toEqual([]);
    expect(recording.underWay).toBe(true);
    slow.resolve(false);
    await still();
    expect(told).toEqual(['first false', 'second true', 'idle false']);
    expect(recording.underWay).toBe(false);
  });
});
