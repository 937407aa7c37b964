import { argon2Sync, createHash, createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { copyBytes, fromHex, lvCat, toHex, utf8, type Bytes } from '../../../lib/crypto/bytes.ts';
import { cpaceStart } from '../../../lib/crypto/cpace.ts';
import {
  acceptProof,
  LockError,
  lockedFileRoot,
  lockSession,
  passwordBytes,
  stretchPassword,
  type LockContext,
} from '../../../lib/crypto/lock-keys.ts';
import { LockReceiver, LockSender, verifyAcceptProof } from '../../../lib/crypto/transfer-lock.ts';
import { counting, flipped } from './support.ts';
import { LOCK_VECTOR as V } from './vectors/transfer-lock.ts';

const SALT = counting(16, 0x10);
const RIGHT = counting(32, 0x40);
const WRONG = counting(32, 0x41);
const FILE_ROOT = counting(32, 0x80);
const CONTEXT: LockContext = {
  session: lockSession(FILE_ROOT),
  dir: 'i2r',
  transferId: counting(16, 0xc0),
};

const sender = (wrong = 0) => new LockSender({ secret: RIGHT, salt: SALT, wrong });
const receiver = (triesLeft = 5) => new LockReceiver({ salt: SALT, triesLeft });

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof LockError) return error.code;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

/** One try: what the sender makes of it. */
function attempt(from: LockReceiver, to: LockSender, secret: Uint8Array, context = CONTEXT) {
  const share = to.onShare(context, from.start(context, secret));
  return to.onProof(from.onShare(share));
}

