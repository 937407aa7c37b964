import { describe, expect, it } from 'vitest';
import { readSkips, refusedSkips, tally } from '../../../scripts/tasks/results.ts';

function report(
  tests: Record<string, readonly [titles: string, status: string][]>,
  broken: readonly string[] = [],
): unknown {
  const file = (name: string, results: readonly [string, string][]) => ({
    name: `/repo/${name}`,
    status: broken.includes(name) || results.some(([, s]) => s === 'failed') ? 'failed' : 'passed',
    message: '',
    assertionResults: results.map(([titles, status]) => {
      const all = titles.split(' > ');
      return { ancestorTitles: all.slice(0, -1), title: all.at(-1), status };
    }),
  });
  return { testResults: Object.entries(tests).map(([name, results]) => file(name, results)) };
}

describe('the counts', () => {
  it('take skipped, todo and pending tests all as skipped', () => {
    const counts = tally(
      report({
        'tests/a.test.ts': [
          ['one', 'passed'],
          ['group > two', 'failed'],
          ['three', 'skipped'],
          ['four', 'todo'],
          ['five', 'pending'],
        ],
      }),
      '/repo',
    );
    expect(counts.passed).toBe(1);
    expect(counts.failed).toEqual([{ file: 'tests/a.test.ts', test: 'group > two' }]);
    expect(counts.skipped.map(({ test }) => test)).toEqual(['three', 'four', 'five']);
  });

  it('take a file that does not load as a failure', () => {
    const counts = tally(report({ 'tests/a.test.ts': [] }, ['tests/a.test.ts']), '/repo');
    expect(counts.failed).toHaveLength(1);
  });

  it('take a file that fails outside of its passing tests as a failure', () => {
    const broken = report({ 'tests/a.test.ts': [['one', 'passed']] }, ['tests/a.test.ts']);
    expect(tally(broken, '/repo').failed).toHaveLength(1);
  });

  it('refuse a report of another shape', () => {
    expect(() => tally({ success: true }, '/repo')).toThrow();
  });
});

describe('a skip', () => {
  const mouse = { file: 'tests/full/mouse.test.ts', test: 'right click > sends' };

  it('passes when it is listed and its part is missing', () => {
    const listed = readSkips([{ ...mouse, needs: ['xdotool'] }]);
    expect(refusedSkips([mouse], listed, ['xdotool'])).toEqual([]);
  });

  it('passes when its whole file is listed', () => {
    const listed = readSkips([{ file: mouse.file, needs: ['xvfb', 'xdotool'] }]);
    expect(refusedSkips([mouse], listed, ['xdotool'])).toEqual([]);
  });

  it('is refused when its part is there after all', () => {
    const listed = readSkips([{ ...mouse, needs: ['xdotool'] }]);
    expect(refusedSkips([mouse], listed, [])).toEqual([mouse]);
    expect(refusedSkips([mouse], listed, ['openbox'])).toEqual([mouse]);
  });

  it('is refused when it is not listed, whatever is missing', () => {
    const listed = readSkips([{ ...mouse, test: 'another', needs: ['xdotool'] }]);
    expect(refusedSkips([mouse], listed, ['xdotool'])).toEqual([mouse]);
    expect(refusedSkips([mouse], [], ['xdotool'])).toEqual([mouse]);
  });

  it('cannot be listed without a part of the system that we know', () => {
    expect(() => readSkips([{ ...mouse, needs: [] }])).toThrow();
    expect(() => readSkips([{ ...mouse, needs: ['patience'] }])).toThrow();
    expect(() => readSkips([{ file: mouse.file }])).toThrow();
  });
});
