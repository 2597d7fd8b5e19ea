import canonicalize from 'canonicalize';
import type { Db } from '../database/index.ts';
import type { Ground } from '../ground.ts';
import type { DeletionTarget } from '../storage/index.ts';
import { type Openers, openConnection } from './opening.ts';
import { prefixOfRoot } from './place.ts';
import { type ConnectionRow, findConnection, readConnections } from './row.ts';

/** The user's clouds as a deletion sees them, in the order of their making. */
export function connectionTargets(ground: Ground, openers: Openers, db: Db, userNo: number): DeletionTarget[] {
  return readConnections(db, 'c.user_no = ? ORDER BY c.id', userNo).map((row) => ({
    sourceId: row.id,
    backendNo: row.backendNo,
    kind: row.provider,
    label: row.label,
    isCloud: true,
    reach: row.ownedRoot ? 'owned' : 'recorded',
    prefix: prefixOf(row),
    recordPrefix: '',
    basis: basisOf(row),
    // Read again when it is opened: a deletion that waits for a new password goes on with it.
    open: async () => openConnection(ground, openers, findConnection(ground.workspace.db, row.id)),
  }));
}

/** On S3 what its keys begin with; null for a whole bucket, of which only recorded documents are the user's. */
function prefixOf(row: ConnectionRow): string | null {
  if (row.provider === 'webdav') return row.root;
  return prefixOfRoot(row.root) || null;
}

/** What a plan stands on (D5): where the connection leads, and its version. */
function basisOf(row: ConnectionRow): string {
  const { configuration, root, ownedRoot, version } = row;
  const basis = canonicalize({ configuration, root, ownedRoot, version });
  if (basis === undefined) throw new Error('a basis that is not JSON');
  return basis;
}
