import type { Db, Tx } from '../database/index.ts';
import type { Actor } from '../ground.ts';
import type { DeletionTarget } from '../storage/index.ts';

/** Enough of a user to find the places that their documents lie in. */
export interface ScopedUser {
  readonly no: number;
  readonly id: string;
  readonly externalId: string | null;
  /** Sources that a deletion found something in: named also when nothing is on record there any more. */
  readonly knownSources?: readonly string[];
}

/** What became of one connection's grant at its provider. `still_in_use`: another connection uses the same. */
export interface Revocation {
  readonly connectionId: string;
  readonly provider: string;
  readonly outcome: 'revoked' | 'not_offered' | 'still_in_use' | 'failed';
}

export type DeletionStage =
  | 'closing'
  | 'clouds'
  | 'store'
  | 'verifying'
  | 'review'
  | 'revoking'
  | 'finishing'
  | 'certifying'
  | 'done'
  | 'cancelled';

/** A place in the run at which a process may die: tests stop it there. */
export interface Step {
  readonly stage: DeletionStage;
  readonly at: 'before_call' | 'after_call' | 'after_commit';
}

/** How long the run tries before it gives up or waits. Times in milliseconds. */
export interface Patience {
  /** Tries for one object, after which it is a leftover. */
  readonly objectTries: number;
  /** Before the second, third … try of an object. */
  readonly objectBackoffMs: readonly number[];
  /** Failures of whole calls in a row, after which the backend is down. */
  readonly downAfter: number;
  /** Before the second, third … of those calls. */
  readonly callBackoffMs: readonly number[];
  /** Before a waiting deletion is tried again by itself; the last one repeats. */
  readonly waitBackoffMs: readonly number[];
  /** After so long a wait it asks. */
  readonly askAfterMs: number;
}

export const usualPatience: Patience = {
  objectTries: 5,
  objectBackoffMs: [500, 2_000, 8_000, 30_000],
  downAfter: 3,
  callBackoffMs: [500, 2_000],
  waitBackoffMs: [5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 900_000],
  askAfterMs: 14 * 24 * 60 * 60_000,
};

/** What the deletion needs of the other domains, and how it is to work. */
export interface DeletionParts {
  /** Every place where documents of the user may lie: clouds first, then the platform's stores. */
  targetsOf(db: Db, user: ScopedUser): DeletionTarget[];
  /** Removes the user's connection rows and what is recorded of them; answers which they were. */
  purgeConnections(tx: Tx, userNo: number): readonly { readonly id: string; readonly provider: string }[];
  /** Ids of other users whose connection leads to the same cloud account. */
  sharedWith(db: Db, connectionId: string): readonly string[];
  /** Refuses with SEAL_BROKEN when a connection that the log knows of was taken out of the file. */
  requireNoConnectionMissing?(db: Db, userId: string): void;
  /** Refuses with SOLE_ADMIN unless another active owner remains without this one. */
  requireAnotherActiveOwner(db: Db, userNo: number): void;
  /** The form in which two mail addresses are the same. */
  mailKeyOf(mail: string): string;
  /** The user's number by mail address, id or external id. Refuses with NOT_FOUND. */
  userNoOf(db: Db, ref: string): number;
  /** Ends the user's sessions, before the user row changes or goes. */
  endSessions(tx: Tx, userNo: number, actor: Actor): void;
  /** Whether a connection of anybody else uses the same grant. Absent: never. */
  sharesGrant?(db: Db, connectionId: string, exceptUserNo: number): boolean;
  /** Gives back what the providers let one give back, before the connections go. Absent: no provider here offers it. */
  revoke?(userNo: number, signal: AbortSignal): Promise<readonly Revocation[]>;
  /** Whether unfinished deletions go on by themselves in this process. */
  readonly motor: boolean;
  readonly patience?: Partial<Patience>;
  /** For tests: called at each place where a process may die. What it throws ends the run as a crash would. */
  readonly onStep?: (step: Step) => void;
}
