import type { Db } from '../database/index.ts';
import { readSettings } from '../settings/index.ts';
import { type Order, orderOf, type Place, readKey, writeKey } from './order.ts';
import { toUser, USER_COLUMNS, USER_TABLES, type UserAnswer, type UserRow } from './row.ts';
import { type SearchTerm, searchTerm } from './search.ts';

export interface UserQuery extends Order {
  readonly search?: string | undefined;
  readonly status?: 'active' | 'inactive' | 'deleting' | undefined;
  readonly role?: 'owner' | 'user' | undefined;
  readonly overQuota?: boolean | undefined;
  readonly hasConnections?: boolean | undefined;
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

interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** One page, by key. Nothing is counted and nothing is skipped over on the way. */
export function listUsers(db: Db, query: UserQuery): UserListing {
  const conditions = conditionsOf(query);
  const { clause, past } = orderOf(query);
  if (query.after) {
    const { value, no } = readKey(query, query.after);
    conditions.push({ sql: past, values: [value, no] });
  }
  // Places first, rows then: what has to be sorted is small, and the other tables are read for one page alone.
  const places = db.raw
    .prepare<unknown[], Place>(`${placesOf(query, conditions)} ${clause} LIMIT ?`)
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

/**
 * How many there are, and the key before every 500th row, so that a list can jump without walking. All numbers in their
 * order are read first, and the values of a few of them then: SQLite's window functions take three times as long.
 */
export function outlineUsers(db: Db, query: Omit<UserQuery, 'after' | 'limit'>): Outline {
  return db.raw.transaction(() => {
    const conditions = conditionsOf(query);
    const { value, no, clause } = orderOf(query);
    const numbers = db.raw
      .prepare<unknown[], number>(
        `SELECT ${no} FROM ${tablesFor([value, no], conditions)} ${where(conditions)} ${clause}`,
      )
      .pluck()
      .all(...valuesOf(conditions));
    const last = numbers.filter((_, at) => (at + 1) % OUTLINE_STEP === 0 && at + 1 < numbers.length);
    const places = db.raw
      .prepare<[string], Place>(
        `SELECT ${value} AS value, ${no} AS no FROM ${tablesFor([value, no], [])} WHERE ${no} IN (SELECT value FROM json_each(?))`,
      )
      .all(JSON.stringify(last));
    const placeOf = new Map(places.map((place) => [place.no, place]));
    const keys = last.flatMap((one) => placeOf.get(one) ?? []).map((place) => writeKey(query, place));
    return { count: numbers.length, pageSize: OUTLINE_STEP, keys: numbers.length === 0 ? [] : [null, ...keys] };
  })();
}

/** The places of all rows that match, from the tables that filter and order need. */
function placesOf(query: Omit<UserQuery, 'after' | 'limit'>, conditions: readonly Condition[]): string {
  const { value, no } = orderOf(query);
  return `SELECT ${value} AS value, ${no} AS no FROM ${tablesFor([value, no], conditions)} ${where(conditions)}`;
}

function tablesFor(columns: readonly string[], conditions: readonly Condition[]): string {
  const parts = [...columns, ...conditions.map(({ sql }) => sql)].join(' ');
  if (!parts.includes('u.') && !parts.includes('p.name')) return 'quotas q';
  const quotas = parts.includes('q.') ? 'JOIN quotas q ON q.user_no = u.no' : '';
  const models = parts.includes('p.name')
    ? 'LEFT JOIN ai_models m ON m.no = u.ai_model_no LEFT JOIN ai_providers p ON p.no = m.provider_no'
    : '';
  return `users u ${quotas} ${models}`;
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
  if (term) conditions.push(searchCondition(term, orderOf(query).no));
  return conditions;
}

/** `no` is the number that the order goes by: then no other table is needed for the search. */
function searchCondition(term: SearchTerm, no: string): Condition {
  if (term.kind === 'anywhere')
    return { sql: `${no} IN (SELECT rowid FROM users_search WHERE users_search MATCH ?)`, values: [term.phrase] };
  // Each from an index of its own, and each once: what two of them find is found once.
  const ranges = [
    ['mail_key', term.mailBeginnings],
    ['name COLLATE NOCASE', term.nameBeginnings],
    ["coalesce(external_id, '')", term.externalIdBeginnings],
  ] as const;
  const begins = ranges.flatMap(([column, beginnings]) =>
    beginnings.map((text) => ({
      sql: `SELECT no FROM users WHERE ${column} >= ? AND ${column} <= ?`,
      values: [text, text + LAST],
    })),
  );
  return {
    sql: `${no} IN (${begins.map(({ sql }) => sql).join(' UNION ALL ')})`,
    values: begins.flatMap(({ values }) => values),
  };
}

/** Behind everything that begins with the same text. */
const LAST = '\u{10ffff}\u{10ffff}';

function where(conditions: readonly Condition[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
}

function valuesOf(conditions: readonly Condition[]): (string | number)[] {
  return conditions.flatMap(({ values }) => values);
}
