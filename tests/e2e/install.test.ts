import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExtensionBrowser } from '../support/browser.ts';
import { ensureBuild, PRODUCT } from '../support/builds.ts';

/** What a person is told when installing the build that people get. */

let extension: string;
let browser: ExtensionBrowser;

beforeAll(async () => {
  extension = await ensureBuild(PRODUCT);
  browser = await ExtensionBrowser.launch({ extension, name: 'Fresh' });
});
afterAll(async () => {
  expect(browser.console.alarms).toEqual([]);
  await browser.close();
});

it('warns of notifications, downloads and the clipboard, and of no site', async () => {
  const manifest = await readFile(join(extension, 'manifest.json'), 'utf8');
  const page = await browser.driver();
  const warnings = await page.evaluate(
    (text) => chrome.management.getPermissionWarningsByManifest(text),
    manifest,
  );
  expect(warnings.toSorted()).toEqual([
    'Display notifications',
    'Manage your downloads',
    'Modify data you copy and paste',
  ]);
});

it('holds no host at install and may ask for any', async () => {
  const page = await browser.driver();
  const granted = await page.evaluate(() => chrome.permissions.getAll());
  expect(granted.origins).toEqual([]);
  const { optional_host_permissions: optional } = JSON.parse(
    await readFile(join(extension, 'manifest.json'), 'utf8'),
  ) as { optional_host_permissions: string[] };
  expect(optional).toEqual(['*://*/*']);
});

it('gets every key that it suggests: some are the browser’s own', async () => {
  const page = await browser.driver();
  const commands = await page.evaluate(() => chrome.commands.getAll());
  const keys = commands.filter(({ name }) => name !== '_execute_action');
  expect(keys.map(({ shortcut }) => shortcut)).toEqual([
    'Alt+Shift+S',
    'Alt+Shift+D',
    'Alt+Shift+E',
  ]);
});

it('opens its popup with the way to the first device, without an offscreen document', async () => {
  const page = await browser.openUrl('data:text/html,<title>any</title>');
  const popup = await browser.popup(page);
  await popup.locator('::-p-aria([name="Pair a device"][role="button"])').wait();
  expect(browser.offscreenTarget()).toBeUndefined();
});
