import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../lib/crypto/bytes.ts';
import { lockSession, LOCK_TRIES as CRYPTO_TRIES } from '../../../lib/crypto/lock-keys.ts';
import { stretchPassword, type LockContext } from '../../../lib/crypto/lock-keys.ts';
import { LOCK_TRIES } from '../../../lib/protocol/limits.ts';
import {
  decodeControl,
  encodeControl,
  type ControlMessage,
} from '../../../lib/protocol/messages.ts';
import { errorCode } from '../../../lib/errors/index.ts';
import { ReceiveLock, SendLock, type LockLink } from '../../../lib/transfer/lock-desk.ts';
import type {
  LockView,
  ReceiveLockRecord,
  SendLockRecord,
} from '../../../lib/transfer/lock-records.ts';

const ID = '0f'.repeat(16);
const SALT = '5a'.repeat(16);
const RIGHT = await stretchPassword('open sesame', fromHex(SALT));
const SECRET = toHex(RIGHT);

/** The real one is slow by design: once is enough for each password. */
const stretched = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
async function stretch(password: string, salt: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const known = stretched.get(password) ?? stretchPassword(password, salt);
  stretched.set(password, known);
  return new Uint8Array(await known);
}

/** Two ends of a session; what is posted arrives after the turn, as over a channel. */
class Wire {
  readonly posts: string[] = [];
  readonly ends: { sender: LockLink; receiver: LockLink };
  readonly failures: string[] = [];
  state: 'up' | 'down' = 'up';
  /** What a hostile peer makes of a message, on its way. */
  tamper: (message: ControlMessage) => ControlMessage = (message) => message;

  constructor(
    fileRoot: number,
    to: { sender(m: ControlMessage): void; receiver(m: ControlMessage): void },
  ) {
    const session = lockSession(new Uint8Array(32).fill(fileRoot));
    const end = (other: (message: ControlMessage) => void): LockLink => ({
      post: (message) => {
        this.posts.push(message.type);
        const frame = encodeControl(this.tamper(message));
        queueMicrotask(() => {
          if (this.state === 'down') return;
          try {
            other(decodeControl(frame));
          } catch (error) {
            this.failures.push(errorCode(error));
          }
        });
      },
      lockContext: (transferId): LockContext => ({
        session,
        dir: 'i2r',
        transferId: fromHex(transferId),
      }),
      fail: (error) => this.failures.push(errorCode(error)),
    });
    this.ends = { sender: end(to.receiver), receiver: end(to.sender) };
  }
}

/** A locked transfer at both ends, with stores that outlast a restart. */
class Pair {
  sent: SendLockRecord = { salt: SALT, secret: SECRET, wrong: 0, ticket: null };
  received: ReceiveLockRecord = { salt: SALT, triesLeft: LOCK_TRIES, ticket: null };
  readonly events: string[] = [];
  disk: 'works' | 'full' = 'works';
  send = this.#makeSend();
  receive = this.#makeReceive();
  wire = this.connect();

  connect(root = 1): Wire {
    this.send.detach();
    this.receive.detach();
    const wire = new Wire(root, {
      sender: (message) => {
        if (message.type === 'unlock' || message.type === 'unlock-proof') {
          this.send.onMessage(message);
        } else if (message.type === 'accept') {
          this.send.assertAccepted(message.proof);
          this.events.push('accepted');
        } else throw new Error(message.type);
      },
      receiver: (message) => {
        if (
          message.type === 'unlock-share' ||
          message.type === 'unlock-wrong' ||
          message.type === 'unlocked'
        ) {
          this.receive.onMessage(message);
        } else throw new Error(message.type);
      },
    });
    this.wire = wire;
    this.send.attach(wire.ends.sender);
    this.receive.attach(wire.ends.receiver);
    return wire;
  }

  restart(which: 'send' | 'receive'): void {
    this.wire.state = 'down';
    this[which].destroy();
    if (which === 'send') this.send = this.#makeSend();
    else this.receive = this.#makeReceive();
  }

  accept(): void {
    const link = this.wire.ends.receiver;
    const proof = this.receive.acceptProof(link);
    link.post({ type: 'accept', transferId: ID, ...(proof === null ? {} : { proof }) });
  }

