import { describe, expect, it, vi } from 'vitest';
import { ChunkCipher } from '../../../lib/crypto/chunk-cipher.ts';
import { fromHex, toHex } from '../../../lib/crypto/bytes.ts';
import {
  acceptProof,
  lockedFileRoot,
  lockSession,
  stretchPassword,
} from '../../../lib/crypto/lock-keys.ts';
import type * as LockKeys from '../../../lib/crypto/lock-keys.ts';
import { LockReceiver } from '../../../lib/crypto/transfer-lock.ts';
import { CHUNK_HEADER_BYTES, decodeChunkFrame } from '../../../lib/protocol/chunk-frame.ts';
import type { ControlMessage } from '../../../lib/protocol/messages.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, item, newId, newWire, pattern, Rig } from './rig.ts';

// Slow by design: once is enough for each password.
vi.mock('../../../lib/crypto/lock-keys.ts', async (load) => {
  const real = await load<typeof LockKeys>();
  const known = new Map<string, Promise<Uint8Array>>();
  return {
    ...real,
    stretchPassword: async (password: string, salt: Uint8Array) => {
      const stretched = known.get(password) ?? real.stretchPassword(password, salt);
      known.set(password, stretched);
      return new Uint8Array(await stretched);
    },
  };
});

const SALT = new Uint8Array(16).fill(0x77);
const SECRET = await stretchPassword('open sesame', SALT);
const lock = { salt: SALT, secret: SECRET };
const BYTES = pattern(400_000);

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

function sendLocked(device: Device, bytes = BYTES): string {
  const transferId = newId();
  device.send('bob', { transferId, kind: 'files', items: [item('x.bin', bytes)], lock });
  return transferId;
}

async function offered(bytes = BYTES): Promise<{ rig: Rig; id: string }> {
  const rig = await Rig.create();
  rig.connect();
  const id = sendLocked(rig.alice, bytes);
  await rig.run(() => rig.bob.told('offer-received').length > 0);
  return { rig, id };
}

async function attempt(rig: Rig, id: string, password: string): Promise<void> {
  await rig.bob.engine.unlock(id, password);
  await rig.run(() => rig.bob.snapshot(id).lock?.type !== 'checking');
}

/** Another session; both ends may have been restarted. */
async function reconnect(rig: Rig, alice = rig.alice, bob = rig.bob): Promise<Rig> {
  const next = Object.assign(Object.create(Rig.prototype) as Rig, rig, { alice, bob });
  next.connect(newWire());
  await next.quiet();
  return next;
}

