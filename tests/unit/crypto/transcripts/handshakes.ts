/**
 * Our own two handshakes with every random choice fixed: what they put on the wire and what comes
 * out. The JSON files beside this one hold the result; they change only with the protocol.
 */
import { concat, fromHex, toHex, utf8, type Bytes } from '../../../../lib/crypto/bytes.ts';
import { checkWords, sasCommit } from '../../../../lib/crypto/check-words.ts';
import { ControlSealer } from '../../../../lib/crypto/control-seal.ts';
import { cpaceStart } from '../../../../lib/crypto/cpace.ts';
import { EnvelopeSealer } from '../../../../lib/crypto/envelope.ts';
import { sha256 } from '../../../../lib/crypto/hash.ts';
import { deviceId } from '../../../../lib/crypto/identity.ts';
import { nobleMlKem768 } from '../../../../lib/crypto/ml-kem.ts';
import {
  chooseProtocol,
  encodeAdA,
  encodeAdB,
  OWN_OFFER,
} from '../../../../lib/crypto/negotiation.ts';
import { NoiseHandshake } from '../../../../lib/crypto/noise/handshake.ts';
import { KK_HFS_PSK0, XX_HFS_PSK0 } from '../../../../lib/crypto/noise/patterns.ts';
import {
  PAIRING_CI,
  pairingPrologue,
  pairingPrs,
  pairingPsk,
  pairingSid,
} from '../../../../lib/crypto/pairing-context.ts';
import {
  reconnectPrologue,
  reconnectPsk,
  reconnectRole,
} from '../../../../lib/crypto/reconnect-context.ts';
import { rendezvousId, roomName, rvRoot } from '../../../../lib/crypto/rendezvous.ts';
import { deriveSessionKeys, type SessionKeys } from '../../../../lib/crypto/session-keys.ts';
import { nobleDhKey } from '../../../../lib/crypto/x25519.ts';

export interface Transcript {
  description: string;
  /** What was fixed, as hex or text. */
  inputs: Record<string, string>;
  /** In the order they are sent, as hex. */
  messages: Record<string, string>;
  /** What both sides end with, as hex or text. */
  results: Record<string, string>;
}

const TS0 = 1_800_000_000_000;
const CODE = { nameplate: '48213', secret: 'velvet-noodle-ostrich' };
const DAY = 20_778;
const PAYLOADS = {
  n2: '{"name":"Desktop","remember":true}',
  n3: '{"name":"Laptop","remember":true}',
  k2: `{"ts0":${TS0}}`,
};
const FIRST_FRAMES = {
  ts: `${TS0}`,
  pcId: toHex(fixed('pcId', 16)),
  envelope: '{"type":"paired"}',
  controlFrame: '{"type":"ping","nonce":1}',
};

/** `length` bytes from a name, so that every fixed input is another and can be made elsewhere. */
function fixed(name: string, length: number): Bytes {
  const blocks = [0, 1].map((n) => sha256(utf8(`tallow transcript ${name} ${n}`)));
  return concat(...blocks).slice(0, length);
}

/** A CPace scalar below the group's order: its top byte is cleared. */
function fixedScalar(name: string): Bytes {
  const scalar = fixed(name, 32);
  scalar[31] = 0;
  return scalar;
}

const KEM_RANDOMNESS = {
  keygenSeed: fixed('ML-KEM d z', 64),
  encapsMessage: fixed('ML-KEM m', 32),
};
const kem = nobleMlKem768(KEM_RANDOMNESS);
const STATICS = { one: fixed('static one', 32), two: fixed('static two', 32) };

export async function pairTranscript(): Promise<Transcript> {
  const nonceC = fixed('nonceC', 16);
  const nonceJ = fixed('nonceJ', 16);
  const scalars = { ya: fixedScalar('ya'), yb: fixedScalar('yb') };
  const ephemerals = { eJ: fixed('eJ', 32), eC: fixed('eC', 32) };
  const sid = pairingSid({ nameplate: CODE.nameplate, nonceC, nonceJ });
  const cpace = { prs: pairingPrs(CODE.secret), ci: PAIRING_CI, sid };

  const a = cpaceStart({ role: 'a', ...cpace, scalar: scalars.ya });
  const b = cpaceStart({ role: 'b', ...cpace, scalar: scalars.yb });
  const eC = nobleDhKey(ephemerals.eC);
  const adA = encodeAdA(OWN_OFFER);
  const adB = encodeAdB(chooseProtocol(OWN_OFFER, OWN_OFFER), sasCommit(eC.publicKey));
  const pake1 = concat(nonceJ, a.share, adA);
  const pake2 = concat(b.share, adB);
  const isk = a.finish({ remoteShare: b.share, adA, adB });
  same(isk, b.finish({ remoteShare: a.share, adA, adB }));

  const prologue = pairingPrologue({ sid, ya: a.share, adA, yb: b.share, adB });
  const common = { pattern: XX_HFS_PSK0, prologue, psk: pairingPsk(isk, sid), kem };
  const joiner = new NoiseHandshake({
    ...common,
    role: 'initiator',
    s: nobleDhKey(STATICS.one),
    e: nobleDhKey(ephemerals.eJ),
  });
  const creator = new NoiseHandshake({
    ...common,
    role: 'responder',
    s: nobleDhKey(STATICS.two),
    e: eC,
  });
  const n1 = await joiner.writeMessage();
  await creator.readMessage(n1);
  const n2 = await creator.writeMessage(utf8(PAYLOADS.n2));
  await joiner.readMessage(n2);
  const n3 = await joiner.writeMessage(utf8(PAYLOADS.n3));
  await creator.readMessage(n3);

  const words = checkWords(
    sid,
    present(creator.remoteEphemeral),
    present(creator.remoteKemPublic),
    present(joiner.remoteEphemeral),
  );
  const results = finish(joiner, creator, 'pair');
  return {
    description: 'First contact, PROTOCOL.md section 2: J is the Noise initiator.',
    inputs: {
      ...CODE,
      ...hexed({ nonceC, nonceJ, ...scalars, ...ephemerals, ...KEM_RANDOMNESS }),
      ...hexed({ staticJ: STATICS.one, staticC: STATICS.two }),
      payloadN2: PAYLOADS.n2,
      payloadN3: PAYLOADS.n3,
      ...FIRST_FRAMES,
    },
    messages: hexed({ pake1, pake2, n1, n2, n3 }),
    results: { ...hexed({ sid, isk }), checkWords: words.join(' '), ...results },
  };
}

