import { z } from 'zod';
import { AuditEntry } from '../../contract/audit.ts';
import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import type { AuditFilter, AuditPage } from './audit.ts';
import { readEntry } from './entry.ts';

interface ListedRow {
  readonly sequence: number;
  readonly id: string;
  readonly time: number;
  readonly event: string;
  readonly outcome: string;
  readonly entry: string;
  readonly hash: Buffer;
}

/** A page of entries, newest first. `next` is the sequence after which the following page begins. */
export function listEntries(db: Db, filter: AuditFilter): AuditPage {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const where = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  where('sequence < ?', readCursor(filter.after));
  where('event = ?', filter.event);
  where('target_id = ?', filter.targetId?.normalize('NFC'));
  where('actor_id = ?', filter.actorId?.normalize('NFC'));
  where('outcome = ?', filter.outcome);
  // The index on outcomes leaves out the usual one, and SQLite takes it only where the query says so in words.
  if (filter.outcome !== undefined && filter.outcome !== 'done') conditions.push("outcome <> 'done'");
  const rows = db.raw
    .prepare<(string | number)[], ListedRow>(
      `SELECT sequence, id, time, event, outcome, entry, hash FROM audit_entries
       ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''} ORDER BY sequence DESC LIMIT ?`,
    )
    .all(...values, filter.limit + 1);
  const page = rows.slice(0, filter.limit);
  const last = page.at(-1);
  return { rows: page.map(toEntry), next: rows.length > filter.limit && last ? String(last.sequence) : null };
}

function readCursor(after: string | null | undefined): number | undefined {
  if (after === null || after === undefined) return undefined;
  if (!/^[1-9][0-9]{0,15}$/.test(after))
    throw new Refusal('NOT_FOUND', 'There is no such page: `after` is not the `next` of a page of the log.', {
      what: 'page',
      name: after,
    });
  return Number(after);
}

/** A log that somebody edited stays readable: an entry that cannot be read any more says so in its place. */
function toEntry(row: ListedRow): AuditEntry {
  const hash = row.hash.toString('hex');
  const stored = readEntry(row.entry);
  if (stored) {
    const { seal: _seal, ...entry } = stored;
    return { ...entry, sequence: row.sequence, hash };
  }
  return {
    sequence: row.sequence,
    id: z.uuid().safeParse(row.id).data ?? NO_ID,
    time: new Date(Math.min(Math.max(row.time, 0), LAST_TIME)).toISOString(),
    actor: { kind: 'anonymous', id: null },
    onBehalfOf: null,
    origin: { machine: '', osAccount: '', networkAddress: null, host: '' },
    event: row.event,
    target: null,
    outcome: AuditEntry.shape.outcome.safeParse(row.outcome).data ?? 'failed',
    metadata: { unreadable: true },
    hash,
  };
}

const NO_ID = '00000000-0000-0000-0000-000000000000';
/** 9999-12-31: later ones take more digits than the contract's times have. */
const LAST_TIME = 253_402_300_799_999;

/**
 * The newest seal that an entry gave a row (X6): null where the entry says that the row was removed, undefined where no
 * entry names it, or the entry cannot be read any more. Whether the entry is authentic is the whole log's question: an entry that was edited elsewhere must not lock its administrator out.
 */
export function newestSeal(db: Db, table: string, rowId: string): Uint8Array | null | undefined {
  const row = db.raw
    .prepare<[string, string], { entry: string }>(
      'SELECT entry FROM audit_entries WHERE sealed_table = ? AND sealed_row = ? ORDER BY sequence DESC LIMIT 1',
    )
    .get(table, rowId);
  if (!row) return undefined;
  const seal = readEntry(row.entry)?.seal;
  if (seal?.table !== table || seal.row !== rowId) return undefined;
  return seal.value === null ? null : Buffer.from(seal.value, 'base64');
}
