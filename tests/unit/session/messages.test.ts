import { describe, expect, it } from 'vitest';
import { concat, fromBase64, randomBytes, toBase64, utf8 } from '../../../lib/crypto/bytes.ts';
import { encodeAdA, encodeAdB, OWN_OFFER } from '../../../lib/crypto/negotiation.ts';
import { KNOCK } from '../../../lib/protocol/knock.ts';
import { MessageError } from '../../../lib/session/errors.ts';
import { decodeHandshake, encodeHandshake } from '../../../lib/session/messages.ts';
import {
  decodeK2,
  decodeN2,
  decodeN3,
  decodeSealed,
  encodeSealed,
  type SealedMessage,
} from '../../../lib/session/sealed-messages.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof MessageError) return error.code;
    throw error;
  }
  return 'accepted';
}

const pcId = new Uint8Array(16).fill(5);
const offer = { type: 'offer', sdp: 'v=0', pcId } as const;

describe('handshake messages', () => {
  it('[PR3] each has its type byte and reads back', () => {
    const adA = encodeAdA(OWN_OFFER);
    const adB = encodeAdB({ version: 2, suite: 1 }, new Uint8Array(32).fill(3));
    const body = randomBytes(48);
    const messages = [
      [1, { type: 'hello', nonce: randomBytes(16), offer: OWN_OFFER }],
      [2, { type: 'pake1', nonceJ: randomBytes(16), share: randomBytes(32), adA }],
      [3, { type: 'pake2', share: randomBytes(32), adB }],
      [4, { type: 'n1', body }],
      [5, { type: 'n2', body }],
      [6, { type: 'n3', body }],
      [7, { type: 'k1', body }],
      [8, { type: 'k2', body }],
      [9, { type: 'refused' }],
      [10, { type: 'knock' }],
    ] as const;
    for (const [type, message] of messages) {
      const text = encodeHandshake(message);
      expect(fromBase64(text)[0]).toBe(type);
      expect(decodeHandshake(text)).toMatchObject(message);
    }
  });

  it.each([
    ['nothing', undefined, 'bad-shape'],
    ['an object', {}, 'bad-shape'],
    ['an empty text', '', 'unknown-type'],
    ['type 0', 'AA==', 'unknown-type'],
    ['type 11', 'Cw==', 'unknown-type'],
    ['a knock', 'Cg==', 'accepted'],
    ['a knock with a body', 'CgA=', 'bad-length'],
    ['base64 without padding', 'AQ', 'bad-shape'],
    ['base64 with spare bits', 'CR==', 'bad-shape'],
    ['a refusal', 'CQ==', 'accepted'],
    ['a refusal with a body', 'CQA=', 'bad-length'],
    ['a short n1', toBase64(concat(Uint8Array.of(4), new Uint8Array(47))), 'bad-length'],
    ['a short hello', toBase64(concat(Uint8Array.of(1), new Uint8Array(15))), 'bad-length'],
    ['a short pake1', toBase64(concat(Uint8Array.of(2), new Uint8Array(30))), 'bad-length'],
    ['more than 64 KiB', 'A'.repeat(65_540), 'too-large'],
  ])('[EN4] [BP1] %s', (_name, data, code) => {
    expect(codeOf(() => decodeHandshake(data))).toBe(code);
  });

  it('[EN7] an offer with nothing, too much, or the same twice is refused', () => {
    const nonce = new Uint8Array(16);
    for (const lists of [
      [0, 2, 0, 1],
      [1, 2, 0],
      [2, 2, 2, 2, 0, 1],
      [1, 2, 4, 0, 1, 0, 1],
      [1, 2, 3, 0, 1, 0],
      [17, ...Array.from({ length: 17 }, (_, i) => i), 2, 0, 1],
      [1, 2, 2, 0, 1, 0],
      [0x81, 0, 2, 2, 0, 1],
    ]) {
      const data = toBase64(concat(Uint8Array.of(1), nonce, Uint8Array.from(lists)));
      expect(['bad-shape', 'bad-length']).toContain(codeOf(() => decodeHandshake(data)));
    }
  });
});

describe('[RC11] a knock', () => {
  it('as background sends it, is the message that sessions read', () => {
    expect(KNOCK).toBe(encodeHandshake({ type: 'knock' }));
    expect(decodeHandshake(KNOCK)).toEqual({ type: 'knock' });
  });
});

describe('sealed messages', () => {
  it('[CS5] every type reads back', () => {
    const messages: SealedMessage[] = [
      { type: 'confirm', ts0: 1, sdp: { type: 'answer', sdp: 'v=0', pcId } },
      { type: 'paired' },
      { type: 'removed' },
      { type: 'candidate', pcId, candidate: 'candidate:1', sdpMid: null, sdpMLineIndex: 0 },
      { type: 'candidates-end', pcId },
      { type: 'offer', pcId, restart: 1, sdp: 'v=0' },
      {
        type: 'answer',
        pcId,
        restart: 1,
        sdp: 'v=0',
        nat: { type: 'symmetric', confidence: 0.9 },
      },
      { type: 'bye' },
    ];
    for (const message of messages) expect(decodeSealed(encodeSealed(message))).toEqual(message);
  });

  it('[PR15] [RC10] payloads read back, and an offer is not taken for an answer', () => {
    const n2 = { name: 'Laptop', remember: true, ts0: 5, sdp: offer };
    expect(decodeN2(encodeSealed(n2))).toEqual(n2);
    expect(codeOf(() => decodeN3(encodeSealed(n2)))).toBe('bad-shape');
    expect(decodeK2(encodeSealed({ ts0: 5, sdp: offer }))).toEqual({ ts0: 5, sdp: offer });
  });

  it('[BP1] what is not exactly one of them is refused', () => {
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '{"type":"unknown"}',
      '{"type":"candidate"}',
      '{"type":"candidates-end","pcId":"AAAA"}',
      '{"type":"candidates-end","pcId":"AAAAAAAAAAAAAAAAAAAAAB=="}',
      '{"type":"confirm","ts0":-1,"sdp":{"type":"answer","sdp":"v","pcId":"AAAAAAAAAAAAAAAAAAAAAA=="}}',
      '{"type":"confirm","ts0":1e99,"sdp":{"type":"answer","sdp":"v","pcId":"AAAAAAAAAAAAAAAAAAAAAA=="}}',
      '{"type":"confirm","ts0":1,"sdp":{"type":"offer","sdp":"v","pcId":"AAAAAAAAAAAAAAAAAAAAAA=="}}',
      `{"type":"offer","pcId":"AAAAAAAAAAAAAAAAAAAAAA==","sdp":"${'x'.repeat(40_000)}"}`,
      `${'['.repeat(60_000)}`,
    ]) {
      expect(codeOf(() => decodeSealed(utf8(text)))).toBe('bad-shape');
    }
  });

  it('[BP1] bytes that are no UTF-8 are refused', () => {
    expect(codeOf(() => decodeSealed(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('bad-shape');
  });

  it('[BP1] a field more than known is dropped, `__proto__` included', () => {
    const text = '{"type":"bye","extra":1,"__proto__":{"type":"removed"}}';
    expect(decodeSealed(utf8(text))).toEqual({ type: 'bye' });
  });
});
