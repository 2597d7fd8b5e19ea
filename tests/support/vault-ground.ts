import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { type Audit, openAudit } from '../../src/main/audit/index.ts';
import { openWorkspace, type Workspace } from '../../src/main/database/index.ts';
import type { Ground, Origin } from '../../src/main/ground.ts';
import type { Secret } from '../../src/main/secret.ts';
import {
  type Argon2Parameters,
  type Keychain,
  openVault,
  type UnlockedVault,
  type Vault,
} from '../../src/main/vault/index.ts';
import { type TestClock, testClock } from './clock.ts';
import { FakeKeychain } from './fake-keychain.ts';

/** Argon2id at its cheapest: what is tested is not how long it takes. */
export const CHEAP: Argon2Parameters = { memoryKiB: 8, passes: 1, lanes: 1 };

export const ORIGIN: Origin = { machine: 'test', osAccount: 'tester', networkAddress: null, host: 'qm' };

/** A real workspace with vault and log, for tests of what stands directly on them. */
export interface VaultGround<Chain extends Keychain | null = FakeKeychain> {
  readonly dir: string;
  readonly ground: Ground;
  readonly workspace: Workspace;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly keychain: Chain;
  readonly clock: TestClock;
  /** Closes and opens again on the same files, as a new start of the console would. */
  reopen(keychain?: Keychain | null): Promise<VaultGround<Chain>>;
  dispose(): Promise<void>;
}

interface Overrides<Chain> {
  readonly keychain: Chain;
  readonly dir?: string;
  readonly clock?: TestClock;
}

export async function openVaultGround(): Promise<VaultGround<FakeKeychain>>;
export async function openVaultGround<Chain extends Keychain | null>(
  overrides: Overrides<Chain>,
): Promise<VaultGround<Chain>>;
export async function openVaultGround(
  overrides: Overrides<Keychain | null> = { keychain: new FakeKeychain() },
): Promise<VaultGround<Keychain | null>> {
  const { keychain, dir = mkdtempSync(join(tmpdir(), 'qm-vault-')), clock = testClock() } = overrides;
  const newId = () => v7();
  const { workspace } = openWorkspace({ dir, create: true, clock, newId });
  const vault = openVault({ workspace, keychain, clock, randomBytes, newId, argon2: CHEAP });
  const audit = await openAudit({ workspace, vault, clock, newId, randomBytes, origin: ORIGIN, log: () => {} });
  const ground: Ground = { workspace, vault, audit, clock, newId, randomBytes, origin: ORIGIN, log: () => {} };
  async function close() {
    await audit.close();
    vault.close();
    workspace.close();
  }
  return {
    dir,
    ground,
    workspace,
    vault,
    audit,
    keychain,
    clock,
    async reopen(other = keychain) {
      await close();
      return openVaultGround({ keychain: other, dir, clock });
    },
    async dispose() {
      await close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Makes the vault and writes it, with the entries that set-up would write. */
export async function setUpVault(
  { ground }: { ground: Ground },
  passphrase: Secret | null = null,
): Promise<UnlockedVault> {
  const made = await ground.vault.create(passphrase);
  ground.workspace.transaction((tx) => {
    for (const sealed of ground.vault.record(tx, ground.clock()))
      ground.audit.append(tx, {
        actor: { kind: 'anonymous', origin: ORIGIN },
        event: 'console.workspace_created',
        target: null,
        sealed,
      });
  });
  return made;
}
