import { StorageError } from '../storage/index.ts';
import { hasDocuments } from './documents.ts';
import { takeInventoryFromRecord } from './inventory.ts';
import { recordLeftovers } from './leftovers.ts';
import { phases } from './references.ts';
import type { BackendRow } from './rows.ts';
import type { Run } from './run.ts';
import { inSlices } from './slices.ts';
import { Stopped, type Trouble, troubleOf, Waits } from './trouble.ts';
import { type Item, listStart } from './work-list.ts';

const PAGE = 500;

/**
 * Does a backend's share of a stage. When the backend fails, the run either goes on without it, where the administrator
 * chose that, or this answers what has to be waited for, so that the other backends get their turn first.
 */
export async function orGoOnWithout(run: Run, row: BackendRow, work: () => Promise<void>): Promise<Waits | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Waits) return error;
    if (error instanceof StorageError && error.failure === 'aborted') throw new Stopped();
    const trouble = troubleOf(error);
    if (!trouble) throw error;
    run.closeBackends();
    if (!mayGoOnWithout(run, row, trouble))
      return new Waits(trouble.reason, row.source_id, `${row.label}: ${trouble.message}`, trouble.retryAfterMs);
    await leaveBehind(run, row, trouble);
    return null;
  }
}

/** A locked vault, or an order that somebody edited, is not a backend that is down: leaving one behind would be no answer. */
function mayGoOnWithout(run: Run, row: BackendRow, trouble: Trouble): boolean {
  if (trouble.isOurs) return false;
  return run.row().when_down === 'best_effort' || run.backend(row.no).may_skip === 1;
}

/** Goes on without a backend: all that is known to be in it becomes a leftover with the reason (D7). */
async function leaveBehind(run: Run, row: BackendRow, trouble: Trouble): Promise<void> {
  if (run.backend(row.no).inventory_done === 0 && hasDocuments(run.db, run.userNo(), row.backend_no))
    await takeInventoryFromRecord(run, row, run.targetOf(row));
  await leaveItems(run, row, `The run went on without ${row.label}: ${trouble.message}`);
  const { inventory_done, removed, absent, leftovers } = run.backend(row.no);
  const problem =
    inventory_done === 0 && row.reach === 'owned'
      ? `It did not answer, and could not be listed; there may be more than is on record. ${trouble.message}`
      : `It did not answer. ${trouble.message}`;
  run.write((tx) => {
    tx.raw
      .prepare(
        "UPDATE deletion_backends SET state = 'skipped', problem = ?, cursor = NULL, list_anew = 0, unanswered = 0, verified_at = NULL WHERE no = ?",
      )
      .run(problem, row.no);
    run.record(tx, 'deletion.backend_finished', {
      backendId: row.source_id,
      as: 'skipped',
      removed,
      absent,
      leftovers,
      problem,
    });
  });
  run.shop.changed(run.id);
}

/**
 * Makes leftovers of all that is still on a backend's list. What was removed and only not asked for again is none. The
 * documents stay on record until the credentials go, so that a deletion that is called off has forgotten nothing.
 */
async function leaveItems(run: Run, row: BackendRow, reason: string): Promise<void> {
  const { list } = run.shop;
  for (;;) {
    const phase = list.firstPhase(run.db, row.no) ?? phases.gone;
    const items = list.next(run.db, row.no, phase, listStart, Number.MAX_SAFE_INTEGER, PAGE);
    if (items.length === 0) return;
    let left: Item[] = [];
    await inSlices(
      items,
      (work) => run.writePart(work),
      (tx, item) => {
        if (phase !== phases.gone) left.push(item);
        list.drop(tx, row.no, item);
      },
      (tx) => {
        recordLeftovers(
          run,
          tx,
          row,
          left.map(({ ref }) => ({ ref, reason, retryable: true, retainedUntil: null })),
        );
        left = [];
      },
    );
    run.shop.changed(run.id);
    run.requireGoing();
  }
}
