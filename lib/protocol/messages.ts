import * as v from 'valibot';
import { fromBase64, fromHex, toBase64, toHex } from './base64.ts';
import { ProtocolError } from './errors.ts';
import {
  CANCEL_REASONS,
  DECLINE_REASONS,
  MEDIA_TRACKS,
  PAUSE_REASONS,
  SHARE_DECLINE_REASONS,
  SHARE_SOURCES,
  SHARE_STOP_REASONS,
  TRANSFER_KINDS,
} from './kinds.ts';
import {
  CHUNK_SIZES,
  HASH_BYTES,
  LOCK_SALT_BYTES,
  LOCK_TRIES,
  MAX_BITMAP_BYTES,
  MAX_CANDIDATE,
  MAX_CONTROL_BYTES,
  MAX_FILES,
  MAX_LANE_SDP,
  MAX_LEAVES_PER_MESSAGE,
  MAX_MEDIA_SDP,
  MAX_MIME_BYTES,
  MAX_NOTE_BYTES,
  MAX_PACK_FILES,
  MAX_RESEND_PER_MESSAGE,
  MAX_SIZE,
  MAX_TITLE_BYTES,
  PC_ID_BYTES,
  SHARE_ID_BYTES,
  TRANSFER_ID_BYTES,
  TRANSFORM_INSTANCE_BYTES,
} from './limits.ts';
import { byteLength, pathWithinLimits } from './names.ts';

/**
 * The whole vocabulary of the control channel (docs/PROTOCOL.md §5, [CT3]): JSON, `type`-tagged,
 * split by direction. Binary members are base64 on the wire and bytes here; the id of a transfer,
 * a share or a peer connection is base64 on the wire and 32 hex digits here. Members that are not listed are refused.
 */

const uint = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));
const u32 = uint(0xffff_ffff);
const size = uint(MAX_SIZE);
/** Base64 of `min` to `max` bytes, a multiple of `step`. */
const bytes = (min: number, max: number, step = 1) =>
  v.pipe(
    v.string(),
    v.maxLength(Math.ceil(max / 3) * 4),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const decoded = fromBase64(dataset.value);
      if (
        decoded === null ||
        decoded.length < min ||
        decoded.length > max ||
        decoded.length % step !== 0
      ) {
        addIssue({ message: 'base64' });
        return NEVER;
      }
      return decoded;
    }),
  );
const id = (length: number) =>
  v.pipe(
    bytes(length, length),
    v.transform((raw) => toHex(raw)),
  );
const transferId = id(TRANSFER_ID_BYTES);
const pcId = id(PC_ID_BYTES);
const shareId = id(SHARE_ID_BYTES);
const fileId = uint(MAX_FILES - 1);
const hash = bytes(HASH_BYTES, HASH_BYTES);
const text = (maxBytes: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxBytes),
    v.check((value) => value.isWellFormed() && byteLength(value) <= maxBytes),
  );
const offeredItem = v.strictObject({
  fileId,
  path: v.pipe(
    v.string(),
    v.check((path) => path.isWellFormed() && pathWithinLimits(path)),
  ),
  size,
  mime: text(MAX_MIME_BYTES),
  modified: size,
  /** [TR18] What the sender believes it to be, where it has sent it to this device before. */
  merkleRoot: v.exactOptional(hash),
});

/** [LN1] A further lane's way from offer to end; whoever sends it. */
const laneMessages = [
  v.strictObject({ type: v.literal('lane-offer'), pcId, sdp: text(MAX_LANE_SDP) }),
  v.strictObject({ type: v.literal('lane-answer'), pcId, sdp: text(MAX_LANE_SDP) }),
  v.strictObject({
    type: v.literal('lane-candidate'),
    pcId,
    candidate: text(MAX_CANDIDATE),
    sdpMid: v.nullable(text(MAX_CANDIDATE)),
    sdpMLineIndex: v.nullable(uint(0xffff)),
  }),
  v.strictObject({ type: v.literal('lane-candidates-end'), pcId }),
  /** `received`: bytes of ciphertext that came over it; what comes later is not looked at ([LN4]). */
  v.strictObject({ type: v.literal('lane-close'), pcId, received: size }),
] as const;

/** From 0, left or top, to 1; null: the pointer is not over the picture. */
const position = v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1)));

