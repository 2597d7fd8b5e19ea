import { chmodSync, existsSync, mkdirSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Refusal } from '../refusal.ts';
import { type Migration, migrate, migrations, schemaVersion } from './migrate.ts';
import { configure, explainDatabaseError, openWorkspaceOn, type Workspace } from './open.ts';

export const DATABASE_FILE = 'workspace.sqlite';

/** Marks a SQLite file as one of ours (`application_id`): the letters `QMWS`. */
const APPLICATION_ID = 0x514d5753;

/** Network file systems by the magic numbers of statfs(2): on them SQLite's WAL does not work. */
const NETWORK_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
]);

export interface OpenWorkspaceOptions {
  readonly dir: string;
  /** Whether a workspace may be made where there is none. */
  readonly create: boolean;
  readonly clock: () => number;
  readonly newId: () => string;
  /** The built file of the reader thread; without it reads are done on this thread. */
  readonly readerThread?: string | null;
  /** The migrations to apply; tests give others. */
  readonly migrations?: readonly Migration[];
}

export interface OpenedWorkspace {
  readonly workspace: Workspace;
  readonly isNew: boolean;
}

/**
 * Opens the workspace in a folder: makes or migrates it, or refuses with a sentence and leaves it untouched
 * (WORKSPACE_INVALID, WORKSPACE_NEWER, WORKSPACE_READ_ONLY, WORKSPACE_DAMAGED). Before a migration the file is copied to
 * `workspace.before-<version>.sqlite` beside it, and the copy is named if the migration fails.
 */
export function openWorkspace(options: OpenWorkspaceOptions): OpenedWorkspace {
  const { dir } = options;
  const file = join(dir, DATABASE_FILE);
  const isNew = !existsSync(file);
  prepareWorkspaceFolder(dir, options.create);
  refuseNetworkShare(dir);
  let raw: Database.Database | undefined;
  try {
    raw = new Database(file, { timeout: 5000 });
    if (!isNew) inspect(raw, file, options.migrations ?? migrations);
    else raw.pragma(`application_id = ${APPLICATION_ID}`);
    configure(raw);
    if (isNew) chmodSync(file, 0o600);
    bringUpToDate(raw, dir, isNew, options.migrations ?? migrations);
    return {
      workspace: openWorkspaceOn(raw, {
        id: workspaceId(raw, options),
        dir,
        readerThread: options.readerThread ?? null,
      }),
      isNew,
    };
  } catch (error) {
    raw?.close();
    throw explainDatabaseError(error);
  }
}

/**
 * Makes sure that a folder holds a workspace, or may come to hold one, before anything is written into it: a folder with
 * other things in it is refused, and nothing is made unless `create` says so.
 */
export function prepareWorkspaceFolder(dir: string, create: boolean): void {
  if (holdsDatabase(dir)) {
    keepForOneself(dir);
    return;
  }
  const exists = existsSync(dir);
  if (exists && !statSync(dir).isDirectory())
    throw new Refusal('WORKSPACE_INVALID', `${dir} is a file, not a folder. Name the workspace's folder.`);
  if (!create)
    throw new Refusal(
      'WORKSPACE_INVALID',
      `There is no workspace in ${dir}. Make one with 'qm setup', or name another folder with --workspace.`,
    );
  if (exists && readdirSync(dir).some((name) => !name.startsWith('owner.')))
    throw new Refusal('WORKSPACE_INVALID', `${dir} is not empty and holds no workspace. Name an empty or new folder.`);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  } catch (error) {
    throw new Refusal(
      'WORKSPACE_READ_ONLY',
      `The folder ${dir} cannot be made. Check the rights on its parent.`,
      undefined,
      {
        cause: error,
      },
    );
  }
}

function holdsDatabase(dir: string): boolean {
  try {
    return statSync(join(dir, DATABASE_FILE), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EACCES' && code !== 'EPERM') return false;
    throw new Refusal(
      'WORKSPACE_READ_ONLY',
      `What lies in ${dir} may not be read by this account. Use the account that the workspace belongs to.`,
      undefined,
      { cause: error },
    );
  }
}

/** Takes away what others may do in the folder, where it is ours to say: who can write there could put another owner's card there. */
function keepForOneself(dir: string): void {
  const { mode, uid } = statSync(dir);
  if (process.getuid === undefined || uid !== process.getuid() || (mode & 0o077) === 0) return;
  try {
    chmodSync(dir, mode & 0o700);
  } catch {
    // On a medium that cannot be written there is nothing to put there either.
  }
}

function refuseNetworkShare(dir: string): void {
  const name = NETWORK_FILE_SYSTEMS.get(statfsSync(dir).type);
  if (name)
    throw new Refusal(
      'WORKSPACE_INVALID',
      `${dir} lies on a network share (${name}), where SQLite's log does not work safely. Choose a folder on this machine.`,
    );
}

/** Looks before anything is written: not ours, or newer than this console. */
function inspect(raw: Database.Database, file: string, known: readonly Migration[]): void {
  const applicationId = raw.pragma('application_id', { simple: true });
  if (applicationId !== APPLICATION_ID)
    throw new Refusal(
      'WORKSPACE_INVALID',
      `${file} is a SQLite file, but not a Quartermaster workspace. It was not touched.`,
    );
  const newest = known.at(-1)?.version ?? 0;
  const found = schemaVersion(raw);
  if (found > newest)
    throw new Refusal(
      'WORKSPACE_NEWER',
      `The workspace was made by a newer Quartermaster (schema ${found}; this one knows ${newest}). It was not touched. Update Quartermaster.`,
    );
}

function bringUpToDate(raw: Database.Database, dir: string, isNew: boolean, all: readonly Migration[]): void {
  const from = schemaVersion(raw);
  if (from === (all.at(-1)?.version ?? 0)) return;
  if (isNew) {
    migrate(raw, all);
    return;
  }
  const copy = join(dir, `workspace.before-${all.at(-1)?.version}.sqlite`);
  if (!existsSync(copy)) raw.prepare('VACUUM INTO ?').run(copy);
  chmodSync(copy, 0o600);
  try {
    migrate(raw, all);
  } catch (error) {
    throw new Refusal(
      'WORKSPACE_DAMAGED',
      `The workspace could not be brought up to date; nothing was changed. A copy from before stands in ${copy}.`,
      undefined,
      { cause: error },
    );
  }
}

function workspaceId(raw: Database.Database, options: OpenWorkspaceOptions): string {
  const row = raw.prepare<[], { id: string }>('SELECT id FROM workspace').get();
  if (row) return row.id;
  const id = options.newId();
  raw.prepare('INSERT INTO workspace (id, created_at) VALUES (?, ?)').run(id, options.clock());
  return id;
}
