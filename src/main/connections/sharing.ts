import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { isStoresBucket } from '../storage/index.ts';
import { type ConnectionPlace, overlap, wholePath } from './place.ts';
import { type ConnectionRow, readConnections } from './row.ts';

/** Other connections that lead to the same place: the same WebDAV account, or the same bucket. */
function neighboursOf(db: Db, place: ConnectionPlace, exceptId: string | null): ConnectionRow[] {
  return readConnections(db, "json_extract(c.configuration, '$.place') = ? AND c.id <> ?", place.place, exceptId ?? '');
}

const SAME_PLACE = `
  FROM connections a JOIN connections b ON json_extract(b.configuration, '$.place') = json_extract(a.configuration, '$.place') AND b.no <> a.no
  JOIN users u ON u.no = b.user_no`;

/** Public ids of other users whose connections lead to the same cloud account or bucket: a plan says so. */
export function sharedWith(db: Db, connectionId: string): string[] {
  return db.raw
    .prepare<[string], string>(
      `SELECT DISTINCT u.id ${SAME_PLACE} WHERE a.id = ? AND b.user_no <> a.user_no ORDER BY u.id`,
    )
    .pluck()
    .all(connectionId);
}

/** Whether another connection, of anybody but that user, signs in there with the same name: then its grant stays (C5). */
export function sharesGrant(db: Db, connectionId: string, exceptUserNo: number | null = null): boolean {
  const sameName = "json_extract(b.configuration, '$.username') = json_extract(a.configuration, '$.username')";
  return (
    db.raw
      .prepare<[string, number | null]>(
        `SELECT 1 ${SAME_PLACE} WHERE a.id = ? AND ${sameName} AND b.user_no IS NOT ? LIMIT 1`,
      )
      .get(connectionId, exceptUserNo) !== undefined
  );
}

/**
 * Refuses with STORAGE_UNSAFE a folder that would be taken away from somebody else: one that is the platform's own for one
 * user, and that another user's documents lie in too. The platform's own buckets are nobody's cloud.
 */
export function refuseForeignFolder(
  db: Db,
  wanted: {
    readonly place: ConnectionPlace;
    readonly root: string;
    readonly ownedRoot: boolean;
    readonly userNo: number;
  },
  exceptId: string | null,
): void {
  const { place, root, ownedRoot, userNo } = wanted;
  const path = wholePath(place, root);
  for (const row of neighboursOf(db, place, exceptId)) {
    if (row.userNo === userNo || !(ownedRoot || row.ownedRoot) || !overlap(path, wholePath(row.place, row.root)))
      continue;
    throw new Refusal(
      'STORAGE_UNSAFE',
      `Another user’s connection (${row.id}) leads to this folder, one above it, or one in it. Where everything in a folder is removed ` +
        'with one user, no other user’s documents may lie there.',
    );
  }
  if (place.provider === 's3' && isStoresBucket(db, place.endpoint, place.bucket))
    throw new Refusal('STORAGE_UNSAFE', `The bucket ${place.bucket} is the platform’s own store, not a user’s cloud.`);
}