/** [SH1] A share's way from offer to end, and that of its media connections. */
const shareMessages = [
  v.strictObject({
    type: v.literal('share-offer'),
    shareId,
    source: v.picklist(SHARE_SOURCES),
    title: text(MAX_TITLE_BYTES),
    audio: v.boolean(),
    /** This end encrypts frames above SRTP ([SH3]). */
    frames: v.boolean(),
  }),
  v.strictObject({ type: v.literal('share-accept'), shareId, frames: v.boolean() }),
  v.strictObject({
    type: v.literal('share-decline'),
    shareId,
    reason: v.picklist(SHARE_DECLINE_REASONS),
  }),
  v.strictObject({
    type: v.literal('share-stop'),
    shareId,
    reason: v.picklist(SHARE_STOP_REASONS),
  }),
  v.strictObject({ type: v.literal('media-offer'), shareId, pcId, sdp: text(MAX_MEDIA_SDP) }),
  v.strictObject({ type: v.literal('media-answer'), shareId, pcId, sdp: text(MAX_MEDIA_SDP) }),
  v.strictObject({
    type: v.literal('media-candidate'),
    shareId,
    pcId,
    candidate: text(MAX_CANDIDATE),
    sdpMid: v.nullable(text(MAX_CANDIDATE)),
    sdpMLineIndex: v.nullable(uint(0xffff)),
  }),
  v.strictObject({ type: v.literal('media-candidates-end'), shareId, pcId }),
  /** [SH9] A transform of the sharer starts: whose frames `kid` names from now on. */
  v.strictObject({
    type: v.literal('media-key'),
    shareId,
    kid: u32,
    inst: bytes(TRANSFORM_INSTANCE_BYTES, TRANSFORM_INSTANCE_BYTES),
    track: v.picklist(MEDIA_TRACKS),
    encoding: uint(0xff),
  }),
  /** [SH10] */
  v.strictObject({ type: v.literal('share-pointer'), shareId, x: position, y: position }),
  v.strictObject({
    type: v.literal('share-settings'),
    shareId,
    pointer: v.boolean(),
    title: text(MAX_TITLE_BYTES),
  }),
] as const;

const either = [
  v.strictObject({
    type: v.literal('pause'),
    transferId,
    fileId: v.exactOptional(fileId),
    reason: v.exactOptional(v.picklist(PAUSE_REASONS)),
  }),
  v.strictObject({ type: v.literal('resume'), transferId, fileId: v.exactOptional(fileId) }),
  v.strictObject({
    type: v.literal('cancel'),
    transferId,
    fileId: v.exactOptional(fileId),
    reason: v.picklist(CANCEL_REASONS),
  }),
  v.strictObject({ type: v.literal('ping'), nonce: u32 }),
  v.strictObject({ type: v.literal('pong'), nonce: u32 }),
  v.strictObject({ type: v.literal('removed') }),
  v.strictObject({ type: v.literal('error'), code: v.pipe(v.string(), v.regex(/^[a-z-]{1,40}$/)) }),
  ...laneMessages,
  ...shareMessages,
] as const;

const toReceiver = [
  v.strictObject({
    type: v.literal('offer-begin'),
    transferId,
    kind: v.picklist(TRANSFER_KINDS),
    count: v.pipe(uint(MAX_FILES), v.minValue(1)),
    totalBytes: size,
    note: v.exactOptional(text(MAX_NOTE_BYTES)),
    /** [PW1] It asks for a password. */
    lock: v.exactOptional(v.strictObject({ salt: bytes(LOCK_SALT_BYTES, LOCK_SALT_BYTES) })),
  }),
  v.strictObject({
    type: v.literal('offer-items'),
    transferId,
    items: v.pipe(v.array(offeredItem), v.minLength(1)),
  }),
  v.strictObject({ type: v.literal('offer-end'), transferId }),
  v.strictObject({
    type: v.literal('start'),
    transferId,
    fileId,
    salt: bytes(32, 32),
    tag: u32,
    chunkSize: v.picklist(CHUNK_SIZES),
  }),
  v.strictObject({
    type: v.literal('leaves'),
    transferId,
    fileId,
    from: u32,
    hashes: bytes(HASH_BYTES, MAX_LEAVES_PER_MESSAGE * HASH_BYTES, HASH_BYTES),
  }),
  v.strictObject({ type: v.literal('file-end'), transferId, fileId, merkleRoot: hash }),
  /** [PW5] */
  v.strictObject({ type: v.literal('unlock-share'), transferId, share: hash }),
  v.strictObject({
    type: v.literal('unlock-wrong'),
    transferId,
    triesLeft: v.pipe(uint(LOCK_TRIES - 1), v.minValue(1)),
  }),
  v.strictObject({ type: v.literal('unlocked'), transferId, proof: hash }),
  /** [TR19] The sender breaks the file off; another `start` may follow. */
  v.strictObject({ type: v.literal('stop'), transferId, fileId }),
  /** [TR16] Several small files in one chunk. */
  v.strictObject({
    type: v.literal('pack'),
    transferId,
    fileIds: v.pipe(v.array(fileId), v.minLength(1), v.maxLength(MAX_PACK_FILES)),
    salt: bytes(32, 32),
    tag: u32,
    hashes: bytes(HASH_BYTES, MAX_PACK_FILES * HASH_BYTES, HASH_BYTES),
  }),
  /** [TR19] The source changed: the file starts anew under another id. */
  v.strictObject({ type: v.literal('replace'), transferId, fileId, item: offeredItem }),
  v.strictObject({ type: v.literal('done'), transferId }),
] as const;

