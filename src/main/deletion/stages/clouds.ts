import { finishBackend } from '../finish-backend.ts';
import { orGoOnWithout } from '../leave-behind.ts';
import { forgetTheRest, removeAndLookAgain } from '../listing-again.ts';
import type { Run } from '../run.ts';
import { patiently } from '../surveying.ts';

/**
 * The user's documents in their clouds, while the credentials are still there. Each cloud is finished and looked at
 * again. The store is not begun before all of them are done, or left behind by choice (D1).
 */
export async function clouds(run: Run): Promise<void> {
  let waits = null;
  for (const row of run.backends()) {
    if (row.is_cloud === 0 || row.state === 'done' || row.state === 'skipped') continue;
    const trouble = await orGoOnWithout(run, row, async () => {
      const opened = await patiently(run, row, () => run.open(row));
      await removeAndLookAgain(run, opened, row);
      await forgetTheRest(run, row, row.reach === 'recorded' && !opened.scope.versioned);
      finishBackend(run, row);
    });
    waits ??= trouble;
    run.requireGoing();
  }
  if (waits) throw waits;
  run.advance('store');
}
