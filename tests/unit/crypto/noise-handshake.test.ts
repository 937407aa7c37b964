import { describe, expect, it } from 'vitest';
import {
  allZero,
  copyBytes,
  toHex,
  utf8,
  fromUtf8,
  type Bytes,
} from '../../../lib/crypto/bytes.ts';
import type { DhKey } from '../../../lib/crypto/keys.ts';
import { CipherState } from '../../../lib/crypto/noise/cipher-state.ts';
import { NOISE_MESSAGE_MAX, NoiseHandshake } from '../../../lib/crypto/noise/handshake.ts';
import {
  KK_HFS_PSK0,
  XX,
  XX_HFS_PSK0,
  type HandshakePattern,
} from '../../../lib/crypto/noise/patterns.ts';
import { nobleMlKem768 } from '../../../lib/crypto/ml-kem.ts';
import { generateWebCryptoDhKey, nobleDhKey } from '../../../lib/crypto/x25519.ts';
import {
  asyncCodeOf,
  codeOf,
  counting,
  exchange,
  fixedHandshake,
  flipped,
  PSK,
} from './support.ts';

const OWN = [
  { rule: 'PR4', pattern: XX_HFS_PSK0, lengths: [32 + 1200, 32 + 1104 + 48, 48] },
  { rule: 'RC1', pattern: KK_HFS_PSK0, lengths: [32 + 1200, 32 + 1104] },
] as const;

/** The receiver of message `index`, brought there by the messages before it. */
async function receiverOf(pattern: HandshakePattern, messages: Bytes[], index: number) {
  const receiver = fixedHandshake(pattern, index % 2 === 0 ? 'responder' : 'initiator');
  for (const [i, message] of messages.slice(0, index).entries()) {
    if (i % 2 === index % 2) await receiver.readMessage(message);
    else await receiver.writeMessage(utf8(`payload ${i}`));
  }
  return receiver;
}

