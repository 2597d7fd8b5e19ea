import { createHash } from 'node:crypto';
import type { Audit, Sealed } from '../audit/index.ts';
import type { Db, Tx, Workspace } from '../database/index.ts';
import type { Actor } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { sameBytes } from './key-ring.ts';
import type { SealedTable, UnlockedVault } from './vault.ts';

/**
 * What each seal covers (X6): everything that decides who may do what or where secrets are sent, the row's id and its
 * version; not mere state such as `last_sign_in_at`, `state` or `last_indexed_at`, which is written without a vault.
 */
export const sealedColumns = {
  users: [
    'id',
    'external_id',
    'mail',
    'mail_key',
    'name',
    'role',
    'status',
    'password_hash',
    'password_must_change',
    'version',
  ],
  sessions: ['id', 'user_no', 'token_hash', 'host', 'created_at', 'expires_at', 'version'],
  connections: [
    'id',
    'user_no',
    'backend_no',
    'provider',
    'label',
    'account',
    'configuration',
    'credentials',
    'root',
    'owned_root',
    'version',
  ],
  storage_profiles: ['id', 'backend_no', 'name', 'configuration', 'credentials', 'own', 'version'],
  settings: ['id', 'content', 'version'],
  vault_recipients: ['id', 'kind', 'parameters', 'wrapped_key', 'version'],
} as const satisfies Record<SealedTable, readonly string[]>;

interface SealedRow {
  readonly content: string;
  readonly seal: Buffer;
}

/** The row as text that two different rows never share: names, values, and blobs as `{hex}`. */
function readRow(db: Db, table: SealedTable, rowId: string): SealedRow | null {
  const columns = sealedColumns[table];
  const row = db.raw
    .prepare<[string], Record<string, unknown>>(`SELECT ${columns.join(', ')}, seal FROM ${table} WHERE id = ?`)
    .get(rowId);
  if (!row) return null;
  const content = columns.map((column) => {
    const value = row[column];
    return [column, Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value];
  });
  return { content: JSON.stringify(content), seal: Buffer.isBuffer(row.seal) ? row.seal : Buffer.alloc(0) };
}

/** Seals the row as it stands in this transaction; what it answers goes into the act's audit entry. */
export function renewSeal(tx: Tx, vault: UnlockedVault, table: SealedTable, rowId: string): Sealed {
  const row = readRow(tx, table, rowId);
  if (!row) throw new Error(`there is no row ${rowId} of ${table} to seal`);
  const seal = Buffer.from(vault.sealOf(table, row.content));
  tx.raw.prepare(`UPDATE ${table} SET seal = ? WHERE id = ?`).run(seal, rowId);
  return { table, rowId, seal };
}

/**
 * Whether the row is the one that the console wrote last: its seal fits its content, and is the newest that the audit
 * log gave it, so that an older row cannot be put back. A row that does not exist, or that no entry made, is `broken`.
 */
export function checkSeal(
  db: Db,
  vault: UnlockedVault,
  audit: Audit,
  table: SealedTable,
  rowId: string,
): 'holds' | 'broken' {
  const row = readRow(db, table, rowId);
  const newest = audit.newestSeal(db, table, rowId);
  if (!row || !newest || !vault.sealHolds(table, row.content, row.seal)) return 'broken';
  return sameBytes(newest, row.seal) ? 'holds' : 'broken';
}

/**
 * Whether the console wrote the row at some time: its seal fits its content. Says nothing about whether it is the newest;
 * for a log that lost the entry which would say so.
 */
export function isSealed(db: Db, vault: UnlockedVault, table: SealedTable, rowId: string): boolean {
  const row = readRow(db, table, rowId);
  return row !== null && vault.sealHolds(table, row.content, row.seal);
}

/** How a sentence and how an audit entry's target call a row of each table. */
const NAMES: Record<SealedTable, { readonly name: string; readonly kind: string }> = {
  users: { name: 'user', kind: 'user' },
  sessions: { name: 'session', kind: 'session' },
  connections: { name: 'connection', kind: 'connection' },
  storage_profiles: { name: 'storage profile', kind: 'profile' },
  settings: { name: 'settings', kind: 'settings' },
  vault_recipients: { name: 'way to open the vault', kind: 'vault_recipient' },
};

/** Refuses with SEAL_BROKEN, naming the row, unless its seal holds. To be called before each use that matters. */
export function requireSeal(db: Db, vault: UnlockedVault, audit: Audit, table: SealedTable, rowId: string): void {
  if (checkSeal(db, vault, audit, table, rowId) === 'holds') return;
  throw new Refusal(
    'SEAL_BROKEN',
    `The ${NAMES[table].name} ${rowId} was changed in the workspace file by something other than the console, so it is not used. ` +
      'An administrator can look at it and save it anew.',
    { table, rowId },
  );
}

/**
 * Writes `console.seal_broken` in a transaction of its own, since the refused act's is undone. Once for each state of
 * the row: a broken row that is met at every call does not fill the log.
 */
export function recordBrokenSeal(
  ground: { readonly workspace: Workspace; readonly audit: Audit },
  actor: Actor,
  table: SealedTable,
  rowId: string,
): void {
  const { workspace, audit } = ground;
  const row = readRow(workspace.db, table, rowId);
  const found = createHash('sha256')
    .update(JSON.stringify(row && [row.content, row.seal.toString('hex')]))
    .digest('hex');
  const known = audit.list(workspace.db, { event: 'console.seal_broken', targetId: rowId, limit: 1 }).rows[0];
  if (known?.metadata.found === found) return;
  workspace.transaction((tx) =>
    audit.append(tx, {
      actor,
      event: 'console.seal_broken',
      target: { kind: NAMES[table].kind, id: rowId },
      outcome: 'refused',
      metadata: { table, found },
    }),
  );
}
