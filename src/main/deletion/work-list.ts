import type { Db, Tx } from '../database/index.ts';
import type { ObjectRef } from '../storage/index.ts';
import { type PhasedRef, phases } from './references.ts';

/** One reference on the work list. */
export interface Item extends PhasedRef {
  readonly attempts: number;
}

interface ItemRow {
  readonly kind: ObjectRef['kind'];
  readonly key: string;
  readonly version_id: string;
  readonly size: number;
  readonly etag: string | null;
  readonly modified_at: number | null;
  readonly attempts: number;
}

/** A place on the list: after this reference. */
export interface Place {
  readonly key: string;
  readonly versionId: string;
  readonly kind: string;
}

export const listStart: Place = { key: '', versionId: '', kind: '' };

/**
 * The work list (`deletion_items`): what is still to be removed, backend by backend, in the order of removal. Statements
 * are prepared once, since each runs once per object.
 */
export interface WorkList {
  /** Answers whether it was new. */
  add(tx: Tx, backend: number, item: PhasedRef): boolean;
  drop(tx: Tx, backend: number, item: PhasedRef): void;
  /** Puts it off until `nextTryAt`, with one attempt more. */
  putOff(tx: Tx, backend: number, item: PhasedRef, nextTryAt: number): void;
  /** Moves it to another phase; a reference that stands there already is one with it. */
  move(tx: Tx, backend: number, item: PhasedRef, phase: number): void;
  /** The next items of a phase after a place that are due by `now`. */
  next(db: Db, backend: number, phase: number, after: Place, now: number, limit: number): Item[];
  /** The first phase that has anything on the list; `gone` does not count. */
  firstPhase(db: Db, backend: number): number | null;
  /** When the first item of a phase that was put off is due, or null where the phase is empty. */
  nextDue(db: Db, backend: number, phase: number): number | null;
  count(db: Db, backend: number): number;
  isEmpty(db: Db, backend: number): boolean;
  /** Whether the key is on the list as an object or version: a document that the listing showed. */
  hasObject(db: Db, backend: number, key: string): boolean;
}

export function openWorkList({ raw }: Db): WorkList {
  const insert = raw.prepare(
    `INSERT INTO deletion_items (backend, phase, key, version_id, kind, size, etag, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const remove = raw.prepare(
    'DELETE FROM deletion_items WHERE backend = ? AND phase = ? AND key = ? AND version_id = ? AND kind = ?',
  );
  const postpone = raw.prepare(
    `UPDATE deletion_items SET attempts = attempts + 1, next_try_at = ?
     WHERE backend = ? AND phase = ? AND key = ? AND version_id = ? AND kind = ?`,
  );
  const page = raw.prepare<[number, number, string, string, string, number, number], ItemRow>(
    `SELECT kind, key, version_id, size, etag, modified_at, attempts FROM deletion_items
     WHERE backend = ? AND phase = ? AND (key, version_id, kind) > (?, ?, ?) AND next_try_at <= ?
     ORDER BY key, version_id, kind LIMIT ?`,
  );
  const first = raw.prepare<[number, number], number>(
    'SELECT phase FROM deletion_items WHERE backend = ? AND phase < ? ORDER BY phase LIMIT 1',
  );
  const due = raw.prepare<[number, number], number | null>(
    'SELECT min(next_try_at) FROM deletion_items WHERE backend = ? AND phase = ?',
  );
  const counted = raw.prepare<[number], number>('SELECT count(*) FROM deletion_items WHERE backend = ?');
  const any = raw.prepare('SELECT 1 FROM deletion_items WHERE backend = ? LIMIT 1');
  const byKey = raw.prepare('SELECT 1 FROM deletion_items WHERE backend = ? AND phase = ? AND key = ? LIMIT 1');

  const list: WorkList = {
    add(_tx, backend, { phase, ref }) {
      const { key, versionId, kind, size, etag, modifiedAt } = ref;
      return insert.run(backend, phase, key, versionId ?? '', kind, size, etag, modifiedAt).changes === 1;
    },
    drop(_tx, backend, { phase, ref }) {
      remove.run(backend, phase, ref.key, ref.versionId ?? '', ref.kind);
    },
    putOff(_tx, backend, { phase, ref }, nextTryAt) {
      postpone.run(nextTryAt, backend, phase, ref.key, ref.versionId ?? '', ref.kind);
    },
    move(tx, backend, item, phase) {
      list.drop(tx, backend, item);
      list.add(tx, backend, { phase, ref: item.ref });
    },
    next(_db, backend, phase, after, now, limit) {
      return page
        .all(backend, phase, after.key, after.versionId, after.kind, now, limit)
        .map((row) => itemOf(phase, row));
    },
    firstPhase: (_db, backend) => first.pluck().get(backend, phases.gone) ?? null,
    nextDue: (_db, backend, phase) => due.pluck().get(backend, phase) ?? null,
    count: (_db, backend) => counted.pluck().get(backend) ?? 0,
    isEmpty: (_db, backend) => any.get(backend) === undefined,
    hasObject: (_db, backend, key) =>
      byKey.get(backend, phases.versions, key) !== undefined || byKey.get(backend, phases.objects, key) !== undefined,
  };
  return list;
}

function itemOf(phase: number, row: ItemRow): Item {
  const { kind, key, version_id, size, etag, modified_at, attempts } = row;
  return {
    phase,
    attempts,
    ref: { kind, key, versionId: version_id === '' ? null : version_id, size, etag, modifiedAt: modified_at },
  };
}

export function placeOf({ ref }: PhasedRef): Place {
  return { key: ref.key, versionId: ref.versionId ?? '', kind: ref.kind };
}
