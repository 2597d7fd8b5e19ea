import { createHash } from 'node:crypto';
import type { Clock, RandomBytes } from '../../ground.ts';

const TOKEN_BYTES = 32;
export const ONE_TIME_LIFE_MS = 5 * 60_000;
const TAB_LIFE_MS = 24 * 60 * 60_000;
const MAX_TABS = 64;
const MAX_FAILURES = 20;
const FAILURE_WINDOW_MS = 60_000;

/**
 * Who may speak to the console over a socket. A one-time token, which comes out of a 0600 file or off the administrator's
 * terminal, admits one tab; the tab gets a token of its own, with which it comes back after a reload. Only hashes are kept, in memory.
 */
export interface Tokens {
  /** A new one-time token: 256 bits, valid once and for five minutes. */
  issue(): string;
  /** Voids a one-time token that nobody will use any more. */
  withdraw(token: string): void;
  /** Trades a token for the tab's own. */
  admit(token: string): Admission;
}

export type Admission =
  | { readonly ok: true; readonly tabToken: string; readonly wasOneTime: boolean }
  /** `throttled`: after twenty wrong tokens in a minute no token is looked at until the minute is over. */
  | { readonly ok: false; readonly reason: 'unknown' | 'throttled' };

export function openTokens({ clock, randomBytes }: { clock: Clock; randomBytes: RandomBytes }): Tokens {
  const oneTime = new Map<string, { readonly validUntil: number }>();
  const tabs = new Map<string, { readonly validUntil: number }>();
  let failures: number[] = [];

  const make = () => Buffer.from(randomBytes(TOKEN_BYTES)).toString('base64url');
  const prune = (tokens: Map<string, { readonly validUntil: number }>, now: number) => {
    for (const [hash, { validUntil }] of tokens) if (validUntil <= now) tokens.delete(hash);
  };
  const keepTab = (hash: string, now: number) => {
    tabs.delete(hash); // A map keeps the order of insertion, so the first is the one that was used longest ago.
    tabs.set(hash, { validUntil: now + TAB_LIFE_MS });
    for (const oldest of tabs.keys()) {
      if (tabs.size <= MAX_TABS) break;
      tabs.delete(oldest);
    }
  };

  return {
    issue() {
      const now = clock();
      prune(oneTime, now);
      const token = make();
      oneTime.set(hashOf(token), { validUntil: now + ONE_TIME_LIFE_MS });
      return token;
    },
    withdraw(token) {
      oneTime.delete(hashOf(token));
    },
    admit(token) {
      const now = clock();
      failures = failures.filter((time) => now - time < FAILURE_WINDOW_MS);
      if (failures.length >= MAX_FAILURES) return { ok: false, reason: 'throttled' };
      prune(oneTime, now);
      prune(tabs, now);
      // Looked up by hash, so that no comparison's duration tells how much of a guess was right.
      const hash = hashOf(token);
      if (oneTime.delete(hash)) {
        const tabToken = make();
        keepTab(hashOf(tabToken), now);
        return { ok: true, tabToken, wasOneTime: true };
      }
      if (tabs.has(hash)) {
        keepTab(hash, now);
        return { ok: true, tabToken: token, wasOneTime: false };
      }
      failures.push(now);
      return { ok: false, reason: 'unknown' };
    },
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
