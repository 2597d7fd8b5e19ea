import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { afterEach, describe, expect, test } from 'vitest';
import { isRefusal } from '../refusal.ts';
import { migrate, migrations, schemaVersion } from './migrate.ts';
import * as schema from './schema.ts';
import { DATABASE_FILE, openWorkspace } from './workspace.ts';

const dirs: string[] = [];
function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'qm-db-'));
  dirs.push(dir);
  return dir;
}
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const open = (dir: string, create = true, all = migrations) =>
  openWorkspace({
    dir,
    create,
    clock: () => 1_700_000_000_000,
    newId: () => '0190b0c0-0000-7000-8000-000000000001',
    migrations: all,
  });

function refusalOf(act: () => unknown): { code: string; message: string } {
  try {
    act();
  } catch (error) {
    if (isRefusal(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('it was not refused');
}

function insertUser(raw: Database.Database, no: number): void {
  raw
    .prepare(
      `INSERT INTO users (no, id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
       VALUES (?, ?, ?, ?, 'N', 'user', 'active', 'h', 0, 1, x'', 0)`,
    )
    .run(no, `user-${no}`, `u${no}@example.org`, `u${no}@example.org`);
  raw.prepare('INSERT INTO quotas (user_no, limit_bytes, version) VALUES (?, NULL, 1)').run(no);
}

describe('opening a workspace', () => {
  test('one in a folder that others may use is taken back for its owner alone', () => {
    const dir = folder();
    open(dir).workspace.close();
    chmodSync(dir, 0o777);
    open(dir, false).workspace.close();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  test('a new one is private to its owner, in WAL mode, and syncs every commit', () => {
    const dir = join(folder(), 'new');
    const { workspace, isNew } = open(dir);
    expect(isNew).toBe(true);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o777, name).toBe(0o600);
    const { raw } = workspace.db;
    const pragmas = Object.fromEntries(
      ['journal_mode', 'synchronous', 'foreign_keys', 'secure_delete', 'trusted_schema'].map((name) => [
        name,
        raw.pragma(name, { simple: true }),
      ]),
    );
    expect(pragmas).toEqual({
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      secure_delete: 1,
      trusted_schema: 0,
    });
    workspace.close();
    expect(open(dir, false).isNew).toBe(false);
  });

  test('what is not a workspace is refused and left as it was', () => {
    const text = folder();
    writeFileSync(join(text, DATABASE_FILE), 'not a database, but long enough to be looked at as one'.repeat(20));
    expect(refusalOf(() => open(text)).code).toBe('WORKSPACE_DAMAGED');

    const foreign = folder();
    new Database(join(foreign, DATABASE_FILE)).exec('CREATE TABLE t (x)').close();
    const before = readFileSync(join(foreign, DATABASE_FILE));
    expect(refusalOf(() => open(foreign)).code).toBe('WORKSPACE_INVALID');
    expect(readFileSync(join(foreign, DATABASE_FILE))).toEqual(before);

    const occupied = folder();
    writeFileSync(join(occupied, 'thesis.odt'), 'x');
    expect(refusalOf(() => open(occupied)).code).toBe('WORKSPACE_INVALID');
    expect(readdirSync(occupied)).toEqual(['thesis.odt']);

    expect(refusalOf(() => open(join(folder(), 'none'), false)).code).toBe('WORKSPACE_INVALID');
  });

  test('R4: a newer workspace is refused unharmed', () => {
    const dir = folder();
    const { workspace } = open(dir);
    workspace.db.raw.pragma('user_version = 999');
    workspace.close();
    const before = readFileSync(join(dir, DATABASE_FILE));
    const { code, message } = refusalOf(() => open(dir));
    expect(code).toBe('WORKSPACE_NEWER');
    expect(message).toContain('999');
    expect(readFileSync(join(dir, DATABASE_FILE))).toEqual(before);
  });
});

describe('migrations', () => {
  test('are numbered 1, 2, 3 … without a gap, each with a number of its own', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });

  test('make the columns that the typed schema names, and no others', () => {
    const { workspace } = open(folder());
    const { raw } = workspace.db;
    const typed = new Map<string, string[]>(
      Object.values(schema)
        .filter((table) => is(table, SQLiteTable))
        .map((table): [string, string[]] => [
          getTableName(table),
          Object.values(getTableColumns(table))
            .map((column) => `${column.name} ${column.getSQLType().toUpperCase()}${column.notNull ? ' NOT NULL' : ''}`)
            .sort(),
        ]),
    );
    const made = raw
      .prepare<[], { name: string }>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'users_search%'",
      )
      .all();
    expect(made.map(({ name }) => name).sort()).toEqual([...typed.keys()].sort());
    for (const { name } of made) {
      const columns = raw.pragma(`table_info(${name})`) as {
        name: string;
        type: string;
        notnull: number;
        pk: number;
      }[]; // SQLite's documented row.
      expect(columns.map((c) => `${c.name} ${c.type}${c.notnull || c.pk ? ' NOT NULL' : ''}`).sort(), name).toEqual(
        typed.get(name),
      );
    }
    workspace.close();
  });

  test('R4: a table that is rebuilt keeps its children, and a copy from before stands beside', () => {
    const dir = folder();
    const first = open(dir);
    insertUser(first.workspace.db.raw, 1);
    first.workspace.close();
    const rebuild = {
      version: migrations.length + 1,
      name: 'rebuild',
      sql: `CREATE TABLE copy AS SELECT * FROM users; DROP TABLE users;
            CREATE TABLE users (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL) STRICT;
            INSERT INTO users SELECT no, id, name FROM copy; DROP TABLE copy;`,
    };
    const { workspace } = open(dir, false, [...migrations, rebuild]);
    expect(workspace.db.raw.prepare('SELECT count(*) FROM quotas').pluck().get()).toBe(1);
    expect(workspace.db.raw.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(readdirSync(dir)).toContain(`workspace.before-${rebuild.version}.sqlite`);
    workspace.close();
  });

  test('R4: one that fails or breaks a reference changes nothing and names the copy', () => {
    for (const sql of ['CREATE TABLE extra (x); SELECT no_such_function();', 'DELETE FROM users;']) {
      const dir = folder();
      const first = open(dir);
      insertUser(first.workspace.db.raw, 1);
      first.workspace.close();
      const bad = { version: migrations.length + 1, name: 'bad', sql };
      expect(refusalOf(() => open(dir, false, [...migrations, bad])).message).toContain('workspace.before-');
      const { workspace } = open(dir, false);
      expect(schemaVersion(workspace.db.raw)).toBe(migrations.length);
      expect(workspace.db.raw.prepare('SELECT count(*) FROM users').pluck().get()).toBe(1);
      workspace.close();
    }
  });

  test('are applied once', () => {
    const raw = new Database(':memory:');
    migrate(raw);
    expect(() => migrate(raw)).not.toThrow();
    raw.close();
  });
});

describe('the order of removal is held by the database itself', () => {
  function workspaceWithEverything() {
    const { workspace } = open(folder());
    const { raw } = workspace.db;
    insertUser(raw, 1);
    raw.exec(`
      INSERT INTO backends (no, kind) VALUES (7, 'webdav');
      INSERT INTO connections (no, id, user_no, backend_no, provider, label, account, configuration, credentials, root, owned_root, state, version, seal, created_at)
        VALUES (3, 'c', 1, 7, 'webdav', 'l', 'a', '{}', x'00', '/p', 1, 'untested', 1, x'', 0);
      INSERT INTO documents (backend_no, user_no, key, size) VALUES (7, 1, 'k', 5);`);
    return { workspace, raw };
  }

  test('D1: the user cannot go before documents and connections, nor a connection before its documents', () => {
    const { workspace, raw } = workspaceWithEverything();
    expect(() => raw.exec('DELETE FROM users')).toThrow(/FOREIGN KEY/);
    expect(() => raw.exec('DELETE FROM connections')).toThrow(/documents are recorded/);
    raw.exec('DELETE FROM documents');
    expect(() => raw.exec('DELETE FROM users')).toThrow(/FOREIGN KEY/);
    raw.exec('DELETE FROM connections; DELETE FROM users');
    expect(raw.prepare('SELECT count(*) FROM quotas').pluck().get()).toBe(0);
    workspace.close();
  });

  test('totals follow every insert, change and removal of a document', () => {
    const { workspace, raw } = workspaceWithEverything();
    insertUser(raw, 2);
    const totals = () => [
      ...raw.prepare('SELECT used_bytes, document_count FROM quotas ORDER BY user_no').raw().all(),
      ...raw.prepare('SELECT document_bytes, document_count FROM backends ORDER BY no').raw().all(),
      ...raw.prepare('SELECT connection_count FROM users ORDER BY no').raw().all(),
    ];
    expect(totals()).toEqual([[5, 1], [0, 0], [5, 1], [1], [0]]);
    raw.exec('UPDATE documents SET size = 9');
    raw.exec('UPDATE documents SET user_no = 2');
    expect(totals()).toEqual([[0, 0], [9, 1], [9, 1], [1], [0]]);
    raw.exec('DELETE FROM documents; DELETE FROM connections');
    expect(totals()).toEqual([[0, 0], [0, 0], [0, 0], [0], [0]]);
    workspace.close();
  });

  test('A4: audit entries can be neither changed nor removed', () => {
    const { workspace, raw } = workspaceWithEverything();
    raw.exec("INSERT INTO audit_entries VALUES (1, 'i', 0, 'e', NULL, NULL, NULL, 'done', '{}', x'', x'', NULL, NULL)");
    expect(() => raw.exec("UPDATE audit_entries SET event = 'other'")).toThrow(/append only/);
    expect(() => raw.exec('DELETE FROM audit_entries')).toThrow(/append only/);
    workspace.close();
  });
});

test('removed bytes leave the file and its log', () => {
  const dir = folder();
  const { workspace } = open(dir);
  const marker = 'planted-credential-0123456789';
  workspace.transaction((tx) =>
    tx.raw.prepare('INSERT INTO vault_secrets VALUES (?, ?)').run('x', Buffer.from(marker)),
  );
  workspace.transaction((tx) => tx.raw.prepare('DELETE FROM vault_secrets').run());
  expect(workspace.truncateLog()).toBe(true);
  for (const name of readdirSync(dir)) expect(readFileSync(join(dir, name)).includes(marker), name).toBe(false);
  workspace.close();
});

test('a transaction that throws leaves nothing, and none opens inside another', () => {
  const { workspace } = open(folder());
  const { raw } = workspace.db;
  expect(() =>
    workspace.transaction(() => {
      insertUser(raw, 1);
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(raw.prepare('SELECT count(*) FROM users').pluck().get()).toBe(0);
  expect(() => workspace.transaction(() => workspace.transaction(() => 1))).toThrow('already open');
  workspace.close();
});
