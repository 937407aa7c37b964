import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import process, { env, execPath, kill, platform } from 'node:process';
import * as v from 'valibot';

/** How a command ended; `output` is what it printed, both streams in the order they came. */
export interface CommandResult {
  readonly ok: boolean;
  readonly output: string;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  /** `live` passes the output on as it comes, for commands that take minutes. */
  readonly output?: 'live' | 'kept';
  readonly env?: Readonly<Record<string, string>>;
}

/** The groups that run now: they must not outlive us when we are stopped. */
const running = new Set<ChildProcess>();

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Only while something runs: at other times the signal is for whoever imported this. */
function stopped(signal: NodeJS.Signals): void {
  for (const child of running) end(child);
  process.exit(128 + constants.signals[signal]);
}

function began(child: ChildProcess): void {
  if (running.size === 0) for (const signal of SIGNALS) process.once(signal, stopped);
  running.add(child);
}

function ended(child: ChildProcess): void {
  running.delete(child);
  if (running.size === 0) for (const signal of SIGNALS) process.off(signal, stopped);
}

/**
 * Runs a script with this Node, in a process group of its own. At the time limit the whole group is
 * killed: a browser that a hung test left behind would otherwise hold the streams open for ever.
 */
export async function runNode(
  args: readonly string[],
  { timeoutMs, output = 'kept', env: extra = {} }: CommandOptions,
): Promise<CommandResult> {
  const kept: string[] = [];
  const child = spawn(execPath, args, {
    detached: platform !== 'win32',
    env: { ...env, ...extra },
    stdio: output === 'live' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
  });
  began(child);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => kept.push(text));
  }
  const limit = setTimeout(() => {
    kept.push(`\nstopped: not done after ${Math.round(timeoutMs / 1000)} s\n`);
    if (output === 'live') console.log(kept.at(-1));
    end(child);
  }, timeoutMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (status) => {
        // What it left behind in its group goes with it.
        end(child);
        child.once('close', () => resolve(status));
      });
    });
    return { ok: code === 0, output: kept.join('') };
  } finally {
    clearTimeout(limit);
    ended(child);
  }
}

function end(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (platform === 'win32') child.kill('SIGKILL');
    else kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

/** The script behind a package's command, so that no shell and no `.cmd` file stands between. */
export function commandOf(packageName: string, command = packageName): string {
  const folder = join('node_modules', packageName);
  const { bin } = v.parse(
    PackageWithCommands,
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  );
  const script = typeof bin === 'string' ? bin : bin[command];
  if (script === undefined) throw new Error(`${packageName} has no command ${command}`);
  return join(folder, script);
}

const PackageWithCommands = v.object({
  bin: v.union([v.string(), v.record(v.string(), v.string())]),
});
