/**
 * The two committed transcripts, read a second time from docs/PROTOCOL.md by code that shares nothing
 * with lib/crypto: X25519, ML-KEM, AES-GCM, HMAC and SHA-256 are those of Node's OpenSSL. CPace is
 * left out (no ristretto255 there; the draft's own vectors cover it): it starts from the ISK.
 */
import { Buffer } from 'node:buffer';
import {
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  layout,
  nodeExpand,
  nodeGcmOpen,
  nodeHkdf,
  nodeHmac,
  nodeSha256,
  shortLv,
} from './node-oracle.ts';
import type { Transcript } from './transcripts/handshakes.ts';

function load(name: string): Transcript {
  const text = readFileSync(new URL(`transcripts/${name}`, import.meta.url), 'utf8');
  return JSON.parse(text) as Transcript;
}

const fromHex = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'hex');

/** RFC 8410 frames around raw X25519 keys. */
function secretKey(raw: string | undefined): KeyObject {
  const key = layout('x:302e020100300506032b656e04220420', fromHex(raw));
  return createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' });
}

function publicKey(raw: Uint8Array): KeyObject {
  const key = layout('x:302a300506032b656e032100', raw);
  return createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' });
}

function publicOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
}

function dh(own: KeyObject, remote: Uint8Array): Buffer {
  return diffieHellman({ privateKey: own, publicKey: publicKey(remote) });
}

/** RFC 9935: the seed form of an ML-KEM-768 private key. */
function kemKey(seed: string | undefined): KeyObject {
  const key = layout('x:3054020100300b0609608648016503040402', 'x:04428040', fromHex(seed));
  return createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' });
}

function kemPublic(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-1184);
}

/** A reader's SymmetricState, written from Noise revision 34 §5.2 on Node's primitives. */
class Reading {
  h: Uint8Array;
  ck: Uint8Array;
  key: Uint8Array = new Uint8Array(0);
  nonce = 0;
  rest: Uint8Array = new Uint8Array(0);

  constructor(name: string, prologue: Uint8Array) {
    this.h = fromHex(nodeSha256(layout(name)));
    this.ck = this.h;
    this.mixHash(prologue);
  }

  mixHash(data: Uint8Array): void {
    this.h = fromHex(nodeSha256(this.h, data));
  }

  hkdf(ikm: Uint8Array): [Buffer, Buffer, Buffer] {
    const temp = fromHex(nodeHmac(this.ck, ikm));
    const one = fromHex(nodeHmac(temp, Uint8Array.of(1)));
    const two = fromHex(nodeHmac(temp, one, Uint8Array.of(2)));
    return [one, two, fromHex(nodeHmac(temp, two, Uint8Array.of(3)))];
  }

  mixKey(ikm: Uint8Array): void {
    [this.ck, this.key] = this.hkdf(ikm);
    this.nonce = 0;
  }

  psk(psk: Uint8Array): void {
    const [ck, hash, key] = this.hkdf(psk);
    this.ck = ck;
    this.mixHash(hash);
    this.key = key;
    this.nonce = 0;
  }

  start(message: string | undefined): void {
    this.rest = fromHex(message);
  }

  take(length: number): Uint8Array {
    const part = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return part;
  }

  e(): Uint8Array {
    const ephemeral = this.take(32);
    this.mixHash(ephemeral);
    this.mixKey(ephemeral);
    return ephemeral;
  }

  open(length: number): Uint8Array {
    const sealed = this.take(length + 16);
    const nonce = layout(`x:${this.nonce.toString(16).padStart(24, '0')}`);
    const opened = nodeGcmOpen(this.key, nonce, this.h, sealed);
    this.nonce++;
    this.mixHash(sealed);
    return opened;
  }

  payload(): string {
    return Buffer.from(this.open(this.rest.length - 16)).toString();
  }
}

