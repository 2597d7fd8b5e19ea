import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';

/**
 * Refuses with SOLE_ADMIN if this user is the only active owner (U3, D11): to be called, in the transaction, before an
 * act that would deactivate, demote or delete the user. Anybody else passes.
 */
export function requireAnotherActiveOwner(db: Db, userNo: number): void {
  const isSoleAdmin = db.raw
    .prepare<[number, number]>(
      `SELECT 1 FROM users WHERE no = ? AND role = 'owner' AND status = 'active'
       AND NOT EXISTS (SELECT 1 FROM users WHERE role = 'owner' AND status = 'active' AND no <> ?)`,
    )
    .get(userNo, userNo);
  if (!isSoleAdmin) return;
  throw new Refusal(
    'SOLE_ADMIN',
    'This is the only active administrator: without one, nobody could sign in to the console any more. Make another user an owner first.',
  );
}
