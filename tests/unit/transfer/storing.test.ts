import { describe, expect, it } from 'vitest';
import { isTextKind } from '../../../lib/protocol/kinds.ts';
import type { SendItem } from '../../../lib/transfer/events.ts';
import { item, newId, pattern, Rig } from './rig.ts';
import { accepted, delivered, offered, same } from './steps.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

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
    const putFiles = rig.bob.store.putFiles.bind(rig.bob.store);
    const gate = new Promise<void>((resolve) => {
      write = resolve;
    });
    rig.bob.store.putFiles = async (...parameters) => {
      await gate;
      await putFiles(...parameters);
    };
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('verifying');
    expect(rig.bob.told('file-stored')).toEqual([]);
    write();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(rig.bob.store.transfers.get(id)?.files[0]?.state).toBe('stored');
  });
});

describe('saving', () => {
  it('[TR11] the copy stays where it cannot be written down that it is saved', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(100_000))]);
    await rig.quiet();
    rig.bob.store.putFiles = () => Promise.reject(new Error('disk full'));
    await rig.bob.engine.markSaved(id, 0);
    expect(rig.bob.sinks.content(id, 0)).toBeDefined();
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
    expect([...sinks.files.keys()], 'one pack: the other needs it').toEqual([`${id}/0`]);
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
