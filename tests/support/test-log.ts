import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { v7 } from 'uuid';
import { type Append, type Audit, openAudit, type Pace } from '../../src/main/audit/index.ts';
import { openWorkspace, type Workspace } from '../../src/main/database/index.ts';
import type { Actor } from '../../src/main/ground.ts';
import { Secret } from '../../src/main/secret.ts';
import { openVault, type Vault } from '../../src/main/vault/index.ts';
import { FakeKeychain } from './fake-keychain.ts';
import { CHEAP, ORIGIN } from './vault-ground.ts';

export const root: Actor = { kind: 'administrator', id: '01936f00-0000-7000-8000-000000000001', origin: ORIGIN };

const PASSPHRASE = new Secret('a passphrase for tests');

/** What outlives a start of the console, apart from the workspace file. */
interface Surroundings {
  readonly dir: string;
  readonly keychain: FakeKeychain;
  /** Whether the vault is under a passphrase, so that nothing can be anchored. */
  readonly hasKeychain: boolean;
  readonly pace: Pace;
}

export interface TestLog {
  readonly dir: string;
  readonly file: string;
  readonly audit: Audit;
  readonly workspace: Workspace;
  /** The head that the keychain holds, if it holds one. */
  anchoredSize(): number | null;
  /** The keychain loses one of the log's items. */
  forget(item: 'anchor' | 'own/audit-seed'): void;
  /** Locks the keychain, or opens it again, as the user's session does. */
  setLocked(isLocked: boolean): void;
  /** Appends entries of a usual kind in one transaction; answers the last one's sequence. */
  append(count: number, entry?: Partial<Append>): number;
  close(): Promise<void>;
  /** Ends as SIGKILL would: nothing is anchored. */
  crash(): void;
  /** Closes, lets `damage` change the file as somebody with an editor would, and opens again. */
  reopen(damage?: (raw: Database.Database, file: string) => void): Promise<TestLog>;
  dispose(): Promise<void>;
}

/** A log in a workspace with a real vault on a keychain in memory. Checkpoints come by themselves only at the pace given. */
export async function openTestLog(from: Partial<Surroundings> = {}): Promise<TestLog> {
  const surroundings: Surroundings = {
    dir: mkdtempSync(join(tmpdir(), 'qm-log-')),
    keychain: new FakeKeychain(),
    hasKeychain: true,
    pace: { entries: 1_000_000, ms: 3_600_000 },
    ...from,
  };
  const { dir, keychain, pace } = surroundings;
  const { workspace } = openWorkspace({ dir, create: true, clock: Date.now, newId: () => v7() });
  const vault = openVault({ workspace, keychain, clock: Date.now, newId: () => v7(), randomBytes, argon2: CHEAP });
  await makeReady(vault, workspace, surroundings);
  const audit = await openAudit({
    workspace,
    vault,
    clock: Date.now,
    newId: () => v7(),
    randomBytes,
    origin: ORIGIN,
    log: () => {},
    pace,
  });
  const file = join(dir, 'workspace.sqlite');
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await audit.close();
    vault.close();
    workspace.close();
  };
  return {
    dir,
    file,
    audit,
    workspace,
    anchoredSize() {
      const item = keychain.items.get(`${workspace.id}/anchor`);
      return item ? JSON.parse(Buffer.from(item).toString()).size : null;
    },
    forget(item) {
      if (!keychain.items.delete(`${workspace.id}/${item}`)) throw new Error(`the keychain has no ${item}`);
    },
    setLocked(isLocked) {
      keychain.state = isLocked ? 'locked' : 'available';
      vault.askAgain();
    },
    append(count, entry = {}) {
      return workspace.transaction((tx) => {
        let last = 0;
        for (let index = 0; index < count; index += 1)
          last = audit.append(tx, {
            actor: root,
            event: 'admin.quota_changed',
            target: { kind: 'user', id: `user-${index}` },
            metadata: { index, limitBytes: '5368709120' },
            ...entry,
          });
        return last;
      });
    },
    close,
    crash() {
      isClosed = true;
      vault.close();
      workspace.db.raw.close();
    },
    async reopen(damage) {
      await close();
      if (damage) {
        const raw = new Database(file);
        raw.exec('DROP TRIGGER audit_entries_no_update; DROP TRIGGER audit_entries_no_delete');
        damage(raw, file);
        raw.close();
      }
      return openTestLog(surroundings);
    },
    async dispose() {
      await close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function makeReady(vault: Vault, workspace: Workspace, { hasKeychain, keychain }: Surroundings): Promise<void> {
  const isSetUp = workspace.db.raw.prepare('SELECT 1 FROM key_generations').get() !== undefined;
  if (!isSetUp) {
    const { state } = keychain;
    keychain.state = 'available';
    await vault.create(hasKeychain ? null : PASSPHRASE);
    workspace.transaction((tx) => vault.record(tx, Date.now()));
    keychain.state = state;
    vault.askAgain();
  } else if (!hasKeychain) await vault.unlock(PASSPHRASE);
}

/** A copy of a closed log's file, to be put back later. */
export function copyOf(log: TestLog): { putBack(): void } {
  const copy = `${log.file}.older`;
  copyFileSync(log.file, copy);
  return {
    putBack() {
      for (const suffix of ['-wal', '-shm']) if (existsSync(log.file + suffix)) rmSync(log.file + suffix);
      copyFileSync(copy, log.file);
    },
  };
}
