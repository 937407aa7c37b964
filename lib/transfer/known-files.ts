import { toHex, type Bytes } from '../crypto/bytes.ts';
import { PACK_FILE_BYTES } from '../protocol/limits.ts';
import type { OfferedItem } from '../protocol/messages.ts';
import { ignoreFailure } from './context.ts';
import type { FileRef, Ledger } from './ports.ts';
import type { ReceiveFile } from './receive-file.ts';

interface KnownFile {
  readonly fileId: number;
  readonly root: Bytes;
  readonly saved: FileRef;
}

/** [TR18] Files of an offer that the same device delivered before, as far as its sender claims. */
export class KnownFiles {
  #known: readonly KnownFile[] = [];

  /** Asks the ledger about what the offer claims of itself. */
  async lookUp(ledger: Ledger, deviceId: string, items: readonly OfferedItem[]): Promise<void> {
    const known: KnownFile[] = [];
    for (const { fileId, size, merkleRoot } of items) {
      if (merkleRoot === undefined || size <= PACK_FILE_BYTES) continue;
      const saved = await ledger.received(deviceId, toHex(merkleRoot), size).catch(() => null);
      if (saved !== null) known.push({ fileId, root: merkleRoot, saved });
    }
    this.#known = known;
  }

  /** As it is told: where each was saved then. */
  get list(): readonly { readonly fileId: number; readonly saved: FileRef }[] {
    return this.#known.map(({ fileId, saved }) => ({ fileId, saved }));
  }

  /** Those of them that are still there. */
  among(alreadyHere: ReadonlySet<number>): readonly KnownFile[] {
    return this.#known.filter(({ fileId }) => alreadyHere.has(fileId));
  }

  /** A saved file, for an offer yet to come; one of a pack is too small for that. */
  remember(
    ledger: Ledger,
    { deviceId, transferId }: { readonly deviceId: string; readonly transferId: string },
    file: ReceiveFile,
  ): void {
    const { root, place, size, fileId } = file.record();
    if (root === null || place !== undefined) return;
    ignoreFailure(ledger.putReceived(deviceId, root, size, { transferId, fileId }));
  }
}
