import type { z } from 'zod';
import type { SessionState, SignedIn } from '../../contract/session.ts';
import type { Tx } from '../database/index.ts';
import type { Actor, Origin } from '../ground.ts';
import type { Secret } from '../secret.ts';
import type { VaultCondition } from '../vault/index.ts';

/** A client's line to the console, as far as sessions are concerned: what is signed in on it stands here. */
export interface Line {
  sessionId: string | null;
  readonly origin: Origin;
}

/** Who is signed in on a line, checked just now. */
export interface ActiveSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly userNo: number;
  readonly mail: string;
  readonly name: string;
  /** Only the own password can be changed until this is done. */
  readonly passwordMustChange: boolean;
  /** True while seals cannot be checked: everything can be read, nothing can be changed. */
  readonly readOnly: boolean;
  /** Milliseconds UTC until when acts that ask for the password again go through; null where it was not asked. */
  readonly steppedUpUntil: number | null;
}

export type SignedInAnswer = z.output<typeof SignedIn>;
export type SessionStateAnswer = z.output<typeof SessionState>;

export interface SetUp {
  readonly workspaceName: string;
  readonly mail: string;
  readonly name: string;
  readonly password: string;
  readonly passphrase?: string | undefined;
}

/** Why sessions end without their administrator asking for it; stands in the audit entry. */
export type EndReason = 'idle' | 'expired' | 'replaced' | 'password_changed' | 'account_closed';

/** Who is signed in, and the way there. Every refusal comes with a sentence; every act leaves its audit entry. */
export interface Session {
  /** What a host shows first. Never refuses, and is no activity. */
  state(line: Line): Promise<SessionStateAnswer>;
  /** First start. Refuses with ALREADY_SET_UP ever after, and with KEYCHAIN_UNAVAILABLE. Signs the administrator in. */
  setUp(line: Line, input: SetUp): Promise<{ userId: string; token: string; auditKey: string }>;
  signIn(line: Line, input: { mail: string; password: string }): Promise<{ token: string; signedIn: SignedInAnswer }>;
  /** Takes a session up again by its token. Harmless to repeat; an unknown token changes nothing. */
  restore(line: Line, token: string): Promise<{ signedIn: SignedInAnswer | null }>;
  signOut(line: Line, actor: Actor): Promise<void>;
  /** The password again; holds for five minutes. */
  stepUp(line: Line, actor: Actor, password: string): Promise<{ steppedUpUntil: string }>;
  changePassword(line: Line, actor: Actor, input: { current: string; next: string }): Promise<{ changedAt: string }>;
  /** Opens a vault that has a passphrase; rate limited as sign-in is. */
  unlockVault(line: Line, passphrase: Secret): Promise<VaultCondition>;
  /**
   * The session of a line, checked: not ended, idle for less than 15 minutes, its administrator still active, seals
   * whole. Refuses with NOT_SIGNED_IN, NOT_ADMINISTRATOR or SEAL_BROKEN. Counts as activity.
   */
  authenticate(line: Line): Promise<ActiveSession>;
  /** Ends all sessions of a user, in the act's own transaction, before the user row changes. */
  endSessions(tx: Tx, userNo: number, actor?: Actor): void;
}
