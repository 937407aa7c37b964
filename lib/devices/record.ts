/** What background keeps of a paired device: nothing that opens a session, only where to meet it. */
import * as v from 'valibot';
import { safeName } from './names.ts';
import { DEVICE_RULES } from './rules.ts';

const timeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const wordsSchema = v.pipe(v.array(v.string()), v.maxLength(3));

/** `rvRoot`: 32 bytes in base64, of this pairing's `pskRoot`. */
const pairingSchema = v.object({
  rvRoot: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/)),
  checkWords: wordsSchema,
});

/** [PR12], [PR13] */
const stateSchema = v.variant('type', [
  /** Not shown; joins its room; dropped after 24 h. */
  v.object({ type: v.literal('pending'), pairing: pairingSchema, since: timeSchema }),
  v.object({ type: v.literal('paired'), pairing: pairingSchema }),
  /** Known, and paired once more without the peer's word yet: both pairings' rooms are joined. */
  v.object({
    type: v.literal('pairing-again'),
    pairing: pairingSchema,
    next: pairingSchema,
    since: timeSchema,
  }),
]);

export const deviceRecordSchema = v.object({
  deviceId: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** The device's own name for itself, safe to show. */
  name: v.pipe(
    v.string(),
    v.transform((name) => safeName(name)),
  ),
  /** What it is called here instead. */
  label: v.exactOptional(
    v.pipe(
      v.string(),
      v.transform((name) => safeName(name)),
    ),
  ),
  platform: v.exactOptional(v.string()),
  addedAt: timeSchema,
  lastSeenAt: v.exactOptional(timeSchema),
  rule: v.picklist(DEVICE_RULES),
  /** Of what it shares; absent in records from before there was this: `ask`. */
  shareRule: v.exactOptional(v.picklist(DEVICE_RULES)),
  /** Pictures go to it without metadata; absent in records from before there was this: off. */
  stripMetadata: v.exactOptional(v.boolean()),
  state: stateSchema,
});

export type Pairing = v.InferOutput<typeof pairingSchema>;
export type DeviceRecord = v.InferOutput<typeof deviceRecordSchema>;

/** A pairing that its peer never confirmed is dropped after this long ([PR12]). */
export const PENDING_LIFETIME_MS = 24 * 60 * 60 * 1000;

export function displayName(record: DeviceRecord): string {
  return record.label ?? record.name;
}
