import type { Append } from '../audit/index.ts';
import type { Tx } from '../database/index.ts';
import type { Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { renewSeal } from '../vault/index.ts';
import { findUser } from './find.ts';
import { readUser, type UserAnswer, type UserRow } from './row.ts';

type Entry = Pick<Append, 'actor' | 'event' | 'metadata'>;

/**
 * One change to one user, with its audit entry, in one transaction: finds the user, refuses what was changed meanwhile or
 * is being deleted, runs the step, raises the version and renews the seal. A step that answers null changed nothing.
 */
export async function changeUser(
  ground: Ground,
  wanted: { readonly user: string; readonly expectedVersion: number },
  step: (tx: Tx, row: UserRow) => Entry | null,
): Promise<UserAnswer> {
  const vault = await ground.vault.ready();
  return ground.workspace.transaction((tx) => {
    const row = findUser(tx, wanted.user);
    if (row.status === 'deleting')
      throw new Refusal('USER_BEING_DELETED', `${row.name} is being deleted and cannot be changed any more.`);
    if (row.version !== wanted.expectedVersion)
      throw new Refusal(
        'CHANGED_MEANWHILE',
        `${row.name} was changed meanwhile. Look at the user again and repeat the change.`,
        {
          version: row.version,
        },
      );
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
