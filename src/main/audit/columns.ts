import type { LogRow } from './rows.ts';

/** The parts of an entry that its row repeats. */
export interface Named {
  readonly sequence?: unknown;
  readonly id?: unknown;
  readonly time?: unknown;
  readonly event?: unknown;
  readonly outcome?: unknown;
  readonly onBehalfOf?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly actor?: { readonly id?: unknown } | null;
  readonly target?: { readonly kind?: unknown; readonly id?: unknown } | null;
  readonly seal?: { readonly table?: unknown; readonly row?: unknown } | null;
}

/** The entry's JSON as far as it can be read; null where it is none. */
export function parse(entry: string): Named | null {
  try {
    const value: unknown = JSON.parse(entry);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** Whether the searching columns say the same as the entry. */
export function columnsAgree(row: LogRow, named: Named): boolean {
  const { actor, target, seal } = named;
  return (
    row.id === named.id &&
    row.event === named.event &&
    row.outcome === named.outcome &&
    row.actorId === (actor?.id ?? named.onBehalfOf ?? null) &&
    row.targetId === (target?.id ?? null) &&
    row.targetKind === (target?.kind ?? null) &&
    row.sealedTable === (seal?.table ?? null) &&
    row.sealedRow === (seal?.row ?? null) &&
    typeof named.time === 'string' &&
    row.time === Date.parse(named.time)
  );
}

/**
 * The same, and that the row stands in the place which the entry names, without reading the JSON: an entry as the console
 * writes it has its parts in a fixed order, so what the columns say can be followed along its text. False where that
 * does not lead to the end: then the JSON is to be read. Only for entries whose hash holds.
 */
export function agreeAtSight(row: LogRow): boolean {
  const { entry, actorId, targetId, targetKind, sealedTable, sealedRow } = row;
  if (isQuoted(row.id) || isQuoted(row.event) || isQuoted(row.outcome) || isQuoted(actorId)) return false;
  if (isQuoted(targetId) || isQuoted(targetKind) || isQuoted(sealedTable) || isQuoted(sealedRow)) return false;
  let at = 0;
  const follows = (text: string): boolean => {
    if (!entry.startsWith(text, at)) return false;
    at += text.length;
    return true;
  };

  const isAdministrator = actorId !== null && follows('{"actor":{"id":"') && follows(actorId) && follows('","kind":"');
  if (!isAdministrator && !follows('{"actor":{"id":null,"kind":"')) return false;
  at = entry.indexOf('},"event":"', at);
  if (
    !(
      follows('},"event":"') &&
      follows(row.event) &&
      follows('","id":"') &&
      follows(row.id) &&
      follows('","metadata":{')
    )
  )
    return false;

  // Behind the metadata each of these names comes once, and inside a string its quotation marks would be escaped.
  if (!isAdministrator) {
    at = entry.lastIndexOf(',"onBehalfOf":');
    if (!follows(',"onBehalfOf":')) return false;
    if (actorId === null ? !follows('null,"origin":') : !(follows('"') && follows(actorId) && follows('","origin":')))
      return false;
  }
  at = entry.lastIndexOf(',"outcome":"');
  if (!(follows(',"outcome":"') && follows(row.outcome) && follows('","seal":'))) return false;
  if (sealedTable === null || sealedRow === null) {
    if (sealedTable !== sealedRow || !follows('null')) return false;
  } else {
    if (
      !(
        follows('{"row":"') &&
        follows(sealedRow) &&
        follows('","table":"') &&
        follows(sealedTable) &&
        follows('","value":')
      )
    )
      return false;
    at = entry.indexOf('}', at) + 1;
  }
  if (!(follows(',"sequence":') && follows(String(row.sequence)) && follows(',"target":'))) return false;
  if (targetId === null || targetKind === null) {
    if (targetId !== targetKind || !follows('null')) return false;
  } else if (
    !(follows('{"id":"') && follows(targetId) && follows('","kind":"') && follows(targetKind) && follows('"}'))
  )
    return false;
  return (
    follows(',"time":"') &&
    timeAt(entry, at) === row.time &&
    entry.length === at + TIME_LENGTH + 2 &&
    entry.endsWith('Z"}')
  );
}

/** Text that stands otherwise between JSON's quotation marks, or ends them. */
function isQuoted(text: string | null): boolean {
  return text !== null && (text.includes('"') || text.includes('\\'));
}

const TIME_LENGTH = '2026-11-24T16:00:24.542Z'.length;

/** Milliseconds of the ISO time at that place, or NaN. */
function timeAt(text: string, at: number): number {
  const digits = (from: number, count: number): number => {
    let value = 0;
    for (let index = at + from; index < at + from + count; index += 1) {
      const digit = text.charCodeAt(index) - 48;
      if (!(digit >= 0 && digit <= 9)) return Number.NaN;
      value = value * 10 + digit;
    }
    return value;
  };
  return Date.UTC(
    digits(0, 4),
    digits(5, 2) - 1,
    digits(8, 2),
    digits(11, 2),
    digits(14, 2),
    digits(17, 2),
    digits(20, 3),
  );
}
