/** `npm start`: two browsers, paired, and a picture to send. `--headless` sends it by itself. */
import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { RECEIVED_FOLDER, receivedFiles } from '../../tests/support/downloads.ts';
import { sendByItself } from './headless.ts';
import { readOptions, type DemoOptions } from './options.ts';
import { Cleanups, setStage, type Stage } from './stage.ts';

function say(line: string): void {
  console.log(line);
}

/** Shows the sample page and what arrives, until a window is closed. */
async function showWindows({ laptop, desktop, siteOrigin }: Stage): Promise<void> {
  const closed = Promise.race(
    [laptop, desktop].map(
      ({ browser }) =>
        new Promise<void>((resolve) => browser.once('disconnected', () => resolve())),
    ),
  );
  await Promise.all([
    desktop.showOnly(`${siteOrigin}/desktop.html`),
    laptop.showOnly(`${siteOrigin}/`),
  ]);
  say('');
  say('In the window “Laptop”, right-click a picture and choose “Send image to Desktop”.');
  say('Then press Accept in the notification of “Desktop”. Ctrl-C, or closing a window, ends it.');

  const folder = join(desktop.downloads, RECEIVED_FOLDER);
  await mkdir(folder, { recursive: true });
  const told = new Set<string>();
  const watcher = watch(folder, () => {
    void receivedFiles(desktop.downloads).then((names) => {
      for (const name of names.filter((candidate) => !told.has(candidate))) {
        told.add(name);
        say(`Saved: ${join(folder, name)}`);
      }
    });
  });
  await closed;
  watcher.close();
}

async function play({ headless, json }: DemoOptions, cleanups: Cleanups): Promise<number> {
  const stage = await setStage(!headless, cleanups, say);
  if (!headless) {
    await showWindows(stage);
    return 0;
  }
  const result = await sendByItself(stage, say);
  const good = result.delivered && result.sha256Match;
  say(good ? 'Delivered, and the same on both ends.' : 'NOT delivered as sent.');
  if (json) atTheEnd = JSON.stringify(result);
  return good ? 0 : 1;
}

/** Ctrl-C ends the demo at any moment, as closing a window does: that is how one leaves it. */
function interruption(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve(options.headless ? 130 : 0));
    }
  });
}

function optionsOrExit(): DemoOptions {
  try {
    return readOptions(argv.slice(2));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\nnpm start [-- --headless] [--json]`);
    exit(2);
  }
}

const options = optionsOrExit();
const cleanups = new Cleanups();
let atTheEnd = '';
let code = 1;
try {
  code = await Promise.race([play(options, cleanups), interruption()]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
await cleanups.run();
if (atTheEnd !== '') console.log(atTheEnd);
// What an interrupted beginning left under way must not keep the process.
exit(code);
