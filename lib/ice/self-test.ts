/** What "Check connection" finds out: one line for each thing that can be wrong. */
import type { NatEvidence, NatType } from './nat.ts';
import type { IceServer, IceServers } from './servers.ts';

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
  /** Nobody answers, and nothing says whose fault it is. */
  | 'try-elsewhere'
  /** The servers at fault are the signaling server's. */
  | 'tell-operator'
  | 'pair-first'
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
    /** Not tested, since it is switched off, nothing is set, or nothing is known yet. */
    readonly skipped?: 'privacy-mode' | 'none-set' | 'offline' | 'not-paired';
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

/** A test under way. `result` never rejects; after `cancel` it may settle with anything. */
export interface Running<T> {
  readonly result: Promise<T>;
  readonly cancel: () => void;
}

export interface StunResult {
  readonly answer: NatEvidence['stun'][number];
  /** Round trip; null where it cannot be told. */
  readonly ms: number | null;
}

export type TurnResult =
  | { readonly ok: true; readonly ms: number }
  /** `refused`: the server answered, and does not take the credentials (or us). */
  | { readonly ok: false; readonly refused: boolean };

/** What background knows about the signaling server; null while nothing is known. */
export interface ServerFacts {
  readonly online: boolean;
  readonly version: number | null;
  /** Server's clock minus ours, ms. */
  readonly clockOffset: number | null;
  /** A device is paired: only in a room a server tells which TURN servers it offers. */
  readonly paired: boolean;
}

export interface SelfTestPorts {
  readonly server: ServerFacts;
  /** The version that we speak. */
  readonly version: number;
  readonly servers: IceServers;
  readonly privacy: boolean;
  /** `navigator.onLine`. */
  readonly online: boolean;
  readonly probeStun: (server: IceServer) => Running<StunResult>;
  readonly probeTurn: (server: IceServer) => Running<TurnResult>;
  readonly probeNat: () => Running<NatEvidence>;
  /** Bytes per second through one of `servers` to oneself, or null. */
  readonly measureRelay: (servers: readonly IceServer[]) => Running<number | null>;
  readonly clock: {
    now(): number;
    /** Calls `task` once after `ms`, unless the returned function is called before. */
    schedule(ms: number, task: () => void): () => void;
  };
}
