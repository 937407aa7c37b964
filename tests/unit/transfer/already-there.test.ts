import { describe, expect, it } from 'vitest';
import type { SendItem } from '../../../lib/transfer/events.ts';
import { RawPeer } from './raw-peer.ts';
import { item, newId, pattern, Rig, type Device } from './rig.ts';
import { delivered, fileState, reconnect, restarted, same, watchFrames } from './steps.ts';

const BYTES = pattern(700_000);

/** What `engine.decide` is told: of the known files, all are still where they were saved. */
function allHere(bob: Device, transferId: string) {
  const offer = bob.told('offer-received').findLast((each) => each.transferId === transferId);
  const alreadyHere = offer?.known.map(({ fileId }) => fileId) ?? [];
  return { type: 'accept', alreadyHere } as const;
}

async function saved(rig: Rig, items: SendItem[]): Promise<string> {
  const id = await delivered(rig, items);
  for (const [fileId] of items.entries()) await rig.bob.engine.markSaved(id, fileId);
  await rig.quiet();
  return id;
}

async function offerAgain(rig: Rig, items: SendItem[], force = false): Promise<string> {
  const transferId = newId();
  rig.alice.send('bob', { transferId, kind: 'files', items, force });
  await rig.quiet();
  return transferId;
}

function rootsOffered(peer: RawPeer): (string | null)[] {
  return peer.received.flatMap((message) =>
    message.type === 'offer-items'
      ? message.items.map(({ merkleRoot }) =>
          merkleRoot === undefined ? null : Buffer.from(merkleRoot).toString('hex'),
        )
      : [],
  );
}

describe('content that this device delivered before', () => {
  it('[TR18] is not sent again, and both sides say so', async () => {
    const rig = await Rig.create();
    rig.connect();
    const first = await saved(rig, [item('x', BYTES)]);
    const frames = watchFrames(rig);
    const id = await offerAgain(rig, [item('x', BYTES)]);
    expect(rig.bob.told('offer-received').at(-1)?.known).toEqual([
      { fileId: 0, saved: { transferId: first, fileId: 0 } },
    ]);
    await rig.bob.engine.decide(id, allHere(rig.bob, id));
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(frames.count).toBe(0);
    expect(rig.bob.state(id)).toBe('saved');
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id)).toMatchObject({ alreadyThere: 1, wireBytes: 0 });
      expect(device.snapshot(id).files[0]?.alreadyThere).toBe(true);
      expect(device.told('session-error')).toEqual([]);
    }
    expect(rig.bob.told('file-stored').filter((each) => each.transferId === id)).toEqual([]);
    expect(rig.bob.told('first-byte').filter((each) => each.transferId === id)).toEqual([]);
    expect([...rig.bob.sinks.files.keys(), ...rig.bob.sinks.journals.keys()]).toEqual([]);
  });

  it('[TR18] of several files only that which is there stays away', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    const other = pattern(500_000, 7);
    const id = await offerAgain(rig, [item('new', other), item('x', BYTES)]);
    const frames = watchFrames(rig);
    await rig.bob.engine.decide(id, allHere(rig.bob, id));
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(frames.bytes).toBe(500_000 + 8 * 16);
    expect(same(rig.bob.content(id, 0), other)).toBe(true);
    expect([fileState(rig.bob, id, 0), fileState(rig.bob, id, 1)]).toEqual(['stored', 'saved']);
    await rig.bob.engine.markSaved(id, 0);
    expect(rig.bob.state(id)).toBe('saved');
  });

  it('[TR18] comes once more where it is not where it was saved', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    const id = await offerAgain(rig, [item('x', BYTES)]);
    expect(rig.bob.told('offer-received').at(-1)?.known).toHaveLength(1);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
    expect(rig.alice.snapshot(id).alreadyThere).toBeUndefined();
  });

  it('[TR18] comes once more where the sender says so', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    const id = await offerAgain(rig, [item('x', BYTES)], true);
    expect(rig.bob.told('offer-received').at(-1)?.known).toEqual([]);
    await rig.bob.engine.decide(id, allHere(rig.bob, id));
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
  });

  it('[TR18][TR20] what was there goes after all when it is sent again by force', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    const id = await offerAgain(rig, [item('x', BYTES)]);
    await rig.bob.engine.decide(id, allHere(rig.bob, id));
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    const again = newId();
    rig.alice.engine.retry(id, again, { force: true });
    await rig.quiet();
    expect(rig.bob.told('offer-received').at(-1)?.known).toEqual([]);
    await rig.bob.engine.decide(again, { type: 'accept' });
    await rig.run(() => rig.alice.state(again) === 'delivered');
    expect(same(rig.bob.content(again, 0), BYTES)).toBe(true);
  });

  it('[TR18] a namesake of another size or date is another file', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    const id = await offerAgain(rig, [
      { ...item('x', BYTES), modified: 5 },
      item('x', pattern(700_001)),
      item('y', BYTES),
    ]);
    expect(rig.bob.told('offer-received').at(-1)?.known).toEqual([]);
    await rig.bob.engine.decide(id, allHere(rig.bob, id));
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(rig.alice.snapshot(id).alreadyThere).toBeUndefined();
  });

  it('[TR18] other content under the same name, size and date is found out by reading, and goes', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    const other = pattern(700_000, 99);
    const id = await offerAgain(rig, [item('x', other)]);
    await rig.bob.engine.decide(id, allHere(rig.bob, id));
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(same(rig.bob.content(id, 0), other)).toBe(true);
    expect(rig.alice.snapshot(id).alreadyThere).toBeUndefined();
    expect(rig.bob.snapshot(id).alreadyThere).toBeUndefined();
    expect(rig.bob.state(id)).toBe('stored');
    for (const device of [rig.alice, rig.bob]) expect(device.told('session-error')).toEqual([]);
  });

  it('[TR18] is nothing that only another device delivered', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    // Bob knows the content from Alice; Mallory names its root and learns nothing.
    const mallory = new RawPeer(rig.bob, 'mallory');
    const [root = ''] = [...rig.alice.ledger.sentContents.values()].map((content) => content.root);
    const transferId = newId();
    const merkleRoot = Uint8Array.from(Buffer.from(root, 'hex'));
    const offered = { fileId: 0, path: 'x', size: 700_000, mime: '', modified: 0, merkleRoot };
    mallory.post(
      { type: 'offer-begin', transferId, kind: 'files', count: 1, totalBytes: 700_000 },
      { type: 'offer-items', transferId, items: [offered] },
      { type: 'offer-end', transferId },
    );
    await mallory.quiet();
    expect(rig.bob.told('offer-received').at(-1)).toMatchObject({ transferId, known: [] });
    await rig.bob.engine.decide(transferId, { type: 'accept', alreadyHere: [0] });
    await mallory.quiet();
    expect(mallory.types()).toEqual(['window', 'accept']);
  });

  it('[TR18] is told to no other device, and to none before the accept', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    const carol = new RawPeer(rig.alice, 'carol');
    const transferId = newId();
    rig.alice.send('carol', { transferId, kind: 'files', items: [item('x', BYTES)] });
    await carol.quiet();
    expect(rootsOffered(carol)).toEqual([null]);
    const peer = new RawPeer(rig.bob, 'alice');
    const again = peer.offer([BYTES]);
    await peer.quiet();
    expect(rig.bob.state(again)).toBe('offered');
    expect(peer.types(), 'nothing but credit before the person said yes').toEqual(['window']);
  });

  it('[TR18] small files are not looked for: sending them costs less', async () => {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', pattern(65_536))]);
    expect(rig.alice.ledger.sentContents.size).toBe(0);
    expect(rig.bob.ledger.receivedFiles.size).toBe(0);
  });

  it('[TR18] what was delivered and not yet saved is not there', async () => {
    const rig = await Rig.create();
    rig.connect();
    const first = await delivered(rig, [item('x', BYTES)]);
    expect(rig.bob.ledger.receivedFiles.size).toBe(0);
    await rig.bob.engine.markSaved(first, 0);
    expect(rig.bob.ledger.receivedFiles.size).toBe(1);
  });
});

