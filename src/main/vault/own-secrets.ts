import type { Db, Workspace } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { anchorAccount, ownSecretAccount } from './accounts.ts';
import { explain } from './conditions.ts';
import type { KeyRing } from './key-ring.ts';
import { type Keychain, KeychainError } from './keychain.ts';
import { generationRows, ownSecretCell, wayOf } from './rows.ts';
import type { Vault } from './vault.ts';

interface OwnSecretParts {
  readonly workspace: Workspace;
  readonly keychain: Keychain | null;
  /** Refuses with VAULT_LOCKED. */
  readonly ring: () => Promise<KeyRing>;
}

type OwnSecrets = Pick<Vault, 'readOwnSecret' | 'writeOwnSecret' | 'readAnchor' | 'writeAnchor'>;

/** Secrets of the console itself: items of their own in the keychain, or vault blobs in a workspace without one. */
export function openOwnSecrets({ workspace, keychain, ring }: OwnSecretParts): OwnSecrets {
  const { id: workspaceId } = workspace;
  const account = (name: string) => ownSecretAccount(workspaceId, name);
  const anchor = anchorAccount(workspaceId);

  /** A keychain that fails is a vault that is not available now; the caller may try later. */
  async function inKeychain<Answer>(work: (keychain: Keychain) => Promise<Answer>): Promise<Answer> {
    try {
      if (!keychain) throw new KeychainError('unavailable', 'this host was given no keychain');
      return await work(keychain);
    } catch (error) {
      if (!(error instanceof KeychainError)) throw error;
      throw new Refusal(
        'VAULT_LOCKED',
        explain(error.state, 'keychain', false),
        { state: error.state },
        { cause: error },
      );
    }
  }

  function requireSetUp(db: Db): 'keychain' | 'passphrase' {
    if (generationRows(db).length > 0) return wayOf(db);
    throw new Refusal('NOT_SET_UP', explain('none', null, false));
  }

  return {
    async readOwnSecret(db, name) {
      if (generationRows(db).length === 0) return null;
      if (wayOf(db) === 'keychain') return inKeychain((keychain) => keychain.get(account(name)));
      const row = db.raw.prepare<[string], { blob: Buffer }>('SELECT blob FROM vault_secrets WHERE name = ?').get(name);
      return row ? (await ring()).decryptBytes('console', ownSecretCell(name, workspaceId), row.blob) : null;
    },

    async writeOwnSecret(name, value) {
      if (requireSetUp(workspace.db) === 'keychain')
        return inKeychain((keychain) => keychain.set(account(name), value));
      const blob = (await ring()).encryptBytes('console', ownSecretCell(name, workspaceId), value);
      workspace.transaction((tx) =>
        tx.raw
          .prepare(
            'INSERT INTO vault_secrets (name, blob) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET blob = excluded.blob',
          )
          .run(name, blob),
      );
    },

    async readAnchor() {
      const hasKeychain = generationRows(workspace.db).length > 0 && wayOf(workspace.db) === 'keychain';
      return hasKeychain ? inKeychain((keychain) => keychain.get(anchor)) : null;
    },

    async writeAnchor(value) {
      if (requireSetUp(workspace.db) === 'passphrase') return false;
      await inKeychain((keychain) => keychain.set(anchor, value));
      return true;
    },
  };
}
