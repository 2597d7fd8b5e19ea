import type { Sealed } from '../audit/index.ts';
import type { Db, Tx } from '../database/index.ts';
import type { Secret } from '../secret.ts';

export type VaultState = 'none' | 'available' | 'locked' | 'unavailable' | 'missing' | 'mismatched';

/** The answer to `vault.status`; the same shape as the contract's. */
export interface VaultCondition {
  readonly state: VaultState;
  readonly way: 'keychain' | 'passphrase' | null;
  readonly generation: number | null;
  readonly message: string;
  readonly keychainUsable: boolean;
}

/** What a ciphertext is bound to: moved to another row, column or owner it does not open. */
export interface Cell {
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
  readonly ownerId: string;
}

/** Tables whose rows decide who may do what, or where secrets are sent (X6). */
export type SealedTable = 'users' | 'sessions' | 'connections' | 'storage_profiles' | 'settings' | 'vault_recipients';

/**
 * The vault for a moment: got with `await vault.ready()` before a transaction, used synchronously inside it, not kept.
 */
export interface UnlockedVault {
  readonly generation: number;
  encrypt(cell: Cell, secret: Secret): Uint8Array;
  /** Throws a `VaultBlobError` that says whether the blob is damaged, of another row, or of another key. */
  decrypt(cell: Cell, blob: Uint8Array): Secret;
  /** The generation (u32be) and an HMAC-SHA256 under that generation's sub-key `seal`. */
  sealOf(table: SealedTable, content: string): Uint8Array;
  /** Whether the seal is one that this vault made for this content, under whichever generation. */
  sealHolds(table: SealedTable, content: string, seal: Uint8Array): boolean;
}

/** How the vault was opened: by which row of `vault_recipients`. Its seal is still to be checked. */
export interface Unlocked {
  readonly condition: VaultCondition;
  readonly recipientId: string;
}

export interface Vault {
  status(): Promise<VaultCondition>;
  /** Refuses with VAULT_LOCKED (its data names the state). Reads the keychain again after 60 s. */
  ready(): Promise<UnlockedVault>;
  /** As `ready`, but null where the vault is not available. */
  readyOrNull(): Promise<UnlockedVault | null>;
  /** First start: makes generation 1, in the keychain, or under the passphrase where one is given. */
  create(passphrase: Secret | null): Promise<UnlockedVault>;
  /** Writes what `create` made into the workspace; called inside the set-up transaction. Answers the rows it sealed. */
  record(tx: Tx, now: number): readonly Sealed[];
  /** Opens a vault that has a passphrase. Refuses with WRONG_PASSPHRASE; NOT_FOUND where the vault has none. */
  unlock(passphrase: Secret): Promise<Unlocked>;
  /** Closes what a passphrase opened, as if the console had just started. */
  lock(): void;
  /** Forgets what the keychain said, so that the next use asks it again: after a person did something about it. */
  askAgain(): void;
  /** A secret of the console itself: in the keychain under the workspace's id, or as a vault blob without one. */
  readOwnSecret(db: Db, name: string): Promise<Uint8Array | null>;
  /** The same, written; in a workspace without keychain it becomes a row at once, in a transaction of its own. */
  writeOwnSecret(name: string, value: Uint8Array): Promise<void>;
  /** The anchor of the log's head lives in the keychain alone; null without one. */
  readAnchor(): Promise<Uint8Array | null>;
  writeAnchor(value: Uint8Array): Promise<boolean>;
  close(): void;
}
