import { describe, expect, it } from 'vitest';
import { isTextKind } from '../../../lib/protocol/kinds.ts';
import { OFFER_LIFE_MS } from '../../../lib/protocol/limits.ts';
import { HIGH_WATERMARK, HISTORY_FILES, SNAPSHOT_FILES } from '../../../lib/transfer/constants.ts';
import { SinkError, SourceError } from '../../../lib/transfer/errors.ts';
import type { SendItem } from '../../../lib/transfer/events.ts';
import { flush } from './memory-channel.ts';
import { MemorySource } from './memory-stores.ts';
import { item, newId, pattern, Rig, settle } from './rig.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

async function offered(rig: Rig, items: SendItem[], kind: 'files' | 'text' = 'files') {
  const id = newId();
  rig.alice.engine.send('bob', { transferId: id, kind, items });
  const before = rig.bob.told('offer-received').length;
  await rig.run(() => rig.bob.told('offer-received').length > before);
  return id;
}

async function accepted(rig: Rig, items: SendItem[], kind: 'files' | 'text' = 'files') {
  const id = await offered(rig, items, kind);
  await rig.bob.engine.decide(id, { type: 'accept' });
  return id;
}

async function delivered(rig: Rig, items: SendItem[], kind: 'files' | 'text' = 'files') {
  const id = await accepted(rig, items, kind);
  await rig.run(() => rig.alice.state(id) === 'delivered');
  await rig.quiet();
  return id;
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

describe('a transfer', () => {
  it('[TR11] goes from the offer to delivered on one side and stored on the other', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = pattern(3_000_000);
    const id = await delivered(rig, [item('a/b.bin', bytes, 'image/png')]);
    const { alice, bob } = rig;
    expect(same(bob.sinks.content(id, 0), bytes)).toBe(true);
    expect(alice.states(id)).toEqual([
      'waiting-for-device',
      'waiting-for-accept',
      'transferring',
      'verifying',
      'delivered',
    ]);
    expect(bob.states(id)).toEqual(['offered', 'transferring', 'verifying', 'stored']);
    expect(bob.told('file-stored')).toEqual([
      {
        type: 'file-stored',
        transferId: id,
        deviceId: 'alice',
        kind: 'files',
        fileId: 0,
        safePath: 'a/b.bin',
        mime: 'image/png',
        size: 3_000_000,
        sinkRef: { transferId: id, fileId: 0 },
      },
    ]);
    for (const device of [alice, bob]) {
      const { startedAt, firstByteAt, storedAt, doneBytes, doneFiles } = device.snapshot(id);
      expect([startedAt, firstByteAt, storedAt].every((at) => at === rig.clock.now())).toBe(true);
      expect([doneBytes, doneFiles]).toEqual([3_000_000, 1]);
    }
    expect(bob.told('first-byte')).toEqual([
      { type: 'first-byte', transferId: id, at: rig.clock.now() },
    ]);
  });

  for (const size of [0, 1, 65_535, 65_536, 65_537, 1_048_577]) {
    it(`[TR7] of ${size} bytes arrives as it was`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const bytes = pattern(size);
      const id = await delivered(rig, [item('x', bytes)]);
      expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
    });
  }

  it('works both ways at once over one session', async () => {
    const rig = await Rig.create();
    rig.connect();
    const [a, b] = [newId(), newId()];
    const bytes = pattern(500_000);
    rig.alice.engine.send('bob', { transferId: a, kind: 'files', items: [item('a', bytes)] });
    rig.bob.engine.send('alice', { transferId: b, kind: 'image', items: [item('b', bytes)] });
    await rig.quiet();
    await rig.bob.engine.decide(a, { type: 'accept' });
    await rig.alice.engine.decide(b, { type: 'accept' });
    await rig.run(() => rig.alice.state(a) === 'delivered' && rig.bob.state(b) === 'delivered');
    expect(same(rig.alice.sinks.content(b, 0), bytes)).toBe(true);
  });

  it('[TR14] of 300 files keeps few open at a time and delivers all', async () => {
    const rig = await Rig.create();
    rig.connect();
    let most = 0;
    rig.bob.sinks.onWrite = (_key, _offset, bytes) => {
      const open = [...rig.bob.sinks.files.values()].filter((file) => file.open > 0).length;
      most = Math.max(most, open);
      return bytes;
    };
    const items = Array.from({ length: 300 }, (_, i) => item(`d/${i}`, pattern(i % 7, i)));
    const id = await delivered(rig, items);
    expect(rig.bob.told('file-stored')).toHaveLength(300);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(32);
    expect(same(rig.bob.sinks.content(id, 6), pattern(6, 6))).toBe(true);
    expect(rig.bob.snapshot(id).files).toHaveLength(SNAPSHOT_FILES);
    // What is over is kept in short.
    const { files, doneFiles, doneBytes, totalBytes } = rig.alice.snapshot(id);
    expect([files.length, doneFiles, doneBytes]).toEqual([HISTORY_FILES, 300, totalBytes]);
    expect(rig.alice.store.transfers.get(id)?.files).toHaveLength(HISTORY_FILES);
  });

  it('[BP2][BP3] names from the peer come out safe and different', async () => {
    const rig = await Rig.create();
    rig.connect();
    await delivered(rig, [
      item('../…/con.txt\u202egnp.exe', utf8('a')),
      item('same', utf8('b')),
      item('SAME', utf8('c')),
    ]);
    // Small files may be stored in any order.
    const stored = rig.bob.told('file-stored').sort((a, b) => a.fileId - b.fileId);
    expect(stored.map(({ safePath }) => safePath)).toEqual([
      '…/_con.txtgnp.exe',
      'same',
      'SAME (2)',
    ]);
    expect(rig.bob.told('offer-received')[0]?.names).toEqual([
      '…/_con.txtgnp.exe',
      'same',
      'SAME (2)',
    ]);
  });

  it('[TR10] never has more in a lane than the high mark and what is being sealed', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(12_000_000))]);
    const [lane] = rig.wire.lanes[0] ?? [];
    if (lane === undefined) throw new Error('no lane');
    // The lane stands still, control goes on: the sender has to stop by itself.
    await settle(
      () => flush(...rig.wire.control),
      () => false,
      'quiet',
    );
    expect(lane.bufferedAmount).toBeGreaterThanOrEqual(HIGH_WATERMARK);
    expect(lane.bufferedAmount).toBeLessThan(HIGH_WATERMARK + 6 * 250_000);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(lane.maxBuffered).toBeLessThan(HIGH_WATERMARK + 6 * 250_000);
  });

  it('[TR10] a disk that stands still holds the sender back', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const original = rig.bob.sinks.open.bind(rig.bob.sinks);
    rig.bob.sinks.open = async (...parameters) => {
      const sink = await original(...parameters);
      return {
        ...sink,
        write: async (offset, bytes) => {
          await gate;
          await sink.write(offset, bytes);
        },
      };
    };
    const source = new MemorySource(pattern(20_000_000));
    const items = [{ path: 'x', mime: '', modified: 0, source }];
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.alice.snapshot(id).doneBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(source.reads).toBeLessThan(72);
    open();
    await rig.run(() => rig.alice.state(id) === 'delivered');
  });

  it('[TR2] uses smaller chunks where the transport takes no larger ones', async () => {
    const rig = await Rig.create({ maxMessageSize: 65_536 + 30 });
    rig.connect();
    const bytes = pattern(2_000_000);
    const id = await delivered(rig, [item('x', bytes)]);
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
  });

  it('[TR2] a transport that takes not even those ends the session', async () => {
    const rig = await Rig.create({ maxMessageSize: 65_536 });
    rig.connect();
    expect(rig.alice.told('session-error')[0]?.code).toBe('message-size');
  });

  it('tells progress at most four times a second', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(5_000_000))]);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    // Time stood still: the states, the first byte, and nothing else.
    expect(rig.alice.told('transfer-changed').length).toBeLessThanOrEqual(6);
    expect(rig.bob.told('transfer-changed').length).toBeLessThanOrEqual(6);
  });
});

