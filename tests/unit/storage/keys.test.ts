import 'fake-indexeddb/auto';
import { createStore, entries, set } from 'idb-keyval';
import { describe, expect, it } from 'vitest';
import { randomBytes, toHex } from '../../../lib/crypto/bytes.ts';
import { deviceId as idOf } from '../../../lib/crypto/identity.ts';
import { rvRoot } from '../../../lib/crypto/rendezvous.ts';
import { KeyStore } from '../../../lib/storage/keys.ts';

const newPair = () => {
  const remoteStatic = randomBytes(32);
  return {
    deviceId: idOf(remoteStatic),
    remoteStatic,
    pskRoot: randomBytes(32),
    name: 'Desktop',
    checkWords: ['a', 'b', 'c'],
  };
};

async function stored(): Promise<[string, unknown][]> {
  return entries<string, unknown>(createStore('tallow-keys-v1', 'keys'));
}

describe('keys at rest', () => {
  it('[PR11] [ID1] makes one static key and finds it again', async () => {
    const first = await new KeyStore().identity();
    const again = await new KeyStore().identity();
    expect(again.deviceId).toBe(first.deviceId);
    expect(again.key.publicKey).toEqual(first.key.publicKey);
    expect(idOf(first.key.publicKey)).toBe(first.deviceId);
  });

  it('[PR12] [PR13] a pending pair leaves the old one alone until it is confirmed', async () => {
    const keys = new KeyStore();
    const old = newPair();
    await keys.savePending(old);
    await keys.confirm(old.deviceId);
    const again = { ...old, pskRoot: randomBytes(32) };
    await keys.savePending(again);
    expect((await keys.secrets(old.deviceId, 'paired'))?.pskRoot).toEqual(old.pskRoot);
    expect((await keys.secrets(old.deviceId, 'pending'))?.pskRoot).toEqual(again.pskRoot);

    await keys.discard(old.deviceId, 'pending');
    expect((await keys.secrets(old.deviceId, 'paired'))?.pskRoot).toEqual(old.pskRoot);
    await keys.savePending(again);
    await keys.confirm(old.deviceId);
    expect((await keys.secrets(old.deviceId, 'paired'))?.pskRoot).toEqual(again.pskRoot);
    expect(await keys.secrets(old.deviceId, 'pending')).toBeUndefined();
    await keys.discard(old.deviceId, 'all');
    expect(await keys.secrets(old.deviceId, 'paired')).toBeUndefined();
  });

  it('lists every pair with its rendezvous root', async () => {
    const keys = new KeyStore();
    const pair = newPair();
    await keys.savePending(pair);
    const known = (await keys.pairs()).find(({ deviceId }) => deviceId === pair.deviceId);
    expect(known).toEqual({
      deviceId: pair.deviceId,
      slot: 'pending',
      rvRoot: rvRoot(pair.pskRoot),
    });
  });

  it('[PR12] drops a pending pair after a day', async () => {
    const keys = new KeyStore();
    const pair = newPair();
    await keys.savePending(pair);
    const store = createStore('tallow-keys-v1', 'keys');
    const found = (await stored()).find(([key]) => key === `pending:${pair.deviceId}`);
    await set(
      `pending:${pair.deviceId}`,
      { ...(found?.[1] as object), savedAt: Date.now() - 25 * 3_600_000 },
      store,
    );
    expect((await keys.pairs()).map(({ deviceId }) => deviceId)).not.toContain(pair.deviceId);
    expect(await keys.secrets(pair.deviceId, 'pending')).toBeUndefined();
  });

  it('[ST1] nothing secret lies in the store in clear', async () => {
    const keys = new KeyStore();
    const pair = newPair();
    await keys.savePending(pair);
    const dump = JSON.stringify(await stored(), (_key, value: unknown) =>
      value instanceof Uint8Array ? toHex(value) : value,
    );
    expect(dump).not.toContain(toHex(pair.pskRoot));
    expect(dump).toContain(toHex(pair.remoteStatic));
  });

  it('[ST1] a blob moved to another device does not open', async () => {
    const keys = new KeyStore();
    const [one, two] = [newPair(), newPair()];
    await keys.savePending(one);
    await keys.savePending(two);
    const all = new Map(await stored());
    const moved = { ...(all.get(`pending:${one.deviceId}`) as object), deviceId: two.deviceId };
    await set(`pending:${two.deviceId}`, moved, createStore('tallow-keys-v1', 'keys'));
    await expect(keys.secrets(two.deviceId, 'pending')).rejects.toMatchObject({ code: 'bad-tag' });
    await keys.discard(two.deviceId, 'all');
  });

  it('a record of another shape is a typed error and stays', async () => {
    const store = createStore('tallow-keys-v1', 'keys');
    await set('paired:ff', { deviceId: 'ff', blob: 'text' }, store);
    await expect(new KeyStore().secrets('ff', 'paired')).rejects.toMatchObject({
      code: 'keys-unreadable',
    });
    expect((await stored()).map(([key]) => key)).toContain('paired:ff');
  });

  it('a record that cannot be read is set aside, kept, and the others go on', async () => {
    const keys = new KeyStore();
    const good = newPair();
    await keys.savePending(good);
    const damaged = { deviceId: 'ff', blob: 'text' };
    await set('paired:ff', damaged, createStore('tallow-keys-v1', 'keys'));
    expect((await keys.pairs()).map(({ deviceId }) => deviceId)).toContain(good.deviceId);
    expect(keys.setAside).toBe(1);
    expect(new Map(await stored()).get('set-aside:paired:ff')).toEqual(damaged);
    const later = new KeyStore();
    await later.pairs();
    expect(later.setAside).toBe(1);
  });
});