describe.each(OWN)('$pattern.name', ({ rule, pattern, lengths }) => {
  it(`[${rule}] both sides end with the same secrets, and know each other's keys`, async () => {
    const initiator = fixedHandshake(pattern, 'initiator');
    const responder = fixedHandshake(pattern, 'responder');
    const messages = await exchange(initiator, responder, lengths.length);
    // Keys, tags and the payload's own tag: nothing else is on the wire.
    expect(messages.map((message) => message.length)).toEqual(
      lengths.map((length) => length + 'payload 0'.length + 16),
    );
    expect(initiator.remoteEphemeral).toEqual(responder.localEphemeral);
    expect(responder.remoteEphemeral).toEqual(initiator.localEphemeral);
    expect(responder.remoteKemPublic).toEqual(initiator.localKemPublic);
    expect(responder.remoteStatic).toEqual(nobleDhKey(counting(32, 1)).publicKey);
    expect(initiator.remoteStatic).toEqual(nobleDhKey(counting(32, 51)).publicKey);
    const [one, other] = [initiator.finish(), responder.finish()];
    expect(one).toEqual(other);
    expect(new Set(Object.values(one).map(toHex)).size).toBe(4);
  });

  it.each(lengths.map((_, index) => index))(
    `[${rule}] [EN5] message %i is refused with any byte changed`,
    async (index) => {
      const messages = await exchange(
        fixedHandshake(pattern, 'initiator'),
        fixedHandshake(pattern, 'responder'),
        lengths.length,
      );
      const message = messages[index] ?? new Uint8Array(0);
      const refused = new Map<string, number>();
      for (let position = 0; position < message.length; position++) {
        const receiver = await receiverOf(pattern, messages, index);
        // 0x80 too: X25519 ignores the top bit of a key, the transcript must not.
        const mask = position % 2 === 0 ? 0x80 : 0x01;
        const code = await asyncCodeOf(receiver.readMessage(flipped(message, position, mask)));
        refused.set(code, (refused.get(code) ?? 0) + 1);
        if (position % 97 === 0) {
          expect(await asyncCodeOf(receiver.readMessage(message))).toBe('bad-state');
        }
      }
      expect([...refused.keys()]).toEqual(['bad-tag']);
      expect(refused.get('bad-tag')).toBe(message.length);
      const untouched = await receiverOf(pattern, messages, index);
      expect(fromUtf8(await untouched.readMessage(message))).toBe(`payload ${index}`);
    },
    120_000,
  );

  it(`[${rule}] the top bit of the ephemeral is authenticated although X25519 ignores it`, async () => {
    const messages = await exchange(
      fixedHandshake(pattern, 'initiator'),
      fixedHandshake(pattern, 'responder'),
      lengths.length,
    );
    for (const index of [0, 1]) {
      const receiver = await receiverOf(pattern, messages, index);
      const message = messages[index] ?? new Uint8Array(0);
      expect(await asyncCodeOf(receiver.readMessage(flipped(message, 31, 0x80)))).toBe('bad-tag');
    }
  });

  it(`[${rule}] [EN5] a message of a wrong length is refused before anything is computed`, async () => {
    const messages = await exchange(
      fixedHandshake(pattern, 'initiator'),
      fixedHandshake(pattern, 'responder'),
      lengths.length,
    );
    for (const [index, length] of lengths.entries()) {
      for (const wrong of [0, 1, length + 15, NOISE_MESSAGE_MAX + 1]) {
        const receiver = await receiverOf(pattern, messages, index);
        const message = new Uint8Array(wrong);
        expect(await asyncCodeOf(receiver.readMessage(message))).toBe('bad-length');
      }
      const receiver = await receiverOf(pattern, messages, index);
      const longer = new Uint8Array([...(messages[index] ?? []), 0]);
      expect(await asyncCodeOf(receiver.readMessage(longer))).toBe('bad-tag');
    }
  });

  it(`[${rule}] another psk or prologue does not open the first message`, async () => {
    for (const changes of [{ psk: flipped(PSK, 31) }, { prologue: utf8('prologuf') }]) {
      const initiator = fixedHandshake(pattern, 'initiator');
      const responder = fixedHandshake(pattern, 'responder', changes);
      const first = await initiator.writeMessage();
      expect(await asyncCodeOf(responder.readMessage(first))).toBe('bad-tag');
    }
  });

  it(`[${rule}] a zero ephemeral ends it`, async () => {
    const initiator = fixedHandshake(pattern, 'initiator');
    const responder = new NoiseHandshake({
      pattern,
      role: 'responder',
      prologue: utf8('prologue'),
      psk: PSK,
      s: nobleDhKey(counting(32, 51)),
      e: { publicKey: new Uint8Array(32), dh: async () => new Uint8Array(32) },
      kem: nobleMlKem768(),
      ...(pattern.preStatics === 'both' ? { rs: nobleDhKey(counting(32, 1)).publicKey } : {}),
    });
    await responder.readMessage(await initiator.writeMessage());
    const second = await responder.writeMessage();
    expect(await asyncCodeOf(initiator.readMessage(second))).toBe('zero-dh');
    expect(initiator.state).toBe('failed');
  });

  it(`[${rule}] refuses to speak out of turn, and is then over`, async () => {
    const early = fixedHandshake(pattern, 'responder');
    expect(early.turn).toBe('read');
    expect(await asyncCodeOf(early.writeMessage())).toBe('bad-order');
    const first = await fixedHandshake(pattern, 'initiator').writeMessage();
    expect(await asyncCodeOf(early.readMessage(first))).toBe('bad-state');
    expect(early.turn).toBe('none');

    const initiator = fixedHandshake(pattern, 'initiator');
    await initiator.writeMessage();
    expect(await asyncCodeOf(initiator.writeMessage())).toBe('bad-order');
    expect(codeOf(() => initiator.finish())).toBe('bad-state');

    const past = fixedHandshake(pattern, 'initiator');
    await exchange(past, fixedHandshake(pattern, 'responder'), lengths.length);
    expect(past.state).toBe('complete');
    expect(await asyncCodeOf(past.readMessage(first))).toBe('bad-order');
    expect(codeOf(() => past.finish())).toBe('bad-state');
  });

  it(`[${rule}] two calls at once are one too many`, async () => {
    const initiator = fixedHandshake(pattern, 'initiator');
    const both = [initiator.writeMessage(), initiator.writeMessage()];
    const results = await Promise.allSettled(both);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(initiator.state).toBe('failed');
  });

  it(`[${rule}] destroyed while a key works: nothing comes out`, async () => {
    const initiator = fixedHandshake(pattern, 'initiator');
    const pending = initiator.writeMessage();
    initiator.destroy();
    expect(await asyncCodeOf(pending)).toBe('bad-state');
  });

  it(`[${rule}] gives its secrets once`, async () => {
    const initiator = fixedHandshake(pattern, 'initiator');
    await exchange(initiator, fixedHandshake(pattern, 'responder'), lengths.length);
    const result = initiator.finish();
    expect(codeOf(() => initiator.finish())).toBe('bad-state');
    initiator.destroy();
    expect(allZero(result.ems)).toBe(false);
    expect(initiator.state).toBe('finished');
  });

  it(`[${rule}] works with keys that WebCrypto keeps`, async () => {
    const [sI, sR] = [await generateWebCryptoDhKey(), await generateWebCryptoDhKey()];
    const make = (role: 'initiator' | 'responder', s: DhKey, rs: Uint8Array) =>
      new NoiseHandshake({
        pattern,
        role,
        prologue: utf8('p'),
        psk: PSK,
        s,
        kem: nobleMlKem768(),
        ...(pattern.preStatics === 'both' ? { rs } : {}),
      });
    const initiator = make('initiator', sI, sR.publicKey);
    const responder = make('responder', sR, sI.publicKey);
    await exchange(initiator, responder, lengths.length);
    expect(initiator.finish()).toEqual(responder.finish());
  });
});

