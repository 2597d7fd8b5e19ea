import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Refusal } from '../../refusal.ts';

const LOCK_FILE = 'owner.lock';
const OWNER_FILE = 'owner.pid';

export interface OwnersLock {
  release(): void;
}

/**
 * Makes this process the workspace's one owner, by an exclusive transaction on a small SQLite file beside the database:
 * the operating system releases it when the process dies, however it dies, so no stale lock can stay behind. Refused with
 * WORKSPACE_OWNED, which names the owner's process id, while another process holds it. The ownership lasts as long as the
 * answer is held: whoever drops it lets the garbage collector close the file.
 */
export function takeOwnership(dir: string): OwnersLock {
  const folderWasThere = existsSync(dir);
  if (!folderWasThere) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, LOCK_FILE);
  let lock: Database.Database | undefined;
  try {
    lock = new Database(path, { timeout: 0 });
    // With a rollback journal an exclusive transaction keeps readers out too; with WAL it would not.
    lock.pragma('journal_mode = delete');
    chmodSync(path, 0o600);
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(join(dir, OWNER_FILE), `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    lock?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) throw owned(dir);
    if (isReadOnly(error))
      throw new Refusal(
        'WORKSPACE_READ_ONLY',
        `The workspace in ${dir} cannot be written: nothing was changed. Check the rights on its folder.`,
        undefined,
        { cause: error },
      );
    throw error;
  }
  const held = lock;
  return {
    release() {
      if (!held.open) return;
      rmSync(join(dir, OWNER_FILE), { force: true });
      held.close();
    },
  };
}

function owned(dir: string): Refusal {
  const processId = ownersProcessId(dir);
  const who = processId === null ? 'another process' : `process ${processId}`;
  return new Refusal(
    'WORKSPACE_OWNED',
    `The workspace in ${dir} is in use by ${who}. Close that one first, or use it there.`,
    {
      processId,
    },
  );
}

function ownersProcessId(dir: string): number | null {
  try {
    const id = Number(readFileSync(join(dir, OWNER_FILE), 'utf8').trim());
    return Number.isSafeInteger(id) && id > 0 ? id : null;
  } catch {
    return null;
  }
}

function isReadOnly(error: unknown): boolean {
  if (error instanceof Database.SqliteError)
    return error.code.startsWith('SQLITE_READONLY') || error.code === 'SQLITE_CANTOPEN';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EROFS' || code === 'EACCES' || code === 'EPERM';
}
