import type { Db } from '../database/index.ts';
import type { InclusionProof } from './audit.ts';
import { inclusionPath, leafHash, nodeHash, split } from './merkle.ts';

/** Leaves are hashed by the tile: the roots of full ones are kept, so that a proof reads a few tiles and not the whole log. */
const TILE = 256;

export interface Proofs {
  /** Proofs for entries in the tree of the first `size` entries. Throws where an entry is not in it. */
  prove(db: Db, sequences: readonly number[], size: number): InclusionProof[];
}

export function openProofs(): Proofs {
  // Tile roots over committed entries; those never change.
  const tiles: Buffer[] = [];

  return {
    prove(db, sequences, size) {
      const read = db.raw.prepare<[number, number], { sequence: number; entry: string }>(
        'SELECT sequence, entry FROM audit_entries WHERE sequence > ? AND sequence <= ? ORDER BY sequence',
      );
      const leaves = new Map<number, Buffer[]>();
      const nodes = new Map<string, Buffer>();
      const leavesOf = (tile: number): Buffer[] => {
        const known = leaves.get(tile);
        if (known) return known;
        const rows = read.all(tile * TILE, Math.min((tile + 1) * TILE, size));
        if (rows.some((row, index) => row.sequence !== tile * TILE + index + 1))
          throw new RangeError('entries are missing');
        const hashes = rows.map((row) => leafHash(row.entry));
        leaves.set(tile, hashes);
        return hashes;
      };
      const subtree = (from: number, to: number): Buffer => {
        if (to - from === 1) return at(leavesOf(Math.floor(from / TILE)), from % TILE);
        const isTile = to - from === TILE && from % TILE === 0;
        const known = isTile ? tiles[from / TILE] : nodes.get(`${from}-${to}`);
        if (known) return known;
        const middle = from + split(to - from);
        const node = nodeHash(subtree(from, middle), subtree(middle, to));
        if (isTile) {
          tiles[from / TILE] = node;
          leaves.delete(from / TILE);
        } else if (to - from > TILE) nodes.set(`${from}-${to}`, node);
        return node;
      };
      const entryAt = db.raw.prepare<[number], { entry: string }>('SELECT entry FROM audit_entries WHERE sequence = ?');
      return sequences.map((sequence) => {
        const row = sequence >= 1 && sequence <= size ? entryAt.get(sequence) : undefined;
        if (!row) throw new RangeError(`entry ${sequence} is not among the first ${size}`);
        const path = inclusionPath(sequence - 1, size, subtree);
        return { sequence, entry: row.entry, path: path.map((hash) => hash.toString('base64')) };
      });
    },
  };
}

function at(hashes: readonly Buffer[], index: number): Buffer {
  const hash = hashes[index];
  if (!hash) throw new RangeError('entries are missing');
  return hash;
}
