import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Packages reached from a file of lib/crypto, through its relative imports. */
function packagesOf(file: string): Set<string> {
  return reach(`lib/crypto/${file}`).packages;
}

/** Everything that a file of the project imports, and what that imports. */
function reach(file: string): { packages: Set<string>; files: string[] } {
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const [, from = ''] of readFileSync(url, 'utf8').matchAll(/from '([^']+)'/g)) {
      if (from.startsWith('.')) visit(new URL(from, url));
      else found.add(from);
    }
  };
  const root = new URL('../../../', import.meta.url);
  visit(new URL(file, root));
  return { packages: found, files: [...seen].map((href) => href.slice(root.href.length)) };
}

it('[ST2] background reaches no key store, no handshake and no session key', () => {
  const { files } = reach('entrypoints/background/index.ts');
  // The walk works: this much it needs.
  expect(files).toContain('lib/crypto/rendezvous.ts');
  const keeper = /storage\/keys|crypto\/(at-rest|session-keys|noise|cpace|x25519)|lib\/session\//;
  expect(files.filter((file) => keeper.test(file))).toEqual([]);
});

describe('what a bundle pays for', () => {
  it('the background gets presence without curves or KEM', () => {
    const hashes = new Set([
      '@noble/hashes/hkdf.js',
      '@noble/hashes/hmac.js',
      '@noble/hashes/sha2.js',
    ]);
    expect(packagesOf('rendezvous.ts')).toEqual(hashes);
    expect(packagesOf('identity.ts')).toEqual(hashes);
    expect(packagesOf('bytes.ts')).toEqual(new Set());
  });

  it('the worker gets chunk keys, binding and control frames without curves or KEM', () => {
    for (const file of ['chunk-cipher.ts', 'binding.ts', 'control-seal.ts', 'envelope.ts']) {
      const heavy = [...packagesOf(file)].filter((name) => /curves|post-quantum/.test(name));
      expect(heavy, file).toEqual([]);
    }
    expect([...packagesOf('cpace.ts')].some((name) => name.includes('curves'))).toBe(true);
  });
});
