import type { SinkStore } from './ports.ts';

/** The content of a stored text ([TR13]), or null where it cannot be read or is not UTF-8. */
export async function readText(
  sinks: SinkStore,
  transferId: string,
  fileId: number,
  size: number,
): Promise<string | null> {
  try {
    const sink = await sinks.open(transferId, fileId, size);
    try {
      const bytes = new Uint8Array(size);
      if ((await sink.read(0, bytes)) !== size) return null;
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } finally {
      await sink.close();
    }
  } catch {
    return null;
  }
}
