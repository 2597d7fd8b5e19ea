import { createRouterClient } from '@orpc/server';
import type { ConsoleClient } from '../contract/index.ts';
import { openAi } from './ai/index.ts';
import { openAudit } from './audit/index.ts';
import { openConnections, requireNoneMissing } from './connections/index.ts';
import { openWorkspace } from './database/index.ts';
import { openDeletions } from './deletion/index.ts';
import type { Clock, Ground, Log, NewId, Origin, RandomBytes } from './ground.ts';
import { openQuotas } from './quotas/index.ts';
import { openRequests, type Requests } from './requests/index.ts';
import { type Connection, type Domains, router } from './router/index.ts';
import type { Secret } from './secret.ts';
import { endSessionsOf, normaliseMailKey, openSession, requireAnotherActiveOwner } from './session/index.ts';
import { openSettings } from './settings/index.ts';
import { createFolderProfile, openStorage } from './storage/index.ts';
import { findUser, openUsers } from './users/index.ts';
import { type Keychain, openVault, runSelfTest } from './vault/index.ts';

export interface ConsoleOptions {
  readonly workspaceDir: string;
  /** Whether a workspace may be made where there is none. */
  readonly create: boolean;
  readonly origin: Origin;
  readonly keychain: Keychain | null;
  /** Opens a vault that has a passphrase at once; where it has none, nothing is done with it. */
  readonly passphrase?: Secret;
  /** Whether this console does the waiting work itself: deletions go on by themselves. */
  readonly motor: boolean;
  /** The built file of the reader thread, where lists and long reads go; without it they are done on this thread. */
  readonly readerThread?: string | null;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/** The console: one workspace behind one contract. Hosts are thin shells around it. */
export interface Console {
  readonly router: typeof router;
  /** A client's line; `origin` is where it comes from, as far as the host knows better than the console. */
  connect(origin?: Partial<Origin>): Connection;
  /** The contract's client in this process. Errors are masked as they are for every other client. */
  client(connection?: Connection, requestId?: string): ConsoleClient;
  /** From here on this console does the waiting work itself, if it did not do so before. */
  work(): void;
  /** Stops work where it can go on later, anchors the log, and closes the workspace. */
  close(): Promise<void>;
}

/** Opens the workspace and everything upon it. The caller owns the workspace already (`hosts/owner`). */
export async function openConsole(options: ConsoleOptions): Promise<Console> {
  await runSelfTest();
  const { clock, newId, randomBytes, origin, log } = options;
  const { workspaceDir: dir, create, readerThread = null } = options;
  const opened = openWorkspace({ dir, create, clock, newId, readerThread });
  const requests = openRequests(opened.workspace, { clock, randomBytes });
  const { workspace } = requests;
  try {
    const vault = await openVault({ workspace, keychain: options.keychain, clock, newId, randomBytes });
    const audit = await openAudit({ workspace, vault, clock, newId, randomBytes, origin, log });
    const ground: Ground = { workspace, vault, audit, clock, newId, randomBytes, origin, log };
    const domains = await openDomains(ground, requests, options);
    return consoleOn(domains);
  } catch (error) {
    await workspace.endReading();
    workspace.close();
    throw error;
  }
}

async function openDomains(ground: Ground, requests: Requests, options: ConsoleOptions): Promise<Domains> {
  const settings = openSettings(ground);
  const session = openSession(ground, {
    alongsideSetUp: (tx, vault, actor) => createFolderProfile(tx, ground, vault, actor),
  });
  // One that stands in the environment for several workspaces is not tried on a vault that has none.
  if (options.passphrase && (await ground.vault.status()).way === 'passphrase')
    await session.unlockVault({ sessionId: null, origin: ground.origin }, options.passphrase);
  const users = openUsers(ground);
  const quotas = openQuotas(ground, users.find);
  const ai = openAi(ground);
  const connections = openConnections(ground);
  const storage = openStorage(ground, { connections });
  const deletions = openDeletions(ground, {
    targetsOf: (db, user) => [...connections.connectionTargets(db, user.no), ...storage.ownStoreTargets(db, user)],
    purgeConnections: connections.purgeConnections,
    sharedWith: connections.sharedWith,
    sharesGrant: connections.sharesGrant,
    requireNoConnectionMissing: requireNoneMissing,
    requireAnotherActiveOwner,
    mailKeyOf: normaliseMailKey,
    userNoOf: (db, ref) => findUser(db, ref).no,
    endSessions: (tx, userNo, actor) => endSessionsOf(tx, ground.audit, userNo, actor, 'account_closed'),
    motor: options.motor,
  });
  return { ground, requests, session, users, quotas, ai, settings, storage, connections, deletions };
}

function consoleOn(domains: Domains): Console {
  const { ground } = domains;
  const connect = (origin?: Partial<Origin>): Connection => ({
    sessionId: null,
    origin: { ...ground.origin, ...origin },
    domains,
    reportIncident(procedure, error) {
      const incident = ground.newId();
      ground.log('incident', {
        incident,
        procedure,
        error: error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : 'unknown',
      });
      return incident;
    },
  });
  let closing: Promise<void> | undefined;
  return {
    router,
    connect,
    client: (connection = connect(), requestId) =>
      createRouterClient(router, { context: { connection, ...(requestId === undefined ? {} : { requestId }) } }),
    work: () => domains.deletions.work(),
    close() {
      closing ??= close(domains);
      return closing;
    },
  };
}

async function close({ ground, deletions, storage }: Domains): Promise<void> {
  await deletions.close();
  await storage.close();
  await ground.audit.close();
  ground.vault.close();
  await ground.workspace.endReading();
  ground.workspace.close();
}
