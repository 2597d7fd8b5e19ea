import { lstatSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StorageError } from '../port.ts';

export interface Entry {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly modifiedAt: number;
}

/**
 * The store's keys in order: a page of a listing costs a page, not the store. It can be thrown away: the sidecars say
 * the same. `isClean` is false where the last process that wrote did not close it, or it is new; then it is compared
 * with the files before it is believed.
 */
export interface Catalogue {
  readonly isClean: boolean;
  /** Marks it as being written; at the first change of a process. */
  begin(): void;
  put(entries: readonly Entry[]): void;
  remove(keys: readonly string[]): void;
  get(key: string): Entry | null;
  byName(name: string): Entry | null;
  /** At most `limit` entries from `from` (or, exclusively, after `after`) on, in the order of the keys' UTF-8 bytes. */
  page(from: string, after: string | null, limit: number): Entry[];
  /** Everything is on disk and compared. */
  settle(): void;
  close(): void;
}

interface Row {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly modified_at: number;
}

const SCHEMA = `
CREATE TABLE entries (
  key TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  modified_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), is_clean INTEGER NOT NULL) STRICT;
INSERT INTO state (id, is_clean) VALUES (1, 0);
PRAGMA user_version = 1;`;

export function openCatalogue(path: string): Catalogue {
  const raw = openOrRenew(path);
  const select = 'SELECT key, name, size, sha256, modified_at FROM entries';
  const statements = {
    put: raw.prepare<[string, string, number, string, number]>(
      `INSERT INTO entries (key, name, size, sha256, modified_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET name = excluded.name, size = excluded.size, sha256 = excluded.sha256, modified_at = excluded.modified_at`,
    ),
    remove: raw.prepare<[string]>('DELETE FROM entries WHERE key = ?'),
    get: raw.prepare<[string], Row>(`${select} WHERE key = ?`),
    byName: raw.prepare<[string], Row>(`${select} WHERE name = ?`),
    from: raw.prepare<[string, number], Row>(`${select} WHERE key >= ? ORDER BY key LIMIT ?`),
    after: raw.prepare<[string, number], Row>(`${select} WHERE key > ? ORDER BY key LIMIT ?`),
    setClean: raw.prepare<[number]>('UPDATE state SET is_clean = ?'),
  };
  const wasClean = raw.prepare<[], number>('SELECT is_clean FROM state').pluck().get() === 1;
  let isMarked = !wasClean;
  let isSettled = wasClean;

  const begin = (): void => {
    if (isMarked) return;
    statements.setClean.run(0);
    isMarked = true;
  };
  return {
    isClean: wasClean,
    begin,
    put: raw.transaction((entries: readonly Entry[]) => {
      for (const { key, name, size, sha256, modifiedAt } of entries)
        statements.put.run(key, name, size, sha256, modifiedAt);
    }),
    remove: raw.transaction((keys: readonly string[]) => {
      for (const key of keys) statements.remove.run(key);
    }),
    get: (key) => entryOf(statements.get.get(key)),
    byName: (name) => entryOf(statements.byName.get(name)),
    page(from, after, limit) {
      const rows = after === null ? statements.from.all(from, limit) : statements.after.all(after, limit);
      return rows.map((row) => ({
        key: row.key,
        name: row.name,
        size: row.size,
        sha256: row.sha256,
        modifiedAt: row.modified_at,
      }));
    },
    settle() {
      isSettled = true;
    },
    close() {
      if (!raw.open) return;
      if (isMarked && isSettled) statements.setClean.run(1);
      raw.close();
    },
  };
}

function entryOf(row: Row | undefined): Entry | null {
  return row ? { key: row.key, name: row.name, size: row.size, sha256: row.sha256, modifiedAt: row.modified_at } : null;
}

function openOrRenew(path: string): Database.Database {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there && !there.isFile()) throw new StorageError('unsafe', "The folder store's catalogue is not a plain file.");
  try {
    return openFile(path);
  } catch (error) {
    // Damaged, or of another version: the sidecars hold the same, so it is made anew.
    if (!(error instanceof Database.SqliteError) || !/NOTADB|CORRUPT/.test(error.code)) throw error;
    for (const file of [path, `${path}-journal`]) rmSync(file, { force: true });
    return openFile(path);
  }
}

function openFile(path: string): Database.Database {
  const raw = new Database(path);
  try {
    // No write-ahead log: the text of a removed key must not linger in it.
    for (const pragma of ['journal_mode = DELETE', 'synchronous = FULL', 'secure_delete = ON', 'trusted_schema = OFF'])
      raw.pragma(pragma);
    const version = raw.pragma('user_version', { simple: true });
    if (version === 0) raw.transaction(() => raw.exec(SCHEMA)).immediate();
    else if (version !== 1)
      throw new StorageError('unsafe', 'The folder store was written by a newer version of this program.');
    return raw;
  } catch (error) {
    raw.close();
    throw error;
  }
}
