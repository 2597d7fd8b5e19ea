import type { Workspace } from '../database/index.ts';
import type { Clock } from '../ground.ts';
import { isRefusal, Refusal } from '../refusal.ts';
import type { Secret } from '../secret.ts';
import { rootAccount } from './accounts.ts';
import { explain } from './conditions.ts';
import { checkValueOf, sameBytes } from './key-ring.ts';
import type { Keychain } from './keychain.ts';
import { unwrapRoot, unwrapWithPassphrase } from './recipients.ts';
import { generationRows, recipientRows, wayOf } from './rows.ts';

/** A keychain that does not answer must not keep a passphrase waiting. */
const KEYCHAIN_LOOK_MS = 3_000;

interface UnlockParts {
  readonly workspace: Workspace;
  readonly keychain: Keychain | null;
  readonly clock: Clock;
}

/**
 * The roots that a passphrase opens, and by which row. Refuses with NOT_SET_UP, NOT_FOUND (the vault has no passphrase),
 * WRONG_PASSPHRASE, WORKSPACE_DAMAGED, or VAULT_LOCKED where the keychain shows that the rows are not the workspace's own.
 */
export async function unlockWithPassphrase(
  { workspace, keychain, clock }: UnlockParts,
  passphrase: Secret,
): Promise<{ recipientId: string; roots: Map<number, Buffer> }> {
  const { db, id: workspaceId } = workspace;
  const rows = generationRows(db);
  if (rows.length === 0) throw new Refusal('NOT_SET_UP', explain('none', null, false));
  const recipients = recipientRows(db, 'passphrase');
  if (recipients.length === 0)
    throw new Refusal(
      'NOT_FOUND',
      'This vault has no passphrase: the keychain of the account that set it up opens it.',
    );
  await refuseStolenWay(workspace, keychain);
  for (const recipient of recipients) {
    const recoveryKey = await unwrapWithPassphrase(workspaceId, recipient, passphrase);
    if (!recoveryKey) continue;
    const roots = new Map(
      rows.map(({ generation, wrappedRoot }) => [
        generation,
        unwrapRoot(workspaceId, generation, wrappedRoot, recoveryKey),
      ]),
    );
    recoveryKey.fill(0);
    for (const { generation, checkValue } of rows) {
      const root = roots.get(generation);
      if (root && sameBytes(checkValueOf(root, workspaceId, generation), checkValue)) continue;
      throw new Refusal(
        'WORKSPACE_DAMAGED',
        'The check value of the vault is damaged in the workspace file. Restore it from a backup.',
      );
    }
    workspace.transaction((tx) =>
      tx.raw.prepare('UPDATE vault_recipients SET checked_at = ? WHERE id = ?').run(clock(), recipient.id),
    );
    return { recipientId: recipient.id, roots };
  }
  throw new Refusal('WRONG_PASSPHRASE', 'That passphrase does not open the vault. Check it and try again.');
}

/**
 * Somebody who writes to the file could make a vault of his own and say that a passphrase opens it. Where the keychain
 * holds a root for this workspace, its way is the keychain, whatever the file says.
 */
async function refuseStolenWay(workspace: Workspace, keychain: Keychain | null): Promise<void> {
  if (!keychain || wayOf(workspace.db) !== 'passphrase') return;
  const signal = AbortSignal.timeout(KEYCHAIN_LOOK_MS);
  try {
    for (const { generation } of generationRows(workspace.db))
      if (await keychain.get(rootAccount(workspace.id, generation), signal))
        throw new Refusal(
          'VAULT_LOCKED',
          'The keychain holds the key of this workspace, but the workspace file says that a passphrase does: the file was edited. Restore it from a backup.',
          { state: 'mismatched' },
        );
  } catch (error) {
    if (isRefusal(error)) throw error; // Anything else: no keychain that answers, the usual case of this way.
  }
}
