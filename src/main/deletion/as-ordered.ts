import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { sha256 } from './canonical.ts';
import type { BackendRow, DeletionRow, PlanRow } from './rows.ts';
import { subjectOf } from './subject.ts';

/**
 * What the log says about whose documents a deletion may touch. The rows of plans and deletions carry no seal: they are
 * held against the entries of the log instead, which can neither be changed nor taken away unseen (X6).
 */
export function scopeMark(subjectKey: string, userId: string, externalId: string | null): string {
  return subjectOf(subjectKey, JSON.stringify(['scope', userId, externalId]));
}

/**
 * Refuses with SEAL_BROKEN a deletion whose user, plan or scope are not those that the administrator confirmed, or that
 * stands at a stage that the log does not say it came to.
 */
export function requireAsOrdered(db: Db, deletion: DeletionRow): void {
  const entry = metadataOf(db, "event = 'admin.deletion_started' AND target_id = ? AND outcome = 'done'", deletion.id);
  const user =
    deletion.user_no === null
      ? null
      : db.raw
          .prepare<[number], { id: string; external_id: string | null }>(
            'SELECT id, external_id FROM users WHERE no = ?',
          )
          .get(deletion.user_no);
  // The external id is forgotten when nothing of the store can be tried again.
  const isForgotten = deletion.user_no === null && deletion.external_id === null;
  const holds =
    entry !== null &&
    entry.userId === deletion.user_id &&
    entry.planId === deletion.plan_id &&
    entry.statusBefore === deletion.status_before &&
    (hasEnded(deletion) || stageReached(db, deletion.id) === deletion.stage) &&
    (isForgotten || entry.scope === scopeMark(deletion.subject_key, deletion.user_id, deletion.external_id)) &&
    (user === null || (user?.id === deletion.user_id && user.external_id === deletion.external_id));
  if (holds) return;
  throw new Refusal(
    'SEAL_BROKEN',
    'This deletion is not the one that was confirmed: somebody else wrote its row. It is not carried out, and nothing more is removed by it.',
    { table: 'deletions', rowId: deletion.id },
  );
}

function hasEnded({ stage }: DeletionRow): boolean {
  return stage === 'done' || stage === 'cancelled';
}

function stageReached(db: Db, id: string): unknown {
  return allOf(db, 'deletion.stage_reached', id).at(-1)?.stage;
}

/** Whether the log says that a removal was asked for: from then on nothing can be called off. */
export function hasBegunToRemove(db: Db, id: string): boolean {
  return allOf(db, 'deletion.removal_began', id).length > 0;
}

/**
 * Refuses with SEAL_BROKEN a deletion whose backends are not those that the log says were finished, or with other figures: what
 * is to be certified is what was done. Later absences and leftovers may have come to them, and retries may have moved figures.
 */
export function requireAsRecorded(db: Db, deletion: DeletionRow, backends: readonly BackendRow[]): void {
  const finished = allOf(db, 'deletion.backend_finished', deletion.id);
  const wasRetried = allOf(db, 'admin.deletion_retried', deletion.id).length > 0;
  const standing = db.raw
    .prepare<[number], number>('SELECT count(*) FROM leftovers WHERE backend = ? AND resolved_at IS NULL')
    .pluck();
  for (const row of backends) {
    const entry = finished.findLast(({ backendId }) => backendId === row.source_id);
    const [removed, absent, left] = [Number(entry?.removed), Number(entry?.absent), Number(entry?.leftovers)];
    const holds =
      entry?.as === (row.state === 'skipped' ? 'skipped' : 'verified') &&
      standing.get(row.no) === row.leftovers &&
      (wasRetried
        ? row.removed + row.absent + row.leftovers >= removed + absent + left
        : row.removed === removed && row.absent >= absent && row.leftovers >= left);
    if (holds) continue;
    throw new Refusal(
      'SEAL_BROKEN',
      `What is written down of ${row.label} is not what the log says was done there: somebody else wrote it. Nothing is certified.`,
      { table: 'deletions', rowId: deletion.id },
    );
  }
}

function allOf(db: Db, event: string, deletionId: string): Record<string, unknown>[] {
  return db.raw
    .prepare<[string, string], string>(
      "SELECT entry FROM audit_entries WHERE event = ? AND target_id = ? AND outcome = 'done' ORDER BY sequence",
    )
    .pluck()
    .all(event, deletionId)
    .map((text) => {
      const { metadata }: { metadata?: Record<string, unknown> } = JSON.parse(text);
      return metadata ?? {};
    });
}

/** What the log says of a plan's basis and uploads. The basis carries a salt, so that no mail address can be tried against it. */
export function standsOn({ basis, uploads }: Pick<PlanRow, 'basis' | 'uploads'>): string {
  return sha256(JSON.stringify([basis, uploads]));
}

/** Refuses with SEAL_BROKEN a plan that is not what was frozen: its content against its hash, both against the log. */
export function requireAsFrozen(db: Db, plan: PlanRow): void {
  const entry = metadataOf(db, "event = 'admin.deletion_planned' AND sequence = ?", plan.entry_sequence);
  const holds =
    entry?.planId === plan.id &&
    entry.hash === plan.hash &&
    sha256(plan.content) === plan.hash &&
    entry.standsOn === standsOn(plan);
  if (holds) return;
  throw new Refusal(
    'SEAL_BROKEN',
    'This plan is not the one that was frozen: somebody else wrote its row. Make a new one.',
    { table: 'plans', rowId: plan.id },
  );
}

function metadataOf(db: Db, where: string, value: string | number): Record<string, unknown> | null {
  const text = db.raw
    .prepare<[string | number], string>(`SELECT entry FROM audit_entries WHERE ${where} ORDER BY sequence LIMIT 1`)
    .pluck()
    .get(value);
  if (text === undefined) return null;
  const { metadata }: { metadata?: Record<string, unknown> } = JSON.parse(text);
  return metadata ?? null;
}
