import { beforeEach, describe, expect, it } from 'vitest';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../../lib/crypto/bytes.ts';
import type { Direction } from '../../../lib/crypto/direction.ts';
import {
  ENVELOPE_PLAINTEXT_MAX,
  ENVELOPE_STALE_AFTER_MS,
  EnvelopeOpener,
  EnvelopeSealer,
  type Envelope,
} from '../../../lib/crypto/envelope.ts';
import { layout, nodeGcmOpen } from './node-oracle.ts';
import { codeOf, counting, flipped } from './support.ts';

const KEY = counting(32, 3);
const TS0 = 1_800_000_000_000;
let clock = 0;

function sealer(dir: Direction = 'i2r', key = KEY): EnvelopeSealer {
  return new EnvelopeSealer({ key, dir });
}

function opener(changes: { dir?: Direction; ts0?: number | 'first' } = {}): EnvelopeOpener {
  const { dir = 'i2r', ts0 = TS0 } = changes;
  const options = { key: KEY, dir, monotonicNow: () => clock };
  return new EnvelopeOpener(ts0 === 'first' ? options : { ...options, ts0 });
}

beforeEach(() => {
  clock = 5000;
});

describe('envelope', () => {
  it('[CS1] has the fields, nonce and associated data of the rule', () => {
    const sealing = sealer('r2i');
    sealing.seal(utf8('first'), TS0);
    const envelope = sealing.seal(utf8('second'), TS0 + 7);
    expect(envelope).toMatchObject({ encrypted: true, v: 2, seq: 1, ts: TS0 + 7 });
    expect(Object.keys(envelope).toSorted()).toEqual(['ct', 'encrypted', 'iv', 'seq', 'ts', 'v']);
    expect(fromBase64(envelope.iv)).toEqual(layout('x:000000000000000000000001'));
    const ts = (TS0 + 7).toString(16).padStart(16, '0');
    const aad = layout('tallow-sig-v2', 'x:02', 'r2i', 'x:0000000000000001', `x:${ts}`);
    const opened = nodeGcmOpen(KEY, fromBase64(envelope.iv), aad, fromBase64(envelope.ct));
    expect(fromUtf8(opened)).toBe('second');
  });

  it('[CS2] opens in order, also after a round through JSON', () => {
    const [sealing, opening] = [sealer(), opener()];
    for (const text of ['', 'one', 'two', 'ü']) {
      const received: unknown = JSON.parse(JSON.stringify(sealing.seal(utf8(text), TS0)));
      expect(fromUtf8(opening.open(received))).toBe(text);
    }
  });

  it.each([
    ['again', [0, 0], 'replay'],
    ['an earlier one', [0, 1, 0], 'replay'],
    ['with one missing', [0, 2], 'gap'],
    ['not from the start', [1], 'gap'],
  ] as const)('[CS2] [CS4] refuses %s, and the key is then of no use', (_, order, code) => {
    const sealing = sealer();
    const sealed = [0, 1, 2].map((n) => sealing.seal(utf8(`${n}`), TS0));
    const opening = opener();
    for (const seq of order.slice(0, -1)) opening.open(sealed[seq]);
    expect(codeOf(() => opening.open(sealed[order.at(-1) ?? 0]))).toBe(code);
    expect(opening.state).toBe('dead');
    expect(codeOf(() => opening.open(sealed[order.length - 1]))).toBe('bad-state');
  });

  it('[CS3] refuses what is more than 30 s older than the handshake makes it', () => {
    const sealing = sealer();
    const opening = opener();
    clock += ENVELOPE_STALE_AFTER_MS + 1000;
    opening.open(sealing.seal(utf8('in time'), TS0 + 1000));
    clock += 1;
    expect(codeOf(() => opening.open(sealing.seal(utf8('late'), TS0 + 1000)))).toBe('stale');
  });

  it('[CS3] counts from ts0 by a monotonic clock, whatever both wall clocks say', () => {
    const opening = opener({ ts0: 17 });
    clock += 3_600_000;
    expect(fromUtf8(opening.open(sealer().seal(utf8('x'), 17 + 3_590_000)))).toBe('x');
  });

  it("[CS3] takes the first envelope's time as ts0 where nothing came before it (k3)", () => {
    const sealing = sealer();
    const opening = opener({ ts0: 'first' });
    clock += 2000;
    opening.open(sealing.seal(utf8('k3'), TS0));
    clock += 28_001;
    expect(codeOf(() => opening.open(sealing.seal(utf8('held back'), TS0)))).toBe('stale');
  });

  it('[CS1] one flipped bit anywhere, another key or direction: bad-tag', () => {
    const envelope = sealer().seal(utf8('text'), TS0);
    const ct = fromBase64(envelope.ct);
    for (let position = 0; position < ct.length; position++) {
      const wrong = { ...envelope, ct: toBase64(flipped(ct, position)) };
      expect(codeOf(() => opener().open(wrong))).toBe('bad-tag');
    }
    expect(codeOf(() => opener().open({ ...envelope, ts: TS0 + 1 }))).toBe('bad-tag');
    expect(codeOf(() => opener({ dir: 'r2i' }).open(envelope))).toBe('bad-tag');
    const foreign = sealer('i2r', counting(32, 4)).seal(utf8('text'), TS0);
    expect(codeOf(() => opener().open(foreign))).toBe('bad-tag');
  });

  const good = (): Envelope => sealer().seal(utf8('text'), TS0);
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'bad-encoding'],
    ['null', null, 'bad-encoding'],
    ['an array', [good()], 'bad-encoding'],
    ['a string', JSON.stringify(good()), 'bad-encoding'],
    ['an empty object', {}, 'bad-encoding'],
    ['not encrypted', { ...good(), encrypted: 'true' }, 'bad-encoding'],
    ['another version', { ...good(), v: 1 }, 'bad-version'],
    ['no version', { ...good(), v: undefined }, 'bad-version'],
    ['a negative seq', { ...good(), seq: -1 }, 'bad-encoding'],
    ['negative zero', { ...good(), seq: -0 }, 'bad-encoding'],
    ['a fraction', { ...good(), seq: 0.5 }, 'bad-encoding'],
    ['a seq past safe integers', { ...good(), seq: 2 ** 53 }, 'bad-encoding'],
    ['a ts as text', { ...good(), ts: `${TS0}` }, 'bad-encoding'],
    ['ts NaN', { ...good(), ts: Number.NaN }, 'bad-encoding'],
    ['another iv', { ...good(), iv: toBase64(counting(12)) }, 'bad-encoding'],
    ["another seq's iv", { ...good(), iv: 'AAAAAAAAAAAAAAAB' }, 'bad-encoding'],
    ['iv without its padding form', { ...good(), iv: 'AAAA' }, 'bad-encoding'],
    ['ct not base64', { ...good(), ct: '!!!!' }, 'bad-encoding'],
    ['ct in another spelling', { ...good(), ct: `${good().ct}\n` }, 'bad-encoding'],
    ['ct shorter than a tag', { ...good(), ct: toBase64(counting(15)) }, 'bad-length'],
    ['ct without end', { ...good(), ct: 'A'.repeat(100_000) }, 'bad-length'],
  ])('[CS1] [BP1] refuses %s', (_, input, code) => {
    expect(codeOf(() => opener().open(input))).toBe(code);
  });

  it('takes the longest plaintext and not one byte more', () => {
    const longest = new Uint8Array(ENVELOPE_PLAINTEXT_MAX);
    expect(opener().open(sealer().seal(longest, TS0))).toEqual(longest);
    const longer = new Uint8Array(ENVELOPE_PLAINTEXT_MAX + 1);
    expect(codeOf(() => sealer().seal(longer, TS0))).toBe('bad-length');
  });

  it('a refused sealing uses up no number', () => {
    const sealing = sealer();
    expect(codeOf(() => sealing.seal(utf8('x'), -1))).toBe('out-of-range');
    expect(codeOf(() => sealing.seal(utf8('x'), 0.5))).toBe('out-of-range');
    expect(sealing.seal(utf8('x'), TS0).seq).toBe(0);
  });

  it('is of no use once destroyed', () => {
    const [sealing, opening] = [sealer(), opener()];
    const envelope = sealing.seal(utf8('x'), TS0);
    sealing.destroy();
    opening.destroy();
    expect(codeOf(() => sealing.seal(utf8('x'), TS0))).toBe('bad-state');
    expect(codeOf(() => opening.open(envelope))).toBe('bad-state');
  });
});
