import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundleSizes, scriptsFrom } from '../../../scripts/checks/bundle-size.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallow-bundle-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

it('follows scripts, preloads, imports, late imports and workers', () => {
  write(
    'popup.html',
    '<script type="module" src="/chunks/popup.js"></script><link href="/chunks/web.js">',
  );
  write('chunks/popup.js', 'import"./shared.js";const p=()=>import(`./late.js`)');
  write('chunks/shared.js', 'new Worker(new URL("/assets/worker.js",import.meta.url))');
  write('chunks/web.js', 'import"./popup.js"');
  write('chunks/late.js', '');
  write('chunks/other.js', '');
  write('assets/worker.js', '');
  expect(scriptsFrom(folder, 'popup.html').toSorted()).toEqual([
    'assets/worker.js',
    'chunks/late.js',
    'chunks/popup.js',
    'chunks/shared.js',
    'chunks/web.js',
  ]);
});

it('does not count what a script names but another context runs', () => {
  write('background.js', 'inject("/content-scripts/content.js"); open("chunks/gone.js")');
  write('content-scripts/content.js', '');
  expect(scriptsFrom(folder, 'background.js')).toEqual(['background.js']);
});

it('measures gzipped KiB', () => {
  const kib = 64;
  write('popup.html', '<script src="/chunks/popup.js"></script>');
  // Hex of random bytes: gzip brings it to about half, and to no less.
  write('chunks/popup.js', randomBytes((kib * 1024) / 2).toString('hex'));
  write('background.js', ' '.repeat(kib * 1024));
  write('offscreen.html', '');
  const sizes = bundleSizes(folder);
  expect(sizes.popupGzipKiB).toBeGreaterThan(kib / 2);
  expect(sizes.popupGzipKiB).toBeLessThan(kib * 0.6);
  expect(sizes.backgroundGzipKiB).toBeLessThan(1);
  expect(sizes.offscreenGzipKiB).toBe(0);
});

it('fails for a build that lacks a part', () => {
  expect(() => bundleSizes(folder)).toThrow('popup.html');
});
