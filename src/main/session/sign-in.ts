import type { Actor, Ground } from '../ground.ts';
import { isRefusal, Refusal } from '../refusal.ts';
import type { Secret } from '../secret.ts';
import type { Argon2Parameters, UnlockedVault } from '../vault/index.ts';
import type { Attempts } from './attempts.ts';
import type { Authentication } from './authentication.ts';
import { beginSession, newToken } from './begin.ts';
import type { LiveSession } from './live.ts';
import { normaliseMailKey } from './mail-key.ts';
import { wrongPassword } from './own-password.ts';
import { unmatchableHash, verifyPassword } from './passwords.ts';
import { type AdministratorRow, userByMailKey } from './rows.ts';
import type { Line } from './session.ts';

export interface SignIn {
  /** Refuses with WRONG_PASSWORD, TOO_MANY_TRIES, ACCOUNT_INACTIVE, NOT_ADMINISTRATOR or SEAL_BROKEN; each is an entry. */
  signIn(line: Line, mail: string, password: Secret): Promise<{ live: LiveSession; token: string }>;
}

export function openSignIn(
  ground: Ground,
  attempts: Attempts,
  authentication: Authentication,
  argon2: Argon2Parameters,
): SignIn {
  const { workspace, vault, audit } = ground;
  const nobody = unmatchableHash(argon2);

  /** Somebody stands at the sign-in screen: a vault that was locked a moment ago may be open by now. */
  async function vaultNow(): Promise<UnlockedVault | null> {
    const unlocked = await vault.readyOrNull();
    if (unlocked) return unlocked;
    vault.askAgain();
    return vault.readyOrNull();
  }

  async function admit(line: Line, subject: Buffer, user: AdministratorRow | undefined, password: Secret) {
    const triesLeft = attempts.begin(subject);
    const fits = await verifyPassword(user?.passwordHash ?? nobody, password);
    if (!user || !fits) throw wrongPassword(triesLeft);
    // Only who knows the password learns more about the account.
    if (user.role !== 'owner')
      throw new Refusal(
        'NOT_ADMINISTRATOR',
        'This account has no administrative role, and the console is for administrators alone.',
      );
    if (user.status !== 'active')
      throw new Refusal('ACCOUNT_INACTIVE', 'This account is not active. Another administrator can reactivate it.');
    const unlocked = await vaultNow();
    if (unlocked) authentication.requireWholeUser(unlocked, user.id, line.origin);
    return { user, unlocked };
  }

  function recordRefused(line: Line, user: AdministratorRow | undefined, subject: Buffer, refusal: Refusal): void {
    const actor: Actor = { kind: 'anonymous', origin: line.origin };
    workspace.transaction((tx) => {
      // The password was right, so it was no guess.
      if (refusal.code !== 'WRONG_PASSWORD' && refusal.code !== 'TOO_MANY_TRIES') attempts.succeed(subject);
      audit.append(tx, {
        actor,
        event: 'admin.sign_in_refused',
        target: user ? { kind: 'user', id: user.id } : null,
        outcome: 'refused',
        metadata: { code: refusal.code },
      });
    });
  }

  async function signIn(line: Line, mailKey: string, subject: Buffer, password: Secret) {
    const known = userByMailKey(workspace.db, mailKey);
    try {
      const { user, unlocked } = await admit(line, subject, known, password);
      const token = newToken(ground);
      const live = workspace.transaction((tx) => {
        const now = userByMailKey(tx, mailKey);
        if (now?.passwordHash !== user.passwordHash || now.status !== 'active' || now.role !== 'owner')
          throw wrongPassword(0); // Changed while the password was being checked.
        attempts.succeed(subject);
        return beginSession(tx, ground, { line, user, token, vault: unlocked });
      });
      return { live, token };
    } catch (error) {
      if (isRefusal(error)) recordRefused(line, known, subject, error);
      throw error;
    }
  }

  return {
    signIn(line, mail, password) {
      const mailKey = normaliseMailKey(mail);
      const subject = attempts.subjectOf('mail', mailKey);
      return attempts.inTurn(subject, () => signIn(line, mailKey, subject, password));
    },
  };
}
