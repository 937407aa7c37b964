import { describe, expect, it } from 'vitest';
import { bindingProof } from '../../../lib/crypto/binding.ts';
import { randomBytes } from '../../../lib/crypto/bytes.ts';
import {
  bindChannel,
  BINDING_TIMEOUT_MS,
  BindingError,
} from '../../../lib/session/bound-channel.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeChannel } from './fake-links.ts';

function setUp() {
  const clock = new FakeClock();
  const [left, right] = FakeChannel.pair();
  const shared = {
    bindKey: randomBytes(32),
    pcId: randomBytes(16),
    fpI: randomBytes(32),
    fpR: randomBytes(32),
  };
  return { clock, left, right, shared };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof BindingError) return error.code;
    throw error;
  }
  return 'bound';
}

describe('binding a channel', () => {
  it('[BD2] both ends bind, and frames pass in order', async () => {
    const { clock, left, right, shared } = setUp();
    const [a, b] = await Promise.all([
      bindChannel(left, { ...shared, ownDir: 'i2r' }, clock.schedule),
      bindChannel(right, { ...shared, ownDir: 'r2i' }, clock.schedule),
    ]);
    const got: number[] = [];
    for (const value of [1, 2, 3]) a.send(Uint8Array.of(value));
    await turn();
    // Nobody listened yet: they wait in the channel.
    b.onMessage = (frame) => got.push(frame[0] ?? 0);
    expect(got).toEqual([1, 2, 3]);
    expect(clock.timers).toBe(0);
  });

  it('[BD4] frames behind the proof in the same turn are not lost and not looked at before', async () => {
    const { clock, left, right, shared } = setUp();
    const bound = bindChannel(left, { ...shared, ownDir: 'i2r' }, clock.schedule);
    right.send(bindingProof({ ...shared, dir: 'r2i' }));
    right.send(Uint8Array.of(9));
    await turn();
    const got: number[] = [];
    (await bound).onMessage = (frame) => got.push(frame[0] ?? 0);
    await turn();
    expect(got).toEqual([9]);
  });

  it.each([
    ['no proof at all', () => Uint8Array.of(1)],
    ['an empty frame', () => new Uint8Array()],
    ['33 bytes', () => randomBytes(33)],
    ['random bytes', () => randomBytes(32)],
  ])('[BD4] the first frame is %s: closed', async (_name, frame) => {
    const { clock, left, right, shared } = setUp();
    const bound = bindChannel(left, { ...shared, ownDir: 'i2r' }, clock.schedule);
    right.send(frame());
    expect(await codeOf(bound)).toBe('wrong-proof');
    expect(left.closed).toBe(true);
  });

  it.each(['bindKey', 'pcId', 'fpI', 'fpR'] as const)('[BD2] another %s: closed', async (field) => {
    const { clock, left, right, shared } = setUp();
    const bound = bindChannel(left, { ...shared, ownDir: 'i2r' }, clock.schedule);
    const other = { ...shared, [field]: randomBytes(shared[field].length) };
    right.send(bindingProof({ ...other, dir: 'r2i' }));
    expect(await codeOf(bound)).toBe('wrong-proof');
  });

  it('[BD2] our own proof sent back is not the peer’s', async () => {
    const { clock, left, right, shared } = setUp();
    right.onMessage = (frame) => right.send(frame);
    const bound = bindChannel(left, { ...shared, ownDir: 'i2r' }, clock.schedule);
    expect(await codeOf(bound)).toBe('wrong-proof');
  });

  it('never hangs: a close and a silence end it', async () => {
    const closed = setUp();
    const one = bindChannel(
      closed.left,
      { ...closed.shared, ownDir: 'i2r' },
      closed.clock.schedule,
    );
    closed.right.close();
    expect(await codeOf(one)).toBe('closed');

    const silent = setUp();
    const two = bindChannel(
      silent.left,
      { ...silent.shared, ownDir: 'i2r' },
      silent.clock.schedule,
    );
    const code = codeOf(two);
    await silent.clock.advance(BINDING_TIMEOUT_MS, async () => undefined);
    expect(await code).toBe('timeout');
    expect(silent.left.closed).toBe(true);
  });
});