  /** Until nothing more is on its way. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) await Promise.resolve();
  }

  #makeSend(): SendLock {
    return new SendLock(ID, this.sent, {
      save: async () => {
        await Promise.resolve();
        if (this.disk === 'full') throw new Error('full');
        this.sent = this.send.record;
      },
      changed: () => undefined,
      lockedOut: () => this.events.push('locked-out'),
      failed: () => this.events.push('send-failed'),
    });
  }

  #makeReceive(): ReceiveLock {
    return new ReceiveLock(ID, this.received, {
      stretch,
      save: async () => {
        await Promise.resolve();
        this.received = this.receive.record;
      },
      changed: () => undefined,
      unlocked: () => this.events.push('unlocked'),
      failed: () => this.events.push('receive-failed'),
    });
  }

  async try(password: string): Promise<LockView> {
    await this.receive.unlock(password);
    await this.settle();
    return this.receive.view;
  }
}

describe('a locked transfer', () => {
  it('has as many tries in the messages as in the cryptography', () => {
    expect(CRYPTO_TRIES).toBe(LOCK_TRIES);
  });

  it('[PW5] [PW6] a wrong password, then the right one; accepted with a proof', async () => {
    const pair = new Pair();
    expect(await pair.try('open barley')).toEqual({ type: 'locked', triesLeft: 4 });
    expect(pair.send.view).toEqual({ type: 'locked', triesLeft: 4 });
    expect(pair.receive.acceptProof(pair.wire.ends.receiver)).toBeNull();
    expect(await pair.try('open sesame')).toEqual({ type: 'unlocked' });
    expect(pair.send.view).toEqual({ type: 'unlocked' });
    pair.accept();
    await pair.settle();
    expect(pair.events).toEqual(['unlocked', 'accepted']);
    expect(pair.send.ticket).toEqual(pair.receive.ticket);
    expect(pair.wire.failures).toEqual([]);
    expect(pair.wire.posts).toEqual([
      ...['unlock', 'unlock-share', 'unlock-proof', 'unlock-wrong'],
      ...['unlock', 'unlock-share', 'unlock-proof', 'unlocked', 'accept'],
    ]);
  });

  it('[PW5] five wrong ones lock it, with a restart of both in between', async () => {
    const pair = new Pair();
    for (const left of [4, 3, 2]) {
      expect(await pair.try('wrong')).toEqual({ type: 'locked', triesLeft: left });
    }
    pair.restart('send');
    pair.restart('receive');
    pair.connect(2);
    expect(pair.receive.view).toEqual({ type: 'locked', triesLeft: 2 });
    expect(await pair.try('wrong')).toEqual({ type: 'locked', triesLeft: 1 });
    await pair.try('wrong');
    expect(pair.events).toEqual(['locked-out']);
    expect(pair.sent.wrong).toBe(5);
    // From here on the right one does not help.
    pair.restart('send');
    pair.restart('receive');
    pair.connect(3);
    await pair.try('open sesame');
    expect(pair.wire.failures).toEqual(['wrong-proof']);
    expect(pair.events).toEqual(['locked-out']);
  });

  it('[PW6] in a later session, after restarts, nobody is asked again', async () => {
    const pair = new Pair();
    await pair.try('open sesame');
    pair.restart('send');
    pair.restart('receive');
    const before = pair.received.ticket;
    pair.connect(2);
    pair.accept();
    await pair.settle();
    expect(pair.events).toEqual(['unlocked', 'accepted']);
    expect(pair.wire.posts).toEqual(['accept']);
    expect([pair.received.ticket, pair.sent.ticket]).toEqual([before, before]);
  });

  it('[PW6] an accept without a proof, or with that of another session, is a breach', async () => {
    const pair = new Pair();
    pair.accept();
    await pair.settle();
    expect(pair.wire.failures).toEqual(['out-of-state']);
    await pair.try('open sesame');
    const old = pair.receive.acceptProof(pair.wire.ends.receiver);
    pair.connect(2);
    pair.wire.ends.receiver.post({ type: 'accept', transferId: ID });
    if (old !== null) pair.wire.ends.receiver.post({ type: 'accept', transferId: ID, proof: old });
    await pair.settle();
    expect(pair.wire.failures).toEqual(['out-of-state', 'wrong-proof']);
    expect(pair.events).not.toContain('accepted');
  });

  it('[PW6] before it is unlocked nothing else of the receiver counts', async () => {
    const pair = new Pair();
    expect(() => pair.send.assertUnlocked()).toThrow(
      expect.objectContaining({ code: 'out-of-state' }),
    );
    await pair.try('open sesame');
    expect(() => pair.send.assertUnlocked()).not.toThrow();
  });

  it('[PW5] a session that is lost before the verdict: what was typed is tried in the next', async () => {
    for (const lost of ['unlock', 'unlock-share', 'unlock-proof', 'unlocked'] as const) {
      const pair = new Pair();
      const wire = pair.wire;
      wire.tamper = (message) => {
        if (message.type === lost) wire.state = 'down';
        return message;
      };
      expect(await pair.try('open sesame'), lost).toMatchObject({ type: 'checking' });
      pair.connect(2);
      await pair.settle();
      expect(pair.receive.view, lost).toEqual({ type: 'unlocked' });
      expect(pair.send.ticket).toEqual(pair.receive.ticket);
      expect(pair.sent.wrong).toBe(0);
      expect(pair.wire.failures).toEqual([]);
    }
  });

  it('what is typed while the device is away waits for it', async () => {
    const pair = new Pair();
    pair.wire.state = 'down';
    pair.send.detach();
    pair.receive.detach();
    expect(await pair.try('open sesame')).toEqual({ type: 'checking', triesLeft: 5 });
    pair.connect(2);
    await pair.settle();
    expect(pair.receive.view).toEqual({ type: 'unlocked' });
  });

  it('one password at a time; what is none is no try', async () => {
    const pair = new Pair();
    const first = pair.receive.unlock('open sesame');
    await expect(pair.receive.unlock('other')).rejects.toMatchObject({ code: 'busy' });
    await first;
    const other = new Pair();
    await expect(other.receive.unlock('')).rejects.toMatchObject({ code: 'bad-password' });
    expect(other.receive.view).toEqual({ type: 'locked', triesLeft: 5 });
    expect(await other.try('open sesame')).toEqual({ type: 'unlocked' });
  });

  it('[PW5] out of turn, a bad share, a wrong proof: the session ends', async () => {
    const hostile = new Uint8Array(32).fill(255);
    const cases: [ControlMessage['type'], ControlMessage, string][] = [
      ['unlock', { type: 'unlock', transferId: ID, share: hostile }, 'wrong-proof'],
      ['unlock', { type: 'unlock-proof', transferId: ID, proof: hostile }, 'out-of-state'],
      ['unlock-share', { type: 'unlock-share', transferId: ID, share: hostile }, 'wrong-proof'],
      ['unlock-share', { type: 'unlocked', transferId: ID, proof: hostile }, 'out-of-state'],
      ['unlocked', { type: 'unlocked', transferId: ID, proof: hostile }, 'wrong-proof'],
      ['unlocked', { type: 'unlock-share', transferId: ID, share: hostile }, 'out-of-state'],
    ];
    for (const [type, instead, code] of cases) {
      const pair = new Pair();
      pair.wire.tamper = (message) => (message.type === type ? instead : message);
      await pair.try('open sesame');
      expect(pair.wire.failures, `${instead.type} for ${type}`).toEqual([code]);
      expect(pair.receive.ticket).toBeNull();
    }
  });

  it('[PW5] a verdict that cannot be written down is not said', async () => {
    const pair = new Pair();
    pair.disk = 'full';
    await pair.try('wrong');
    expect(pair.events).toEqual(['send-failed']);
    expect(pair.wire.posts).not.toContain('unlock-wrong');
  });

  it('[PW5] nothing is let in while a verdict is being written down', async () => {
    const pair = new Pair();
    const s = pair.send;
    // A fresh exchange up to the proof, then another share in the same turn.
    const point = fromHex('e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76');
    s.onMessage({ type: 'unlock', transferId: ID, share: point });
    s.onMessage({ type: 'unlock-proof', transferId: ID, proof: new Uint8Array(32) });
    expect(() => s.onMessage({ type: 'unlock', transferId: ID, share: point })).toThrow(
      expect.objectContaining({ code: 'out-of-state' }),
    );
  });

  it('an offer that is over tries nothing more, also of what is being stretched', async () => {
    const pair = new Pair();
    const trying = pair.receive.unlock('open sesame');
    pair.receive.giveUp();
    await trying;
    await pair.receive.unlock('open sesame');
    await pair.settle();
    expect(pair.wire.posts).toEqual([]);
    expect(pair.receive.view).toEqual({ type: 'locked', triesLeft: 5 });

    const other = new Pair();
    other.wire.tamper = (message) => {
      if (message.type === 'unlock-proof') other.receive.giveUp();
      return message;
    };
    expect(await other.try('open sesame')).toEqual({ type: 'locked', triesLeft: 5 });
  });

  it('[PW8] nothing is left after it is destroyed', async () => {
    const pair = new Pair();
    await pair.try('open sesame');
    const ticket = pair.receive.ticket;
    pair.receive.destroy();
    pair.send.destroy();
    expect(ticket?.every((byte) => byte === 0)).toBe(true);
    await pair.receive.unlock('open sesame');
    expect(pair.wire.posts.filter((type) => type === 'unlock')).toHaveLength(1);
  });
});