describe('a password for one transfer', () => {
  it('[PW4] the right one gives both sides the same ticket, each having seen the proof', () => {
    const [s, r] = [sender(), receiver()];
    const verdict = attempt(r, s, RIGHT);
    if (verdict.type !== 'unlocked') return expect.fail(verdict.type);
    const ticket = r.onUnlocked(verdict.proof);
    expect(ticket).toEqual(verdict.ticket);
    expect(ticket.some((byte) => byte !== 0)).toBe(true);
    expect(s.triesLeft).toBe(5);
  });

  it('[PW4] every exchange ends in another ticket', () => {
    const tickets = Array.from({ length: 4 }, () => {
      const verdict = attempt(receiver(), sender(), RIGHT);
      return verdict.type === 'unlocked' ? toHex(verdict.ticket) : '';
    });
    expect(new Set(tickets).size).toBe(4);
  });

  it('[PW5] a wrong one costs a try; the right one afterwards opens', () => {
    const [s, r] = [sender(), receiver()];
    const verdict = attempt(r, s, WRONG);
    expect(verdict).toEqual({ type: 'wrong', triesLeft: 4 });
    r.onWrong(4);
    expect([r.triesLeft, s.triesLeft]).toEqual([4, 4]);
    expect(attempt(r, s, RIGHT).type).toBe('unlocked');
  });

  it('[PW5] the fifth wrong one ends it, also for who knows it then', () => {
    const s = sender();
    const verdicts = Array.from({ length: 5 }, () => attempt(receiver(), s, WRONG));
    expect(
      verdicts.map((verdict) => ('triesLeft' in verdict ? verdict.triesLeft : verdict.type)),
    ).toEqual([4, 3, 2, 1, 'locked-out']);
    expect(s.triesLeft).toBe(0);
    expect(code(() => s.onShare(CONTEXT, receiver().start(CONTEXT, RIGHT)))).toBe('locked-out');
  });

  it('[PW5] tries of earlier sessions count', () => {
    expect(attempt(receiver(), sender(4), WRONG)).toEqual({ type: 'locked-out' });
    const share = receiver().start(CONTEXT, RIGHT);
    expect(code(() => sender(5).onShare(CONTEXT, share))).toBe('locked-out');
  });

  it('[PW5] a share alone is no try, and tells nothing', () => {
    const s = sender();
    for (let i = 0; i < 20; i++) {
      s.onShare(CONTEXT, receiver().start(CONTEXT, WRONG));
      s.reset();
    }
    expect(s.triesLeft).toBe(5);
    expect(attempt(receiver(), s, RIGHT).type).toBe('unlocked');
  });

  it('[PW4] a sender that does not know the password is found out', () => {
    const r = receiver();
    const impostor = new LockSender({ secret: WRONG, salt: SALT, wrong: 0 });
    const proof = r.onShare(impostor.onShare(CONTEXT, r.start(CONTEXT, RIGHT)));
    // It learns that its guess was wrong, and has nothing to show.
    expect(impostor.onProof(proof).type).toBe('wrong');
    expect(code(() => r.onUnlocked(counting(32)))).toBe('wrong-proof');
    expect(r.state).toBe('idle');
  });

  it('[PW4] the receiver’s own proof sent back is not the sender’s', () => {
    const [s, r] = [sender(), receiver()];
    const proof = r.onShare(s.onShare(CONTEXT, r.start(CONTEXT, RIGHT)));
    expect(code(() => r.onUnlocked(proof))).toBe('wrong-proof');
  });

  it('[PW3] roles are not interchangeable: a share sent back opens nothing', () => {
    const r = receiver();
    const own = r.start(CONTEXT, RIGHT);
    const mirrored = r.onShare(own);
    expect(code(() => r.onUnlocked(mirrored))).toBe('wrong-proof');
    // Two senders, neither of which types a password.
    const [a, b] = [sender(), sender()];
    const fromB = b.onShare(CONTEXT, receiver().start(CONTEXT, RIGHT));
    a.onShare(CONTEXT, fromB);
    const verdict = b.onProof(flipped(counting(32), 0));
    expect(verdict.type).toBe('wrong');
  });

  it.each<[string, Partial<LockContext>]>([
    ['another session', { session: lockSession(counting(32, 1)) }],
    ['another transfer', { transferId: counting(16, 1) }],
    ['the other direction', { dir: 'r2i' }],
  ])('[PW3] a proof made for %s is wrong', (_, change) => {
    const [s, r] = [sender(), receiver()];
    const share = s.onShare(CONTEXT, r.start({ ...CONTEXT, ...change }, RIGHT));
    expect(s.onProof(r.onShare(share)).type).toBe('wrong');
  });

  it('[PW3] another salt gives another exchange', () => {
    const r = new LockReceiver({ salt: counting(16, 0x11), triesLeft: 5 });
    expect(attempt(r, sender(), RIGHT).type).toBe('wrong');
  });

  it.each([
    ['the identity', '00'.repeat(32)],
    ['no element', 'ff'.repeat(32)],
    ['31 bytes', '01'.repeat(31)],
    ['nothing', ''],
  ])('[CP3] refuses a share that is %s, and no try is lost', (_, hex) => {
    const [s, r] = [sender(), receiver()];
    expect(code(() => s.onShare(CONTEXT, fromHex(hex)))).toBe('bad-share');
    r.start(CONTEXT, RIGHT);
    expect(code(() => r.onShare(fromHex(hex)))).toBe('bad-share');
    expect(attempt(r, s, RIGHT).type).toBe('unlocked');
    expect(s.triesLeft).toBe(5);
  });

  it('[PW5] a proof said again is judged once', () => {
    const [s, r] = [sender(), receiver()];
    const share = r.start(CONTEXT, RIGHT);
    const proof = r.onShare(s.onShare(CONTEXT, share));
    expect(s.onProof(proof).type).toBe('unlocked');
    expect(code(() => s.onProof(proof))).toBe('out-of-order');
    // The whole exchange said again meets a fresh scalar: the old proof is a wrong one.
    s.onShare(CONTEXT, share);
    expect(s.onProof(proof)).toEqual({ type: 'wrong', triesLeft: 4 });
  });

  it('[PW5] nothing comes out of turn', () => {
    const s = sender();
    expect(code(() => s.onProof(counting(32)))).toBe('out-of-order');
    const share = receiver().start(CONTEXT, RIGHT);
    s.onShare(CONTEXT, share);
    expect(code(() => s.onShare(CONTEXT, share))).toBe('out-of-order');

    const r = receiver();
    expect(code(() => r.onShare(share))).toBe('out-of-order');
    expect(code(() => r.onWrong(3))).toBe('out-of-order');
    expect(code(() => r.onUnlocked(share))).toBe('out-of-order');
    r.start(CONTEXT, RIGHT);
    expect(code(() => r.start(CONTEXT, RIGHT))).toBe('out-of-order');
    expect(code(() => r.onUnlocked(share))).toBe('out-of-order');
    r.onShare(share);
    expect(code(() => r.onShare(share))).toBe('out-of-order');
    r.reset();
    expect(r.state).toBe('idle');
  });

  it('[PW8] secrets are gone after use', () => {
    const secret = copyBytes(RIGHT);
    const s = new LockSender({ secret, salt: SALT, wrong: 0 });
    secret.fill(0);
    const r = receiver();
    expect(attempt(r, s, RIGHT).type).toBe('unlocked');
    s.destroy();
    r.destroy();
    expect(code(() => s.onShare(CONTEXT, counting(32)))).toBe('out-of-order');
    expect(code(() => r.start(CONTEXT, RIGHT))).toBe('out-of-order');
  });
});

