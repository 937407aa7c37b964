/** Shares in turns: our own, a plain connection, and our own without its frame encryption. */
import type { Page } from 'puppeteer';
import { setTimeout as pause } from 'node:timers/promises';
import type { PairedDuo } from '../tests/support/duo.ts';
import { cpuSeconds } from '../tests/support/processes.ts';
import { readClock } from './clock.ts';
import { OurShare } from './our-share.ts';
import { openPlainPage, PlainShare, type SharedTab, type ShownLine } from './plain-share.ts';
import { round } from './samples.ts';

/** The line's estimate and the encoder find their place; our own looks at them for four seconds. */
const SETTLE_MS = 5_000;
const CPU_MS = 8_000;
/** Apart from that: reading a picture back costs more than showing it. */
const GLASS_MS = 4_000;

export const WAYS = ['ours', 'plain', 'clear'] as const;
/** `clear`: our own with the frame encryption off. */
export type Way = (typeof WAYS)[number];

export interface Turn {
  readonly fps: number;
  /** CPU seconds a minute, of all processes of each browser. */
  readonly cpu: { readonly sharer: number; readonly viewer: number };
  /** Milliseconds from glass to glass, of each frame that was read. */
  readonly ages: readonly number[];
  readonly unread: number;
  readonly line: ShownLine;
}

export type Round = Readonly<Record<Way, Turn>>;

interface Plain extends SharedTab {
  readonly page: Page;
  /** Of the tab, in its own pixels. */
  readonly pageWidth: number;
}

interface Shown {
  readonly page: Page;
  line(): Promise<ShownLine>;
  stop(): Promise<void>;
}

export class ScreenTurns {
  readonly #duo: PairedDuo;
  readonly #tab: Page;
  readonly #plain: Plain;
  readonly #clicks: number[] = [];

  private constructor(duo: PairedDuo, tab: Page, plain: Plain) {
    this.#duo = duo;
    this.#tab = tab;
    this.#plain = plain;
  }

  /** @param tab the page with the clock */
  static async prepare(duo: PairedDuo, tab: Page): Promise<ScreenTurns> {
    const share = await OurShare.start(duo, tab, { frames: 'encrypted' });
    const place = await share.place();
    const { size } = await share.line();
    await share.stop();
    const pageWidth = await tab.evaluate(() => innerWidth);
    const page = await openPlainPage(duo.desktop.browser, place);
    return new ScreenTurns(duo, tab, { page, pageWidth, size, tabId: share.tabId });
  }

  /** From the click to the first frame, of each of our own turns so far. */
  get clicks(): readonly number[] {
    return this.#clicks;
  }

  /** The plain one is between the others, whose order changes: neighbours see the same weather. */
  async round(at: number): Promise<Round> {
    const order = at % 2 === 0 ? WAYS : WAYS.toReversed();
    const turns = new Map<Way, Turn>();
    for (const way of order) {
      const turn = await this.#turn(way);
      turns.set(way, turn);
      console.log(`  ${way.padEnd(5)} ${words(turn)}`);
    }
    const [ours, plain, clear] = WAYS.map((way) => turns.get(way));
    if (ours === undefined || plain === undefined || clear === undefined)
      throw new Error('a way that had no turn');
    assertSame(ours.line, plain.line);
    assertSame(ours.line, clear.line);
    return { ours, plain, clear };
  }

  async #turn(way: Way): Promise<Turn> {
    const shown = await this.#start(way);
    try {
      await pause(SETTLE_MS);
      const { fps, cpu } = await this.#cost(shown.page);
      const { ages, unread } = await readClock(shown.page, this.#plain.pageWidth, GLASS_MS);
      return { fps, cpu, ages, unread, line: await shown.line() };
    } finally {
      await shown.stop();
    }
  }

  async #start(way: Way): Promise<Shown> {
    if (way === 'plain') {
      const { page } = this.#plain;
      await this.#tab.bringToFront();
      return await PlainShare.start(this.#duo.laptop.browser, page, this.#plain);
    }
    const frames = way === 'ours' ? 'encrypted' : 'clear';
    const share = await OurShare.start(this.#duo, this.#tab, { frames });
    if (way === 'ours') this.#clicks.push(share.clickToFrameMs);
    return share;
  }

  async #cost(page: Page): Promise<Pick<Turn, 'fps' | 'cpu'>> {
    const { laptop, desktop } = this.#duo;
    const look = async () => ({
      ...(await page.evaluate(countFrames)),
      sharer: cpuSeconds(laptop.browser),
      viewer: cpuSeconds(desktop.browser),
      cpuAt: performance.now(),
    });
    const before = await look();
    await pause(CPU_MS);
    const after = await look();
    const minutes = (after.cpuAt - before.cpuAt) / 60_000;
    return {
      fps: (after.frames - before.frames) / ((after.at - before.at) / 1000),
      cpu: {
        sharer: (after.sharer - before.sharer) / minutes,
        viewer: (after.viewer - before.viewer) / minutes,
      },
    };
  }
}

/** Runs in the page. */
function countFrames(): { readonly frames: number; readonly at: number } {
  const { totalVideoFrames = 0, droppedVideoFrames = 0 } =
    document.querySelector('video')?.getVideoPlaybackQuality() ?? {};
  return { frames: totalVideoFrames - droppedVideoFrames, at: performance.now() };
}

/** What is compared is the same picture by the same encoder. */
function assertSame(a: ShownLine, b: ShownLine): void {
  const [one, other] = [a, b].map(lineWords);
  if (one !== other) throw new Error(`${one} is not ${other}`);
}

function lineWords({ codec, size }: ShownLine): string {
  return `${codec} ${size.width} × ${size.height}`;
}

/** The value below which this part of all lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = sorted[Math.ceil(part * sorted.length) - 1];
  if (at === undefined) throw new Error('nothing was measured');
  return at;
}

function words({ fps, cpu, ages, unread, line }: Turn): string {
  const glass = `${quantile(ages, 0.5)} and ${quantile(ages, 0.95)} ms`;
  const lost = unread === 0 ? '' : `, ${unread} unread`;
  return (
    `${round(fps)} fps, ${round(cpu.sharer)} + ${round(cpu.viewer)} CPU s a minute, ` +
    `${glass} of ${ages.length} frames${lost}, ${lineWords(line)}`
  );
}
