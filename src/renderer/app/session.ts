import { type ClientLink, createORPCClient } from '@orpc/client';
import type { ConsoleClient } from '../../contract/index.ts';

type NoContext = Record<never, never>;

/** Where the session's token is kept while a tab or window lives: over a reload, and no longer. */
export interface TokenShelf {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

const SESSION_TOKEN = 'quartermaster.session';

export interface SessionStore {
  /** Keeps the token that sign-in or set-up has answered. */
  keep(token: string): void;
  forget(): void;
  /** Whether there is a session to be taken up: the screens come next, unless it has ended. */
  isKept(): boolean;
  /** Takes the session up on a new line. Once for each line, however many wait for it. */
  takeUp(link: ClientLink<NoContext>): Promise<void>;
}

/**
 * The one place that knows the session's token (X5). A refusal that comes late, to a token that has been replaced since,
 * does not touch the new one; and a line that breaks while it is asked keeps the token for the next.
 */
export function openSessionStore(shelf: TokenShelf): SessionStore {
  return {
    keep: (token) => shelf.setItem(SESSION_TOKEN, token),
    forget: () => shelf.removeItem(SESSION_TOKEN),
    isKept: () => shelf.getItem(SESSION_TOKEN) !== null,
    async takeUp(link) {
      const token = shelf.getItem(SESSION_TOKEN);
      if (!token) return;
      const client: ConsoleClient = createORPCClient(link);
      const { signedIn } = await client.session.restore({ token });
      if (!signedIn && shelf.getItem(SESSION_TOKEN) === token) shelf.removeItem(SESSION_TOKEN);
    },
  };
}
