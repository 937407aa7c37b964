/**
 * `npm run bench:screen [-- --rounds N] [--json FILE]`: sharing a tab, from the click to the first
 * frame, and beside a plain peer connection of the same tab, in turns: from glass to glass, frames a
 * second, CPU seconds of all processes.
 *
 * Ratios are medians over pairs of neighbouring turns, with their 95 % bootstrap interval; a mark is
 * met when the interval reaches it.
 */
import { writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { parseArgs } from 'node:util';
import type { Page } from 'puppeteer';
import { ensureParts } from '../scripts/system/parts.ts';
import type { PairedDuo } from '../tests/support/duo.ts';
import { startShareDuo } from '../tests/support/shares.ts';
import { startSites } from '../tests/support/sites.ts';
import { intend } from '../tests/support/snapshot.ts';
import { estimate, type Estimate, median } from './bootstrap.ts';
import { clockPage } from './clock.ts';
import { type Mark, printEstimates } from './marks.ts';
import { OurShare } from './our-share.ts';
import { round } from './samples.ts';
import { quantile, ScreenTurns, type Round, type Turn, type Way } from './screen-turns.ts';

const ROUNDS = 6;
/** Rounds that may come to nothing before a measurement does: a busy machine makes smaller pictures. */
const BROKEN_ROUNDS = 2;
const COLD_CLICKS = 3;
/** Beside those of the rounds; a device may be offered ten shares in a minute ([SH8]). */
const WARM_CLICKS = 4;
/** What a person looks at, in a window that is no smaller than most. */
const WINDOW = '--window-size=1280,800';
const TITLE = 'A clock';

/** What each figure is held against, and what it is. */
const MARKS = {
  clickToFrameMs: { most: 1_500, says: 'click to the first frame shown, session open' },
  glassRatioP50: { most: 1.3, says: 'glass to glass over a plain connection, medians' },
  glassRatioP95: { most: 1.3, says: 'the same, 95th percentiles' },
  fpsRatio: { least: 0.95, says: 'frames a second over a plain connection' },
  cpuOverheadPercent: { most: 5, says: 'CPU seconds more than a plain connection, all processes' },
} as const satisfies Record<string, Mark>;

type Figure = keyof typeof MARKS;

interface Measured {
  readonly cold: readonly number[];
  readonly warm: readonly number[];
  readonly rounds: readonly Round[];
}

async function measure(count: number): Promise<Measured> {
  const [duo, sites] = [await startShareDuo({ launch: { args: [WINDOW] } }), await startSites()];
  try {
    await intend(duo.desktop.browser, {
      ...{ type: 'device/share-rule', deviceId: duo.laptopId, rule: 'always' },
    });
    const body = Buffer.from(clockPage(TITLE));
    const url = sites.page.serve('/clock', { type: 'text/html; charset=utf-8', body });
    const tab = await duo.laptop.browser.openUrl(url);
    const cold: number[] = [];
    for (let run = 0; run < COLD_CLICKS; run += 1) {
      // No session and no document to hold one, on either side.
      await Promise.all([duo.laptop, duo.desktop].map(({ browser }) => browser.closeOffscreen()));
      cold.push(await click(duo, tab));
    }
    const warm: number[] = [];
    for (let run = 0; run < WARM_CLICKS; run += 1) warm.push(await click(duo, tab));
    console.log(`  click to frame: cold ${said(cold)}, warm ${said(warm)} ms`);
    const turns = await ScreenTurns.prepare(duo, tab);
    const rounds: Round[] = [];
    for (let broken = 0; rounds.length < count;) {
      try {
        rounds.push(await turns.round(rounds.length));
      } catch (error) {
        broken += 1;
        if (broken > BROKEN_ROUNDS) throw error;
        console.log(`  a round that does not count: ${String(error)}`);
      }
    }
    console.log(`  click to frame: warm ${said(turns.clicks)} ms`);
    return { cold, warm: [...warm, ...turns.clicks], rounds };
  } finally {
    await Promise.all([duo.close(), sites.close()]);
  }
}

async function click(duo: PairedDuo, tab: Page): Promise<number> {
  const share = await OurShare.start(duo, tab, { frames: 'encrypted' });
  await share.stop();
  return share.clickToFrameMs;
}

function said(values: readonly number[]): string {
  return values.map((value) => Math.round(value)).join(' ');
}

function cpuOf({ cpu }: Turn): number {
  return cpu.sharer + cpu.viewer;
}

function percentMore(rounds: readonly Round[], of: Way, over: Way, cost = cpuOf): number[] {
  return rounds.map((each) => (cost(each[of]) / cost(each[over]) - 1) * 100);
}

function glassRatios(rounds: readonly Round[], part: number): number[] {
  return rounds.map(({ ours, plain }) => quantile(ours.ages, part) / quantile(plain.ages, part));
}

function figuresOf({ warm, rounds }: Measured): Map<Figure, Estimate> {
  return new Map<Figure, Estimate>([
    ['clickToFrameMs', estimate(warm)],
    ['glassRatioP50', estimate(glassRatios(rounds, 0.5))],
    ['glassRatioP95', estimate(glassRatios(rounds, 0.95))],
    ['fpsRatio', estimate(rounds.map(({ ours, plain }) => ours.fps / plain.fps))],
    ['cpuOverheadPercent', estimate(percentMore(rounds, 'ours', 'plain'))],
  ]);
}

/** The figures of one way by themselves, medians over its turns. */
function wayOf(rounds: readonly Round[], way: Way) {
  const turns = rounds.map((each) => each[way]);
  const of = (value: (turn: Turn) => number) => round(median(turns.map(value)));
  return {
    fps: of(({ fps }) => fps),
    cpuSharer: of(({ cpu }) => cpu.sharer),
    cpuViewer: of(({ cpu }) => cpu.viewer),
    glassP50: of(({ ages }) => quantile(ages, 0.5)),
    glassP95: of(({ ages }) => quantile(ages, 0.95)),
    unread: turns.reduce((sum, { unread }) => sum + unread, 0),
    line: turns[0]?.line,
  };
}

function detailsOf({ cold, warm, rounds }: Measured) {
  const perFrame = (turn: Turn) => cpuOf(turn) / turn.fps;
  return {
    coldClickToFrameMs: estimate(cold),
    clicks: { cold, warm },
    ours: wayOf(rounds, 'ours'),
    plain: wayOf(rounds, 'plain'),
    clear: wayOf(rounds, 'clear'),
    /** What encrypting frames costs alone: beside our own share without it. */
    encryptionPercent: estimate(percentMore(rounds, 'ours', 'clear')),
    /** And what all else costs that a plain connection does not have. */
    restPercent: estimate(percentMore(rounds, 'clear', 'plain')),
    cpuOverheadPercentPerFrame: estimate(percentMore(rounds, 'ours', 'plain', perFrame)),
    rounds: rounds.map(({ ours, plain, clear }) => ({
      ...{ ours: brief(ours), plain: brief(plain), clear: brief(clear) },
    })),
  };
}

function brief({ fps, cpu, ages, unread }: Turn) {
  const [p50, p95] = [quantile(ages, 0.5), quantile(ages, 0.95)];
  return { fps: round(fps), cpu, glass: { p50, p95, frames: ages.length, unread } };
}

const { values } = parseArgs({
  args: argv.slice(2),
  options: { json: { type: 'string' }, rounds: { type: 'string', default: String(ROUNDS) } },
});
const count = Number(values.rounds);
if (!Number.isInteger(count) || count < 1) throw new Error('--rounds: a number from 1 on');
if (ensureParts(['chromium'], console.log).length > 0) throw new Error('no Chromium found');
const measured = await measure(count);
const found = figuresOf(measured);
const details = detailsOf(measured);
printEstimates<Figure>(MARKS, found);
for (const way of ['ours', 'plain', 'clear'] as const) {
  const { fps, cpuSharer, cpuViewer, glassP50, glassP95, unread } = details[way];
  console.log(
    `${way.padEnd(5)} ${fps} fps, ${cpuSharer} + ${cpuViewer} CPU s a minute, ` +
      `${glassP50} and ${glassP95} ms, ${unread} frames unread`,
  );
}
const { encryptionPercent, restPercent, coldClickToFrameMs } = details;
console.log(
  `encrypting frames costs ${interval(encryptionPercent)} %, all else ${interval(restPercent)} %; ` +
    `cold ${Math.round(coldClickToFrameMs.median)} ms`,
);
if (values.json !== undefined) {
  const figures = Object.fromEntries([...found].map(([name, { median: of }]) => [name, round(of)]));
  const all = { ...figures, intervals: Object.fromEntries(found), details };
  await writeFile(values.json, `${JSON.stringify(all)}\n`);
}

function interval({ median: middle, low, high }: Estimate): string {
  return `${round(middle)} (${round(low)} – ${round(high)})`;
}
