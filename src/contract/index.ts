import type { ContractRouterClient } from '@orpc/contract';
import { aiContract } from './ai.ts';
import { auditContract } from './audit.ts';
import { connectionsContract } from './connections.ts';
import { deletionsContract } from './deletions.ts';
import { quotasContract } from './quotas.ts';
import { sessionContract } from './session.ts';
import { settingsContract } from './settings.ts';
import { storageContract } from './storage.ts';
import { usersContract } from './users.ts';
import { vaultContract } from './vault.ts';

/** Everything that crosses the bridge. Procedures are named `group.verb`. */
export const contract = {
  session: sessionContract,
  vault: vaultContract,
  users: usersContract,
  quotas: quotasContract,
  ai: aiContract,
  connections: connectionsContract,
  storage: storageContract,
  deletions: deletionsContract,
  audit: auditContract,
  settings: settingsContract,
};

export type ConsoleContract = typeof contract;
/** The typed client that every face uses: page, command line and tests alike. */
export type ConsoleClient = ContractRouterClient<ConsoleContract>;
