import type { Deletion } from '../../contract/deletions.ts';
import type { Db } from '../database/index.ts';
import type { DeletionRow } from './rows.ts';

export interface ListFilter {
  /** `running` and `waiting` are the unfinished ones; a paused one waits, for somebody. */
  readonly state?: 'running' | 'waiting' | 'done' | undefined;
  readonly after?: string | null | undefined;
  readonly limit: number;
}

const WHERE = {
  running: "stage NOT IN ('done', 'cancelled') AND waiting_reason IS NULL AND paused = 0",
  waiting: "stage NOT IN ('done', 'cancelled') AND (waiting_reason IS NOT NULL OR paused = 1)",
  done: "stage IN ('done', 'cancelled')",
  all: '1 = 1',
} as const;

/** Deletions, the newest first, a page at a time by key. */
export function listDeletions(
  db: Db,
  filter: ListFilter,
  shape: (row: DeletionRow) => Deletion,
): { rows: Deletion[]; next: string | null } {
  const [startedAt, id] = readKey(filter.after ?? null);
  const rows = db.raw
    .prepare<[number, string, number], DeletionRow>(
      `SELECT * FROM deletions WHERE (started_at, id) < (?, ?) AND ${WHERE[filter.state ?? 'all']} ORDER BY started_at DESC, id DESC LIMIT ?`,
    )
    .all(startedAt, id, filter.limit + 1);
  const page = rows.slice(0, filter.limit);
  const last = rows.length > filter.limit ? page.at(-1) : undefined;
  return { rows: page.map(shape), next: last ? `${last.started_at}.${last.id}` : null };
}

/** Reads a `next`; whatever else it is reads as the beginning. */
function readKey(after: string | null): [number, string] {
  const match = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(after ?? '');
  return match?.[1] && match[2] ? [Number(match[1]), match[2]] : [Number.MAX_SAFE_INTEGER, ''];
}