describe('a claim of content that is there', () => {
  async function claimed(root: Uint8Array<ArrayBuffer> | 'offered') {
    const rig = await Rig.create();
    rig.connect();
    await saved(rig, [item('x', BYTES)]);
    rig.cut();
    await rig.quiet();
    const peer = new RawPeer(rig.alice, 'bob');
    const transferId = newId();
    rig.alice.send('bob', { transferId, kind: 'files', items: [item('x', BYTES)] });
    await peer.quiet();
    const [hex] = rootsOffered(peer);
    const merkleRoot = root === 'offered' ? Uint8Array.from(Buffer.from(hex ?? '', 'hex')) : root;
    peer.post(
      { type: 'window', credit: 10_000_000 },
      { type: 'there', transferId, fileId: 0, merkleRoot },
      { type: 'accept', transferId },
    );
    await peer.quiet();
    return { rig, peer, transferId, merkleRoot };
  }

  it('[TR18] is confirmed with the root, and delivered when the receiver says that it is stored', async () => {
    const { rig, peer, transferId, merkleRoot } = await claimed('offered');
    const said = () => peer.received.filter(({ type }) => type === 'file-end' || type === 'done');
    const end = { type: 'file-end', transferId, fileId: 0, merkleRoot };
    expect(said()).toEqual([end]);
    expect(rig.alice.state(transferId)).toBe('verifying');
    peer.post({ type: 'stored', transferId, fileId: 0, merkleRoot });
    await peer.quiet();
    expect(said()).toEqual([end, { type: 'done', transferId }]);
    expect(peer.frames).toEqual([]);
    expect(rig.alice.snapshot(transferId).alreadyThere).toBe(1);
    expect(rig.alice.state(transferId)).toBe('delivered');
  });

  it('[TR18] with another root than was offered ends the session', async () => {
    const { peer } = await claimed(new Uint8Array(32));
    expect(peer.sessionErrors.at(-1)).toBe('out-of-state');
  });

  it('[TR18] without an offer of a root ends the session', async () => {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.alice, 'bob');
    const transferId = newId();
    rig.alice.send('bob', { transferId, kind: 'files', items: [item('x', BYTES)] });
    await peer.quiet();
    expect(rootsOffered(peer)).toEqual([null]);
    peer.post({ type: 'there', transferId, fileId: 0, merkleRoot: new Uint8Array(32) });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['out-of-state']);
  });

  it('[TR18] that was cut off is made again in the next session, after a restart too', async () => {
    for (const restart of [false, true]) {
      const rig = await Rig.create();
      rig.connect();
      await saved(rig, [item('x', BYTES)]);
      const id = await offerAgain(rig, [item('x', BYTES)]);
      await rig.bob.engine.decide(id, allHere(rig.bob, id));
      // The accept never arrives.
      rig.cut();
      await rig.quiet();
      const bob = restart ? await restarted(rig.bob) : rig.bob;
      reconnect(rig, rig.alice, bob);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      await rig.quiet();
      expect(bob.told('session-error').map(({ code }) => code)).not.toContain('out-of-state');
      const { type } = bob.snapshot(id).state;
      expect(restart ? ['stored', 'saved'] : ['saved']).toContain(type);
    }
  });
});
