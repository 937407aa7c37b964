import type { Direction } from '../crypto/direction.ts';
import type { MediaStart } from '../share/key-ring.ts';
import type { MediaTrackKind } from '../protocol/kinds.ts';
import type { OpenCounts } from '../share/frame-opener.ts';
import type { SealCounts } from '../share/frame-sealer.ts';
import type { EncodingStart } from '../share/track-sealer.ts';

/**
 * The offscreen document, the engine's worker and the worker that encrypts frames of shares. All are
 * one build and one origin, so the types are the check.
 */

/** What a transform is made with (`RTCRtpScriptTransformer.options`). */
export interface TransformOptions {
  /** Counted up by the document, over all transforms of one worker. */
  readonly transformId: number;
  readonly sessionId: string;
  readonly shareId: string;
  readonly track: MediaTrackKind;
  /** Sharer: `seal`; viewer: `open`. */
  readonly way: 'seal' | 'open';
}

/** Engine's worker → frames worker, over the port of `port`: keys never pass through a page. */
export interface FrameKeys {
  readonly sessionId: string;
  /** The direction this side sends in. */
  readonly role: Direction;
  /** `SessionKeys.media`, a copy for the receiver to wipe. */
  readonly mediaKey: Uint8Array<ArrayBuffer>;
}

/** Document → frames worker. */
export type FramesRequest =
  /** Where the keys of sessions come from; transferred. */
  | { readonly type: 'port'; readonly port: MessagePort }
  /** [SH9] The peer announced a start. */
  | { readonly type: 'key'; readonly sessionId: string; readonly start: MediaStart }
  /** The answer to `announce`; null: there is none, and the transform sends nothing. */
  | {
      readonly type: 'kid';
      readonly transformId: number;
      readonly encoding: number;
      readonly kid: number | null;
    }
  /** Which payload type is which codec, for browsers whose frames do not say. */
  | {
      readonly type: 'codecs';
      readonly transformId: number;
      readonly codecs: readonly { readonly payloadType: number; readonly mimeType: string }[];
    }
  /** Its connection is over. */
  | { readonly type: 'drop-transform'; readonly transformId: number }
  /** [SF11] */
  | { readonly type: 'drop-share'; readonly shareId: string }
  | { readonly type: 'drop-session'; readonly sessionId: string }
  /** Nothing is shared or watched: wipe everything, and end. */
  | { readonly type: 'end' };

/** Frames worker → document. */
export type FramesReport =
  /** It listens: an `rtctransform` that comes before might find nobody. */
  | { readonly type: 'started' }
  /** An encoding's start ([SF3]); answered with `kid`. */
  | ({ readonly type: 'announce'; readonly transformId: number } & EncodingStart)
  /** Frames pass through the transform from now on, or do no more. */
  | { readonly type: 'running'; readonly transformId: number; readonly running: boolean }
  /** After frames were dropped, at most once a second. */
  | ({ readonly type: 'counts'; readonly transformId: number } & (
      | { readonly way: 'seal'; readonly counts: SealCounts }
      | { readonly way: 'open'; readonly counts: OpenCounts }
    ))
  /** [SF3] A start that no honest peer announces. */
  | { readonly type: 'bad-start'; readonly sessionId: string };
