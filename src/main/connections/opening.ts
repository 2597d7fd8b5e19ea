import type { Db } from '../database/index.ts';
import type { Ground } from '../ground.ts';
import { isRefusal, Refusal } from '../refusal.ts';
import type { Secret } from '../secret.ts';
import { type openS3, type openWebDav, type StorageBackend, StorageError } from '../storage/index.ts';
import { type Cell, recordBrokenSeal, requireSeal, type UnlockedVault } from '../vault/index.ts';
import { type ConnectionPlace, prefixOfRoot } from './place.ts';
import type { ConnectionRow } from './row.ts';

/** The storage backends that a connection can lead to. */
export interface Openers {
  readonly openWebDav: typeof openWebDav;
  readonly openS3: typeof openS3;
}

/** What a connection's credentials are bound to: in another row or for another user they do not open. */
export function credentialsCell(connectionId: string, userId: string): Cell {
  return { table: 'connections', column: 'credentials', rowId: connectionId, ownerId: userId };
}

/** Looked at before each use that matters (X6). What is broken is written down once. */
export function requireConnectionSeal(ground: Ground, db: Db, vault: UnlockedVault, connectionId: string): void {
  try {
    requireSeal(db, vault, ground.audit, 'connections', connectionId);
  } catch (error) {
    // The entry needs a transaction of its own: an open one would undo it with the refused act.
    if (isRefusal(error, 'SEAL_BROKEN') && !db.raw.inTransaction)
      recordBrokenSeal(
        ground,
        { kind: 'console', onBehalfOf: null, origin: ground.origin },
        'connections',
        connectionId,
      );
    throw error;
  }
}

/** Opens the cloud with its credentials. Sends nothing yet. Refuses with VAULT_LOCKED or SEAL_BROKEN. */
export async function openConnection(ground: Ground, openers: Openers, row: ConnectionRow): Promise<StorageBackend> {
  const vault = await ground.vault.ready();
  requireConnectionSeal(ground, ground.workspace.db, vault, row.id);
  return openPlace(ground, openers, row, vault.decrypt(credentialsCell(row.id, row.userId), row.credentials));
}

/** Throws a `StorageError` for a place that no backend may be opened on (C6). */
export function openPlace(
  ground: Pick<Ground, 'clock'>,
  openers: Openers,
  { place, root, ownedRoot }: { readonly place: ConnectionPlace; readonly root: string; readonly ownedRoot: boolean },
  secret: Secret,
): StorageBackend {
  const { clock } = ground;
  if (place.provider === 'webdav')
    return openers.openWebDav({ url: place.url, username: place.username, password: secret, root, ownedRoot, clock });
  const { endpoint, region, pathStyle, bucket, username } = place;
  const prefix = prefixOfRoot(root);
  if (ownedRoot && prefix === '')
    throw new StorageError('unsafe', 'A whole bucket of somebody’s own cannot be the platform’s own folder.');
  return openers.openS3(
    { endpoint, region, pathStyle, authorityPem: null, accessKey: username, secretKey: secret },
    { bucket, prefix, wholeBucket: prefix === '' },
    { requireMatch: !ownedRoot, clock },
  );
}

/** Refuses with STORAGE_UNSAFE what no backend may be opened on. */
export function refuseUnsafePlace(
  ground: Pick<Ground, 'clock'>,
  openers: Openers,
  wanted: { readonly place: ConnectionPlace; readonly root: string; readonly ownedRoot: boolean },
  secret: Secret,
): void {
  if (wanted.ownedRoot && wanted.root === '/')
    throw new Refusal(
      'STORAGE_UNSAFE',
      'The root of a cloud cannot be the platform’s own: everything else that lies there would be removed with it. Name a folder in it.',
    );
  try {
    openPlace(ground, openers, wanted, secret).close();
  } catch (error) {
    if (error instanceof StorageError) throw new Refusal('STORAGE_UNSAFE', error.message, undefined, { cause: error });
    throw error;
  }
}
