import type { Db } from '../../database/index.ts';
import type { Listed } from './source.ts';

export interface RecordedRow extends Listed {
  readonly no: number;
  readonly userNo: number;
}

interface RawRow {
  readonly no: number;
  readonly user_no: number;
  readonly key: string;
  readonly size: number;
  readonly etag: string | null;
  readonly modified_at: number | null;
}

const PAGE = 1000;

/** A backend's recorded documents in key order from a key on, a page at a time. */
export class RecordedRows {
  readonly #statement;
  readonly #backendNo: number;
  #after: string;
  #page: RawRow[] = [];
  #at = 0;
  #isEnd = false;

  constructor(db: Db, backendNo: number, after: string) {
    this.#statement = db.raw.prepare<[number, string, number], RawRow>(
      'SELECT no, user_no, key, size, etag, modified_at FROM documents WHERE backend_no = ? AND key > ? ORDER BY key LIMIT ?',
    );
    this.#backendNo = backendNo;
    this.#after = after;
  }

  /** The row at hand, or null at the end. */
  peek(): RecordedRow | null {
    if (this.#at === this.#page.length && !this.#isEnd) {
      this.#page = this.#statement.all(this.#backendNo, this.#after, PAGE);
      this.#at = 0;
      this.#isEnd = this.#page.length < PAGE;
      this.#after = this.#page.at(-1)?.key ?? this.#after;
    }
    const row = this.#page[this.#at];
    if (row === undefined) return null;
    return {
      no: row.no,
      userNo: row.user_no,
      key: row.key,
      size: row.size,
      etag: row.etag,
      modifiedAt: row.modified_at,
    };
  }

  skip(): void {
    this.#at += 1;
  }
}
