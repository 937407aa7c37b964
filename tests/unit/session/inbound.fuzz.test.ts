/**
 * [BP1] 100,000 mutated inputs, the same on every run, over everything that comes in from the server
 * or a peer's handshake: a typed error or a valid value, nothing else, and no hang.
 */
import { describe, expect, it } from 'vitest';
import { concat, randomBytes, toBase64 } from '../../../lib/crypto/bytes.ts';
import { encodeAdA, encodeAdB, OWN_OFFER } from '../../../lib/crypto/negotiation.ts';
import { CodeError, parseCode } from '../../../lib/session/code.ts';
import { MessageError } from '../../../lib/session/errors.ts';
import { decodeHandshake, encodeHandshake } from '../../../lib/session/messages.ts';
import {
  decodeK2,
  decodeN2,
  decodeN3,
  decodeSealed,
  encodeSealed,
} from '../../../lib/session/sealed-messages.ts';
import { Network, type Relay } from './virtual-network.ts';

const PURE_INPUTS = 99_000;
const WHOLE_DEVICE_INPUTS = 1_000;

/** mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = seeded(20_261_121);
const below = (limit: number): number => Math.floor(random() * limit);
const pick = <Value>(values: readonly Value[]): Value => {
  if (values.length === 0) throw new Error('nothing to pick from');
  return values[below(values.length)] as Value;
};

function mutateBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = [...bytes];
  for (let edits = 1 + below(4); edits > 0; edits--) {
    const at = below(out.length + 1);
    switch (below(5)) {
      case 0:
        out[at] = below(256);
        break;
      case 1:
        out.splice(at, 1 + below(8));
        break;
      case 2:
        out.splice(at, 0, ...Array.from({ length: 1 + below(8) }, () => below(256)));
        break;
      case 3:
        out.length = at;
        break;
      case 4:
        out[at] = pick([0, 0x7f, 0x80, 0xff]);
    }
  }
  return Uint8Array.from(out, (byte) => byte ?? 0);
}

const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  'null',
  '-1',
  '1e999',
  '"\\ud800"',
  '\u0000',
  'type',
  'pcId',
  '\u202e',
  'true',
];

function mutateText(text: string): string {
  let out = text;
  for (let edits = 1 + below(4); edits > 0; edits--) {
    const at = below(out.length + 1);
    const end = at + below(6);
    out = out.slice(0, at) + (random() < 0.6 ? pick(TOKENS) : '') + out.slice(end);
  }
  return out;
}

function anyValue(depth = 0): unknown {
  const leaves = [undefined, null, true, 0, -1, 1.5, 2 ** 60, '', 'x', 'AQ==', '\ud800', NaN];
  if (depth > 2 || random() < 0.6) return pick(leaves);
  const values = Array.from({ length: below(4) }, () => anyValue(depth + 1));
  if (random() < 0.5) return values;
  const keys = ['encrypted', 'v', 'seq', 'ts', 'iv', 'ct', 'type', '__proto__', 'toJSON'];
  return Object.fromEntries(values.map((value) => [pick(keys), value]));
}

const pcId = new Uint8Array(16).fill(1);
const body = randomBytes(64);
const handshakes = [
  { type: 'hello', nonce: randomBytes(16), offer: OWN_OFFER },
  { type: 'pake1', nonceJ: randomBytes(16), share: randomBytes(32), adA: encodeAdA(OWN_OFFER) },
  {
    type: 'pake2',
    share: randomBytes(32),
    adB: encodeAdB({ version: 2, suite: 1 }, randomBytes(32)),
  },
  { type: 'n1', body },
  { type: 'k2', body },
  { type: 'refused' },
] as const;
const introduction = {
  name: 'N',
  remember: true,
  ts0: 1,
  sdp: { type: 'offer', sdp: 'v', pcId },
} as const;
const sealed = [
  { type: 'confirm', ts0: 1, sdp: { type: 'answer', sdp: 'v=0', pcId } },
  { type: 'candidate', pcId, candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 },
  { type: 'candidates-end', pcId },
  { type: 'bye' },
] as const;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Each makes one input and gives it to one decoder. */
const targets: readonly (() => unknown)[] = [
  () => decodeHandshake(toBase64(mutateBytes(concat(Uint8Array.of(below(11)), body)))),
  () => decodeHandshake(mutateText(encodeHandshake(pick(handshakes)))),
  () =>
    decodeHandshake(
      toBase64(mutateBytes(Buffer.from(encodeHandshake(pick(handshakes)), 'base64'))),
    ),
  () => decodeHandshake(anyValue()),
  () => decodeSealed(mutateBytes(encodeSealed(pick(sealed)))),
  () => decodeSealed(encoder.encode(mutateText(decoder.decode(encodeSealed(pick(sealed)))))),
  () => decodeN2(encoder.encode(mutateText(decoder.decode(encodeSealed(introduction))))),
  () => decodeN3(mutateBytes(encodeSealed(introduction))),
  () => decodeK2(encoder.encode(mutateText(decoder.decode(encodeSealed(introduction))))),
  () => parseCode(mutateText(pick(['12345-above-taxi-tiger', '12345-ABCD1234', '#pair=%41']))),
];