export async function reconnectTranscript(): Promise<Transcript> {
  const pskRoot = fixed('pskRoot', 32);
  const nI = fixed('nI', 16);
  const nR = fixed('nR', 16);
  const ephemerals = { eI: fixed('eI', 32), eR: fixed('eR', 32) };
  const [one, two] = [nobleDhKey(STATICS.one), nobleDhKey(STATICS.two)];
  const oneFirst = reconnectRole(one.publicKey, two.publicKey) === 'initiator';
  const [sI, sR] = oneFirst ? [one, two] : [two, one];
  const root = rvRoot(pskRoot);
  const rv = rendezvousId(root, DAY);

  const offers = { initiator: OWN_OFFER, responder: OWN_OFFER };
  const prologue = reconnectPrologue({ rv, nI, nR, ...offers });
  const common = { pattern: KK_HFS_PSK0, prologue, psk: reconnectPsk(pskRoot, nI, nR), kem };
  const initiator = new NoiseHandshake({
    ...common,
    role: 'initiator',
    s: sI,
    rs: sR.publicKey,
    e: nobleDhKey(ephemerals.eI),
  });
  const responder = new NoiseHandshake({
    ...common,
    role: 'responder',
    s: sR,
    rs: sI.publicKey,
    e: nobleDhKey(ephemerals.eR),
  });
  const k1 = await initiator.writeMessage();
  await responder.readMessage(k1);
  const k2 = await responder.writeMessage(utf8(PAYLOADS.k2));
  await initiator.readMessage(k2);

  const results = finish(initiator, responder, 'reconnect');
  return {
    description: 'Paired devices, PROTOCOL.md section 3.',
    inputs: {
      day: `${DAY}`,
      ...hexed({ pskRoot, nI, nR, ...ephemerals, ...KEM_RANDOMNESS }),
      ...hexed(
        oneFirst
          ? { staticI: STATICS.one, staticR: STATICS.two }
          : { staticI: STATICS.two, staticR: STATICS.one },
      ),
      payloadK2: PAYLOADS.k2,
      ...FIRST_FRAMES,
    },
    messages: hexed({ k1, k2 }),
    results: {
      room: roomName(rv),
      initiatorId: deviceId(sI.publicKey),
      responderId: deviceId(sR.publicKey),
      ...results,
    },
  };
}

/** Both sides' results, which must agree, and the first things sealed with them. */
function finish(
  initiator: NoiseHandshake,
  responder: NoiseHandshake,
  kind: 'pair' | 'reconnect',
): Record<string, string> {
  const [ours, theirs] = [initiator.finish(), responder.finish()];
  for (const part of ['h', 'k1', 'k2', 'ems'] as const) same(ours[part], theirs[part]);
  const raw = hexed({ ...ours });
  const keys = deriveSessionKeys(ours, kind);
  const { bind, control, fileRoot, media, pairRoot, signaling } = keys;
  return {
    ...raw,
    ...hexed({ bind, control, fileRoot, media, ...(pairRoot === undefined ? {} : { pairRoot }) }),
    ...hexed({ signalingI2r: signaling.i2r, signalingR2i: signaling.r2i }),
    ...firstFrames(keys),
  };
}

function firstFrames(keys: SessionKeys): Record<string, string> {
  const sealer = new EnvelopeSealer({ key: keys.signaling.i2r, dir: 'i2r' });
  const pcId = fromHex(FIRST_FRAMES.pcId);
  const control = new ControlSealer({ controlKey: keys.control, pcId, dir: 'i2r' });
  return {
    firstEnvelope: JSON.stringify(sealer.seal(utf8(FIRST_FRAMES.envelope), TS0)),
    firstControlFrame: toHex(control.seal(utf8(FIRST_FRAMES.controlFrame))),
  };
}

function hexed(parts: Record<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, toHex(part)]));
}

function same(one: Uint8Array, other: Uint8Array): void {
  if (toHex(one) !== toHex(other)) throw new Error('the two sides disagree');
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}
