import { join } from 'node:path';
import type { Db, Tx } from '../../database/index.ts';
import type { Actor, Ground } from '../../ground.ts';
import { isRefusal } from '../../refusal.ts';
import { Secret } from '../../secret.ts';
import { type Cell, recordBrokenSeal, renewSeal, requireSeal, type UnlockedVault } from '../../vault/index.ts';
import { type FolderStore, openFolderStore } from '../folder/index.ts';
import type { S3Config } from '../s3/index.ts';
import { FOLDER_LAYOUT, type S3ProfileConfiguration, writeConfiguration } from './configuration.ts';
import type { ProfileRow } from './profile-rows.ts';

/** Name of the built-in store's profile. */
export const FOLDER_PROFILE = 'built-in';
/** Its folder within the workspace. */
const FOLDER_NAME = 'store';

export function credentialsCell(ground: Ground, profileId: string): Cell {
  return { table: 'storage_profiles', column: 'credentials', rowId: profileId, ownerId: ground.workspace.id };
}

/** A sealed row is looked at before secrets are used for what it says (X6). What is broken is written down once. */
export function requireProfileSeal(ground: Ground, db: Db, vault: UnlockedVault, profileId: string): void {
  try {
    requireSeal(db, vault, ground.audit, 'storage_profiles', profileId);
  } catch (error) {
    if (isRefusal(error, 'SEAL_BROKEN') && !db.raw.inTransaction) {
      recordBrokenSeal(
        ground,
        { kind: 'console', onBehalfOf: null, origin: ground.origin },
        'storage_profiles',
        profileId,
      );
    }
    throw error;
  }
}

/** What it takes to reach an S3 profile. Refuses with VAULT_LOCKED or SEAL_BROKEN. `endpoint` is the one asked for. */
export async function s3ConfigOf(
  ground: Ground,
  row: ProfileRow,
  configuration: S3ProfileConfiguration,
): Promise<S3Config> {
  const vault = await ground.vault.ready();
  requireProfileSeal(ground, ground.workspace.db, vault, row.id);
  if (row.credentials === null) throw new Error('an S3 profile without credentials');
  const { endpoint, region, pathStyle, authorityPem, accessKey } = configuration;
  return {
    endpoint,
    region,
    pathStyle,
    authorityPem,
    accessKey,
    secretKey: vault.decrypt(credentialsCell(ground, row.id), row.credentials),
  };
}

export function encryptSecretKey(ground: Ground, vault: UnlockedVault, profileId: string, secretKey: string): Buffer {
  return Buffer.from(vault.encrypt(credentialsCell(ground, profileId), new Secret(secretKey)));
}

/** The folder stores of a workspace, each opened once and closed with it. */
export class FolderStores {
  readonly #ground: Ground;
  readonly #open = new Map<string, Promise<FolderStore>>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  get(profileId: string): Promise<FolderStore> {
    const known = this.#open.get(profileId);
    if (known) return known;
    const { workspace, clock, randomBytes } = this.#ground;
    const opening = openFolderStore({ dir: join(workspace.dir, FOLDER_NAME), storeId: profileId, clock, randomBytes });
    this.#open.set(profileId, opening);
    // One that failed is tried again the next time.
    opening.catch(() => this.#open.delete(profileId));
    return opening;
  }

  async close(): Promise<void> {
    for (const opening of this.#open.values()) {
      const store = await opening.catch(() => null);
      store?.close();
    }
    this.#open.clear();
  }
}

/**
 * Makes the built-in folder store's profile, the own store of a new workspace, with its audit entry. To be called inside
 * the set-up transaction; the folder itself is made when it is first used.
 */
export function createFolderProfile(tx: Tx, ground: Ground, vault: UnlockedVault, actor: Actor): void {
  const id = ground.newId();
  const backendNo = Number(tx.raw.prepare("INSERT INTO backends (kind) VALUES ('folder')").run().lastInsertRowid);
  tx.raw
    .prepare(
      `INSERT INTO storage_profiles (id, backend_no, name, configuration, credentials, own, version, seal, created_at)
       VALUES (?, ?, ?, ?, NULL, 1, 1, x'', ?)`,
    )
    .run(id, backendNo, FOLDER_PROFILE, writeConfiguration({ kind: 'folder', layout: FOLDER_LAYOUT }), ground.clock());
  ground.audit.append(tx, {
    actor,
    event: 'admin.storage_profile_added',
    target: { kind: 'profile', id },
    metadata: { name: FOLDER_PROFILE, kind: 'folder', own: true },
    sealed: renewSeal(tx, vault, 'storage_profiles', id),
  });
}
