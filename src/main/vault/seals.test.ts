import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ORIGIN, openVaultGround, setUpVault, type VaultGround } from '../../../tests/support/vault-ground.ts';
import type { Actor } from '../ground.ts';
import { Secret } from '../secret.ts';
import { checkSeal, recordBrokenSeal, renewSeal, requireSeal, sealedColumns } from './seals.ts';
import type { SealedTable, UnlockedVault } from './vault.ts';

const ACTOR: Actor = { kind: 'console', onBehalfOf: null, origin: ORIGIN };

let one: VaultGround;
let vault: UnlockedVault;
/** A row of each sealed table, by id. */
const ROWS: Record<SealedTable, string> = {
  users: 'u1',
  sessions: 's1',
  connections: 'c1',
  storage_profiles: 'p1',
  settings: 'workspace',
  vault_recipients: 'r1',
};
const TABLES = Object.keys(ROWS) as SealedTable[]; // The keys of exactly that record.

beforeEach(async () => {
  one = await openVaultGround();
  vault = await setUpVault(one);
  const { raw } = one.workspace.db;
  raw.exec(`
    INSERT INTO users (no, id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
      VALUES (1, 'u1', 'x1', 'a@example.org', 'a@example.org', 'A', 'user', 'inactive', 'hash', 0, 1, x'', 0),
             (2, 'u2', 'x2', 'b@example.org', 'b@example.org', 'B', 'user', 'active', 'hash', 0, 1, x'', 0);
    INSERT INTO backends (no, kind) VALUES (1, 's3'), (2, 'webdav'), (3, 's3'), (4, 'webdav');
    INSERT INTO sessions (id, user_no, token_hash, host, created_at, expires_at, version, seal) VALUES ('s1', 1, x'01', 'qm', 1, 2, 1, x'');
    INSERT INTO settings (id, content, version, seal) VALUES ('workspace', '{"a":1}', 1, x'');
    INSERT INTO vault_recipients (id, kind, parameters, wrapped_key, checked_at, version, seal, created_at)
      VALUES ('r1', 'passphrase', '{}', x'0102', 5, 1, x'', 0);
    INSERT INTO storage_profiles (id, backend_no, name, configuration, credentials, own, version, seal, created_at)
      VALUES ('p1', 1, 'main', '{}', x'0102', 1, 1, x'', 0);
    INSERT INTO connections (no, id, user_no, backend_no, provider, label, account, configuration, credentials, root, owned_root, state, version, seal, created_at)
      VALUES (1, 'c1', 1, 2, 'webdav', 'l', 'a', '{}', x'0102', '/r', 0, 'untested', 1, x'', 0);
  `);
  for (const table of TABLES) seal(table);
});
afterEach(() => one.dispose());

function seal(table: SealedTable): void {
  one.workspace.transaction((tx) => {
    const sealed = renewSeal(tx, vault, table, ROWS[table]);
    one.audit.append(tx, { actor: ACTOR, event: 'admin.settings_changed', target: null, sealed });
  });
}

const look = (table: SealedTable) => checkSeal(one.workspace.db, vault, one.audit, table, ROWS[table]);

/** Another value that the column takes: the schema's own checks are not what stops the hand that edits. */
const OTHER: Record<string, string> = {
  external_id: "'x9'",
  mail: "'z@example.org'",
  mail_key: "'z@example.org'",
  role: "'owner'",
  status: "'active'",
  password_must_change: '1',
  version: '2',
  user_no: '2',
  token_hash: "x'02'",
  created_at: '9',
  expires_at: '99',
  backend_no: '3',
  provider: "'s3'",
  credentials: "x'0103'",
  configuration: `'{"edited":1}'`,
  owned_root: '1',
  own: '0',
  kind: "'root'",
  wrapped_key: "x'0103'",
  id: "'other'",
};

