import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readSkips } from '../../../scripts/tasks/results.ts';

const listed = readSkips(JSON.parse(readFileSync('tests/skips.json', 'utf8')));
const browserTests = globSync('tests/{e2e,full}/**/*.test.ts').map((f) => f.replaceAll('\\', '/'));

it('lists every browser test for where there is no Chromium', () => {
  const files = listed.filter(({ needs }) => needs.includes('chromium')).map(({ file }) => file);
  expect([...new Set(files)].toSorted()).toEqual(browserTests.toSorted());
});

it('lets no other test skip', () => {
  expect(listed.filter(({ file }) => !browserTests.includes(file))).toEqual([]);
});
