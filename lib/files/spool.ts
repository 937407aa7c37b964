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

/** Bytes read in one step of a copy: each read of a `Blob` is a round trip to the browser. */
const STEP_BYTES = 4 * 1024 * 1024;

/** Written before a flush: one of the whole at the end would hold up the worker for long. */
const FLUSH_BYTES = 8 * 1024 * 1024;

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
 * A copy of a file in the spool, made in a worker: sync access handles write two to three times as
 * fast as streams. What is there of it can be read at once, for a fraction of what the same costs
 * where it was picked.
 */
export class SpoolCopy {
  /** What it is a copy of: bytes of another one, chosen later under the same id, are not here. */
  readonly of: Blob;
  readonly #id: string;
  readonly #handle: FileSystemSyncAccessHandle;
  /** Of these nothing is missing. */
  #bytes = 0;
  #state: 'filling' | 'whole' | 'closed' = 'filling';

  private constructor(id: string, of: Blob, handle: FileSystemSyncAccessHandle) {
    this.#id = id;
    this.of = of;
    this.#handle = handle;
  }

  /** An empty one; while it is open nobody else can write or delete the file. */
  static async begin(id: string, of: Blob): Promise<SpoolCopy> {
    const file = await (await directory()).getFileHandle(id, { create: true });
    const handle = await openAccess(file);
    try {
      handle.truncate(0);
    } catch (error) {
      handle.close();
      throw error;
    }
    return new SpoolCopy(id, of, handle);
  }

  /** Fills `into`; false where not all of that is there, and then the copy is of no use for it. */
  read(offset: number, into: Uint8Array): boolean {
    if (this.#state === 'closed' || offset + into.byteLength > this.#bytes) return false;
    const bytes = into as Uint8Array<ArrayBuffer>;
    return this.#handle.read(bytes, { at: offset }) === bytes.byteLength;
  }

  /**
   * Copies all of it, once.
   *
   * @param pace awaited before each step with the milliseconds that the last one took
   * @throws SpoolError `cancelled`, `no-space`; what reading failed with. Nothing stays behind then.
   */
  async fill(pace: (spentMs: number) => Promise<void>, signal: AbortSignal): Promise<void> {
    const blob = this.of;
    try {
      let spent = 0;
      let flushed = 0;
      for (let at = 0; at < blob.size; at += STEP_BYTES) {
        await pace(spent);
        if (signal.aborted) throw new SpoolError('cancelled');
        const begun = performance.now();
        const bytes = new Uint8Array(await blob.slice(at, at + STEP_BYTES).arrayBuffer());
        if (this.#handle.write(bytes, { at }) !== bytes.byteLength)
          throw new SpoolError('no-space');
        this.#bytes = at + bytes.byteLength;
        if (this.#bytes - flushed >= FLUSH_BYTES) {
          this.#handle.flush();
          flushed = this.#bytes;
        }
        spent = performance.now() - begun;
      }
      if (signal.aborted) throw new SpoolError('cancelled');
      this.#handle.flush();
      this.#state = 'whole';
    } catch (error) {
      this.#close();
      await removeSpooled(this.#id);
      throw spoolError(error);
    }
  }

  get whole(): boolean {
    return this.#state === 'whole';
  }

  /** Lets go of a whole one; breaking off `fill` closes any other. */
  close(): void {
    if (this.#state === 'whole') this.#close();
  }

  #close(): void {
    this.#state = 'closed';
    this.#handle.close();
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
