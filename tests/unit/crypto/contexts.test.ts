import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../../lib/crypto/bytes.ts';
import {
  chooseProtocol,
  decodeAdA,
  decodeAdB,
  decodeOffer,
  encodeAdA,
  encodeAdB,
  encodeOffer,
  OWN_OFFER,
  type ProtocolOffer,
} from '../../../lib/crypto/negotiation.ts';
import {
  PAIRING_CI,
  pairingPrologue,
  pairingPrs,
  pairingPsk,
  pairingSid,
} from '../../../lib/crypto/pairing-context.ts';
import {
  reconnectPrologue,
  reconnectPsk,
  reconnectRole,
} from '../../../lib/crypto/reconnect-context.ts';
import { layout, nodeHkdf, nodeSha256, shortLv } from './node-oracle.ts';
import { codeOf, counting, flipped } from './support.ts';

describe('negotiation', () => {
  it('[EN7] [PR3] offers and associated data have the layout of the rules', () => {
    expect(toHex(encodeOffer(OWN_OFFER))).toBe('0102' + '020001');
    expect(toHex(encodeAdA({ versions: [3, 2], suites: [1, 0x102] }))).toBe(
      '01020302' + '0400010102',
    );
    const adB = encodeAdB({ version: 2, suite: 0x102 }, counting(32));
    expect(toHex(adB)).toBe(`02020102${toHex(counting(32))}`);
    expect(decodeAdB(adB)).toEqual({ choice: { version: 2, suite: 0x102 }, commit: counting(32) });
    expect(decodeAdA(encodeAdA(OWN_OFFER))).toEqual(OWN_OFFER);
  });

  it.each([
    ['', 'bad-encoding'],
    ['00020001', 'bad-length'], // no version
    ['010200', 'bad-length'], // no suite
    ['0102010001', 'bad-encoding'], // an odd byte among the suites
    ['01020400010001', 'bad-encoding'], // a suite twice
    ['020202020001', 'bad-encoding'], // a version twice
    ['010202000100', 'bad-encoding'], // something behind
    [`11${toHex(counting(17))}020001`, 'bad-length'], // 17 versions
  ])('[EN7] [BP1] refuses the offer %s', (bytes, code) => {
    expect(codeOf(() => decodeOffer(fromHex(bytes)))).toBe(code);
  });

  it('[PR3] [BP1] refuses associated data of the other side or another length', () => {
    expect(codeOf(() => decodeAdA(concat(fromHex('02'), encodeOffer(OWN_OFFER))))).toBe(
      'bad-encoding',
    );
    const adB = encodeAdB({ version: 2, suite: 1 }, counting(32));
    expect(codeOf(() => decodeAdB(flipped(adB, 0)))).toBe('bad-encoding');
    expect(codeOf(() => decodeAdB(adB.subarray(1)))).toBe('bad-length');
    expect(codeOf(() => decodeAdB(new Uint8Array(37)))).toBe('bad-length');
  });

  it('[EN7] does not write a list that could not be read', () => {
    expect(codeOf(() => encodeOffer({ versions: [], suites: [1] }))).toBe('bad-length');
    expect(codeOf(() => encodeOffer({ versions: [2], suites: [1, 1] }))).toBe('bad-encoding');
    expect(codeOf(() => encodeOffer({ versions: [256], suites: [1] }))).toBe('out-of-range');
  });

  it.each<[ProtocolOffer, ProtocolOffer, number, number]>([
    [OWN_OFFER, OWN_OFFER, 2, 1],
    [{ versions: [2, 3], suites: [7, 1] }, { versions: [4, 3, 2], suites: [1, 7] }, 3, 7],
    [{ versions: [2, 4], suites: [1, 7] }, { versions: [3, 2], suites: [7, 1] }, 2, 1],
  ])(
    '[PR5] [RC4] the highest common version, then the first suite of the first list',
    (first, second, version, suite) => {
      expect(chooseProtocol(first, second)).toEqual({ version, suite });
    },
  );

  it('[PR5] nothing in common is an error', () => {
    const none = (first: Partial<ProtocolOffer>) =>
      codeOf(() => chooseProtocol({ ...OWN_OFFER, ...first }, OWN_OFFER));
    expect(none({ versions: [1, 3] })).toBe('no-common-version');
    expect(none({ suites: [2] })).toBe('no-common-version');
  });
});

describe('pairing context', () => {
  const [nonceC, nonceJ] = [counting(16, 1), counting(16, 30)];

  it('[CP4] sid, CI and psk are as in the rule', () => {
    const sid = pairingSid({ nameplate: '48213', nonceC, nonceJ });
    expect(toHex(sid)).toBe(nodeSha256(shortLv('tallow-sid-v2', '48213', nonceC, nonceJ)));
    expect(PAIRING_CI).toEqual(shortLv('tallow-pake-v2', 'joiner', 'creator'));
    const isk = counting(64, 5);
    expect(toHex(pairingPsk(isk, sid))).toBe(nodeHkdf(isk, sid, layout('tallow-pake-psk-v2'), 32));
    expect(codeOf(() => pairingSid({ nameplate: '1', nonceC, nonceJ: counting(15) }))).toBe(
      'bad-length',
    );
    expect(codeOf(() => pairingPsk(counting(32), sid))).toBe('bad-length');
  });

  it('[PR4] the prologue holds all that was said before', () => {
    const parts = {
      sid: counting(32),
      ya: counting(32, 1),
      adA: utf8('A'),
      yb: counting(32, 2),
      adB: utf8('B'),
    };
    expect(pairingPrologue(parts)).toEqual(
      shortLv('tallow-pair-v2', parts.sid, parts.ya, 'A', parts.yb, 'B'),
    );
  });

  it('[PR2] PRS is NFKC and lower case', () => {
    expect(pairingPrs('Apple-ＢERRY-Cherry')).toEqual(utf8('apple-berry-cherry'));
  });
});

describe('reconnect context', () => {
  const [nI, nR] = [counting(16, 1), counting(16, 30)];

  it('[RC1] psk and prologue are as in section 3', () => {
    const pskRoot = counting(32, 77);
    const info = layout('tallow-kk-psk-v2');
    expect(toHex(reconnectPsk(pskRoot, nI, nR))).toBe(nodeHkdf(pskRoot, layout(nI, nR), info, 32));
    expect(toHex(reconnectPsk(pskRoot, nR, nI))).not.toBe(toHex(reconnectPsk(pskRoot, nI, nR)));
    const rv = counting(16, 99);
    const responder = { versions: [2, 3], suites: [1, 7] };
    expect(reconnectPrologue({ rv, nI, nR, initiator: OWN_OFFER, responder })).toEqual(
      shortLv('tallow-reconnect-v2', rv, nI, nR, 'x:02', 'x:0001', 'x:0203', 'x:00010007'),
    );
    expect(codeOf(() => reconnectPsk(pskRoot, nI, counting(15)))).toBe('bad-length');
  });

  it('[RC1] [PR14] the smaller static is the initiator; the own one is nobody', () => {
    const [small, large] = [counting(32, 1), flipped(counting(32, 1), 31, 0x80)];
    expect(reconnectRole(small, large)).toBe('initiator');
    expect(reconnectRole(large, small)).toBe('responder');
    expect(codeOf(() => reconnectRole(small, counting(32, 1)))).toBe('bad-key');
    expect(codeOf(() => reconnectRole(small, counting(31)))).toBe('bad-length');
  });
});
