import type { SinkStore } from './ports.ts';
import type { Place } from './records.ts';

/** The content of a stored text ([TR13]), or null where it cannot be read or is not UTF-8. */
export async function readText(
  sinks: SinkStore,
  transferId: string,
  place: Place,
  size: number,
): Promise<string | null> {
  const { fileId, offset } = place;
  try {
    const sink = await sinks.open(transferId, fileId, offset + size);
    try {
      const bytes = new Uint8Array(size);
      if ((await sink.read(offset, bytes)) !== size) return null;
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } finally {
      await sink.close();
    }
  } catch {
    return null;
  }
}
