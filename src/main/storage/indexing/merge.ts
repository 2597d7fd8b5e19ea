import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Ground } from '../../ground.ts';
import { compareKeys } from '../key-order.ts';
import { laterDurable } from './later-durable.ts';
import { type RecordedRow, RecordedRows } from './recorded-rows.ts';
import { type Counters, type Cursor, updateProgress } from './run-rows.ts';
import type { IndexSource, Listed, SourcePage } from './source.ts';

/** Rows in one transaction: about 6 ms, so that nothing else waits long. */
const ROWS_PER_TRANSACTION = 400;
/** Recorded rows without an object, asked about at once. */
const QUESTIONS_AT_ONCE = 16;
const GONE_PER_ROUND = 1000;
/** Dates come with whole seconds from some servers. */
const SAME_SECOND_MS = 1000;

interface Difference {
  readonly item: Listed;
  readonly row: RecordedRow | null;
}

/**
 * Brings a listing and the record together in one walk, both in key order: memory holds a page of each, whatever there
 * is. What the listing has and the record has not is added, what differs is changed, and what only the record has is
 * asked for by name before its row goes: something may hide it from listings (D8).
 */
export class Merge {
  readonly #ground: Ground;
  readonly #source: IndexSource;
  readonly #runId: string;
  readonly #rows: RecordedRows;
  readonly #statements;
  readonly counters: Counters;
  /** Recorded documents that no listing shows and that stand all the same. */
  hidden = 0;
  /** Documents in another's cloud that are no longer what was recorded. */
  differing = 0;
  #after: string;

  constructor(ground: Ground, source: IndexSource, runId: string, from: Cursor | null, counters: Counters) {
    this.#ground = ground;
    this.#source = source;
    this.#runId = runId;
    this.#after = from?.key ?? '';
    this.#rows = new RecordedRows(ground.workspace.db, source.backendNo, this.#after);
    this.counters = counters;
    const { raw } = ground.workspace.db;
    this.#statements = {
      put: raw.prepare<[number, number, string, number, string | null, number | null]>(
        `INSERT INTO documents (backend_no, user_no, key, size, etag, modified_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (backend_no, key) DO UPDATE SET user_no = excluded.user_no, size = excluded.size, etag = excluded.etag, modified_at = excluded.modified_at`,
      ),
      remove: raw.prepare<[number, number]>(
        "DELETE FROM documents WHERE no = ? AND backend_no = ? AND user_no NOT IN (SELECT no FROM users WHERE status = 'deleting')",
      ),
    };
  }

  async page({ items, next }: SourcePage, signal: AbortSignal): Promise<void> {
    const differences: Difference[] = [];
    const gone: RecordedRow[] = [];
    for (const item of items) {
      let row = this.#rows.peek();
      while (row !== null && compareKeys(row.key, item.key) < 0) {
        gone.push(row);
        if (gone.length === GONE_PER_ROUND) await this.#forget(gone.splice(0), signal);
        this.#rows.skip();
        row = this.#rows.peek();
      }
      const isRecorded = row !== null && row.key === item.key;
      if (isRecorded) this.#rows.skip();
      if (row !== null && isRecorded && this.#fits(row, item)) this.counters.bytes += item.size;
      else differences.push({ item, row: isRecorded ? row : null });
    }
    if (next === null) {
      for (let row = this.#rows.peek(); row !== null; row = this.#rows.peek()) {
        gone.push(row);
        if (gone.length === GONE_PER_ROUND) await this.#forget(gone.splice(0), signal);
        this.#rows.skip();
      }
    }
    await this.#forget(gone, signal);
    this.#after = items.at(-1)?.key ?? this.#after;
    const cursor = next === null ? null : { basis: this.#source.basis, place: next, key: this.#after };
    await this.#write(differences, items.length, cursor);
  }

  #fits(row: RecordedRow, item: Listed): boolean {
    if (this.#source.brings)
      return row.size === item.size && row.etag === item.etag && row.modifiedAt === item.modifiedAt;
    // A record that an import brought may know less than the listing does (C6).
    if (row.etag !== null && item.etag !== null) return row.etag === item.etag;
    if (row.size !== item.size) return false;
    return (
      row.modifiedAt === null || item.modifiedAt === null || Math.abs(row.modifiedAt - item.modifiedAt) < SAME_SECOND_MS
    );
  }

  async #write(differences: readonly Difference[], seen: number, cursor: Cursor | null): Promise<void> {
    const { workspace } = this.#ground;
    let at = 0;
    do {
      const chunk = differences.slice(at, at + ROWS_PER_TRANSACTION);
      at += ROWS_PER_TRANSACTION;
      const isLast = at >= differences.length;
      laterDurable(workspace, (tx) => {
        const ownerOf = this.#source.owners(tx);
        for (const difference of chunk) this.#record(difference, ownerOf);
        if (!isLast) return;
        this.counters.seen += seen;
        updateProgress(tx, this.#runId, cursor, this.counters);
      });
      await nextTurn();
    } while (at < differences.length);
  }

  #record({ item, row }: Difference, ownerOf: ReturnType<IndexSource['owners']>): void {
    const { counters } = this;
    if (!this.#source.brings) {
      // Private files beside ours are counted and kept; a record that no longer fits is evidence, and stays as it is.
      if (row === null) counters.foreign += 1;
      else {
        this.differing += 1;
        counters.bytes += row.size;
      }
      return;
    }
    const owner = ownerOf(item.key);
    if (owner === 'nobody') counters.foreign += 1;
    if (typeof owner === 'string') return;
    this.#statements.put.run(this.#source.backendNo, owner.userNo, item.key, item.size, item.etag, item.modifiedAt);
    counters.bytes += item.size;
    if (row === null) counters.added += 1;
    else counters.changed += 1;
  }

  /** Rows whose object no listing shows: each is asked for by name, and goes only if nothing stands there. */
  async #forget(rows: readonly RecordedRow[], signal: AbortSignal): Promise<void> {
    if (rows.length === 0) return;
    const gone: RecordedRow[] = [];
    const queue = rows.values();
    const worker = async (): Promise<void> => {
      for (const row of queue) {
        if (await this.#source.stands(row.key, signal)) {
          this.hidden += 1;
          this.counters.bytes += row.size;
        } else gone.push(row);
      }
    };
    await Promise.all(Array.from({ length: Math.min(QUESTIONS_AT_ONCE, rows.length) }, worker));
    gone.sort((a, b) => a.no - b.no);
    for (let at = 0; at < gone.length; at += ROWS_PER_TRANSACTION) {
      const chunk = gone.slice(at, at + ROWS_PER_TRANSACTION);
      laterDurable(this.#ground.workspace, () => {
        for (const { no } of chunk)
          this.counters.removed += this.#statements.remove.run(no, this.#source.backendNo).changes;
      });
      await nextTurn();
    }
  }
}
