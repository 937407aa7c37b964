/**
 * The life of one peer connection, from the completed handshake to its end ([IC4], [IC6] to [IC9]).
 * A pure machine: `Session` carries out the effects and brings the events.
 */
import type { Rung } from '../ice/strategy.ts';
import { DISCONNECTED_PATIENCE_MS, UPGRADE_MS } from './constants.ts';

/** One rung of the cascade: what may be tried, and for how long, ms. */
export interface Step {
  readonly rung: Rung;
  readonly timeoutMs: number;
}

/** At least one step. */
export type Steps = readonly [Step, ...Step[]];

export type LinkLife =
  /** Not up yet. `at` is the rung of the cascade that is tried. */
  | { readonly type: 'connecting'; readonly at: number }
  | { readonly type: 'connected' }
  /** ICE has lost its path and may find it again by itself. */
  | { readonly type: 'wavering' }
  /** New candidates on both sides, the same DTLS and channels. */
  | { readonly type: 'restarting'; readonly at: number }
  | { readonly type: 'closed'; readonly reason: LinkEnd };

export type LinkEnd = 'link-failed' | 'peer-closed';

export type LinkEvent =
  /** The connection stands, for the first time or again. */
  | 'up'
  | 'disconnected'
  | 'failed'
  /** The other end closed it. */
  | 'closed'
  /** The time that the last effect set is over. */
  | 'timer'
  /** Another network, or awake after sleep: whatever path there was is in doubt. */
  | 'shaken'
  /** The peer has asked for a restart and was answered. */
  | 'peer-restarts'
  /** Our restart was answered, and the path from before works on. */
  | 'restarted';

export type LinkEffect =
  /** Tell the peer with new credentials ([IC6]). */
  | { readonly type: 'restart'; readonly rung: Rung }
  /** Replaces the timer there was. */
  | { readonly type: 'timer'; readonly ms: number }
  | { readonly type: 'no-timer' }
  /** For the first time. */
  | { readonly type: 'up' }
  | { readonly type: 'end'; readonly reason: LinkEnd };

export interface LinkFacts {
  readonly steps: Steps;
  /** The offerer brings a connection that is not up yet to the next rung; afterwards either side. */
  readonly drives: boolean;
  /** The path carries, as far as ICE can tell now: what was looked for beside it was not needed. */
  readonly standing: boolean;
}

export type Transition = readonly [next: LinkLife, effects: readonly LinkEffect[]];

export const FIRST_LIFE: LinkLife = { type: 'connecting', at: 0 };

const NO_TIMER: LinkEffect = { type: 'no-timer' };

/** Closed is closed; every other state takes every event. */
export function nextLife(life: LinkLife, event: LinkEvent, facts: LinkFacts): Transition {
  if (life.type === 'closed') return [life, []];
  if (event === 'closed') return end('peer-closed');
  switch (life.type) {
    case 'connecting':
      return connecting(life, event, facts);
    case 'connected':
      return connected(life, event, facts);
    case 'wavering':
      return wavering(life, event, facts);
    case 'restarting':
      return restarting(life, event, facts);
  }
}

type Alive<Type extends LinkLife['type']> = Extract<LinkLife, { type: Type }>;
type Living = Exclude<LinkEvent, 'closed'>;

function connecting(life: Alive<'connecting'>, event: Living, facts: LinkFacts): Transition {
  switch (event) {
    case 'up': {
      const [next, effects] = settled(life.at, facts);
      return [next, [...effects, { type: 'up' }]];
    }
    case 'timer':
      return climb(life, facts, facts.drives);
    case 'failed':
      // The side that drives comes with the next rung; or this one's timer ends it.
      return facts.drives ? climb(life, facts, true) : [life, []];
    case 'peer-restarts':
      // On the last rung its time runs on: a peer must not hold us here for ever.
      if (isLast(life.at, facts)) return [life, []];
      return [{ ...life, at: life.at + 1 }, [timerOf(life.at + 1, facts)]];
    case 'shaken':
      return facts.drives ? [life, attempt(life.at, facts)] : [life, []];
    case 'disconnected':
    case 'restarted':
      return [life, []];
  }
}

function connected(life: Alive<'connected'>, event: Living, facts: LinkFacts): Transition {
  switch (event) {
    case 'disconnected':
      return [{ type: 'wavering' }, [{ type: 'timer', ms: DISCONNECTED_PATIENCE_MS }]];
    // A timer: what only a relay could carry may have a better way by now.
    case 'failed':
    case 'shaken':
    case 'timer':
      return restart(facts);
    case 'up':
    case 'peer-restarts':
    case 'restarted':
      return [life, []];
  }
}

function wavering(life: Alive<'wavering'>, event: Living, facts: LinkFacts): Transition {
  switch (event) {
    case 'up':
      return settled(0, facts);
    case 'timer':
    case 'failed':
    case 'shaken':
      return restart(facts);
    case 'peer-restarts':
      return [{ type: 'restarting', at: 0 }, [timerOf(0, facts)]];
    case 'disconnected':
    case 'restarted':
      return [life, []];
  }
}

function restarting(life: Alive<'restarting'>, event: Living, facts: LinkFacts): Transition {
  switch (event) {
    case 'up':
    case 'restarted':
      return settled(life.at, facts);
    case 'timer':
      // Nobody answered, or nothing better was found: a path that works is not given up for that.
      return facts.standing ? [{ type: 'connected' }, [NO_TIMER]] : climb(life, facts, true);
    case 'failed':
      return climb(life, facts, true);
    case 'shaken':
      return restart(facts);
    case 'disconnected':
    case 'peer-restarts':
      return [life, []];
  }
}

function settled(at: number, facts: LinkFacts): Transition {
  const narrow = step(at, facts).rung === 'relay' && step(0, facts).rung !== 'relay';
  const after: LinkEffect = narrow ? { type: 'timer', ms: UPGRADE_MS } : NO_TIMER;
  return [{ type: 'connected' }, [after]];
}

function end(reason: LinkEnd): Transition {
  return [{ type: 'closed', reason }, [NO_TIMER, { type: 'end', reason }]];
}

function restart(facts: LinkFacts): Transition {
  return [{ type: 'restarting', at: 0 }, attempt(0, facts)];
}

/** To the next rung, or to the end. */
function climb(
  life: Alive<'connecting' | 'restarting'>,
  facts: LinkFacts,
  drives: boolean,
): Transition {
  if (isLast(life.at, facts)) return end('link-failed');
  const at = life.at + 1;
  return [{ ...life, at }, drives ? attempt(at, facts) : [timerOf(at, facts)]];
}

function attempt(at: number, facts: LinkFacts): LinkEffect[] {
  return [{ type: 'restart', rung: step(at, facts).rung }, timerOf(at, facts)];
}

function isLast(at: number, { steps }: LinkFacts): boolean {
  return at >= steps.length - 1;
}

function timerOf(at: number, facts: LinkFacts): LinkEffect {
  return { type: 'timer', ms: step(at, facts).timeoutMs };
}

function step(at: number, { steps }: LinkFacts): Step {
  return steps[at] ?? steps[0];
}
