/** Shapes of background's records in `storage.local`. A change needs a step in `migrations.ts`. */
import * as v from 'valibot';
import { TEXT_KINDS, TRANSFER_KINDS } from '../protocol/kinds.ts';
import { CONTENTS, QUALITIES } from '../share/quality.ts';

const time = v.pipe(v.number(), v.minValue(0));
const deviceId = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const transferId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Choices for how long the history is kept, days. */
export const HISTORY_DAYS = [0, 7, 30, 90, 365] as const;

export const settingsSchema = v.object({
  /** Empty until a person chose one: the name is then made from the browser and its system. */
  deviceName: v.string(),
  signalingUrl: v.string(),
  codeStyle: v.picklist(['words', 'characters']),
  privacyMode: v.boolean(),
  /** One address a line. */
  stunServers: v.string(),
  /** One server a line, with user and password where the person has them. */
  turnServers: v.string(),
  debugLog: v.boolean(),
  /** For how many days the history is kept; 0: none is. */
  historyDays: v.picklist(HISTORY_DAYS),
  /** Of what is shared; absent until a person chose. */
  share: v.exactOptional(
    v.object({ quality: v.picklist(QUALITIES), content: v.picklist(CONTENTS) }),
  ),
});
export type Settings = v.InferOutput<typeof settingsSchema>;

/** What background was told about this device, so that views show it while the document is away. */
export const selfSchema = v.object({
  deviceId: v.string(),
  shortId: v.string(),
  /** For the keyboard command; null before the first send. */
  lastDeviceId: v.nullable(deviceId),
});
export type Self = v.InferOutput<typeof selfSchema>;

const recentBase = {
  transferId,
  deviceId,
  /** As it was called when the transfer ended: the device may be renamed or removed since. */
  deviceName: v.string(),
  kind: v.picklist(TRANSFER_KINDS),
  title: v.string(),
  count,
  totalBytes: count,
  doneBytes: count,
  reason: v.exactOptional(v.string()),
  createdAt: time,
  endedAt: v.exactOptional(time),
  firstByteAt: v.exactOptional(time),
  note: v.exactOptional(v.string()),
  doneFiles: v.exactOptional(count),
  alreadyThere: v.exactOptional(count),
  wireBytes: v.exactOptional(count),
  retryable: v.exactOptional(v.boolean()),
};

export const OUT_ENDED = ['delivered', 'declined', 'failed', 'cancelled'] as const;
export const IN_ENDED = ['saved', 'declined', 'expired', 'failed', 'cancelled'] as const;

/** A transfer that is over, as views show it. */
export const recentSchema = v.variant('direction', [
  v.object({ ...recentBase, direction: v.literal('out'), state: v.picklist(OUT_ENDED) }),
  v.object({ ...recentBase, direction: v.literal('in'), state: v.picklist(IN_ENDED) }),
]);
export type RecentTransfer = v.InferOutput<typeof recentSchema>;

/** One file on its way from the document's storage to the downloads folder. */
export const saveSchema = v.object({
  transferId,
  fileId: count,
  /** Blob URL of the offscreen document: unique, so a download can be found by it again. */
  url: v.string(),
  path: v.string(),
  /** Bytes; absent in records of earlier versions. */
  size: v.exactOptional(count),
  /** Null while it waits for its turn, and until the browser's answer. */
  downloadId: v.nullable(v.number()),
});
export type SaveRecord = v.InferOutput<typeof saveSchema>;

/** A person cancelled one file of this transfer: the others wait until asked for. */
export const stoppedSchema = v.object({
  /** Milliseconds since 1970. */
  at: time,
});
export type StoppedRecord = v.InferOutput<typeof stoppedSchema>;

/** Where one received file went, for "already there" ([TR18]). */
export const placeSchema = v.object({ downloadId: v.number(), at: time });
export type PlaceRecord = v.InferOutput<typeof placeSchema>;

/** Where a received transfer went: its first download, for "show in folder". */
export const savedSchema = v.object({ downloadId: v.number() });
export type SavedRecord = v.InferOutput<typeof savedSchema>;

export const decisionSchema = v.object({
  decision: v.picklist(['accept', 'decline']),
  /** Milliseconds since 1970. */
  at: time,
});
export type DecisionRecord = v.InferOutput<typeof decisionSchema>;

/** What a click asked for, written down before anything is done about it. */
export const sendPlanSchema = v.variant('type', [
  v.object({
    type: v.literal('text'),
    kind: v.picklist(TEXT_KINDS),
    text: v.string(),
    note: v.exactOptional(v.string()),
  }),
  /** The browser is asking the person about `origin`. */
  v.object({
    type: v.literal('ask'),
    kind: v.picklist(TRANSFER_KINDS),
    url: v.string(),
    origin: v.string(),
  }),
  v.object({ type: v.literal('fetch'), kind: v.picklist(TRANSFER_KINDS), url: v.string() }),
  v.object({
    type: v.literal('read'),
    kind: v.picklist(TRANSFER_KINDS),
    url: v.string(),
    requestId: v.string(),
    tabId: v.number(),
    frameId: v.number(),
    link: v.exactOptional(v.string()),
  }),
]);
export type SendPlan = v.InferOutput<typeof sendPlanSchema>;

export const sendSchema = v.object({
  transferId,
  deviceId,
  /** Milliseconds since 1970. */
  at: time,
  plan: sendPlanSchema,
  /** The document took it and reads it; it is not a transfer of the engine's yet. */
  handed: v.exactOptional(v.literal(true)),
});
export type SendRecord = v.InferOutput<typeof sendSchema>;

/** A text on its way out, kept for its entry in the history. */
export const sentTextSchema = v.object({
  text: v.string(),
  /** Of a page. */
  title: v.exactOptional(v.string()),
  /** Milliseconds since 1970. */
  at: time,
});
export type SentText = v.InferOutput<typeof sentTextSchema>;

/** A received text, link or page, kept for its notification's click and the transfers list. */
export const textSchema = v.object({
  kind: v.picklist(TEXT_KINDS),
  text: v.string(),
  title: v.exactOptional(v.string()),
});
export type TextRecord = v.InferOutput<typeof textSchema>;

/** A tab that is to be shared as soon as the browser allows it. */
export const captureWishSchema = v.object({
  deviceId,
  /** Of this run of the browser. */
  tabId: count,
  /** Milliseconds since 1970. */
  at: time,
  /** `asked`: the browser asks; `renewed`: it waits for one more click. */
  step: v.picklist(['asked', 'renewed']),
});
export type CaptureWish = v.InferOutput<typeof captureWishSchema>;

/** Tabs whose toolbar button says that they are shared. In `storage.session`. */
export const markedTabSchema = v.literal(true);