describe('deciding', () => {
  it('[TR12] an offer is written down before anyone is asked', async () => {
    const rig = await Rig.create();
    rig.connect();
    let write = (): void => undefined;
    rig.bob.store.hold = new Promise((resolve) => {
      write = resolve;
    });
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', utf8('x'))] });
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toEqual([]);
    write();
    rig.bob.store.hold = null;
    await rig.quiet();
    expect(rig.bob.store.transfers.get(id)?.head.state.type).toBe('offered');
    expect(rig.bob.told('offer-received')).toMatchObject([
      { transferId: id, deviceId: 'alice', kind: 'files', count: 1, totalBytes: 1, names: ['x'] },
    ]);
  });

  it('[TR12] an offer that cannot be written down is not asked about', async () => {
    const rig = await Rig.create();
    rig.connect();
    rig.bob.store.create = () => Promise.reject(new Error('disk'));
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', utf8('x'))] });
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toEqual([]);
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'declined', reason: 'gone' });
  });

  it('declining tells the sender, and nothing is opened', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', utf8('x'))]);
    await rig.bob.engine.decide(id, { type: 'decline', reason: 'declined' });
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'declined', reason: 'declined' });
    expect(rig.bob.state(id)).toBe('declined');
    expect(rig.bob.sinks.files.size).toBe(0);
  });

  it('[TR12] answering twice is harmless', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', pattern(100_000))]);
    const { engine } = rig.bob;
    await Promise.all([
      engine.decide(id, { type: 'accept' }),
      engine.decide(id, { type: 'accept' }),
    ]);
    await engine.decide(id, { type: 'decline', reason: 'declined' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('stored');
    expect(rig.alice.told('session-error')).toEqual([]);
  });

  it('[TR12] an offer expires after ten minutes', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', utf8('x'))]);
    rig.clock.advance(OFFER_LIFE_MS - 1);
    expect(rig.bob.state(id)).toBe('offered');
    rig.clock.advance(1);
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('expired');
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'declined', reason: 'expired' });
    await rig.bob.engine.decide(id, { type: 'accept' });
    expect(rig.bob.state(id)).toBe('expired');
  });

  it('what does not fit the disk is not accepted', async () => {
    const rig = await Rig.create();
    rig.connect();
    rig.bob.sinks.free = 999;
    const id = await accepted(rig, [item('x', pattern(1000))]);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toMatchObject({
      reason: 'no-space',
      nextStep: 'free-space-here',
    });
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'declined', reason: 'no-space' });
  });
});

