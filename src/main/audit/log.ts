import type Database from 'better-sqlite3';
import type { Tx } from '../database/index.ts';
import type { Clock, NewId } from '../ground.ts';
import type { Append } from './audit.ts';
import { GENESIS, openChain } from './chain.ts';
import { composeEntry } from './entry.ts';
import { type KeptEnd, type Newest, readEnd, SELECT_KEPT_END, SELECT_NEWEST } from './log-reading.ts';
import { type Digest, leafDigest } from './merkle.ts';
import type { LogRow } from './rows.ts';

export interface LogTable {
  append(tx: Tx, entry: Append): number;
}

/** The writing end of the log, behind prepared statements: every act passes here. */
export function openLogTable(raw: Database.Database, clock: Clock, newId: NewId): LogTable {
  const kept = raw.prepare<[], KeptEnd>(SELECT_KEPT_END);
  const writeEnd = raw.prepare<[number, Buffer]>(
    `INSERT INTO audit_frontier (id, size, hashes) VALUES (1, ?, ?)
     ON CONFLICT (id) DO UPDATE SET size = excluded.size, hashes = excluded.hashes`,
  );
  const insert = raw.prepare<[LogRow]>(
    `INSERT INTO audit_entries (sequence, id, time, event, actor_id, target_kind, target_id, outcome, entry, previous_hash, hash, sealed_table, sealed_row)
     VALUES (@sequence, @id, @time, @event, @actorId, @targetKind, @targetId, @outcome, @entry, unhex(@previousHash), unhex(@hash), @sealedTable, @sealedRow)`,
  );
  const last = raw.prepare<[], Newest>(SELECT_NEWEST);
  const chain = openChain();

  const compose = (entry: Append, sequence: number, previousHash: string): { row: LogRow; leaf: Digest } => {
    const composed = composeEntry(entry, { sequence, id: newId(), time: clock() });
    const leaf = leafDigest(composed.entry);
    const hash = chain(sequence, previousHash, leaf);
    return { row: { sequence, entry: composed.entry, previousHash, hash, ...composed.columns }, leaf };
  };

  return {
    append(_tx, entry) {
      const found = last.get();
      const end = readEnd(kept.get(), found);
      const newest = found ?? { sequence: 0, hash: GENESIS };
      if (
        !end ||
        newest.sequence > end.frontier.size ||
        (newest.sequence === end.frontier.size && newest.hash !== end.chain)
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
      const { row, leaf } = compose(entry, end.frontier.size + 1, end.chain);
      end.frontier.add(leaf);
      insert.run(row);
      writeEnd.run(end.frontier.size, Buffer.concat([Buffer.from(row.hash, 'hex'), ...end.frontier.peaks]));
      return row.sequence;
    },
  };
}
