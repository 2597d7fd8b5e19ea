import type { Db, Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { type ConnectionToIndex, type DeletionTarget, openS3, openWebDav } from '../storage/index.ts';
import { addConnection, type ConnectionChange, type NewConnection, updateConnection } from './changes.ts';
import { type DocumentRecord, recordDocuments } from './documents.ts';
import type { ConnectionPage, ConnectionQuery } from './list.ts';
import { type Openers, openConnection } from './opening.ts';
import { listRead } from './reads.ts';
import { type ConnectionRemoval, purgeConnections, type RemovedConnection, removeConnection } from './removal.ts';
import { type ConnectionAnswer, findConnection, toConnection } from './row.ts';
import { sharedWith, sharesGrant } from './sharing.ts';
import { storeShown } from './shown.ts';
import { connectionTargets } from './targets.ts';
import { type Trial, tryConnection } from './trial.ts';

/** Users' links to their clouds. */
export interface Connections {
  list(query: ConnectionQuery, signal?: AbortSignal): Promise<ConnectionPage>;
  show(connectionId: string): ConnectionAnswer;
  add(actor: Actor, wanted: NewConnection): Promise<ConnectionAnswer>;
  update(actor: Actor, wanted: ConnectionChange): Promise<ConnectionAnswer>;
  test(actor: Actor, connectionId: string, signal?: AbortSignal): Promise<Trial>;
  recordDocuments(
    actor: Actor,
    connectionId: string,
    documents: readonly DocumentRecord[],
  ): Promise<{ added: number; changed: number }>;
  remove(actor: Actor, wanted: ConnectionRemoval): Promise<RemovedConnection>;
  /** The user's clouds as a deletion sees them. */
  connectionTargets(db: Db, userNo: number): DeletionTarget[];
  /** Part of a deletion's last transaction; answers which rows went. */
  purgeConnections(tx: Tx, userNo: number): readonly { readonly id: string; readonly provider: string }[];
  /** Public ids of other users with a connection to the same account. */
  sharedWith(db: Db, connectionId: string): readonly string[];
  /** Whether another connection signs in with the same name, so that a grant must stay. */
  sharesGrant(db: Db, connectionId: string, exceptUserNo?: number | null): boolean;
  /** Opens a connection for an index run, which closes it. Refuses with NOT_FOUND, VAULT_LOCKED or SEAL_BROKEN. */
  openForIndex(connectionId: string): Promise<ConnectionToIndex>;
}

/** Opens the domain. Tests give other backends. */
export function openConnections(ground: Ground, openers: Openers = { openWebDav, openS3 }): Connections {
  const { db } = ground.workspace;
  return {
    list: (query, signal) => ground.workspace.read(listRead, query, signal),
    show: (connectionId) => toConnection(findConnection(db, connectionId)),
    add: (actor, wanted) => addConnection(ground, openers, actor, wanted),
    update: (actor, wanted) => updateConnection(ground, openers, actor, wanted),
    test: (actor, connectionId, signal) => tryConnection(ground, openers, actor, connectionId, signal),
    recordDocuments: (actor, connectionId, documents) => recordDocuments(ground, actor, connectionId, documents),
    remove: (actor, wanted) => removeConnection(ground, actor, wanted),
    connectionTargets: (at, userNo) => connectionTargets(ground, openers, at, userNo),
    purgeConnections,
    sharedWith,
    sharesGrant,
    async openForIndex(connectionId) {
      const row = findConnection(db, connectionId);
      const { id, label, backendNo, userNo, ownedRoot, version } = row;
      const backend = await openConnection(ground, openers, row);
      return {
        connectionId: id,
        label,
        backend,
        backendNo,
        userNo,
        reach: ownedRoot ? 'owned' : 'recorded',
        ended: (tx, showed) => storeShown(tx, { id, version }, showed, ground.clock()),
      };
    },
  };
}
