import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { normaliseMailKey } from '../session/index.ts';

/** Refuses with MAIL_TAKEN or EXTERNAL_ID_TAKEN what another user has; `except` is the number of the user who asks. */
export function refuseTaken(
  db: Db,
  mail: string | undefined,
  externalId: string | null | undefined,
  except: number | null,
): void {
  const taken = (column: string, value: string) =>
    db.raw.prepare(`SELECT 1 FROM users WHERE ${column} = ? AND no IS NOT ?`).get(value, except) !== undefined;
  if (mail !== undefined && taken('mail_key', normaliseMailKey(mail)))
    throw new Refusal(
      'MAIL_TAKEN',
      `Another user has the mail address ${mail} (upper and lower case count as the same). Choose another.`,
    );
  if (externalId != null && taken('external_id', externalId))
    throw new Refusal('EXTERNAL_ID_TAKEN', `Another user has the external id ${externalId}. Choose another.`);
  if (externalId != null && isLeftOver(db, externalId))
    throw new Refusal(
      'EXTERNAL_ID_TAKEN',
      `Documents of a deleted user with the external id ${externalId} may still stand in the store, and would come to belong to this one. Retry what that deletion left over first, or choose another.`,
    );
}

/** Whether a deletion that is done keeps this external id, because something of the store was left over under it. */
function isLeftOver(db: Db, externalId: string): boolean {
  const found = db.raw
    .prepare(
      `SELECT 1 FROM deletions d JOIN deletion_backends b ON b.deletion_id = d.id
       WHERE d.external_id = ? AND d.user_no IS NULL AND b.is_cloud = 0
         AND (b.state = 'skipped' OR EXISTS (SELECT 1 FROM leftovers l WHERE l.backend = b.no AND l.resolved_at IS NULL))`,
    )
    .get(externalId);
  return found !== undefined;
}
