import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Intent } from '../../lib/messaging/intents.ts';
import type { Snapshot } from '../../lib/messaging/snapshot.ts';
import { scenes } from '../../scripts/demo/ui-gallery/scenes.ts';
import { startGallery } from '../../scripts/demo/ui-gallery/server.ts';
import { findChromium, sandboxArguments } from '../../scripts/system/chromium.ts';
import { byName, find, press, readable, textOf, type } from '../support/accessible.ts';
import { until } from '../support/wait.ts';

/** The views alone, in a real browser over made-up snapshots: what they show and what they ask for. */

interface GalleryWindow {
  readonly gallery: {
    readonly publish: (snapshot: Snapshot) => void;
    readonly snapshot: Snapshot;
    readonly intents: readonly Intent[];
  };
}

let gallery: Awaited<ReturnType<typeof startGallery>>;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium found');
  gallery = await startGallery();
  browser = await puppeteer.launch({ executablePath, args: sandboxArguments() });
  page = await browser.newPage();
});
afterAll(async () => {
  await browser.close();
  await gallery.server.close();
});

async function show(view: 'popup' | 'send' | 'settings', scene: string, more = ''): Promise<void> {
  await page.setViewport({ width: view === 'popup' ? 380 : 640, height: 600 });
  await page.goto(`${gallery.url}?page=${view}&scene=${scene}${more}`);
  await page.waitForSelector('main');
}

function intents(): Promise<readonly Intent[]> {
  return page.evaluate(() => (window as unknown as GalleryWindow).gallery.intents);
}

/** Publishes the scene's snapshot with some parts replaced. */
async function publish(parts: Partial<Snapshot>): Promise<void> {
  await page.evaluate((changed) => {
    const { gallery: shown } = window as unknown as GalleryWindow;
    shown.publish({ ...shown.snapshot, ...changed });
  }, parts);
}

function snapshotOf(scene: string): Snapshot {
  const snapshot = scenes[scene]?.snapshot;
  if (!snapshot) throw new Error(`no scene ${scene}`);
  return snapshot;
}

