/** Peak memory of the process that runs an extension's pages, worker and offscreen document. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { platform } from 'node:process';
import type { ExtensionBrowser } from './browser.ts';

/** From now on `peakBytes` counts anew. Linux only, as all of this is. */
export function resetPeak(owner: ExtensionBrowser): void {
  // 5: "reset the peak resident set size" (proc_pid_clear_refs(5)).
  for (const pid of extensionProcesses(owner)) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The largest resident set since the last reset, in bytes. */
export function peakBytes(owner: ExtensionBrowser): number {
  const peaks = extensionProcesses(owner).map((pid) => {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib) * 1024;
  });
  return Math.max(...peaks);
}

function extensionProcesses({ browser, name }: ExtensionBrowser): number[] {
  if (platform !== 'linux') throw new Error('memory is measured through /proc: Linux only');
  const root = browser.process()?.pid;
  if (root === undefined) throw new Error(`${name} has no process`);
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((file) => /^\d+$/u.test(file))) {
    const parent = /^PPid:\s+(\d+)$/mu.exec(readOrEmpty(`/proc/${entry}/status`))?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const belongs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || belongs(parent));
  };
  const found = [...parents.keys()].filter((pid) => {
    return belongs(pid) && readOrEmpty(`/proc/${pid}/cmdline`).includes('--extension-process');
  });
  if (found.length === 0) throw new Error(`${name}: no renderer of the extension`);
  return found;
}

/** A process may end between listing and reading. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
