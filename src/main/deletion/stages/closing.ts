import { requireNoGrowth, takeInventory } from '../inventory.ts';
import { orGoOnWithout } from '../leave-behind.ts';
import type { Run } from '../run.ts';
import { patiently } from '../surveying.ts';

/**
 * The account is closed already, in the transaction that began the deletion. Writes the whole inventory, clouds and store,
 * while nothing is removed; then asks if there is much more than planned.
 */
export async function closing(run: Run): Promise<void> {
  let waits = null;
  for (const row of run.backends()) {
    if (row.inventory_done === 1 || row.state === 'skipped') continue;
    const trouble = await orGoOnWithout(run, row, async () => {
      const opened = await patiently(run, row, () => run.open(row));
      await takeInventory(run, opened, row);
    });
    waits ??= trouble;
    run.requireGoing();
  }
  if (waits) throw waits;
  requireNoGrowth(run);
  run.advance('clouds', (tx) =>
    run.record(tx, 'deletion.inventory_written', {
      backends: run.backends().map(({ source_id, state, planned, found, found_bytes }) => ({
        id: source_id,
        planned,
        found,
        bytes: found_bytes,
        ...(state === 'skipped' ? { skipped: true } : {}),
      })),
    }),
  );
}
