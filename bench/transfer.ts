/**
 * `npm run bench:transfer [-- --only NAME…] [--json FILE]`: the transfer engine against bare data
 * channels, over a long way, with many small files, after a break, and what it takes.
 *
 * Ratios are medians over pairs of neighbouring runs, with their 95 % bootstrap interval; a mark is
 * met when the interval reaches it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { parseArgs } from 'node:util';
import { ensureParts } from '../scripts/system/parts.ts';
import { setRule, startPairedDuo, type PairedDuo } from '../tests/support/duo.ts';
import { estimate, type Estimate } from './bootstrap.ts';
import { type Mark, printEstimates } from './marks.ts';
import { round } from './samples.ts';
import { clickRatios, cpuPerGiB, cpuRatios, directRounds, rateRatios } from './transfer-direct.ts';
import { measureGrowth } from './transfer-growth.ts';
import { measureRelay } from './transfer-relay.ts';
import { measureResume } from './transfer-resume.ts';
import { measureSmall, type SmallRun } from './transfer-small.ts';

/** Pairs of neighbouring runs for a ratio. */
const PAIRS = 16;
const SMALL_RUNS = 5;

/** What each figure is held against, and what it is. */
const MARKS = {
  ratioOneLane: { least: 0.95, says: 'engine, one lane, over a bare channel' },
  ratioAdaptive: { least: 0.95, says: 'the same with adaptive lanes' },
  cpuRatio: { most: 1.15, says: 'CPU seconds a byte, all processes, over a bare channel' },
  relay50Ratio: { least: 2.5, says: 'adaptive over one lane, relay, 50 ms' },
  relay100Ratio: { least: 2.8, says: 'adaptive over one lane, relay, 100 ms' },
  smallFilesPerSecond: { least: 300, says: '2,000 files of 1–20 KiB, to stored' },
  resumeFirstChunkMs: { most: 100, says: 'from a new session to its first missing chunk' },
  sentTwiceMiB: { most: 16, says: 'sent twice after a break, MiB, the worst' },
  cpuSecondsPerGiBSender: { says: 'CPU seconds for a GiB, all processes of the sender' },
  cpuSecondsPerGiBReceiver: { says: 'the same of the receiver' },
  growthMB512: { most: 120, says: "a renderer's growth over 512 MiB, MB, the larger side" },
  growthMB1024: { most: 120, says: 'the same over 1 GiB' },
} as const satisfies Record<string, Mark>;

type Figure = keyof typeof MARKS;
const FIGURES = Object.keys(MARKS) as Figure[];

class TransferBench {
  readonly #folder: string;
  readonly #wanted: ReadonlySet<Figure>;
  readonly #found = new Map<Figure, Estimate>();
  readonly #details: Record<string, unknown> = {};

  constructor(folder: string, wanted: ReadonlySet<Figure>) {
    this.#folder = folder;
    this.#wanted = wanted;
  }

  get found(): ReadonlyMap<Figure, Estimate> {
    return this.#found;
  }

  get details(): Readonly<Record<string, unknown>> {
    return this.#details;
  }

