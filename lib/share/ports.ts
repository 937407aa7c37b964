import type { ShareMessage } from '../protocol/messages.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `task` once after `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** `n` bytes of a cryptographic generator. */
export type RandomBytes = (n: number) => Uint8Array<ArrayBuffer>;

/** About one media connection, either way. */
export type MediaMessage = Extract<ShareMessage, { pcId: string }>;
export type KeyMessage = Extract<ShareMessage, { type: 'media-key' }>;

interface OfConnection {
  readonly shareId: string;
  /** 32 hex digits. */
  readonly pcId: string;
}

/** What the document, which makes the connections, is to do. */
export type MediaTask = { readonly sessionId: string } & (
  | (OfConnection & {
      /** Sharer: make a connection with these tracks, answer with its `media-offer`. */
      readonly type: 'media-open';
      readonly sourceId: string;
      readonly audio: boolean;
      /** Both ends encrypt frames above SRTP: nothing leaves without it ([SH3]). */
      readonly frames: boolean;
    })
  /** Sharer: new ICE credentials, answer with another `media-offer` of this id ([SH5]). */
  | (OfConnection & { readonly type: 'media-restart' })
  /**
   * Viewer: of the peer. Answer with a `media-answer`; where `restart` the connection is there, and
   * its fingerprints may not change.
   */
  | (Extract<MediaMessage, { type: 'media-offer' }> & {
      readonly restart: boolean;
      readonly audio: boolean;
      readonly frames: boolean;
    })
  /** Of the peer, in order, after the description they belong to. */
  | Exclude<MediaMessage, { type: 'media-offer' }>
  /** Viewer: derive this key and open frames with it. */
  | KeyMessage
  /** The connection is over: close it. */
  | (OfConnection & { readonly type: 'media-drop' })
);

/** What the document says about a media connection. News of one that is over are ignored. */
export type MediaNews =
  /** Own descriptions and candidates, for the peer. */
  | MediaMessage
  /** There will be none: a description was refused, or the browser cannot. */
  | (OfConnection & { readonly type: 'media-failed' })
  | (OfConnection & {
      readonly type: 'media-state';
      readonly state: 'connected' | 'disconnected' | 'failed' | 'closed';
    })
  /** [SH4] Both proofs were right. */
  | (OfConnection & { readonly type: 'media-bound' })
  /** Viewer: frames come, or have stopped coming. */
  | (OfConnection & { readonly type: 'media-flow'; readonly flowing: boolean })
  /** The frame transform of this end runs on every track, or does no more. */
  | (OfConnection & { readonly type: 'media-protecting'; readonly running: boolean });
