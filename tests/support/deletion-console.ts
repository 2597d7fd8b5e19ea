import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { openAudit } from '../../src/main/audit/index.ts';
import { type Connections, openConnections } from '../../src/main/connections/index.ts';
import { openWorkspace } from '../../src/main/database/index.ts';
import { type Deletions, openDeletions, type Patience, type Step } from '../../src/main/deletion/index.ts';
import type { Ground, Origin } from '../../src/main/ground.ts';
import { Secret } from '../../src/main/secret.ts';
import { endSessionsOf, normaliseMailKey, requireAnotherActiveOwner } from '../../src/main/session/index.ts';
import { openStorage, type Storage } from '../../src/main/storage/index.ts';
import { findUser } from '../../src/main/users/index.ts';
import { type Keychain, openVault } from '../../src/main/vault/index.ts';

const ORIGIN: Origin = { machine: 'test', osAccount: 'tester', networkAddress: null, host: 'qm' };

export interface DeletionConsole {
  readonly ground: Ground;
  readonly connections: Connections;
  readonly storage: Storage;
  readonly deletions: Deletions;
  close(): Promise<void>;
}

/**
 * The real domains that a deletion needs, put together as the console does it, with what a test of faults has to reach
 * besides: the places where a process may die, and shorter waits. The vault opens with a passphrase, or by a keychain.
 */
export async function openDeletionConsole(options: {
  readonly workspaceDir: string;
  readonly keychain?: Keychain | null;
  readonly passphrase?: string;
  readonly motor: boolean;
  readonly patience?: Partial<Patience>;
  readonly onStep?: (step: Step) => void;
  readonly log?: (line: string) => void;
  /** Called before the deletions are opened: the vault of a new workspace is made here. */
  readonly prepare?: (ground: Ground) => Promise<void>;
}): Promise<DeletionConsole> {
  const clock = Date.now;
  const newId = () => v7();
  const log: Ground['log'] = (event, facts) => options.log?.(JSON.stringify({ event, ...facts }));
  const { workspace } = openWorkspace({ dir: options.workspaceDir, create: true, clock, newId });
  const argon2 = { memoryKiB: 8, passes: 1, lanes: 1 };
  const vault = openVault({ workspace, keychain: options.keychain ?? null, clock, randomBytes, newId, argon2 });
  const audit = await openAudit({ workspace, vault, clock, newId, randomBytes, origin: ORIGIN, log });
  const ground: Ground = { workspace, vault, audit, clock, newId, randomBytes, origin: ORIGIN, log };
  await options.prepare?.(ground);
  if (options.passphrase !== undefined && !(await vault.readyOrNull()))
    await vault.unlock(new Secret(options.passphrase));
  const connections = openConnections(ground);
  const storage = openStorage(ground, { connections });
  const deletions = openDeletions(ground, {
    targetsOf: (db, user) => [...connections.connectionTargets(db, user.no), ...storage.ownStoreTargets(db, user)],
    purgeConnections: connections.purgeConnections,
    sharedWith: connections.sharedWith,
    sharesGrant: connections.sharesGrant,
    requireAnotherActiveOwner,
    mailKeyOf: normaliseMailKey,
    userNoOf: (db, ref) => findUser(db, ref).no,
    endSessions: (tx, userNo, actor) => endSessionsOf(tx, audit, userNo, actor, 'account_closed'),
    motor: options.motor,
    ...(options.patience ? { patience: options.patience } : {}),
    ...(options.onStep ? { onStep: options.onStep } : {}),
  });
  return {
    ground,
    connections,
    storage,
    deletions,
    async close() {
      await deletions.close();
      await storage.close();
      await audit.close();
      vault.close();
      workspace.close();
    },
  };
}
