import type { Append } from '../audit/index.ts';
import type { Tx } from '../database/index.ts';
import type { Ground } from '../ground.ts';
import { isRefusal, Refusal } from '../refusal.ts';
import { recordBrokenSeal, renewSeal, requireSeal, type UnlockedVault } from '../vault/index.ts';
import { findUser } from './find.ts';
import { readUser, type UserAnswer, type UserRow } from './row.ts';

type Entry = Pick<Append, 'actor' | 'event' | 'metadata'>;

export interface Versioned {
  /** Mail address, id or external id. */
  readonly user: string;
  readonly expectedVersion: number;
}

/**
 * One change to one user, with its audit entry, in one transaction: finds the user, refuses what was changed meanwhile or
 * is being deleted, runs the step, raises the version and renews the seal. A step that answers null changed nothing.
 * Refuses with SEAL_BROKEN for a row that somebody else wrote: changing a part of it would seal the rest (X6).
 */
export async function changeUser(
  ground: Ground,
  wanted: Versioned,
  step: (tx: Tx, row: UserRow) => Entry | null,
): Promise<UserAnswer> {
  const vault = await ground.vault.ready();
  requireWholeUser(ground, vault, findUser(ground.workspace.db, wanted.user).id);
  return ground.workspace.transaction((tx) => {
    const row = findUser(tx, wanted.user);
    requireSeal(tx, vault, ground.audit, 'users', row.id);
    if (row.status === 'deleting')
      throw new Refusal('USER_BEING_DELETED', `${row.name} is being deleted and cannot be changed any more.`);
    requireVersion(row, wanted.expectedVersion);
    const entry = step(tx, row);
    if (!entry) return readUser(tx, row.no);
    tx.raw.prepare('UPDATE users SET version = version + 1 WHERE no = ?').run(row.no);
    ground.audit.append(tx, {
      ...entry,
      target: { kind: 'user', id: row.id },
      sealed: renewSeal(tx, vault, 'users', row.id),
    });
    return readUser(tx, row.no);
  });
}

export function requireVersion(row: UserRow, expectedVersion: number): void {
  if (row.version === expectedVersion) return;
  throw new Refusal(
    'CHANGED_MEANWHILE',
    `${row.name} was changed meanwhile. Look at the user again and repeat the change.`,
    { version: row.version },
  );
}

/** Refuses with SEAL_BROKEN, and has it in the log: outside the transaction, which the refusal undoes. */
function requireWholeUser(ground: Ground, vault: UnlockedVault, id: string): void {
  try {
    requireSeal(ground.workspace.db, vault, ground.audit, 'users', id);
  } catch (error) {
    if (isRefusal(error, 'SEAL_BROKEN'))
      recordBrokenSeal(ground, { kind: 'console', onBehalfOf: null, origin: ground.origin }, 'users', id);
    throw error;
  }
}
