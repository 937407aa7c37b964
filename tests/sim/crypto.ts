import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { World } from './world.ts';

/** WebCrypto answers from threads, in an order that no seed decides: in a run this stands for it. */
const held = new WeakMap<object, Uint8Array>();
const TAG_BYTES = 16;

let current: { readonly world: Pick<World, 'soon'>; readonly latency: 'none' | 'any' } | null =
  null;

/** From now on answers come when the world lets them, or at once. `null` ends it. */
export function simulateCrypto(run: typeof current): void {
  current = run;
}

function answer<T>(compute: () => T): Promise<T> {
  const run = current;
  // As in WebCrypto the input is taken at once, and what is wrong with it comes with the answer.
  let result: Promise<T>;
  try {
    result = Promise.resolve(compute());
  } catch (error) {
    result = Promise.reject(error as Error);
    result.catch(() => undefined);
  }
  if (run === null || run.latency === 'none') return result;
  return new Promise((resolve) => run.world.soon(() => resolve(result)));
}

interface Gcm {
  readonly name: string;
  readonly iv: Uint8Array;
}

function rawKey(key: object, { name }: Gcm): Uint8Array {
  const raw = held.get(key);
  if (raw === undefined || name !== 'AES-GCM') throw new Error('not a key of this run');
  return raw;
}

function cipherName(key: Uint8Array): 'aes-128-gcm' | 'aes-256-gcm' {
  return key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
}

const fakes = {
  digest: (algorithm: string, data: Uint8Array) =>
    answer(() => {
      if (algorithm !== 'SHA-256') throw new Error(algorithm);
      return toBuffer(createHash('sha256').update(data).digest());
    }),
  importKey: (_format: string, data: Uint8Array) =>
    answer(() => {
      const key = { type: 'secret', extractable: false };
      held.set(key, data.slice());
      return key;
    }),
  encrypt: (algorithm: Gcm, key: object, data: Uint8Array) =>
    answer(() => {
      const raw = rawKey(key, algorithm);
      const cipher = createCipheriv(cipherName(raw), raw, algorithm.iv);
      return toBuffer(Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]));
    }),
  decrypt: (algorithm: Gcm, key: object, input: Uint8Array | ArrayBuffer) =>
    answer(() => {
      const data = input instanceof ArrayBuffer ? new Uint8Array(input) : input;
      const raw = rawKey(key, algorithm);
      const end = data.length - TAG_BYTES;
      const decipher = createDecipheriv(cipherName(raw), raw, algorithm.iv);
      decipher.setAuthTag(data.subarray(end));
      return toBuffer(Buffer.concat([decipher.update(data.subarray(0, end)), decipher.final()]));
    }),
};

for (const name of ['digest', 'importKey', 'encrypt', 'decrypt'] as const) {
  const original: (...parameters: never[]) => Promise<unknown> = crypto.subtle[name];
  const fake: (...parameters: never[]) => Promise<unknown> = fakes[name];
  Object.defineProperty(crypto.subtle, name, {
    value: (...parameters: never[]) =>
      current === null ? original.apply(crypto.subtle, parameters) : fake(...parameters),
  });
}

function toBuffer(bytes: Buffer): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}