describe('stopping', () => {
  it('the receiver cancels: both say so, and nothing half-written is left', async () => {
    const rig = await Rig.create();
    rig.connect();
    const source = new MemorySource(pattern(9_000_000));
    const id = await accepted(rig, [{ path: 'x', mime: '', modified: 0, source }]);
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
    await rig.bob.engine.cancel(id);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect(rig.bob.sinks.files.size).toBe(0);
    expect(source.closed).toBe(1);
    await delivered(rig, [item('next', pattern(100_000))]);
  });

  it('the sender cancels: both say so, and the session goes on', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(9_000_000))]);
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
    await rig.alice.engine.cancel(id);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect(rig.bob.sinks.files.size).toBe(0);
    await delivered(rig, [item('next', pattern(100_000))]);
  });

  it('an offer is withdrawn', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', utf8('x'))]);
    await rig.alice.engine.cancel(id);
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('cancelled');
  });

  for (const side of ['alice', 'bob'] as const) {
    it(`${side} pauses and resumes`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const other = side === 'alice' ? rig.bob : rig.alice;
      const id = await accepted(rig, [item('x', pattern(9_000_000))]);
      await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
      rig[side].engine.pause(id);
      await rig.quiet();
      expect(rig[side].snapshot(id).state).toEqual({ type: 'paused', by: 'me' });
      expect(other.snapshot(id).state).toEqual({ type: 'paused', by: 'peer' });
      expect(rig.bob.snapshot(id).doneBytes).toBeLessThan(9_000_000);
      rig[side].engine.resume(id);
      await rig.run(() => rig.alice.state(id) === 'delivered');
    });
  }

  it('[TR6] a source that changed between its first sending and the next fails, and is never mixed', async () => {
    const rig = await Rig.create();
    rig.connect();
    const source = new MemorySource(pattern(200_000));
    let wrong = 0;
    rig.bob.sinks.onWrite = (_key, offset, bytes) => {
      // Chunks may be written in any order: it is the second that changes, so that one goes wrong.
      if (offset !== 65_536) return bytes;
      wrong++;
      // What is written here was read and recorded there; by the time it is read again it is other.
      source.bytes.fill(0xee, 65_536, 131_072);
      return bytes.map((byte) => byte ^ 1);
    };
    const id = await accepted(rig, [{ path: 'x', mime: '', modified: 0, source }]);
    await rig.quiet();
    expect(wrong, 'the changed chunk never came').toBe(1);
    expect(rig.alice.snapshot(id).state).toEqual({
      type: 'failed',
      reason: 'source-changed',
      nextStep: 'choose-file-again',
    });
    expect(rig.bob.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'source-changed' });
    expect(rig.bob.sinks.files.size).toBe(0);
  });

  it('[TR6] a source that became shorter fails as changed', async () => {
    const rig = await Rig.create();
    rig.connect();
    const source = new MemorySource(pattern(300_000));
    source.read = () => Promise.resolve(1);
    const id = await accepted(rig, [{ path: 'x', mime: '', modified: 0, source }]);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toMatchObject({ reason: 'source-changed' });
  });

  it('a source that cannot be read fails on both sides with that reason', async () => {
    const rig = await Rig.create();
    rig.connect();
    const source = new MemorySource(pattern(300_000));
    source.read = () => Promise.reject(new SourceError('source-unreadable'));
    const id = await accepted(rig, [{ path: 'x', mime: '', modified: 0, source }]);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toMatchObject({ reason: 'source-unreadable' });
    expect(rig.bob.snapshot(id).state).toMatchObject({ reason: 'source-unreadable' });
    expect(source.closed).toBe(1);
  });

  it('a disk that fills up fails with what to do on each side', async () => {
    const rig = await Rig.create();
    rig.connect();
    rig.bob.sinks.onWrite = () => {
      throw new SinkError('no-space');
    };
    const id = await accepted(rig, [item('x', pattern(300_000))]);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toMatchObject({
      reason: 'no-space',
      nextStep: 'free-space-here',
    });
    expect(rig.alice.snapshot(id).state).toMatchObject({
      reason: 'no-space',
      nextStep: 'free-space-there',
    });
    expect(rig.bob.sinks.files.size).toBe(0);
  });
});