describe('a transfer that asks for a password', () => {
  it('[PW1] [PW5] wrong once, right then: it goes, and both sides say so on the way', async () => {
    const { rig, id } = await offered();
    expect(rig.bob.told('offer-received')).toMatchObject([{ locked: true, transferId: id }]);
    expect(rig.bob.snapshot(id).lock).toEqual({ type: 'locked', triesLeft: 5 });
    await expect(rig.bob.engine.decide(id, { type: 'accept' })).rejects.toMatchObject({
      code: 'locked',
    });

    await attempt(rig, id, 'open barley');
    expect(rig.bob.snapshot(id).lock).toEqual({ type: 'locked', triesLeft: 4 });
    expect(rig.alice.snapshot(id).lock).toEqual({ type: 'locked', triesLeft: 4 });
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['waiting-for-accept', 'offered']);

    await rig.bob.engine.unlock(id, 'open sesame');
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.sinks.content(id, 0), BYTES)).toBe(true);
    expect(rig.bob.snapshot(id).lock).toEqual({ type: 'unlocked' });
    expect([...rig.alice.told('session-error'), ...rig.bob.told('session-error')]).toEqual([]);
  });

  it('[PW5][TR20] more tries are not to be had by asking for it again', async () => {
    const { rig, id } = await offered();
    for (let left = 4; left >= 1; left--) await attempt(rig, id, 'wrong');
    await rig.bob.engine.unlock(id, 'wrong');
    await rig.run(() => rig.bob.state(id) === 'failed');
    rig.bob.engine.retry(id, newId());
    await rig.quiet();
    expect(rig.alice.told('retry-asked')).toEqual([]);
  });

  it('[PW5] killed between the last wrong try and the end, it ends at the restart', async () => {
    const { rig, id } = await offered();
    for (let left = 4; left >= 1; left--) await attempt(rig, id, 'wrong');
    const stored = rig.alice.store.transfers.get(id);
    if (stored?.head.lock === undefined || !('secret' in stored.head.lock))
      throw new Error('no lock');
    const head = { ...stored.head, lock: { ...stored.head.lock, wrong: 5 } };
    rig.alice.store.transfers.set(id, { ...stored, head });
    const again = rig.alice.restarted();
    await again.engine.start();
    expect(again.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'locked-out' });
  });

  it('[PW5] five wrong ones: it fails on both sides, and says why', async () => {
    const { rig, id } = await offered();
    for (let left = 4; left >= 1; left--) {
      await attempt(rig, id, 'wrong');
      expect(rig.bob.snapshot(id).lock).toEqual({ type: 'locked', triesLeft: left });
    }
    await rig.bob.engine.unlock(id, 'wrong');
    await rig.run(() => rig.bob.state(id) === 'failed');
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'locked-out' });
    }
    expect(rig.bob.snapshot(id).lock?.type).toBe('locked');
    expect(rig.bob.sinks.files.size).toBe(0);
  });

  it('[TR20] what was locked out may be sent again, under the same password', async () => {
    const { rig, id } = await offered();
    for (let tried = 0; tried < 5; tried++) {
      await rig.bob.engine.unlock(id, 'wrong');
      await rig.quiet();
    }
    const fresh = newId();
    rig.alice.engine.retry(id, fresh);
    await rig.run(() => rig.bob.told('offer-received').length > 1);
    expect(rig.bob.snapshot(fresh).lock).toEqual({ type: 'locked', triesLeft: 5 });
    await rig.bob.engine.unlock(fresh, 'open sesame');
    await rig.run(() => rig.alice.state(fresh) === 'delivered');
  });

  it('[PW8] what opens it is written down, and never shown', async () => {
    const { rig, id } = await offered();
    await attempt(rig, id, 'open sesame');
    await rig.run(() => rig.alice.state(id) === 'delivered');
    const [there] = await rig.alice.store.list();
    const [here] = await rig.bob.store.list();
    expect(there?.head.lock).toMatchObject({ secret: toHex(SECRET), salt: toHex(SALT), wrong: 0 });
    const ticket = there?.head.lock?.ticket ?? 'none';
    expect(ticket).toMatch(/^[0-9a-f]{64}$/);
    expect(here?.head.lock).toEqual({ salt: toHex(SALT), triesLeft: 5, ticket });
    const told = JSON.stringify([rig.alice.events, rig.bob.events, rig.alice.engine.snapshots()]);
    const restarted = rig.alice.restarted();
    await restarted.engine.start();
    const later = JSON.stringify([restarted.events, restarted.engine.snapshots()]);
    for (const secret of [toHex(SECRET), ticket]) {
      expect(told).not.toContain(secret);
      expect(later).not.toContain(secret);
    }
  });

  it('[PW6] in another session, after restarts of both, nobody is asked again', async () => {
    const bytes = pattern(9_000_000, 3);
    const { rig, id } = await offered(bytes);
    await rig.bob.engine.unlock(id, 'open sesame');
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 3_000_000);
    rig.cut();
    await rig.quiet();
    let next = await reconnect(rig);
    expect(next.alice.state(id)).not.toBe('waiting-for-accept');

    next.cut();
    await next.quiet();
    await Promise.all([next.alice.engine.shutdown(), next.bob.engine.shutdown()]);
    const [alice, bob] = [next.alice.restarted(), next.bob.restarted()];
    await alice.engine.start();
    await bob.engine.start();
    expect(bob.told('offer-received')).toEqual([]);
    next = await reconnect(next, alice, bob);
    await next.run(() => alice.state(id) === 'delivered');
    expect(same(bob.sinks.content(id, 0), bytes)).toBe(true);
    expect([...alice.told('session-error'), ...bob.told('session-error')]).toEqual([]);
  });

  it('[PW5] tries survive restarts; the offer is asked about again, still locked', async () => {
    const { rig, id } = await offered();
    await attempt(rig, id, 'wrong');
    await attempt(rig, id, 'wrong');
    rig.cut();
    await rig.quiet();
    await Promise.all([rig.alice.engine.shutdown(), rig.bob.engine.shutdown()]);
    const [alice, bob] = [rig.alice.restarted(), rig.bob.restarted()];
    await alice.engine.start();
    await bob.engine.start();
    expect(bob.told('offer-received')).toMatchObject([{ locked: true }]);
    const next = await reconnect(rig, alice, bob);
    await attempt(next, id, 'wrong');
    expect([alice, bob].map((device) => device.snapshot(id).lock)).toEqual([
      { type: 'locked', triesLeft: 2 },
      { type: 'locked', triesLeft: 2 },
    ]);
    await bob.engine.unlock(id, 'open sesame');
    await next.run(() => alice.state(id) === 'delivered');
  });

  it('[PW6] what was saved meanwhile is told with the proof', async () => {
    const { rig, id } = await offered();
    await rig.bob.engine.unlock(id, 'open sesame');
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
    // The sender never hears of it.
    rig.wire.control[1].send = () => undefined;
    await rig.run(() => rig.bob.state(id) === 'stored');
    rig.cut();
    await rig.bob.engine.markSaved(id, 0);
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('saved');
    expect(rig.alice.state(id)).not.toBe('delivered');
    const next = await reconnect(rig);
    await next.run(() => next.alice.state(id) === 'delivered');
  });

  it('declining needs no password', async () => {
    const { rig, id } = await offered();
    await rig.bob.engine.decide(id, { type: 'decline', reason: 'declined' });
    await rig.run(() => rig.alice.state(id) === 'declined');
  });

  it('[PW6][TR12] has its proof in an accept that only tells what became of all files, too', async () => {
    for (const end of ['stored', 'cancelled'] as const) {
      const rig = await Rig.create();
      rig.connect();
      const id = newId();
      const items = [item('x.bin', BYTES), item('y.bin', pattern(5_000_000, 2))];
      rig.alice.send('bob', { transferId: id, kind: 'files', items, lock });
      await rig.run(() => rig.bob.told('offer-received').length > 0);
      await attempt(rig, id, 'open sesame');
      await rig.run(() => rig.bob.snapshot(id).files[0]?.state === 'stored');
      rig.bob.sinks.free = 0;
      await rig.quiet();
      rig.cut();
      const later = await reconnect(rig);
      expect(later.alice.state(id)).toBe('waiting-for-accept');
      await later.bob.engine.cancel(id, end === 'stored' ? 1 : undefined);
      await later.quiet();
      expect(later.bob.state(id)).toBe(end);
      expect(later.alice.state(id)).toBe(end === 'stored' ? 'delivered' : 'cancelled');
      expect(later.alice.snapshot(id).doneFiles).toBe(1);
      expect(later.alice.told('session-error').map(({ code }) => code)).toEqual(['channel-closed']);
    }
  });
});

