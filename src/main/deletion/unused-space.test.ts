import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openWorkspace, type Workspace } from '../database/index.ts';
import { clearUnusedSpace } from './unused-space.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const noPause = () => Promise.resolve();

interface Life {
  readonly workspace: Workspace;
  /** Every ciphertext that the connections of users who are gone ever had. */
  readonly gone: Buffer[];
  readonly passwords: string[];
}

/** A workspace that has been in use: connections added, re-authorised with other lengths, users removed with theirs. */
function live(users: number, connections: number, changes: number, removed: number): Life {
  const dir = mkdtempSync(join(tmpdir(), 'qm-space-'));
  dirs.push(dir);
  const { workspace } = openWorkspace({
    dir: join(dir, 'w'),
    create: true,
    clock: Date.now,
    newId: () => '0190b0c0-0000-7000-8000-000000000001',
  });
  const { raw } = workspace.db;
  raw.pragma('synchronous = OFF');
  const blobs = new Map<number, Buffer[]>();
  const hashes = new Map<number, string[]>();
  const password = (): string => `$argon2id$v=19$m=65536$${randomBytes(randomInt(20, 90)).toString('base64')}`;
  workspace.transaction(() => {
    for (let no = 1; no <= users; no += 1) {
      const hash = password();
      hashes.set(no, [hash]);
      raw
        .prepare(
          `INSERT INTO users (no, id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
           VALUES (?, ?, ?, ?, 'N', 'user', 'active', ?, 0, 1, x'', 0)`,
        )
        .run(no, `user-${no}`, `m${no}@example.org`, `m${no}@example.org`, hash);
      raw.prepare('INSERT INTO quotas (user_no, version) VALUES (?, 1)').run(no);
    }
  });
  const owners = new Map<number, number>();
  workspace.transaction(() => {
    for (let no = 1; no <= connections; no += 1) {
      const owner = randomInt(1, users + 1);
      owners.set(no, owner);
      const blob = randomBytes(randomInt(60, 400));
      blobs.set(no, [blob]);
      const backend = raw.prepare("INSERT INTO backends (kind) VALUES ('webdav')").run().lastInsertRowid;
      raw
        .prepare(
          `INSERT INTO connections (no, id, user_no, backend_no, provider, label, account, configuration, credentials, root, owned_root, state, version, seal, created_at)
           VALUES (?, ?, ?, ?, 'webdav', 'l', 'a', ?, ?, '/p', 1, 'works', 1, x'', 0)`,
        )
        .run(no, `connection-${no}`, owner, backend, JSON.stringify({ place: 'y'.repeat(randomInt(0, 200)) }), blob);
    }
  });
  for (let change = 0; change < changes; change += 1)
    workspace.transaction(() => {
      const no = randomInt(1, connections + 1);
      const blob = randomBytes(randomInt(60, 600));
      blobs.get(no)?.push(blob);
      raw.prepare('UPDATE connections SET credentials = ?, seal = ? WHERE no = ?').run(blob, randomBytes(36), no);
      const user = randomInt(1, users + 1);
      const hash = password();
      hashes.get(user)?.push(hash);
      raw.prepare('UPDATE users SET password_hash = ?, seal = ? WHERE no = ?').run(hash, randomBytes(36), user);
    });
  const leavers = new Set(Array.from({ length: removed }, () => randomInt(1, users + 1)));
  workspace.transaction(() => {
    for (const no of leavers) {
      raw.prepare('DELETE FROM connections WHERE user_no = ?').run(no);
      raw.prepare('DELETE FROM users WHERE no = ?').run(no);
    }
  });
  return {
    workspace,
    gone: [...blobs].flatMap(([no, list]) => (leavers.has(owners.get(no) ?? 0) ? list : [])),
    passwords: [...hashes].flatMap(([no, list]) => (leavers.has(no) ? list : [])),
  };
}

/** How many of them can still be read in the workspace's files, at least half of each. */
function found({ workspace, gone, passwords }: Life): number {
  const files = ['', '-wal'].map((end) => readFileSync(workspace.db.raw.name + end));
  const parts = (secret: Buffer): Buffer[] => [secret.subarray(0, 24), secret.subarray(-24)];
  return [...gone, ...passwords.map((text) => Buffer.from(text.slice(24)))].filter((secret) =>
    parts(secret).some((part) => files.some((file) => file.includes(part))),
  ).length;
}

function contents({ db: { raw } }: Workspace): string {
  return JSON.stringify([
    raw.prepare('SELECT * FROM connections ORDER BY no').all(),
    raw.prepare('SELECT * FROM users ORDER BY no').all(),
  ]);
}

describe('D3: unused space of the pages that held credentials', () => {
  test('what secure_delete leaves behind is found in the file, and gone afterwards, with every row as it was', async () => {
    let before = 0;
    // A round in two leaves something behind.
    for (let round = 0; round < 2 || (before === 0 && round < 60); round += 1) {
      const life = live(300, 900, 1_500, 100);
      life.workspace.truncateLog();
      before += found(life);
      const rows = contents(life.workspace);
      await clearUnusedSpace(life.workspace, noPause);
      expect(found(life)).toBe(0);
      expect(contents(life.workspace)).toBe(rows);
      expect(life.workspace.db.raw.pragma('integrity_check', { simple: true })).toBe('ok');
      life.workspace.close();
    }
    // Otherwise this test would prove nothing.
    expect(before).toBeGreaterThan(0);
  }, 240_000);

  test.each([
    [1, 1, 0, 1],
    [2, 3, 20, 1],
    [5, 0, 50, 5],
    [40, 12, 60, 40],
  ])(
    'small workspaces: %i users, %i connections, %i changes, %i removed',
    async (users, connections, changes, removed) => {
      const life = live(users, Math.max(connections, 1), changes, removed);
      await clearUnusedSpace(life.workspace, noPause);
      expect(found(life)).toBe(0);
      life.workspace.close();
    },
  );

  test('a reader that holds the log is waited for', async () => {
    const life = live(50, 100, 100, 20);
    const { default: Database } = await import('better-sqlite3');
    const reader = new Database(life.workspace.db.raw.name, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM users').get();
    life.workspace.db.raw.pragma('busy_timeout = 10');
    let pauses = 0;
    await clearUnusedSpace(life.workspace, async () => {
      pauses += 1;
      if (pauses === 3) reader.exec('COMMIT');
    });
    expect(pauses).toBe(3);
    expect(found(life)).toBe(0);
    reader.close();
    life.workspace.close();
  });

  test('once clean, the next time writes nothing', async () => {
    const life = live(200, 400, 600, 50);
    await clearUnusedSpace(life.workspace, noPause);
    const changes = () => life.workspace.db.raw.prepare<[], number>('SELECT total_changes()').pluck().get();
    const before = changes();
    await clearUnusedSpace(life.workspace, noPause);
    expect(changes()).toBe(before);
    life.workspace.close();
  });
});
