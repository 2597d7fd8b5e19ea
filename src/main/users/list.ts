import { z } from 'zod';
import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { readSettings } from '../settings/index.ts';
import { toUser, USER_COLUMNS, USER_TABLES, type UserAnswer, type UserRow } from './row.ts';
import { type SearchTerm, searchTerm } from './search.ts';

export interface UserQuery {
  readonly search?: string | undefined;
  readonly status?: 'active' | 'inactive' | 'deleting' | undefined;
  readonly role?: 'owner' | 'user' | undefined;
  readonly overQuota?: boolean | undefined;
  readonly hasConnections?: boolean | undefined;
  readonly sortBy: keyof typeof SORTS;
  readonly direction: 'ascending' | 'descending';
  readonly after?: string | null | undefined;
  readonly limit: number;
}

export interface UserListing {
  readonly rows: UserAnswer[];
  readonly next: string | null;
}

export interface Outline {
  readonly count: number;
  readonly pageSize: number;
  readonly keys: (string | null)[];
}

/** Every 500th key stands in the outline. */
const OUTLINE_STEP = 500;

/**
 * What each column is sorted by: never null, so that a key can be compared with a key. Names ignore case as people do.
 * The first three and their indexes are written alike, or SQLite would not use them.
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

/** Where a page ended: the sort it belongs to, the last row's value and its number. */
const Key = z.tuple([z.string(), z.enum(['ascending', 'descending']), z.union([z.string(), z.number()]), z.int()]);
type Key = z.infer<typeof Key>;

interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** One page, by key. Nothing is counted and nothing is skipped over on the way. */
export function listUsers(db: Db, query: UserQuery): UserListing {
  const conditions = conditionsOf(query);
  if (query.after) conditions.push(after(query, readKey(query, query.after)));
  // Places first, rows then: what has to be sorted is small, and the other tables are read for one page alone.
  const places = db.raw
    .prepare<unknown[], Place>(`${placesOf(query, conditions)} ${orderOf(query)} LIMIT ?`)
    .all(...valuesOf(conditions), query.limit + 1);
  const page = places.slice(0, query.limit);
  const last = page.at(-1);
  const rows = rowsOf(db, page);
  const thresholds = readSettings(db);
  return {
    rows: page.flatMap(({ no }) => rows.get(no) ?? []).map((row) => toUser(row, thresholds)),
    next: places.length > query.limit && last ? writeKey(query, last) : null,
  };
}

function rowsOf(db: Db, places: readonly Place[]): Map<number, UserRow> {
  const rows = db.raw
    .prepare<[string], UserRow>(
      `SELECT ${USER_COLUMNS} FROM ${USER_TABLES} WHERE u.no IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(places.map(({ no }) => no)));
  return new Map(rows.map((row) => [row.no, row]));
}

/** How many there are, and the key before every 500th row, so that a list can jump without walking. */
export function outlineUsers(db: Db, query: Omit<UserQuery, 'after' | 'limit'>): Outline {
  const conditions = conditionsOf(query);
  const places = placesOf(query, conditions);
  const steps = db.raw
    .prepare<unknown[], Place & { at: number }>(
      `SELECT value, no, at FROM (${places.replace('SELECT', `SELECT row_number() OVER (${orderOf(query)}) AS at,`)}) WHERE at % ${OUTLINE_STEP} = 0`,
    )
    .all(...valuesOf(conditions));
  const count =
    db.raw
      .prepare<unknown[], number>(`SELECT count(*) FROM (${places})`)
      .pluck()
      .get(...valuesOf(conditions)) ?? 0;
  const keys: (string | null)[] = count === 0 ? [] : [null];
  for (const step of steps) if (step.at < count) keys.push(writeKey(query, step));
  return { count, pageSize: OUTLINE_STEP, keys };
}

/** A row's place in the order: what it is sorted by, and its number, which no other row has. */
interface Place {
  readonly value: string | number;
  readonly no: number;
}

/** The places of all rows that match, from the tables that filter and order need. */
function placesOf(query: Omit<UserQuery, 'after' | 'limit'>, conditions: readonly Condition[]): string {
  const sort = SORTS[query.sortBy];
  const parts = [sort, ...conditions.map(({ sql }) => sql)].join(' ');
  const quotas = parts.includes('q.') ? 'JOIN quotas q ON q.user_no = u.no' : '';
  const models = parts.includes('p.name')
    ? 'LEFT JOIN ai_models m ON m.no = u.ai_model_no LEFT JOIN ai_providers p ON p.no = m.provider_no'
    : '';
  return `SELECT ${sort} AS value, u.no AS no FROM users u ${quotas} ${models} ${where(conditions)}`;
}

function conditionsOf(query: Omit<UserQuery, 'after' | 'limit'>): Condition[] {
  const conditions: Condition[] = [];
  const add = (sql: string, ...values: (string | number)[]) => conditions.push({ sql, values });
  if (query.status !== undefined) add('u.status = ?', query.status);
  if (query.role !== undefined) add('u.role = ?', query.role);
  const over = '(q.limit_bytes IS NOT NULL AND q.used_bytes > q.limit_bytes)';
  if (query.overQuota !== undefined) add(query.overQuota ? over : `NOT ${over}`);
  if (query.hasConnections !== undefined)
    add(query.hasConnections ? 'u.connection_count > 0' : 'u.connection_count = 0');
  const term = searchTerm(query.search);
  if (term) conditions.push(searchCondition(term));
  return conditions;
}

function searchCondition(term: SearchTerm): Condition {
  if (term.kind === 'anywhere')
    return { sql: 'u.no IN (SELECT rowid FROM users_search WHERE users_search MATCH ?)', values: [term.phrase] };
  const { patterns, mailPattern } = term;
  const begins = (column: string) => patterns.map(() => `${column} LIKE ? ESCAPE '\\'`);
  return {
    sql: `(${["u.mail_key LIKE ? ESCAPE '\\'", ...begins('u.name'), ...begins('u.external_id')].join(' OR ')})`,
    values: [mailPattern, ...patterns, ...patterns],
  };
}

function after({ sortBy, direction }: UserQuery, [, , value, no]: Key): Condition {
  const past = direction === 'ascending' ? '>' : '<';
  return { sql: `(${SORTS[sortBy]}, u.no) ${past} (?, ?)`, values: [value, no] };
}

function orderOf({ sortBy, direction }: Pick<UserQuery, 'sortBy' | 'direction'>): string {
  const way = direction === 'ascending' ? 'ASC' : 'DESC';
  return `ORDER BY ${SORTS[sortBy]} ${way}, u.no ${way}`;
}

function where(conditions: readonly Condition[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
}

function valuesOf(conditions: readonly Condition[]): (string | number)[] {
  return conditions.flatMap(({ values }) => values);
}

function writeKey({ sortBy, direction }: Pick<UserQuery, 'sortBy' | 'direction'>, { value, no }: Place): string {
  const key: Key = [sortBy, direction, value, no];
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function readKey({ sortBy, direction }: UserQuery, text: string): Key {
  try {
    const key = Key.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (key[0] === sortBy && key[1] === direction) return key;
  } catch {
    // Said below, in one place.
  }
  throw new Refusal('NOT_FOUND', 'This page mark does not belong to this list. Start again from the first page.', {
    what: 'page',
    name: 'after',
  });
}