describe('a peer that does not keep to it', () => {
  /** A real sender, and a receiver that says what a test wants. */
  async function hostile(locked = true) {
    const device = new Device('alice', (await Rig.create()).clock);
    await device.engine.start();
    const id = newId();
    const items = [item('x.bin', BYTES)];
    device.send('mallory', { transferId: id, kind: 'files', items, ...(locked && { lock }) });
    const peer = new RawPeer(device);
    await peer.quiet();
    expect(peer.types()).toContain('offer-end');
    return { device, peer, id };
  }
  const any = new Uint8Array(32).fill(9);

  it.each<[string, (id: string) => ControlMessage, string]>([
    ['accepts without a proof', (id) => ({ type: 'accept', transferId: id }), 'out-of-state'],
    ['makes a proof up', (id) => ({ type: 'accept', transferId: id, proof: any }), 'out-of-state'],
    [
      'says that it is stored',
      (id) => ({ type: 'stored', transferId: id, fileId: 0, merkleRoot: any }),
      'out-of-state',
    ],
    [
      'says that it has some',
      (id) => ({
        type: 'have',
        transferId: id,
        fileId: 0,
        chunkSize: 65_536,
        from: 0,
        bitmap: new Uint8Array(1),
      }),
      'out-of-state',
    ],
    [
      'proves without a share',
      (id) => ({ type: 'unlock-proof', transferId: id, proof: any }),
      'out-of-state',
    ],
    [
      'sends a share that is none',
      (id) => ({ type: 'unlock', transferId: id, share: new Uint8Array(32).fill(255) }),
      'wrong-proof',
    ],
  ])('[PW6] one that %s loses the session, and gets no byte', async (_, message, code) => {
    const { peer, id } = await hostile();
    peer.post(message(id));
    await peer.quiet();
    expect(peer.endedWith()).toBe(code);
    expect(peer.frames).toEqual([]);
  });

  it('[PW5] one that unlocks what has no lock loses the session', async () => {
    const { peer, id } = await hostile(false);
    peer.post({ type: 'unlock', transferId: id, share: any });
    await peer.quiet();
    expect(peer.endedWith()).toBe('out-of-state');
  });

  it('[PW5] a sender that says "unlocked" unasked loses the session', async () => {
    const device = new Device('alice', (await Rig.create()).clock);
    await device.engine.start();
    const peer = new RawPeer(device);
    const id = peer.offer([BYTES]);
    await peer.quiet();
    peer.post({ type: 'unlocked', transferId: id, proof: any });
    await peer.quiet();
    expect(peer.endedWith()).toBe('out-of-state');
  });

  it('[PW7] who has the session’s keys and not the ticket cannot read it', async () => {
    const { peer, id } = await hostile();
    const transferId = fromHex(id);
    const { fileRoot } = peer.wire.keys;
    const context = { session: lockSession(fileRoot), dir: 'i2r', transferId } as const;
    const machine = new LockReceiver({ salt: SALT, triesLeft: 5 });
    peer.post({ type: 'unlock', transferId: id, share: machine.start(context, SECRET) });
    await peer.quiet();
    const share = find(peer, 'unlock-share').share;
    peer.post({ type: 'unlock-proof', transferId: id, proof: machine.onShare(share) });
    await peer.quiet();
    const ticket = machine.onUnlocked(find(peer, 'unlocked').proof);
    peer.post({ type: 'window', credit: 10_000_000 });
    peer.post({ type: 'accept', transferId: id, proof: acceptProof(ticket, context) });
    await peer.quiet();
    const { salt, chunkSize } = find(peer, 'start');
    // Chunks are sealed side by side: the first need not be the first to leave.
    const first = peer.frames.find((frame) => decodeChunkFrame(frame).chunkIndex === 0);
    const sealed = first?.subarray(CHUNK_HEADER_BYTES) ?? new Uint8Array();
    const cipher = (root: Uint8Array) =>
      new ChunkCipher({
        fileRoot: root,
        salt,
        dir: 'i2r',
        transferId,
        fileId: 0,
        size: BYTES.length,
        chunkSize,
      });
    await expect(cipher(fileRoot).decrypt(0, sealed)).rejects.toMatchObject({ code: 'bad-tag' });
    const root = lockedFileRoot(fileRoot, ticket, context);
    expect(same(await cipher(root).decrypt(0, sealed), BYTES.slice(0, chunkSize))).toBe(true);
  });

  it('[PW1] the same offer with another lock is another offer', async () => {
    const device = new Device('alice', (await Rig.create()).clock);
    await device.engine.start();
    const peer = new RawPeer(device);
    const id = newId();
    const offer = (salt: Uint8Array<ArrayBuffer> | null) => {
      const items = [{ fileId: 0, path: 'x', size: 1, mime: '', modified: 0 }];
      peer.post(
        {
          type: 'offer-begin',
          transferId: id,
          kind: 'files',
          count: 1,
          totalBytes: 1,
          ...(salt && { lock: { salt } }),
        },
        { type: 'offer-items', transferId: id, items },
        { type: 'offer-end', transferId: id },
      );
    };
    offer(SALT);
    await peer.quiet();
    expect(device.snapshot(id).lock).toEqual({ type: 'locked', triesLeft: 5 });
    offer(null);
    await peer.quiet();
    expect(peer.endedWith()).toBe('bad-manifest');
  });
});

function find<T extends ControlMessage['type']>(
  peer: RawPeer,
  type: T,
): Extract<ControlMessage, { type: T }> {
  const found = peer.received.find(
    (message): message is Extract<ControlMessage, { type: T }> => message.type === type,
  );
  if (found === undefined) throw new Error(`no ${type}`);
  return found;
}
