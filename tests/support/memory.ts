/** Memory of the process that runs an extension's pages, worker and offscreen document. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ExtensionBrowser } from './browser.ts';
import { extensionProcesses } from './processes.ts';

/** From now on `peakBytes` counts anew. */
export function resetPeak(owner: ExtensionBrowser): void {
  // 5: "reset the peak resident set size" (proc_pid_clear_refs(5)).
  for (const pid of extensionProcesses(owner)) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The largest resident set since the last reset, in bytes. */
export function peakBytes(owner: ExtensionBrowser): number {
  return largest(owner, 'VmHWM');
}

/** The resident set now, in bytes. */
export function residentBytes(owner: ExtensionBrowser): number {
  return largest(owner, 'VmRSS');
}

function largest(owner: ExtensionBrowser, field: 'VmHWM' | 'VmRSS'): number {
  const line = new RegExp(String.raw`^${field}:\s+(\d+) kB$`, 'mu');
  const sizes = extensionProcesses(owner).map((pid) => {
    const [, kib] = line.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib) * 1024;
  });
  return Math.max(...sizes);
}
