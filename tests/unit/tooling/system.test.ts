import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findChromium } from '../../../scripts/system/chromium.ts';
import { isSystemPart } from '../../../scripts/system/parts.ts';
import { findOnPath } from '../../../scripts/system/path.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallow-system-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function program(name: string, mode = 0o755): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}

it('takes CHROME_PATH before anything else', () => {
  program('chromium');
  expect(findChromium({ CHROME_PATH: execPath, PATH: folder })).toBe(execPath);
});

it('does not quietly take another browser when CHROME_PATH is wrong', () => {
  program('chromium');
  const CHROME_PATH = join(folder, 'gone');
  expect(() => findChromium({ CHROME_PATH, PATH: folder })).toThrow(CHROME_PATH);
});

it('prefers Chromium to Chrome wherever they are on PATH', () => {
  program('first/google-chrome');
  const chromium = program('second/chromium');
  const PATH = ['first', 'second'].map((name) => join(folder, name)).join(delimiter);
  expect(findChromium({ PATH })).toBe(chromium);
});

it('finds programs, and passes over files that cannot be run', () => {
  program('tool', 0o644);
  expect(findOnPath(['tool'], folder)).toBeUndefined();
  const tool = program('tool');
  expect(findOnPath(['gone', 'tool'], folder)).toBe(tool);
  expect(findOnPath(['tool'], '')).toBeUndefined();
});

it('knows its parts by name and nothing inherited', () => {
  expect(isSystemPart('xvfb')).toBe(true);
  expect(isSystemPart('toString')).toBe(false);
});
