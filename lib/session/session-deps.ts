/** What every session machine is given, and what a handshake gives back. */
import type { ProtocolOffer } from '../crypto/negotiation.ts';
import type { SessionErrorCode } from './errors.ts';
import type {
  Clock,
  IdentityPort,
  LinkFactory,
  PairSlot,
  PairStore,
  RandomBytes,
  RoomDirectory,
  SignalPort,
} from './ports.ts';
import type { Presence } from './presence.ts';
import type { SessionOptions } from './session.ts';

export interface SessionDeps {
  readonly signal: SignalPort;
  readonly links: LinkFactory;
  readonly identity: IdentityPort;
  readonly pairs: PairStore;
  readonly rooms: RoomDirectory;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Whether something still waits for that device; asked before a slow retry. */
  readonly wanted?: (deviceId: string) => boolean;
  /** What this side speaks; `OWN_OFFER` but in tests of negotiation. */
  readonly offer?: ProtocolOffer;
}

/** What a session gets from its handshake; its owner adds the rest. */
export type Handover = Pick<
  SessionOptions,
  'held' | 'signaling' | 'dir' | 'keys' | 'remoteNat' | 'greeting'
>;

/** Whoever owns the handshake and the sessions that come of it. */
export interface ReconnectionHost {
  readonly deviceId: string;
  readonly presence: Presence;
  /** Steps run one at a time, with all else of this device. */
  post(step: () => Promise<void>): void;
  /** The attempt has begun or moved on. */
  changed(): void;
  /** The attempt is over without a session. */
  failed(reason: SessionErrorCode): void;
  established(handover: Handover): void;
  /** [PR12] The peer has proved that it holds this pair. */
  confirmPair(slot: PairSlot): Promise<void>;
  /** Whether a session of this device has that first connection ([BD1]). */
  knows(pcId: Uint8Array): boolean;
  /** A message could not be delivered. */
  left(roomId: string, socketId: string): void;
}