describe.each(TABLES)('X6: the seal of %s', (table) => {
  test('holds as long as nobody edits the row', () => {
    expect(look(table)).toBe('holds');
    expect(() => requireSeal(one.workspace.db, vault, one.audit, table, ROWS[table])).not.toThrow();
  });

  test.each(sealedColumns[table].filter((column) => column !== 'id'))('covers the column %s', (column) => {
    one.workspace.db.raw
      .prepare(`UPDATE ${table} SET ${column} = ${OTHER[column] ?? "'edited'"} WHERE id = ?`)
      .run(ROWS[table]);
    expect(look(table)).toBe('broken');
    expect(() => requireSeal(one.workspace.db, vault, one.audit, table, ROWS[table])).toThrowError(
      expect.objectContaining({
        code: 'SEAL_BROKEN',
        data: { table, rowId: ROWS[table] },
        message: expect.stringContaining(ROWS[table]),
      }),
    );
  });

  test('covers the id: a row that was copied under another id is not sealed', () => {
    one.workspace.db.raw.prepare(`UPDATE ${table} SET id = 'other' WHERE id = ?`).run(ROWS[table]);
    expect(checkSeal(one.workspace.db, vault, one.audit, table, 'other')).toBe('broken');
    expect(look(table)).toBe('broken');
  });

  test('an older row that is put back, seal and all, is broken; put right by the console it holds again', () => {
    const { raw } = one.workspace.db;
    const old =
      raw.prepare<[string], Record<string, unknown>>(`SELECT * FROM ${table} WHERE id = ?`).get(ROWS[table]) ?? {};
    raw.prepare(`UPDATE ${table} SET version = 2 WHERE id = ?`).run(ROWS[table]);
    seal(table);
    expect(look(table)).toBe('holds');
    const columns = Object.keys(old);
    raw
      .prepare(`UPDATE ${table} SET ${columns.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`)
      .run(...columns.map((name) => old[name]), ROWS[table]);
    expect(look(table)).toBe('broken');
    seal(table);
    expect(look(table)).toBe('holds');
  });

  test('a seal that was cut, emptied, or of another table is broken', () => {
    const { raw } = one.workspace.db;
    const write = raw.prepare(`UPDATE ${table} SET seal = ? WHERE id = ?`);
    const good =
      raw.prepare<[string], Buffer>(`SELECT seal FROM ${table} WHERE id = ?`).pluck().get(ROWS[table]) ??
      Buffer.alloc(0);
    for (const bad of [
      Buffer.alloc(0),
      good.subarray(0, 35),
      Buffer.alloc(36),
      Buffer.concat([good, Buffer.alloc(1)]),
    ]) {
      write.run(bad, ROWS[table]);
      expect(look(table)).toBe('broken');
    }
    write.run(good, ROWS[table]);
    expect(look(table)).toBe('holds');
  });

  test('a row that an entry removed is broken when it is put back', () => {
    one.workspace.transaction((tx) =>
      one.audit.append(tx, {
        actor: ACTOR,
        event: 'admin.settings_changed',
        target: null,
        sealed: { table, rowId: ROWS[table], seal: null },
      }),
    );
    expect(look(table)).toBe('broken');
  });

  test('a row that no entry made is broken, even with a seal of this vault', () => {
    one.workspace.db.raw.prepare(`UPDATE ${table} SET id = 'new' WHERE id = ?`).run(ROWS[table]);
    one.workspace.transaction((tx) => renewSeal(tx, vault, table, 'new'));
    expect(checkSeal(one.workspace.db, vault, one.audit, table, 'new')).toBe('broken');
  });
});

test('X6: a seal under the vault of another workspace does not hold', async () => {
  const other = await openVaultGround();
  try {
    const theirs = await setUpVault(other);
    one.workspace.transaction((tx) => {
      const sealed = renewSeal(tx, theirs, 'users', 'u1');
      one.audit.append(tx, { actor: ACTOR, event: 'admin.user_updated', target: null, sealed });
    });
    expect(look('users')).toBe('broken');
  } finally {
    await other.dispose();
  }
});

test('mere state is not sealed: what is written while the vault is locked breaks nothing', () => {
  one.workspace.db.raw.exec(`
    UPDATE users SET last_sign_in_at = 7, connection_count = 3;
    UPDATE connections SET state = 'works', last_checked_at = 7;
    UPDATE storage_profiles SET last_indexed_at = 7;
    UPDATE vault_recipients SET checked_at = 7;
  `);
  for (const table of TABLES) expect(look(table), table).toBe('holds');
});

test('text and blob of the same letters are different content', () => {
  const { raw } = one.workspace.db;
  expect(() => raw.exec(`UPDATE settings SET content = x'61'`)).toThrow(); // STRICT tables keep the kinds apart already.
  raw.exec(`UPDATE settings SET content = '{"hex":"01"}'`);
  seal('settings');
  expect(look('settings')).toBe('holds');
});

test('X6: a broken seal is audited by name, once for each state of the row', () => {
  const entries = () => one.audit.list(one.workspace.db, { event: 'console.seal_broken', limit: 10 }).rows;
  const { raw } = one.workspace.db;
  raw.exec(`UPDATE users SET role = 'owner' WHERE id = 'u1'`);
  for (let call = 0; call < 3; call += 1) recordBrokenSeal(one.ground, ACTOR, 'users', 'u1');
  expect(entries()).toHaveLength(1);
  expect(entries()[0]).toMatchObject({
    target: { kind: 'user', id: 'u1' },
    outcome: 'refused',
    metadata: { table: 'users' },
  });
  raw.exec(`UPDATE users SET status = 'active' WHERE id = 'u1'`);
  recordBrokenSeal(one.ground, ACTOR, 'users', 'u1');
  expect(entries()).toHaveLength(2);
  expect(JSON.stringify(entries())).not.toContain('example.org');
});

test('the passphrase way seals the rows that let it in', async () => {
  const other = await openVaultGround();
  try {
    const theirs = await setUpVault(other, new Secret('a long passphrase'));
    const ids = other.workspace.db.raw.prepare('SELECT id FROM vault_recipients').pluck().all() as string[]; // Text by schema.
    expect(ids).toHaveLength(2);
    for (const id of ids)
      expect(checkSeal(other.workspace.db, theirs, other.audit, 'vault_recipients', id)).toBe('holds');
  } finally {
    await other.dispose();
  }
});

test('X6: every column of a sealed table is under the seal or known to be mere state', () => {
  const unsealed = TABLES.flatMap((table) => {
    const names = one.workspace.db.raw
      .prepare<[string], string>('SELECT name FROM pragma_table_info(?)')
      .pluck()
      .all(table);
    const sealed = new Set<string>(sealedColumns[table]);
    return names.filter((name) => !sealed.has(name) && name !== 'seal').map((name) => `${table}.${name}`);
  });
  expect(unsealed.sort()).toEqual([
    'connections.created_at',
    'connections.last_checked_at',
    'connections.no',
    'connections.state',
    'storage_profiles.created_at',
    'storage_profiles.last_indexed_at',
    'users.ai_model_no',
    'users.connection_count',
    'users.created_at',
    'users.last_sign_in_at',
    'users.no',
    'vault_recipients.checked_at',
    'vault_recipients.created_at',
  ]);
});
