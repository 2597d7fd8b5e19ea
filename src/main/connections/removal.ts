import { plural } from '../../contract/figures.ts';
import type { Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { type ConnectionRow, findConnection, readConnections } from './row.ts';
import { sharesGrant } from './sharing.ts';

export interface ConnectionRemoval {
  readonly connectionId: string;
  readonly expectedVersion: number;
  /** With documents on it: their count, typed to confirm. */
  readonly confirmDocuments?: number | undefined;
}

export interface RemovedConnection {
  readonly removed: string;
  readonly revoked: 'revoked' | 'not_offered' | 'still_in_use';
  readonly documentsForgotten: number;
}

/** Rows of documents that go in one transaction, so that none is long. */
const DOCUMENTS_AT_ONCE = 2_000;

/**
 * Removes a connection with its credentials and what is recorded of its documents; nothing is sent to the cloud (C5). A
 * row whose seal is broken can be removed too: that is one way to put it right.
 */
export async function removeConnection(
  ground: Ground,
  actor: Actor,
  wanted: ConnectionRemoval,
): Promise<RemovedConnection> {
  const { workspace, audit } = ground;
  const row = findConnection(workspace.db, wanted.connectionId);
  refuseUnconfirmed(row, wanted);
  let forgotten = 0;
  for (;;) {
    const removed = workspace.transaction((tx) => {
      const now = findConnection(tx, row.id);
      refuseChanged(now, wanted.expectedVersion);
      const count = forgetDocuments(tx, now, DOCUMENTS_AT_ONCE);
      forgotten += count;
      if (count === DOCUMENTS_AT_ONCE) {
        audit.append(tx, {
          actor,
          event: 'cloud.documents_forgotten',
          target: { kind: 'connection', id: row.id },
          metadata: { userId: row.userId, count },
        });
        return null;
      }
      // A password is the person's own: there is nothing that could be given back.
      const revoked = sharesGrant(tx, row.id) ? ('still_in_use' as const) : ('not_offered' as const);
      dropRow(tx, now);
      audit.append(tx, {
        actor,
        event: 'cloud.connection_removed',
        target: { kind: 'connection', id: row.id },
        metadata: { userId: row.userId, provider: row.provider, revoked, documentsForgotten: forgotten },
        sealed: { table: 'connections', rowId: row.id, seal: null },
      });
      return { removed: row.id, revoked, documentsForgotten: forgotten };
    });
    if (removed) return removed;
    await new Promise(setImmediate);
  }
}

function refuseUnconfirmed(row: ConnectionRow, wanted: ConnectionRemoval): void {
  refuseChanged(row, wanted.expectedVersion);
  if (row.documents === (wanted.confirmDocuments ?? 0)) return;
  throw new Refusal(
    'CONFIRMATION_MISMATCH',
    row.documents === 0
      ? 'No documents are recorded on this connection. Leave the count out, or type 0.'
      : `${plural(row.documents, 'document is', 'documents are')} recorded on this connection. What is recorded is forgotten with it, and stays in the cloud. Type the count to confirm.`,
  );
}

function refuseChanged(row: ConnectionRow, expectedVersion: number): void {
  if (row.userStatus === 'deleting')
    throw new Refusal(
      'USER_BEING_DELETED',
      'The user is being deleted. Their connections go with them, after the documents in them.',
    );
  if (row.version !== expectedVersion)
    throw new Refusal('CHANGED_MEANWHILE', `${row.label} was changed meanwhile. Look at it again and repeat.`, {
      version: row.version,
    });
}

/** Forgets at most `limit` documents and answers how many they were. */
function forgetDocuments(tx: Tx, row: ConnectionRow, limit: number): number {
  return tx.raw
    .prepare(
      'DELETE FROM documents WHERE no IN (SELECT no FROM documents WHERE backend_no = ? AND user_no = ? LIMIT ?)',
    )
    .run(row.backendNo, row.userNo, limit).changes;
}

function dropRow(tx: Tx, row: ConnectionRow): void {
  tx.raw.prepare('DELETE FROM connections WHERE id = ?').run(row.id);
  tx.raw.prepare('DELETE FROM backends WHERE no = ?').run(row.backendNo);
}

/**
 * Part of a deletion's last transaction: the user's connection rows, with their credentials and whatever is still recorded
 * of their documents. Answers which they were. The bytes leave the files when the caller has emptied the log (D3).
 */
export function purgeConnections(tx: Tx, userNo: number): { readonly id: string; readonly provider: string }[] {
  const rows = readConnections(tx, 'c.user_no = ? ORDER BY c.id', userNo);
  for (const row of rows) {
    forgetDocuments(tx, row, -1);
    dropRow(tx, row);
  }
  return rows.map(({ id, provider }) => ({ id, provider }));
}
