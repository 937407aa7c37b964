import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { manifestFor, outputSuffix, testBuildFrom } from '../../../scripts/extension/manifest.ts';
import { TEST_EXTENSION_ID, TEST_KEY } from '../../../scripts/extension/test-key.ts';

const PERMISSIONS = [
  'activeTab',
  'alarms',
  'clipboardWrite',
  'contextMenus',
  'downloads',
  'notifications',
  'offscreen',
  'scripting',
  'storage',
  'unlimitedStorage',
];

it('asks at install for exactly these permissions, and for no site', () => {
  const manifest = manifestFor({ browser: 'chrome' });
  expect(manifest.permissions?.toSorted()).toEqual(PERMISSIONS);
  expect(manifest.host_permissions).toBeUndefined();
  expect(manifest.content_scripts).toBeUndefined();
  expect(manifest.optional_host_permissions).toEqual(['*://*/*']);
  // Warns of every site: only asked for when a tab is first shared.
  expect(manifest.optional_permissions).toEqual(['tabCapture']);
  expect(manifest.key).toBeUndefined();
});

it('leaves out what Firefox does not know', () => {
  const manifest = manifestFor({ browser: 'firefox' });
  expect(manifest.permissions?.toSorted()).toEqual(PERMISSIONS.filter((p) => p !== 'offscreen'));
  expect(manifest.optional_permissions).toBeUndefined();
  expect(manifest.minimum_chrome_version).toBeUndefined();
  expect(manifest.browser_specific_settings?.gecko?.id).toBeDefined();
});

it('runs only its own scripts and lists the schemes it connects to', () => {
  const policy = manifestFor({ browser: 'chrome' }).content_security_policy?.extension_pages;
  const directives = new Map(
    policy?.split('; ').map((directive): [string, string[]] => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources];
    }),
  );
  expect(directives.get('script-src')).toEqual(["'self'"]);
  expect(directives.get('default-src')).toEqual(["'self'"]);
  expect(directives.has('style-src')).toBe(false);
  for (const name of ['object-src', 'base-uri', 'form-action', 'frame-ancestors']) {
    expect(directives.get(name), name).toEqual(["'none'"]);
  }
  expect(directives.get('connect-src')).not.toContain('*');
  expect(directives.get('connect-src')).toContain('data:');
});

it('differs in a test build by its key and the hosts granted beforehand, in nothing else', () => {
  const hosts = ['http://127.0.0.1/*'];
  const { key, host_permissions, ...rest } = manifestFor({ browser: 'chrome', test: { hosts } });
  expect(key).toBe(TEST_KEY);
  expect(host_permissions).toEqual(hosts);
  expect(rest).toEqual(manifestFor({ browser: 'chrome' }));
});

it('lets a test build capture tabs beforehand only when told to', () => {
  const { permissions, optional_permissions: optional } = manifestFor({
    browser: 'chrome',
    test: { hosts: [], capture: true },
  });
  expect(permissions?.toSorted()).toEqual([...PERMISSIONS, 'tabCapture'].toSorted());
  expect(optional).toBeUndefined();
  expect(testBuildFrom({ TALLOW_TEST_CAPTURE: '1' })).toEqual({});
  expect(testBuildFrom({ TALLOW_TEST_BUILD: '1', TALLOW_TEST_CAPTURE: '1' })).toEqual({
    test: { hosts: [], capture: true },
  });
});

it('makes a test build only when told to by name', () => {
  const hosts = { TALLOW_TEST_HOSTS: 'http://127.0.0.1/*,http://localhost/*' };
  expect(testBuildFrom(hosts)).toEqual({});
  expect(testBuildFrom({ TALLOW_TEST_BUILD: '1' })).toEqual({ test: { hosts: [] } });
  expect(testBuildFrom({ TALLOW_TEST_BUILD: '1', ...hosts }).test?.hosts).toHaveLength(2);
});

it('keeps builds apart by their folder', () => {
  const hosts = ['http://127.0.0.1/*'];
  const builds = [{ hosts: [] }, { hosts }, { hosts: [], capture: true }, { hosts, capture: true }];
  const suffixes = [undefined, ...builds].map(outputSuffix);
  expect(new Set(suffixes).size).toBe(5);
  expect(suffixes[0]).toBe('');
});

it('names the id that Chromium derives from the test key', () => {
  const digest = createHash('sha256').update(Buffer.from(TEST_KEY, 'base64')).digest('hex');
  const letters = [...digest.slice(0, 32)].map((digit) => 'abcdefghijklmnop'[parseInt(digit, 16)]);
  expect(TEST_EXTENSION_ID).toBe(letters.join(''));
});
