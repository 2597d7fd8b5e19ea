import type { Db } from '../database/index.ts';
import { type DeletionTarget, StorageError } from '../storage/index.ts';
import { backendsWithDocuments } from './documents.ts';
import type { DeletionParts, ScopedUser } from './parts.ts';

/**
 * Every place where documents of the user lie: what the other domains name, and after it whatever the record still
 * points to although nothing of it is configured any more, so that it is not passed over in silence.
 */
export function allTargets(parts: Pick<DeletionParts, 'targetsOf'>, db: Db, user: ScopedUser): DeletionTarget[] {
  const targets = parts.targetsOf(db, user);
  const known = new Set(targets.map(({ backendNo }) => backendNo));
  const strays = backendsWithDocuments(db, user.no).filter((no) => !known.has(no));
  return [...targets, ...strays.map((backendNo) => strayTarget(db, backendNo))];
}

function strayTarget(db: Db, backendNo: number): DeletionTarget {
  const kind =
    db.raw.prepare<[number], DeletionTarget['kind']>('SELECT kind FROM backends WHERE no = ?').pluck().get(backendNo) ??
    'folder';
  return {
    sourceId: `backend-${backendNo}`,
    backendNo,
    kind,
    label: `a place that is no longer configured (${kind})`,
    isCloud: false,
    reach: 'recorded',
    prefix: null,
    recordPrefix: '',
    basis: '',
    open: () =>
      Promise.reject(
        new StorageError('refused', 'Documents are on record in a place that is no longer configured here.'),
      ),
  };
}
