import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../lib/messaging/snapshot.ts';
import { byName, find, press, readable } from '../support/accessible.ts';
import { ExtensionBrowser } from '../support/browser.ts';
import { ensureBuild, TEST_GRANTED } from '../support/builds.ts';
import { configure } from '../support/pair.ts';
import { startSignaling, type SignalingServer } from '../support/server.ts';
import { Follower, intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** Privacy mode, servers, the connection check and the debug log, as a person sets them. */

const PASSWORD = 'pa55word-of-anna';
const TURN = `turn:127.0.0.1:9 anna ${PASSWORD}`;

let signaling: SignalingServer;
let browser: ExtensionBrowser;
let view: Follower;
let page: Page;

beforeAll(async () => {
  const [extension, server] = await Promise.all([ensureBuild(TEST_GRANTED), startSignaling()]);
  signaling = server;
  browser = await ExtensionBrowser.launch({ extension, name: 'Laptop' });
  await configure(browser, { signalingUrl: signaling.url, deviceName: 'Laptop' });
  view = await Follower.open(browser);
  await view.until('a connection', (seen) => seen.signaling.state === 'online');
  page = await browser.open('settings.html');
});
afterAll(async () => {
  expect(browser.console.alarms).toEqual([]);
  await Promise.all([browser.close(), signaling.stop()]);
});

const reload = async () => {
  await page.reload();
  await find(page, 'textbox', 'TURN servers');
};
const isOn = async (name: string) =>
  await (await find(page, 'switch', name)).evaluate((node) => (node as HTMLInputElement).checked);
const valueOf = async (name: string) =>
  await (await find(page, 'textbox', name)).evaluate((node) => (node as HTMLTextAreaElement).value);
const fill = async (name: string, value: string) => {
  await page.locator(byName('textbox', name)).fill(value);
  await page.keyboard.press('Tab');
};
async function exported(): Promise<string> {
  const path = join(browser.downloads, 'tallow-send-debug-log.txt');
  await press(page, 'button', 'Export debug log');
  // Empty while the browser still writes beside it.
  const read = async () => (await readFile(path, 'utf8').catch(() => '')) || undefined;
  return await until('the file', read);
}

describe('switches', () => {
  it.each(['Privacy mode', 'Debug log'])('%s is off, can be put on, and stays', async (name) => {
    await reload();
    expect(await isOn(name)).toBe(false);
    await press(page, 'switch', name);
    const setting = name === 'Privacy mode' ? 'privacyMode' : 'debugLog';
    await view.until('the setting', ({ settings }) => settings[setting]);
    await reload();
    expect(await isOn(name)).toBe(true);
  });

  it('in privacy mode before the first pairing the page says that a TURN server is needed', async () => {
    expect(await readable(page)).toContain('known once a device is paired');
  });
});

describe('servers', () => {
  it('a TURN server is saved; its password is masked after a reload and not in the snapshot', async () => {
    await fill('TURN servers', TURN);
    await view.until('the setting', ({ settings }) => settings.turnServers !== '');
    await reload();
    expect(await valueOf('TURN servers')).toMatch(/^turn:127\.0\.0\.1:9 anna •+$/);
    expect(JSON.stringify(await view.read())).not.toContain(PASSWORD);
    await until(
      'no warning',
      async () => !(await readable(page)).includes('once a device is paired'),
    );
  });

  it('a line added beside the mask keeps the stored password', async () => {
    const masked = await valueOf('TURN servers');
    await fill('TURN servers', `${masked}\nturns:127.0.0.1:9 bert other-pa55`);
    await view.until('both', ({ settings }) => settings.turnServers.includes('turns:'));
    const stored = await browser.inWorker(async () => await chrome.storage.local.get('settings'));
    expect(JSON.stringify(stored)).toContain(PASSWORD);
    expect(JSON.stringify(stored)).toContain('other-pa55');
    expect(JSON.stringify(stored)).not.toContain('•');
  });

  it('a mask that something was added to is refused, and the stored password stays', async () => {
    const masked = await valueOf('TURN servers');
    await fill('TURN servers', masked.replace('•\n', '•9\n'));
    await until('the line', async () => (await readable(page)).includes('type the whole password'));
    const stored = await browser.inWorker(async () => await chrome.storage.local.get('settings'));
    expect(JSON.stringify(stored)).toContain(`anna ${PASSWORD}`);
    expect(JSON.stringify(stored)).not.toContain('•');
    await reload();
  });

  it('a bad line is refused and nothing changes', async () => {
    const before = (await view.read()).settings;
    await fill('STUN servers', 'https://stun.example.org');
    await until('the line', async () => (await readable(page)).includes('Line 1:'));
    expect((await view.read()).settings).toEqual(before);
    await reload();
  });
});

describe('the connection check', () => {
  it('gives a list: the server is there, each line has a verdict, and the bad ones a step', async () => {
    await press(page, 'button', 'Check connection');
    await view.until('the end', ({ check }) => check?.state === 'done', { timeoutMs: 40_000 });
    const list = await find(page, 'list', 'Connection check');
    const items = await list.$$eval(':scope > li', (nodes) => nodes.map((node) => node.innerText));
    expect(items).toHaveLength(10);
    expect(items[0]).toMatch(/^Signaling server OK\n/);
    for (const item of items) {
      expect(item).toMatch(/ (OK|Problem|Note)\n/);
    }
    const steps = items.flatMap((item) => /\nNext: (.*)/.exec(item)?.[1] ?? []);
    expect(steps).not.toEqual([]);
    expect(new Set(steps).size).toBe(steps.length);
    expect(items.join('\n')).not.toMatch(/\d+\.\d+\.\d+\.\d+|pa55/);
    // A server that is simply dead is no proof against the firewall.
    expect(items[3]).toMatch(
      /^UDP Problem\n+No server answered over UDP: they are down, or this network blocks it\./,
    );
    expect(steps.join('\n')).not.toContain('firewall');
    await find(page, 'button', 'Copy result');
  });
});

describe('without a TURN server', () => {
  it('before the first pairing the check has one line for TURN: it is not known yet', async () => {
    const { check: before } = await view.read();
    await (await find(page, 'textbox', 'TURN servers')).focus();
    await page.keyboard.down('Control');
    await page.keyboard.press('KeyA');
    await page.keyboard.up('Control');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Tab');
    await view.until('the setting', ({ settings }) => settings.turnServers === '');
    await press(page, 'button', 'Check connection');
    const another = ({ check }: Snapshot) =>
      check?.state === 'done' && check.startedAt !== before?.startedAt;
    await view.until('another check', another, { timeoutMs: 40_000 });
    const list = await find(page, 'list', 'Connection check');
    await until('one line for it', async () => (await list.$$(':scope > li')).length === 7);
    const last = await list.$eval(
      ':scope > li:last-child',
      (node) => (node as HTMLElement).innerText,
    );
    expect(last).toMatch(/^TURN Note\n+Not known yet: .*\n+Next: Pair a device/);
  });
});

describe('a change made elsewhere', () => {
  it('shows in a line and in a list', async () => {
    await intend(browser, { type: 'settings/set', settings: { deviceName: 'Kontor' } });
    await until('the name', async () => (await valueOf('Device name')) === 'Kontor');
    const stunServers = 'stun:stun.example.org:3478';
    await intend(browser, { type: 'settings/set', settings: { stunServers } });
    await until('the list', async () => (await valueOf('STUN servers')) === stunServers);
  });
});

describe('the debug log', () => {
  it('[LG4] is exported as a file with lines, and without address, name or password', async () => {
    await signaling.stop();
    await view.until('no connection', (seen) => seen.signaling.state !== 'online');
    await signaling.start();
    await view.until('a connection', (seen) => seen.signaling.state === 'online');
    const text = await exported();
    expect(text).toMatch(/^Tallow Send debug log\nVersion: \d+\.\d+/);
    expect(text).toContain('Debug log: on');
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\S+Z \[Signaling\] Online server=server-1$/m);
    expect(text).not.toMatch(/127\.0|localhost|:\/\/|pa55|anna|Laptop/);
  });
});
