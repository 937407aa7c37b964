import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as v from 'valibot';

const Lock = v.object({
  packages: v.record(
    v.string(),
    v.object({
      version: v.optional(v.string()),
      resolved: v.optional(v.string()),
      dependencies: v.optional(v.record(v.string(), v.string()), {}),
      devDependencies: v.optional(v.record(v.string(), v.string()), {}),
      optionalDependencies: v.optional(v.record(v.string(), v.string()), {}),
    }),
  ),
});

const { packages } = v.parse(Lock, JSON.parse(readFileSync('package-lock.json', 'utf8')));

it('names the binaries of every platform: npm ci refuses a lock file that leaves one out', () => {
  const left = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
    ),
  );
  expect(left).toEqual([]);
});

it('asks for exact versions only', () => {
  const root = packages[''];
  const wanted = { ...root?.dependencies, ...root?.devDependencies, ...root?.optionalDependencies };
  expect(Object.keys(wanted).length).toBeGreaterThan(10);
  for (const version of Object.values(wanted)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

it('names no registry, so that everyone installs from theirs', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved?.startsWith('http'))).toEqual(
    [],
  );
});
