import type { Db } from '../database/index.ts';
import { findUser } from '../users/index.ts';
import { type ConnectionAnswer, readConnections, toConnection } from './row.ts';

export interface ConnectionQuery {
  readonly user?: string | undefined;
  readonly state?: ConnectionAnswer['state'] | undefined;
  readonly after?: string | null | undefined;
  readonly limit: number;
}

export interface ConnectionPage {
  readonly rows: ConnectionAnswer[];
  readonly next: string | null;
}

/** A page in the order of their making: ids are UUIDv7, which sort by time. */
export function listConnections(db: Db, query: ConnectionQuery): ConnectionPage {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const where = (condition: string, value: string | number | null | undefined): void => {
    if (value === undefined || value === null) return;
    conditions.push(condition);
    values.push(value);
  };
  where('c.id > ?', query.after);
  where('c.user_no = ?', query.user === undefined ? undefined : findUser(db, query.user).no);
  where('c.state = ?', query.state);
  const rows = readConnections(
    db,
    `${conditions.join(' AND ') || 'true'} ORDER BY c.id LIMIT ?`,
    ...values,
    query.limit + 1,
  );
  const page = rows.slice(0, query.limit);
  return { rows: page.map(toConnection), next: rows.length > query.limit ? (page.at(-1)?.id ?? null) : null };
}
