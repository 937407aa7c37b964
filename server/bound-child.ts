import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Of util-linux. It has the kernel kill what it becomes as soon as this process is gone. */
const BINDER = 'setpriv';
const BOUND = ['--pdeathsig', 'KILL', '--'];

/**
 * Starts a program that ends with this process, even where this one is killed without a word
 * (SIGKILL, out of memory), on systems whose `setpriv` can do that; on others a killed server
 * leaves it running (docs/SERVER.md). Nothing of our environment but PATH goes along: secrets are
 * in there.
 */
export function spawnBound(program: string, args: readonly string[]): ChildProcess {
  const { PATH = '' } = process.env;
  const options = { stdio: 'ignore', env: { PATH } } as const;
  const path = onPath(program, PATH);
  // By itself a missing program is told from one that fails; setpriv would fail for both.
  return path !== undefined && canBind(options)
    ? spawn(BINDER, [...BOUND, path, ...args], options)
    : spawn(program, args, options);
}

/** BusyBox has a `setpriv` without it, and other systems have none. */
function canBind(options: { readonly stdio: 'ignore'; readonly env: NodeJS.ProcessEnv }): boolean {
  return spawnSync(BINDER, [...BOUND, process.execPath, '--version'], options).status === 0;
}

function onPath(program: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