  async run(): Promise<void> {
    if (
      this.#wants(
        'ratioOneLane',
        'ratioAdaptive',
        'cpuRatio',
        'cpuSecondsPerGiBSender',
        'cpuSecondsPerGiBReceiver',
      )
    )
      await this.#withDuo((duo) => this.#direct(duo));
    if (this.#wants('relay50Ratio')) await this.#relay('relay50Ratio', 50);
    if (this.#wants('relay100Ratio')) await this.#relay('relay100Ratio', 100);
    if (this.#wants('smallFilesPerSecond')) await this.#small();
    if (this.#wants('resumeFirstChunkMs', 'sentTwiceMiB'))
      await this.#withDuo((duo) => this.#resume(duo));
    if (this.#wants('growthMB512')) await this.#growth('growthMB512', 512);
    if (this.#wants('growthMB1024')) await this.#growth('growthMB1024', 1024);
  }

  #wants(...figures: readonly Figure[]): boolean {
    return figures.some((figure) => this.#wanted.has(figure));
  }

  #add(figure: Figure, values: readonly number[]): void {
    this.#found.set(figure, estimate(values));
  }

  async #withDuo(measure: (duo: PairedDuo) => Promise<void>): Promise<void> {
    const duo = await startPairedDuo();
    try {
      await setRule(duo.desktop, duo.laptopId, 'always');
      await measure(duo);
    } finally {
      await duo.close();
    }
  }

  async #direct(duo: PairedDuo): Promise<void> {
    if (this.#wants('ratioOneLane')) {
      const one = await directRounds(duo, this.#folder, 1, PAIRS);
      this.#add('ratioOneLane', rateRatios(one));
      this.#details['cpuRatioOneLane'] = estimate(cpuRatios(one));
      this.#details['oneLane'] = one;
    }
    const rounds = await directRounds(duo, this.#folder, null, PAIRS);
    this.#add('ratioAdaptive', rateRatios(rounds));
    this.#add('cpuRatio', cpuRatios(rounds));
    this.#add('cpuSecondsPerGiBSender', [cpuPerGiB(rounds, 'sender', 'ours')]);
    this.#add('cpuSecondsPerGiBReceiver', [cpuPerGiB(rounds, 'receiver', 'ours')]);
    this.#details['cpuRatioFromClick'] = estimate(clickRatios(rounds));
    this.#details['rawCpuSecondsPerGiB'] = {
      sender: cpuPerGiB(rounds, 'sender', 'raw'),
      receiver: cpuPerGiB(rounds, 'receiver', 'raw'),
    };
    this.#details['adaptive'] = rounds;
  }

  async #relay(figure: 'relay50Ratio' | 'relay100Ratio', ms: number): Promise<void> {
    const { ratios, ...rest } = await measureRelay(ms, this.#folder);
    this.#add(figure, ratios);
    this.#details[`relay${ms}`] = rest;
  }

  async #small(): Promise<void> {
    const runs: SmallRun[] = [];
    for (let run = 0; run < SMALL_RUNS; run += 1) {
      await this.#withDuo(async (duo) => void runs.push(await measureSmall(duo, this.#folder)));
    }
    this.#add(
      'smallFilesPerSecond',
      runs.map(({ stored }) => stored),
    );
    this.#details['smallFiles'] = {
      fromClick: estimate(runs.map(({ fromClick }) => fromClick)),
      saved: estimate(runs.map(({ saved }) => saved)),
    };
  }

  async #resume(duo: PairedDuo): Promise<void> {
    const { firstChunkMs, reconnectMs, sentTwiceMiB } = await measureResume(duo, this.#folder);
    this.#add('resumeFirstChunkMs', firstChunkMs);
    this.#add('sentTwiceMiB', [Math.max(...sentTwiceMiB)]);
    this.#details['resume'] = { reconnectMs: estimate(reconnectMs), sentTwiceMiB };
  }

  /** In browsers of its own: what an earlier file left behind would hide growth. */
  async #growth(figure: 'growthMB512' | 'growthMB1024', mib: number): Promise<void> {
    await this.#withDuo(async (duo) => {
      const growth = await measureGrowth(duo, this.#folder, mib);
      this.#add(figure, [Math.max(growth.senderMB, growth.receiverMB)]);
      this.#details[figure] = growth;
    });
  }
}

const { values, positionals } = parseArgs({
  args: argv.slice(2),
  options: { json: { type: 'string' }, only: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const named = [...(values.only ?? []), ...positionals];
const unknown = named.filter((name) => !Object.hasOwn(MARKS, name));
if (unknown.length > 0) throw new Error(`no such figure: ${unknown.join(', ')}`);
const wanted = named.length === 0 ? FIGURES : (named as Figure[]);
const missing = ensureParts(['chromium', 'coturn'], console.log);
if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`);
const folder = await mkdtemp(join(tmpdir(), 'tallow-bench-'));
try {
  const bench = new TransferBench(folder, new Set(wanted));
  await bench.run();
  printEstimates<Figure>(MARKS, bench.found);
  if (values.json !== undefined) {
    const figures = Object.fromEntries(
      [...bench.found].map(([figure, { median }]) => [figure, round(median)]),
    );
    const intervals = Object.fromEntries(bench.found);
    const all = { ...figures, intervals, details: bench.details };
    await writeFile(values.json, `${JSON.stringify(all)}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
