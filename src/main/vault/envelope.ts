import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Refusal } from '../refusal.ts';
import type { Cell } from './vault.ts';

/** What a sub-key is for; the number stands in the header, the name in HKDF's info. */
export const PURPOSES = {
  /** Keys and passwords of storage profiles and connections. */
  credentials: 1,
  /** Anything else that a row keeps encrypted. */
  settings: 2,
  /** Secrets of the console itself, where no keychain holds them. */
  console: 3,
  /** The recovery key, kept under the current root. */
  recovery: 4,
  /** A generation's root, kept under the recovery key. */
  generation: 5,
  /** The recovery key, kept under a passphrase. */
  passphrase: 6,
} as const;
export type Purpose = keyof typeof PURPOSES;

export interface Header {
  readonly purpose: Purpose;
  readonly generation: number;
}

const MAGIC = Buffer.from('QMB1', 'latin1');
const AES_256_GCM = 1;
const HEADER_BYTES = 10;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

export type BlobFault = 'damaged' | 'other-row' | 'other-key';

const FAULTS = {
  damaged: {
    code: 'WORKSPACE_DAMAGED',
    sentence:
      'are damaged in the workspace file and cannot be read. Enter them anew, or restore the workspace from a backup.',
  },
  'other-row': {
    code: 'SEAL_BROKEN',
    sentence: 'belong to another row: the workspace file was edited. They are not used. Enter them anew.',
  },
  'other-key': {
    code: 'VAULT_LOCKED',
    sentence:
      'were encrypted with a key that this vault does not have. Enter them anew, or restore workspace and keychain together.',
  },
} as const;

/** A ciphertext that does not open, and why: damaged, of another row, column or owner, or of a key that is not here. */
export class VaultBlobError extends Refusal {
  readonly fault: BlobFault;

  constructor(fault: BlobFault, cell: Cell, options?: ErrorOptions) {
    const { code, sentence } = FAULTS[fault];
    const data = fault === 'other-key' ? { state: 'mismatched' } : { table: cell.table, rowId: cell.rowId };
    super(code, `The encrypted ${cell.column} of ${cell.table} ${cell.rowId} ${sentence}`, data, options);
    this.fault = fault;
  }
}

/** Texts with their lengths in front (u32be), so that no two lists of texts give the same bytes. */
export function lengthPrefixed(...texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** What a blob is bound to besides its header. `parameters` authenticates how a passphrase became its key. */
export function bindingOf(workspaceId: string, cell: Cell, parameters?: string): Buffer {
  const parts = [workspaceId, cell.table, cell.column, cell.rowId, cell.ownerId];
  return lengthPrefixed(...parts, ...(parameters === undefined ? [] : [parameters]));
}

function writeHeader({ purpose, generation }: Header): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt8(AES_256_GCM, 4);
  header.writeUInt8(PURPOSES[purpose], 5);
  header.writeUInt32BE(generation, 6);
  return header;
}

/** The header, or null where the bytes are no blob of this format. */
export function readHeader(blob: Uint8Array): Header | null {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < OVERHEAD_BYTES || !bytes.subarray(0, 4).equals(MAGIC) || bytes.readUInt8(4) !== AES_256_GCM)
    return null;
  const number = bytes.readUInt8(5);
  for (const purpose of ['credentials', 'settings', 'console', 'recovery', 'generation', 'passphrase'] as const)
    if (PURPOSES[purpose] === number) return { purpose, generation: bytes.readUInt32BE(6) };
  return null;
}

/**
 * `"QMB1" | alg u8 | purpose u8 | generation u32be | nonce 12 | ciphertext | tag 16`. The nonce is random: NIST
 * SP 800-38D allows 2^32 messages under one key, which no workspace comes near.
 */
export function encryptBlob(
  key: Uint8Array,
  header: Header,
  binding: Uint8Array,
  nonce: Uint8Array,
  plain: Uint8Array,
): Buffer {
  if (nonce.length !== NONCE_BYTES) throw new Error('a nonce has 12 bytes');
  const head = writeHeader(header);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.concat([head, binding]));
  return Buffer.concat([head, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext, or null where key, binding or bytes are not those of `encryptBlob`. */
export function decryptBlob(key: Uint8Array, binding: Uint8Array, blob: Uint8Array): Buffer | null {
  if (readHeader(blob) === null) return null;
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const nonce = bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  // The length of the tag is pinned: Node takes shorter ones unless told not to, and a short tag can be guessed.
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([bytes.subarray(0, HEADER_BYTES), binding]));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const start = decipher.update(bytes.subarray(HEADER_BYTES + NONCE_BYTES, bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch {
    start.fill(0);
    return null;
  }
}
