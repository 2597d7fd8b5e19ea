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
}