describe('everything that comes in', () => {
  it(`${PURE_INPUTS} mutated inputs: a value or a typed error`, () => {
    const outcomes = { value: 0, refused: 0 };
    for (let i = 0; i < PURE_INPUTS; i++) {
      const target = targets[i % targets.length];
      try {
        target?.();
        outcomes.value++;
      } catch (error) {
        if (!(error instanceof MessageError || error instanceof CodeError)) throw error;
        outcomes.refused++;
      }
    }
    // Both happen, or the inputs are all of one kind and the test is worth little.
    expect(outcomes.value).toBeGreaterThan(1_000);
    expect(outcomes.refused).toBeGreaterThan(50_000);
  });

  it(`${WHOLE_DEVICE_INPUTS} mutated messages at two whole devices, in every state`, async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      let given = 0;
      while (given < WHOLE_DEVICE_INPUTS) {
        const net = new Network();
        const [laptop, desktop] = await net.paired();
        const mutate = (relay: Relay): unknown => {
          if (random() < 0.2) return anyValue();
          if (typeof relay.data === 'string') {
            return random() < 0.5
              ? mutateText(relay.data)
              : toBase64(mutateBytes(Buffer.from(relay.data, 'base64')));
          }
          const envelope = { ...(relay.data as Record<string, unknown>) };
          envelope[pick(['v', 'seq', 'ts', 'iv', 'ct', 'encrypted'])] = anyValue();
          return envelope;
        };
        const hitRate = random() * 0.6;
        net.server.onRelay = (relay) => {
          if (random() > hitRate) return [relay];
          given++;
          const changed = { ...relay, data: mutate(relay) ?? null };
          return random() < 0.5 ? [changed, relay] : [changed];
        };
        laptop.core.pairing.create({ format: 'characters', remember: true });
        await net.settle();
        for (let i = 0; i < 3; i++) {
          desktop.core.pairing.join(laptop.code, { remember: true });
          laptop.core.sessions.connect(desktop.deviceId).catch(() => undefined);
          desktop.core.sessions.connect(laptop.deviceId).catch(() => undefined);
          await net.settle();
          for (const device of [laptop, desktop]) {
            given++;
            const to = device.socketId;
            const rooms = [...net.server.rooms.keys(), 'n1', ''];
            const from = pick([laptop.socketId, desktop.socketId, 'x']);
            net.server.deliver({
              from,
              to,
              roomId: pick(rooms),
              event: 'offer',
              data: anyValue() ?? 0,
            });
          }
        }
        await net.advance(40_000);
        // What is still being tried may come to its end undisturbed, and nothing asks for more.
        for (const device of [laptop, desktop]) device.wanted.clear();
        net.server.onRelay = (relay) => [relay];
        await net.advance(60_000);
        // Whatever happened: no third device, and nobody is stuck half way.
        for (const device of [laptop, desktop]) {
          const peer = device === laptop ? desktop : laptop;
          expect([...device.pairs.paired.keys()]).toEqual([peer.deviceId]);
          expect(['idle', 'connected', 'waiting', 'closed']).toContain(
            device.core.sessions.stateOf(peer.deviceId).type,
          );
        }
      }
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toEqual([]);
  });
});