describe('verifying', () => {
  it('[TR9] a chunk that went wrong on the disk is sent again, and stored', async () => {
    const rig = await Rig.create();
    rig.connect();
    let wrong = 0;
    rig.bob.sinks.onWrite = (_key, offset, bytes) => {
      if ((offset !== 0 && offset !== 491_520) || wrong >= 3) return bytes;
      wrong++;
      return bytes.map((byte) => byte ^ 0x80);
    };
    const bytes = pattern(1_500_000);
    const id = await delivered(rig, [item('x', bytes)]);
    expect(wrong).toBe(3);
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
    expect(rig.bob.states(id)).toEqual([
      'offered',
      'transferring',
      'verifying',
      'transferring',
      'verifying',
      'transferring',
      'verifying',
      'stored',
    ]);
  });

  it('[TR9] a chunk that stays wrong is asked for three times, then the file is given up', async () => {
    const rig = await Rig.create();
    rig.connect();
    let writes = 0;
    rig.bob.sinks.onWrite = (_key, offset, bytes) => {
      if (offset !== 65_536) return bytes;
      writes++;
      return bytes.map((byte) => byte ^ 1);
    };
    const id = await accepted(rig, [item('x', pattern(200_000))]);
    await rig.quiet();
    expect(writes).toBe(4);
    expect(rig.bob.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'verify-failed' });
    expect(rig.alice.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'verify-failed' });
    expect(rig.bob.sinks.files.size).toBe(0);
    expect(rig.bob.told('file-stored')).toEqual([]);
  });

  it('[TR11] stored is written down before the sender hears of it', async () => {
    const rig = await Rig.create();
    rig.connect();
    let write = (): void => undefined;
    const id = await accepted(rig, [item('x', pattern(100_000))]);
    const putFile = rig.bob.store.putFile.bind(rig.bob.store);
    const gate = new Promise<void>((resolve) => {
      write = resolve;
    });
    rig.bob.store.putFile = async (...parameters) => {
      await gate;
      await putFile(...parameters);
    };
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('verifying');
    expect(rig.bob.told('file-stored')).toEqual([]);
    write();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(rig.bob.store.transfers.get(id)?.files[0]?.state).toBe('stored');
  });
});

