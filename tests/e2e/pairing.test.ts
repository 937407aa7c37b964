import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Page } from 'puppeteer';
import { find, press, readable } from '../support/accessible.ts';
import {
  type Duo,
  expectCalm,
  forgetEverything,
  type Side,
  startDuo,
  untilOnline,
  untilPairingFails,
} from '../support/duo.ts';
import { checkWords, enterCode, showCode } from '../support/pair.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';
import { CODE_WORDS } from '../../lib/crypto/wordlists/code-words.ts';
import { pairingFailures } from '../../lib/ui/text.ts';
import type { PairingFailure } from '../../lib/messaging/snapshot.ts';

const TEN_MINUTES_MS = 600_000;

let duo: Duo;
const pages: Page[] = [];

beforeAll(async () => {
  duo = await startDuo();
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await duo.close();
});
afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.close()));
  await forgetEverything(duo.laptop, duo.desktop);
});

async function popup({ browser }: Side): Promise<Page> {
  const page = await browser.open('popup.html');
  pages.push(page);
  return page;
}

/** The sentence for `reason` stands on the page, and nothing was stored. */
async function untilTold(page: Page, side: Side, reason: PairingFailure): Promise<void> {
  const { what } = pairingFailures[reason];
  let shown = '';
  await until(
    `the message "${what}"`,
    async () => {
      shown = await readable(page);
      return shown.includes(what);
    },
    { describe: () => shown },
  );
  expect((await side.view.read()).devices).toEqual([]);
}

/** A code that has the right form and is not `code`: another last word. */
function anotherCode(code: string): string {
  const parts = code.split('-');
  const [, first = '', second = ''] = parts;
  return [...parts.slice(0, 3), parts[3] === first ? second : first].join('-');
}

/** A well-formed code with a nameplate that nobody was given. */
function unknownCode(nameplate: number): string {
  return [nameplate, ...CODE_WORDS.slice(0, 3)].join('-');
}

it('[PR1] [PR7] pairs by a code: both show the same check words and list the other as online', async () => {
  const [creator, joiner] = [await popup(duo.desktop), await popup(duo.laptop)];
  const code = await showCode(creator);
  expect(code).toMatch(/^[1-9]\d{4,}-[a-z]+-[a-z]+-[a-z]+$/);
  await enterCode(joiner, code.replaceAll('-', ' ').toUpperCase());

  const words = await checkWords(creator);
  expect(words).toMatch(/^[a-z]+ [a-z]+ [a-z]+$/);
  expect(await checkWords(joiner)).toBe(words);
  await press(creator, 'button', 'They are the same');
  const list = await find(creator, 'list', 'Devices');
  await until('Laptop online in the list', async () => {
    const text = await list.evaluate((node) => node.textContent ?? '');
    return text.includes('Laptop') && text.includes('Online');
  });
  const laptop = await untilOnline(duo.desktop, 'Laptop');
  const desktop = await untilOnline(duo.laptop, 'Desktop');
  expect(laptop.checkWords.join(' ')).toBe(words);
  expect(desktop.deviceId).not.toBe(laptop.deviceId);
});

it('[PR1] pairs by the 8 characters too', async () => {
  await intend(duo.desktop.browser, {
    type: 'settings/set',
    settings: { codeStyle: 'characters' },
  });
  const [creator, joiner] = [await popup(duo.desktop), await popup(duo.laptop)];
  const code = await showCode(creator);
  await intend(duo.desktop.browser, { type: 'settings/set', settings: { codeStyle: 'words' } });
  expect(code).toMatch(/^[1-9]\d{4,}-[0-9A-HJKMNP-TV-Z]{8}$/i);
  await enterCode(joiner, code);
  expect(await checkWords(joiner)).toBe(await checkWords(creator));
});

it('[RM1] "Not the same? Remove" removes the device on both sides', async () => {
  const [creator, joiner] = [await popup(duo.desktop), await popup(duo.laptop)];
  await enterCode(joiner, await showCode(creator));
  await checkWords(creator);
  await untilOnline(duo.desktop, 'Laptop');
  await press(creator, 'button', 'Not the same? Remove');
  for (const { view } of [duo.laptop, duo.desktop]) {
    await view.until('the device gone', ({ devices }) => devices.length === 0);
  }
});

