import canonicalize from 'canonicalize';
import { z } from 'zod';
import { AuditEntry } from '../../contract/audit.ts';
import type { Append } from './audit.ts';

/** An entry as it stands in the log: the answer's shape without the hash, with the seal of the row that it wrote (X6). */
const StoredEntry = AuditEntry.omit({ hash: true }).extend({
  seal: z.object({ table: z.string(), row: z.string(), value: z.string().nullable() }).nullable(),
});
export type StoredEntry = z.infer<typeof StoredEntry>;

/** What stands beside the entry for searching. All of it can be worked out from the entry, and verification does. */
export interface Columns {
  readonly id: string;
  readonly time: number;
  readonly event: string;
  /** The administrator who acted, or on whose behalf the console did. */
  readonly actorId: string | null;
  readonly targetKind: string | null;
  readonly targetId: string | null;
  readonly outcome: string;
  readonly sealedTable: string | null;
  readonly sealedRow: string | null;
}

export interface Identity {
  readonly sequence: number;
  readonly id: string;
  /** Milliseconds UTC. */
  readonly time: number;
}

/** The entry of an act as canonical JSON (RFC 8785), text in NFC, 64-bit integers as strings. */
export function composeEntry(append: Append, { sequence, id, time }: Identity): { entry: string; columns: Columns } {
  const { actor, sealed } = append;
  const draft: StoredEntry = {
    sequence,
    id,
    time: new Date(time).toISOString(),
    actor: { kind: actor.kind, id: actor.kind === 'administrator' ? actor.id : null },
    onBehalfOf: actor.kind === 'console' ? actor.onBehalfOf : null,
    origin: {
      machine: actor.origin.machine,
      osAccount: actor.origin.osAccount,
      networkAddress: actor.origin.networkAddress,
      host: actor.origin.host,
    },
    event: append.event,
    target: append.target && { kind: append.target.kind, id: append.target.id },
    outcome: append.outcome ?? 'done',
    metadata: { ...append.metadata },
    seal: sealed
      ? { table: sealed.table, row: sealed.rowId, value: sealed.seal && Buffer.from(sealed.seal).toString('base64') }
      : null,
  };
  const stored = normalise(draft) as StoredEntry; // Changes texts and big integers alone, and those only in the metadata.
  const entry = canonicalize(stored);
  if (entry === undefined) throw new TypeError('an audit entry cannot be empty');
  return { entry, columns: columnsOf(stored) };
}

export function columnsOf(stored: StoredEntry): Columns {
  return {
    id: stored.id,
    time: Date.parse(stored.time),
    event: stored.event,
    actorId: stored.actor.id ?? stored.onBehalfOf,
    targetKind: stored.target?.kind ?? null,
    targetId: stored.target?.id ?? null,
    outcome: stored.outcome,
    sealedTable: stored.seal?.table ?? null,
    sealedRow: stored.seal?.row ?? null,
  };
}

/** Reads an entry, or answers null where the text is none: somebody edited it. */
export function readEntry(entry: string): StoredEntry | null {
  try {
    const parsed = StoredEntry.safeParse(JSON.parse(entry));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/**
 * What canonical JSON cannot carry exactly is made exact or refused: text becomes NFC, big integers become strings, and
 * numbers that JavaScript no longer holds exactly are a mistake of the caller.
 */
function normalise(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().normalize('NFC');
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
      throw new TypeError(`${value} cannot stand in an audit entry: give it as text`);
    return value;
  }
  if (value === null || typeof value === 'boolean' || value === undefined) return value;
  if (Array.isArray(value)) return value.map(normalise);
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} cannot stand in an audit entry`);
  if ('toJSON' in value && typeof value.toJSON === 'function') return normalise(value.toJSON());
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('only plain values can stand in an audit entry');
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name.toWellFormed().normalize('NFC'), normalise(part)]),
  );
}
