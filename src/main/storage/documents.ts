import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { findUser } from '../users/index.ts';
import { type KeySearch, keySearch } from './key-search.ts';

export interface DocumentAnswer {
  /** Name of the profile or label of the connection. */
  readonly backend: string;
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: string | null;
}

interface Row {
  readonly backend_no: number;
  readonly backend: string | null;
  readonly key: string;
  readonly size: number;
  readonly modified_at: number | null;
}

export interface DocumentQuery {
  readonly user: string;
  /** Found anywhere in the key, whatever its case; under three letters at the beginning of a name in it. */
  readonly search?: string | undefined;
  readonly after?: string | null | undefined;
  readonly limit: number;
}

export interface DocumentPage {
  readonly rows: DocumentAnswer[];
  readonly next: string | null;
}

/** How many keys are looked at in one step, where something is searched for: some milliseconds. */
const WINDOW = 25_000;

/**
 * A user's documents by backend and key, a page at a time. A search looks through the user's own keys, in the index and in
 * their order. (A trigram index over all keys was rejected: a row takes one millisecond to leave it without a trace,
 * so that removing documents would be ten times slower than the servers are.)
 */
export function* listDocuments(db: Db, query: DocumentQuery): Generator<void, DocumentPage, void> {
  const { limit } = query;
  const userNo = findUser(db, query.user).no;
  const matches = keySearch(query.search);
  const rows: Row[] = [];
  let from: Place | null = query.after ? readPlace(query.after) : [0, ''];
  while (from && rows.length <= limit) {
    const to: Place | null = matches ? placeAfter(db, userNo, from, WINDOW) : null;
    for (const row of rowsBetween(db, userNo, from, to, matches, limit + 1 - rows.length)) rows.push(row);
    from = to;
    if (from) yield;
  }
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map((row) => ({
      backend: row.backend ?? 'a place that is no longer configured',
      key: row.key,
      size: row.size,
      modifiedAt: row.modified_at === null ? null : new Date(row.modified_at).toISOString(),
    })),
    next: rows.length > limit && last ? JSON.stringify([last.backend_no, last.key]) : null,
  };
}

/** Where a document stands among a user's. */
type Place = readonly [backendNo: number, key: string];

/** The place that many documents further on; null where there are not as many. */
function placeAfter(db: Db, userNo: number, [backendNo, key]: Place, count: number): Place | null {
  const row = db.raw
    .prepare<[number, number, string, number], { backend_no: number; key: string }>(
      `SELECT backend_no, key FROM documents WHERE user_no = ? AND (backend_no, key) > (?, ?)
       ORDER BY backend_no, key LIMIT 1 OFFSET ?`,
    )
    .get(userNo, backendNo, key, count - 1);
  return row ? [row.backend_no, row.key] : null;
}

function rowsBetween(
  db: Db,
  userNo: number,
  from: Place,
  to: Place | null,
  search: KeySearch | null,
  limit: number,
): Row[] {
  const conditions = ['d.user_no = ?', '(d.backend_no, d.key) > (?, ?)'];
  const values: (string | number)[] = [userNo, ...from];
  if (to) {
    conditions.push('(d.backend_no, d.key) <= (?, ?)');
    values.push(...to);
  }
  if (search) {
    conditions.push(`(${search.patterns.map(() => "d.key LIKE ? ESCAPE '\\'").join(' OR ')})`);
    values.push(...search.patterns);
  }
  const select = db.raw.prepare<(string | number)[], Row>(
    `SELECT d.backend_no, coalesce(p.name, c.label) AS backend, d.key, d.size, d.modified_at
     FROM documents d
     LEFT JOIN storage_profiles p ON p.backend_no = d.backend_no
     LEFT JOIN connections c ON c.backend_no = d.backend_no
     WHERE ${conditions.join(' AND ')} ORDER BY d.backend_no, d.key ${search ? '' : 'LIMIT ?'}`,
  );
  if (!search) return select.all(...values, limit);
  const rows: Row[] = [];
  for (const row of select.iterate(...values)) {
    if (search.accepts(row.key)) rows.push(row);
    if (rows.length === limit) break;
  }
  return rows;
}

function readPlace(text: string): Place {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && Number.isSafeInteger(value[0]) && typeof value[1] === 'string')
      return [Number(value[0]), value[1]];
  } catch {
    // Said below.
  }
  throw new Refusal('NOT_FOUND', 'There is no such page of documents. Begin with the first.', {
    what: 'page',
    name: text.slice(0, 100),
  });
}
