import { readSync } from 'node:fs';

// SQLite's file format, as far as it takes to find what no longer belongs to any row: https://www.sqlite.org/fileformat2.html,
// section 1.6. Only read here, never written.

const TABLE_LEAF = 0x0d;
const TABLE_INTERIOR = 0x05;
const LEAF_HEADER = 8;
const INTERIOR_HEADER = 12;

/** Fewer bytes than this are a rest of page keeping, and too few to be anything. */
const FEWEST_BYTES = 4;

/** A leaf whose unused space is not empty: bytes of rows that were moved elsewhere or removed. */
export interface UncleanLeaf {
  /** Of some row that lives in it. */
  readonly rowId: bigint;
  /** Bytes of that row's cell, and of its payload alone. */
  readonly cellBytes: number;
  readonly payloadBytes: number;
  /** What the page has free in all. */
  readonly freeBytes: number;
}

export interface PageFile {
  /** A descriptor of the database file, whose write-ahead log is empty. */
  readonly file: number;
  readonly pageSize: number;
}

/** The leaves below a page, as groups: what hangs on one interior page each, so that a caller can make room between. */
export function* leafGroups(db: PageFile, root: number): Generator<number[]> {
  const page = readPage(db, root);
  const kind = page[0];
  if (kind === TABLE_LEAF) {
    yield [root];
    return;
  }
  if (kind !== TABLE_INTERIOR) return; // Meanwhile it has become a page of another kind; a freed one is zeroed.
  const children = childrenOf(page);
  const [first] = children;
  if (first !== undefined && readPage(db, first)[0] === TABLE_LEAF) yield children;
  else for (const child of children) yield* leafGroups(db, child);
}

function childrenOf(page: Buffer): number[] {
  const count = page.readUInt16BE(3);
  const cells = Array.from({ length: count }, (_, n) => page.readUInt16BE(INTERIOR_HEADER + 2 * n));
  return [...cells.map((at) => page.readUInt32BE(at)), page.readUInt32BE(8)];
}

/** What is not clean about a leaf, or null where its unused space is empty. */
export function inspectLeaf(db: PageFile, pageNo: number): UncleanLeaf | null {
  const page = readPage(db, pageNo);
  if (page[0] !== TABLE_LEAF) return null;
  const count = page.readUInt16BE(3);
  if (count === 0) return null; // Nothing is left to be moved there any more; its last cell was zeroed when it went.
  const content = page.readUInt16BE(5) || 65_536;
  const gap = page.subarray(LEAF_HEADER + 2 * count, content);
  let unclean = bytesIn(gap);
  let free = gap.length + (page[7] ?? 0);
  for (let at = page.readUInt16BE(1); at !== 0 && at + 4 <= page.length; at = page.readUInt16BE(at)) {
    const size = page.readUInt16BE(at + 2);
    unclean += bytesIn(page.subarray(at + 4, at + size));
    free += size;
  }
  if (unclean < FEWEST_BYTES) return null;
  const first = page.readUInt16BE(LEAF_HEADER);
  const payload = readVarint(page, first);
  const rowId = readVarint(page, first + payload.length);
  return {
    rowId: BigInt.asIntN(64, rowId.value),
    cellBytes: payload.length + rowId.length + Number(payload.value),
    payloadBytes: Number(payload.value),
    freeBytes: free,
  };
}

function bytesIn(space: Buffer): number {
  let count = 0;
  for (const byte of space) if (byte !== 0) count += 1;
  return count;
}

function readPage({ file, pageSize }: PageFile, pageNo: number): Buffer {
  const page = Buffer.alloc(pageSize);
  readSync(file, page, 0, pageSize, (pageNo - 1) * pageSize);
  return page;
}

/** A big-endian number of one to nine bytes, seven bits in each but the ninth. */
function readVarint(page: Buffer, at: number): { readonly value: bigint; readonly length: number } {
  let value = 0n;
  for (let index = 0; index < 9; index += 1) {
    const byte = page[at + index] ?? 0;
    if (index === 8) return { value: (value << 8n) | BigInt(byte), length: 9 };
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return { value, length: index + 1 };
  }
  return { value, length: 9 };
}

export function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : 3;
}