describe('texts', () => {
  it('[TR13] arrive as text', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await delivered(rig, [item('note.txt', utf8('grüße 👋'), 'text/plain')], 'text');
    expect(rig.bob.told('text-received')).toEqual([
      { type: 'text-received', transferId: id, deviceId: 'alice', kind: 'text', text: 'grüße 👋' },
    ]);
    expect(rig.bob.told('file-stored')).toEqual([]);
    await rig.bob.engine.markSaved(id, 0);
    expect(rig.bob.state(id)).toBe('saved');
    expect(rig.bob.sinks.files.size).toBe(0);
  });

  it('[TR11] a done that comes while the text is still being read is no error', async () => {
    const rig = await Rig.create();
    rig.connect();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const original = rig.bob.sinks.open.bind(rig.bob.sinks);
    let opened = 0;
    rig.bob.sinks.open = async (...parameters) => {
      // Written, checked to be text, and the third time read to be told.
      if (++opened === 3) await gate;
      return original(...parameters);
    };
    const id = await accepted(rig, [item('n', utf8('hello'), 'text/plain')], 'text');
    await rig.quiet();
    expect(opened).toBe(3);
    expect(rig.alice.state(id)).toBe('delivered');
    expect(rig.bob.told('session-error')).toEqual([]);
    expect(rig.bob.told('text-received')).toEqual([]);
    open();
    await rig.quiet();
    expect(rig.bob.told('text-received')).toMatchObject([{ text: 'hello' }]);
  });

  it('[TR13] that are no UTF-8 are refused', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = new Uint8Array([0x61, 0xff, 0x62]);
    const id = await accepted(rig, [item('x', bytes, 'text/plain')], 'text');
    await rig.quiet();
    expect(rig.bob.told('text-received')).toEqual([]);
    expect(rig.bob.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'bad-content' });
    expect(rig.alice.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'bad-content' });
    expect(rig.bob.sinks.files.size).toBe(0);
  });

  it('[TR13] are refused at the sender when they are none', async () => {
    const rig = await Rig.create();
    expect(isTextKind('page')).toBe(true);
    const send = (items: SendItem[]) => () =>
      rig.alice.engine.send('bob', { transferId: newId(), kind: 'link', items });
    const bad: unknown = expect.objectContaining({ code: 'bad-request' });
    expect(send([item('a', utf8('x'))])).toThrow(bad);
    expect(send([item('a', new Uint8Array(1024 * 1024 + 1), 'text/plain')])).toThrow(bad);
    const one = item('a', utf8('x'), 'text/plain');
    expect(send([one, one])).toThrow(bad);
    expect(send([])).toThrow(bad);
  });
});

