import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { arch, execPath, platform } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNode, installed } from '../../../scripts/launch.mjs';

/** A repository of its own, with the real launcher and a task that each test writes. */
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tallow-launch-'));
  mkdirSync(join(root, 'scripts'));
  cpSync('scripts/launch.mjs', join(root, 'scripts/launch.mjs'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(file: string, text: string): string {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function lock(file: string, packages: Record<string, object>): void {
  write(file, JSON.stringify({ packages }));
}

function lockBoth(packages: Record<string, object>): void {
  lock('package-lock.json', { '': {}, ...packages });
  lock('node_modules/.package-lock.json', packages);
}

describe('what is installed', () => {
  const a = { 'node_modules/a': { version: '1.0.0' } };

  it('is current when it is what the lock file names', () => {
    lockBoth(a);
    expect(installed(root)).toBe(true);
  });

  it('may lack packages of other platforms', () => {
    lockBoth(a);
    lock('package-lock.json', {
      '': {},
      ...a,
      'node_modules/b': { version: '1.0.0', optional: true },
    });
    expect(installed(root)).toBe(true);
  });

  it.each([
    ['a newer version', { 'node_modules/a': { version: '1.0.1' } }],
    ['one more package', { ...a, 'node_modules/b': { version: '1.0.0' } }],
    ['one less package', {}],
  ])('is stale when the lock file names %s', (_, packages) => {
    lockBoth(a);
    lock('package-lock.json', { '': {}, ...packages });
    expect(installed(root)).toBe(false);
  });

  it('is missing when an install was broken off, which leaves no hidden lock file', () => {
    lock('package-lock.json', { '': {}, ...a });
    write('node_modules/a/package.json', '{}');
    expect(installed(root)).toBe(false);
  });

  it('cannot be judged without a lock file', () => {
    expect(() => installed(root)).toThrow('package-lock.json');
  });
});

describe('the Node for tasks', () => {
  const old = { version: '20.20.2', path: '/old/node' };

  it('is the running one from 24 on', () => {
    expect(findNode(root, { version: '24.0.0', path: '/new/node' })).toBe('/new/node');
    expect(findNode(root, { version: '100.1.0', path: '/new/node' })).toBe('/new/node');
  });

  it('is the one that the packages bring when the running one is older', () => {
    const name = platform === 'win32' ? 'win' : platform;
    const program = platform === 'win32' ? 'node.exe' : 'node';
    const path = write(`node_modules/node-${name}-${arch}/bin/${program}`, '');
    expect(findNode(root, old)).toBe(path);
  });

  it('is none when there is none', () => {
    expect(findNode(root, old)).toBeUndefined();
  });
});

describe('a launch', () => {
  const launch = join('scripts', 'launch.mjs');

  it('passes arguments, output and exit code through, with that Node first on PATH', () => {
    lockBoth({});
    const task =
      "import { argv, env } from 'node:process';\n" +
      "console.log(JSON.stringify([argv.slice(2), env['PATH']?.split(':')[0]]));process.exit(7);";
    write('scripts/tasks/test.ts', task);
    const { status, stdout, stderr } = spawnSync(execPath, [launch, 'check', '--json', 'a b'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([['--check', '--json', 'a b'], dirname(execPath)]);
    expect(status).toBe(7);
  });

  it('passes a signal on and ends as the task does', async () => {
    lockBoth({});
    write(
      'scripts/tasks/test.ts',
      "process.once('SIGTERM', () => { console.log('stopping'); process.exit(5); });\n" +
        "setInterval(() => {}, 1000); console.log('ready');",
    );
    const child = spawn(execPath, [launch, 'test'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (text.includes('ready')) child.kill('SIGTERM');
    });
    await once(child, 'close');
    expect(output).toContain('stopping');
    expect(child.exitCode).toBe(5);
  });

  it('installs what is missing first, then runs the task', () => {
    lock('package-lock.json', { '': {}, 'node_modules/a': { version: '1.0.0' } });
    write('scripts/tasks/test.ts', "console.log('ran');");
    // Stands in for npm: it says how it was called, and does what npm does last.
    const npm = write(
      'bin/npm-cli.js',
      "const fs = require('node:fs');\n" +
        "fs.writeFileSync('called', process.argv[2] + ' ' + process.env.PUPPETEER_SKIP_DOWNLOAD);\n" +
        "fs.mkdirSync('node_modules', { recursive: true });\n" +
        `fs.writeFileSync('node_modules/.package-lock.json', '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');\n` +
        "console.log('added 1 package');",
    );
    chmodSync(npm, 0o755);
    const run = () =>
      spawnSync(execPath, [launch, 'test'], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, npm_execpath: npm },
      });
    const first = run();
    expect(first.stdout, 'stdout is the task’s alone').toBe('ran\n');
    expect(first.stderr).toContain('Installing');
    expect(readFileSync(join(root, 'called'), 'utf8')).toBe('ci 1');
    expect(run().stderr, 'and only once').toBe('');
  });

  it('stops with what to do when the install fails', () => {
    lock('package-lock.json', { '': {}, 'node_modules/a': { version: '1.0.0' } });
    const npm = write('bin/npm-cli.js', 'process.exit(3);');
    const { status, stderr } = spawnSync(execPath, [launch, 'test'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, npm_execpath: npm },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('npm ci');
  });

  it('names the tasks there are when asked for another', () => {
    const { status, stderr } = spawnSync(execPath, [launch, 'toString'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('test:full');
  });
});

it('needs nothing but Node itself', () => {
  const specifiers = readFileSync('scripts/launch.mjs', 'utf8').matchAll(/from '([^']+)'/g);
  for (const [, specifier] of specifiers) expect(specifier).toMatch(/^node:/);
});
