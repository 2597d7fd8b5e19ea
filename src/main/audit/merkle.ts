import { hash } from 'node:crypto';

// The tree of RFC 6962, section 2.1: leaves and nodes are hashed with different first bytes, so that neither can pass for
// the other. Pure, so that a verifier outside the console can use it.

/**
 * A SHA-256 hash as text, one character for each byte (latin1). Where a million of them are made and thrown away again, a
 * Buffer for each costs more than the hash.
 */
export type Digest = string;

/** SHA-256 over `0x00 ‖ entry`. */
export function leafDigest(entry: string): Digest {
  return hash('sha256', `\u0000${entry}`, 'binary');
}

export function leafHash(entry: string): Buffer {
  return Buffer.from(leafDigest(entry), 'latin1');
}

/** SHA-256 over `0x01 ‖ left ‖ right`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer');
}

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

/**
 * The right edge of a growing tree: the roots of its full subtrees, largest first. Adding a leaf and taking the root cost
 * O(log n), and nothing else of the tree has to be kept.
 */
export class Frontier {
  #size: number;
  readonly #peaks: Digest[];
  readonly #node = Buffer.alloc(65, 1);

  constructor(size = 0, peaks: readonly Buffer[] = []) {
    if (peaks.length !== peakCount(size)) throw new RangeError('a frontier needs one hash for each bit of its size');
    this.#size = size;
    this.#peaks = peaks.map((peak) => peak.toString('latin1'));
  }

  get size(): number {
    return this.#size;
  }

  get peaks(): readonly Buffer[] {
    return this.#peaks.map((peak) => Buffer.from(peak, 'latin1'));
  }

  add(leaf: Digest): void {
    let node = leaf;
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      const left = this.#peaks.pop();
      if (left === undefined) throw new RangeError('the frontier lacks a hash');
      node = this.#join(left, node);
    }
    this.#peaks.push(node);
    this.#size += 1;
  }

  root(): Buffer {
    const [first, ...others] = this.#peaks.toReversed();
    if (first === undefined) return EMPTY_ROOT;
    return Buffer.from(
      others.reduce((right, left) => this.#join(left, right), first),
      'latin1',
    );
  }

  #join(left: Digest, right: Digest): Digest {
    this.#node.write(left, 1, 32, 'latin1');
    this.#node.write(right, 33, 32, 'latin1');
    return hash('sha256', this.#node, 'binary');
  }
}

/** How many full subtrees a tree of that size has: the ones in its binary form. */
export function peakCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** The hash of the subtree over leaves `from` to `to` (exclusive). */
export type Subtree = (from: number, to: number) => Buffer;

/** The largest power of two below `size`. */
export function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The audit path of RFC 6962, section 2.1.1, nearest sibling first. */
export function inclusionPath(index: number, size: number, subtree: Subtree): Buffer[] {
  if (index < 0 || index >= size) throw new RangeError('no such leaf in a tree of that size');
  const path: Buffer[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      path.push(subtree(middle, to));
      to = middle;
    } else {
      path.push(subtree(from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** The root that a path leads to (RFC 9162, section 2.1.3.2), or null where the path cannot belong to that place. */
export function rootFromPath(leaf: Buffer, index: number, size: number, path: readonly Uint8Array[]): Buffer | null {
  if (index < 0 || index >= size) return null;
  let place = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of path) {
    if (last === 0) return null;
    if (place % 2 === 1 || place === last) {
      root = nodeHash(sibling, root);
      while (place % 2 === 0 && place !== 0) {
        place /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : null;
}
