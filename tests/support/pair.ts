/** Pairs two browsers as two people do: through the popup, by the names on the buttons. */
import type { Page } from 'puppeteer';
import { byName, find, press, textOf, type } from './accessible.ts';
import type { ExtensionBrowser } from './browser.ts';
import { intend } from './snapshot.ts';
import { until } from './wait.ts';

export interface Paired {
  /** As each side shows them; equal when nobody sits in between. */
  readonly creator: string;
  readonly joiner: string;
  /** From pressing Connect until both sides show the words. */
  readonly pairMs: number;
}

/** The panel is open already where a pairing was begun or went wrong a moment ago. */
async function openPairing(page: Page): Promise<void> {
  const open = await until('the way to pairing', async () => {
    if ((await page.$(byName('button', 'Connect'))) !== null) return 'open';
    return (await page.$(byName('button', 'Pair a device'))) !== null && 'closed';
  });
  if (open === 'closed') await press(page, 'button', 'Pair a device');
}

/** Shows a code on `page` (a popup.html) and gives it. */
export async function showCode(page: Page): Promise<string> {
  await openPairing(page);
  await press(page, 'button', 'Show a code');
  return await textOf(page, 'status', 'Pairing code');
}

/** Types a code on `page` (a popup.html) and presses Connect. */
export async function enterCode(page: Page, code: string): Promise<void> {
  await typeCode(page, code);
  await press(page, 'button', 'Connect');
}

async function typeCode(page: Page, code: string): Promise<void> {
  await openPairing(page);
  await find(page, 'button', 'Connect');
  await type(page, 'Enter a code', code);
}

/** The three check words as this side shows them, after the other device's name. */
export async function checkWords(page: Page): Promise<string> {
  return (await textOf(page, 'status', 'Check words')).split(/\s+/u).slice(-3).join(' ');
}

export async function pair(creator: ExtensionBrowser, joiner: ExtensionBrowser): Promise<Paired> {
  const [creatorPage, joinerPage] = await Promise.all([
    creator.open('popup.html'),
    joiner.open('popup.html'),
  ]);
  await typeCode(joinerPage, await showCode(creatorPage));
  const start = performance.now();
  await press(joinerPage, 'button', 'Connect');
  const [creatorWords, joinerWords] = await Promise.all([
    checkWords(creatorPage),
    checkWords(joinerPage),
  ]);
  const pairMs = Math.round(performance.now() - start);
  for (const page of [creatorPage, joinerPage]) {
    await press(page, 'button', 'They are the same');
    await page.close();
  }
  return { creator: creatorWords, joiner: joinerWords, pairMs };
}

/**
 * Sets what a fresh profile needs: the server of this test and a name. Everything is on this machine
 * unless a test says otherwise: the STUN servers that the product comes with are not asked.
 */
export async function configure(
  owner: ExtensionBrowser,
  settings: {
    readonly signalingUrl: string;
    readonly deviceName: string;
    readonly stunServers?: string;
  },
): Promise<void> {
  await intend(owner, { type: 'settings/set', settings: { stunServers: '', ...settings } });
}
