/** What "Check connection" finds out: one line for each thing that can be wrong. */
import type { NatType } from './nat.ts';

export const CHECK_IDS = [
  'server',
  'version',
  'clock',
  'udp',
  'stun',
  'nat',
  'turn-udp',
  'turn-tcp',
  'turn-tls',
  'relay-throughput',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** What a person can do about a line that is not good; views make sentences of it. */
export type CheckStep =
  | 'start-server'
  | 'update-extension'
  | 'update-server'
  | 'set-clock'
  | 'allow-udp'
  | 'add-stun'
  | 'check-stun'
  | 'add-turn'
  | 'check-turn'
  | 'allow-tcp'
  | 'use-tls'
  | 'slow-relay';

export interface CheckLine {
  readonly id: CheckId;
  /** `neutral`: nothing to test, or something worth knowing that is not a fault. */
  readonly verdict: 'pending' | 'good' | 'bad' | 'neutral';
  /** Numbers and words to show; no address, name or secret. */
  readonly detail: {
    readonly version?: number;
    /** Server's clock minus ours, ms. */
    readonly skewMs?: number;
    readonly rttMs?: number;
    readonly nat?: NatType;
    /** From 0 to 1. */
    readonly confidence?: number;
    /** How many servers answered, and how many were asked. */
    readonly answered?: number;
    readonly asked?: number;
    readonly bytesPerSecond?: number;
    /** Not tested, since it is switched off or nothing is set. */
    readonly skipped?: 'privacy-mode' | 'none-set' | 'offline';
  };
  readonly step?: CheckStep;
}

export interface CheckReport {
  readonly state: 'running' | 'done';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** In the order of `CHECK_IDS`. */
  readonly lines: readonly CheckLine[];
}
