import { type Connections, openConnections } from '../../src/main/connections/index.ts';
import type { Tx } from '../../src/main/database/index.ts';
import type { Actor, Ground } from '../../src/main/ground.ts';
import { createFolderProfile, openStorage, type Storage } from '../../src/main/storage/index.ts';
import { testClock } from './clock.ts';
import { FakeKeychain } from './fake-keychain.ts';
import { ORIGIN, openVaultGround, setUpVault, type VaultGround } from './vault-ground.ts';

/** Storage and connections on a real workspace with the built-in store, as set-up makes it. */
export interface StorageGround {
  readonly on: VaultGround<FakeKeychain>;
  readonly ground: Ground;
  readonly storage: Storage;
  readonly connections: Connections;
  readonly actor: Actor;
  /** A user's row with its quota row; answers the row's number and id. */
  addUser(externalId: string | null): { readonly no: number; readonly id: string; readonly externalId: string | null };
  /** Closes the domain and opens everything again on the same files, as a new start would. */
  reopen(): Promise<StorageGround>;
  dispose(): Promise<void>;
}

export async function openStorageGround(): Promise<StorageGround> {
  const on = await openVaultGround({ keychain: new FakeKeychain(), clock: testClock(Date.now()) });
  const vault = await setUpVault(on);
  const actor: Actor = { kind: 'administrator', id: on.ground.newId(), origin: ORIGIN };
  on.workspace.transaction((tx: Tx) => createFolderProfile(tx, on.ground, vault, actor));
  return openedOn(on, actor);
}

function openedOn(on: VaultGround<FakeKeychain>, actor: Actor): StorageGround {
  const { ground } = on;
  const connections = openConnections(ground);
  const storage = openStorage(ground, { connections });
  return {
    on,
    ground,
    storage,
    connections,
    actor,
    addUser(externalId) {
      const id = ground.newId();
      return ground.workspace.transaction((tx) => {
        const { lastInsertRowid } = tx.raw
          .prepare(
            `INSERT INTO users (id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
             VALUES (?, ?, ?, ?, 'A user', 'user', 'active', '', 1, 1, x'', ?)`,
          )
          .run(id, externalId, `${id}@example.org`, `${id}@example.org`, ground.clock());
        const no = Number(lastInsertRowid);
        tx.raw.prepare('INSERT INTO quotas (user_no, limit_bytes, version) VALUES (?, NULL, 1)').run(no);
        return { no, id, externalId };
      });
    },
    async reopen() {
      await storage.close();
      const again = await on.reopen();
      return openedOn(again, actor);
    },
    async dispose() {
      await storage.close();
      await on.dispose();
    },
  };
}
