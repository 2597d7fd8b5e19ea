import type { BackendRow } from './rows.ts';
import type { Run } from './run.ts';

/** The backend is done and was looked at again. */
export function finishBackend(run: Run, row: BackendRow): void {
  run.write((tx) => {
    tx.raw.prepare("UPDATE deletion_backends SET state = 'done' WHERE no = ?").run(row.no);
    const { removed, removed_bytes, absent, leftovers, kept, round, problem } = run.backend(row.no);
    run.record(tx, 'deletion.backend_finished', {
      backendId: row.source_id,
      as: 'verified',
      removed,
      removedBytes: removed_bytes,
      absent,
      leftovers,
      kept,
      looks: round,
      ...(problem === null ? {} : { problem }),
    });
  });
  run.shop.changed(run.id);
}
