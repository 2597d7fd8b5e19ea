import type { Origin } from '../ground.ts';
import type { Domains } from './domains.ts';

/**
 * One client's line to the console: a page's port, a socket, or a command. The session that was signed in on it stands
 * here, never in what the client sends, so that nobody can name a session that is not theirs.
 */
export interface Connection {
  sessionId: string | null;
  readonly origin: Origin;
  readonly domains: Domains;
  /** Writes an unexpected error to the host's log and answers the id under which it stands there. */
  reportIncident(procedure: string, error: unknown): string;
}

export interface CallContext {
  readonly connection: Connection;
  /** Made by the client, and the same each time it sends the same call again: what was done under it is not done twice. */
  readonly requestId?: string;
}
