import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import type { DeletionStage } from './parts.ts';

export type WaitingReason = 'offline' | 'backend' | 'vault' | 'reauthorise' | 'growth' | 'hidden' | 'review';
export type WhenDown = 'wait' | 'without_unreachable' | 'best_effort';
export type BackendState = 'due' | 'running' | 'verifying' | 'waiting' | 'done' | 'skipped';

/** A row of `plans`, as it stands in the database. */
export interface PlanRow {
  readonly id: string;
  readonly user_id: string;
  readonly mail: string | null;
  readonly hash: string;
  readonly content: string;
  readonly basis: string;
  readonly uploads: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly entry_sequence: number;
}

/** A row of `deletions`, as it stands in the database. */
export interface DeletionRow {
  readonly id: string;
  readonly plan_id: string;
  readonly user_id: string;
  readonly user_no: number | null;
  readonly mail: string | null;
  readonly external_id: string | null;
  readonly subject_key: string;
  readonly subject: string;
  readonly stage: DeletionStage;
  readonly waiting_reason: WaitingReason | null;
  readonly waiting_backend: string | null;
  readonly waiting_since: number | null;
  readonly waiting_message: string | null;
  readonly waiting_tries: number;
  readonly next_try_at: number | null;
  readonly paused: 0 | 1;
  readonly when_down: WhenDown;
  readonly review: 0 | 1;
  readonly review_finished: 0 | 1;
  readonly first_removal_at: number | null;
  readonly status_before: 'active' | 'inactive';
  readonly ordered_by: string;
  readonly revocations: string;
  readonly destroyed_copies: string;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly certificate: string | null;
  readonly certificate_hash: string | null;
}

/** A row of `deletion_backends`, as it stands in the database. */
export interface BackendRow {
  readonly no: number;
  readonly deletion_id: string;
  readonly source_id: string;
  readonly backend_no: number;
  readonly position: number;
  readonly kind: 'folder' | 's3' | 'webdav';
  readonly label: string;
  readonly is_cloud: 0 | 1;
  readonly reach: 'owned' | 'recorded';
  readonly state: BackendState;
  readonly finality: 'final' | 'trash' | 'retained' | 'unknown';
  readonly note: string | null;
  readonly problem: string | null;
  readonly may_skip: 0 | 1;
  readonly planned: number;
  readonly planned_bytes: number;
  readonly found: number;
  readonly found_bytes: number;
  readonly accepted: number;
  readonly removed: number;
  readonly removed_bytes: number;
  readonly absent: number;
  readonly kept: number;
  readonly leftovers: number;
  readonly unanswered: number;
  readonly round: number;
  readonly cursor: string | null;
  readonly list_anew: 0 | 1;
  readonly not_hiding: string;
  readonly inventory_done: 0 | 1;
  readonly first_removal_at: number | null;
  readonly last_removal_at: number | null;
  readonly verified_at: number | null;
}

/** A row of `leftovers`, as it stands in the database. */
export interface LeftoverRow {
  readonly id: string;
  readonly backend: number;
  readonly kind: 'object' | 'version' | 'marker' | 'upload' | 'folder';
  readonly key: string;
  readonly version_id: string;
  readonly size: number;
  readonly etag: string | null;
  readonly modified_at: number | null;
  readonly reason: string;
  readonly retryable: 0 | 1;
  readonly retained_until: number | null;
  readonly created_at: number;
  readonly resolved_at: number | null;
  readonly resolved_as: 'removed' | 'absent' | null;
  readonly addendum_id: string | null;
}

/** The parts of a user's row that a deletion looks at. */
export interface UserRow {
  readonly no: number;
  readonly id: string;
  readonly external_id: string | null;
  readonly mail: string;
  readonly mail_key: string;
  readonly role: 'owner' | 'user';
  readonly status: 'active' | 'inactive' | 'deleting';
}

/** The plan. Refuses with NOT_FOUND. */
export function readPlan(db: Db, id: string): PlanRow {
  const row = db.raw.prepare<[string], PlanRow>('SELECT * FROM plans WHERE id = ?').get(id);
  if (!row) throw notFound('plan', id);
  return row;
}

/** The deletion. Refuses with NOT_FOUND. */
export function readDeletion(db: Db, id: string): DeletionRow {
  const row = db.raw.prepare<[string], DeletionRow>('SELECT * FROM deletions WHERE id = ?').get(id);
  if (!row) throw notFound('deletion', id);
  return row;
}

/** The backends of a deletion in their order: clouds first. */
export function readBackends(db: Db, deletionId: string): BackendRow[] {
  return db.raw
    .prepare<[string], BackendRow>('SELECT * FROM deletion_backends WHERE deletion_id = ? ORDER BY position')
    .all(deletionId);
}

export function readBackend(db: Db, no: number): BackendRow {
  const row = db.raw.prepare<[number], BackendRow>('SELECT * FROM deletion_backends WHERE no = ?').get(no);
  if (!row) throw new Error(`there is no backend ${no}`);
  return row;
}

export function readUser(db: Db, no: number): UserRow {
  const row = db.raw
    .prepare<[number], UserRow>('SELECT no, id, external_id, mail, mail_key, role, status FROM users WHERE no = ?')
    .get(no);
  if (!row) throw notFound('user', String(no));
  return row;
}

export function notFound(what: string, name: string): Refusal {
  return new Refusal(
    'NOT_FOUND',
    `There is no ${what} ${name}. It may have been removed, or the name is another one.`,
    { what, name },
  );
}
