import { describe, expect, it } from 'vitest';
import { decodeChunkFrame } from '../../../lib/protocol/chunk-frame.ts';
import { MAX_TRANSFERS_UNDER_WAY } from '../../../lib/protocol/limits.ts';
import {
  JOURNAL_MS,
  MAX_SENDS_UNDER_WAY,
  SMALL_TRANSFER_BYTES,
  SMALL_TRANSFER_PLACES,
} from '../../../lib/transfer/constants.ts';
import { RawPeer } from './raw-peer.ts';
import { item, newId, pattern, Rig, type Device } from './rig.ts';
import {
  accepted,
  delivered,
  halfway,
  killed,
  offered,
  reconnect,
  slowly,
  still,
} from './steps.ts';

const FILM = pattern(9_000_000);
const LARGE = pattern(SMALL_TRANSFER_BYTES + 1);
const utf8 = (text: string) => new TextEncoder().encode(text);

function send(device: Device, peer: string, bytes: Uint8Array): string {
  const transferId = newId();
  device.send(peer, { transferId, kind: 'files', items: [item('x', bytes)] });
  return transferId;
}

function offeredTo(peer: RawPeer): string[] {
  return peer.received.flatMap((message) =>
    message.type === 'offer-begin' ? [message.transferId] : [],
  );
}

describe('several transfers to one device', () => {
  it('[TR14] a small text is not stuck behind a film', async () => {
    const rig = await Rig.create();
    rig.connect();
    const film = await accepted(rig, [item('film', FILM)]);
    await slowly(rig, () => rig.bob.snapshot(film).doneBytes > 0);
    const text = await offered(rig, [item('n', utf8('hello'), 'text/plain')], 'text');
    await rig.bob.engine.decide(text, { type: 'accept' });
    const sentBefore = rig.alice.snapshot(film).wireBytes;
    const tags: number[] = [];
    const lane = rig.wire.lanes[0]?.[0];
    if (lane === undefined) throw new Error('no lane');
    const put = lane.send.bind(lane);
    lane.send = (frame) => {
      tags.push(decodeChunkFrame(frame).tag);
      put(frame);
    };
    await slowly(rig, () => rig.alice.state(text) === 'delivered');
    expect(sentBefore).toBeLessThan(FILM.length / 2);
    // What was being read and sealed when it was accepted is before it, and nothing else.
    expect(tags.indexOf(1)).toBeGreaterThanOrEqual(0);
    expect(tags.indexOf(1)).toBeLessThanOrEqual(8);
    expect(rig.alice.state(film)).toBe('transferring');
    await rig.run(() => rig.alice.state(film) === 'delivered');
  });

  it('[TR14] large ones take turns', async () => {
    const rig = await Rig.create();
    rig.connect();
    const ids = [await offered(rig, [item('a', FILM)]), await offered(rig, [item('b', FILM)])];
    for (const id of ids) await rig.bob.engine.decide(id, { type: 'accept' });
    await slowly(rig, () => ids.some((id) => rig.alice.snapshot(id).wireBytes > 4_000_000));
    const [a = 0, b = 0] = ids.map((id) => rig.alice.snapshot(id).wireBytes);
    expect(Math.abs(a - b)).toBeLessThanOrEqual(8 * 245_776);
    await rig.run(() => ids.every((id) => rig.alice.state(id) === 'delivered'));
  });

  it('[TR14] a paused one does not hold the others up', async () => {
    const rig = await Rig.create();
    rig.connect();
    const first = await accepted(rig, [item('a', FILM)]);
    await slowly(rig, () => rig.bob.snapshot(first).doneBytes > 0);
    rig.bob.engine.pause(first);
    const second = await accepted(rig, [item('b', LARGE)]);
    await rig.run(() => rig.alice.state(second) === 'delivered');
    expect(rig.alice.state(first)).toBe('paused');
  });

  it('[TR14] two of its eight places are for what is soon over', async () => {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.alice, 'bob');
    const large = Array.from({ length: 9 }, () => send(rig.alice, 'bob', LARGE));
    await peer.quiet();
    const places = MAX_TRANSFERS_UNDER_WAY - SMALL_TRANSFER_PLACES;
    expect(offeredTo(peer)).toEqual(large.slice(0, places));
    const small = Array.from({ length: 3 }, () => send(rig.alice, 'bob', pattern(10)));
    await peer.quiet();
    expect(offeredTo(peer)).toEqual([...large.slice(0, places), ...small.slice(0, 2)]);
    // One large one less: its place is a large one's, and the next in turn has it.
    peer.post({ type: 'decline', transferId: large[0] ?? '', reason: 'declined' });
    await peer.quiet();
    expect(offeredTo(peer)).toHaveLength(MAX_TRANSFERS_UNDER_WAY + 1);
    for (const transferId of small.slice(0, 2)) {
      peer.post({ type: 'decline', transferId, reason: 'declined' });
    }
    await peer.quiet();
    expect(offeredTo(peer)).toContain(small[2]);
    expect(peer.sessionErrors).toEqual([]);
  });

  it('[TR14] small ones may have all places', async () => {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.alice, 'bob');
    const ids = Array.from({ length: 9 }, () => send(rig.alice, 'bob', pattern(10)));
    await peer.quiet();
    expect(offeredTo(peer)).toEqual(ids.slice(0, MAX_TRANSFERS_UNDER_WAY));
  });
});

