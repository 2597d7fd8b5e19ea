import { hash } from 'node:crypto';

const PREFIX = Buffer.from('qm-audit-v1', 'latin1');
const HASH_BYTES = 32;
const PREVIOUS_AT = PREFIX.length + 8;
const LEAF_AT = PREVIOUS_AT + HASH_BYTES;

/** What the first entry is chained to. */
export const GENESIS: Buffer = Buffer.alloc(HASH_BYTES);

/** `SHA-256("qm-audit-v1" ‖ u64be(sequence) ‖ previous hash ‖ leaf)`. */
export function chainHash(sequence: number, previous: Uint8Array, leaf: Uint8Array): Buffer {
  const link = Buffer.allocUnsafe(LEAF_AT + HASH_BYTES);
  link.set(PREFIX, 0);
  link.writeBigUInt64BE(BigInt.asUintN(64, BigInt(sequence)), PREFIX.length);
  link.set(previous, PREVIOUS_AT);
  link.set(leaf, LEAF_AT);
  return hash('sha256', link, 'buffer');
}
