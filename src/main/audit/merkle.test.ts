import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { EMPTY_ROOT, Frontier, inclusionPath, leafHash, nodeHash, peakCount, rootFromPath, split } from './merkle.ts';

/** MTH of RFC 6962, section 2.1, word for word: slow, and written apart from the frontier. */
function recursiveRoot(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (!first) return createHash('sha256').digest();
  if (leaves.length === 1) return first;
  const k = split(leaves.length);
  const node = Buffer.concat([Buffer.of(1), recursiveRoot(leaves.slice(0, k)), recursiveRoot(leaves.slice(k))]);
  return createHash('sha256').update(node).digest();
}

const leaves = Array.from({ length: 300 }, (_, index) => leafHash(`entry ${index}`));
const subtree = (from: number, to: number): Buffer => recursiveRoot(leaves.slice(from, to));

describe('A4: the tree over the entries', () => {
  // Leaves and roots of the reference tests of Certificate Transparency (RFC 6962's own implementation).
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];

  test('has the roots of the reference vectors', () => {
    expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const frontier = new Frontier();
    inputs.forEach((input, index) => {
      const leaf = Buffer.concat([Buffer.of(0), Buffer.from(input, 'hex')]);
      frontier.add(createHash('sha256').update(leaf).digest('binary'));
      expect(frontier.root().toString('hex')).toBe(roots[index]);
    });
  });

  test('the root kept along the edge is the recursive one, for every size from 1 to 300', () => {
    const frontier = new Frontier();
    for (let size = 1; size <= 300; size += 1) {
      frontier.add(leaves[size - 1]!.toString('latin1'));
      expect(frontier.root().equals(recursiveRoot(leaves.slice(0, size)))).toBe(true);
      expect(frontier.peaks).toHaveLength(peakCount(size));
    }
  });

  test('an edge that was stored goes on where it was', () => {
    const whole = new Frontier();
    for (const leaf of leaves.slice(0, 77)) whole.add(leaf.toString('latin1'));
    const resumed = new Frontier(whole.size, whole.peaks);
    for (const leaf of leaves.slice(77)) resumed.add(leaf.toString('latin1'));
    expect(resumed.root().equals(recursiveRoot(leaves))).toBe(true);
    expect(() => new Frontier(3, whole.peaks.slice(0, 1))).toThrow(RangeError);
  });

  test('every entry has a proof in trees of many sizes, and in no other place', () => {
    for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100]) {
      const root = subtree(0, size);
      for (let index = 0; index < size; index += 1) {
        const path = inclusionPath(index, size, subtree);
        const leaf = leaves[index]!;
        expect(rootFromPath(leaf, index, size, path)?.equals(root)).toBe(true);
        const elsewhere = (index + 1) % size;
        if (size > 1) expect(rootFromPath(leaf, elsewhere, size, path)?.equals(root) ?? false).toBe(false);
        expect(rootFromPath(leafHash('another'), index, size, path)?.equals(root)).toBe(false);
        if (path.length > 0) expect(rootFromPath(leaf, index, size, path.slice(1))).toBeNull();
        expect(rootFromPath(leaf, index, size, [...path, leaf])).toBeNull();
      }
    }
    expect(rootFromPath(leaves[0]!, 5, 5, [])).toBeNull();
    expect(() => inclusionPath(5, 5, subtree)).toThrow(RangeError);
  });

  test('a leaf cannot pass for a node', () => {
    const node = nodeHash(leaves[0]!, leaves[1]!);
    const asEntry = Buffer.concat([leaves[0]!, leaves[1]!]).toString('latin1');
    expect(leafHash(asEntry).equals(node)).toBe(false);
  });
});
