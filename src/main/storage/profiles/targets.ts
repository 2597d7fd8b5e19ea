import { createHash } from 'node:crypto';
import type { Db } from '../../database/index.ts';
import type { Ground } from '../../ground.ts';
import { type DeletionTarget, StorageError } from '../port.ts';
import { openS3, type S3Scope } from '../s3/index.ts';
import { writeConfiguration } from './configuration.ts';
import { bucketOf, type LayoutUser, parseLayout, prefixOf } from './layout.ts';
import { type FolderStores, s3ConfigOf } from './opening.ts';
import { findOwnProfile, type ProfileRow, profilesHolding } from './profile-rows.ts';

export interface TargetUser extends LayoutUser {
  readonly no: number;
  /** Profiles, by id, that are named also when none of the user's documents is on record there any more. */
  readonly knownSources?: readonly string[];
}

/**
 * The platform's stores as a deletion sees them: the own store, where listing decides what is the user's, and every other
 * profile that holds documents of theirs.
 */
export function ownStoreTargets(db: Db, ground: Ground, folders: FolderStores, user: TargetUser): DeletionTarget[] {
  const own = findOwnProfile(db);
  const rows = [...(own ? [own] : []), ...profilesHolding(db, user.no, user.knownSources ?? [])];
  return rows.flatMap((row) => {
    const target = targetOf(ground, folders, row, user);
    // Without an external id the layout gives the user no place in this store; what is recorded there is still named.
    return target.place === null && row.own && !hasDocuments(db, user.no, row.backendNo) ? [] : [target.target];
  });
}

function hasDocuments(db: Db, userNo: number, backendNo: number): boolean {
  return (
    db.raw.prepare('SELECT 1 FROM documents WHERE user_no = ? AND backend_no = ? LIMIT 1').get(userNo, backendNo) !==
    undefined
  );
}

/** Where one user's documents lie in a profile. */
type Place = { readonly kind: 'folder'; readonly prefix: string } | ({ readonly kind: 's3' } & S3Scope);

function placeOf(row: ProfileRow, user: LayoutUser): Place | null {
  const { configuration } = row;
  const layout = parseLayout(configuration.layout);
  if (layout.kind === 'buckets') {
    const bucket = configuration.kind === 's3' ? bucketOf(configuration.bucket, layout, user) : null;
    return bucket === null ? null : { kind: 's3', bucket, prefix: '', wholeBucket: true };
  }
  const prefix = prefixOf(layout, user);
  if (prefix === null) return null;
  return configuration.kind === 'folder'
    ? { kind: 'folder', prefix }
    : { kind: 's3', bucket: configuration.bucket, prefix };
}

function targetOf(
  ground: Ground,
  folders: FolderStores,
  row: ProfileRow,
  user: LayoutUser,
): { target: DeletionTarget; place: Place | null } {
  const { configuration } = row;
  const place = placeOf(row, user);
  const target: DeletionTarget = {
    sourceId: row.id,
    backendNo: row.backendNo,
    kind: configuration.kind,
    label: row.name,
    isCloud: false,
    reach: 'owned',
    prefix: place === null || place.prefix === '' ? null : place.prefix,
    recordPrefix: place?.kind === 's3' && place.wholeBucket === true ? `${place.bucket}/` : '',
    basis: `${row.id} ${row.version} ${createHash('sha256').update(writeConfiguration(configuration)).digest('hex')}`,
    async open() {
      if (place === null) {
        throw new StorageError(
          'unsafe',
          `'${row.name}' goes by external ids, and this user has none: nothing there can be named as theirs.`,
        );
      }
      if (configuration.kind === 'folder') return (await folders.get(row.id)).scope(place.prefix);
      if (place.kind !== 's3') throw new Error('a folder in an S3 profile');
      return openS3(await s3ConfigOf(ground, row, configuration), place, { clock: ground.clock });
    },
  };
  return { target, place };
}
