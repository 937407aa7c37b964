import { commandOf, type CommandOptions, type CommandResult, runNode } from './command.ts';
import { PRODUCT, TEST, TEST_CAPTURE, TEST_GRANTED } from '../../tests/support/builds.ts';
import { buildExtension } from './build.ts';

export interface StepResult extends CommandResult {
  /** Set where the failure shows in the counts of tests already. */
  readonly counted?: 'as tests';
}

/** One thing that a run does: a line of its own in what is printed. */
export interface Step {
  readonly name: string;
  readonly run: () => Promise<StepResult>;
}

/** None of these takes a minute on two cores; the limit only ends what hangs. */
const SHORT: CommandOptions = { timeoutMs: 3 * 60_000 };

const TSCONFIGS = ['tsconfig.pure.json', 'tsconfig.app.json', 'tsconfig.json'] as const;

/** Needs no browser and no build. In order of length, so that two cores finish together. */
export const STATIC_STEPS: readonly Step[] = [
  {
    name: 'format',
    run: () => runNode([commandOf('prettier'), '--check', '--log-level', 'warn', '.'], SHORT),
  },
  {
    name: 'types',
    // `wxt prepare` writes the `.wxt` folder whose types the app's configuration includes.
    run: () =>
      inTurn([
        [commandOf('wxt'), 'prepare'],
        ...TSCONFIGS.map((config) => [commandOf('typescript', 'tsc'), '-p', config]),
      ]),
  },
  {
    name: 'lint',
    run: () =>
      inTurn([
        [
          commandOf('oxlint'),
          '--type-aware',
          '--deny-warnings',
          '--report-unused-disable-directives',
          '--format=unix',
        ],
        ['scripts/checks/import-zones.ts'],
      ]),
  },
  { name: 'unused code', run: () => runNode([commandOf('knip')], SHORT) },
];

/** The real build, the three that tests load, and Firefox, which must at least compile. */
export const BUILD_STEPS: readonly Step[] = [
  { name: 'build for Chromium', run: () => buildExtension(PRODUCT) },
  { name: 'build for tests', run: () => buildExtension(TEST) },
  { name: 'build for tests, a site granted', run: () => buildExtension(TEST_GRANTED) },
  { name: 'build for tests, tabs granted', run: () => buildExtension(TEST_CAPTURE) },
  { name: 'build for Firefox', run: () => buildExtension({ browser: 'firefox' }) },
  {
    name: 'bundle sizes',
    run: () => runNode(['scripts/checks/bundle-size.ts'], SHORT),
  },
];

/** Runs commands one after the other, all of them: a failure must not hide the next. */
async function inTurn(commands: readonly (readonly string[])[]): Promise<CommandResult> {
  const results: CommandResult[] = [];
  for (const command of commands) results.push(await runNode(command, SHORT));
  return {
    ok: results.every(({ ok }) => ok),
    output: results
      .filter(({ ok }) => !ok)
      .map(({ output }) => output)
      .join('\n'),
  };
}
