import { orGoOnWithout } from '../leave-behind.ts';
import { listAnew } from '../listing-again.ts';
import { phases } from '../references.ts';
import { removeItems } from '../removal.ts';
import type { Run } from '../run.ts';
import { patiently } from '../surveying.ts';

/** The platform's own store: first what hides the user's folder, then all that is in it. */
export async function store(run: Run): Promise<void> {
  let waits = null;
  for (const row of run.backends()) {
    if (row.is_cloud === 1 || row.state === 'done' || row.state === 'skipped') continue;
    const trouble = await orGoOnWithout(run, row, async () => {
      const opened = await patiently(run, row, () => run.open(row));
      if (run.backend(row.no).list_anew === 1) {
        await removeItems(run, opened, row, phases.hiding);
        await listAnew(run, opened, run.backend(row.no));
      }
      await removeItems(run, opened, row);
    });
    waits ??= trouble;
    run.requireGoing();
  }
  if (waits) throw waits;
  run.advance('verifying');
}
