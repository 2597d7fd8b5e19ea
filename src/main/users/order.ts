import { z } from 'zod';
import { Refusal } from '../refusal.ts';

export type SortBy = keyof typeof SORTS;

export interface Order {
  readonly sortBy: SortBy;
  readonly direction: 'ascending' | 'descending';
}

/** A row's place in the order: what it is sorted by, and its number, which no other row has. */
export interface Place {
  readonly value: string | number;
  readonly no: number;
}

/**
 * What each column is sorted by: never null, so that a key can be compared with a key. Names ignore case as people do.
 * Where there is an index (database/migrations), both are written alike, or SQLite would not use it. How full a quota
 * is has none: it would have to follow every document.
 */
const SORTS = {
  createdAt: 'u.created_at',
  name: 'u.name COLLATE NOCASE',
  mail: 'u.mail_key',
  externalId: "coalesce(u.external_id, '')",
  status: 'u.status',
  role: 'u.role',
  used: 'q.used_bytes',
  limit: 'coalesce(q.limit_bytes, 9223372036854775807.0)',
  share: `CASE WHEN q.limit_bytes IS NULL THEN -1.0
    WHEN q.limit_bytes = 0 THEN iif(q.used_bytes > 0, 1e300, 0.0) ELSE CAST(q.used_bytes AS REAL) / q.limit_bytes END`,
  connections: 'u.connection_count',
  lastSignInAt: 'coalesce(u.last_sign_in_at, -1)',
  ai: "coalesce(p.name || '/' || m.name, '') COLLATE NOCASE",
} as const;

/** The order as SQL: what is sorted by, the number that decides between equals, and the clause of both. */
export function orderOf({ sortBy, direction }: Order): { value: string; no: string; clause: string; past: string } {
  const value = SORTS[sortBy];
  // From the same table, or an index over both would not do for the order.
  const no = value.includes('q.') ? 'q.user_no' : 'u.no';
  const way = direction === 'ascending' ? 'ASC' : 'DESC';
  return {
    value,
    no,
    clause: `ORDER BY ${value} ${way}, ${no} ${way}`,
    past: `(${value}, ${no}) ${direction === 'ascending' ? '>' : '<'} (?, ?)`,
  };
}

/** Where a page ended: the sort it belongs to, the last row's value and its number. */
const Key = z.tuple([z.string(), z.enum(['ascending', 'descending']), z.union([z.string(), z.number()]), z.int()]);

export function writeKey({ sortBy, direction }: Order, { value, no }: Place): string {
  const key: z.infer<typeof Key> = [sortBy, direction, value, no];
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

export function readKey({ sortBy, direction }: Order, text: string): Place {
  try {
    const [by, way, value, no] = Key.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (by === sortBy && way === direction) return { value, no };
  } catch {
    // Said below, in one place.
  }
  throw new Refusal('NOT_FOUND', 'This page mark does not belong to this list. Start again from the first page.', {
    what: 'page',
    name: 'after',
  });
}
