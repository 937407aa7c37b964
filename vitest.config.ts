import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Outside an extension the polyfill throws when it is merely imported; unit tests get the fake. */
const fakeBrowser = fileURLToPath(new URL('./tests/support/fake-browser.ts', import.meta.url));

/** One browser test is many seconds of real handshakes and two Chromiums on shared cores. */
const BROWSER_TEST_MS = 120_000;

export default defineConfig({
  test: {
    // Vitest leaves one core free, which on a machine of two is half of it.
    maxWorkers: availableParallelism(),
    projects: [
      {
        resolve: { alias: { 'webextension-polyfill': fakeBrowser } },
        test: {
          name: 'core',
          environment: 'node',
          include: ['tests/{unit,contract,fuzz,sim}/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['tests/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: BROWSER_TEST_MS,
          hookTimeout: BROWSER_TEST_MS,
        },
      },
      {
        test: {
          name: 'full',
          environment: 'node',
          // Without a browser, but too long for every time: `*.full.ts`.
          include: ['tests/full/**/*.test.ts', 'tests/sim/**/*.full.ts'],
          fileParallelism: false,
          testTimeout: 10 * BROWSER_TEST_MS,
          hookTimeout: BROWSER_TEST_MS,
        },
      },
    ],
  },
});
