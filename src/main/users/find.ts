import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { normaliseMailKey } from '../session/index.ts';
import { USER_COLUMNS, USER_TABLES, type UserRow } from './row.ts';

/** A user by id, mail address (any case and Unicode form) or external id (exactly). Refuses with NOT_FOUND. */
export function findUser(db: Db, ref: string): UserRow {
  const row = lookUp(db, ref);
  if (!row)
    throw new Refusal('NOT_FOUND', `There is no user ${ref}. Name one by mail address, id or external id.`, {
      what: 'user',
      name: ref,
    });
  return row;
}

/** The public id of whom a reference names, or null where it names nobody. */
export function idOfUser(db: Db, ref: string): string | null {
  return lookUp(db, ref)?.id ?? null;
}

function lookUp(db: Db, ref: string): UserRow | undefined {
  // In this order: an id is never a mail address, and an external id that looks like either must not hide them.
  const by = (column: string, value: string) =>
    db.raw.prepare<[string], UserRow>(`SELECT ${USER_COLUMNS} FROM ${USER_TABLES} WHERE u.${column} = ?`).get(value);
  return (
    by('id', ref) ?? (ref.includes('@') ? by('mail_key', normaliseMailKey(ref)) : undefined) ?? by('external_id', ref)
  );
}
