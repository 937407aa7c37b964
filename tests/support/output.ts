import { createInterface } from 'node:readline';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { within } from './wait.ts';

const START_TIMEOUT_MS = 15_000;

/** Waits for a line of a server's output, and keeps reading: a full pipe would stop the server. */
export async function untilLine(
  { stdout, stderr }: Pick<ChildProcessByStdio<null, Readable, Readable>, 'stdout' | 'stderr'>,
  what: string,
  pattern: RegExp,
): Promise<void> {
  const seen: string[] = [];
  const found = new Promise<void>((resolve, reject) => {
    for (const output of [stdout, stderr]) {
      const lines = createInterface(output);
      lines.on('line', (line) => {
        if (seen.length < 100) seen.push(line);
        if (pattern.test(line)) resolve();
      });
      lines.once('close', () => reject(new Error(`${what} ended:\n${seen.join('\n')}`)));
    }
  });
  await within(what, START_TIMEOUT_MS, found);
}
