import * as v from 'valibot';
import { TRANSFER_KINDS } from '../protocol/kinds.ts';
import { deviceIdSchema, shareIdSchema, sourceIdSchema, transferIdSchema } from './intents.ts';
import type { ConnectionPath } from '../ice/path.ts';
import type { CheckReport } from '../ice/self-test.ts';
import { logEntrySchema } from '../log/entry.ts';
import type { ShareView } from '../share/views.ts';
import { natProfileSchema, type Presence, type ReachConfig } from './offscreen-calls.ts';
import type {
  ConnectionView,
  OutboxView,
  PairingView,
  SelfView,
  TransferView,
} from './snapshot.ts';

/** Messages from the offscreen document to background. */

/** What offscreen owns of the snapshot. Names of devices are background's: it fills them in. */
export interface OffscreenState {
  readonly self: Omit<SelfView, 'name'>;
  readonly pairing: PairingView;
  /** Device id → state; a device that is not named has no connection. */
  readonly connections: Readonly<Record<string, OffscreenConnection>>;
  readonly transfers: readonly OffscreenTransfer[];
  /** In the order they began, those that are over and not dismissed among them. */
  readonly shares: readonly ShareView[];
  /** Null until the document has counted what it keeps. */
  readonly outbox: OutboxView | null;
  /** Something of its storage could not be read and was set aside. */
  readonly problem?: 'keys-set-aside';
  /** Null until a check was run in this document. */
  readonly check: CheckReport | null;
}
export interface OffscreenConnection {
  readonly state: Exclude<ConnectionView, 'none'>;
  readonly path: ConnectionPath | null;
}
type Unnamed<T> = T extends unknown ? Omit<T, 'deviceName'> : never;
export type OffscreenTransfer = Unnamed<TransferView>;

/** Both ends are our own build: the shape is trusted once the sender is checked. */
const stateSchema = v.custom<OffscreenState>(
  (input) => typeof input === 'object' && input !== null && 'transfers' in input,
);

const roomId = v.string();
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const backgroundCallSchema = v.variant('type', [
  /** First message of a new document; the answer is what it needs to begin. */
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('state'), state: stateSchema }),
  v.object({
    type: v.literal('signal/send'),
    event: v.picklist(['offer', 'answer', 'ice-candidate', 'pqc-public-key', 'pqc-ciphertext']),
    roomId,
    target: v.string(),
    data: v.unknown(),
  }),
  v.object({ type: v.literal('nameplate/create'), nonceC: v.string() }),
  v.object({ type: v.literal('nameplate/join'), nameplate: v.string() }),
  v.object({ type: v.literal('nameplate/end'), nameplate: v.string() }),
  v.object({ type: v.literal('nameplate/release'), nameplate: v.string() }),
  /** A pairing went through; pending until the peer's own word. */
  v.object({
    type: v.literal('device/paired'),
    deviceId: deviceIdSchema,
    name: v.string(),
    rvRoot: v.string(),
    checkWords: v.array(v.string()),
    state: v.picklist(['pending', 'confirmed']),
  }),
  v.object({ type: v.literal('device/confirmed'), deviceId: deviceIdSchema }),
  /** Secrets are gone: of a pairing taken back (`pending`), or the whole device. */
  v.object({
    type: v.literal('device/dropped'),
    deviceId: deviceIdSchema,
    what: v.picklist(['pending', 'all']),
  }),
  /** How something is to be sent to a device; asked before each send. */
  v.object({ type: v.literal('device/sending'), deviceId: deviceIdSchema }),
  /** Written down already; the answer's `decision` follows the device's rule. */
  v.object({
    type: v.literal('offer'),
    transferId: transferIdSchema,
    deviceId: deviceIdSchema,
    kind: v.picklist(TRANSFER_KINDS),
    title: v.string(),
    count: v.number(),
    totalBytes: v.number(),
    /** It asks for a password: no rule accepts it. */
    locked: v.exactOptional(v.literal(true)),
    /** Files that this device delivered before, and what each was saved as then. */
    known: v.array(
      v.object({
        fileId: v.number(),
        saved: v.object({ transferId: transferIdSchema, fileId: v.number() }),
      }),
    ),
  }),
  /** Save one stored file: `url` is a blob URL of the document, `path` safe below the folder. */
  v.object({
    type: v.literal('save'),
    transferId: transferIdSchema,
    fileId: v.number(),
    url: v.string(),
    path: v.string(),
    /** Bytes. */
    size: v.number(),
  }),
  /** A text, link or page arrived. */
  v.object({
    type: v.literal('text'),
    transferId: transferIdSchema,
    deviceId: deviceIdSchema,
    kind: v.picklist(['text', 'link', 'page']),
    text: v.string(),
    title: v.optional(v.string()),
  }),
  /** Something a person should be told although no page is open. */
  v.object({
    type: v.literal('tell'),
    transferId: transferIdSchema,
    deviceId: deviceIdSchema,
    code: v.picklist(['link-instead', 'read-failed', 'delivered', 'declined', 'failed']),
  }),
  /** [SH10] Where the viewer of a share of this device points. Answered once that, or a later place, is drawn. */
  v.object({
    type: v.literal('share/pointer'),
    shareId: shareIdSchema,
    sourceId: sourceIdSchema,
    at: v.nullable(v.object({ x: fraction, y: fraction })),
  }),
  /** A path was lost: the socket may be dead with it, and nobody has noticed yet. */
  v.object({ type: v.literal('signaling/probe') }),
  /** What kind of NAT this network has; kept for the next document. */
  v.object({ type: v.literal('nat'), nat: natProfileSchema }),
  /** Lines of the debug log: redacted, but for the ids of labelled fields, which background numbers. */
  v.object({
    type: v.literal('log'),
    entries: v.array(logEntrySchema),
  }),
  /** Nothing to do here: background may close the document. */
  v.object({ type: v.literal('idle') }),
]);

export type BackgroundCall = v.InferOutput<typeof backgroundCallSchema>;

/** What each call is answered with; `{}` where nothing is said. */
export interface BackgroundAnswers {
  ready: { deviceName: string; presence: Presence; reach: ReachConfig };
  state: Empty;
  'signal/send': Empty;
  'nameplate/create': { nameplate: string; expiresInMs: number };
  'nameplate/join': { nonceC: string };
  'nameplate/end': Empty;
  'nameplate/release': Empty;
  'device/paired': Empty;
  'device/confirmed': Empty;
  'device/dropped': Empty;
  'device/sending': { stripMetadata: boolean };
  offer: { decision: 'accept' | 'ask'; alreadyHere?: readonly number[] };
  save: Empty;
  text: Empty;
  tell: Empty;
  'share/pointer': Empty;
  'signaling/probe': Empty;
  nat: Empty;
  log: Empty;
  idle: Empty;
}
type Empty = Record<never, never>;
