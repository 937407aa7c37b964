/**
 * Who may import whom. Imports run one way (docs/ARCHITECTURE.md); a room that is not named here
 * may not exist. Tests, scripts and benches stand outside and may import anything.
 */
import { readFileSync, globSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { parseSync } from 'vite';

interface Zone {
  /** Path prefixes of the files in it. The first zone that fits a file is its zone. */
  readonly files: readonly string[];
  /** Path prefixes of our own files that it may import, beside those of its own zone. */
  readonly mayImport: readonly string[];
  /** Packages that it may import: whole names, or a scope ending in `/`. */
  readonly packages: readonly string[] | 'browser' | 'any';
  readonly why: string;
}

const ERRORS = ['lib/errors/'] as const;
const FOUNDATION = [
  'lib/protocol/',
  'lib/crypto/',
  'lib/signaling/',
  'lib/ice/',
  'lib/log/',
] as const;
const MACHINES = ['lib/session/', 'lib/transfer/', 'lib/devices/', 'lib/share/'] as const;
const PURE = [...ERRORS, ...FOUNDATION, ...MACHINES] as const;
const ADAPTERS = [
  ...['lib/rtc/', 'lib/capture/', 'lib/files/', 'lib/messaging/'],
  ...['lib/storage/', 'lib/platform/', 'lib/ui/'],
] as const;
/** The adapters that speak with the browser's extension APIs. */
const BROWSER_ADAPTERS = ['lib/messaging/', 'lib/storage/', 'lib/platform/'] as const;
const BROWSER = 'lib/browser/';
/** What views see and say: the contract between messaging and ui, whose code do not meet. */
const VIEW_CONTRACT = ['lib/messaging/snapshot.ts', 'lib/messaging/intents.ts'] as const;

/** Packages that only Node can run: they must never reach a bundle. */
const NODE_ONLY = ['socket.io', 'pino'] as const;
const PURE_PACKAGES = ['@noble/', 'valibot', 'socket.io-client'] as const;

const PURE_WHY =
  'pure rooms run anywhere: no browser, no Node, no adapter; take what you need as a port';
const ADAPTER_WHY =
  'adapters do not know each other: entrypoints join them, and what both need is a pure room';

export const ZONES: readonly Zone[] = [
  { files: ERRORS, mayImport: [], packages: [], why: 'errors is what everything else stands on' },
  { files: FOUNDATION, mayImport: ERRORS, packages: PURE_PACKAGES, why: PURE_WHY },
  {
    files: MACHINES,
    mayImport: [...ERRORS, ...FOUNDATION],
    packages: PURE_PACKAGES,
    why: PURE_WHY,
  },
  {
    files: [BROWSER],
    mayImport: [],
    packages: ['webextension-polyfill'],
    why: 'lib/browser is only the door to the extension APIs',
  },
  ...ADAPTERS.map((folder): Zone => {
    const browser = BROWSER_ADAPTERS.some((name) => name === folder) ? [BROWSER] : [];
    const contract = folder === 'lib/ui/' ? VIEW_CONTRACT : [];
    return {
      files: [folder],
      mayImport: [...PURE, ...browser, ...contract],
      packages: 'browser',
      why: ADAPTER_WHY,
    };
  }),
  {
    files: ['entrypoints/content/'],
    mayImport: ['lib/messaging/', BROWSER],
    packages: ['wxt', 'valibot'],
    why: 'the content script runs in strangers’ pages: it reads bytes and posts messages, no more',
  },
  {
    files: ['entrypoints/'],
    mayImport: [...PURE, ...ADAPTERS, BROWSER],
    packages: 'browser',
    why: 'entrypoints are wiring over lib; they take nothing from the server, scripts or tests',
  },
  {
    files: ['server/'],
    mayImport: [...ERRORS, 'lib/signaling/'],
    packages: 'any',
    why: 'the server knows only the events it relays: it must not be able to read what they carry',
  },
];

export interface Violation {
  readonly file: string;
  readonly specifier: string;
  readonly why: string;
}

/** The violations in one file; `file` from the root of the repository, with `/`. */
export function importViolations(file: string, source: string): Violation[] {
  const zone = ZONES.find(({ files }) => files.some((prefix) => file.startsWith(prefix)));
  if (zone === undefined) {
    if (file === 'lib/globals.d.ts') return [];
    return [{ file, specifier: '(the file)', why: 'it is in no room named in import-zones.ts' }];
  }
  return importsOf(file, source)
    .filter((specifier) => !allowed(zone, file, specifier))
    .map((specifier) => ({ file, specifier, why: zone.why }));
}

function allowed(zone: Zone, file: string, specifier: string): boolean {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier);
    return [...zone.files, ...zone.mayImport].some((prefix) => target.startsWith(prefix));
  }
  const builtin = specifier.startsWith('node:');
  if (zone.packages === 'any') return true;
  if (zone.packages === 'browser') {
    return (
      !builtin &&
      specifier !== 'webextension-polyfill' &&
      !NODE_ONLY.some((name) => isOf(specifier, name))
    );
  }
  return zone.packages.some((name) => isOf(specifier, name));
}

function isOf(specifier: string, name: string): boolean {
  if (name.endsWith('/')) return specifier.startsWith(name);
  return specifier === name || specifier.startsWith(`${name}/`);
}

/** Every specifier that a module names: imports, type imports, re-exports, literal `import()`. */
function importsOf(file: string, source: string): string[] {
  const { module, errors } = parseSync(file, source);
  const [broken] = errors;
  if (broken !== undefined) throw new Error(`${file}: ${broken.message}`);
  const fixed = [
    ...module.staticImports.map((found) => found.moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
  ];
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
    source.slice(start, end).replaceAll(/^['"`]|['"`]$/g, ''),
  );
  return [...fixed, ...dynamic];
}

if (import.meta.main) {
  const files = globSync('{entrypoints,lib,server}/**/*.{ts,tsx}')
    .map((file) => file.split(sep).join('/'))
    .toSorted();
  const found = files.flatMap((file) => importViolations(file, readFileSync(file, 'utf8')));
  for (const { file, specifier, why } of found) {
    console.error(`${file}: may not import ${specifier}\n  ${why}`);
  }
  process.exitCode = found.length === 0 ? 0 : 1;
}
