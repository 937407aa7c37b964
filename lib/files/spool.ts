/**
 * Copies of what waits to be sent, in OPFS: `spool/<id>`. What a page or a fetch gave is streamed
 * here by the document; picked files are copied by the engine's worker.
 */
import { TallowError } from '../errors/index.ts';
import { openAccess } from './access-handles.ts';

const SPOOL_DIRECTORY = 'spool';

/** Largest thing that is taken from a page or the web for one click, bytes. */
const MAX_SPOOL_BYTES = 4 * 1024 * 1024 * 1024;

/** A source that gives nothing for so long is given up. */
const STALL_MS = 60_000;

/** Bytes read and written in one step of a copy. */
const STEP_BYTES = 1024 * 1024;

export class SpoolError extends TallowError<
  'no-space' | 'too-large' | 'stalled' | 'cancelled' | 'outbox-full'
> {}

async function directory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(SPOOL_DIRECTORY, { create: true });
}

/**
 * Writes a stream to the spool.
 *
 * @param room bytes that the outbox has left
 * @param signal ends it as `cancelled`
 * @returns the whole as a `File`, readable until `removeSpooled`.
 * @throws SpoolError, or what the stream itself failed with; nothing stays behind then.
 */
export async function spool(
  id: string,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  room: number,
  signal: AbortSignal,
): Promise<File> {
  const folder = await directory();
  const handle = await folder.getFileHandle(id, { create: true });
  const writable = await handle.createWritable();
  const stall = new AbortController();
  const waiting = () => setTimeout(() => stall.abort(new SpoolError('stalled')), STALL_MS);
  let timer = waiting();
  let bytes = 0;
  const limit = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      clearTimeout(timer);
      timer = waiting();
      bytes += piece.byteLength;
      if (bytes > MAX_SPOOL_BYTES) throw new SpoolError('too-large');
      if (bytes > room) throw new SpoolError('outbox-full');
      controller.enqueue(piece);
    },
  });
  try {
    const abort = AbortSignal.any([signal, stall.signal]);
    await stream.pipeThrough(limit).pipeTo(writable, { signal: abort });
    return await handle.getFile();
  } catch (error) {
    await removeSpooled(id);
    if (signal.aborted) throw new SpoolError('cancelled', undefined, { cause: error });
    throw spoolError(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Copies a file, in a worker: sync access handles write two to three times as fast as streams.
 *
 * @param pace awaited before each step with the milliseconds that the last one took
 * @throws SpoolError `cancelled`, `no-space`; what reading failed with. Nothing stays behind then.
 */
export async function copyToSpool(
  id: string,
  blob: Blob,
  pace: (spentMs: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const file = await (await directory()).getFileHandle(id, { create: true });
  const handle = await openAccess(file);
  try {
    handle.truncate(0);
    let spent = 0;
    for (let at = 0; at < blob.size; at += STEP_BYTES) {
      await pace(spent);
      if (signal.aborted) throw new SpoolError('cancelled');
      const begun = performance.now();
      const bytes = new Uint8Array(await blob.slice(at, at + STEP_BYTES).arrayBuffer());
      if (handle.write(bytes, { at }) !== bytes.byteLength) throw new SpoolError('no-space');
      spent = performance.now() - begun;
    }
    if (signal.aborted) throw new SpoolError('cancelled');
    handle.flush();
    handle.close();
  } catch (error) {
    handle.close();
    await removeSpooled(id);
    throw spoolError(error);
  }
}

/** A spooled file, or undefined when it is gone. */
export async function spooledFile(id: string): Promise<File | undefined> {
  try {
    return await (await (await directory()).getFileHandle(id)).getFile();
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

/** Deletes a spooled file; a missing one is no error. */
export async function removeSpooled(id: string): Promise<void> {
  const folder = await directory();
  await folder.removeEntry(id, { recursive: true }).catch(ignoreMissing);
}

/** Deletes what nobody refers to. */
export async function sweepSpool(kept: ReadonlySet<string>): Promise<void> {
  const folder = await directory();
  for await (const name of folder.keys()) {
    // One that an old document still holds is left for the next time.
    if (!kept.has(name)) await folder.removeEntry(name, { recursive: true }).catch(() => undefined);
  }
}

function spoolError(error: unknown): unknown {
  const full = error instanceof DOMException && error.name === 'QuotaExceededError';
  return full ? new SpoolError('no-space', undefined, { cause: error }) : error;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
}
