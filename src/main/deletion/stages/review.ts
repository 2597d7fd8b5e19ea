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
  run.advance('revoking');
}