describe('transfers to several devices', () => {
  it('[TR14] are at most sixteen large ones over all; small ones go all the same', async () => {
    const rig = await Rig.create();
    const names = ['a', 'b', 'c', 'd'];
    const peers = names.map((name) => new RawPeer(rig.alice, name));
    const ids = names.map((name) => Array.from({ length: 5 }, () => send(rig.alice, name, LARGE)));
    for (const peer of peers) await peer.quiet();
    const count = () => peers.reduce((sum, peer) => sum + offeredTo(peer).length, 0);
    expect(count()).toBe(MAX_SENDS_UNDER_WAY);
    // A place that one device gives back is another's.
    peers[0]?.post({ type: 'decline', transferId: ids[0]?.[0] ?? '', reason: 'declined' });
    for (const peer of peers) await peer.quiet();
    expect(count()).toBe(MAX_SENDS_UNDER_WAY + 1);
    const text = send(rig.alice, 'd', pattern(10));
    for (const peer of peers) await peer.quiet();
    expect(peers[3] && offeredTo(peers[3])).toContain(text);
    expect(count()).toBe(MAX_SENDS_UNDER_WAY + 2);
    expect(rig.alice.told('session-error')).toEqual([]);
  });

  it('[TR14] a device that is lost gives its places back', async () => {
    const rig = await Rig.create();
    const names = ['a', 'b', 'c'];
    const peers = names.map((name) => new RawPeer(rig.alice, name));
    for (const name of names) for (let n = 0; n < 6; n++) send(rig.alice, name, LARGE);
    for (const peer of peers) await peer.quiet();
    const [first, , last] = peers;
    if (first === undefined || last === undefined) throw new Error('no peers');
    expect(offeredTo(last)).toHaveLength(MAX_SENDS_UNDER_WAY - 12);
    first.control.cut();
    for (const peer of peers) await peer.quiet();
    expect(offeredTo(last)).toHaveLength(6);
  });
});

describe('bytes on the wire', () => {
  it('are the ciphertext of chunks and packs, the same on both sides', async () => {
    const rig = await Rig.create();
    rig.connect();
    const sizes = [700_000, 100, 0, 200];
    const id = await delivered(
      rig,
      sizes.map((size, n) => item(`f${n}`, pattern(size))),
    );
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id)).toMatchObject({
        wireBytes: 700_000 + 11 * 16 + 300 + 16,
        doneBytes: 700_300,
        doneFiles: 4,
      });
    }
  });

  it('count over sessions and restarts, with what went twice', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id } = await halfway(rig, [item('x', FILM)], 1_000_000);
    rig.clock.advance(JOURNAL_MS);
    await still();
    rig.cut();
    await still();
    const before = rig.alice.snapshot(id).wireBytes;
    expect(before).toBeGreaterThanOrEqual(1_000_000);
    const alice = await killed(rig.alice);
    expect(alice.snapshot(id).wireBytes).toBeGreaterThan(0);
    reconnect(rig, alice);
    await rig.run(() => alice.state(id) === 'delivered');
    expect(rig.bob.snapshot(id).wireBytes).toBe(FILM.length + 37 * 16);
    expect(alice.snapshot(id).wireBytes).toBeLessThanOrEqual(before + FILM.length + 37 * 16);
  });

  it('count a chunk that was wrong on the disk and came again', async () => {
    const rig = await Rig.create();
    rig.connect();
    let wrong = 0;
    rig.bob.sinks.onWrite = (_key, offset, bytes) => {
      if (offset !== 65_536 || wrong > 0) return bytes;
      wrong++;
      return bytes.map((byte) => byte ^ 1);
    };
    const id = await delivered(rig, [item('x', pattern(200_000))]);
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id).wireBytes).toBe(200_000 + 65_536 + 5 * 16);
    }
  });
});
