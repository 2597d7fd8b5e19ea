import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { findUser } from '../users/index.ts';

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
  readonly after?: string | null | undefined;
  readonly limit: number;
}

export interface DocumentPage {
  readonly rows: DocumentAnswer[];
  readonly next: string | null;
}

/** A user's documents by backend and key, a page at a time. */
export function listDocuments(db: Db, { user, after = null, limit }: DocumentQuery): DocumentPage {
  const userNo = findUser(db, user).no;
  const [backendNo, key] = after === null ? [0, ''] : readPlace(after);
  const rows = db.raw
    .prepare<[number, number, string, number], Row>(
      `SELECT d.backend_no, coalesce(p.name, c.label) AS backend, d.key, d.size, d.modified_at
       FROM documents d
       LEFT JOIN storage_profiles p ON p.backend_no = d.backend_no
       LEFT JOIN connections c ON c.backend_no = d.backend_no
       WHERE d.user_no = ? AND (d.backend_no, d.key) > (?, ?)
       ORDER BY d.backend_no, d.key LIMIT ?`,
    )
    .all(userNo, backendNo, key, limit + 1);
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

function readPlace(text: string): [number, string] {
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
