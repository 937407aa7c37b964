/**
 * Every npm script starts here: `node scripts/launch.mjs TASK [arguments]`.
 *
 * Runs on any Node ≥ 20 with nothing installed, so it is plain JavaScript and imports only what
 * Node itself brings. It installs the packages when they are missing or no longer those of the lock
 * file, finds a Node ≥ 24 (this one, or the one that the lock file brings for this platform), and
 * runs the task with it, first on PATH.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const NEEDED_NODE = 24;
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @type {Record<string, readonly string[]>} The script and the arguments that come first. */
const TASKS = {
  start: ['scripts/demo/main.ts'],
  test: ['scripts/tasks/test.ts'],
  'test:full': ['scripts/tasks/test.ts', '--full'],
  check: ['scripts/tasks/test.ts', '--check'],
  server: ['server/main.ts'],
  bench: ['bench/main.ts'],
  'bench:connect': ['bench/connect.ts'],
  'bench:screen': ['bench/screen.ts'],
  'bench:transfer': ['bench/transfer.ts'],
  build: ['scripts/tasks/build.ts'],
  dev: ['node_modules/wxt/bin/wxt.mjs'],
};

/**
 * Whether what is installed is what the lock file names. npm writes the hidden lock file last, so
 * an install that was broken off counts as missing.
 * @param {string} root
 */
export function installed(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) throw new Error('package-lock.json is missing or broken');
  if (present === undefined) return false;
  return (
    Object.entries(present).every(([path, { version }]) => wanted[path]?.version === version) &&
    Object.entries(wanted).every(
      ([path, { optional, devOptional, peer }]) =>
        path === '' || optional || devOptional || peer || path in present,
    )
  );
}

/**
 * @param {string} file
 * @returns {Record<string, {version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean}> | undefined}
 */
function packagesOf(file) {
  try {
    /** @type {unknown} */
    const lock = JSON.parse(readFileSync(file, 'utf8'));
    return lock !== null && typeof lock === 'object' && 'packages' in lock
      ? /** @type {ReturnType<typeof packagesOf>} */ (lock.packages)
      : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} root */
function install(root) {
  process.stderr.write('Installing packages (once; about a minute) …\n');
  const npm = npmCommand();
  const { status, error } = spawnSync(
    npm.file,
    [...npm.first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      // Puppeteer would fetch a browser of its own; the tasks find or install the system's.
      env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: '1' },
      // npm's summary must not land on stdout: tasks with --json have it to themselves.
      stdio: ['ignore', process.stderr, process.stderr],
      shell: npm.shell,
    },
  );
  if (error) fail(`npm could not be started: ${error.message}`);
  if (status !== 0) fail('Installing failed; what npm said is above. `npm ci` repeats it.');
}

/** The npm that runs this script, when one does: it may not be on PATH under that name. */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running !== undefined && /npm-cli\.c?js$/.test(running) && existsSync(running)) {
    return { file: process.execPath, first: [running], shell: false };
  }
  // On Windows npm is a batch file, which only a shell runs.
  return { file: 'npm', first: [], shell: process.platform === 'win32' };
}

/**
 * A Node ≥ 24 for the tasks: the running one, or the one that came with the packages.
 * @param {string} root
 */
export function findNode(
  root,
  running = { version: process.versions.node, path: process.execPath },
) {
  if (Number.parseInt(running.version, 10) >= NEEDED_NODE) return running.path;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const name = `node-${platform}-${process.arch}`;
  const path = join(root, 'node_modules', name, 'bin', program);
  return existsSync(path) ? path : undefined;
}

/**
 * @param {string} node
 * @param {readonly string[]} task
 * @param {readonly string[]} args
 */
function run(node, task, args) {
  // Windows names it `Path`; a second spelling beside it would leave the old one in force.
  const pathName = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const folders = [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env[pathName] ?? ''];
  const [script = '', ...first] = task;
  const child = spawn(node, [join(ROOT, script), ...first, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, [pathName]: folders.join(delimiter) },
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // A Ctrl-C in a terminal reached the child already, as one of the same group.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`${node} could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    // The shell's convention for a death by signal; dying by it too would lose npm's message.
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  });
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function main() {
  const [name = '', ...args] = process.argv.slice(2);
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task === undefined) {
    return fail(`No task "${name}". There are: ${Object.keys(TASKS).join(', ')}.`);
  }
  if (!installed(ROOT)) install(ROOT);
  const node = findNode(ROOT);
  if (node === undefined) {
    return fail(
      `Node ${NEEDED_NODE} or newer is needed (this is ${process.versions.node}), and no package ` +
        `brings one for ${process.platform} on ${process.arch}: https://nodejs.org/en/download`,
    );
  }
  run(node, task, args);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
