import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { isRefusal, Refusal } from '../refusal.ts';
import { openGate } from './reader/gate.ts';
import type { Read } from './reader/read.ts';
import { openReader } from './reader/reader.ts';
import * as schema from './schema.ts';

/** For reading. A function that only reads takes this. */
export interface Db {
  /** Typed queries. Prepare what is hot: unprepared drizzle costs ten times the raw call. */
  readonly orm: BetterSQLite3Database<typeof schema>;
  /** For ingest, keyset pages and whatever drizzle cannot say. */
  readonly raw: Database.Database;
}

declare const writable: unique symbol;

/** Proof of being inside a transaction. A function that writes takes this. */
export interface Tx extends Db {
  readonly [writable]: true;
}

export interface Workspace {
  readonly id: string;
  readonly dir: string;
  readonly db: Db;
  /** One synchronous, immediate transaction; what it throws undoes it. No `await` can come inside. */
  transaction<Result>(work: (tx: Tx) => Result): Result;
  /**
   * The same, for work that is done again if it is lost: it is not waited for until the disk has it, so a power failure can
   * undo it, whole and in order, until the next `transaction` has ended. Only progress may be told of it by then.
   */
  repeatableTransaction<Result>(work: (tx: Tx) => Result): Result;
  /**
   * Empties the write-ahead log, so that bytes of removed rows are gone from it (D3).
   * Answers false while a reader holds it: then repeat, soon. The reader thread begins nothing new meanwhile.
   */
  truncateLog(): boolean;
  /**
   * Does a read in the reader thread, on a connection of its own that can only read; where there is no such thread, here.
   * Sees everything that was committed before. Rejects with the signal's reason once that is aborted.
   */
  read<Input, Answer>(read: Read<Input, Answer>, input: Input, signal?: AbortSignal): Promise<Answer>;
  /** Gives up what is being read and ends the reader thread. To be waited for before `close`. */
  endReading(): Promise<void>;
  close(): void;
}

/** The connection's settings, in the order that matters (each is per connection). */
const PRAGMAS = [
  'journal_mode = WAL',
  // better-sqlite3 compiles WAL's default to NORMAL, which can lose the last commits when power fails.
  'synchronous = FULL',
  'foreign_keys = ON',
  'busy_timeout = 5000',
  'secure_delete = ON',
  'trusted_schema = OFF',
  'temp_store = MEMORY',
];

export function configure(raw: Database.Database): void {
  for (const pragma of PRAGMAS) raw.pragma(pragma);
}

/** Turns SQLite's own failures into refusals with a sentence; anything else passes unchanged. */
export function explainDatabaseError(error: unknown): unknown {
  if (isRefusal(error) || !(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE')
    return new Refusal(
      'DISK_FULL',
      'The disk of the workspace is full: nothing was changed. Free some room and try again.',
      undefined,
      { cause: error },
    );
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_CANTOPEN')
    return new Refusal(
      'WORKSPACE_READ_ONLY',
      'The workspace cannot be written: nothing was changed. Check the rights on its folder.',
      undefined,
      { cause: error },
    );
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return new Refusal(
      'WORKSPACE_DAMAGED',
      'The workspace file is damaged. Restore it from a backup; nothing more was written to it.',
      undefined,
      { cause: error },
    );
  return error;
}

export function openWorkspaceOn(
  raw: Database.Database,
  { id, dir, readerThread }: { readonly id: string; readonly dir: string; readonly readerThread: string | null },
): Workspace {
  const db: Db = { orm: drizzle(raw, { schema }), raw };
  const gate = openGate();
  const reader = openReader({ db, file: raw.name, gate, threadFile: readerThread });
  const transaction: Workspace['transaction'] = (work) => {
    if (raw.inTransaction) throw new Error('a transaction is already open');
    try {
      // The brand exists in the type alone: this is the one place that hands it out.
      return raw.transaction(() => work(db as Tx)).immediate();
    } catch (error) {
      throw explainDatabaseError(error);
    }
  };
  return {
    id,
    dir,
    db,
    transaction,
    repeatableTransaction(work) {
      if (raw.inTransaction) throw new Error('a transaction is already open');
      // In WAL mode a commit under NORMAL is whole and in order, but not synced; the next one under FULL syncs both.
      raw.pragma('synchronous = NORMAL');
      try {
        return transaction(work);
      } finally {
        raw.pragma('synchronous = FULL');
      }
    },
    truncateLog() {
      const isEmpty = truncateLog(raw);
      if (isEmpty) gate.open();
      else gate.shut();
      return isEmpty;
    },
    read: reader.read,
    endReading: reader.close,
    close() {
      raw.pragma('optimize');
      raw.close();
    },
  };
}

/** Without waiting: that would hold this thread for as long as somebody reads. */
function truncateLog(raw: Database.Database): boolean {
  const patience = raw.pragma('busy_timeout', { simple: true }) as number; // SQLite answers one integer.
  raw.pragma('busy_timeout = 0');
  try {
    const [answer] = raw.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]; // SQLite's documented row.
    return answer.busy === 0;
  } finally {
    raw.pragma(`busy_timeout = ${patience}`);
  }
}
