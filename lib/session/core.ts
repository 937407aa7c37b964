/** Sessions and pairing together, with one entrance for what the background reports. */
import { randomBytes } from '../crypto/bytes.ts';
import { SessionManager, type InboundSignal, type RoomEvent } from './manager.ts';
import type { SessionDeps } from './session-deps.ts';
import { PairingManager } from './pairing-manager.ts';
import type { RandomBytes } from './ports.ts';

export interface CoreDeps extends Omit<SessionDeps, 'random'> {
  readonly random?: RandomBytes;
}

export interface SessionCore {
  readonly sessions: SessionManager;
  readonly pairing: PairingManager;
  /** The four inbound calls never throw, whatever the server made up. */
  peerJoined(event: RoomEvent): void;
  peerLeft(event: RoomEvent): void;
  signal(signal: InboundSignal): void;
  /** Our socket is gone: every room, nonce and signaling key with it ([RC9]). */
  signalingLost(): void;
  /** [IC5] Connections are to be made by other rules from now on, those of pairings too. */
  remake(): void;
  close(): void;
}

export function createSessionCore(deps: CoreDeps): SessionCore {
  const complete: SessionDeps = { random: randomBytes, ...deps };
  const sessions = new SessionManager(complete);
  const pairing = new PairingManager({ ...complete, sessions });
  return {
    sessions,
    pairing,
    peerJoined(event) {
      if (!pairing.peerJoined(event)) sessions.peerJoined(event);
    },
    peerLeft(event) {
      if (!pairing.peerLeft(event)) sessions.peerLeft(event);
    },
    signal(signal) {
      if (!pairing.signal(signal)) sessions.signal(signal);
    },
    signalingLost() {
      pairing.signalingLost();
      sessions.signalingLost();
    },
    remake() {
      // Its connection is being made, and belongs to no device yet. Before that there is none.
      if (pairing.state.type === 'handshaking') pairing.cancel();
      sessions.remake();
    },
    close() {
      pairing.close();
      sessions.close();
    },
  };
}
