import type { Run } from '../run.ts';
import { Waits } from '../trouble.ts';

/** Something of a cloud is left over. After this the credentials are gone and nothing in that cloud can be tried again. */
export async function review(run: Run): Promise<void> {
  const left = run.backends().filter(({ is_cloud, leftovers }) => is_cloud === 1 && leftovers > 0);
  if (run.row().review_finished === 0 && left.length > 0) {
    const places = left.map(({ label, leftovers }) => `${label}: ${leftovers}`).join('; ');
    throw new Waits(
      'review',
      null,
      `Objects are left over in the user’s clouds (${places}). Try them again or finish the review; after it the credentials are gone.`,
    );
  }
  if (left.length === 0) return run.advance('revoking');
  // It may have waited for days: what was written into the store since is removed too.
  run.advance('verifying', (tx) =>
    tx.raw
      .prepare(
        "UPDATE deletion_backends SET state = 'verifying', verified_at = NULL, round = 0 WHERE deletion_id = ? AND is_cloud = 0 AND state = 'done'",
      )
      .run(run.id),
  );
}
