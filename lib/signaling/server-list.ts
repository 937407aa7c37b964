/**
 * Which of several signaling servers to be on, as a pure state machine ([SV17]): `afterwards` says
 * what follows an event, `waitMs` when time itself is the next one. `Connector` carries it out.
 */

/** A server has this long to bring us online; after the first round, longer: the network may be slow. */
export const ANSWER_MS = 5_000;
export const SLOW_ANSWER_MS = 10_000;

/** A rest after a round without an answer: the first, doubling to the last. */
export const REST_MS = 1_000;
export const REST_MAX_MS = 15_000;

/** A rest after a server ended the connection on purpose: it had a reason. */
export const ENDED_REST_MS = 5_000;

/** How often the servers before ours in the list are tried. */
export const PREFER_EVERY_MS = 60_000;

/** For a move: to come online there, and to join every room. */
export const MOVE_MS = 10_000;

/** Waits are spread by this share either way, so that clients do not come all at once. */
const SPREAD = 0.5;

export type ServerChoice =
  /** There is no server to be on. */
  | { readonly state: 'off' }
  | { readonly state: 'trying'; readonly index: number; readonly round: number }
  /** None answered in the round before this one, or the connection was lost. */
  | { readonly state: 'resting'; readonly round: number; readonly delayMs: number }
  /** Online. `delayMs`: until the better ones are tried; null on the best. */
  | { readonly state: 'using'; readonly index: number; readonly delayMs: number | null }
  /** Online on `index`, and on the way to `candidate`, which comes before it in the list. */
  | { readonly state: 'moving'; readonly index: number; readonly candidate: number };

export type ServerEvent =
  /** The list was set. */
  | 'start'
  /** The server being tried brought us online. */
  | 'online'
  /** The server being tried, or moved to, refused or broke the connection. */
  | 'failed'
  /** The same, since it speaks another version: it will hardly be another one in a second. */
  | 'incompatible'
  /** The connection in use broke. */
  | 'lost'
  /** The server in use ended the connection. */
  | 'ended'
  /** The connection in use is silent although the network seems to be there. */
  | 'silent'
  /** All rooms are joined at the candidate. */
  | 'moved'
  /** `waitMs` went by. */
  | 'elapsed'
  /** Somebody wants it now: no more resting. */
  | 'again';

export interface ServerListFacts {
  /** Servers in the list. */
  readonly count: number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

export function afterwards(
  choice: ServerChoice,
  event: ServerEvent,
  facts: ServerListFacts,
): ServerChoice {
  const { count } = facts;
  if (event === 'start') return count === 0 ? { state: 'off' } : trying(0, 0);
  switch (choice.state) {
    case 'off':
      return choice;
    case 'trying':
      switch (event) {
        case 'online':
          return using(choice.index, facts);
        case 'failed':
        case 'incompatible':
        case 'lost':
        case 'ended':
        case 'elapsed': {
          if (choice.index + 1 < count) return trying(choice.index + 1, choice.round);
          const firstMs = event === 'incompatible' ? REST_MAX_MS : REST_MS;
          return resting(choice.round + 1, firstMs * 2 ** choice.round, facts);
        }
        default:
          return choice;
      }
    case 'resting':
      if (event === 'elapsed') return trying(0, choice.round);
      return event === 'again' ? trying(0, 0) : choice;
    case 'using':
      if (event === 'lost') return resting(0, REST_MS, facts);
      if (event === 'ended') return resting(0, ENDED_REST_MS, facts);
      if (event === 'silent') return trying(0, 0);
      return event === 'elapsed' && choice.index > 0 ? moving(choice.index, 0) : choice;
    case 'moving':
      switch (event) {
        case 'moved':
          return using(choice.candidate, facts);
        case 'failed':
        case 'incompatible':
        case 'elapsed':
          return choice.candidate + 1 < choice.index
            ? moving(choice.index, choice.candidate + 1)
            : using(choice.index, facts);
        case 'lost':
          return resting(0, REST_MS, facts);
        case 'ended':
          return resting(0, ENDED_REST_MS, facts);
        case 'silent':
          return trying(0, 0);
        default:
          return choice;
      }
  }
}

/** After how many ms without another event `elapsed` happens; null: never. */
export function waitMs(choice: ServerChoice, count: number): number | null {
  switch (choice.state) {
    case 'off':
      return null;
    case 'trying':
      return count > 1 && choice.round === 0 ? ANSWER_MS : SLOW_ANSWER_MS;
    case 'resting':
    case 'using':
      return choice.delayMs;
    case 'moving':
      return MOVE_MS;
  }
}

/** The setting: addresses parted by spaces, commas or new lines, each once. */
export function parseServerList(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((address) => address !== ''))];
}

function trying(index: number, round: number): ServerChoice {
  return { state: 'trying', index, round };
}

/** @param ms before it is limited and spread; doubling may have made it infinite */
function resting(round: number, ms: number, { random }: ServerListFacts): ServerChoice {
  return { state: 'resting', round, delayMs: spread(Math.min(ms, REST_MAX_MS), random) };
}

function using(index: number, { random }: ServerListFacts): ServerChoice {
  return { state: 'using', index, delayMs: index === 0 ? null : spread(PREFER_EVERY_MS, random) };
}

function moving(index: number, candidate: number): ServerChoice {
  return { state: 'moving', index, candidate };
}

function spread(ms: number, random: () => number): number {
  return Math.round(ms * (1 - SPREAD + 2 * SPREAD * random()));
}
