/** A screen, a window manager, a mouse and keys for tests of what only real input can prove. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { until, within } from './wait.ts';

const run = promisify(execFile);
const START_TIMEOUT_MS = 15_000;

/** Chromium ignores menu keys that come faster than its menus open and animate. */
const MENU_OPEN_MS = 700;
const MENU_KEY_MS = 80;

export class Screen {
  readonly display: string;
  readonly #children: readonly ChildProcess[];

  private constructor(display: string, children: readonly ChildProcess[]) {
    this.display = display;
    this.#children = children;
  }

  /** Starts Xvfb on a display that it finds free itself, and openbox in it. */
  static async start({ width = 1600, height = 1000 } = {}): Promise<Screen> {
    // Without `-noreset` the server starts anew when its last client leaves: a question asked before
    // openbox is there would throw openbox out.
    const server = spawn(
      'Xvfb',
      ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-noreset'],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
    );
    const display = `:${await within('Xvfb', START_TIMEOUT_MS, firstLine(server))}`;
    const manager = spawn('openbox', [], {
      stdio: 'ignore',
      env: { ...process.env, DISPLAY: display },
    });
    const screen = new Screen(display, [manager, server]);
    // openbox answers to this property as soon as it manages windows.
    await until('the window manager', () =>
      screen.xdotool('get_num_desktops').then(
        () => true,
        () => false,
      ),
    );
    return screen;
  }

  async xdotool(...args: string[]): Promise<string> {
    const { stdout } = await run('xdotool', args, {
      env: { ...process.env, DISPLAY: this.display },
    });
    return stdout.trim();
  }

  async rightClick(point: Point): Promise<void> {
    await this.xdotool('mousemove', String(point.x), String(point.y), 'click', '3');
  }

  async click(point: Point): Promise<void> {
    await this.xdotool('mousemove', String(point.x), String(point.y), 'click', '1');
  }

  /** Keys in an open menu, at the pace at which menus take them. */
  async menuKeys(...keys: string[]): Promise<void> {
    await this.xdotool(
      'sleep',
      String(MENU_OPEN_MS / 1000),
      'key',
      '--delay',
      String(MENU_KEY_MS),
      ...keys,
    );
  }

  /** Presses at `from`, moves to `to` in steps as a hand does, lets go there. */
  async drag(from: Point, to: Point): Promise<void> {
    const STEPS = 12;
    const moves = Array.from({ length: STEPS }, (_, step) => {
      const part = (step + 1) / STEPS;
      const x = Math.round(from.x + (to.x - from.x) * part);
      const y = Math.round(from.y + (to.y - from.y) * part);
      return ['mousemove', String(x), String(y), 'sleep', '0.05'];
    }).flat();
    // A hand is never quite still; without a last movement nobody is asked about the last place.
    const trembling = [1, -1, 1, -1].flatMap((step) => {
      return ['mousemove_relative', '--', String(step), '0', 'sleep', '0.15'];
    });
    await this.xdotool(
      ...['mousemove', String(from.x), String(from.y), 'sleep', '0.2', 'mousedown', '1'],
      ...['sleep', '0.2', ...moves, ...trembling, 'mouseup', '1'],
    );
  }

  /** Ids of the visible windows whose title matches. */
  async windows(title: string): Promise<string[]> {
    const found = await this.xdotool('search', '--onlyvisible', '--name', title).catch(() => '');
    return found === '' ? [] : found.split('\n');
  }

  /** A place in a window on the screen. @param part of its width and height, from 0 to 1 */
  async within(window: string, part: Point): Promise<Point> {
    const shell = await this.xdotool('getwindowgeometry', '--shell', window);
    const of = (name: string) => Number(new RegExp(`^${name}=(-?\\d+)$`, 'm').exec(shell)?.[1]);
    return {
      x: Math.round(of('X') + part.x * of('WIDTH')),
      y: Math.round(of('Y') + part.y * of('HEIGHT')),
    };
  }

  async screenshot(path: string): Promise<void> {
    await run('scrot', ['--overwrite', path], { env: { ...process.env, DISPLAY: this.display } });
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill();
      await ended;
    }
  }
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

function firstLine(server: ChildProcess): Promise<string> {
  const output = server.stdio[3] as Readable;
  return new Promise<string>((resolve, reject) => {
    let text = '';
    output.setEncoding('utf8');
    output.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.trim());
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
  });
}