describe('KKhfs+psk0', () => {
  it('[RC1] another static than the paired one does not open k1', async () => {
    const initiator = new NoiseHandshake({
      pattern: KK_HFS_PSK0,
      role: 'initiator',
      prologue: utf8('prologue'),
      psk: PSK,
      s: nobleDhKey(),
      rs: nobleDhKey(counting(32, 51)).publicKey,
      kem: nobleMlKem768(),
    });
    const responder = fixedHandshake(KK_HFS_PSK0, 'responder');
    expect(await asyncCodeOf(responder.readMessage(await initiator.writeMessage()))).toBe(
      'bad-tag',
    );
  });
});

describe('options', () => {
  const base = { role: 'initiator', prologue: utf8(''), s: nobleDhKey(), psk: PSK } as const;

  it('[EN5] checks the lengths of psk and remote static', () => {
    const kem = nobleMlKem768();
    const psk = new Uint8Array(31);
    expect(codeOf(() => new NoiseHandshake({ ...base, psk, kem, pattern: XX_HFS_PSK0 }))).toBe(
      'bad-length',
    );
    const rs = new Uint8Array(33);
    expect(codeOf(() => new NoiseHandshake({ ...base, rs, kem, pattern: KK_HFS_PSK0 }))).toBe(
      'bad-length',
    );
  });

  it('a pattern without what it needs is a bug, not a result', () => {
    expect(() => new NoiseHandshake({ ...base, pattern: XX_HFS_PSK0 })).toThrow('KEM');
    expect(() => new NoiseHandshake({ ...base, pattern: XX })).toThrow('psk');
    const { s: _s, ...noStatic } = base;
    expect(() => new NoiseHandshake({ ...noStatic, pattern: XX_HFS_PSK0 })).toThrow('static');
  });

  it('does not depend on buffers the caller reuses', async () => {
    const psk = copyBytes(PSK);
    const initiator = fixedHandshake(XX_HFS_PSK0, 'initiator', { psk });
    psk.fill(0);
    const responder = fixedHandshake(XX_HFS_PSK0, 'responder');
    const message = await initiator.writeMessage(utf8('hello'));
    const reading = responder.readMessage(message);
    message.fill(0);
    expect(fromUtf8(await reading)).toBe('hello');
  });

  it('refuses a payload that would make the message too long', async () => {
    const initiator = fixedHandshake(XX_HFS_PSK0, 'initiator');
    const payload = new Uint8Array(NOISE_MESSAGE_MAX - 1232 - 16 + 1);
    expect(await asyncCodeOf(initiator.writeMessage(payload))).toBe('bad-length');
  });
});

describe('CipherState', () => {
  it('never uses the reserved last nonce (Noise §5.1)', () => {
    const state = new CipherState(PSK, 0xffff_ffff_ffff_fffen);
    state.encryptWithAd(utf8(''), utf8('last'));
    expect(codeOf(() => state.encryptWithAd(utf8(''), utf8('one more')))).toBe('exhausted');
  });

  it('a message that does not open moves nothing', () => {
    const [sending, receiving] = [new CipherState(PSK), new CipherState(PSK)];
    const sealed = sending.encryptWithAd(utf8('ad'), utf8('text'));
    expect(codeOf(() => receiving.decryptWithAd(utf8('ae'), sealed))).toBe('bad-tag');
    expect(codeOf(() => receiving.decryptWithAd(utf8('ad'), sealed.subarray(0, 15)))).toBe(
      'bad-length',
    );
    expect(fromUtf8(receiving.decryptWithAd(utf8('ad'), sealed))).toBe('text');
    receiving.destroy();
    expect(codeOf(() => receiving.decryptWithAd(utf8('ad'), sealed))).toBe('exhausted');
  });
});
