/**
 * Keys at rest ([ST1]): this device's static key and each pair's root, sealed in IndexedDB under a
 * key that WebCrypto never hands out. Only the offscreen document opens it ([ST2]).
 */
import { createStore, del, entries, get, set, setMany, update, type UseStore } from 'idb-keyval';
import * as v from 'valibot';
import { generateStoreKey, openAtRest, sealAtRest } from '../crypto/at-rest.ts';
import { copyBytes, wipe } from '../crypto/bytes.ts';
import { deviceId as idOf } from '../crypto/identity.ts';
import { rvRoot } from '../crypto/rendezvous.ts';
import { nobleDhKey } from '../crypto/x25519.ts';
import type { DhKey } from '../crypto/keys.ts';
import { TallowError } from '../errors/index.ts';
import type { NewPair, PairSecrets, PairSlot, PairStore } from '../session/ports.ts';

/** Raised with the shape of the records; older databases are then migrated before use. */
const DATABASE = 'tallow-keys-v1';

/** A pairing that its peer never confirmed is dropped after this long ([PR12]). */
const PENDING_MS = 24 * 60 * 60 * 1000;

/** What is stored is not what this version writes: damaged, or of a newer version. */
export class KeyStoreError extends TallowError<'keys-unreadable'> {}

const bytes = (length: number) =>
  v.pipe(
    v.instance(Uint8Array<ArrayBuffer>),
    v.check((value) => value.byteLength === length),
  );

const identityRecord = v.object({ deviceId: v.string(), blob: v.instance(Uint8Array) });
const pairRecord = v.object({
  deviceId: v.string(),
  remoteStatic: bytes(32),
  /** Sealed `pskRoot`. */
  blob: v.instance(Uint8Array),
  savedAt: v.number(),
});
type PairRecord = v.InferOutput<typeof pairRecord>;

export interface KnownPair {
  readonly deviceId: string;
  readonly slot: PairSlot;
  readonly rvRoot: Uint8Array;
}

/** In front of the key of a record that could not be read. */
const SET_ASIDE = 'set-aside';

const pairKey = (slot: PairSlot, deviceId: string) => `${slot}:${deviceId}`;

export class KeyStore implements PairStore {
  readonly #store: UseStore = createStore(DATABASE, 'keys');
  #master: Promise<CryptoKey> | null = null;
  #identity: Promise<{ deviceId: string; key: DhKey }> | null = null;
  readonly #setAside = new Set<string>();

  /** The device's one static key, made on first use ([PR11], [ID1]). */
  identity(): Promise<{ deviceId: string; key: DhKey }> {
    this.#identity ??= this.#openIdentity();
    return this.#identity;
  }

  async secrets(deviceId: string, slot: PairSlot): Promise<PairSecrets | undefined> {
    const record = await this.#pair(slot, deviceId);
    if (!record) return undefined;
    return {
      pskRoot: await openAtRest(await this.#masterKey(), deviceId, record.blob),
      remoteStatic: record.remoteStatic,
    };
  }

  async savePending(pair: NewPair): Promise<void> {
    const record: PairRecord = {
      deviceId: pair.deviceId,
      remoteStatic: copyBytes(pair.remoteStatic),
      blob: await sealAtRest(await this.#masterKey(), pair.deviceId, pair.pskRoot),
      savedAt: Date.now(),
    };
    await set(pairKey('pending', pair.deviceId), record, this.#store);
  }

  async confirm(deviceId: string): Promise<void> {
    const pending = await this.#pair('pending', deviceId);
    if (!pending) return;
    await set(pairKey('paired', deviceId), pending, this.#store);
    await del(pairKey('pending', deviceId), this.#store);
  }

  async discard(deviceId: string, what: 'pending' | 'all'): Promise<void> {
    await del(pairKey('pending', deviceId), this.#store);
    if (what === 'all') await del(pairKey('paired', deviceId), this.#store);
  }

  /**
   * Every pair with its rendezvous root; pending ones that ran out are dropped on the way. A record
   * that cannot be read is set aside, kept as it is, and counted in `setAside`: the other devices go
   * on working.
   */
  async pairs(): Promise<KnownPair[]> {
    const known: KnownPair[] = [];
    for (const [key, value] of await entries<string, unknown>(this.#store)) {
      const [slot = ''] = key.split(':');
      if (slot === SET_ASIDE) this.#setAside.add(key);
      if (slot !== 'paired' && slot !== 'pending') continue;
      const pair = await this.#read(slot, value).catch(() => undefined);
      if (pair === undefined) {
        await set(`${SET_ASIDE}:${key}`, value, this.#store);
        await del(key, this.#store);
        this.#setAside.add(`${SET_ASIDE}:${key}`);
      } else if (pair === 'expired') await del(key, this.#store);
      else known.push(pair);
    }
    return known;
  }

  /** Records that could not be read, as of the last `pairs`. */
  get setAside(): number {
    return this.#setAside.size;
  }

  async #read(slot: PairSlot, value: unknown): Promise<KnownPair | 'expired'> {
    const { deviceId, savedAt, blob } = decode(pairRecord, value);
    if (slot === 'pending' && Date.now() - savedAt > PENDING_MS) return 'expired';
    const root = await openAtRest(await this.#masterKey(), deviceId, blob);
    const pair = { deviceId, slot, rvRoot: rvRoot(root) };
    wipe(root);
    return pair;
  }

  async #pair(slot: PairSlot, deviceId: string): Promise<PairRecord | undefined> {
    const value: unknown = await get(pairKey(slot, deviceId), this.#store);
    return value === undefined ? undefined : decode(pairRecord, value);
  }

  #masterKey(): Promise<CryptoKey> {
    this.#master ??= this.#openMaster();
    return this.#master;
  }

  async #openMaster(): Promise<CryptoKey> {
    const fresh = await generateStoreKey();
    // One transaction decides which key stays, should two documents ever start at once.
    await update('master', (old: unknown) => old ?? fresh, this.#store);
    return decode(v.instance(CryptoKey), await get('master', this.#store));
  }

  async #openIdentity(): Promise<{ deviceId: string; key: DhKey }> {
    const stored: unknown = await get('identity', this.#store);
    const master = await this.#masterKey();
    if (stored === undefined) {
      const secret = crypto.getRandomValues(new Uint8Array(32));
      const key = nobleDhKey(secret);
      const deviceId = idOf(key.publicKey);
      const blob = await sealAtRest(master, deviceId, secret);
      wipe(secret);
      await setMany([['identity', { deviceId, blob }]], this.#store);
      return { deviceId, key };
    }
    const record = decode(identityRecord, stored);
    const secret = await openAtRest(master, record.deviceId, record.blob);
    const key = nobleDhKey(secret);
    wipe(secret);
    if (idOf(key.publicKey) !== record.deviceId) throw new KeyStoreError('keys-unreadable');
    return { deviceId: record.deviceId, key };
  }
}

function decode<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new KeyStoreError('keys-unreadable');
  return parsed.output;
}
