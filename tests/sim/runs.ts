import { describe, expect, it } from 'vitest';
import { planOf, type Plan } from './plan.ts';
import { simulate, type Outcome } from './run.ts';

/** So many in one test: enough that a report is short, few enough to see which it was. */
const RUNS_PER_TEST = 100;
/** Real hashing and sealing, on cores that other tests share. */
const TEST_MS = 120_000;
/** Lines of the trace in a report. */
const TRACE_LINES = 80;

/** One seed that is looked at: `SIM_SEED=17 npx vitest run tests/sim`. */
export const ONLY_SEED = process.env['SIM_SEED'];

/** Runs of the seeds from `first` on. Each ends as it must, or says how to see it again. */
export function simulatedRuns(first: number, count: number): void {
  describe(`${count} simulated runs from seed ${first}`, () => {
    const ends = new Map<string, number>();
    let again = 0;
    for (let from = first; from < first + count; from += RUNS_PER_TEST) {
      const to = Math.min(from + RUNS_PER_TEST, first + count);
      it(
        `[TR3][TR6][TR10][TR11][TR12][TR17] ${from} to ${to - 1}`,
        async () => {
          for (let seed = from; seed < to; seed++) {
            const outcome = await assertRun(seed);
            again += outcome.again;
            for (const [, state] of outcome.ends) ends.set(state, (ends.get(state) ?? 0) + 1);
          }
        },
        TEST_MS,
      );
    }

    it('and they came to many different ends, most of them good', () => {
      const all = [...ends.values()].reduce((sum, n) => sum + n, 0);
      const good = (ends.get('delivered') ?? 0) + (ends.get('saved') ?? 0);
      expect(good / all).toBeGreaterThan(0.6);
      expect(ends.size).toBeGreaterThan(5);
      expect(again, 'chunks that had to go again').toBeGreaterThan(count / 10);
    });
  });
}

/** @throws Error with the seed, the faults that it takes, and what happened */
export async function assertRun(seed: number): Promise<Outcome> {
  const plan = planOf(seed);
  const outcome = await simulate(plan);
  if (outcome.blames.length === 0) return outcome;
  const least = await shrunk(plan, outcome);
  const { blames, trace, ends } = await simulate(least, true);
  const faults = least.faults.map((fault) => `  ${JSON.stringify(fault)}`);
  throw new Error(
    [
      `SIM_SEED=${seed} npx vitest run tests/sim`,
      ...blames,
      `${least.faults.length} of ${plan.faults.length} faults are enough:`,
      ...faults,
      ...ends.map(([transfer, state]) => `${transfer}: ${state}`),
      ...trace.slice(-TRACE_LINES),
    ].join('\n'),
  );
}

/** The run without the faults that it does not take to go wrong in the same way. */
async function shrunk(plan: Plan, outcome: Outcome): Promise<Plan> {
  const kind = kindOf(outcome);
  let least = plan;
  for (const fault of plan.faults) {
    const without = { ...least, faults: least.faults.filter((each) => each !== fault) };
    if (kindOf(await simulate(without)) === kind) least = without;
  }
  return least;
}

/** What went wrong first, whichever transfer it was and in whichever step. */
function kindOf({ blames }: Outcome): string {
  return (blames[0] ?? '').replace(/[0-9a-f]{6,}|\d+/g, '#').replace(/:.*: /, ': ');
}