describe('[PW2] the password itself', () => {
  it('is stretched as another implementation of Argon2id does it', async () => {
    const stretched = await stretchPassword('Grüße an alle', SALT);
    const oracle = argon2Sync('argon2id', {
      message: Buffer.from('Grüße an alle', 'utf8'),
      nonce: SALT,
      memory: 19_456,
      passes: 2,
      parallelism: 1,
      tagLength: 32,
    });
    expect(toHex(stretched)).toBe(oracle.toString('hex'));
  });

  it('one password is one, however it was typed', () => {
    expect(passwordBytes('e\u0301')).toEqual(passwordBytes('\u00e9'));
    expect(passwordBytes('a\u00a0b\u3000c')).toEqual(utf8('a b c'));
  });

  it('and two are two: nothing is trimmed, folded or made alike', () => {
    const all = ['secret', ' secret', 'secret ', 'Secret', 'ｓecret', 'se cret', 'sеcret'];
    expect(new Set(all.map((each) => toHex(passwordBytes(each)))).size).toBe(all.length);
  });

  it.each([
    ['empty', ''],
    ['of more than 512 bytes', 'é'.repeat(257)],
    ['no text', '\ud800'],
  ])('is refused when %s', async (_, password) => {
    await expect(stretchPassword(password, SALT)).rejects.toMatchObject({ code: 'bad-password' });
  });
});

describe('[PW6] [PW7] the ticket', () => {
  const ticket = counting(32, 0x22);

  it('is shown to one session, for one transfer and direction', () => {
    const proof = acceptProof(ticket, CONTEXT);
    expect(verifyAcceptProof(proof, ticket, CONTEXT)).toBe(true);
    expect(verifyAcceptProof(flipped(proof, 31), ticket, CONTEXT)).toBe(false);
    expect(verifyAcceptProof(proof.subarray(0, 31), ticket, CONTEXT)).toBe(false);
    expect(verifyAcceptProof(proof, counting(32, 0x23), CONTEXT)).toBe(false);
    for (const change of [
      { session: lockSession(counting(32)) },
      { dir: 'r2i' as const },
      { transferId: counting(16) },
    ]) {
      expect(verifyAcceptProof(proof, ticket, { ...CONTEXT, ...change })).toBe(false);
    }
  });

  it('makes another file root, for this transfer and direction', () => {
    const roots = [
      lockedFileRoot(FILE_ROOT, ticket, CONTEXT),
      lockedFileRoot(FILE_ROOT, counting(32), CONTEXT),
      lockedFileRoot(counting(32), ticket, CONTEXT),
      lockedFileRoot(FILE_ROOT, ticket, { ...CONTEXT, dir: 'r2i' }),
      lockedFileRoot(FILE_ROOT, ticket, { ...CONTEXT, transferId: counting(16) }),
      FILE_ROOT,
    ];
    expect(new Set(roots.map(toHex)).size).toBe(roots.length);
  });
});

