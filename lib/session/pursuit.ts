/**
 * Getting to a device that something waits for, however long it takes ([IC10]): at once when it
 * appears, again after a failure, waiting while it or the server is away. A pure machine; the
 * device's peer carries out the effects.
 */
import type { SessionErrorCode } from './errors.ts';

/** First retry after this long, then twice as long each time, ms. */
export const RETRY_MS = 2_000;
export const MAX_RETRIES = 4;

/**
 * Tries that may end without a path before a person is told: a second one helps where a network was
 * just changing; more of them only keep people waiting for what cannot work.
 */
export const MAX_PATHLESS_TRIES = 2;

/** After these it goes on at this pace, for what has begun and may be finished yet, ms. */
export const SLOW_RETRY_MS = 30_000;

/** How the way to a device stands, for transfers that wait for it. */
export type Reach = 'connecting' | 'offline' | Unreachable;
type Unreachable = 'unreachable' | 'no-path' | 'no-relay';

export type Pursuit =
  | { readonly type: 'off' }
  | { readonly type: 'trying'; readonly tries: number; readonly pathless: number }
  | { readonly type: 'waiting'; readonly for: 'device' | 'server' }
  | {
      readonly type: 'waiting';
      readonly for: 'retry';
      readonly tries: number;
      readonly pathless: number;
    };

export type PursuitEvent =
  | { readonly type: 'want' }
  | { readonly type: 'up' }
  | { readonly type: 'failed'; readonly reason: SessionErrorCode }
  /** The time that an effect set is over. */
  | { readonly type: 'timer' }
  /** A socket of the device appeared. */
  | { readonly type: 'present' }
  | { readonly type: 'server-lost' }
  /** Another network, or awake after sleep. */
  | { readonly type: 'shaken' }
  /** Nobody wants it any more. */
  | { readonly type: 'drop' };

export type PursuitEffect =
  | { readonly type: 'try' }
  | { readonly type: 'timer'; readonly ms: number }
  | { readonly type: 'no-timer' }
  | { readonly type: 'hint'; readonly reach: Reach };

export type PursuitStep = readonly [next: Pursuit, effects: readonly PursuitEffect[]];

export const OFF: Pursuit = { type: 'off' };

const TRY: readonly PursuitEffect[] = [
  { type: 'no-timer' },
  { type: 'hint', reach: 'connecting' },
  { type: 'try' },
];

export function nextPursuit(pursuit: Pursuit, event: PursuitEvent): PursuitStep {
  if (event.type === 'drop' || event.type === 'up') {
    return [OFF, pursuit.type === 'off' ? [] : [{ type: 'no-timer' }]];
  }
  switch (pursuit.type) {
    case 'off':
      return event.type === 'want' ? begin() : [pursuit, []];
    case 'trying':
      return event.type === 'failed' ? failed(pursuit, event.reason) : [pursuit, []];
    case 'waiting':
      return waiting(pursuit, event);
  }
}

function begin(): PursuitStep {
  return [{ type: 'trying', tries: 0, pathless: 0 }, TRY];
}

function waiting(
  pursuit: Extract<Pursuit, { type: 'waiting' }>,
  event: Exclude<PursuitEvent, { type: 'drop' | 'up' }>,
): PursuitStep {
  switch (event.type) {
    case 'want':
    case 'present':
    case 'shaken':
      return begin();
    case 'timer':
      if (pursuit.for !== 'retry') return [pursuit, []];
      return [{ type: 'trying', tries: pursuit.tries, pathless: pursuit.pathless }, TRY];
    case 'server-lost':
      return waitFor('server');
    case 'failed':
      return [pursuit, []];
  }
}

/** More tries of these would only keep people waiting. */
const UNREACHABLE: Partial<Record<SessionErrorCode, Unreachable>> = {
  'link-failed': 'no-path',
  'no-relay': 'no-relay',
};

function failed(
  pursuit: Extract<Pursuit, { type: 'trying' }>,
  reason: SessionErrorCode,
): PursuitStep {
  switch (reason) {
    case 'peer-offline':
    case 'peer-left':
      return waitFor('device');
    case 'server-away':
      return waitFor('server');
    case 'not-paired':
    case 'removed':
    case 'no-common-version':
      // No later try would go another way.
      return [OFF, [{ type: 'hint', reach: 'unreachable' }]];
    default:
      return retry(pursuit, UNREACHABLE[reason] ?? 'unreachable');
  }
}

function retry(
  { tries, pathless }: Extract<Pursuit, { type: 'trying' }>,
  reach: Unreachable,
): PursuitStep {
  const without = pathless + (reach === 'unreachable' ? 0 : 1);
  if (tries >= MAX_RETRIES || without >= MAX_PATHLESS_TRIES) {
    return [
      { type: 'waiting', for: 'retry', tries: MAX_RETRIES, pathless: without },
      [
        { type: 'hint', reach },
        { type: 'timer', ms: SLOW_RETRY_MS },
      ],
    ];
  }
  return [
    { type: 'waiting', for: 'retry', tries: tries + 1, pathless: without },
    [{ type: 'timer', ms: RETRY_MS * 2 ** tries }],
  ];
}

function waitFor(what: 'device' | 'server'): PursuitStep {
  return [
    { type: 'waiting', for: what },
    [{ type: 'no-timer' }, { type: 'hint', reach: 'offline' }],
  ];
}
