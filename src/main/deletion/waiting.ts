import type { Run } from './run.ts';
import type { Waits } from './trouble.ts';

/** What only an answer ends; everything else is tried again by itself. */
const NEEDS_ANSWER = new Set(['growth', 'review']);

/**
 * Writes down that the deletion waits, and when it is tried again. The same wait that goes on has one entry in the log,
 * however often it was tried; after 14 days it asks.
 */
export function writeWaiting(run: Run, waits: Waits): void {
  const { patience } = run.shop;
  run.write((tx) => {
    const row = run.row();
    const now = run.now();
    const goesOn =
      row.waiting_reason !== null &&
      row.waiting_backend === waits.backendId &&
      (row.waiting_reason === waits.reason ||
        row.waiting_reason === 'review' ||
        isDown(row.waiting_reason) === isDown(waits.reason));
    const since = goesOn ? (row.waiting_since ?? now) : now;
    const tries = goesOn ? row.waiting_tries + 1 : 1;
    const asks = !NEEDS_ANSWER.has(waits.reason) && now - since >= patience.askAfterMs;
    const reason = asks ? 'review' : waits.reason;
    const message = asks
      ? `It has waited for ${Math.floor((now - since) / 86_400_000)} days: decide whether to wait on or to go on without. ${waits.message}`
      : waits.message;
    const backoff = patience.waitBackoffMs[tries - 1] ?? patience.waitBackoffMs.at(-1) ?? 0;
    const nextTryAt = NEEDS_ANSWER.has(waits.reason)
      ? null
      : now + Math.max(backoff, Math.min(waits.retryAfterMs ?? 0, 3_600_000));
    tx.raw
      .prepare(
        `UPDATE deletions SET waiting_reason = ?, waiting_backend = ?, waiting_since = ?, waiting_message = ?, waiting_tries = ?,
           next_try_at = ? WHERE id = ?`,
      )
      .run(reason, waits.backendId, since, message, tries, nextTryAt, run.id);
    if (waits.backendId !== null)
      tx.raw
        .prepare(
          "UPDATE deletion_backends SET state = 'waiting' WHERE deletion_id = ? AND source_id = ? AND state NOT IN ('done', 'skipped')",
        )
        .run(run.id, waits.backendId);
    if (!goesOn || (asks && row.waiting_reason !== 'review'))
      run.record(tx, 'deletion.waiting', { reason, backendId: waits.backendId, message });
  });
  run.shop.changed(run.id);
}

/** Offline today and 503 tomorrow is one and the same wait. */
function isDown(reason: string): boolean {
  return reason === 'offline' || reason === 'backend';
}