describe('fixed values', () => {
  const ya = fromHex(V.scalarA);
  const yb = fromHex(V.scalarB);

  function run() {
    const r = receiver();
    const s = sender();
    const shareA = r.start(CONTEXT, RIGHT, { scalar: ya });
    const shareB = s.onShare(CONTEXT, shareA, { scalar: yb });
    const proofA = r.onShare(shareB);
    const verdict = s.onProof(proofA);
    if (verdict.type !== 'unlocked') return expect.fail(verdict.type);
    return { shareA, shareB, proofA, proofB: verdict.proof, ticket: verdict.ticket };
  }

  it('[PW3] [PW4] [PW6] [PW7] are what they were', () => {
    const { shareA, shareB, proofA, proofB, ticket } = run();
    expect({
      session: toHex(CONTEXT.session),
      shareA: toHex(shareA),
      shareB: toHex(shareB),
      proofA: toHex(proofA),
      proofB: toHex(proofB),
      ticket: toHex(ticket),
      accept: toHex(acceptProof(ticket, CONTEXT)),
      fileRoot: toHex(lockedFileRoot(FILE_ROOT, ticket, CONTEXT)),
    }).toEqual(V.result);
  });

  it('[PW3] [PW4] [PW6] [PW7] follow from the page alone, by Node’s own primitives', () => {
    const { shareA, shareB, proofA, proofB, ticket } = run();
    const hkdf = (ikm: Uint8Array, salt: Uint8Array | string, info: Uint8Array, length: number) =>
      new Uint8Array(hkdfSync('sha256', ikm, salt, info, length));
    const hmac = (key: Uint8Array, data: Uint8Array): Bytes =>
      new Uint8Array(createHmac('sha256', key).update(data).digest());
    const expand = (key: Uint8Array, label: string) =>
      hmac(key, Buffer.concat([utf8(label), Uint8Array.of(1)]));
    const i2r = utf8('i2r');
    const { transferId } = CONTEXT;
    const session = hkdf(FILE_ROOT, '', utf8('tallow-lock-session-v2'), 32);
    const sid = new Uint8Array(
      createHash('sha256')
        .update(lvCat(utf8('tallow-lock-sid-v2'), session, i2r, transferId, SALT))
        .digest(),
    );
    const ci = lvCat(utf8('tallow-lock-v2'), utf8('receiver'), utf8('sender'));
    const a = cpaceStart({ role: 'a', prs: RIGHT, ci, sid, scalar: ya });
    expect(a.share).toEqual(shareA);
    const ads = { adA: utf8('receiver'), adB: utf8('sender') };
    const isk = a.finish({ remoteShare: shareB, ...ads });
    const keys = hkdf(isk, sid, utf8('tallow-lock-keys-v2'), 96);
    const label = utf8('tallow-lock-proof-v2');
    expect(hmac(keys.slice(0, 32), lvCat(label, utf8('receiver'), shareA, shareB))).toEqual(proofA);
    expect(hmac(keys.slice(32, 64), lvCat(label, utf8('sender'), shareA, shareB))).toEqual(proofB);
    expect(keys.slice(64)).toEqual(ticket);
    const accept = hmac(
      expand(ticket, 'tallow-lock-accept-v2'),
      Buffer.concat([session, i2r, transferId]),
    );
    expect(accept).toEqual(acceptProof(ticket, CONTEXT));
    const root = hkdf(
      FILE_ROOT,
      expand(ticket, 'tallow-lock-file-v2'),
      lvCat(utf8('tallow-lock-v2'), i2r, transferId),
      32,
    );
    expect(root).toEqual(lockedFileRoot(FILE_ROOT, ticket, CONTEXT));
  });
});
