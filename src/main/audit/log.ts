import type Database from 'better-sqlite3';
import type { Db, Tx } from '../database/index.ts';
import type { Clock, NewId } from '../ground.ts';
import type { Append } from './audit.ts';
import { GENESIS, openChain } from './chain.ts';
import { composeEntry } from './entry.ts';
import { type Digest, Frontier, leafDigest, peakCount } from './merkle.ts';
import type { Head } from './note.ts';
import type { LogRow } from './rows.ts';
import type { OwnCheckpoint } from './verify.ts';

const HASH_BYTES = 32;

/** Where the log stands: its tree's right edge, and the hash that the next entry is chained to. */
interface End {
  readonly chain: string;
  readonly frontier: Frontier;
}

export interface LogTable {
  append(tx: Tx, entry: Append): number;
  /** Size and root by what is kept beside the entries; null where that is gone or does not fit together. */
  head(db: Db): Head | null;
  /** Sequence of the last entry that is really there, 0 for an empty log. */
  lastSequence(db: Db): number;
  /** Rows after a sequence, in ascending order. */
  rows(db: Db, after: number, upTo: number, limit: number): LogRow[];
  checkpoints(db: Db): OwnCheckpoint[];
  newestCheckpoint(db: Db): OwnCheckpoint | undefined;
}

/** The tables of the log behind prepared statements. */
export function openLogTable(raw: Database.Database, clock: Clock, newId: NewId): LogTable {
  const readEnd = raw.prepare<[], { size: number; hashes: Buffer }>(
    'SELECT size, hashes FROM audit_frontier WHERE id = 1',
  );
  const writeEnd = raw.prepare<[number, Buffer]>(
    `INSERT INTO audit_frontier (id, size, hashes) VALUES (1, ?, ?)
     ON CONFLICT (id) DO UPDATE SET size = excluded.size, hashes = excluded.hashes`,
  );
  const insert = raw.prepare<[LogRow]>(
    `INSERT INTO audit_entries (sequence, id, time, event, actor_id, target_kind, target_id, outcome, entry, previous_hash, hash, sealed_table, sealed_row)
     VALUES (@sequence, @id, @time, @event, @actorId, @targetKind, @targetId, @outcome, @entry, unhex(@previousHash), unhex(@hash), @sealedTable, @sealedRow)`,
  );
  const last = raw.prepare<[], { sequence: number; hash: string }>(
    'SELECT sequence, lower(hex(hash)) AS hash FROM audit_entries ORDER BY sequence DESC LIMIT 1',
  );
  const chain = openChain();

  const compose = (entry: Append, sequence: number, previousHash: string): { row: LogRow; leaf: Digest } => {
    const composed = composeEntry(entry, { sequence, id: newId(), time: clock() });
    const leaf = leafDigest(composed.entry);
    const hash = chain(sequence, previousHash, leaf);
    return { row: { sequence, entry: composed.entry, previousHash, hash, ...composed.columns }, leaf };
  };

  /** The end of the log as it is kept; null where somebody took it away or changed it. */
  const end = (): End | null => {
    const kept = readEnd.get();
    if (!kept) return last.get() ? null : { chain: GENESIS, frontier: new Frontier() };
    return readFrontier(kept.size, kept.hashes);
  };

  return {
    append(_tx, entry) {
      const kept = end();
      const newest = last.get() ?? { sequence: 0, hash: GENESIS };
      if (
        !kept ||
        newest.sequence > kept.frontier.size ||
        (newest.sequence === kept.frontier.size && newest.hash !== kept.chain)
      ) {
        // Somebody edited the file. What happens now is still written down, chained to what is there, and the kept end
        // stays as it was found, for verification to see. (Where entries at the end are gone, the log goes on behind them.)
        const { row } = compose(
          entry,
          newest.sequence + 1,
          newest.hash.length === GENESIS.length ? newest.hash : GENESIS,
        );
        insert.run(row);
        return row.sequence;
      }
      const { row, leaf } = compose(entry, kept.frontier.size + 1, kept.chain);
      kept.frontier.add(leaf);
      insert.run(row);
      writeEnd.run(kept.frontier.size, Buffer.concat([Buffer.from(row.hash, 'hex'), ...kept.frontier.peaks]));
      return row.sequence;
    },
    head() {
      const frontier = end()?.frontier;
      return frontier ? { size: frontier.size, root: frontier.root() } : null;
    },
    lastSequence: () => last.get()?.sequence ?? 0,
    rows(db, after, upTo, limit) {
      const rows = db.raw.prepare<[number, number, number], RawRow>(SELECT_ROWS).raw().all(after, upTo, limit);
      return rows.map(toLogRow);
    },
    checkpoints(db) {
      return db.raw.prepare<[], OwnCheckpoint>('SELECT size, note FROM audit_checkpoints ORDER BY size').all();
    },
    newestCheckpoint(db) {
      return db.raw
        .prepare<[], OwnCheckpoint>('SELECT size, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1')
        .get();
    },
  };
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

/** Kept as the newest entry's hash, then the frontier's hashes, largest subtree first. */
function readFrontier(size: number, hashes: Buffer): End | null {
  if (size < 0 || hashes.length !== HASH_BYTES * (1 + peakCount(size))) return null;
  const parts: Buffer[] = [];
  for (let at = 0; at < hashes.length; at += HASH_BYTES) parts.push(hashes.subarray(at, at + HASH_BYTES));
  const [chain, ...peaks] = parts;
  return chain ? { chain: chain.toString('hex'), frontier: new Frontier(size, peaks) } : null;
}
