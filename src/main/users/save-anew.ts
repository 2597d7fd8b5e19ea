import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { Secret } from '../secret.ts';
import { endSessionsOf, hashPassword, normaliseMailKey } from '../session/index.ts';
import { type Argon2Parameters, checkSeal, renewSeal } from '../vault/index.ts';
import { requireVersion, type Versioned } from './change.ts';
import { findUser } from './find.ts';
import { readUser, type UserAnswer } from './row.ts';
import { refuseTaken } from './taken.ts';

export interface WholeUser extends Versioned {
  readonly mail?: string | undefined;
  readonly name?: string | undefined;
  readonly role?: 'owner' | 'user' | undefined;
  readonly externalId?: string | undefined;
}

/** Whether somebody else wrote the user's row (X6). */
export async function isBroken(ground: Ground, { user }: Versioned): Promise<boolean> {
  const vault = await ground.vault.ready();
  const { db } = ground.workspace;
  return checkSeal(db, vault, ground.audit, 'users', findUser(db, user).id) === 'broken';
}

/**
 * Puts right a user whose row somebody else wrote (X6): an administrator names mail, name, role and, where there is one,
 * the external id, so that nothing of what stands there is taken over unseen. What cannot be seen is not taken over either:
 * the account becomes inactive, its password fits nothing, its sessions end. Refuses with SEAL_BROKEN what names less.
 */
export async function saveAnew(
  ground: Ground,
  actor: Actor,
  change: WholeUser,
  argon2: Argon2Parameters,
): Promise<UserAnswer> {
  const { workspace, audit } = ground;
  const unknown = new Secret(Buffer.from(ground.randomBytes(32)).toString('base64'));
  const passwordHash = await hashPassword(unknown, argon2);
  const vault = await ground.vault.ready();
  return workspace.transaction((tx) => {
    const row = findUser(tx, change.user);
    const { mail, name, role } = change;
    const isWhole = mail !== undefined && name !== undefined && role !== undefined;
    if (!isWhole || (row.external_id !== null && change.externalId === undefined))
      throw new Refusal(
        'SEAL_BROKEN',
        `The user ${row.id} was changed in the workspace file by something other than the console. To put that right, look at it and ` +
          'save mail, name, role and external id together; the account is then inactive and without a password.',
        { table: 'users', rowId: row.id },
      );
    requireVersion(row, change.expectedVersion);
    if (tx.raw.prepare("SELECT 1 FROM deletions WHERE user_id = ? AND stage NOT IN ('done', 'cancelled')").get(row.id))
      throw new Refusal('USER_BEING_DELETED', `${row.name} is being deleted and cannot be changed any more.`);
    const externalId = change.externalId ?? null;
    refuseTaken(tx, mail, externalId, row.no);
    tx.raw
      .prepare(
        `UPDATE users SET mail = ?, mail_key = ?, name = ?, role = ?, external_id = ?, status = 'inactive', password_hash = ?,
           password_must_change = 1, version = version + 1 WHERE no = ?`,
      )
      .run(mail, normaliseMailKey(mail), name, role, externalId, passwordHash, row.no);
    endSessionsOf(tx, audit, row.no, actor, 'account_closed');
    audit.append(tx, {
      actor,
      event: 'admin.user_updated',
      target: { kind: 'user', id: row.id },
      metadata: { savedAnew: true, role },
      sealed: renewSeal(tx, vault, 'users', row.id),
    });
    return readUser(tx, row.no);
  });
}
