import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { kill } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { sha256 } from '../support/downloads.ts';
import { until, within } from '../support/wait.ts';
import { Screen } from '../support/xvfb.ts';

/** `npm start` as a person sees it: two windows, a right-click, Accept in the notification. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PICTURE = fileURLToPath(new URL('../../assets/sample/dusk.jpg', import.meta.url));
const START_TIMEOUT_MS = 90_000;
const END_TIMEOUT_MS = 15_000;
const SCREEN = { width: 1600, height: 1000 };

/** Inside the first picture of the sample page, and the notification's Accept at the lower right. */
const ON_PICTURE = { x: 240, y: 420 };
const ON_ACCEPT = { x: SCREEN.width - 320, y: SCREEN.height - 39 };

const missing = missingParts(['chromium', 'xvfb', 'xdotool', 'openbox']);

interface Demo {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function startDemo(display: string): Demo {
  let output = '';
  // Its own group, to which a terminal would send Ctrl-C.
  const child = spawn(process.execPath, ['scripts/launch.mjs', 'start'], {
    cwd: ROOT,
    env: { ...process.env, DISPLAY: display },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { process: child, output: () => output, ended };
}

describe.skipIf(missing.length > 0)('npm start', () => {
  let screen: Screen;
  let demo: Demo | undefined;

  beforeAll(async () => {
    screen = await Screen.start(SCREEN);
  });
  afterAll(async () => {
    if (demo?.process.exitCode === null) interrupt(demo);
    await demo?.ended;
    await screen.close();
  });

  function interrupt({ process: child }: Demo): void {
    if (child.pid !== undefined) kill(-child.pid, 'SIGINT');
  }

  async function openDemo(): Promise<Demo> {
    const started = startDemo(screen.display);
    demo = started;
    await until('the windows', () => started.output().includes('right-click a picture'), {
      timeoutMs: START_TIMEOUT_MS,
      describe: started.output,
    });
    return started;
  }

  it('a picture sent with the mouse and accepted in the notification is saved as it is', async () => {
    const started = await openDemo();
    const [laptop] = await until('the window Laptop', async () => {
      const found = await screen.windows('^Laptop ');
      return found.length > 0 && found;
    });
    await screen.xdotool('windowactivate', '--sync', String(laptop));
    await screen.rightClick(ON_PICTURE);
    await screen.menuKeys('Up', 'Up', 'Return');
    const saved = await until(
      'the line that names the saved file',
      async () => {
        // The notification slides in: the click counts once it is there.
        await screen.click(ON_ACCEPT);
        return /^Saved: (.*)$/mu.exec(started.output())?.[1];
      },
      { describe: started.output },
    );
    expect(sha256(await readFile(saved))).toBe(sha256(await readFile(PICTURE)));

    interrupt(started);
    expect(await within('the end after Ctrl-C', END_TIMEOUT_MS, started.ended)).toBe(0);
    await rm(dirname(dirname(dirname(saved))), { recursive: true });
  });

  it('ends when a window is closed', async () => {
    const started = await openDemo();
    const [desktop] = await screen.windows('^Desktop ');
    await screen.xdotool('windowactivate', '--sync', String(desktop), 'key', 'alt+F4');
    expect(await within('the end', END_TIMEOUT_MS, started.ended)).toBe(0);
  });
});
