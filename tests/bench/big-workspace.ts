import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { openWorkspace, type Workspace } from '../../src/main/database/index.ts';
import { listRead } from '../../src/main/users/reads.ts';
import { buildProgram } from '../support/built-child.ts';

const FIRST = [
  'Ada',
  'Zoë',
  'Örn',
  'Ben',
  'Mária',
  'Jürgen',
  'Li',
  'Olu',
  'Sofia',
  'Noor',
  'Iván',
  'Åsa',
  'Kofi',
  'Mei',
];
const LAST = [
  'Lovelace',
  'Ångström',
  'García',
  'Okafor',
  'Müller',
  'Smith',
  'Tanaka',
  'Novák',
  'Haddad',
  'Silva',
  'Berg',
];
const FOLDERS = ['invoices', 'photos', 'contracts', 'letters/2025', 'letters/2026', 'Übersicht'];
const PER_TRANSACTION = 5_000;

export interface BigWorkspace {
  readonly dir: string;
  /** Opened as the console opens it, with its reader thread. */
  readonly workspace: Workspace;
  close(): Promise<void>;
}

/** A workspace filled through the real tables and their triggers; `fill` writes whatever else a row needs. */
export async function openBigWorkspace(fill: (workspace: Workspace) => void): Promise<BigWorkspace> {
  const dir = mkdtempSync(join(tmpdir(), 'qm-bench-'));
  const program = await buildProgram('src/main/reader.ts');
  const open = (readerThread: string | null) =>
    openWorkspace({ dir, create: true, clock: Date.now, newId: () => v7(), readerThread }).workspace;
  const filling = open(null);
  fill(filling);
  await filling.endReading();
  // Closing writes SQLite's statistics, with which a console that was used before starts.
  filling.close();
  const workspace = open(program.file);
  // The thread has started by then, as it has when somebody has signed in.
  await workspace.read(listRead, { sortBy: 'createdAt', direction: 'ascending', limit: 50 });
  return {
    dir,
    workspace,
    async close() {
      await workspace.endReading();
      workspace.close();
      program.remove();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Every status, role, quota and model there is, with the ties and the rare values that filters look for. */
export function fillUsers({ db: { raw }, transaction }: Workspace, count: number): void {
  raw.exec(`INSERT INTO ai_providers VALUES (1, 'p1', 'acme', 1), (2, 'p2', 'zenith', 1);
            INSERT INTO ai_models VALUES (1, 'm1', 1, 'small', 1), (2, 'm2', 1, 'big', 1), (3, 'm3', 2, 'small', 1)`);
  const user = raw.prepare(
    `INSERT INTO users (no, id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, ai_model_no, connection_count, version, seal, created_at, last_sign_in_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1, ?, ?, ?)`,
  );
  const quota = raw.prepare('INSERT INTO quotas (user_no, limit_bytes, version) VALUES (?, ?, 1)');
  const passwordHash = `$argon2id$v=19$m=65536,t=3,p=4$${'x'.repeat(22)}$${'y'.repeat(43)}`;
  const seal = Buffer.alloc(32, 1);
  for (let from = 1; from <= count; from += PER_TRANSACTION)
    transaction(() => {
      for (let no = from; no < from + PER_TRANSACTION && no <= count; no += 1) {
        const name = `${FIRST[no % FIRST.length]} ${LAST[(no * 7) % LAST.length]} ${(no * 7919) % 997}`;
        const mail = `${name.toLowerCase().replaceAll(' ', '.')}.${no}@example.org`;
        user.run(
          no,
          v7(),
          no % 5 ? `ext-${String((no * 7919) % 1_000_003).padStart(7, '0')}` : null,
          mail,
          mail,
          name,
          no % 20_000 === 1 ? 'owner' : 'user',
          no % 1_000 === 0 ? 'deleting' : no % 12 === 0 ? 'inactive' : 'active',
          passwordHash,
          no % 3 ? null : (no % 3) + 1,
          no % 10 ? 0 : (no % 4) + 1,
          seal,
          1_700_000_000_000 + Math.floor(no / 3),
          no % 4 ? 1_750_000_000_000 + ((no * 7919) % 10_000_019) : null,
        );
        quota.run(no, no % 9 ? (no % 50) * 100_000 : null);
      }
    });
}

/** Documents in the platform's store, each user's together, written in the order of their keys. */
export function fillDocuments({ db: { raw }, transaction }: Workspace, users: number, count: number): void {
  raw.exec("INSERT INTO backends (no, kind) VALUES (1, 's3')");
  const insert = raw.prepare(
    'INSERT INTO documents (backend_no, user_no, key, size, etag, modified_at) VALUES (1, ?, ?, ?, ?, ?)',
  );
  const etag = '0d046efba26ac1a3f561246081c086e7';
  const perUser = Math.ceil(count / users);
  let written = 0;
  while (written < count)
    transaction(() => {
      for (let n = 0; n < PER_TRANSACTION && written < count; n += 1, written += 1) {
        const no = Math.floor(written / perUser) + 1;
        const at = written % perUser;
        const key = `users/${String(no).padStart(7, '0')}/${FOLDERS[at % FOLDERS.length]}/document-${at}.pdf`;
        insert.run(no, key, 1_000 + ((written * 7919) % 900_001), etag, 1_700_000_000_000 + written);
      }
    });
}
