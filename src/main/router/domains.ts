import type { Ai } from '../ai/index.ts';
import type { Connections } from '../connections/index.ts';
import type { Deletions } from '../deletion/index.ts';
import type { Ground } from '../ground.ts';
import type { Quotas } from '../quotas/index.ts';
import type { Requests } from '../requests/index.ts';
import type { Session } from '../session/index.ts';
import type { Settings } from '../settings/index.ts';
import type { Storage } from '../storage/index.ts';
import type { Users } from '../users/index.ts';

/** Everything that the router calls. */
export interface Domains {
  readonly ground: Ground;
  readonly requests: Requests;
  readonly session: Session;
  readonly users: Users;
  readonly quotas: Quotas;
  readonly ai: Ai;
  readonly settings: Settings;
  readonly storage: Storage;
  readonly connections: Connections;
  readonly deletions: Deletions;
}
