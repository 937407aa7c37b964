import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'puppeteer';
import { byName, find, readable } from '../support/accessible.ts';
import { chooseMenuItem } from '../support/context-menu.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { intend } from '../support/snapshot.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { until } from '../support/wait.ts';

/** The real popup over a real page, as a person and a screen reader find it. */

/** `UPDATE_SCREENSHOTS=1` writes the README's pictures; otherwise they go to the test artefacts. */
const PICTURES = fileURLToPath(
  new URL(
    env['UPDATE_SCREENSHOTS'] === '1' ? '../../docs/images' : '../.artefacts',
    import.meta.url,
  ),
);

let duo: PairedDuo;
let sites: Sites;
let page: Page;
let popup: Page;

beforeAll(async () => {
  [duo, sites] = await Promise.all([startPairedDuo(), startSites()]);
  await setRule(duo.desktop, duo.laptopId, 'always');
  page = await duo.laptop.browser.openUrl(sites.pageUrl);
  for (const [kind, source] of [
    ['image', { srcUrl: `${sites.other.origin}/cat.png` }],
    ['link', { linkUrl: 'https://example.org/an/article' }],
  ] as const) {
    const known = await knownTransfers(duo.laptop);
    await chooseMenuItem(duo.laptop.browser, page, { kind, deviceId: duo.desktopId, ...source });
    await untilTransfer(duo.laptop, known, ['delivered']);
  }
  popup = await duo.laptop.browser.popup(page);
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), sites.close()]);
});

it('lists the device with its state and the way to send to it', async () => {
  const devices = await find(popup, 'list', 'Devices');
  const text = await devices.evaluate((node) => (node as HTMLElement).innerText);
  expect(text).toMatch(/Desktop[\s\S]*Online/);
  await find(popup, 'button', 'Send files to Desktop');
  await find(popup, 'button', 'Pair a device');
});

it('lists what was sent, each with a progress bar and its state in words', async () => {
  const transfers = await find(popup, 'list', 'Transfers');
  const items = await transfers.$$('::-p-aria([role="listitem"])');
  expect(items).toHaveLength(2);
  for (const item of items) {
    expect(await item.evaluate((node) => (node as HTMLElement).innerText)).toContain('Delivered');
    expect(await item.$('::-p-aria([role="progressbar"])')).not.toBeNull();
  }
});

it.each(['light', 'dark'] as const)('fits its window and is legible in %s', async (scheme) => {
  await popup.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    // Or the picture is of colours on their way.
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  const { overflow, background, color } = await popup.evaluate(() => {
    const style = getComputedStyle(document.body);
    return {
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      background:
        getComputedStyle(document.documentElement).backgroundColor + style.backgroundColor,
      color: style.color,
    };
  });
  expect(overflow).toBeLessThanOrEqual(0);
  expect(background).not.toContain(color);
  await mkdir(PICTURES, { recursive: true });
  const name = scheme === 'light' ? 'popup.png' : 'popup-dark.png';
  await popup.screenshot({ path: join(PICTURES, name) as `${string}.png` });
});

it('"Send files" opens the page for that device', async () => {
  await popup.locator(byName('button', 'Send files to Desktop')).click();
  const target = await duo.laptop.browser.browser.waitForTarget((candidate) =>
    candidate.url().includes(`send.html?device=${duo.desktopId}`),
  );
  const send = await target.asPage();
  await until('the device’s name on the page', async () =>
    (await readable(send)).includes('Desktop'),
  );
  await send.close();
});

it('the settings are found by name', async () => {
  const settings = await duo.laptop.browser.open('settings.html');
  await find(settings, 'textbox', 'Device name');
  const server = await find(settings, 'textbox', 'Signaling server');
  expect(await server.evaluate((node) => (node as HTMLInputElement).value)).toBe(duo.signaling.url);
  await intend(duo.laptop.browser, { type: 'settings/set', settings: { deviceName: 'Büro 2' } });
  await duo.laptop.view.until('the new name', ({ self }) => self.name === 'Büro 2');
  await settings.close();
});
