import type {
  Ack,
  JoinAck,
  NameplateAck,
  NameplateExpired,
  PeerJoined,
  PeerLeft,
  RelayDelivery,
  RelayRequest,
  ServerInfo,
  TurnAck,
} from './schemas.ts';

/**
 * Events the server passes on without looking inside. Their names tell it nothing that can be
 * trusted: the real type of a message is inside its plaintext.
 */
export const RELAY_EVENTS = [
  'offer',
  'answer',
  'ice-candidate',
  'pqc-public-key',
  'pqc-ciphertext',
  'group-offer',
  'group-answer',
  'group-ice-candidate',
] as const;
export type RelayEvent = (typeof RELAY_EVENTS)[number];

type Relays<Message extends unknown[]> = Record<RelayEvent, (...args: Message) => void>;

/** Client → server. Every request is acknowledged with `{ok: true, …}` or `{ok: false, code}`. */
export interface ClientToServerEvents extends Relays<
  [request: RelayRequest, ack: (answer: Ack) => void]
> {
  'join-room': (roomId: string, peerId: string, ack: (answer: JoinAck) => void) => void;
  'leave-room': (roomId: string, ack: (answer: Ack) => void) => void;
  'create-nameplate': (nonceC: string, peerId: string, ack: (answer: NameplateAck) => void) => void;
  'release-nameplate': (nameplate: string, ack: (answer: Ack) => void) => void;
  'turn-credentials': (ack: (answer: TurnAck) => void) => void;
  /** Is there anybody? ([SV16]) */
  ping: (ack: (answer: Ack) => void) => void;
}

/** Server → client. */
export interface ServerToClientEvents extends Relays<[delivery: RelayDelivery]> {
  /** First event of a connection. */
  'server-info': (info: ServerInfo) => void;
  /** To the others in a room, and to the joiner once for each of them, before its join's answer. */
  'peer-joined': (peer: PeerJoined) => void;
  /** To those inside. With one's own socketId: another socket took this seat over ([SV4]). */
  'peer-left': (peer: PeerLeft) => void;
  /** To the creator only. Who is already in the room stays in it. */
  'nameplate-expired': (expired: NameplateExpired) => void;
}
