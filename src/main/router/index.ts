import { aiRouter } from './ai.ts';
import { auditRouter } from './audit.ts';
import { connectionsRouter } from './connections.ts';
import { deletionsRouter } from './deletions.ts';
import { quotasRouter } from './quotas.ts';
import { sessionRouter } from './session.ts';
import { settingsRouter } from './settings.ts';
import { storageRouter } from './storage.ts';
import { usersRouter } from './users.ts';
import { vaultRouter } from './vault.ts';

/** The contract, implemented. Handlers find the domains on the connection that calls. */
export const router = {
  session: sessionRouter,
  vault: vaultRouter,
  users: usersRouter,
  quotas: quotasRouter,
  ai: aiRouter,
  connections: connectionsRouter,
  storage: storageRouter,
  deletions: deletionsRouter,
  audit: auditRouter,
  settings: settingsRouter,
};

export { beforeSignIn } from './acts.ts';
export type { CallContext, Connection } from './context.ts';
export type { Domains } from './domains.ts';