const toSender = [
  /** `proof` where the offer has a lock ([PW6]), and only there. */
  v.strictObject({ type: v.literal('accept'), transferId, proof: v.exactOptional(hash) }),
  /** [PW5] */
  v.strictObject({ type: v.literal('unlock'), transferId, share: hash }),
  v.strictObject({ type: v.literal('unlock-proof'), transferId, proof: hash }),
  v.strictObject({ type: v.literal('decline'), transferId, reason: v.picklist(DECLINE_REASONS) }),
  v.strictObject({
    type: v.literal('have'),
    transferId,
    fileId,
    /** How the receiver has it cut: the sender may have forgotten. */
    chunkSize: v.picklist(CHUNK_SIZES),
    from: u32,
    bitmap: bytes(1, MAX_BITMAP_BYTES),
  }),
  v.strictObject({
    type: v.literal('resend'),
    transferId,
    fileId,
    chunks: v.pipe(v.array(u32), v.minLength(1), v.maxLength(MAX_RESEND_PER_MESSAGE)),
  }),
  v.strictObject({ type: v.literal('stored'), transferId, fileId, merkleRoot: hash }),
  /** [TR16] The files of a pack lie on the disk, but for those that do not. */
  v.strictObject({
    type: v.literal('pack-stored'),
    transferId,
    tag: u32,
    missing: v.pipe(v.array(fileId), v.maxLength(MAX_PACK_FILES)),
  }),
  /** [TR18] Content of this root is here already, from this device. */
  v.strictObject({ type: v.literal('there'), transferId, fileId, merkleRoot: hash }),
  /** [TR20] The person here wants what failed to be sent again. */
  v.strictObject({ type: v.literal('again'), transferId }),
  v.strictObject({ type: v.literal('window'), credit: size }),
] as const;

/** Both directions in one: each side of a session sends and receives files. */
const anyMessage = v.variant('type', [...toReceiver, ...toSender, ...either]);

const byDirection = {
  'to-receiver': new Set<string>(toReceiver.map((schema) => schema.entries.type.literal)),
  'to-sender': new Set<string>(toSender.map((schema) => schema.entries.type.literal)),
  either: new Set<string>(either.map((schema) => schema.entries.type.literal)),
} as const;

type OutputOf<T extends readonly v.GenericSchema[]> = v.InferOutput<T[number]>;
export type ToReceiver = OutputOf<typeof toReceiver>;
export type ToSender = OutputOf<typeof toSender>;
export type EitherWay = OutputOf<typeof either>;
export type LaneMessage = OutputOf<typeof laneMessages>;
export type ShareMessage = OutputOf<typeof shareMessages>;
export type ControlMessage = ToReceiver | ToSender | EitherWay;
export type OfferedItem = v.InferOutput<typeof offeredItem>;

/** Which side of a transfer a message speaks to. */
export function directionOf(message: ControlMessage): 'to-receiver' | 'to-sender' | 'either' {
  if (byDirection['to-receiver'].has(message.type)) return 'to-receiver';
  return byDirection['to-sender'].has(message.type) ? 'to-sender' : 'either';
}

const shareTypes = new Set<string>(shareMessages.map((schema) => schema.entries.type.literal));

/** Whether it is about a share, and not about a transfer or the session. */
export function isShareMessage(message: ControlMessage): message is ShareMessage {
  return shareTypes.has(message.type);
}

const ID_MEMBERS = new Set(['transferId', 'pcId', 'shareId']);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws Error for a message over 64 KiB: pages are ours to cut. */
export function encodeControl(message: ControlMessage): Uint8Array<ArrayBuffer> {
  const frame = encoder.encode(
    JSON.stringify(message, (name, value: unknown) => {
      if (value instanceof Uint8Array) return toBase64(value);
      if (ID_MEMBERS.has(name) && typeof value === 'string') return toBase64(fromHex(value));
      return value;
    }),
  );
  if (frame.length > MAX_CONTROL_BYTES) throw new Error(`${message.type} over the frame's limit`);
  return frame;
}

/**
 * Plaintext of a control frame to a message, the only place where a peer's JSON is looked at.
 *
 * @throws ProtocolError `too-large`, `bad-json`, `unknown-type`, `bad-message`
 */
export function decodeControl(plaintext: Uint8Array): ControlMessage {
  if (plaintext.length > MAX_CONTROL_BYTES) throw new ProtocolError('too-large');
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(plaintext));
  } catch {
    throw new ProtocolError('bad-json');
  }
  return parseControl(json);
}

/** As `decodeControl`, of parsed JSON. @throws ProtocolError `unknown-type`, `bad-message` */
export function parseControl(json: unknown): ControlMessage {
  const result = v.safeParse(anyMessage, json, { abortEarly: true });
  if (result.success) return result.output;
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
  const known =
    typeof type === 'string' && Object.values(byDirection).some((types) => types.has(type));
  throw new ProtocolError(known ? 'bad-message' : 'unknown-type');
}
