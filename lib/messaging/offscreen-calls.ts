import * as v from 'valibot';
import { NAT_TYPES } from '../ice/nat.ts';
import { SHARE_SOURCES } from '../protocol/kinds.ts';
import {
  allowPointerSchema,
  deviceIdSchema,
  MAX_TEXT_LENGTH,
  shareIdSchema,
  shareQualitySchema,
  sourceIdSchema,
  transferIdSchema,
  transferPart,
  unlock,
} from './intents.ts';

/** Messages from background to the offscreen document. All may arrive twice and do no harm so. */

const kind = v.picklist(['files', 'image', 'video', 'audio', 'link', 'text', 'page']);
const target = { transferId: transferIdSchema, deviceId: deviceIdSchema };

/** Who is in which room. Sent whole on every change: after any restart one message puts it right. */
export const presenceSchema = v.object({
  online: v.boolean(),
  /** Our own socket: another one than before means that every room was left in between. */
  socketId: v.nullable(v.string()),
  /** Server's clock minus ours, ms. */
  clockOffset: v.number(),
  peers: v.array(
    v.object({
      roomId: v.string(),
      socketId: v.string(),
      /** Null in the room of a nameplate. */
      deviceId: v.nullable(deviceIdSchema),
    }),
  ),
});
export type Presence = v.InferOutput<typeof presenceSchema>;

const iceServerSchema = v.object({
  url: v.string(),
  username: v.exactOptional(v.string()),
  credential: v.exactOptional(v.string()),
  from: v.exactOptional(v.literal('server')),
});

export const natProfileSchema = v.object({
  type: v.picklist(NAT_TYPES),
  confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
});

/** How connections are to be made. Sent whole on every change. */
export const reachConfigSchema = v.object({
  privacyMode: v.boolean(),
  stun: v.array(iceServerSchema),
  /** The person's own and those of the signaling server, with credentials that are valid now. */
  turn: v.array(iceServerSchema),
  /** What an earlier document found out in this network; null when nothing is known. */
  nat: v.nullable(natProfileSchema),
  debugLog: v.boolean(),
});
export type ReachConfig = v.InferOutput<typeof reachConfigSchema>;

