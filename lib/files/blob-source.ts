import type { Source } from '../transfer/ports.ts';
import { SourceError } from '../transfer/errors.ts';

/**
 * A `File` or `Blob` as a `Source`. The browser itself refuses to read a picked file that changed
 * on disk since (`NotReadableError`); a missing one fails alike with `NotFoundError`.
 */
export class BlobSource implements Source {
  readonly size: number;
  readonly #blob: Blob;
  readonly #onClose: (() => void) | undefined;

  constructor(blob: Blob, onClose?: () => void) {
    this.size = blob.size;
    this.#blob = blob;
    this.#onClose = onClose;
  }

  async read(offset: number, into: Uint8Array): Promise<number> {
    let bytes: ArrayBuffer;
    try {
      bytes = await this.#blob.slice(offset, offset + into.byteLength).arrayBuffer();
    } catch (cause) {
      const changed = cause instanceof DOMException && cause.name === 'NotReadableError';
      throw new SourceError(changed ? 'source-changed' : 'source-unreadable', undefined, { cause });
    }
    into.set(new Uint8Array(bytes));
    return bytes.byteLength;
  }

  close(): void {
    this.#onClose?.();
  }
}
