/**
 * `npm test`, and with `--check` the part that needs no browser, with `--full` the long tests too.
 *
 * Everything runs even when something before it failed, so that one run shows all there is to mend;
 * only the browser tests need a build. The last line holds the counts. A failed step (format, lint,
 * a build…) counts as one failure beside the failed tests; a step that passes is not counted.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { argv, cwd, exit, stdout } from 'node:process';
import { ensureParts, missingParts, type SystemPart } from '../system/parts.ts';
import { commandOf, runNode } from './command.ts';
import {
  readSkips,
  refusedSkips,
  type Tally,
  tally,
  tallyUnrun,
  type TestName,
} from './results.ts';
import { BUILD_STEPS, STATIC_STEPS, type Step, type StepResult } from './steps.ts';

/** What the tests write: reports, screenshots, logs. Not committed. */
const ARTEFACTS = 'tests/.artefacts';

const BROWSER_PARTS: readonly SystemPart[] = ['chromium'];
/** Networks of our own, with routers and a relay in them. */
const LAB_PARTS: readonly SystemPart[] = [
  ...BROWSER_PARTS,
  ...(['iproute2', 'iptables', 'coturn', 'openssl', 'namespaces'] as const),
];
const ALL_PARTS: readonly SystemPart[] = [
  ...LAB_PARTS,
  ...(['xvfb', 'xdotool', 'openbox', 'pygobject', 'gtk'] as const),
];

/** The projects of vitest.config.ts; the limits only end what hangs. */
const PROJECTS = {
  core: { name: 'unit, contract and fuzz', timeoutMs: 15 * 60_000, output: 'kept' },
  e2e: { name: 'end to end', timeoutMs: 30 * 60_000, output: 'live' },
  full: { name: 'long tests', timeoutMs: 90 * 60_000, output: 'live' },
} as const;

type Project = keyof typeof PROJECTS;

const failedSteps: string[] = [];
const tallies: Tally[] = [];

async function runStep({ name, run }: Step): Promise<boolean> {
  const start = performance.now();
  const { ok, output, counted } = await run();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${ok ? '✓' : '✗'} ${name}  ${seconds} s`);
  if (!ok) {
    if (counted !== 'as tests') failedSteps.push(name);
    console.log(output.trimEnd());
  }
  return ok;
}

/** Keeps as many at work as there are cores, starting in the given order. */
async function runTogether(steps: readonly Step[]): Promise<boolean> {
  const waiting = [...steps];
  const worker = async (): Promise<boolean> => {
    let all = true;
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      all = (await runStep(step)) && all;
    }
    return all;
  };
  const results = await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results.every(Boolean);
}

async function runInOrder(steps: readonly Step[]): Promise<boolean> {
  let all = true;
  for (const step of steps) all = (await runStep(step)) && all;
  return all;
}

function testStep(project: Project): Step {
  const { name, timeoutMs, output } = PROJECTS[project];
  return {
    name,
    run: async (): Promise<StepResult> => {
      const report = join(ARTEFACTS, `results-${project}.json`);
      // A report of an earlier run must not be counted when this one dies before it writes.
      await rm(report, { force: true });
      const options = { timeoutMs, output, env: stdout.isTTY ? {} : { NO_COLOR: '1' } };
      // Without the browser not even their set-up can run: they are listed, and count as skipped.
      const unrun = project !== 'core' && missingParts(BROWSER_PARTS).length > 0;
      const result = await runNode(
        unrun
          ? [commandOf('vitest'), 'list', '--project', project, `--json=${report}`]
          : [
              ...[commandOf('vitest'), 'run', '--project', project, '--allowOnly=false'],
              ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
            ],
        options,
      );
      const counts = await readReport(report, unrun ? tallyUnrun : tally);
      if (counts === undefined) return { ok: false, output: `${result.output}\nno report` };
      tallies.push(counts);
      if (counts.passed + counts.failed.length + counts.skipped.length === 0) {
        return { ok: false, output: `${result.output}\nno test was found` };
      }
      // Without a failed test it is something else that went wrong: an error outside of any test.
      return counts.failed.length > 0 ? { ...result, counted: 'as tests' } : result;
    },
  };
}

async function readReport(file: string, count: typeof tally): Promise<Tally | undefined> {
  try {
    return count(JSON.parse(await readFile(file, 'utf8')), cwd());
  } catch {
    return undefined;
  }
}

function printNames(heading: string, names: readonly TestName[]): void {
  if (names.length === 0) return;
  console.log(`\n${heading}`);
  for (const { file, test } of names) console.log(`  ${file} > ${test}`);
}

async function close(): Promise<never> {
  const skipped = tallies.flatMap((counts) => counts.skipped);
  const failed = tallies.flatMap((counts) => counts.failed);
  const passed = tallies.reduce((sum, counts) => sum + counts.passed, 0);
  const allowed = readSkips(JSON.parse(await readFile('tests/skips.json', 'utf8')));
  const missing = missingParts(ALL_PARTS);
  const refused = refusedSkips(skipped, allowed, missing);
  if (passed + failed.length === 0) failedSteps.push('no test was run');

  printNames(`Skipped (missing on this machine: ${missing.join(', ') || 'nothing'}):`, skipped);
  printNames('Failed:', failed);
  printNames('Skipped, but not in tests/skips.json with a system part that is missing:', refused);
  if (failedSteps.length > 0) console.log(`\nFailed steps: ${failedSteps.join(', ')}`);

  const failures = failed.length + failedSteps.length + refused.length;
  const skips = skipped.length - refused.length;
  console.log(`\n${passed} passed, ${failures} failed, ${skips} skipped`);
  return exit(failures === 0 ? 0 : 1);
}

async function main(options: readonly string[]): Promise<never> {
  const unknown = options.filter((option) => option !== '--check' && option !== '--full');
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(' ')}. For single tests: npx vitest run PATH`);
    return exit(2);
  }
  await mkdir(ARTEFACTS, { recursive: true });
  await runTogether(STATIC_STEPS);
  await runStep(testStep('core'));
  if (options.includes('--check')) return close();

  const full = options.includes('--full');
  ensureParts(full ? ALL_PARTS : LAB_PARTS, (line) => console.log(line));
  const built = await runInOrder(BUILD_STEPS);
  for (const project of full ? (['e2e', 'full'] as const) : (['e2e'] as const)) {
    if (built) await runStep(testStep(project));
    else failedSteps.push(`${PROJECTS[project].name} (not run: no build)`);
  }
  return close();
}

await main(argv.slice(2));