export const offscreenCallSchema = v.variant('type', [
  v.object({ type: v.literal('state/get') }),
  /** Paths of a transfer's first files, for the history. */
  v.object({ type: v.literal('transfer/names'), transferId: transferIdSchema }),
  v.object({ type: v.literal('configure'), deviceName: v.string() }),
  v.object({ type: v.literal('presence'), presence: presenceSchema }),
  v.object({ type: v.literal('reach'), reach: reachConfigSchema }),
  /** The browser told background that the network is another one. */
  v.object({ type: v.literal('network-changed') }),
  v.object({
    type: v.literal('check/run'),
    /** What background knows about the server; null fields when it is not connected. */
    server: v.object({
      online: v.boolean(),
      version: v.nullable(v.number()),
      clockOffset: v.nullable(v.number()),
      paired: v.boolean(),
    }),
  }),
  v.object({
    type: v.literal('signal'),
    roomId: v.string(),
    from: v.string(),
    /** As the server gave it: decoded once, in the session room. */
    data: v.unknown(),
  }),
  v.object({ type: v.literal('pair/create'), style: v.picklist(['words', 'characters']) }),
  v.object({ type: v.literal('pair/join'), code: v.string() }),
  v.object({ type: v.literal('pair/cancel') }),
  /** The server ended the nameplate of the code that is shown. */
  v.object({ type: v.literal('nameplate/expired'), nameplate: v.string() }),
  v.object({ type: v.literal('device/remove'), deviceId: deviceIdSchema }),
  v.object({
    type: v.literal('send/text'),
    ...target,
    kind: v.picklist(['text', 'link', 'page']),
    text: v.pipe(v.string(), v.maxLength(MAX_TEXT_LENGTH)),
    /** Title of the page, or why a link goes in place of bytes (`link-instead`). */
    note: v.optional(v.string()),
  }),
  /** Fetch what a person clicked (its origin was granted); on failure the link goes instead. */
  v.object({ type: v.literal('send/fetch'), ...target, kind, url: v.string() }),
  /** A content script will connect with port `read:<requestId>` and bring the bytes. */
  v.object({
    type: v.literal('send/read'),
    ...target,
    kind,
    requestId: v.string(),
    /** Sent instead when the page's bytes cannot be had; absent for data: and blob:. */
    link: v.optional(v.string()),
  }),
  /** The content script could not be put into the page. */
  v.object({ type: v.literal('send/read-failed'), requestId: v.string() }),
  /** The same once more to the same device. Refused with `choose-again` or `needs-permission`. */
  v.object({
    type: v.literal('send/again'),
    transferId: transferIdSchema,
    freshId: transferIdSchema,
  }),
  /** What is kept only for "Send again" goes: of these, or (`null`) of all that are over. */
  v.object({
    type: v.literal('sources/forget'),
    transferIds: v.nullable(v.array(transferIdSchema)),
  }),
  v.object({
    type: v.literal('transfer/decide'),
    transferId: transferIdSchema,
    decision: v.picklist(['accept', 'decline']),
  }),
  v.object({ type: v.literal('transfer/unlock'), ...unlock }),
  v.object({ type: v.literal('transfer/cancel'), ...transferPart }),
  v.object({ type: v.literal('transfer/pause'), ...transferPart }),
  v.object({ type: v.literal('transfer/resume'), ...transferPart }),
  v.object({
    type: v.literal('transfer/retry'),
    ...transferPart,
    /** The transfer that carries it, chosen by background: the same call twice is one retry. */
    freshId: transferIdSchema,
    force: v.exactOptional(v.boolean()),
  }),
  v.object({ type: v.literal('transfer/sources'), transferId: transferIdSchema }),
  v.object({ type: v.literal('transfer/dismiss'), transferId: transferIdSchema }),
  v.object({
    type: v.literal('save/done'),
    transferId: transferIdSchema,
    fileId: v.number(),
  }),
  v.object({
    type: v.literal('save/failed'),
    transferId: transferIdSchema,
    fileId: v.number(),
    code: v.string(),
  }),
  /** Save what could not be saved, once more: a person asks for it. */
  v.object({ type: v.literal('save/retry'), transferId: transferIdSchema }),
  v.object({ type: v.literal('clipboard/write'), text: v.string() }),
  /**
   * Offers a source to a device. Refused with `unknown-source` where `streamId` is null and nothing
   * is captured under `sourceId`, and with the codes of `CaptureError` and `ShareRequestError`.
   */
  v.object({
    type: v.literal('share/start'),
    deviceId: deviceIdSchema,
    source: v.picklist(SHARE_SOURCES),
    sourceId: sourceIdSchema,
    /** Of `tabCapture`, good for one use within seconds; null: captured already. */
    streamId: v.nullable(v.string()),
    title: v.string(),
    settings: shareQualitySchema,
  }),
  v.object({ type: v.literal('share/accept'), shareId: shareIdSchema }),
  v.object({ type: v.literal('share/decline'), shareId: shareIdSchema }),
  v.object({ type: v.literal('share/stop'), shareId: shareIdSchema }),
  v.object({ type: v.literal('share/dismiss'), shareId: shareIdSchema }),
  v.object({ type: v.literal('share/unprotected'), shareId: shareIdSchema }),
  allowPointerSchema,
  v.object({ type: v.literal('share/quality'), settings: shareQualitySchema }),
  /** What is captured is called otherwise now, as far as background may know it. */
  v.object({ type: v.literal('share/title'), sourceId: sourceIdSchema, title: v.string() }),
  /** The tab is closed. */
  v.object({ type: v.literal('share/source-gone'), sourceId: sourceIdSchema }),
  /** A tab is closed in which a share may have been watched. */
  v.object({ type: v.literal('share/page-gone') }),
]);

export type OffscreenCall = v.InferOutput<typeof offscreenCallSchema>;
