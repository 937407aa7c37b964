import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { commandOf, runNode } from '../../../scripts/tasks/command.ts';

const LONG_MS = 20_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallow-command-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function script(text: string): string {
  const file = join(folder, 'task.mjs');
  writeFileSync(file, text);
  return file;
}

it('keeps what was printed, on either stream, and how it ended', async () => {
  const good = script("console.log('out'); console.error(process.env.GIVEN);");
  const options = { timeoutMs: LONG_MS, env: { GIVEN: 'given' } };
  const { ok, output } = await runNode([good], options);
  expect(ok).toBe(true);
  expect(output).toContain('out\n');
  expect(output).toContain('given\n');

  expect(await runNode([script('process.exit(3)')], options)).toEqual({ ok: false, output: '' });
});

it('fails at its time limit, and takes down what the command had started', async () => {
  const hangs = script(
    "import { spawn } from 'node:child_process';\n" +
      "const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });\n" +
      "child.on('spawn', () => console.log('started'));",
  );
  // What it started holds the same streams open: an answer means that it is gone as well.
  const { ok, output } = await runNode([hangs], { timeoutMs: 1_000 });
  expect(ok).toBe(false);
  expect(output).toContain('started');
  expect(output).toContain('stopped');
});

it('does not wait for what a finished command left running', async () => {
  const leaves = script(
    "import { spawn } from 'node:child_process';\n" +
      "spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref();",
  );
  const { ok } = await runNode([leaves], { timeoutMs: LONG_MS });
  expect(ok).toBe(true);
});

it('finds the script behind a package’s command', () => {
  expect(commandOf('vitest')).toMatch(/vitest\.mjs$/);
  expect(commandOf('typescript', 'tsc')).toMatch(/tsc/);
  expect(() => commandOf('typescript', 'nothing')).toThrow('nothing');
});
