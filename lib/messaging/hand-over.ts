/**
 * Files from a page of the extension to the offscreen document, over a same-origin BroadcastChannel
 * (extension messages are JSON; a cloned `File` stays readable after its page closes).
 *
 * Page: `ensure offscreen` intent → `files` → wait for `taken` → only then may the page close.
 */
import * as v from 'valibot';
import { errorCode, TallowError } from '../errors/index.ts';
import { deviceIdSchema, transferIdSchema } from './intents.ts';

export const HAND_OVER_CHANNEL = 'tallow-hand-over';

/** How long a page waits for `taken`. The document is up by then; this only catches a crash. */
const ACKNOWLEDGE_MS = 10_000;

export interface HandedFile {
  readonly file: File;
  /** Path below the dropped folder, or the file's name. */
  readonly path: string;
}

const handOverSchema = v.variant('type', [
  v.object({
    type: v.literal('files'),
    transferId: transferIdSchema,
    deviceId: deviceIdSchema,
    files: v.array(v.object({ file: v.instance(File), path: v.string() })),
  }),
  v.object({ type: v.literal('taken'), transferId: transferIdSchema }),
  v.object({
    type: v.literal('refused'),
    transferId: transferIdSchema,
    code: v.string(),
  }),
]);

export type HandOverMessage = v.InferOutput<typeof handOverSchema>;

export class HandOverError extends TallowError {}

/** Gives files to the offscreen document; resolves with the transfer's id once it holds them. */
export function handOverFiles(deviceId: string, files: readonly HandedFile[]): Promise<string> {
  const channel = new BroadcastChannel(HAND_OVER_CHANNEL);
  const transferId = crypto.randomUUID().replaceAll('-', '');
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new HandOverError('no-answer')), ACKNOWLEDGE_MS);
    channel.onmessage = (event) => {
      const parsed = v.safeParse(handOverSchema, event.data);
      if (!parsed.success || parsed.output.transferId !== transferId) return;
      if (parsed.output.type === 'taken') resolve(transferId);
      if (parsed.output.type === 'refused') reject(new HandOverError(parsed.output.code));
      clearTimeout(timer);
    };
    try {
      channel.postMessage({ type: 'files', transferId, deviceId, files: [...files] });
    } catch (cause) {
      clearTimeout(timer);
      reject(new HandOverError('not-sent', undefined, { cause }));
    }
  }).finally(() => channel.close());
}

/** The offscreen side. `take` resolves once the transfer is written down, rejects to refuse. */
export function receiveHandOvers(
  take: (handOver: Extract<HandOverMessage, { type: 'files' }>) => Promise<void>,
): () => void {
  const channel = new BroadcastChannel(HAND_OVER_CHANNEL);
  channel.onmessage = (event) => {
    const parsed = v.safeParse(handOverSchema, event.data);
    if (!parsed.success || parsed.output.type !== 'files') return;
    const { transferId } = parsed.output;
    take(parsed.output).then(
      () => channel.postMessage({ type: 'taken', transferId }),
      (error: unknown) =>
        channel.postMessage({
          type: 'refused',
          transferId,
          code: errorCode(error),
        }),
    );
  };
  return () => channel.close();
}