function expectKeySchedule(reading: Reading, { inputs, results }: Transcript): void {
  const [k1, k2, ems] = reading.hkdf(new Uint8Array(0));
  const sub = (label: string): string => nodeExpand(ems, layout(label, 'x:00', reading.h));
  const signaling = (dir: string): string =>
    nodeHkdf(
      ems,
      layout('tallow-signaling-salt-pqc-v2'),
      layout('tallow-signaling-pqc-v2', 'x:00', dir, reading.h),
      32,
    );
  expect(results).toMatchObject({
    h: Buffer.from(reading.h).toString('hex'),
    k1: k1.toString('hex'),
    k2: k2.toString('hex'),
    ems: ems.toString('hex'),
    bind: sub('tallow-dtls-bind-v2'),
    control: sub('tallow-control-v2'),
    fileRoot: sub('tallow-file-root-v2'),
    media: sub('tallow-media-v2'),
    signalingI2r: signaling('i2r'),
    signalingR2i: signaling('r2i'),
  });

  const envelope = JSON.parse(results['firstEnvelope'] ?? '') as { ct: string };
  const ts = Number(inputs['ts']).toString(16).padStart(16, '0');
  const zeroNonce = new Uint8Array(12);
  const opened = nodeGcmOpen(
    fromHex(signaling('i2r')),
    zeroNonce,
    layout('tallow-sig-v2', 'x:02', 'i2r', 'x:0000000000000000', `x:${ts}`),
    Buffer.from(envelope.ct, 'base64'),
  );
  expect(Buffer.from(opened).toString()).toBe(inputs['envelope']);

  const controlKey = nodeExpand(
    fromHex(sub('tallow-control-v2')),
    layout('i2r', fromHex(inputs['pcId'])),
  );
  const frame = fromHex(results['firstControlFrame']);
  const control = nodeGcmOpen(
    fromHex(controlKey),
    zeroNonce,
    layout('tallow-control-v2', 'i2r', 'x:0000000000000000'),
    frame.subarray(8),
  );
  expect(frame.subarray(0, 8)).toEqual(Buffer.alloc(8));
  expect(Buffer.from(control).toString()).toBe(inputs['controlFrame']);
}

describe('first contact', () => {
  let transcript: Transcript;
  beforeEach(() => {
    transcript = load('pair.json');
  });

  it('[CP4] [PR4] [KS2] is what the rules say, read with OpenSSL', () => {
    const { inputs, messages, results } = transcript;
    const [eJ, eC] = [secretKey(inputs['eJ']), secretKey(inputs['eC'])];
    const [sJ, sC] = [secretKey(inputs['staticJ']), secretKey(inputs['staticC'])];
    const kem = kemKey(inputs['keygenSeed']);
    const pake1 = fromHex(messages['pake1']);
    const pake2 = fromHex(messages['pake2']);
    const nonceJ = pake1.subarray(0, 16);
    const [ya, adA] = [pake1.subarray(16, 48), pake1.subarray(48)];
    const [yb, adB] = [pake2.subarray(0, 32), pake2.subarray(32)];
    expect(nonceJ.toString('hex')).toBe(inputs['nonceJ']);
    expect(adA.toString('hex')).toBe('01' + '0102' + '020001');
    const commit = nodeSha256(layout('tallow-sas-commit-v2', publicOf(eC)));
    expect(adB.toString('hex')).toBe(`02020001${commit}`);

    const nameplate = inputs['nameplate'] ?? '';
    const nonceC = fromHex(inputs['nonceC']);
    const sid = fromHex(nodeSha256(shortLv('tallow-sid-v2', nameplate, nonceC, nonceJ)));
    const psk = nodeHkdf(fromHex(results['isk']), sid, layout('tallow-pake-psk-v2'), 32);
    const prologue = shortLv('tallow-pair-v2', sid, ya, adA, yb, adB);
    const name = 'Noise_XXhfs+psk0_25519+MLKEM768_AESGCM_SHA256';
    const reading = new Reading(name, prologue);

    reading.start(messages['n1']);
    reading.psk(fromHex(psk));
    expect(Buffer.from(reading.e())).toEqual(publicOf(eJ));
    expect(Buffer.from(reading.open(1184))).toEqual(kemPublic(kem));
    expect(reading.payload()).toBe('');

    reading.start(messages['n2']);
    expect(Buffer.from(reading.e())).toEqual(publicOf(eC));
    reading.mixKey(dh(eJ, publicOf(eC)));
    const ciphertext = reading.open(1088);
    reading.mixKey(decapsulate(kem, ciphertext));
    expect(Buffer.from(reading.open(32))).toEqual(publicOf(sC));
    reading.mixKey(dh(eJ, publicOf(sC)));
    expect(reading.payload()).toBe(inputs['payloadN2']);

    reading.start(messages['n3']);
    expect(Buffer.from(reading.open(32))).toEqual(publicOf(sJ));
    reading.mixKey(dh(sJ, publicOf(eC)));
    expect(reading.payload()).toBe(inputs['payloadN3']);

    expectKeySchedule(reading, transcript);
    const pairRoot = nodeExpand(
      reading.hkdf(new Uint8Array(0))[2],
      layout('tallow-pair-root-v2', 'x:00', reading.h),
    );
    expect(results['pairRoot']).toBe(pairRoot);
  });
});

