/**
 * What two authenticated devices tell each other through the server: the payloads inside n2, n3 and
 * k2 ([PR15], [RC10]) and the plaintexts of envelopes ([CS5]). JSON, decoded once, here.
 */
import * as v from 'valibot';
import { fromBase64, fromUtf8, toBase64, utf8, type Bytes } from '../crypto/bytes.ts';
import { CryptoError } from '../crypto/errors.ts';
import { NAT_TYPES } from '../ice/nat.ts';
import { CANDIDATE_MAX_CHARS, NAME_MAX_CHARS, SDP_MAX_CHARS } from './constants.ts';
import { MessageError } from './errors.ts';

/** 16 bytes in their one base64 spelling; 22 characters and padding. */
const pcIdSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9+/]{21}[AQgw]==$/),
  v.transform((text): Bytes => fromBase64(text)),
);
const sdpTextSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(SDP_MAX_CHARS));
const timeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** [IC2] What the sender is behind; a type that this version does not know counts as unknown. */
const natSchema = v.object({
  type: v.fallback(v.picklist(NAT_TYPES), 'unknown'),
  confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
});

function sdpSchema<const Type extends 'offer' | 'answer'>(type: Type) {
  return v.object({
    type: v.literal(type),
    sdp: sdpTextSchema,
    pcId: pcIdSchema,
    nat: v.exactOptional(natSchema),
  });
}

/** [IC6] `restart` counts the sender's own restarts of this connection, from 1. */
const restartFields = {
  pcId: pcIdSchema,
  restart: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff_ffff)),
  sdp: sdpTextSchema,
  nat: v.exactOptional(natSchema),
};

function introductionSchema<const Type extends 'offer' | 'answer'>(type: Type) {
  return v.object({
    // Counted as UTF-16 units; made safe for display by whoever shows it.
    name: v.pipe(v.string(), v.maxLength(2 * NAME_MAX_CHARS)),
    remember: v.boolean(),
    ts0: timeSchema,
    sdp: sdpSchema(type),
  });
}

const n2Schema = introductionSchema('offer');
const n3Schema = introductionSchema('answer');
const k2Schema = v.object({ ts0: timeSchema, sdp: sdpSchema('offer') });

const candidateFields = {
  pcId: pcIdSchema,
  candidate: v.pipe(v.string(), v.maxLength(CANDIDATE_MAX_CHARS)),
  sdpMid: v.nullable(v.pipe(v.string(), v.maxLength(64))),
  sdpMLineIndex: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
};

const sealedSchema = v.variant('type', [
  v.object({ type: v.literal('confirm'), ts0: timeSchema, sdp: sdpSchema('answer') }),
  v.object({ type: v.literal('paired') }),
  v.object({ type: v.literal('removed') }),
  v.object({ type: v.literal('candidate'), ...candidateFields }),
  v.object({ type: v.literal('candidates-end'), pcId: pcIdSchema }),
  v.object({ type: v.literal('offer'), ...restartFields }),
  v.object({ type: v.literal('answer'), ...restartFields }),
  v.object({ type: v.literal('bye') }),
]);

/** `pcId` is the 16 bytes themselves; on the wire it is base64. */
export type SealedMessage = v.InferOutput<typeof sealedSchema>;
export type Introduction<Type extends 'offer' | 'answer'> = v.InferOutput<
  ReturnType<typeof introductionSchema<Type>>
>;
export type K2Payload = v.InferOutput<typeof k2Schema>;

/** Anything here with bytes in base64, as `JSON.stringify` alone would not do it. */
export function encodeSealed(
  message: SealedMessage | Introduction<'offer'> | Introduction<'answer'> | K2Payload,
): Bytes {
  const text = JSON.stringify(message, (_key, value: unknown) =>
    value instanceof Uint8Array ? toBase64(value) : value,
  );
  return utf8(text);
}

/** @throws MessageError, and nothing else. */
export function decodeSealed(plaintext: Uint8Array): SealedMessage {
  return decode(sealedSchema, plaintext);
}

/** @throws MessageError, and nothing else. */
export function decodeN2(payload: Uint8Array): Introduction<'offer'> {
  return decode(n2Schema, payload);
}

/** @throws MessageError, and nothing else. */
export function decodeN3(payload: Uint8Array): Introduction<'answer'> {
  return decode(n3Schema, payload);
}

/** @throws MessageError, and nothing else. */
export function decodeK2(payload: Uint8Array): K2Payload {
  return decode(k2Schema, payload);
}

function decode<Output>(schema: v.GenericSchema<unknown, Output>, bytes: Uint8Array): Output {
  const result = v.safeParse(schema, parseJson(bytes));
  if (!result.success) throw new MessageError('bad-shape');
  return result.output;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes));
    return value;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof CryptoError) {
      throw new MessageError('bad-shape', undefined, { cause });
    }
    throw cause;
  }
}
