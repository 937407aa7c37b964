import * as v from 'valibot';
import { MAX_PASSWORD_CHARACTERS } from '../protocol/limits.ts';
import { CONTENTS, QUALITIES } from '../share/quality.ts';

/** Messages that views send to background: what a person wants, never how. */

export const deviceIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const transferIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

export const shareIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

const screenIdSchema = v.pipe(v.string(), v.regex(/^screen:[0-9a-f]{32}$/));

/** What was captured, shared with one device or several: `tab:<id>` or `screen:<32 hex digits>`. */
export const sourceIdSchema = v.union([
  v.pipe(v.string(), v.regex(/^tab:[0-9]{1,10}$/)),
  screenIdSchema,
]);

const share = { shareId: shareIdSchema };

/** [SH10] Sharer: whether the viewer's pointer is shown here. */
export const allowPointerSchema = v.object({
  type: v.literal('share/allow-pointer'),
  ...share,
  allowed: v.boolean(),
});

export const shareQualitySchema = v.object({
  quality: v.picklist(QUALITIES),
  content: v.picklist(CONTENTS),
});

/** Longest title of what is shared, characters; the protocol cuts it further. */
export const MAX_SHARE_TITLE = 500;

/** Longest text or link that is sent as such (characters); more goes as a file. */
export const MAX_TEXT_LENGTH = 256 * 1024;

const deviceName = v.pipe(v.string(), v.maxLength(64));

/** A transfer, or one file of it. */
export const transferPart = {
  transferId: transferIdSchema,
  fileId: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
};

/** [PW2] */
export const unlock = {
  transferId: transferIdSchema,
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_PASSWORD_CHARACTERS)),
};

export const intentSchema = v.variant('type', [
  v.object({ type: v.literal('pair/show-code'), style: v.picklist(['words', 'characters']) }),
  v.object({ type: v.literal('pair/enter-code'), code: v.pipe(v.string(), v.maxLength(200)) }),
  v.object({ type: v.literal('pair/cancel') }),
  v.object({ type: v.literal('device/remove'), deviceId: deviceIdSchema }),
  v.object({ type: v.literal('device/rename'), deviceId: deviceIdSchema, name: deviceName }),
  v.object({
    type: v.literal('device/rule'),
    deviceId: deviceIdSchema,
    rule: v.picklist(['ask', 'always']),
  }),
  /** Whether what this device shares is shown without asking. */
  v.object({
    type: v.literal('device/share-rule'),
    deviceId: deviceIdSchema,
    rule: v.picklist(['ask', 'always']),
  }),
  v.object({ type: v.literal('device/strip'), deviceId: deviceIdSchema, on: v.boolean() }),
  v.object({
    type: v.literal('send/text'),
    deviceId: deviceIdSchema,
    text: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TEXT_LENGTH)),
  }),
  /** The tab in front, as a link with its title. */
  v.object({ type: v.literal('send/page'), deviceId: deviceIdSchema }),
  v.object({
    type: v.literal('open/send'),
    deviceId: deviceIdSchema,
    /** What is to be chosen again, in words. */
    again: v.exactOptional(v.pipe(v.string(), v.maxLength(400))),
  }),
  /** The page on which a file that is to be sent is allowed or chosen again. */
  v.object({ type: v.literal('open/sources'), transferId: transferIdSchema }),
  v.object({ type: v.literal('open/settings') }),
  v.object({ type: v.literal('open/history') }),
  v.object({
    type: v.literal('transfer/decide'),
    transferId: transferIdSchema,
    decision: v.picklist(['accept', 'decline']),
  }),
  /** The password of an offer that asks for one: the right one accepts it. */
  v.object({ type: v.literal('transfer/unlock'), ...unlock }),
  /** Without `fileId` the whole transfer. */
  v.object({ type: v.literal('transfer/cancel'), ...transferPart }),
  v.object({ type: v.literal('transfer/pause'), ...transferPart }),
  v.object({ type: v.literal('transfer/resume'), ...transferPart }),
  /**
   * What failed, or the one file, goes once more; of what one receives, the other device is asked
   * for it. With `force` all of it goes, also what the other device has from an earlier time.
   */
  v.object({
    type: v.literal('transfer/retry'),
    ...transferPart,
    force: v.exactOptional(v.boolean()),
  }),
  /** A file was allowed, or chosen again: the document looks for its sources anew. */
  v.object({ type: v.literal('transfer/sources'), transferId: transferIdSchema }),
  v.object({ type: v.literal('transfer/dismiss'), transferId: transferIdSchema }),
  /** Open the link, copy the text, or show the file in its folder. */
  v.object({ type: v.literal('transfer/open'), transferId: transferIdSchema }),
  /** A transfer of the history. */
  v.object({ type: v.literal('history/show'), transferId: transferIdSchema }),
  v.object({ type: v.literal('history/remove'), transferId: transferIdSchema }),
  v.object({ type: v.literal('history/clear') }),
  /** The same once more to the same device; `choose-again` where the files have to be chosen. */
  v.object({ type: v.literal('transfer/send-again'), transferId: transferIdSchema }),
  /** Make sure that the offscreen document is there before files are handed to it. */
  v.object({ type: v.literal('offscreen/ensure') }),
  v.object({
    type: v.literal('settings/set'),
    settings: v.partial(
      v.object({
        deviceName: v.pipe(deviceName, v.minLength(1)),
        signalingUrl: v.pipe(v.string(), v.maxLength(2048)),
        codeStyle: v.picklist(['words', 'characters']),
        privacyMode: v.boolean(),
        stunServers: v.pipe(v.string(), v.maxLength(4096)),
        /** A masked password stands for the one that is stored for the same server and user. */
        turnServers: v.pipe(v.string(), v.maxLength(8192)),
        debugLog: v.boolean(),
        historyDays: v.picklist([0, 7, 30, 90, 365]),
      }),
    ),
  }),
  /**
   * This tab, or the one in front. `needs-capture`: the browser has to be asked in the click itself;
   * the tab is shared as soon as it allows it.
   */
  v.object({
    type: v.literal('share/tab'),
    deviceId: deviceIdSchema,
    tabId: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  }),
  /** The page on which a window or the whole screen is chosen. */
  v.object({ type: v.literal('share/screen'), deviceId: deviceIdSchema }),
  /** Chosen there, and its stream is with the document already. */
  v.object({
    type: v.literal('share/captured'),
    deviceId: deviceIdSchema,
    sourceId: screenIdSchema,
    title: v.pipe(v.string(), v.maxLength(MAX_SHARE_TITLE)),
  }),
  v.object({ type: v.literal('share/accept'), ...share }),
  v.object({ type: v.literal('share/decline'), ...share }),
  /** Either side. */
  v.object({ type: v.literal('share/stop'), ...share }),
  /** The page it is watched in. */
  v.object({ type: v.literal('share/show'), ...share }),
  /** It is over, and needs to be shown no more. */
  v.object({ type: v.literal('share/dismiss'), ...share }),
  allowPointerSchema,
  /** [SH3] Go on although the viewer cannot decrypt frames. */
  v.object({ type: v.literal('share/unprotected'), ...share }),
  /** For what is shared now and later. */
  v.object({ type: v.literal('share/quality'), settings: shareQualitySchema }),
  /** "Check connection": the report comes with the snapshot. */
  v.object({ type: v.literal('check/run') }),
  v.object({ type: v.literal('log/clear') }),
]);

export type Intent = v.InferOutput<typeof intentSchema>;

/** Every intent is answered so. `code` is a TallowError code that a view turns into a sentence. */
export type IntentAnswer = { readonly ok: true } | { readonly ok: false; readonly code: string };
