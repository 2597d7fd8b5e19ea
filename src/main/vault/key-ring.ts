import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { revealSecret, Secret } from '../secret.ts';
import {
  bindingOf,
  decryptBlob,
  encryptBlob,
  lengthPrefixed,
  type Purpose,
  readHeader,
  VaultBlobError,
} from './envelope.ts';
import type { Cell, SealedTable, UnlockedVault } from './vault.ts';

/** Root and recovery keys are 32 random bytes. */
export const KEY_BYTES = 32;

/** The roots of all generations in use, for as long as they may be held; the handle that domains get is `vault`. */
export interface KeyRing {
  readonly vault: UnlockedVault;
  readonly generation: number;
  encryptBytes(purpose: Purpose, cell: Cell, plain: Uint8Array): Buffer;
  decryptBytes(purpose: Purpose, cell: Cell, blob: Uint8Array): Buffer;
  /** The check value of a generation's root; null where the ring does not have it. */
  checkValue(generation: number): Buffer | null;
  /** Whether these are the same keys; then handles that are out need not be called back. */
  holdsSame(roots: ReadonlyMap<number, Uint8Array>): boolean;
  /** Overwrites the keys. A handle used afterwards refuses. */
  wipe(): void;
}

export interface KeyRingParts {
  readonly workspaceId: string;
  readonly roots: ReadonlyMap<number, Buffer>;
  readonly active: number;
  readonly randomBytes: RandomBytes;
  /** Cells whose ciphertext might have been moved: asked only when one does not open. */
  readonly otherCells: () => Iterable<Cell>;
}

/** HKDF-SHA256 (RFC 5869) with the workspace as salt, so that no key works in two workspaces. */
export function subKey(root: Uint8Array, workspaceId: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, workspaceId, `qm/v1/${purpose}`, KEY_BYTES));
}

/** First 8 bytes of an HMAC under the root: tells another workspace's keychain from a damaged row. */
export function checkValueOf(root: Uint8Array, workspaceId: string, generation: number): Buffer {
  const key = subKey(root, workspaceId, 'check');
  return createHmac('sha256', key).update(`generation ${generation}`).digest().subarray(0, 8);
}

/** Equal, in a time that does not depend on where they differ. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function purposeOf(cell: Cell): Purpose {
  if (cell.table === 'connections' || cell.table === 'storage_profiles') return 'credentials';
  return cell.table === 'vault_secrets' ? 'console' : 'settings';
}

export function makeKeyRing(parts: KeyRingParts): KeyRing {
  const { workspaceId, roots, active, randomBytes } = parts;
  const subKeys = new Map<string, Buffer>();
  let wiped = false;

  function key(generation: number, purpose: Purpose | 'seal'): Buffer | null {
    if (wiped)
      throw new Refusal(
        'VAULT_LOCKED',
        'The vault was closed while this was under way. Nothing was changed; try again.',
        { state: 'locked' },
      );
    const name = `${generation} ${purpose}`;
    const root = roots.get(generation);
    if (!root) return null;
    const made = subKeys.get(name) ?? subKey(root, workspaceId, purpose);
    subKeys.set(name, made);
    return made;
  }

  function activeKey(purpose: Purpose | 'seal'): Buffer {
    const made = key(active, purpose);
    if (!made) throw new Error('the active generation has no root');
    return made;
  }

  function encryptBytes(purpose: Purpose, cell: Cell, plain: Uint8Array): Buffer {
    return encryptBlob(
      activeKey(purpose),
      { purpose, generation: active },
      bindingOf(workspaceId, cell),
      randomBytes(12),
      plain,
    );
  }

  function decryptBytes(purpose: Purpose, cell: Cell, blob: Uint8Array): Buffer {
    const header = readHeader(blob);
    if (!header) throw new VaultBlobError('damaged', cell);
    const blobKey = key(header.generation, header.purpose);
    if (!blobKey) throw new VaultBlobError('other-key', cell);
    const plain = header.purpose === purpose ? decryptBlob(blobKey, bindingOf(workspaceId, cell), blob) : null;
    if (plain) return plain;
    throw new VaultBlobError(opensElsewhere(blobKey, blob) ? 'other-row' : 'damaged', cell);
  }

  /** GCM cannot say why a tag is wrong; trying the other rows' bindings can. */
  function opensElsewhere(blobKey: Buffer, blob: Uint8Array): boolean {
    for (const cell of parts.otherCells()) {
      const plain = decryptBlob(blobKey, bindingOf(workspaceId, cell), blob);
      if (plain) {
        plain.fill(0);
        return true;
      }
    }
    return false;
  }

  function sealUnder(generation: number, table: SealedTable, content: string): Buffer | null {
    const sealKey = key(generation, 'seal');
    if (!sealKey) return null;
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(generation);
    return Buffer.concat([prefix, createHmac('sha256', sealKey).update(lengthPrefixed(table, content)).digest()]);
  }

  const vault: UnlockedVault = {
    generation: active,
    encrypt: (cell, secret) =>
      encryptBytes(purposeOf(cell), cell, Buffer.from(revealSecret(secret, 'to encrypt it'), 'utf8')),
    decrypt(cell, blob) {
      const plain = decryptBytes(purposeOf(cell), cell, blob);
      const secret = new Secret(plain.toString('utf8'));
      plain.fill(0);
      return secret;
    },
    sealOf(table, content) {
      const seal = sealUnder(active, table, content);
      if (!seal) throw new Error('the active generation has no root');
      return seal;
    },
    sealHolds(table, content, seal) {
      if (seal.length !== 36) return false;
      const generation = Buffer.from(seal.buffer, seal.byteOffset, seal.byteLength).readUInt32BE(0);
      const expected = sealUnder(generation, table, content);
      return expected !== null && sameBytes(expected, seal);
    },
  };

  return {
    vault,
    generation: active,
    encryptBytes,
    decryptBytes,
    checkValue(generation) {
      const root = roots.get(generation);
      return wiped || !root ? null : checkValueOf(root, workspaceId, generation);
    },
    holdsSame: (others) =>
      !wiped &&
      others.size === roots.size &&
      [...others].every(([generation, root]) => sameBytes(roots.get(generation) ?? Buffer.alloc(0), root)),
    wipe() {
      wiped = true;
      for (const bytes of [...roots.values(), ...subKeys.values()]) bytes.fill(0);
      subKeys.clear();
    },
  };
}
