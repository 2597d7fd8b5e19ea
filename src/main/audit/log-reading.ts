import type { Db } from '../database/index.ts';
import { GENESIS } from './chain.ts';
import { Frontier, peakCount } from './merkle.ts';
import type { Head } from './note.ts';
import type { LogRow } from './rows.ts';
import type { OwnCheckpoint } from './verify.ts';

const HASH_BYTES = 32;

/** Where the log stands: its tree's right edge, and the hash that the next entry is chained to. */
export interface End {
  readonly chain: string;
  readonly frontier: Frontier;
}

export interface KeptEnd {
  readonly size: number;
  readonly hashes: Buffer;
}

export interface Newest {
  readonly sequence: number;
  readonly hash: string;
}

export const SELECT_KEPT_END = 'SELECT size, hashes FROM audit_frontier WHERE id = 1';
export const SELECT_NEWEST =
  'SELECT sequence, lower(hex(hash)) AS hash FROM audit_entries ORDER BY sequence DESC LIMIT 1';

/** The end of the log as it is kept beside the entries; null where somebody took it away or changed it. */
export function readEnd(kept: KeptEnd | undefined, newest: Newest | undefined): End | null {
  if (!kept) return newest ? null : { chain: GENESIS, frontier: new Frontier() };
  return readFrontier(kept.size, kept.hashes);
}

/** Kept as the newest entry's hash, then the frontier's hashes, largest subtree first. */
function readFrontier(size: number, hashes: Buffer): End | null {
  if (size < 0 || hashes.length !== HASH_BYTES * (1 + peakCount(size))) return null;
  const parts: Buffer[] = [];
  for (let at = 0; at < hashes.length; at += HASH_BYTES) parts.push(hashes.subarray(at, at + HASH_BYTES));
  const [chain, ...peaks] = parts;
  return chain ? { chain: chain.toString('hex'), frontier: new Frontier(size, peaks) } : null;
}

/** Sequence of the last entry that is really there, 0 for an empty log. */
export function lastSequence(db: Db): number {
  return db.raw.prepare<[], Newest>(SELECT_NEWEST).get()?.sequence ?? 0;
}

/** Size and root by what is kept beside the entries; null where that is gone or does not fit together. */
export function readHead(db: Db): Head | null {
  const kept = db.raw.prepare<[], KeptEnd>(SELECT_KEPT_END).get();
  const frontier = readEnd(kept, db.raw.prepare<[], Newest>(SELECT_NEWEST).get())?.frontier;
  return frontier ? { size: frontier.size, root: frontier.root() } : null;
}

export function readCheckpoints(db: Db): OwnCheckpoint[] {
  return db.raw.prepare<[], OwnCheckpoint>('SELECT size, note FROM audit_checkpoints ORDER BY size').all();
}

export function newestCheckpoint(db: Db): OwnCheckpoint | undefined {
  return db.raw.prepare<[], OwnCheckpoint>('SELECT size, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1').get();
}

/** Reads rows after a sequence and up to another, in ascending order, a number of them at most. */
export function openLogRows(db: Db): (after: number, upTo: number, limit: number) => LogRow[] {
  const select = db.raw.prepare<[number, number, number], RawRow>(SELECT_ROWS).raw();
  return (after, upTo, limit) => select.all(after, upTo, limit).map(toLogRow);
}

const SELECT_ROWS = `SELECT sequence, id, time, event, actor_id, target_kind, target_id, outcome, entry,
    lower(hex(previous_hash)), lower(hex(hash)), sealed_table, sealed_row
  FROM audit_entries WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?`;

type RawRow = [
  number,
  string,
  number,
  string,
  string | null,
  string | null,
  string | null,
  string,
  string,
  string,
  string,
  string | null,
  string | null,
];

function toLogRow(row: RawRow): LogRow {
  const [
    sequence,
    id,
    time,
    event,
    actorId,
    targetKind,
    targetId,
    outcome,
    entry,
    previousHash,
    hash,
    sealedTable,
    sealedRow,
  ] = row;
  return {
    sequence,
    id,
    time,
    event,
    actorId,
    targetKind,
    targetId,
    outcome,
    entry,
    previousHash,
    hash,
    sealedTable,
    sealedRow,
  };
}
