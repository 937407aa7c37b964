import { isTextKind } from '../protocol/kinds.ts';
import type { EngineEvent } from './events.ts';
import type { Offer } from './offer.ts';
import type { SinkStore } from './ports.ts';
import { readText } from './read-text.ts';
import type { ReceiveFile } from './receive-file.ts';
import type { Completed, NeedsYou, ReceiveFileState } from './states.ts';

/** How many of a transfer's files are in each state: counted as they change, for there may be thousands. */
export class FileTally {
  readonly #counts = new Map<ReceiveFileState, number>();

  constructor(states: Iterable<ReceiveFileState>) {
    for (const state of states) this.#add(state, 1);
  }

  moved(from: ReceiveFileState, to: ReceiveFileState): void {
    this.#add(from, -1);
    this.#add(to, 1);
  }

  has(state: ReceiveFileState): boolean {
    return (this.#counts.get(state) ?? 0) > 0;
  }

  #add(state: ReceiveFileState, count: number): void {
    this.#counts.set(state, (this.#counts.get(state) ?? 0) + count);
  }
}

/** [TR11] The state of a transfer all of whose files are stored, from theirs. */
export function savingState(files: FileTally, what: NeedsYou): Completed {
  if (files.has('needs-you')) return { type: 'needs-you', what };
  if (!files.has('stored') && !files.has('saving')) return { type: 'saved' };
  if (files.has('saving') || files.has('saved')) return { type: 'saving' };
  return { type: 'stored' };
}

/** [TR13] What a stored file says as a text; null where it is none. */
export function storedText(
  sinks: SinkStore,
  transferId: string,
  { place, fileId, item }: ReceiveFile,
): Promise<string | null> {
  return readText(sinks, transferId, place ?? { fileId, offset: 0 }, item.size);
}

/** What is told of a stored file: a text itself, or where a file lies. Null for an unreadable text. */
export async function storedEvent(
  sinks: SinkStore,
  deviceId: string,
  offer: Offer,
  file: ReceiveFile,
): Promise<EngineEvent | null> {
  const { transferId, kind } = offer;
  const { fileId, mime, size } = file.item;
  if (isTextKind(kind)) {
    const text = await storedText(sinks, transferId, file);
    return text === null ? null : { type: 'text-received', transferId, deviceId, kind, text };
  }
  const { safePath } = file;
  const sinkRef = { transferId, ...(file.place ?? { fileId, offset: 0 }) };
  const about = { transferId, deviceId, kind, fileId, safePath, mime, size, sinkRef };
  return { type: 'file-stored', ...about };
}
