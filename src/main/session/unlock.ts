import type { Actor, Ground } from '../ground.ts';
import { isRefusal } from '../refusal.ts';
import type { Secret } from '../secret.ts';
import type { VaultCondition } from '../vault/index.ts';
import type { Attempts } from './attempts.ts';
import type { Authentication } from './authentication.ts';

/**
 * Opens the vault with its passphrase, for as long as the console runs: rate limited, logged, and only by a row whose
 * seal holds, so that a passphrase that was replaced does not come back with its old row.
 */
export function unlockVault(
  ground: Ground,
  attempts: Attempts,
  authentication: Authentication,
  actor: Actor,
  passphrase: Secret,
): Promise<VaultCondition> {
  const subject = attempts.subjectOf('vault', 'passphrase');
  return attempts.inTurn(subject, () => unlock(ground, attempts, authentication, actor, passphrase, subject));
}

async function unlock(
  ground: Ground,
  attempts: Attempts,
  authentication: Authentication,
  actor: Actor,
  passphrase: Secret,
  subject: Buffer,
): Promise<VaultCondition> {
  const { workspace, vault, audit } = ground;
  try {
    attempts.begin(subject);
    const { condition, recipientId } = await vault.unlock(passphrase);
    try {
      authentication.requireWholeSeal(await vault.ready(), 'vault_recipients', recipientId, actor.origin);
    } catch (error) {
      vault.lock();
      throw error;
    }
    workspace.transaction((tx) => {
      attempts.succeed(subject);
      audit.append(tx, {
        actor,
        event: 'console.vault_unlocked',
        target: { kind: 'vault_recipient', id: recipientId },
      });
    });
    return condition;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    workspace.transaction((tx) => {
      // Where there was nothing to guess at, nothing is held against whoever comes next.
      if (error.code !== 'WRONG_PASSPHRASE' && error.code !== 'TOO_MANY_TRIES') attempts.succeed(subject);
      audit.append(tx, {
        actor,
        event: 'console.vault_unlock_refused',
        target: null,
        outcome: 'refused',
        metadata: { code: error.code },
      });
    });
    throw error;
  }
}
