import { relative, sep } from 'node:path';
import * as v from 'valibot';
import { isSystemPart, type SystemPart } from '../system/parts.ts';

/** What of vitest's JSON report is read here. */
const Report = v.object({
  testResults: v.array(
    v.object({
      name: v.string(),
      status: v.string(),
      message: v.optional(v.string(), ''),
      assertionResults: v.array(
        v.object({ ancestorTitles: v.array(v.string()), title: v.string(), status: v.string() }),
      ),
    }),
  ),
});

/** One line of `tests/skips.json`: what may skip where `needs` is missing. No `test`: all of `file`. */
const Skips = v.array(
  v.strictObject({
    file: v.string(),
    test: v.optional(v.string()),
    needs: v.pipe(v.array(v.custom<SystemPart>(isPartName)), v.nonEmpty()),
  }),
);

export type AllowedSkip = v.InferOutput<typeof Skips>[number];

export interface TestName {
  /** From the root of the repository, with `/`. */
  readonly file: string;
  /** The titles from the outermost `describe` to the test, joined by ` > `. */
  readonly test: string;
}

export interface Tally {
  readonly passed: number;
  readonly failed: readonly TestName[];
  readonly skipped: readonly TestName[];
}

function isPartName(value: unknown): boolean {
  return typeof value === 'string' && isSystemPart(value);
}

export function readSkips(json: unknown): AllowedSkip[] {
  return v.parse(Skips, json);
}

/** Counts a JSON report of vitest. A file that could not even be loaded is one failure. */
export function tally(report: unknown, root: string): Tally {
  const passed: TestName[] = [];
  const failed: TestName[] = [];
  const skipped: TestName[] = [];
  for (const { name, status, assertionResults } of v.parse(Report, report).testResults) {
    const file = relative(root, name).split(sep).join('/');
    for (const { ancestorTitles, title, status: outcome } of assertionResults) {
      const test = { file, test: [...ancestorTitles, title].join(' > ') };
      if (outcome === 'passed') passed.push(test);
      else if (outcome === 'failed') failed.push(test);
      else skipped.push(test); // skipped, pending, todo: none of them was run
    }
    const silent = !assertionResults.some((result) => result.status === 'failed');
    if (status === 'failed' && silent) failed.push({ file, test: '(the file itself)' });
  }
  return { passed: passed.length, failed, skipped };
}

const List = v.array(v.object({ name: v.string(), file: v.string() }));

/** What `vitest list --json` names, all of it skipped: for tests that cannot even be started. */
export function tallyUnrun(list: unknown, root: string): Tally {
  const skipped = v
    .parse(List, list)
    .map(({ name, file }) => ({ file: relative(root, file).split(sep).join('/'), test: name }));
  return { passed: 0, failed: [], skipped };
}

/** The skips that are not on the list, or whose system part is there after all. */
export function refusedSkips(
  skipped: readonly TestName[],
  allowed: readonly AllowedSkip[],
  missing: readonly SystemPart[],
): TestName[] {
  return skipped.filter(
    ({ file, test }) =>
      !allowed.some(
        (skip) =>
          skip.file === file &&
          (skip.test === undefined || skip.test === test) &&
          skip.needs.some((part) => missing.includes(part)),
      ),
  );
}
