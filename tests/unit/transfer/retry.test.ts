import { describe, expect, it } from 'vitest';
import { OFFER_LIFE_MS } from '../../../lib/protocol/limits.ts';
import { RawPeer } from './raw-peer.ts';
import { item, newId, pattern, Rig, type Device } from './rig.ts';
import {
  accepted,
  delivered,
  offered,
  offeredWith,
  reconnect,
  restarted,
  same,
  still,
} from './steps.ts';

const SIZES = [100, 700_000, 900_000];
const contents = SIZES.map((size, n) => pattern(size, n + 1));
const items = () => contents.map((bytes, n) => item(`f${n}`, bytes));

function noBreach(...devices: Device[]): void {
  for (const device of devices) {
    const codes = device.told('session-error').map(({ code }) => code);
    expect(codes.filter((code) => code !== 'channel-closed')).toEqual([]);
  }
}

/** The first is delivered, the second failed, the third was cancelled. */
async function mixed(rig: Rig): Promise<string> {
  const { id, originals } = await offeredWith(rig, items());
  const [, second] = originals;
  if (second === undefined) throw new Error('no original');
  second.trouble = 'source-unreadable';
  await rig.alice.engine.cancel(id, 2);
  await rig.bob.engine.decide(id, { type: 'accept' });
  await rig.quiet();
  expect(rig.alice.snapshot(id).state).toMatchObject({ reason: 'source-unreadable' });
  second.trouble = null;
  return id;
}

describe('trying again', () => {
  it('[TR20] sends what failed, and only that, as a transfer of its own', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await mixed(rig);
    const fresh = newId();
    rig.alice.engine.retry(id, fresh);
    await rig.quiet();
    expect(rig.bob.told('offer-received').at(-1)).toMatchObject({
      transferId: fresh,
      names: ['f1'],
      count: 1,
    });
    await rig.bob.engine.decide(fresh, { type: 'accept' });
    await rig.run(() => rig.alice.state(fresh) === 'delivered');
    expect(same(rig.bob.content(fresh, 0), contents[1] ?? new Uint8Array(0))).toBe(true);
    expect(rig.alice.state(id), 'the old one stays as it is').toBe('failed');
    noBreach(rig.alice, rig.bob);
  });

  it('[TR20] one file of it, also one that was cancelled', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await mixed(rig);
    const fresh = newId();
    const original = rig.alice.sources.files.get(`${id}/2`);
    rig.alice.engine.retry(id, fresh, { fileId: 2 });
    expect(rig.alice.snapshot(fresh).files.map(({ path }) => path)).toEqual(['f2']);
    await rig.quiet();
    expect(original, 'its source is kept as long as others may be tried again').toBeDefined();
    await rig.bob.engine.decide(fresh, { type: 'accept' });
    await rig.run(() => rig.alice.state(fresh) === 'delivered');
    expect(same(rig.bob.content(fresh, 0), contents[2] ?? new Uint8Array(0))).toBe(true);
  });

  it('[TR20] after a restart too, and after it was declined or expired', async () => {
    for (const how of ['declined', 'expired'] as const) {
      const rig = await Rig.create();
      rig.connect();
      const id = await offered(rig, items());
      if (how === 'expired') rig.clock.advance(OFFER_LIFE_MS);
      else await rig.bob.engine.decide(id, { type: 'decline', reason: 'declined' });
      await rig.quiet();
      expect(rig.alice.snapshot(id).state).toEqual({ type: 'declined', reason: how });
      expect(rig.alice.sources.released).toEqual([]);
      rig.cut();
      const alice = await restarted(rig.alice);
      const fresh = newId();
      alice.engine.retry(id, fresh);
      reconnect(rig, alice);
      await rig.quiet();
      await rig.bob.engine.decide(fresh, { type: 'accept' });
      await rig.run(() => alice.state(fresh) === 'delivered');
      expect(alice.snapshot(fresh).doneFiles).toBe(3);
      for (const [fileId, bytes] of contents.entries()) {
        expect(same(rig.bob.content(fresh, fileId), bytes)).toBe(true);
      }
    }
  });

  it('[TR20] is refused of what goes, of what is delivered, of what nobody knows, under an id that is taken', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { engine } = rig.alice;
    const code = (error: string): unknown => expect.objectContaining({ code: error });
    const going = await offered(rig, items());
    expect(() => engine.retry(going, newId())).toThrow(code('bad-request'));
    expect(() => engine.retry(newId(), newId())).toThrow(code('unknown-transfer'));
    await engine.cancel(going);
    await rig.quiet();
    const done = await delivered(rig, items());
    expect(() => engine.retry(done, newId())).toThrow(code('bad-request'));
    const failed = await mixed(rig);
    expect(() => engine.retry(failed, done)).toThrow(code('duplicate-transfer'));
    expect(() => engine.retry(failed, newId(), { fileId: 7 })).toThrow(code('bad-request'));
  });

  it('[TR20] keeps kind and note', async () => {
    const rig = await Rig.create();
    rig.connect();
    const transferId = newId();
    const text = item('n', new TextEncoder().encode('hello'), 'text/plain');
    rig.alice.send('bob', { transferId, kind: 'text', note: 'for you', items: [text] });
    await rig.quiet();
    await rig.bob.engine.decide(transferId, { type: 'decline', reason: 'declined' });
    await rig.quiet();
    const fresh = newId();
    rig.alice.engine.retry(transferId, fresh);
    await rig.quiet();
    expect(rig.bob.told('offer-received').at(-1)).toMatchObject({ kind: 'text', note: 'for you' });
    await rig.bob.engine.decide(fresh, { type: 'accept' });
    await rig.run(() => rig.alice.state(fresh) === 'delivered');
    await rig.quiet();
    expect(rig.bob.told('text-received')).toMatchObject([{ transferId: fresh, text: 'hello' }]);
  });
});

