import { describe, expect, it } from 'vitest';
import { importViolations } from '../../../scripts/checks/import-zones.ts';

function refused(file: string, source: string): string[] {
  return importViolations(file, source).map(({ specifier }) => specifier);
}

describe('refuses', () => {
  it.each([
    ['a pure room that takes an adapter', 'lib/session/a.ts', '../rtc/link.ts'],
    ['a pure room that takes the extension APIs', 'lib/devices/a.ts', '../browser/index.ts'],
    ['a foundation that takes a machine', 'lib/crypto/a.ts', '../session/pairing.ts'],
    ['errors that take anything of ours', 'lib/errors/index.ts', '../protocol/limits.ts'],
    ['Node in a pure room', 'lib/crypto/a.ts', 'node:crypto'],
    ['the polyfill in a pure room', 'lib/protocol/a.ts', 'webextension-polyfill'],
    ['an interface library in a pure room', 'lib/transfer/a.ts', 'solid-js'],
    ['an adapter that takes another', 'lib/rtc/a.ts', '../messaging/rpc.ts'],
    ['an adapter that goes round lib/browser', 'lib/storage/a.ts', 'webextension-polyfill'],
    ['extension APIs in the views', 'lib/ui/a.tsx', '../browser/index.ts'],
    ['an adapter that takes an entrypoint', 'lib/ui/a.tsx', '../../entrypoints/popup/main.tsx'],
    ['Node in an adapter', 'lib/files/a.ts', 'node:fs'],
    ['a server that reads what it relays', 'server/main.ts', '../lib/crypto/envelope.ts'],
    [
      'a content script with more than messages',
      'entrypoints/content/index.ts',
      '../../lib/files/a.ts',
    ],
    [
      'an entrypoint that takes the server',
      'entrypoints/background/index.ts',
      '../../server/app.ts',
    ],
    [
      'shipped code that takes test code',
      'entrypoints/popup/main.tsx',
      '../../tests/support/wait.ts',
    ],
    ['a room whose name only begins alike', 'server/main.ts', '../lib/signaling-more/a.ts'],
    ['a package whose name only begins alike', 'lib/crypto/a.ts', 'valibot-more'],
  ])('%s', (_, file, specifier) => {
    expect(refused(file, `import { a } from '${specifier}';`)).toEqual([specifier]);
  });

  it('a file in a room that nobody named', () => {
    expect(refused('lib/misc/a.ts', '')).toEqual(['(the file)']);
  });
});

it.each([
  ['import type', "import type { A } from '../rtc/a.ts';"],
  ['import for its effect', "import '../rtc/a.ts';"],
  ['export from', "export { a } from '../rtc/a.ts';"],
  ['export all', "export * from '../rtc/a.ts';"],
  ['import()', "const a = await import('../rtc/a.ts');"],
  ['an import after code', "const x = 1;\nimport { a } from '../rtc/a.ts';"],
  ['an import over lines', "import {\n  a,\n  b,\n} from '../rtc/a.ts';"],
])('sees through %s', (_, source) => {
  expect(refused('lib/session/a.ts', source)).toEqual(['../rtc/a.ts']);
});

it('is not misled by text that looks like an import', () => {
  const source = "// import { a } from '../rtc/a.ts';\nexport const a = \"from '../rtc/a.ts'\";";
  expect(refused('lib/session/a.ts', source)).toEqual([]);
});

it('does not pass over a file that it cannot read', () => {
  expect(() => refused('lib/session/a.ts', 'import { from')).toThrow('lib/session/a.ts');
});

it.each([
  ['lib/session/a.ts', '../crypto/bytes.ts'],
  ['lib/session/a.ts', './ports.ts'],
  ['lib/transfer/a.ts', '../session/errors.ts'],
  ['lib/crypto/noise/a.ts', '@noble/hashes/sha2.js'],
  ['lib/protocol/a.ts', 'valibot'],
  ['lib/messaging/a.ts', '../browser/index.ts'],
  ['lib/ui/a.tsx', 'solid-js/web'],
  ['server/main.ts', 'node:http'],
  ['server/main.ts', '../lib/signaling/events.ts'],
  ['entrypoints/content/index.ts', '../../lib/messaging/content.ts'],
  ['entrypoints/background/index.ts', '../../lib/platform/menus.ts'],
  ['entrypoints/popup/main.tsx', './Popup.tsx'],
])('lets %s import %s', (file, specifier) => {
  expect(refused(file, `import { a } from '${specifier}';`)).toEqual([]);
});
