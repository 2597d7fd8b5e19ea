import { plural } from '../../contract/figures.ts';
import type { Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { Secret } from '../secret.ts';
import { endSessionsOf, hashPassword, normaliseMailKey, requireAnotherActiveOwner } from '../session/index.ts';
import { ARGON2, type Argon2Parameters, renewSeal } from '../vault/index.ts';
import { changeUser, type Versioned } from './change.ts';
import { findUser, idOfUser } from './find.ts';
import type { Outline, UserListing, UserQuery } from './list.ts';
import { listRead, outlineRead } from './reads.ts';
import { readUser, type UserAnswer, type UserRow } from './row.ts';
import { isBroken, saveAnew } from './save-anew.ts';
import { refuseTaken } from './taken.ts';

export interface NewUser {
  readonly mail: string;
  readonly name: string;
  readonly role: 'owner' | 'user';
  readonly externalId?: string | undefined;
  readonly firstPassword: string;
  /** Absent or null: no limit. */
  readonly limitBytes?: number | null | undefined;
}

export interface UserChange {
  readonly user: string;
  readonly expectedVersion: number;
  readonly mail?: string | undefined;
  readonly name?: string | undefined;
  readonly role?: 'owner' | 'user' | undefined;
  readonly externalId?: string | undefined;
}

export interface Users {
  list(query: UserQuery, signal?: AbortSignal): Promise<UserListing>;
  outline(query: Omit<UserQuery, 'after' | 'limit'>, signal?: AbortSignal): Promise<Outline>;
  show(ref: string): UserAnswer;
  find(ref: string): UserRow;
  /** For the log: whom a reference names, as a public id. */
  idOf(ref: string): string | null;
  /** The user, the quota row and the entry, in one transaction (U2). */
  create(actor: Actor, user: NewUser): Promise<UserAnswer>;
  /** A row that somebody else wrote is put right by naming all of it: see `saveAnew`. */
  update(actor: Actor, change: UserChange): Promise<UserAnswer>;
  activate(actor: Actor, wanted: Versioned): Promise<UserAnswer>;
  /** Ends the user's sessions too. Refuses the sole active owner with SOLE_ADMIN (U3). */
  deactivate(actor: Actor, wanted: Versioned): Promise<UserAnswer>;
}

export interface UsersOptions {
  /** Cost of a password hash; tests give a cheap one. */
  readonly argon2?: Argon2Parameters;
}

export function openUsers(ground: Ground, { argon2 = ARGON2 }: UsersOptions = {}): Users {
  const { workspace, audit } = ground;
  return {
    list: (query, signal) => workspace.read(listRead, query, signal),
    outline: (query, signal) => workspace.read(outlineRead, query, signal),
    show: (ref) => readUser(workspace.db, findUser(workspace.db, ref).no),
    find: (ref) => findUser(workspace.db, ref),
    idOf: (ref) => idOfUser(workspace.db, ref),

    async create(actor, user) {
      refuseTaken(workspace.db, user.mail, user.externalId, null);
      const passwordHash = await hashPassword(new Secret(user.firstPassword), argon2);
      const vault = await ground.vault.ready();
      return workspace.transaction((tx) => {
        refuseTaken(tx, user.mail, user.externalId, null);
        const id = ground.newId();
        const no = insertUser(tx, id, user, passwordHash, ground.clock());
        audit.append(tx, {
          actor,
          event: 'admin.user_created',
          target: { kind: 'user', id },
          metadata: {
            role: user.role,
            hasExternalId: user.externalId !== undefined,
            limitBytes: user.limitBytes == null ? 'unlimited' : String(user.limitBytes),
          },
          sealed: renewSeal(tx, vault, 'users', id),
        });
        return readUser(tx, no);
      });
    },

    async update(actor, change) {
      if (await isBroken(ground, change)) return saveAnew(ground, actor, change, argon2);
      return changeUser(ground, change, (tx, row) => {
        const changed = writeChange(tx, row, change);
        if (changed.length === 0) return null;
        if (change.role === 'user' && row.role === 'owner') endSessionsOf(tx, audit, row.no, actor, 'account_closed');
        return {
          actor,
          event: 'admin.user_updated',
          metadata: { changed, ...(changed.includes('role') ? { role: change.role } : {}) },
        };
      });
    },

    activate: (actor, wanted) =>
      changeUser(ground, wanted, (tx, row) => {
        if (row.status === 'active') return null;
        tx.raw.prepare("UPDATE users SET status = 'active' WHERE no = ?").run(row.no);
        return { actor, event: 'admin.user_activated', metadata: {} };
      }),

    deactivate: (actor, wanted) =>
      changeUser(ground, wanted, (tx, row) => {
        if (row.status === 'inactive') return null;
        if (row.role === 'owner') requireAnotherActiveOwner(tx, row.no);
        tx.raw.prepare("UPDATE users SET status = 'inactive' WHERE no = ?").run(row.no);
        endSessionsOf(tx, audit, row.no, actor, 'account_closed');
        return { actor, event: 'admin.user_deactivated', metadata: {} };
      }),
  };
}

function insertUser(tx: Tx, id: string, user: NewUser, passwordHash: string, now: number): number {
  const { lastInsertRowid } = tx.raw
    .prepare(
      `INSERT INTO users (id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
       VALUES (?, ?, ?, ?, ?, ?, 'active', ?, 1, 1, x'', ?)`,
    )
    .run(id, user.externalId ?? null, user.mail, normaliseMailKey(user.mail), user.name, user.role, passwordHash, now);
  const no = Number(lastInsertRowid);
  tx.raw
    .prepare('INSERT INTO quotas (user_no, limit_bytes, version) VALUES (?, ?, 1)')
    .run(no, user.limitBytes ?? null);
  return no;
}

/** Writes what differs and names it. */
function writeChange(tx: Tx, row: UserRow, change: UserChange): string[] {
  refuseTaken(tx, change.mail, change.externalId, row.no);
  const changed: string[] = [];
  const set = (column: string, name: string, before: unknown, after: string | undefined, step = () => {}) => {
    if (after === undefined || after === before) return;
    step();
    tx.raw.prepare(`UPDATE users SET ${column} = ? WHERE no = ?`).run(after, row.no);
    changed.push(name);
  };
  set('mail', 'mail', row.mail, change.mail, () => {
    tx.raw.prepare('UPDATE users SET mail_key = ? WHERE no = ?').run(normaliseMailKey(change.mail ?? ''), row.no);
  });
  set('name', 'name', row.name, change.name);
  set('role', 'role', row.role, change.role, () => {
    if (row.role === 'owner' && row.status === 'active') requireAnotherActiveOwner(tx, row.no);
  });
  set('external_id', 'externalId', row.external_id, change.externalId, () => {
    if (row.external_id !== null && row.document_count > 0)
      throw new Refusal(
        'EXTERNAL_ID_FIXED',
        `${row.name} has ${plural(row.document_count, 'document')} whose keys hold the external id ${row.external_id}, so it cannot be changed.`,
      );
  });
  return changed;
}
