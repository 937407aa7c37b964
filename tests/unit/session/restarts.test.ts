import { describe, expect, it } from 'vitest';
import { PEER_RESTARTS, PEER_RESTARTS_MS } from '../../../lib/session/constants.ts';
import { FakeClock } from './fake-clock.ts';
import type { Link } from '../../../lib/session/ports.ts';
import { Restarts } from '../../../lib/session/restarts.ts';
import type { SealedMessage } from '../../../lib/session/sealed-messages.ts';

type Description = Extract<SealedMessage, { type: 'offer' | 'answer' }>;

const pcId = new Uint8Array(16);

function machine(yields: boolean, overrides: Partial<Link> = {}) {
  const done: string[] = [];
  const sent: Description[] = [];
  const failed: string[] = [];
  const link = {
    pcId,
    restart: async (rung: string) => {
      done.push(`restart ${rung}`);
      return `offer ${done.length}`;
    },
    answer: async (sdp: string) => {
      done.push(`answer ${sdp}`);
      return `answer to ${sdp}`;
    },
    acceptAnswer: async (sdp: string) => void done.push(`accept ${sdp}`),
    ...overrides,
  } as unknown as Link;
  const clock = new FakeClock();
  const restarts = new Restarts({
    link,
    clock,
    yields,
    send: (message) => sent.push(message),
    failed: (reason) => failed.push(reason),
  });
  return { restarts, done, sent, failed, clock };
}

const offer = (restart: number): Description => ({ type: 'offer', pcId, restart, sdp: 'theirs' });
const answer = (restart: number): Description => ({ type: 'answer', pcId, restart, sdp: 'yes' });

describe('[IC6] restarts of a link', () => {
  it('offers, numbered from 1, and takes the answer', async () => {
    const { restarts, sent, done } = machine(true);
    restarts.begin('all');
    await restarts.idle();
    expect(sent).toEqual([{ type: 'offer', pcId, restart: 1, sdp: 'offer 1' }]);
    expect(await restarts.answered(answer(1))).toBe(true);
    expect(done).toEqual(['restart all', 'accept yes']);
  });

  it('answers the peer’s, under its number', async () => {
    const { restarts, sent } = machine(false);
    expect(await restarts.offered(offer(7))).toBe(true);
    expect(sent).toEqual([{ type: 'answer', pcId, restart: 7, sdp: 'answer to theirs' }]);
  });

  it('[IC7] one side gives way to the peer’s offer, the other ignores it', async () => {
    const yields = machine(true);
    yields.restarts.begin('all');
    await yields.restarts.idle();
    expect(await yields.restarts.offered(offer(1))).toBe(true);
    expect(yields.sent.map(({ type }) => type)).toEqual(['offer', 'answer']);
    // Whatever answers the offer that was given up comes too late.
    expect(await yields.restarts.answered(answer(1))).toBe(false);

    const stays = machine(false);
    stays.restarts.begin('all');
    await stays.restarts.idle();
    expect(await stays.restarts.offered(offer(1))).toBe(false);
    expect(await stays.restarts.answered(answer(1))).toBe(true);
    expect(stays.done).toEqual(['restart all', 'accept yes']);
  });

  it('[IC7] gives way even while its own offer is being made: that one is never sent', async () => {
    const { restarts, sent } = machine(true);
    restarts.begin('all');
    await restarts.offered(offer(1));
    expect(sent.map(({ type }) => type)).toEqual(['answer']);
  });

  it('the answer to an offer that a later one replaced is not taken', async () => {
    const { restarts, done } = machine(true);
    restarts.begin('all');
    restarts.begin('relay');
    await restarts.idle();
    expect(await restarts.answered(answer(1))).toBe(false);
    expect(await restarts.answered(answer(2))).toBe(true);
    expect(done.filter((entry) => entry.startsWith('accept'))).toHaveLength(1);
  });

  it('[BP1] an answer to what was never asked ends the session', async () => {
    const { restarts, failed } = machine(true);
    expect(await restarts.answered(answer(1))).toBe(false);
    expect(failed).toEqual(['bad-peer']);
  });

  it('[BP1] a description that the link refuses ends the session', async () => {
    const refuse = async (): Promise<never> => {
      throw new Error('another connection');
    };
    const { restarts, failed } = machine(true, { answer: refuse, acceptAnswer: refuse });
    expect(await restarts.offered(offer(1))).toBe(false);
    restarts.begin('all');
    await restarts.idle();
    expect(await restarts.answered(answer(1))).toBe(false);
    expect(failed).toEqual(['bad-peer', 'bad-peer']);
  });

  it('[BP1] the peer’s numbers only grow', async () => {
    const { restarts, failed } = machine(true);
    expect(await restarts.offered(offer(2))).toBe(true);
    expect(await restarts.offered(offer(2))).toBe(false);
    expect(failed).toEqual(['bad-peer']);
  });

  it('[BP1] a flood of restarts ends the session; a network that flaps does not', async () => {
    const { restarts, failed, clock, done } = machine(true);
    let next = 1;
    for (let minute = 0; minute < 3; minute++) {
      for (let i = 0; i < PEER_RESTARTS; i++) await restarts.offered(offer(next++));
      await clock.advance(PEER_RESTARTS_MS, async () => undefined);
    }
    expect(failed).toEqual([]);
    for (let i = 0; i < PEER_RESTARTS + 1; i++) await restarts.offered(offer(next++));
    expect(failed).toEqual(['bad-peer']);
    expect(done).toHaveLength(4 * PEER_RESTARTS);
  });

  it('says nothing more once ended', async () => {
    const { restarts, sent, failed } = machine(true);
    restarts.begin('all');
    restarts.end();
    restarts.begin('all');
    await restarts.idle();
    expect([sent, failed]).toEqual([[], []]);
  });
});
