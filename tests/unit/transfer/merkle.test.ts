import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../lib/crypto/bytes.ts';
import { leafOf, merkleRoot } from '../../../lib/transfer/merkle.ts';

// The reference tree of RFC 6962 and RFC 9162 implementations: certificate-transparency,
// src/python/ct/crypto/merkle_test.py, and transparency-dev/merkle, testonly/constants.go.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].concat(
  '606162636465666768696a6b6c6d6e6f',
);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

async function leaves(count: number): Promise<Uint8Array> {
  const hashes: Uint8Array[] = [];
  for (const leaf of LEAVES.slice(0, count)) {
    hashes.push(await leafOf(concat(new Uint8Array(1), fromHex(leaf))));
  }
  return concat(...hashes);
}

for (const [count, root] of ROOTS.entries()) {
  it(`[TR7] the tree of ${count} chunks has the root of the reference`, async () => {
    expect(toHex(merkleRoot(await leaves(count)))).toBe(root);
  });
}

function hash(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(
    createHash('sha256')
      .update(concat(...parts))
      .digest(),
  );
}

/** RFC 9162 §2.1.1 to the letter: split at the largest power of two smaller than the count. */
function recursive(list: Uint8Array[]): Uint8Array {
  const [only] = list;
  if (list.length === 1 && only !== undefined) return only;
  let split = 1;
  while (split * 2 < list.length) split *= 2;
  const one = new Uint8Array([1]);
  return hash(one, recursive(list.slice(0, split)), recursive(list.slice(split)));
}

it('[TR7] agrees with the recursive definition for every count up to 130', () => {
  const list: Uint8Array[] = [];
  for (let count = 1; count <= 130; count++) {
    list.push(hash(new Uint8Array([count])));
    expect(toHex(merkleRoot(concat(...list)))).toBe(toHex(recursive(list)));
  }
});

it('[TR7] refuses to hash a leaf without its zero byte in front', async () => {
  await expect(leafOf(new Uint8Array([1, 2]))).rejects.toThrow('begins with 00');
});
