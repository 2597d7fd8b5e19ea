import type { Deletion, Plan } from '../../contract/deletions.ts';
import type { Db } from '../database/index.ts';
import { PlanContent } from './certificate.ts';
import { iso } from './issue-certificate.ts';
import { type BackendRow, type DeletionRow, type LeftoverRow, type PlanRow, readBackends } from './rows.ts';

/** Leftovers that an answer names; all of them stand on the certificate. */
const LEFTOVERS_SHOWN = 100;

/** Why a run that should go on does not, although the database could not be told: the disk is full, or a mistake of ours. */
export interface Stall {
  readonly since: number;
  readonly message: string;
}

/** A plan as it may go out. */
export function shapePlan(row: PlanRow): Plan {
  const { backends } = PlanContent.parse(JSON.parse(row.content));
  return {
    id: row.id,
    userId: row.user_id,
    mail: row.mail,
    hash: row.hash,
    backends: backends.map(({ id, kind, label, cloud, count, bytes, kept, reachable, finality, note }) => ({
      id,
      kind,
      label,
      cloud,
      count,
      bytes,
      kept,
      reachable,
      finality,
      note,
    })),
    createdAt: iso(row.created_at),
  };
}

/** A deletion as it may go out. */
export function shapeDeletion(
  db: Db,
  row: DeletionRow,
  stall: Stall | null,
  troubles: ReadonlyMap<number, string>,
): Deletion {
  const backends = readBackends(db, row.id);
  return {
    id: row.id,
    planId: row.plan_id,
    userId: row.user_id,
    mail: row.mail,
    state: stateOf(row, stall),
    waitingFor: waitingOf(row, stall),
    backends: backends.map((backend) => shapeBackend(backend, troubles.get(backend.no) ?? null)),
    leftovers: leftoversOf(db, row.id).map((leftover) => shapeLeftover(row, leftover)),
    startedAt: iso(row.started_at),
    firstRemovalAt: row.first_removal_at === null ? null : iso(row.first_removal_at),
    endedAt: row.ended_at === null ? null : iso(row.ended_at),
    certificateHash: row.certificate_hash,
  };
}

function stateOf(row: DeletionRow, stall: Stall | null): Deletion['state'] {
  if (row.stage === 'done' || row.stage === 'cancelled') return row.stage;
  if (row.paused === 1) return 'paused';
  return row.waiting_reason !== null || stall ? 'waiting' : row.stage;
}

function waitingOf(row: DeletionRow, stall: Stall | null): Deletion['waitingFor'] {
  if (row.stage === 'done' || row.stage === 'cancelled') return null;
  if (stall)
    return { reason: 'backend', backendId: null, since: iso(stall.since), message: stall.message, nextTryAt: null };
  if (row.waiting_reason === null) return null;
  return {
    reason: row.waiting_reason,
    backendId: row.waiting_backend,
    since: iso(row.waiting_since ?? row.started_at),
    message: row.waiting_message ?? '',
    nextTryAt: row.next_try_at === null || row.next_try_at === 0 ? null : iso(row.next_try_at),
  };
}

function shapeBackend(row: BackendRow, trouble: string | null): Deletion['backends'][number] {
  return {
    id: row.source_id,
    kind: row.kind,
    label: row.label,
    cloud: row.is_cloud === 1,
    state: row.state,
    finality: row.finality,
    planned: row.planned,
    plannedBytes: row.planned_bytes,
    found: row.found,
    removed: row.removed,
    removedBytes: row.removed_bytes,
    absent: row.absent,
    kept: row.kept,
    leftovers: row.leftovers,
    bytes: Math.max(row.planned_bytes, row.found_bytes),
    unanswered: row.unanswered,
    trouble,
  };
}

type ShownLeftover = LeftoverRow & { readonly source_id: string; readonly is_cloud: 0 | 1 };

function leftoversOf(db: Db, deletionId: string): ShownLeftover[] {
  return db.raw
    .prepare<[string, number], ShownLeftover>(
      `SELECT l.*, b.source_id, b.is_cloud FROM deletion_backends AS b JOIN leftovers AS l ON l.backend = b.no
       WHERE b.deletion_id = ? AND l.resolved_at IS NULL ORDER BY b.position, l.kind, l.key, l.version_id LIMIT ?`,
    )
    .all(deletionId, LEFTOVERS_SHOWN);
}

function shapeLeftover(deletion: DeletionRow, row: ShownLeftover): Deletion['leftovers'][number] {
  const areCredentialsGone = row.is_cloud === 1 && deletion.user_no === null;
  return {
    id: row.id,
    backendId: row.source_id,
    ref: row.version_id === '' ? row.key : `${row.key} (${row.kind} ${row.version_id})`,
    reason: areCredentialsGone
      ? `${row.reason} The credentials of this cloud are gone, so it cannot be tried again.`
      : row.reason,
    retryable: row.retryable === 1 && !areCredentialsGone,
  };
}
