import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';

/**
 * Refuses with SEAL_BROKEN when a connection of the user that the log says was added, and does not say was removed, is not
 * there: a row that somebody took out of the file has no seal that could be broken (X6), and its cloud would be forgotten.
 */
export function requireNoneMissing(db: Db, userId: string): void {
  const id = db.raw
    .prepare<[string], string>(
      `SELECT a.target_id FROM audit_entries AS a
       WHERE a.event = 'cloud.connection_added' AND a.outcome = 'done' AND json_extract(a.entry, '$.metadata.userId') = ?
         AND NOT EXISTS (SELECT 1 FROM connections AS c WHERE c.id = a.target_id)
         AND NOT EXISTS (SELECT 1 FROM audit_entries AS r
                         WHERE r.target_id = a.target_id AND r.event = 'cloud.connection_removed' AND r.outcome = 'done')
       LIMIT 1`,
    )
    .pluck()
    .get(userId);
  if (id === undefined) return;
  throw new Refusal(
    'SEAL_BROKEN',
    `A connection of this user (${id}) was taken out of the file: what lies in that cloud would be forgotten, so nothing is planned. Restore the workspace from a backup.`,
    { table: 'connections', rowId: id },
  );
}
