import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { press, readable } from '../support/accessible.ts';
import { noise } from '../support/bytes.ts';
import { sha256, untilReceived } from '../support/downloads.ts';
import { drop } from '../support/drop.ts';
import { expectCalm, startPairedDuo, type PairedDuo, type Side } from '../support/duo.ts';
import { filePicker, untilHandedOver } from '../support/send-page.ts';
import { Follower, intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';
import { Screen } from '../support/xvfb.ts';

/** The browser's own question before a file is read again, answered by real keys. */

const MIB = 1024 * 1024;
/** It takes no keys while it appears, so that nobody answers it by mistake. */
const QUESTION_SHOWN_S = '1.5';
const missing = missingParts(['chromium', 'xvfb', 'xdotool', 'openbox']);

describe.skipIf(missing.length > 0)('after a restart', () => {
  let screen: Screen;
  let duo: PairedDuo;
  let laptop: Side;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallow-allow-'));
    screen = await Screen.start();
    duo = await startPairedDuo({
      launch: { window: { display: screen.display, x: 0, y: 0, width: 900, height: 900 } },
    });
    laptop = duo.laptop;
  });
  afterAll(async () => {
    expectCalm(laptop, duo.desktop);
    await laptop.browser.close();
    await Promise.all([duo.close(), rm(folder, { recursive: true })]);
    await screen.close();
  });

  it('the browser asks, and the file goes on once it is allowed', async () => {
    const bytes = noise('film', 65 * MIB);
    const path = join(folder, 'film.mkv');
    await writeFile(path, bytes);
    const page = await laptop.browser.open(`send.html?device=${duo.desktopId}`);
    await filePicker(page, 'Desktop');
    await drop(page, path);
    await press(page, 'button', 'Send');
    await untilHandedOver(page);
    const browser = await laptop.browser.restart();
    laptop = { browser, view: await Follower.open(browser) };
    const { transferId } = await laptop.view.until('the film to need a person', ({ transfers }) =>
      transfers.find(({ reason, state }) => state === 'needs-you' && reason === 'allow-file'),
    );
    await intend(laptop.browser, { type: 'open/sources', transferId });
    const target = await browser.browser.waitForTarget((one) => one.url().includes(transferId));
    const allowing = await target.asPage();
    await allowing.bringToFront();

    // The focus is on “Don't Allow”.
    await press(allowing, 'button', 'Allow');
    await answer('Return');
    await until('what to do instead', async () =>
      (await readable(allowing)).includes('Reading was not allowed'),
    );
    expect(await readable(allowing)).toContain('Choose again');
    await press(allowing, 'button', 'Allow');
    await answer('Tab', 'Return');
    await until('that it goes on', async () => (await readable(allowing)).includes('It goes on'));
    // What was allowed outlasts the page that asked.
    await allowing.close();
    await duo.desktop.view.until(
      'the offer',
      ({ transfers: [first] }) => first?.state === 'offered',
    );
    await intend(duo.desktop.browser, { type: 'transfer/decide', transferId, decision: 'accept' });
    const wanted = { sha256: sha256(bytes), size: bytes.length };
    await untilReceived(duo.desktop.browser.downloads, wanted);
  });

  /** Keys for the question that the browser shows. */
  async function answer(...keys: string[]): Promise<void> {
    await screen.xdotool('sleep', QUESTION_SHOWN_S, 'key', '--delay', '80', ...keys);
  }
});
