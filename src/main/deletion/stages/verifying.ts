import { finishBackend } from '../finish-backend.ts';
import { orGoOnWithout } from '../leave-behind.ts';
import { forgetTheRest, removeAndLookAgain } from '../listing-again.ts';
import type { Run } from '../run.ts';
import { patiently } from '../surveying.ts';

/** Lists the store again: what is new or still stands is removed again, three rounds at most, then it is a leftover. */
export async function verifying(run: Run): Promise<void> {
  let waits = null;
  for (const row of run.backends()) {
    if (row.is_cloud === 1 || row.state === 'done' || row.state === 'skipped') continue;
    const trouble = await orGoOnWithout(run, row, async () => {
      const opened = await patiently(run, row, () => run.open(row));
      await removeAndLookAgain(run, opened, row);
      await forgetTheRest(run, row);
      finishBackend(run, row);
    });
    waits ??= trouble;
    run.requireGoing();
  }
  if (waits) throw waits;
  run.closeBackends();
  const asksFirst =
    run.row().review === 1 &&
    run.row().review_finished === 0 &&
    run.backends().some(({ is_cloud, leftovers }) => is_cloud === 1 && leftovers > 0);
  run.advance(asksFirst ? 'review' : 'revoking');
}
