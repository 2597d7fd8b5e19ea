import { createHash } from 'node:crypto';
import type { Workspace } from '../database/index.ts';
import type { Clock } from '../ground.ts';
import { Refusal } from '../refusal.ts';

const TRIES = 5;
const FIRST_LOCKOUT_MS = 15 * 60_000;
/** Doubling ends here: longer would only serve whoever wants to keep an administrator out. */
const LONGEST_LOCKOUT_MS = 24 * 60 * 60_000;
/** A subject with no try for this long starts from nothing again. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60_000;

interface Row {
  readonly failures: number;
  readonly lockouts: number;
  readonly locked_until: number | null;
  readonly last_at: number;
}

/** Tries at a password or passphrase, counted in the workspace, so that a restart forgets none. */
export interface Attempts {
  /** A hash, so that no mail address that is nobody's stands in the file. */
  subjectOf(kind: 'mail' | 'vault', name: string): Buffer;
  /**
   * Counts a try before it is looked at, so that neither many at once nor a killed process get one for free. Answers how
   * many are left after this one; refuses with TOO_MANY_TRIES, however right the password would be.
   */
  begin(subject: Buffer): number;
  /** The try was right: nothing is held against the subject any more. */
  succeed(subject: Buffer): void;
  /**
   * One try after the other for each subject, each from `begin` to its end: of many right ones at once, as several commands
   * of one administrator make them, none is taken for a wrong one while the others are still being looked at.
   */
  inTurn<Result>(subject: Buffer, tryOnce: () => Promise<Result>): Promise<Result>;
}

export function openAttempts(workspace: Workspace, clock: Clock): Attempts {
  const { raw } = workspace.db;
  const read = raw.prepare<[Buffer], Row>(
    'SELECT failures, lockouts, locked_until, last_at FROM sign_in_attempts WHERE subject = ?',
  );
  const write = raw.prepare(
    `INSERT INTO sign_in_attempts (subject, failures, lockouts, locked_until, last_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, lockouts = excluded.lockouts,
       locked_until = excluded.locked_until, last_at = excluded.last_at`,
  );
  const remove = raw.prepare('DELETE FROM sign_in_attempts WHERE subject = ?');
  const forget = raw.prepare('DELETE FROM sign_in_attempts WHERE last_at < ? AND coalesce(locked_until, 0) < ?');
  const turns = new Map<string, Promise<unknown>>();

  return {
    subjectOf: (kind, name) => createHash('sha256').update(`${workspace.id}\0${kind}\0${name}`).digest(),

    begin(subject) {
      return workspace.transaction(() => {
        const now = clock();
        forget.run(now - FORGOTTEN_AFTER_MS, now);
        const {
          failures,
          lockouts,
          locked_until: until,
        } = read.get(subject) ?? { failures: 0, lockouts: 0, locked_until: null };
        if (until !== null && now < until) throw tooManyTries(until);
        const tried = failures + 1;
        if (tried < TRIES) {
          write.run(subject, tried, lockouts, null, now);
          return TRIES - tried;
        }
        const lockedUntil = now + Math.min(LONGEST_LOCKOUT_MS, FIRST_LOCKOUT_MS * 2 ** lockouts);
        write.run(subject, 0, lockouts + 1, lockedUntil, now);
        return 0;
      });
    },

    succeed(subject) {
      remove.run(subject);
    },

    async inTurn(subject, tryOnce) {
      const key = subject.toString('hex');
      const before = turns.get(key);
      const turn = before ? before.then(tryOnce) : tryOnce();
      const settled = turn.catch(() => {});
      turns.set(key, settled);
      try {
        return await turn;
      } finally {
        if (turns.get(key) === settled) turns.delete(key);
      }
    },
  };
}

function tooManyTries(until: number): Refusal {
  const retryAt = new Date(until).toISOString();
  return new Refusal(
    'TOO_MANY_TRIES',
    `Too many tries were wrong. The next one is taken at ${retryAt}, and not before.`,
    { retryAt },
  );
}
