/**
 * Networks that nobody else sees: namespaces inside a mount and network namespace of this test's
 * own. The kernel takes all of it down when the last process in it ends, so that a test that was
 * killed leaves nothing behind, and no name of one run can meet a name of another.
 */
import { execFile, spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  adminEnvironment,
  findNamespaces,
  PRIVATE_RUN,
} from '../../../scripts/system/namespaces.ts';
import { within } from '../wait.ts';

const execute = promisify(execFile);
const START_TIMEOUT_MS = 10_000;
const COMMAND_TIMEOUT_MS = 20_000;

export class Sandbox {
  readonly #holder: ChildProcess;
  readonly #enter: readonly string[];
  readonly #folder: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(holder: ChildProcess, enter: readonly string[], folder: string) {
    this.#holder = holder;
    this.#enter = enter;
    this.#folder = folder;
  }

  static async open(): Promise<Sandbox> {
    const recipe = findNamespaces();
    if (recipe === undefined) throw new Error('namespaces are not permitted here');
    // It lives until its input ends, which it does with us however we end.
    const holder = spawn(
      'unshare',
      [...recipe.unshare, 'sh', '-c', `${PRIVATE_RUN} && echo ready && exec cat`],
      { stdio: ['pipe', 'pipe', 'inherit'], env: adminEnvironment() },
    );
    await within('the namespaces', START_TIMEOUT_MS, once(holder.stdout, 'data'));
    const folder = await mkdtemp(join(tmpdir(), 'tallow-lab-'));
    return new Sandbox(
      holder,
      ['nsenter', '--target', String(holder.pid), ...recipe.nsenter, '--'],
      folder,
    );
  }

  /** Runs lines of shell, which stop at the first that fails. Gives what they printed. */
  async shell(lines: readonly string[]): Promise<string> {
    const [program, ...args] = [...this.#enter, 'sh', '-e', '-c', lines.join('\n')];
    const { stdout } = await execute(program, args, {
      env: adminEnvironment(),
      timeout: COMMAND_TIMEOUT_MS,
    });
    return stdout;
  }

  /** Starts a server in one network. It ends with the sandbox, and with us. */
  spawn(
    network: string,
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): ChildProcessByStdio<null, Readable, Readable> {
    const [program = '', ...args] = [
      ...this.#enter,
      ...['ip', 'netns', 'exec', network, 'setpriv', '--pdeathsig', 'KILL'],
      ...command,
    ];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...adminEnvironment(), ...env },
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** An executable file that runs `program` in a network, with the arguments it is given. */
  async wrapper(network: string, program: string): Promise<string> {
    const file = join(this.#folder, `in-${network}`);
    const command = [...this.#enter, 'ip', 'netns', 'exec', network, program].map(quoted).join(' ');
    // `exec` twice over: what a launcher starts is the program itself, pipes and signals included.
    await writeFile(
      file,
      `#!/bin/sh\nPATH=${quoted(adminEnvironment()['PATH'] ?? '')}\nexport PATH\nexec ${command} "$@"\n`,
    );
    await chmod(file, 0o755);
    return file;
  }

  async close(): Promise<void> {
    const processes = [...this.#children, this.#holder].filter(({ exitCode }) => exitCode === null);
    const ended = processes.map((child) => once(child, 'exit'));
    for (const child of processes) child.kill('SIGKILL');
    await Promise.all([...ended, rm(this.#folder, { recursive: true, force: true })]);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
