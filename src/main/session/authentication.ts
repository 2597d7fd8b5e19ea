import type { Actor, Ground, Origin } from '../ground.ts';
import { isRefusal, Refusal } from '../refusal.ts';
import {
  checkSeal,
  isSealed,
  recordBrokenSeal,
  requireSeal,
  type SealedTable,
  type UnlockedVault,
} from '../vault/index.ts';
import type { LiveSession, LiveSessions } from './live.ts';
import { type AdministratorRow, hasSessionRow, removeSession, userByNo } from './rows.ts';
import type { ActiveSession, EndReason } from './session.ts';

const SENTENCES: Record<EndReason | 'none', string> = {
  none: 'Nobody is signed in here. Sign in first.',
  idle: 'The session ended after 15 minutes without use. Sign in again.',
  expired: 'The session ended: it was 12 hours old. Sign in again.',
  replaced: 'The session ended when somebody signed in anew. Sign in again.',
  password_changed: 'The session ended because the password was changed. Sign in again.',
  account_closed: 'The session ended: this account is no longer active. Another administrator can reactivate it.',
};

export function notSignedIn(reason: EndReason | 'none'): Refusal {
  return new Refusal('NOT_SIGNED_IN', SENTENCES[reason]);
}

export interface Authentication {
  /** The session as it is now, or a refusal that says why it is none any more. Is no activity by itself. */
  examine(live: LiveSession, origin: Origin): Promise<ActiveSession>;
  /** Refuses with SEAL_BROKEN unless the row's seal holds, and has it in the log. */
  requireWholeSeal(vault: UnlockedVault, table: SealedTable, rowId: string, origin: Origin): void;
  /**
   * The same for an administrator's row, but false where the row is one that the console wrote and only the log could say
   * whether it is the newest, while the log is tampered with: such a log stays readable, so its administrators get in,
   * and change nothing.
   */
  requireWholeUser(vault: UnlockedVault, userId: string, origin: Origin): boolean;
  /** Ends a session, here and in its row. */
  end(live: LiveSession, reason: EndReason, origin: Origin): void;
}

export function openAuthentication(ground: Ground, lives: LiveSessions): Authentication {
  const { workspace, vault, audit } = ground;
  const { db } = workspace;
  /** Moves with every change of the file, whoever made it. */
  const changeMark = db.raw
    .prepare<[], string>("SELECT data_version || ' ' || total_changes() FROM pragma_data_version")
    .pluck();
  /** The state of the file in which a session's seals were last seen whole, and by which keys. */
  const seenWhole = new WeakMap<LiveSession, { readonly mark: string; readonly by: UnlockedVault }>();

  function requireWholeSeal(unlocked: UnlockedVault, table: SealedTable, rowId: string, origin: Origin): void {
    try {
      requireSeal(db, unlocked, audit, table, rowId);
    } catch (error) {
      if (isRefusal(error, 'SEAL_BROKEN')) {
        const actor: Actor = { kind: 'console', onBehalfOf: null, origin };
        unlessItFails('seal_not_recorded', () => recordBrokenSeal(ground, actor, table, rowId));
      }
      throw error;
    }
  }

  function requireWholeUser(unlocked: UnlockedVault, userId: string, origin: Origin): boolean {
    if (checkSeal(db, unlocked, audit, 'users', userId) === 'holds') return true;
    if (audit.state() === 'tampered' && isSealed(db, unlocked, 'users', userId)) return false;
    requireWholeSeal(unlocked, 'users', userId, origin);
    return true;
  }

  /** What is owed to the log, but must not stand before the refusal itself: a full disk is the likely reason. */
  function unlessItFails(event: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      ground.log(event, { error: error instanceof Error ? error.message : 'unknown' });
    }
  }

  function end(live: LiveSession, reason: EndReason, origin: Origin): void {
    lives.remove(live.id);
    const actor: Actor = { kind: 'console', onBehalfOf: live.userId, origin };
    unlessItFails('session_not_removed', () =>
      workspace.transaction((tx) => removeSession(tx, audit, live.id, actor, reason)),
    );
  }

  function requireAdministrator(live: LiveSession, origin: Origin): AdministratorRow {
    const user = userByNo(db, live.userNo);
    if (user?.id !== live.userId || user.status !== 'active') {
      end(live, 'account_closed', origin);
      throw notSignedIn('account_closed');
    }
    if (user.role === 'owner') return user;
    end(live, 'account_closed', origin);
    throw new Refusal('NOT_ADMINISTRATOR', 'This account is no administrator any more, so its session has ended.');
  }

  /** False where the session may only read, because nothing can vouch for its administrator's row. */
  function requireWhole(live: LiveSession, user: AdministratorRow, unlocked: UnlockedVault, origin: Origin): boolean {
    const mark = changeMark.get() ?? '';
    const seen = seenWhole.get(live);
    if (seen?.mark === mark && seen.by === unlocked) return true;
    const isVouchedFor = requireWholeUser(unlocked, user.id, origin);
    if (live.hasRow) requireWholeSeal(unlocked, 'sessions', live.id, origin);
    else if (user.passwordHash !== live.passwordHash) {
      // Signed in while the vault was locked, against a hash that the seal now shows to have been another.
      end(live, 'password_changed', origin);
      throw notSignedIn('password_changed');
    }
    if (isVouchedFor) seenWhole.set(live, { mark, by: unlocked });
    return isVouchedFor;
  }

  return {
    requireWholeSeal,
    requireWholeUser,
    end,
    async examine(live, origin) {
      const unlocked = await vault.readyOrNull();
      if (lives.hasEnded(live.id)) throw notSignedIn('none');
      const lapse = lives.lapse(live);
      if (lapse) throw notSignedIn(lapse);
      if (live.hasRow && !hasSessionRow(db, live.id)) {
        lives.remove(live.id);
        throw notSignedIn('account_closed');
      }
      const user = requireAdministrator(live, origin);
      const isVouchedFor = unlocked !== null && requireWhole(live, user, unlocked, origin);
      return {
        sessionId: live.id,
        userId: user.id,
        userNo: user.no,
        mail: user.mail,
        name: user.name,
        passwordMustChange: user.passwordMustChange === 1,
        readOnly: !isVouchedFor,
        steppedUpUntil: live.steppedUpUntil,
      };
    },
  };
}
