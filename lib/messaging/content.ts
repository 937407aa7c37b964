import * as v from 'valibot';

/**
 * The content script's words. Background injects it into one frame after a click, then sends one
 * `ReadRequest`; the script connects a port named `read:<requestId>`, which the offscreen document
 * takes if it knows the id, and sends the bytes piece by piece, each awaited.
 */

export const READ_PORT_PREFIX = 'read:';

/** Bytes before base64 in one piece: a message stays near 1 MiB. */
export const READ_PIECE_BYTES = 768 * 1024;

export const readRequestSchema = v.object({
  type: v.literal('read'),
  requestId: v.string(),
  /** The clicked element's source; empty when the element was a canvas. */
  url: v.string(),
});
export type ReadRequest = v.InferOutput<typeof readRequestSchema>;

/** Content → offscreen. */
export const readMessageSchema = v.variant('type', [
  v.object({
    type: v.literal('begin'),
    mime: v.pipe(v.string(), v.maxLength(200)),
    name: v.pipe(v.string(), v.maxLength(1000)),
  }),
  v.object({ type: v.literal('piece'), base64: v.pipe(v.string(), v.maxLength(1_100_000)) }),
  v.object({ type: v.literal('end') }),
  v.object({ type: v.literal('failed'), code: v.picklist(['unreadable', 'not-found', 'gone']) }),
]);
export type ReadMessage = v.InferOutput<typeof readMessageSchema>;

/** Offscreen → content: send the next piece, or stop. */
export const readControlSchema = v.variant('type', [
  v.object({ type: v.literal('next') }),
  v.object({ type: v.literal('stop') }),
]);
export type ReadControl = v.InferOutput<typeof readControlSchema>;
