import type { Audit } from '../audit/index.ts';
import type { Db, Tx } from '../database/index.ts';
import type { Actor } from '../ground.ts';
import type { EndReason } from './session.ts';

/** What a session needs to know of its administrator. */
export interface AdministratorRow {
  readonly no: number;
  readonly id: string;
  readonly mail: string;
  readonly name: string;
  readonly role: 'owner' | 'user';
  readonly status: 'active' | 'inactive' | 'deleting';
  readonly passwordHash: string;
  readonly passwordMustChange: 0 | 1;
}

const COLUMNS = `no, id, mail, name, role, status, password_hash AS passwordHash, password_must_change AS passwordMustChange`;

export function userByMailKey(db: Db, mailKey: string): AdministratorRow | undefined {
  return db.raw.prepare<[string], AdministratorRow>(`SELECT ${COLUMNS} FROM users WHERE mail_key = ?`).get(mailKey);
}

export function userByNo(db: Db, no: number): AdministratorRow | undefined {
  return db.raw.prepare<[number], AdministratorRow>(`SELECT ${COLUMNS} FROM users WHERE no = ?`).get(no);
}

export interface SessionRow {
  readonly id: string;
  readonly userNo: number;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export function sessionByTokenHash(db: Db, tokenHash: Buffer): SessionRow | undefined {
  return db.raw
    .prepare<[Buffer], SessionRow>(
      'SELECT id, user_no AS userNo, created_at AS createdAt, expires_at AS expiresAt FROM sessions WHERE token_hash = ?',
    )
    .get(tokenHash);
}

export function hasSessionRow(db: Db, id: string): boolean {
  return db.raw.prepare('SELECT 1 FROM sessions WHERE id = ?').get(id) !== undefined;
}

export function sessionsOf(db: Db, userNo: number): string[] {
  return db.raw
    .prepare<[number], { id: string }>('SELECT id FROM sessions WHERE user_no = ? ORDER BY id')
    .all(userNo)
    .map(({ id }) => id);
}

/** Removes a session's row with its entry, which also says that the row must not come back (X6). */
export function removeSession(tx: Tx, audit: Audit, id: string, actor: Actor, reason: EndReason | null): void {
  const { changes } = tx.raw.prepare('DELETE FROM sessions WHERE id = ?').run(id);
  audit.append(tx, {
    actor,
    event: 'admin.signed_out',
    target: { kind: 'session', id },
    metadata: reason ? { reason } : {},
    ...(changes > 0 ? { sealed: { table: 'sessions', rowId: id, seal: null } } : {}),
  });
}

/**
 * Ends all sessions of a user: in the transaction that deactivates, demotes or deletes the user, and before the user row
 * goes (the database would take the session rows with it, without a word in the log). One may be kept.
 */
export function endSessionsOf(
  tx: Tx,
  audit: Audit,
  userNo: number,
  actor: Actor,
  reason: EndReason,
  keep?: string | null,
): void {
  for (const id of sessionsOf(tx, userNo)) if (id !== keep) removeSession(tx, audit, id, actor, reason);
}