describe('no scene is wider than its window', () => {
  const viewOf = (scene: string) =>
    scene.startsWith('send-') ? 'send' : scene.startsWith('settings-') ? 'settings' : 'popup';

  it.each(Object.keys(scenes))('%s at 320 px', async (scene) => {
    await show(viewOf(scene), scene);
    await page.setViewport({ width: 320, height: 600 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

describe('devices', () => {
  it('has a list of them, each with its name and state', async () => {
    await show('popup', 'devices-8');
    const list = await find(page, 'list', 'Devices');
    const items = await list.$$eval(':scope > li', (nodes) => nodes.map((node) => node.innerText));
    expect(items).toHaveLength(8);
    expect(items[0]).toMatch(/^Desktop\s+Online/);
    expect(items[1]).toMatch(/^Laptop\s+Offline · last seen \d+ minutes ago/);
    expect(items[5]).toMatch(/Offline · not seen since pairing/);
  });

  it('says the path of each, or what is done about one', async () => {
    await show('popup', 'devices-paths');
    const list = await find(page, 'list', 'Devices');
    const states = await list.$$eval('.device-state', (nodes) =>
      nodes.map((node) => (node as HTMLElement).innerText.replace(/\s+/g, ' ').trim()),
    );
    expect(states).toEqual([
      'Online · Direct, same network, 2 ms',
      'Online · Direct, 31 ms',
      'Online · Relay, 48 ms',
      'Online · Relay over TCP, 148 ms',
      'Online · Relay',
      'Online · Reconnecting…',
      'Online · Connecting…',
      'Offline · Waiting for the device',
    ]);
  });

  it('asks for the page that sends files', async () => {
    await show('popup', 'devices-1');
    await press(page, 'button', 'Send files to Desktop');
    const [{ deviceId } = { deviceId: '' }] = snapshotOf('devices-1').devices;
    expect(await intents()).toEqual([{ type: 'open/send', deviceId }]);
  });

  it('says why a wish was refused', async () => {
    await show('popup', 'refused');
    await press(page, 'button', 'Send this page to Desktop');
    await until('the refusal', async () => (await readable(page)).includes('did not answer'));
  });

  it('sends text by Enter and empties the box', async () => {
    await show('popup', 'devices-1');
    await press(page, 'button', 'Send text or a link to Desktop');
    await type(page, 'Text or link for Desktop', 'see you at 7');
    await page.keyboard.press('Enter');
    await until('the wish', async () => (await intents()).length === 1);
    expect(await intents()).toMatchObject([{ type: 'send/text', text: 'see you at 7' }]);
    const box = await find(page, 'textbox', 'Text or link for Desktop');
    await until('an empty box', () =>
      box.evaluate((node) => (node as HTMLTextAreaElement).value === ''),
    );
  });

  it('keeps what is being typed, and the focus, when the snapshot changes', async () => {
    await show('popup', 'devices-1');
    await press(page, 'button', 'Send text or a link to Desktop');
    await type(page, 'Text or link for Desktop', 'half a sen');
    const [device] = snapshotOf('devices-1').devices;
    if (device === undefined) throw new Error('no device');
    await publish({ devices: [{ ...device, presence: 'offline', connection: 'none' }] });
    await until('the new state', async () => (await readable(page)).includes('Offline'));
    await page.keyboard.type('tence');
    const box = await find(page, 'textbox', 'Text or link for Desktop');
    expect(await box.evaluate((node) => (node as HTMLTextAreaElement).value)).toBe(
      'half a sentence',
    );
  });

  it('removes only after a second click', async () => {
    await show('popup', 'devices-1');
    await press(page, 'button', 'More about Desktop');
    await press(page, 'button', 'Remove Desktop');
    expect(await intents()).toEqual([]);
    await press(page, 'button', 'Remove');
    expect(await intents()).toMatchObject([{ type: 'device/remove' }]);
  });

  it('changes the rule by a switch', async () => {
    await show('popup', 'devices-1');
    await press(page, 'button', 'More about Desktop');
    await page.locator('::-p-aria([role="switch"])').click();
    expect(await intents()).toMatchObject([{ type: 'device/rule', rule: 'always' }]);
  });
});

describe('pairing', () => {
  it('shows a code of the kind that the settings name', async () => {
    await show('popup', 'devices-0');
    await press(page, 'button', 'Pair a device');
    await press(page, 'button', 'Show a code');
    expect(await intents()).toEqual([{ type: 'pair/show-code', style: 'words' }]);
  });

  it('[PR1] the output holds the code and nothing else, beside a picture and the time left', async () => {
    await show('popup', 'pairing-showing');
    expect(await textOf(page, 'status', 'Pairing code')).toBe('48213-velcro-mango-siren');
    expect(await page.$('::-p-aria([name="The code as a QR picture"])')).not.toBeNull();
    expect(await readable(page)).toMatch(/Good for\s+[89]:\d\d/);
  });

  it('completes words while they are typed and connects', async () => {
    await show('popup', 'devices-0');
    await press(page, 'button', 'Pair a device');
    await type(page, 'Enter a code', '48213 cabb');
    await page.keyboard.press('Tab');
    await page.keyboard.type('camera abov');
    await press(page, 'button', 'Complete as above');
    await page.keyboard.press('Enter');
    await until('the wish', async () => (await intents()).length === 1);
    expect(await intents()).toEqual([
      { type: 'pair/enter-code', code: '48213 cabbage-camera above' },
    ]);
  });

  it('does not send a code that cannot be one: it might use up the other side’s', async () => {
    await show('popup', 'devices-0');
    await press(page, 'button', 'Pair a device');
    await type(page, 'Enter a code', '48213-cabbge-camera-above');
    await press(page, 'button', 'Connect');
    await until('the problem', async () => (await readable(page)).includes('“cabbge” is not'));
    await press(page, 'button', 'Use cabbage instead');
    expect(await intents()).toEqual([]);
    await press(page, 'button', 'Connect');
    expect(await intents()).toEqual([
      { type: 'pair/enter-code', code: '48213-cabbage-camera-above' },
    ]);
  });

  it('[PR1] a link opens pairing with its code filled in', async () => {
    await show('popup', 'devices-1', '&code=48213-cabin-camera-above');
    await press(page, 'button', 'Connect');
    expect(await intents()).toEqual([
      { type: 'pair/enter-code', code: '48213-cabin-camera-above' },
    ]);
  });

  it('[PR7] both words and name are in one output; "Not the same?" removes', async () => {
    await show('popup', 'pairing-paired');
    expect(await textOf(page, 'status', 'Check words')).toMatch(
      /^Desktop\s+velvet\s+orbit\s+salmon$/,
    );
    await press(page, 'button', 'Not the same? Remove');
    await until('both wishes', async () => (await intents()).length === 2);
    const [{ deviceId } = { deviceId: '' }] = snapshotOf('devices-1').devices;
    expect(await intents()).toEqual([{ type: 'device/remove', deviceId }, { type: 'pair/cancel' }]);
  });

  it('follows the states as they come, back to the devices at the end', async () => {
    await show('popup', 'devices-1');
    await publish({ pairing: { state: 'joining' } });
    await until('joining', async () => (await readable(page)).includes('Looking for'));
    await publish({ pairing: { state: 'handshaking' } });
    await until('handshaking', async () => (await readable(page)).includes('Agreeing on keys'));
    await publish({ pairing: { state: 'failed', reason: 'wrong-code' } });
    await until('failed', async () => (await readable(page)).includes('does not match'));
    await publish({ pairing: { state: 'idle' } });
    await find(page, 'list', 'Devices');
  });
});

describe('transfers', () => {
  it.each(['sending', 'receiving'])('%s: each has a progress bar and words', async (scene) => {
    await show('popup', scene);
    const more = await page.$('::-p-text(/^Show \\d+ more$/)');
    await more?.click();
    const list = await find(page, 'list', 'Transfers');
    const items = await list.$$(':scope > li');
    expect(items.length).toBeGreaterThan(5);
    for (const item of items) {
      expect(await item.$('::-p-aria([role="progressbar"])')).not.toBeNull();
      const state = await item.$eval('.transfer-state', (node) => node.textContent);
      expect(state).toMatch(/^[A-Z]/);
    }
  });

  it.each([
    ['Accept', 'accept'],
    ['Decline', 'decline'],
  ])('an offer comes first and can be answered: %s', async (label, decision) => {
    await show('popup', 'offers');
    const before = await page.evaluate(() => {
      const [first] = document.querySelectorAll('ul');
      return first?.getAttribute('aria-label');
    });
    expect(before).toBe('Transfers');
    await press(page, 'button', label);
    const [{ transferId } = { transferId: '' }] = snapshotOf('offers').transfers;
    expect(await intents()).toEqual([{ type: 'transfer/decide', transferId, decision }]);
  });

  it.each(['Copy', 'Open', 'Show in folder'])('what arrived is of use: %s', async (label) => {
    await show('popup', 'arrived');
    await press(page, 'button', label);
    expect(await intents()).toMatchObject([{ type: 'transfer/open' }]);
  });
});

describe('send.html', () => {
  const choose = async (names: readonly string[]) => {
    const input = await page.$('input[type=file]');
    await input?.evaluate((element, chosen) => {
      const data = new DataTransfer();
      for (const name of chosen) data.items.add(new File(['x'], name, { lastModified: 1 }));
      element.files = data.files;
      element.dispatchEvent(new Event('change', { bubbles: true }));
    }, names);
  };

  it('names the device in title, heading and the label of its file input', async () => {
    await show('send', 'send-empty');
    expect(await page.title()).toBe('Send to Desktop');
    const label = await page.$eval('input[type=file]', (input) => input.labels?.[0]?.innerText);
    expect(label).toBe('Choose files for Desktop');
  });

  it('takes files by picker, drop and paste, the same one once', async () => {
    await show('send', 'send-empty');
    await choose(['a.txt', 'b.txt']);
    await choose(['a.txt']);
    await page.evaluate(() => {
      for (const [type, name] of [
        ['drop', 'c.txt'],
        ['paste', 'd.png'],
      ] as const) {
        const data = new DataTransfer();
        data.items.add(new File(['y'], name));
        const init = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(
          type === 'drop'
            ? new DragEvent('drop', { ...init, dataTransfer: data })
            : new ClipboardEvent('paste', { ...init, clipboardData: data }),
        );
      }
    });
    const list = await find(page, 'list', 'Chosen files');
    const names = () =>
      list.$$eval('li', (rows) => rows.map((row) => row.innerText.split('\n')[0]));
    await until('all four', async () => (await names()).length === 4);
    expect(new Set(await names())).toEqual(new Set(['a.txt', 'b.txt', 'c.txt', 'd.png']));
  });

  it('hands over, says that the page may close, and shows how it goes on', async () => {
    await show('send', 'send-sent');
    await choose(['a.txt']);
    await press(page, 'button', 'Send');
    await until('the sentence', async () =>
      (await readable(page)).includes('You can close this page now'),
    );
    expect(await intents()).toEqual([{ type: 'offscreen/ensure' }]);
    await find(page, 'list', 'Transfers');
    await find(page, 'progressbar', 'Progress of transferring.png');
  });

  it('asks for a file before it sends none', async () => {
    await show('send', 'send-empty');
    await press(page, 'button', 'Send');
    await until('the sentence', async () => (await readable(page)).includes('at least one file'));
    expect(await intents()).toEqual([]);
  });

  it('a device that is gone is said, with nothing to send', async () => {
    await show('send', 'send-gone');
    expect(await readable(page)).toContain('This device is not paired');
    expect(await page.$(byName('button', 'Send'))).toBeNull();
  });
});

describe('connections in the popup', () => {
  it('several servers, and none answers', async () => {
    await show('popup', 'offline-all');
    expect(await readable(page)).toContain('until one of the 2 servers answers');
  });

  it('rates and loss are text among the details of a device', async () => {
    await show('popup', 'devices-paths');
    await press(page, 'button', 'More about Laptop');
    await until('the rates', async () =>
      (await readable(page)).includes('Right now: Sending 3.2 MiB/s, receiving 0 B/s, 2 % lost'),
    );
  });
});

describe('settings.html', () => {
  it('saves the name on Enter', async () => {
    await show('settings', 'settings-full');
    await type(page, 'Device name', '  Büro 2 ');
    await page.keyboard.press('Enter');
    await until('the wish', async () => (await intents()).length > 0);
    expect((await intents())[0]).toEqual({
      type: 'settings/set',
      settings: { deviceName: 'Büro 2' },
    });
  });

  it('refuses an address that is none, in words, and saves a good one', async () => {
    await show('settings', 'settings-full');
    await type(page, 'Signaling server', 'localhost:3000');
    await page.keyboard.press('Enter');
    await until('the sentence', async () => (await readable(page)).includes('must begin with'));
    expect(await intents()).toEqual([]);
    await type(page, 'Signaling server', 'wss://signal.example.net');
    await page.keyboard.press('Enter');
    await until('the wish', async () => (await intents()).length > 0);
    expect((await intents())[0]).toEqual({
      type: 'settings/set',
      settings: { signalingUrl: 'wss://signal.example.net' },
    });
  });

  const fill = async (name: string, value: string) => {
    await page.locator(byName('textbox', name)).fill(value);
    await page.keyboard.press('Tab');
  };

  it('privacy mode is a switch, and without a TURN server it says what will happen', async () => {
    await show('settings', 'settings-full');
    await press(page, 'switch', 'Privacy mode');
    expect(await intents()).toEqual([{ type: 'settings/set', settings: { privacyMode: true } }]);
    const settings = { ...snapshotOf('settings-full').settings, privacyMode: true };
    await publish({ settings });
    await until('the warning', async () =>
      (await readable(page)).includes('connections will fail'),
    );
    await publish({ settings, relayKnown: true });
    await until('no warning', async () => !(await readable(page)).includes('will fail'));
  });

  it('privacy mode before the first pairing: what the server offers is not known yet', async () => {
    await show('settings', 'settings-privacy-new');
    expect(await readable(page)).toContain('known once a device is paired');
    expect(await readable(page)).not.toContain('No TURN server is known');
  });

  const valueOf = async (name: string) =>
    await (
      await find(page, 'textbox', name)
    ).evaluate((node) => (node as HTMLInputElement | HTMLTextAreaElement).value);

  it.each([
    ['Device name', 'deviceName', 'Kontor', 'Salon'],
    ['STUN servers', 'stunServers', 'stun:a.example.org', ''],
  ] as const)('%s: a change made elsewhere shows, each time', async (name, setting, ...values) => {
    await show('settings', 'settings-full');
    for (const value of values) {
      await publish({ settings: { ...snapshotOf('settings-full').settings, [setting]: value } });
      await until('the new value', async () => (await valueOf(name)) === value);
    }
  });

  it('a change made elsewhere leaves alone what is being typed', async () => {
    await show('settings', 'settings-full');
    await page.locator(byName('textbox', 'Device name')).fill('half a na');
    const settings = { ...snapshotOf('settings-full').settings, deviceName: 'Kontor' };
    await publish({ settings, self: { deviceId: '', shortId: '', name: 'Kontor' } });
    await until('the change', async () => !(await readable(page)).includes('ab'.repeat(32)));
    expect(await valueOf('Device name')).toBe('half a na');
  });

  it('saving what is there already says so, and asks for nothing', async () => {
    await show('settings', 'settings-full');
    await (await find(page, 'textbox', 'Device name')).focus();
    await page.keyboard.press('Enter');
    await until('the sentence', async () => (await readable(page)).includes('Nothing changed.'));
    expect(await intents()).toEqual([]);
  });

  it('leaving a field by its own button saves once', async () => {
    await show('settings', 'settings-full');
    const box = await find(page, 'textbox', 'Device name');
    await page.locator(byName('textbox', 'Device name')).fill('Kontor');
    const save = await box.evaluateHandle((node) => node.closest('form')?.querySelector('button'));
    await (save as ElementHandle<HTMLButtonElement>).click();
    await until('the word', async () => (await readable(page)).includes('Saved.'));
    expect(await intents()).toEqual([{ type: 'settings/set', settings: { deviceName: 'Kontor' } }]);
    expect(await readable(page)).not.toContain('Nothing changed');
  });

  it('of several signaling servers it says which is used, and shows one a line', async () => {
    await show('settings', 'settings-servers');
    expect(await readable(page)).toContain('Connected to second.example.org, 2nd of 2');
    expect(await valueOf('Signaling server')).toBe(
      'https://signal.example.org\nhttps://second.example.org',
    );
    await (await find(page, 'textbox', 'Signaling server')).focus();
    await page.keyboard.press('Enter');
    await until('the sentence', async () => (await readable(page)).includes('Nothing changed.'));
    expect(await intents()).toEqual([]);
  });

  it('a switch whose setting was refused stays as it was, and says why', async () => {
    await show('settings', 'settings-refused');
    await press(page, 'switch', 'Debug log');
    await until('the refusal', async () => (await readable(page)).includes('did not answer'));
    const on = await (
      await find(page, 'switch', 'Debug log')
    ).evaluate((node) => (node as HTMLInputElement).checked);
    expect(on).toBe(false);
  });

  it('TURN servers: names the lines that are wrong and saves none of them', async () => {
    await show('settings', 'settings-full');
    await fill('TURN servers', 'relay.example.org u p\nturn:relay.example.org');
    await until('both lines', async () => /Line 1: .*\nLine 2: /.test(await readable(page)));
    expect(await intents()).toEqual([]);
  });

  it('TURN servers: a saved password is a mask at once, and goes no second time', async () => {
    await show('settings', 'settings-full');
    await fill('TURN servers', 'turn:relay.example.org anna s3cret');
    await until('the wish', async () => (await intents()).length > 0);
    expect(await intents()).toEqual([
      { type: 'settings/set', settings: { turnServers: 'turn:relay.example.org anna s3cret' } },
    ]);
    const box = await find(page, 'textbox', 'TURN servers');
    const shown = () => box.evaluate((node) => (node as HTMLTextAreaElement).value);
    await until('the mask', async () => /^turn:relay\.example\.org anna •+$/.test(await shown()));
  });

  it('STUN servers: one that is none is named by its line', async () => {
    await show('settings', 'settings-full');
    await fill('STUN servers', 'stun:ok.example.org\nhttps://stun.example.org');
    await until('the line', async () => (await readable(page)).includes('Line 2:'));
    expect(await intents()).toEqual([]);
  });

  it('"Check connection" asks for it once while it runs', async () => {
    await show('settings', 'settings-full');
    await press(page, 'button', 'Check connection');
    expect(await intents()).toEqual([{ type: 'check/run' }]);
    await publish({ check: snapshotOf('settings-check-running').check });
    await press(page, 'button', 'Checking…');
    expect(await intents()).toHaveLength(1);
    expect(await readable(page)).toContain('5 of 10 checked');
  });

  it('each line of the check has its name, its verdict in words, and a step where it is bad', async () => {
    await show('settings', 'settings-check-bad');
    const list = await find(page, 'list', 'Connection check');
    const items = await list.$$eval(':scope > li', (nodes) => nodes.map((node) => node.innerText));
    expect(items).toHaveLength(10);
    for (const item of items) {
      expect(item).toMatch(/^[A-Z][\w ]+ (OK|Problem|Note)\n/);
    }
    const steps = items.flatMap((item) => /\nNext: ([A-Z].*\.)$/.exec(item)?.[1] ?? []);
    expect(steps).toHaveLength(8);
    expect(new Set(steps).size).toBe(8);
    expect(await readable(page)).toContain('6 problems found');
  });

  it('in privacy mode without TURN the check finds that one problem, in one line', async () => {
    await show('settings', 'settings-check-no-turn');
    expect(await readable(page)).toContain('1 problem found');
    const list = await find(page, 'list', 'Connection check');
    expect(await list.$$eval(':scope > li', (nodes) => nodes.length)).toBe(7);
    await show('settings', 'settings-check-new');
    expect(await readable(page)).toContain('known once a device is paired');
    expect(await readable(page)).toContain('No problem found');
  });

  it('the list follows the check while it runs, line by line', async () => {
    await show('settings', 'settings-check-running');
    const list = await find(page, 'list', 'Connection check');
    await publish({ check: snapshotOf('settings-check-good').check });
    await until('the end', async () =>
      (await readable(page)).includes('Nothing stands in the way'),
    );
    // The same list: a screen reader that stands in it is not thrown out.
    expect(await list.evaluate((node) => node.isConnected && node.children.length)).toBe(10);
    await find(page, 'button', 'Copy result');
  });

  it('says what the server sees and that keys are not safe from a thief of the disk', async () => {
    await show('settings', 'settings-full');
    const words = await readable(page);
    expect(words).toContain('What the server can see');
    expect(words).toContain('a thief of the disk');
  });
});
