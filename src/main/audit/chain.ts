import { hash } from 'node:crypto';
import type { Digest } from './merkle.ts';

const PREFIX = 'qm-audit-v1';
const SEQUENCE_AT = PREFIX.length;
const PREVIOUS_AT = SEQUENCE_AT + 8;
const LEAF_AT = PREVIOUS_AT + 32;
const HEX_LENGTH = 64;

/** What the first entry is chained to, in hexadecimal. */
export const GENESIS: string = '0'.repeat(HEX_LENGTH);

/** Chains an entry's leaf to the hash before it; hashes of the chain are lower-case hexadecimal. */
export type Chain = (sequence: number, previous: string, leaf: Digest) => string;

/** `SHA-256("qm-audit-v1" ‖ u64be(sequence) ‖ previous hash ‖ leaf)`, with a buffer that is used again for each link. */
export function openChain(): Chain {
  const link = Buffer.alloc(LEAF_AT + 32);
  link.write(PREFIX, 0, 'latin1');
  return (sequence, previous, leaf) => {
    link.writeUInt32BE(Math.floor(sequence / 2 ** 32) >>> 0, SEQUENCE_AT);
    link.writeUInt32BE(sequence >>> 0, SEQUENCE_AT + 4);
    if (link.write(previous, PREVIOUS_AT, 32, 'hex') !== 32) throw new RangeError('a hash has 32 bytes');
    link.write(leaf, LEAF_AT, 32, 'latin1');
    return hash('sha256', link, 'hex');
  };
}
