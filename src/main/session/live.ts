import type { Clock } from '../ground.ts';

export const IDLE_MS = 15 * 60_000;
export const LONGEST_MS = 12 * 60 * 60_000;
export const STEP_UP_MS = 5 * 60_000;

/** A session as this process knows it. What lasts is in its row; what a restart may forget is here. */
export interface LiveSession {
  readonly id: string;
  readonly userNo: number;
  readonly userId: string;
  readonly expiresAt: number;
  /** False for one that began while the vault was locked: it has no row. */
  readonly hasRow: boolean;
  /** SHA-256 of the token, in hexadecimal. */
  readonly tokenHash: string;
  /** The hash that the password was checked against; for a session without a row, which saw it unsealed. */
  readonly passwordHash: string;
  lastSeenAt: number;
  steppedUpUntil: number | null;
}

export interface LiveSessions {
  add(session: LiveSession): void;
  get(id: string): LiveSession | undefined;
  byToken(tokenHash: string): LiveSession | undefined;
  remove(id: string): void;
  /** All of one user's but one. */
  removeOthers(userNo: number, keep: string): void;
  /** Why the session has ended by now, or null. */
  lapse(session: LiveSession): 'idle' | 'expired' | null;
  /** Whether a session ended here: its row may still stand where the disk was full. */
  hasEnded(id: string): boolean;
}

export function openLiveSessions(clock: Clock): LiveSessions {
  const sessions = new Map<string, LiveSession>();
  const ended = new Set<string>();
  function remove(id: string): void {
    sessions.delete(id);
    ended.add(id);
  }
  return {
    add: (session) => void sessions.set(session.id, session),
    get: (id) => sessions.get(id),
    byToken: (tokenHash) => [...sessions.values()].find((session) => session.tokenHash === tokenHash),
    remove,
    removeOthers(userNo, keep) {
      for (const session of [...sessions.values()])
        if (session.userNo === userNo && session.id !== keep) remove(session.id);
    },
    lapse(session) {
      const now = clock();
      if (now >= session.expiresAt) return 'expired';
      return now - session.lastSeenAt >= IDLE_MS ? 'idle' : null;
    },
    hasEnded: (id) => ended.has(id),
  };
}
