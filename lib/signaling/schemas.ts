/**
 * The shape of everything that crosses the signaling connection, decoded once at the edge: by the
 * server for requests, by the client for answers and events (docs/PROTOCOL.md §1).
 */
import * as v from 'valibot';
import { MAX_CREDENTIALS_MS, MAX_DATA_CHARS, MAX_STUN_URLS, MAX_TURN_URLS } from './constants.ts';
import { REFUSAL_CODES } from './errors.ts';
import { isStunUrl, isTurnUrl } from './ice-url.ts';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Decimal digits without a leading zero. */
export const nameplateSchema = v.pipe(v.string(), v.regex(/^[1-9][0-9]{4,8}$/));
/** `r` and the hex of a 16-byte rendezvous id, or `n` and a nameplate. */
export const roomIdSchema = v.pipe(v.string(), v.regex(/^(?:r[0-9a-f]{32}|n[1-9][0-9]{4,8})$/));
/** 16 bytes in lower-case hex. */
export const peerIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
/** 16 bytes in base64. */
export const nonceSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{21}[AQgw]==$/));
/** A Socket.IO session id: opaque, the server makes it. */
export const socketIdSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/));

const u64Schema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const base64Schema = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxLength(MAX_DATA_CHARS),
  v.regex(BASE64),
  v.check((text) => text.length % 4 === 0),
);

/** The signaling envelope (docs/PROTOCOL.md §4) as the server sees it: sizes and alphabet only. */
export const envelopeSchema = v.strictObject({
  encrypted: v.literal(true),
  v: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
  seq: u64Schema,
  ts: u64Schema,
  iv: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{16}$/)),
  ct: base64Schema,
});
export type SignalingEnvelope = v.InferOutput<typeof envelopeSchema>;

/** What a relay carries: a handshake message in base64, or an envelope. Opaque to the server. */
export const relayDataSchema = v.union([base64Schema, envelopeSchema]);
export type RelayData = v.InferOutput<typeof relayDataSchema>;

export const relayRequestSchema = v.strictObject({
  target: socketIdSchema,
  roomId: roomIdSchema,
  data: relayDataSchema,
});
export type RelayRequest = v.InferOutput<typeof relayRequestSchema>;

export const relayDeliverySchema = v.object({
  from: socketIdSchema,
  roomId: roomIdSchema,
  data: relayDataSchema,
});
export type RelayDelivery = v.InferOutput<typeof relayDeliverySchema>;

export const serverInfoSchema = v.object({
  version: v.pipe(v.number(), v.integer()),
  /** Unix time of the server in ms. */
  time: u64Schema,
});
export type ServerInfo = v.InferOutput<typeof serverInfoSchema>;

export const peerJoinedSchema = v.object({
  roomId: roomIdSchema,
  peerId: peerIdSchema,
  socketId: socketIdSchema,
});
export type PeerJoined = v.InferOutput<typeof peerJoinedSchema>;

export const peerLeftSchema = v.object({ roomId: roomIdSchema, socketId: socketIdSchema });
export type PeerLeft = v.InferOutput<typeof peerLeftSchema>;

export const nameplateExpiredSchema = v.object({ nameplate: nameplateSchema });
export type NameplateExpired = v.InferOutput<typeof nameplateExpiredSchema>;

const refusalSchema = v.object({ ok: v.literal(false), code: v.picklist(REFUSAL_CODES) });

const doneSchema = v.object({ ok: v.literal(true) });
/** Answer to everything that has nothing to tell but success. */
export const ackSchema = v.variant('ok', [doneSchema, refusalSchema]);
export type Ack = v.InferOutput<typeof ackSchema>;

/** Answer to `join-room`; `nonceC` only for the joiner of a nameplate room. */
export const joinAckSchema = v.variant('ok', [
  v.object({ ok: v.literal(true), nonceC: v.exactOptional(nonceSchema) }),
  refusalSchema,
]);
export type JoinAck = v.InferOutput<typeof joinAckSchema>;

/** Answer to `create-nameplate`: the creator is then in room `n` + nameplate. */
export const nameplateAckSchema = v.variant('ok', [
  v.object({ ok: v.literal(true), nameplate: nameplateSchema, expiresInMs: u64Schema }),
  refusalSchema,
]);
export type NameplateAck = v.InferOutput<typeof nameplateAckSchema>;

/** Longer than what coturn's REST form makes, short enough for a STUN attribute (RFC 8489 §14.3). */
const credentialText = v.pipe(v.string(), v.nonEmpty(), v.maxLength(256));
const stunUrl = v.pipe(v.string(), v.check(isStunUrl));
const turnUrl = v.pipe(v.string(), v.check(isTurnUrl));

/** Answer to `turn-credentials` ([SV15]): for how long they are good, and both lists may be empty. */
export const turnAckSchema = v.variant('ok', [
  v.object({
    ok: v.literal(true),
    stun: v.pipe(v.array(stunUrl), v.maxLength(MAX_STUN_URLS)),
    turn: v.pipe(
      v.array(v.object({ url: turnUrl, username: credentialText, credential: credentialText })),
      v.maxLength(MAX_TURN_URLS),
    ),
    expiresInMs: v.pipe(u64Schema, v.maxValue(MAX_CREDENTIALS_MS)),
  }),
  refusalSchema,
]);
export type TurnAck = v.InferOutput<typeof turnAckSchema>;