it('[PR9] a wrong code is told on both sides and burns the code', async () => {
  const [creator, joiner] = [await popup(duo.desktop), await popup(duo.laptop)];
  const code = await showCode(creator);
  await enterCode(joiner, anotherCode(code));
  await untilTold(creator, duo.desktop, 'someone-tried');
  await untilTold(joiner, duo.laptop, 'wrong-code');

  const second = await popup(duo.laptop);
  await intend(duo.laptop.browser, { type: 'pair/cancel' });
  await intend(duo.laptop.browser, { type: 'pair/enter-code', code });
  const failed = await duo.laptop.view.until(
    'the right code to fail too, in its own words',
    ({ pairing }) =>
      pairing.state === 'failed' &&
      !['wrong-code', 'cancelled'].includes(pairing.reason) &&
      pairing.reason,
  );
  expect(['code-used', 'code-unknown', 'code-taken']).toContain(failed);
  await untilTold(second, duo.laptop, failed);
});

it('[PR9] a used code is refused', async () => {
  const [creator, joiner] = [await popup(duo.desktop), await popup(duo.laptop)];
  const code = await showCode(creator);
  await enterCode(joiner, code);
  await checkWords(joiner);
  await untilOnline(duo.laptop, 'Desktop');
  await press(joiner, 'button', 'They are the same');
  await enterCode(joiner, code);
  const failed = await untilPairingFails(duo.laptop, 'the used code refused');
  expect(failed).toBe('code-used');
  expect(await readable(joiner)).toContain(pairingFailures[failed].what);
});

it('[SV10] an expired code is told to both: to who shows it and to who enters it', async () => {
  const [creator, joiner] = [await popup(duo.desktop), await popup(duo.laptop)];
  const code = await showCode(creator);
  duo.signaling.advance(TEN_MINUTES_MS + 1);
  await untilTold(creator, duo.desktop, 'code-expired');
  await enterCode(joiner, code);
  await untilTold(joiner, duo.laptop, 'code-expired');
});

it('[SV11] a nameplate that nobody has is told', async () => {
  const joiner = await popup(duo.laptop);
  await enterCode(joiner, unknownCode(99_999));
  await untilTold(joiner, duo.laptop, 'code-unknown');
});

it('one’s own code is told apart', async () => {
  const page = await popup(duo.desktop);
  const code = await showCode(page);
  await intend(duo.desktop.browser, { type: 'pair/enter-code', code });
  await untilTold(page, duo.desktop, 'own-code');
});

it('both showing a code: either may still enter the other’s', async () => {
  const [one, other] = [await popup(duo.desktop), await popup(duo.laptop)];
  const [code] = await Promise.all([showCode(one), showCode(other)]);
  await intend(duo.laptop.browser, { type: 'pair/enter-code', code });
  expect(await checkWords(other)).toBe(await checkWords(one));
});

it('both entering a code that nobody shows: both are told', async () => {
  const [one, other] = [await popup(duo.desktop), await popup(duo.laptop)];
  const code = unknownCode(99_998);
  await Promise.all([enterCode(one, code), enterCode(other, code)]);
  await untilTold(one, duo.desktop, 'code-unknown');
  await untilTold(other, duo.laptop, 'code-unknown');
});

it('without the server pairing says so, and works once it is back', async () => {
  await duo.signaling.stop();
  await duo.laptop.view.until('the loss of the server', ({ signaling }) => {
    return signaling.state !== 'online';
  });
  const page = await popup(duo.laptop);
  await press(page, 'button', 'Pair a device');
  await press(page, 'button', 'Show a code');
  await untilTold(page, duo.laptop, 'server-away');
  await duo.signaling.start();
  // Somebody looking is a reason to try again at once.
  const [creator, joiner] = [await popup(duo.laptop), await popup(duo.desktop)];
  for (const { view } of [duo.laptop, duo.desktop]) {
    await view.until('the server again', ({ signaling }) => signaling.state === 'online');
  }
  await enterCode(joiner, await showCode(creator));
  await checkWords(joiner);
});
