import type { Sealed } from '../audit/index.ts';
import type { Tx } from '../database/index.ts';
import type { NewId, RandomBytes } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import type { Secret } from '../secret.ts';
import { anchorAccount, rootAccount } from './accounts.ts';
import type { Argon2Parameters } from './argon2.ts';
import { explain } from './conditions.ts';
import { checkValueOf, KEY_BYTES, type KeyRing, sameBytes } from './key-ring.ts';
import { type Keychain, KeychainError } from './keychain.ts';
import { type Recipient, recoveryCell, rootParameters, wrapForPassphrase, wrapRoot } from './recipients.ts';
import { renewSeal } from './seals.ts';

/** What set-up made and its transaction still has to write. */
export interface Made {
  readonly ring: KeyRing;
  readonly checkValue: Buffer;
  readonly wrappedRoot: Buffer | null;
  readonly recipients: readonly Recipient[];
}

export interface Makings {
  readonly workspaceId: string;
  readonly randomBytes: RandomBytes;
  readonly newId: NewId;
  readonly argon2: Argon2Parameters;
  readonly ringOf: (roots: ReadonlyMap<number, Buffer>) => KeyRing;
}

export const FIRST_GENERATION = 1;

/**
 * Generation 1 in the keychain. Refuses with KEYCHAIN_UNAVAILABLE. A key that an interrupted set-up of this workspace
 * left there is taken up, never overwritten; and where the keychain remembers a log of this workspace, rows
 * are missing that were there: LOG_TAMPERED.
 */
export async function makeInKeychain(makings: Makings, keychain: Keychain | null): Promise<Made> {
  const { workspaceId, randomBytes, ringOf } = makings;
  const account = rootAccount(workspaceId, FIRST_GENERATION);
  const root = await explainFailure(async () => {
    if (!keychain) throw new KeychainError('unavailable', 'this host was given no keychain');
    if (await keychain.get(anchorAccount(workspaceId)))
      throw new Refusal(
        'LOG_TAMPERED',
        'The keychain remembers what this workspace held, but its file is empty: it was put back or emptied. Restore it from a backup.',
        { verdict: 'ROLLED_BACK' },
      );
    const found = await keychain.get(account);
    if (found?.length === KEY_BYTES) return Buffer.from(found);
    const made = Buffer.from(randomBytes(KEY_BYTES));
    await keychain.set(account, made);
    const readBack = await keychain.get(account);
    if (!readBack || !sameBytes(readBack, made))
      throw new KeychainError('unavailable', 'the keychain does not keep what is written');
    return made;
  });
  return {
    checkValue: checkValueOf(root, workspaceId, FIRST_GENERATION),
    ring: ringOf(new Map([[FIRST_GENERATION, root]])),
    wrappedRoot: null,
    recipients: [],
  };
}

/** Generation 1 under a recovery key under a passphrase: for machines without a keychain. */
export async function makeUnderPassphrase(makings: Makings, passphrase: Secret): Promise<Made> {
  const { workspaceId, randomBytes, newId, argon2, ringOf } = makings;
  const root = Buffer.from(randomBytes(KEY_BYTES));
  const recoveryKey = Buffer.from(randomBytes(KEY_BYTES));
  const forPassphrase = await wrapForPassphrase(passphrase, recoveryKey, {
    workspaceId,
    id: newId(),
    salt: randomBytes(16),
    nonce: randomBytes(12),
    cost: argon2,
  });
  const wrappedRoot = wrapRoot(workspaceId, FIRST_GENERATION, root, recoveryKey, randomBytes(12));
  const checkValue = checkValueOf(root, workspaceId, FIRST_GENERATION);
  const ring = ringOf(new Map([[FIRST_GENERATION, root]]));
  const id = newId();
  const forRoot: Recipient = {
    id,
    kind: 'root',
    parameters: rootParameters('recipients'),
    wrappedKey: ring.encryptBytes('recovery', recoveryCell(id), recoveryKey),
  };
  recoveryKey.fill(0);
  return { ring, checkValue, wrappedRoot, recipients: [forPassphrase, forRoot] };
}

/** Writes the rows of a new vault and answers those it sealed, for their audit entries. */
export function recordMade(tx: Tx, made: Made, now: number): readonly Sealed[] {
  tx.raw
    .prepare(
      `INSERT INTO key_generations (generation, status, check_value, wrapped_root, created_at) VALUES (?, 'active', ?, ?, ?)`,
    )
    .run(FIRST_GENERATION, made.checkValue, made.wrappedRoot, now);
  const insert = tx.raw.prepare(
    `INSERT INTO vault_recipients (id, kind, parameters, wrapped_key, checked_at, version, seal, created_at)
     VALUES (?, ?, ?, ?, ?, 1, x'', ?)`,
  );
  return made.recipients.map((recipient) => {
    const checkedAt = recipient.kind === 'passphrase' ? now : null;
    insert.run(recipient.id, recipient.kind, recipient.parameters, recipient.wrappedKey, checkedAt, now);
    return renewSeal(tx, made.ring.vault, 'vault_recipients', recipient.id);
  });
}

async function explainFailure(work: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KeychainError)) throw error;
    const sentence = `${explain(error.state, 'keychain', false)} Or choose a passphrase for the vault.`;
    throw new Refusal('KEYCHAIN_UNAVAILABLE', sentence, undefined, { cause: error });
  }
}
