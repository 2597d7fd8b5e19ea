import type { Db } from '../database/index.ts';
import { isKeptInRecipients } from './recipients.ts';
import type { Cell, VaultCondition } from './vault.ts';

/** A key generation that rows may still need. */
export interface GenerationRow {
  readonly generation: number;
  readonly status: 'active' | 'decrypt_only';
  readonly checkValue: Buffer;
  readonly wrappedRoot: Buffer | null;
}

export interface RecipientRow {
  readonly id: string;
  readonly parameters: string;
  readonly wrappedKey: Buffer;
}

/** Generations in use, the newest last. None before set-up. */
export function generationRows(db: Db): GenerationRow[] {
  return db.raw
    .prepare<[], GenerationRow>(
      `SELECT generation, status, check_value AS checkValue, wrapped_root AS wrappedRoot
       FROM key_generations WHERE status <> 'retired' ORDER BY status = 'active', generation`,
    )
    .all();
}

export function recipientRows(db: Db, kind: 'passphrase' | 'root'): RecipientRow[] {
  return db.raw
    .prepare<[string], RecipientRow>(
      'SELECT id, parameters, wrapped_key AS wrappedKey FROM vault_recipients WHERE kind = ? ORDER BY created_at, id',
    )
    .all(kind);
}

/** Where the roots lie: decided at set-up, and read from the rows that set-up wrote. */
export function wayOf(db: Db): Exclude<VaultCondition['way'], null> {
  return recipientRows(db, 'root').some((row) => isKeptInRecipients(row.parameters)) ? 'passphrase' : 'keychain';
}

/** No more rows than this are tried when a ciphertext does not open; it happens on edited files alone. */
const CELLS_TRIED = 5_000;

/** Every cell that holds a ciphertext: one of them may be where a moved blob comes from. */
export function* encryptedCells(db: Db, workspaceId: string): Generator<Cell> {
  const connections = db.raw.prepare<[number], { id: string; owner: string }>(
    'SELECT c.id, u.id AS owner FROM connections c JOIN users u ON u.no = c.user_no LIMIT ?',
  );
  for (const { id, owner } of connections.all(CELLS_TRIED))
    yield { table: 'connections', column: 'credentials', rowId: id, ownerId: owner };
  const profiles = db.raw.prepare<[number], { id: string }>('SELECT id FROM storage_profiles LIMIT ?');
  for (const { id } of profiles.all(CELLS_TRIED))
    yield { table: 'storage_profiles', column: 'credentials', rowId: id, ownerId: workspaceId };
  const secrets = db.raw.prepare<[number], { name: string }>('SELECT name FROM vault_secrets LIMIT ?');
  for (const { name } of secrets.all(CELLS_TRIED)) yield ownSecretCell(name, workspaceId);
}

export function ownSecretCell(name: string, workspaceId: string): Cell {
  return { table: 'vault_secrets', column: 'blob', rowId: name, ownerId: workspaceId };
}