describe('saving', () => {
  it('[TR11] goes from stored over saving to saved, and the copy goes only then', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await delivered(rig, [item('a', pattern(10)), item('b', pattern(20))]);
    const { engine, sinks } = rig.bob;
    await engine.markSaving(id, 0);
    expect(rig.bob.state(id)).toBe('saving');
    await engine.markSaved(id, 0);
    expect([...sinks.files.keys()]).toEqual([`${id}/1`]);
    expect(rig.bob.state(id)).toBe('saving');
    await engine.saveFailed(id, 1);
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'needs-you', what: 'save-failed' });
    expect(sinks.files.size).toBe(1);
    await engine.markSaving(id, 1);
    await engine.markSaved(id, 1);
    expect(rig.bob.state(id)).toBe('saved');
    expect(sinks.files.size).toBe(0);
    await engine.saveFailed(id, 1);
    expect(rig.bob.state(id), 'saved is saved').toBe('saved');
  });

  it('what is not stored is never saved', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('a', pattern(10))]);
    await rig.bob.engine.markSaved(id, 0);
    await rig.bob.engine.markSaved(id, 99);
    expect(rig.bob.state(id)).toBe('offered');
  });
});

describe('forgetting', () => {
  it('a removed transfer is cancelled, and its files and record go', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(9_000_000))]);
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
    await rig.bob.engine.remove(id);
    await rig.quiet();
    expect(rig.bob.told('transfer-removed')).toEqual([
      { type: 'transfer-removed', transferId: id },
    ]);
    expect(rig.bob.engine.snapshots()).toEqual([]);
    expect(rig.bob.sinks.files.size).toBe(0);
    expect(rig.bob.store.transfers.size).toBe(0);
    expect(rig.alice.state(id)).toBe('cancelled');
    expect(rig.bob.told('session-error')).toEqual([]);
    await rig.alice.engine.remove(id);
    expect(rig.alice.store.transfers.size).toBe(0);
    await rig.alice.engine.remove(id);
    await delivered(rig, [item('next', pattern(1000))]);
  });

  it('[RM1] removing a device tells it, and forgets everything of it', async () => {
    const rig = await Rig.create();
    rig.connect();
    const done = await delivered(rig, [item('a', pattern(10))]);
    const id = await accepted(rig, [item('x', pattern(9_000_000))]);
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
    await rig.bob.engine.removeDevice('alice');
    expect(rig.bob.engine.snapshots()).toEqual([]);
    expect(rig.bob.sinks.files.size).toBe(0);
    expect(rig.bob.store.transfers.size).toBe(0);
    await rig.quiet();
    expect(rig.alice.told('removed-by-peer')).toMatchObject([{ deviceId: 'bob' }]);
    expect(rig.alice.snapshot(id).state).toMatchObject({ reason: 'device-removed' });
    expect(rig.alice.state(done)).toBe('delivered');
    expect(rig.alice.told('session-error')).toEqual([]);
  });

  it('refuses what it does not know, and an id twice', async () => {
    const rig = await Rig.create();
    const unknown: unknown = expect.objectContaining({ code: 'unknown-transfer' });
    await expect(rig.alice.engine.decide(newId(), { type: 'accept' })).rejects.toEqual(unknown);
    await expect(rig.alice.engine.cancel(newId())).rejects.toEqual(unknown);
    const request = { transferId: newId(), kind: 'files', items: [item('a', pattern(1))] } as const;
    rig.alice.engine.send('bob', request);
    expect(() => rig.alice.engine.send('bob', request)).toThrow(
      expect.objectContaining({ code: 'duplicate-transfer' }),
    );
    await rig.alice.engine.shutdown();
    expect(() => rig.alice.engine.send('bob', { ...request, transferId: newId() })).toThrow(
      expect.objectContaining({ code: 'shut-down' }),
    );
  });
});
