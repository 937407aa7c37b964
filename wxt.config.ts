import { env } from 'node:process';
import { defineConfig } from 'wxt';
import { manifestFor, outputSuffix, testBuildFrom } from './scripts/extension/manifest.ts';

const { test } = testBuildFrom(env);

export default defineConfig({
  srcDir: '.',
  entrypointsDir: 'entrypoints',
  outDir: '.output',
  outDirTemplate: `{{browser}}-mv{{manifestVersion}}{{modeSuffix}}${outputSuffix(test)}`,
  // MV3 everywhere: one shape of manifest, and Firefox runs its background as an event page.
  manifestVersion: 3,
  imports: false,
  modules: ['@wxt-dev/module-solid'],
  manifest: ({ browser, command }) =>
    manifestFor({ browser, dev: command === 'serve', ...(test && { test }) }),
  hooks: {
    // A content script registered at run time still has `matches`, which WXT turns into host
    // permissions asked for at install. Nothing here may ask for a site at install.
    'build:manifestGenerated': (wxt, manifest) => {
      if (wxt.config.command === 'serve') return;
      const hosts = test?.hosts ?? [];
      if (hosts.length > 0) manifest.host_permissions = [...hosts];
      else delete manifest.host_permissions;
    },
  },
  vite: () => ({ build: { sourcemap: false, reportCompressedSize: false } }),
});
