import type { StatsEntry } from '../ice/path.ts';

/** All entries of a connection's statistics, for `readPath`; none of a closed connection. */
export async function readStats(
  connection: Pick<RTCPeerConnection, 'getStats'>,
): Promise<StatsEntry[]> {
  const entries: StatsEntry[] = [];
  try {
    const report = await connection.getStats();
    report.forEach((entry: unknown) => {
      if (isEntry(entry)) entries.push(entry);
    });
  } catch {
    // Closed in between: there is no path to read.
  }
  return entries;
}

function isEntry(entry: unknown): entry is StatsEntry {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'id' in entry &&
    typeof entry.id === 'string' &&
    'type' in entry &&
    typeof entry.type === 'string'
  );
}
