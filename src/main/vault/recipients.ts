import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { revealSecret, type Secret } from '../secret.ts';
import { ARGON2_CEILING, type Argon2Parameters, deriveKey } from './argon2.ts';
import { bindingOf, decryptBlob, encryptBlob, readHeader } from './envelope.ts';
import { KEY_BYTES } from './key-ring.ts';
import type { Cell } from './vault.ts';

/** Further ways into a vault: each row wraps the one recovery key, and the recovery key wraps every generation's root. */
export interface Recipient {
  readonly id: string;
  readonly kind: 'passphrase' | 'root';
  /** Canonical JSON; for a passphrase it is authenticated together with the wrapped key. */
  readonly parameters: string;
  readonly wrappedKey: Buffer;
}

/** No Argon2 parameter may exceed what the console itself would write: the file could ask for all memory. */
const PassphraseParameters = z.strictObject({
  kdf: z.literal('argon2id'),
  lanes: z.int().min(1).max(ARGON2_CEILING.lanes),
  memoryKiB: z.int().min(8).max(ARGON2_CEILING.memoryKiB),
  passes: z.int().min(1).max(ARGON2_CEILING.passes),
  salt: z.base64(),
});

const RootParameters = z.strictObject({
  /** Where the root itself lies: in a keychain, or nowhere but under the recovery key. */
  keptIn: z.enum(['keychain', 'recipients']),
});

const wrappedKeyOf = (recipientId: string): Cell => ({
  table: 'vault_recipients',
  column: 'wrapped_key',
  rowId: recipientId,
  ownerId: '',
});

const wrappedRootOf = (generation: number): Cell => ({
  table: 'key_generations',
  column: 'wrapped_root',
  rowId: String(generation),
  ownerId: '',
});

export function rootParameters(keptIn: 'keychain' | 'recipients'): string {
  return JSON.stringify({ keptIn });
}

/** Whether the workspace has no keychain: its roots lie under the recovery key alone. */
export function isKeptInRecipients(parameters: string): boolean {
  const read = RootParameters.safeParse(parseJson(parameters));
  return read.success && read.data.keptIn === 'recipients';
}

export interface Wrapping {
  readonly workspaceId: string;
  readonly id: string;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly cost: Argon2Parameters;
}

/** Wraps the recovery key under a passphrase. */
export async function wrapForPassphrase(
  passphrase: Secret,
  recoveryKey: Uint8Array,
  wrapping: Wrapping,
): Promise<Recipient> {
  const { workspaceId, id, salt, nonce, cost } = wrapping;
  const parameters = JSON.stringify({
    kdf: 'argon2id',
    lanes: cost.lanes,
    memoryKiB: cost.memoryKiB,
    passes: cost.passes,
    salt: Buffer.from(salt).toString('base64'),
  } satisfies z.infer<typeof PassphraseParameters>);
  const key = await deriveKey(revealSecret(passphrase, 'to derive the key that wraps the recovery key'), salt, cost);
  const binding = bindingOf(workspaceId, wrappedKeyOf(id), parameters);
  const wrappedKey = encryptBlob(key, { purpose: 'passphrase', generation: 0 }, binding, nonce, recoveryKey);
  key.fill(0);
  return { id, kind: 'passphrase', parameters, wrappedKey };
}

/** The recovery key, or null for a wrong passphrase. Refuses with WORKSPACE_DAMAGED where the row makes no sense. */
export async function unwrapWithPassphrase(
  workspaceId: string,
  row: { readonly id: string; readonly parameters: string; readonly wrappedKey: Uint8Array },
  passphrase: Secret,
): Promise<Buffer | null> {
  const parameters = PassphraseParameters.safeParse(parseJson(row.parameters));
  if (!parameters.success || readHeader(row.wrappedKey)?.purpose !== 'passphrase') throw damagedRecipient(row.id);
  const { salt, memoryKiB, passes, lanes } = parameters.data;
  const cost = { memoryKiB, passes, lanes };
  const key = await deriveKey(
    revealSecret(passphrase, 'to unwrap the recovery key'),
    Buffer.from(salt, 'base64'),
    cost,
  );
  const recoveryKey = decryptBlob(key, bindingOf(workspaceId, wrappedKeyOf(row.id), row.parameters), row.wrappedKey);
  key.fill(0);
  return recoveryKey;
}

export function wrapRoot(
  workspaceId: string,
  generation: number,
  root: Uint8Array,
  recoveryKey: Uint8Array,
  nonce: Uint8Array,
): Buffer {
  const binding = bindingOf(workspaceId, wrappedRootOf(generation));
  return encryptBlob(recoveryKey, { purpose: 'generation', generation }, binding, nonce, root);
}

/** The root of a generation; refuses with WORKSPACE_DAMAGED where the row is not what the recovery key wrapped. */
export function unwrapRoot(
  workspaceId: string,
  generation: number,
  wrappedRoot: Uint8Array | null,
  recoveryKey: Uint8Array,
): Buffer {
  const binding = bindingOf(workspaceId, wrappedRootOf(generation));
  const isRoot = wrappedRoot !== null && readHeader(wrappedRoot)?.generation === generation;
  const root = isRoot ? decryptBlob(recoveryKey, binding, wrappedRoot) : null;
  if (root?.length === KEY_BYTES) return root;
  throw new Refusal(
    'WORKSPACE_DAMAGED',
    `Key generation ${generation} of the vault is damaged in the workspace file. Restore the workspace from a backup.`,
  );
}

/** The cell under which the recovery key itself is kept, encrypted by the current root. */
export function recoveryCell(recipientId: string): Cell {
  return wrappedKeyOf(recipientId);
}

function damagedRecipient(id: string): Refusal {
  return new Refusal(
    'WORKSPACE_DAMAGED',
    `The row ${id} that lets a passphrase open the vault is damaged in the workspace file. Restore the workspace from a backup.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