describe('the sources of what failed', () => {
  it('are let go of with its row', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await mixed(rig);
    expect([...rig.alice.sources.files.keys()].some((key) => key.startsWith(id))).toBe(true);
    await rig.alice.engine.remove(id);
    await rig.quiet();
    expect([...rig.alice.sources.files.keys()].filter((key) => key.startsWith(id))).toEqual([]);
  });
});

describe('asking for it again', () => {
  it('[TR20] the receiver asks, and the sender’s side is told so', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await mixed(rig);
    rig.bob.engine.retry(id, newId());
    await rig.quiet();
    // What is stored of it is not yet saved: it is over on the wire all the same.
    expect(rig.alice.told('retry-asked')).toEqual([
      { type: 'retry-asked', transferId: id, deviceId: 'bob' },
    ]);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR20] without a session asks for one, and asks then', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await mixed(rig);
    await rig.bob.engine.markSaved(id, 0);
    rig.cut();
    await still();
    rig.bob.events.length = 0;
    rig.bob.engine.retry(id, newId());
    expect(rig.bob.told('need-session')).toEqual([{ type: 'need-session', deviceId: 'alice' }]);
    reconnect(rig);
    await rig.quiet();
    expect(rig.alice.told('retry-asked')).toHaveLength(1);
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    expect(rig.alice.told('retry-asked'), 'once').toHaveLength(1);
  });

  it('[TR20] what did not fail is not sent again because a peer asks', async () => {
    const rig = await Rig.create();
    rig.connect();
    const done = await delivered(rig, items());
    const cancelled = await accepted(rig, [item('x', pattern(3_000_000))]);
    await rig.alice.engine.cancel(cancelled);
    await rig.quiet();
    rig.cut();
    await still();
    const peer = new RawPeer(rig.alice, 'bob');
    for (const transferId of [done, cancelled]) peer.post({ type: 'again', transferId });
    await peer.quiet();
    expect(rig.alice.told('retry-asked')).toEqual([]);
    expect(peer.sessionErrors.filter((code) => code !== 'channel-closed')).toEqual([]);
  });

  it('[TR20] asking over and over is passed on once', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await mixed(rig);
    rig.cut();
    await still();
    const peer = new RawPeer(rig.alice, 'bob');
    for (let n = 0; n < 200; n++) peer.post({ type: 'again', transferId: id });
    await peer.quiet();
    expect(rig.alice.told('retry-asked')).toHaveLength(1);
    expect(peer.sessionErrors.filter((code) => code !== 'channel-closed')).toEqual([]);
  });
});
