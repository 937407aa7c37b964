import { isTextKind } from '../protocol/kinds.ts';
import {
  MAX_FILES,
  MAX_MIME_BYTES,
  MAX_NOTE_BYTES,
  MAX_TEXT_BYTES,
  TRANSFER_ID_HEX,
} from '../protocol/limits.ts';
import { byteLength } from '../protocol/names.ts';
import { TransferError } from './errors.ts';
import type { SendRequest } from './events.ts';

/** What a caller may ask to be sent. @throws TransferError `bad-request` */
export function assertSendable({ transferId, kind, note, items }: SendRequest): void {
  const first = items[0];
  if (!TRANSFER_ID_HEX.test(transferId)) throw new TransferError('bad-request', 'transferId');
  if (first === undefined || items.length > MAX_FILES) {
    throw new TransferError('bad-request', 'number of files');
  }
  if (note !== undefined && byteLength(note) > MAX_NOTE_BYTES) {
    throw new TransferError('bad-request', 'note');
  }
  for (const { mime, modified, source } of items) {
    if (byteLength(mime) > MAX_MIME_BYTES) throw new TransferError('bad-request', 'mime');
    if (!isCount(modified) || !isCount(source.size)) {
      throw new TransferError('bad-request', 'not a whole number');
    }
  }
  if (!isTextKind(kind)) return;
  if (items.length !== 1 || first.mime !== 'text/plain' || first.source.size > MAX_TEXT_BYTES) {
    throw new TransferError('bad-request', 'a text is one text/plain item of at most 1 MiB');
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
