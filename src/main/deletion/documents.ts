import type { Db } from '../database/index.ts';

/** A document on record, as the deletion reads it. */
export interface RecordedDocument {
  readonly no: number;
  /** As recorded: with the record's prefix before the reference's key. */
  readonly key: string;
  readonly size: number;
  readonly etag: string | null;
  readonly modified_at: number | null;
}

export const DOCUMENTS_PER_PAGE = 1_000;

/** The next documents of a user on a backend in key order, after a key. */
export function readDocuments(db: Db, userNo: number, backendNo: number, after: string): RecordedDocument[] {
  return db.raw
    .prepare<[number, number, string, number], RecordedDocument>(
      `SELECT no, key, size, etag, modified_at FROM documents
       WHERE user_no = ? AND backend_no = ? AND key > ? ORDER BY key LIMIT ?`,
    )
    .all(userNo, backendNo, after, DOCUMENTS_PER_PAGE);
}

export function hasDocuments(db: Db, userNo: number, backendNo: number): boolean {
  return (
    db.raw.prepare('SELECT 1 FROM documents WHERE user_no = ? AND backend_no = ? LIMIT 1').get(userNo, backendNo) !==
    undefined
  );
}

/** The numbers of the backends that hold documents of the user. */
export function backendsWithDocuments(db: Db, userNo: number): number[] {
  return db.raw
    .prepare<[number], number>('SELECT DISTINCT backend_no FROM documents WHERE user_no = ?')
    .pluck()
    .all(userNo);
}