describe('paired devices', () => {
  it('[RC1] [RC2] [KS3] is what the rules say, read with OpenSSL', () => {
    const transcript = load('reconnect.json');
    const { inputs, messages, results } = transcript;
    const [eI, eR] = [secretKey(inputs['eI']), secretKey(inputs['eR'])];
    const [sI, sR] = [secretKey(inputs['staticI']), secretKey(inputs['staticR'])];
    const kem = kemKey(inputs['keygenSeed']);
    const [nI, nR] = [fromHex(inputs['nI']), fromHex(inputs['nR'])];
    const pskRoot = fromHex(inputs['pskRoot']);
    const empty = new Uint8Array(0);
    expect(Buffer.compare(publicOf(sI), publicOf(sR))).toBe(-1);

    const root = fromHex(nodeHkdf(pskRoot, empty, layout('tallow-rv-root-v2'), 32));
    const day = Number(inputs['day']).toString(16).padStart(8, '0');
    const rv = fromHex(nodeHkdf(root, empty, layout('tallow-rv-v2', `x:${day}`), 16));
    expect(results['room']).toBe(`r${rv.toString('hex')}`);
    const psk = nodeHkdf(pskRoot, layout(nI, nR), layout('tallow-kk-psk-v2'), 32);
    const lists = ['x:02', 'x:0001', 'x:02', 'x:0001'];
    const prologue = shortLv('tallow-reconnect-v2', rv, nI, nR, ...lists);
    const name = 'Noise_KKhfs+psk0_25519+MLKEM768_AESGCM_SHA256';
    const reading = new Reading(name, prologue);
    reading.mixHash(publicOf(sI));
    reading.mixHash(publicOf(sR));

    reading.start(messages['k1']);
    reading.psk(fromHex(psk));
    expect(Buffer.from(reading.e())).toEqual(publicOf(eI));
    expect(Buffer.from(reading.open(1184))).toEqual(kemPublic(kem));
    reading.mixKey(dh(eI, publicOf(sR)));
    reading.mixKey(dh(sI, publicOf(sR)));
    expect(reading.payload()).toBe('');

    reading.start(messages['k2']);
    expect(Buffer.from(reading.e())).toEqual(publicOf(eR));
    reading.mixKey(dh(eI, publicOf(eR)));
    const ciphertext = reading.open(1088);
    reading.mixKey(decapsulate(kem, ciphertext));
    reading.mixKey(dh(sI, publicOf(eR)));
    expect(reading.payload()).toBe(inputs['payloadK2']);

    expectKeySchedule(reading, transcript);
  });
});
