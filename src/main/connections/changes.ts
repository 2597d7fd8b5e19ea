import { plural } from '../../contract/figures.ts';
import type { Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { Secret } from '../secret.ts';
import { findUser } from '../users/index.ts';
import { renewSeal } from '../vault/index.ts';
import { credentialsCell, type Openers, refuseUnsafePlace, requireConnectionSeal } from './opening.ts';
import {
  accountOf,
  type ConnectionPlace,
  normaliseRoot,
  s3Place,
  usualLabel,
  webDavPlace,
  writePlace,
} from './place.ts';
import { type ConnectionAnswer, type ConnectionRow, findConnection, toConnection } from './row.ts';
import { refuseForeignFolder } from './sharing.ts';

interface Common {
  readonly user: string;
  readonly label?: string | undefined;
  readonly root: string;
  readonly ownedRoot: boolean;
  readonly url: string;
  readonly username: string;
  readonly secret: string;
}
export type NewConnection =
  | (Common & { readonly provider: 'webdav' })
  | (Common & {
      readonly provider: 's3';
      readonly region: string;
      readonly pathStyle: boolean;
      readonly bucket: string;
    });

export interface ConnectionChange {
  readonly connectionId: string;
  readonly expectedVersion: number;
  readonly label?: string | undefined;
  readonly url?: string | undefined;
  readonly username?: string | undefined;
  readonly secret?: string | undefined;
  readonly root?: string | undefined;
  readonly ownedRoot?: boolean | undefined;
}

/** Adds a connection with its encrypted credentials and its entry. Nothing is sent to the cloud. */
export async function addConnection(
  ground: Ground,
  openers: Openers,
  actor: Actor,
  wanted: NewConnection,
): Promise<ConnectionAnswer> {
  const place = wanted.provider === 's3' ? s3Place(wanted) : webDavPlace(wanted.url, wanted.username);
  const root = normaliseRoot(place.provider, wanted.root);
  const { ownedRoot } = wanted;
  const secret = new Secret(wanted.secret);
  refuseUnsafePlace(ground, openers, { place, root, ownedRoot }, secret);
  const vault = await ground.vault.ready();
  return ground.workspace.transaction((tx) => {
    const user = findUser(tx, wanted.user);
    if (user.status === 'deleting')
      throw new Refusal('USER_BEING_DELETED', `${user.name} is being deleted and gets no new connection.`);
    refuseForeignFolder(tx, { place, root, ownedRoot, userNo: user.no }, null);
    const id = ground.newId();
    const backendNo = Number(
      tx.raw.prepare('INSERT INTO backends (kind) VALUES (?)').run(place.provider).lastInsertRowid,
    );
    tx.raw
      .prepare(
        `INSERT INTO connections (id, user_no, backend_no, provider, label, account, configuration, credentials, root, owned_root, state, version, seal, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'untested', 1, x'', ?)`,
      )
      .run(
        id,
        user.no,
        backendNo,
        place.provider,
        wanted.label ?? usualLabel(place),
        accountOf(place),
        writePlace(place),
        Buffer.from(vault.encrypt(credentialsCell(id, user.id), secret)),
        root,
        ownedRoot ? 1 : 0,
        ground.clock(),
      );
    ground.audit.append(tx, {
      actor,
      event: 'cloud.connection_added',
      target: { kind: 'connection', id },
      metadata: { userId: user.id, provider: place.provider, ownedRoot },
      sealed: renewSeal(tx, vault, 'connections', id),
    });
    return toConnection(findConnection(tx, id));
  });
}

/**
 * Changes a connection with its entry. Where it leads can be changed only while no documents are on record there: the same
 * keys would mean other files. Refuses with SEAL_BROKEN for a row that somebody else wrote: saving it anew would seal it.
 */
export async function updateConnection(
  ground: Ground,
  openers: Openers,
  actor: Actor,
  wanted: ConnectionChange,
): Promise<ConnectionAnswer> {
  const vault = await ground.vault.ready();
  const { db } = ground.workspace;
  requireConnectionSeal(ground, db, vault, findConnection(db, wanted.connectionId).id);
  return ground.workspace.transaction((tx) => {
    const row = findConnection(tx, wanted.connectionId);
    requireConnectionSeal(ground, tx, vault, row.id);
    if (row.version !== wanted.expectedVersion)
      throw new Refusal(
        'CHANGED_MEANWHILE',
        `${row.label} was changed meanwhile. Look at it again and repeat the change.`,
        { version: row.version },
      );
    const next = nextOf(row, wanted);
    const changed = changesOf(row, next, wanted);
    if (changed.length === 0) return toConnection(row);
    refuseWhileInUse(row, changed);
    const secret = wanted.secret === undefined ? null : new Secret(wanted.secret);
    refuseUnsafePlace(ground, openers, next, secret ?? new Secret(''));
    if (changed.some((name) => LEADS_ELSEWHERE.has(name)))
      refuseForeignFolder(tx, { ...next, userNo: row.userNo }, row.id);
    writeChange(
      tx,
      row,
      next,
      secret === null ? row.credentials : Buffer.from(vault.encrypt(credentialsCell(row.id, row.userId), secret)),
      changed,
    );
    ground.audit.append(tx, {
      actor,
      event: 'cloud.connection_changed',
      target: { kind: 'connection', id: row.id },
      metadata: { userId: row.userId, changed },
      sealed: renewSeal(tx, vault, 'connections', row.id),
    });
    return toConnection(findConnection(tx, row.id));
  });
}

type Field = 'label' | 'url' | 'username' | 'secret' | 'root' | 'ownedRoot';
const LEADS_ELSEWHERE: ReadonlySet<Field> = new Set(['url', 'username', 'root', 'ownedRoot']);
const MOVES_DOCUMENTS: ReadonlySet<Field> = new Set(['url', 'root']);

interface Next {
  readonly label: string;
  readonly place: ConnectionPlace;
  readonly root: string;
  readonly ownedRoot: boolean;
}

function nextOf(row: ConnectionRow, wanted: ConnectionChange): Next {
  const { place } = row;
  const username = wanted.username ?? place.username;
  return {
    label: wanted.label ?? row.label,
    place:
      place.provider === 's3'
        ? s3Place({ ...place, url: wanted.url ?? place.endpoint, username })
        : webDavPlace(wanted.url ?? place.url, username),
    root: normaliseRoot(place.provider, wanted.root ?? row.root),
    ownedRoot: wanted.ownedRoot ?? row.ownedRoot,
  };
}

const addressOf = (place: ConnectionPlace): string => (place.provider === 's3' ? place.endpoint : place.url);

function changesOf(row: ConnectionRow, next: Next, wanted: ConnectionChange): Field[] {
  const differs: Record<Field, boolean> = {
    label: next.label !== row.label,
    url: addressOf(next.place) !== addressOf(row.place),
    username: next.place.username !== row.place.username,
    // Never compared with the old one: whether a password was guessed right is nobody's business.
    secret: wanted.secret !== undefined,
    root: next.root !== row.root,
    ownedRoot: next.ownedRoot !== row.ownedRoot,
  };
  return (Object.keys(differs) as Field[]).filter((name) => differs[name]); // The record's own keys.
}

/** A deletion may need a new password to go on; where it removes must stay what was planned. */
function refuseWhileInUse(row: ConnectionRow, changed: readonly Field[]): void {
  if (row.userStatus === 'deleting' && changed.some((name) => LEADS_ELSEWHERE.has(name)))
    throw new Refusal(
      'IN_USE',
      'The user is being deleted: of their connections only the password and the label can be changed now.',
      {
        by: 'deletion',
        count: 1,
      },
    );
  if (row.documents > 0 && changed.some((name) => MOVES_DOCUMENTS.has(name)))
    throw new Refusal(
      'IN_USE',
      `${plural(row.documents, 'document is', 'documents are')} recorded on this connection, so it cannot be made to lead elsewhere. Add another connection, or remove this one.`,
      { by: 'documents', count: row.documents },
    );
}

function writeChange(tx: Tx, row: ConnectionRow, next: Next, credentials: Buffer, changed: readonly Field[]): void {
  // What was found of the old place or password says nothing about the new one.
  const isUntested = changed.some((name) => name !== 'label');
  tx.raw
    .prepare(
      `UPDATE connections SET label = ?, account = ?, configuration = ?, credentials = ?, root = ?, owned_root = ?,
         state = CASE WHEN ? THEN 'untested' ELSE state END, last_checked_at = CASE WHEN ? THEN NULL ELSE last_checked_at END, version = version + 1
       WHERE id = ?`,
    )
    .run(
      next.label,
      accountOf(next.place),
      writePlace(next.place),
      credentials,
      next.root,
      next.ownedRoot ? 1 : 0,
      isUntested ? 1 : 0,
      isUntested ? 1 : 0,
      row.id,
    );
}
