import type { IndexRun } from '../../../contract/storage.ts';
import type { Db, Tx } from '../../database/index.ts';
import { Refusal } from '../../refusal.ts';

export interface Counters {
  seen: number;
  added: number;
  changed: number;
  removed: number;
  foreign: number;
  bytes: number;
}

/** Where a run stopped: for the one that goes on. */
export interface Cursor {
  readonly basis: string;
  /** The source's own place. */
  readonly place: string;
  /** The last key that listing and record were compared up to. */
  readonly key: string;
}

export interface RunRow extends Counters {
  readonly id: string;
  readonly backendNo: number;
  readonly source: string;
  readonly profileId: string | null;
  readonly connectionId: string | null;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly cursor: string | null;
  readonly message: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** Numbers of backends are never given again, so a run finds its place by it for as long as that is there. */
const SELECT = `SELECT id, backend_no AS backendNo, source, state, cursor, seen, added, changed, removed, foreign_count AS "foreign",
  bytes, message, started_at AS startedAt, ended_at AS endedAt,
  (SELECT p.id FROM storage_profiles p WHERE p.backend_no = index_runs.backend_no) AS profileId,
  (SELECT c.id FROM connections c WHERE c.backend_no = index_runs.backend_no) AS connectionId FROM index_runs`;

export function findRun(db: Db, id: string): RunRow {
  const row = db.raw.prepare<[string], RunRow>(`${SELECT} WHERE id = ?`).get(id);
  if (!row) throw new Refusal('NOT_FOUND', 'There is no such index run.', { what: 'index run', name: id });
  return row;
}

export function listRuns(db: Db, limit: number): RunRow[] {
  return db.raw.prepare<[number], RunRow>(`${SELECT} ORDER BY started_at DESC, id DESC LIMIT ?`).all(limit);
}

export function runningRuns(db: Db): RunRow[] {
  return db.raw.prepare<[], RunRow>(`${SELECT} WHERE state = 'running'`).all();
}

export function newestRunOf(db: Db, backendNo: number): RunRow | undefined {
  return db.raw
    .prepare<[number], RunRow>(`${SELECT} WHERE backend_no = ? ORDER BY started_at DESC, id DESC LIMIT 1`)
    .get(backendNo);
}

export function insertRun(
  tx: Tx,
  run: Pick<RunRow, 'id' | 'backendNo' | 'source' | 'cursor' | 'startedAt'>,
  counters: Counters,
): void {
  tx.raw
    .prepare(
      `INSERT INTO index_runs (id, backend_no, source, state, cursor, seen, added, changed, removed, foreign_count, bytes, started_at)
       VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(run.id, run.backendNo, run.source, run.cursor, ...valuesOf(counters), run.startedAt);
}

export function updateProgress(tx: Tx, id: string, cursor: Cursor | null, counters: Counters): void {
  tx.raw
    .prepare(
      'UPDATE index_runs SET cursor = ?, seen = ?, added = ?, changed = ?, removed = ?, foreign_count = ?, bytes = ? WHERE id = ?',
    )
    .run(cursor === null ? null : JSON.stringify(cursor), ...valuesOf(counters), id);
}

export function endRun(
  tx: Tx,
  id: string,
  state: 'done' | 'failed' | 'cancelled',
  message: string | null,
  now: number,
): void {
  tx.raw
    .prepare("UPDATE index_runs SET state = ?, message = ?, ended_at = ? WHERE id = ? AND state = 'running'")
    .run(state, message, now, id);
}

export function readCursor(text: string | null): Cursor | null {
  if (text === null) return null;
  const value = JSON.parse(text) as Cursor; // Written by `updateProgress` alone, in the same database.
  return typeof value.basis === 'string' && typeof value.place === 'string' && typeof value.key === 'string'
    ? value
    : null;
}

function valuesOf({
  seen,
  added,
  changed,
  removed,
  foreign,
  bytes,
}: Counters): [number, number, number, number, number, number] {
  return [seen, added, changed, removed, foreign, bytes];
}

/** The fields that may go out. */
export function runAnswer(row: RunRow): IndexRun {
  const { id, state, source, seen, added, changed, removed, foreign, bytes, message, startedAt, endedAt } = row;
  const { profileId, connectionId } = row;
  return {
    id,
    state,
    source,
    place:
      profileId !== null
        ? { kind: 'profile', id: profileId }
        : connectionId !== null
          ? { kind: 'connection', id: connectionId }
          : null,
    seen,
    added,
    changed,
    removed,
    foreign,
    bytes,
    message,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
  };
}
