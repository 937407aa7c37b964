import { vi } from 'vitest';
import type { Probes } from '../../../entrypoints/offscreen/probes.ts';
import type { NatEvidence } from '../../../lib/ice/nat.ts';

/** Two servers that see one mapping: `port-restricted` (0.6). */
export const CONE: NatEvidence = {
  online: true,
  stun: ['mapped', 'mapped'],
  bases: [{ family: 4, mapped: ['198.51.100.9 7'] }],
  strangerGotIn: null,
  knownAddressGotIn: null,
  turnUdp: null,
  turnTcp: null,
};
/** One server cannot tell a mapping. */
export const UNTOLD: NatEvidence = { ...CONE, stun: ['mapped'] };

export interface Asked<T> {
  readonly what: string;
  readonly signal: AbortSignal;
  /** Comes with an answer, also when nobody waits for it any more. */
  readonly answer: (result: T) => void;
}

/** Probes that answer when a test says so, and do not heed their signal: what they say may be late. */
export function fakeProbes() {
  const nat: Asked<NatEvidence>[] = [];
  const others: Asked<void>[] = [];
  const ask = <T>(list: Asked<T>[], what: string, signal?: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<T>();
    if (signal === undefined) throw new Error('a probe that nobody can stop');
    list.push({ what, signal, answer: resolve });
    return promise;
  };
  const probes: Probes = {
    nat: ({ signal }) => ask(nat, 'nat', signal),
    stun: async ({ url }, options) => {
      await ask(others, url, options?.signal);
      return { answer: 'mapped', ms: 20 };
    },
    turn: async ({ url }, options) => {
      await ask(others, url, options?.signal);
      return { ok: true, ms: 40 };
    },
    relay: async (_, options) => {
      await ask(others, 'push', options?.signal);
      return 1_000_000;
    },
    online: () => true,
  };
  return {
    probes,
    nat,
    others,
    /** Those that still may ask, by address. */
    live: () => [...nat, ...others].filter(({ signal }) => !signal.aborted).map(({ what }) => what),
    /** Answers all that was asked so far but the NAT, and what is asked then. */
    answerOthers: async () => {
      for (let at = 0; at < others.length; at += 1) {
        others[at]?.answer();
        await vi.advanceTimersByTimeAsync(0);
      }
    },
  };
}
