import { randomBytes, randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Append, type Audit, openAudit } from '../../src/main/audit/index.ts';
import { openWorkspace, type Workspace } from '../../src/main/database/index.ts';
import type { Actor, Origin } from '../../src/main/ground.ts';
import { Refusal } from '../../src/main/refusal.ts';
import type { UnlockedVault, Vault } from '../../src/main/vault/index.ts';

export const origin: Origin = { machine: 'test', osAccount: 'tester', networkAddress: null, host: 'qm' };
export const root: Actor = { kind: 'administrator', id: '01936f00-0000-7000-8000-000000000001', origin };

/** The keychain side of a vault that an audit log needs, kept apart from the workspace file. */
export interface Keyring {
  readonly items: Map<string, Uint8Array>;
  isLocked: boolean;
  hasKeychain: boolean;
}

export function newKeyring(): Keyring {
  return { items: new Map(), isLocked: false, hasKeychain: true };
}

function ringVault(keyring: Keyring): Vault {
  const refuseIfLocked = () => {
    if (keyring.isLocked) throw new Refusal('VAULT_LOCKED', 'locked', { state: 'locked' });
  };
  const readyOrNull = async () => (keyring.isLocked ? null : ({} as UnlockedVault)); // The log never uses the handle itself.
  const part: Partial<Vault> = {
    readyOrNull,
    async ready() {
      refuseIfLocked();
      return {} as UnlockedVault;
    },
    async readOwnSecret(_db, name) {
      refuseIfLocked();
      return keyring.items.get(name) ?? null;
    },
    async writeOwnSecret(name, value) {
      refuseIfLocked();
      keyring.items.set(name, value);
    },
    async readAnchor() {
      refuseIfLocked();
      return keyring.hasKeychain ? (keyring.items.get('anchor') ?? null) : null;
    },
    async writeAnchor(value) {
      refuseIfLocked();
      if (keyring.hasKeychain) keyring.items.set('anchor', value);
      return keyring.hasKeychain;
    },
  };
  return part as Vault; // Set-up and unlocking are no business of the log.
}

export interface TestLog {
  readonly dir: string;
  readonly file: string;
  readonly keyring: Keyring;
  readonly audit: Audit;
  readonly workspace: Workspace;
  readonly lines: string[];
  /** Appends entries of a usual kind in one transaction; answers the last one's sequence. */
  append(count: number, entry?: Partial<Append>): number;
  close(): Promise<void>;
  /** Ends as SIGKILL would: nothing is anchored. */
  crash(): void;
  /** Closes, lets `damage` change the file as somebody with an editor would, and opens again. */
  reopen(damage?: (raw: Database.Database, file: string) => void): Promise<TestLog>;
  dispose(): Promise<void>;
}

export async function openTestLog(
  from: { dir?: string; keyring?: Keyring; pace?: { entries: number; ms: number } } = {},
): Promise<TestLog> {
  const dir = from.dir ?? mkdtempSync(join(tmpdir(), 'qm-log-'));
  const keyring = from.keyring ?? newKeyring();
  const lines: string[] = [];
  const { workspace } = openWorkspace({ dir, create: true, clock: Date.now, newId: randomUUID });
  const audit = await openAudit({
    workspace,
    vault: ringVault(keyring),
    clock: Date.now,
    newId: randomUUID,
    randomBytes,
    origin,
    log: (event) => lines.push(event),
    pace: from.pace ?? { entries: 1_000_000, ms: 3_600_000 },
  });
  const file = join(dir, 'workspace.sqlite');
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await audit.close();
    workspace.close();
  };
  return {
    dir,
    file,
    keyring,
    audit,
    workspace,
    lines,
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
      return openTestLog({ ...from, dir, keyring });
    },
    async dispose() {
      await close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
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
