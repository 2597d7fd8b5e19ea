import type { Db } from '../database/index.ts';
import type { RandomBytes } from '../ground.ts';
import type { Vault } from '../vault/index.ts';
import { parse } from './columns.ts';
import {
  fingerprintOf,
  formatVerifierKey,
  type Head,
  type NoteKey,
  type NoteSigner,
  parseVerifierKey,
  signerFromSeed,
} from './note.ts';

const SEED = 'audit-seed';
const SEED_BYTES = 32;

export interface LogKey {
  /** The key that the log itself names as the one that signs; known while the vault is locked, too. */
  named(db: Db): NoteKey | null;
  /** The key that the vault holds, or null where it holds none. The vault must be open. */
  held(db: Db): Promise<NoteSigner | null>;
  /** The same, made where there is none. */
  heldOrMade(db: Db): Promise<NoteSigner>;
}

/** The Ed25519 key of the log: its seed is a keychain item of its own, apart from the vault's root. */
export function openLogKey(options: { origin: string; vault: Vault; randomBytes: RandomBytes }): LogKey {
  const { origin, vault, randomBytes } = options;
  const held = async (db: Db): Promise<NoteSigner | null> => {
    const seed = await vault.readOwnSecret(db, SEED);
    if (seed && seed.length !== SEED_BYTES) throw new Error('the seed of the log key is damaged');
    return seed && signerFromSeed(origin, seed);
  };
  return {
    named(db) {
      const row = db.raw
        .prepare<[], { entry: string }>(
          "SELECT entry FROM audit_entries WHERE event = 'console.checkpoint_key_created' ORDER BY sequence DESC LIMIT 1",
        )
        .get();
      const key = row && parse(row.entry)?.metadata?.key;
      return typeof key === 'string' ? parseVerifierKey(key) : null;
    },
    held,
    async heldOrMade(db) {
      const known = await held(db);
      if (known) return known;
      const seed = randomBytes(SEED_BYTES);
      await vault.writeOwnSecret(SEED, seed);
      return signerFromSeed(origin, seed);
    },
  };
}

/**
 * What the entry of a new key says. Where there was one before, a new epoch begins: the entry names the key, size and
 * root that it replaces.
 */
export function keyMetadata(key: NoteKey, replaced: NoteKey | null, head: Head | null): Record<string, unknown> {
  const metadata = { key: formatVerifierKey(key), fingerprint: fingerprintOf(key.publicKey) };
  if (!replaced) return metadata;
  return {
    ...metadata,
    replaces: {
      fingerprint: fingerprintOf(replaced.publicKey),
      size: head?.size ?? null,
      root: head && Buffer.from(head.root).toString('base64'),
    },
  };
}
