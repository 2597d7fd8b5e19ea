import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import type { Secret } from '../secret.ts';
import { type Argon2Parameters, renewSeal } from '../vault/index.ts';
import type { Attempts } from './attempts.ts';
import { notSignedIn } from './authentication.ts';
import { type LiveSession, type LiveSessions, STEP_UP_MS } from './live.ts';
import { normaliseMailKey } from './mail-key.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { endSessionsOf, userByNo } from './rows.ts';

export function wrongPassword(triesLeft: number): Refusal {
  const left = triesLeft === 1 ? 'One try is left' : `${triesLeft} tries are left`;
  const sentence = triesLeft > 0 ? `${left} before a pause.` : 'No try is left: the next one is taken after a pause.';
  return new Refusal('WRONG_PASSWORD', `The password is wrong. ${sentence}`, { triesLeft });
}

export interface OwnPassword {
  stepUp(live: LiveSession, actor: Actor, password: Secret): Promise<number>;
  change(live: LiveSession, actor: Actor, current: Secret, next: Secret): Promise<number>;
}

/** What a signed-in administrator does with their own password. Tries count as those at the sign-in screen do. */
export function openOwnPassword(
  ground: Ground,
  lives: LiveSessions,
  attempts: Attempts,
  argon2: Argon2Parameters,
): OwnPassword {
  const { workspace, vault, audit, clock } = ground;

  /** Goes on with the hash that the password fits. */
  function verified<Result>(
    live: LiveSession,
    password: Secret,
    goOn: (hash: string, subject: Buffer) => Promise<Result>,
  ): Promise<Result> {
    const user = userByNo(workspace.db, live.userNo);
    if (!user) throw notSignedIn('account_closed');
    const subject = attempts.subjectOf('mail', normaliseMailKey(user.mail));
    return attempts.inTurn(subject, async () => {
      const triesLeft = attempts.begin(subject);
      if (!(await verifyPassword(user.passwordHash, password))) throw wrongPassword(triesLeft);
      return goOn(user.passwordHash, subject);
    });
  }

  return {
    stepUp: async (live, actor, password) =>
      await verified(live, password, async (_hash, subject) => {
        const until = clock() + STEP_UP_MS;
        workspace.transaction((tx) => {
          attempts.succeed(subject);
          audit.append(tx, { actor, event: 'admin.stepped_up', target: { kind: 'session', id: live.id } });
        });
        live.steppedUpUntil = until;
        return until;
      }),

    change: async (live, actor, current, next) =>
      await verified(live, current, async (hash, subject) => {
        if (await verifyPassword(hash, next)) {
          workspace.transaction(() => attempts.succeed(subject));
          throw new Refusal(
            'PASSWORD_UNCHANGED',
            'The new password is the old one: nothing was changed. Choose another.',
          );
        }
        const nextHash = await hashPassword(next, argon2);
        const unlocked = await vault.ready();
        const changedAt = workspace.transaction((tx) => {
          attempts.succeed(subject);
          const { changes } = tx.raw
            .prepare(
              `UPDATE users SET password_hash = ?, password_must_change = 0, version = version + 1
               WHERE no = ? AND password_hash = ? AND status = 'active'`,
            )
            .run(nextHash, live.userNo, hash);
          if (changes === 0) throw notSignedIn('password_changed');
          audit.append(tx, {
            actor,
            event: 'admin.password_changed',
            target: { kind: 'user', id: live.userId },
            sealed: renewSeal(tx, unlocked, 'users', live.userId),
          });
          endSessionsOf(tx, audit, live.userNo, actor, 'password_changed', live.id);
          return clock();
        });
        lives.removeOthers(live.userNo, live.id);
        return changedAt;
      }),
  };
}
