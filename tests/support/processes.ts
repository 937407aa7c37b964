/** What a browser's processes cost. Linux only, as all of this is read from /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:process';
import type { ExtensionBrowser } from './browser.ts';

/** Clock ticks a second in /proc (`getconf CLK_TCK`): 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export function rootProcess({ browser, name }: ExtensionBrowser): number {
  if (platform !== 'linux') throw new Error('processes are read from /proc: Linux only');
  const root = browser.process()?.pid;
  if (root === undefined) throw new Error(`${name} has no process`);
  return root;
}

/** `root` and every process below it. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((file) => /^\d+$/u.test(file))) {
    const parent = /^PPid:\s+(\d+)$/mu.exec(readOrEmpty(`/proc/${entry}/status`))?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const belongs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || belongs(parent));
  };
  return [root, ...[...parents.keys()].filter(belongs)];
}

/** Processes that run the extension's pages, worker and offscreen document. */
export function extensionProcesses(owner: ExtensionBrowser): number[] {
  const found = processTree(rootProcess(owner)).filter((pid) =>
    readOrEmpty(`/proc/${pid}/cmdline`).includes('--extension-process'),
  );
  if (found.length === 0) throw new Error(`${owner.name}: no renderer of the extension`);
  return found;
}

/** CPU seconds that all processes of a browser have used so far, those that ended included. */
export function cpuSeconds(owner: ExtensionBrowser): number {
  return cpuSecondsOf(processTree(rootProcess(owner)));
}

/** The same of these processes. */
export function cpuSecondsOf(processes: readonly number[]): number {
  let ticks = 0;
  for (const pid of processes) {
    // proc_pid_stat(5): after the name in brackets, utime, stime, cutime and cstime are 12th to 15th.
    const fields = readOrEmpty(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
    for (const field of fields.slice(11, 15)) ticks += Number(field);
  }
  return ticks / TICKS_PER_SECOND;
}

/** A process may end between listing and reading. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
