import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { DeletionFixture } from '../support/deletion-fixture.ts';

const SECRET = 'a cloud’s secret 5f1c0e';
const HASH = '$argon2id$v=19$m=65536,t=3,p=4$the-password-hash-of-the-user-7b21';

let fixture: DeletionFixture;
afterEach(() => fixture.dispose());

/** A user with two clouds, one of them authorised again since, and what SQLite keeps of all that. */
async function prepare() {
  fixture = await DeletionFixture.open();
  const first = await fixture.addFolderPlace({ cloud: true, label: 'first', secret: SECRET });
  const second = await fixture.addFolderPlace({ cloud: true, label: 'second', secret: SECRET });
  await first.put('users/u001/a');
  const other = await fixture.addUser('bob@example.org', 'u002', 'user');
  const others = await fixture.addConnection('bob’s own secret', 'webdav', other.no);
  const { workspace } = fixture.ground;
  workspace.truncateLog();
  const copy = join(fixture.workspaceDir, 'workspace.before-2.sqlite');
  copyFileSync(workspace.db.raw.name, copy);
  writeFileSync(`${copy}-wal`, `beside it: ${SECRET}`);
  return {
    ciphertexts: [first.ciphertext, second.ciphertext].flatMap((one) => one ?? []),
    others: others.ciphertext,
    copy,
  };
}

/** Files of the workspace that hold any of these bytes. */
function filesWith(...needles: (string | Buffer)[]): string[] {
  return readdirSync(fixture.workspaceDir, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const bytes = readFileSync(join(fixture.workspaceDir, name));
    return needles.some((needle) => bytes.includes(needle));
  });
}

describe('D3: when it has ended', () => {
  test('no credential, no mail address and no copy of them is left in the workspace’s files', async () => {
    const { ciphertexts, others, copy } = await prepare();
    expect(ciphertexts).toHaveLength(2);
    const traces = [...ciphertexts, ...ciphertexts.map((one) => one.subarray(-24)), SECRET, fixture.user.mail];
    // They stand there now, in the database and in the copy, or nothing would be shown.
    for (const ciphertext of ciphertexts)
      expect(filesWith(ciphertext).sort()).toEqual(['workspace.before-2.sqlite', 'workspace.sqlite']);
    expect(filesWith(fixture.user.mail).length).toBeGreaterThan(0);

    const { id } = await fixture.start();
    await fixture.done(id);
    expect(filesWith(...traces)).toEqual([]);
    expect(filesWith(fixture.user.mail.toLowerCase())).toEqual([]);
    expect(existsSync(copy)).toBe(false);
    expect(existsSync(`${copy}-wal`)).toBe(false);
    // Nobody else lost anything.
    expect(filesWith(others)).toEqual(['workspace.sqlite']);
    const { certificate } = JSON.parse(fixture.deletions.certificate(id, null).json);
    expect(certificate.credentials.destroyedCopies).toEqual([
      'workspace.before-2.sqlite',
      'workspace.before-2.sqlite-wal',
    ]);
    expect(certificate.credentials.connections).toHaveLength(2);
    expect(fixture.deletions.certificate(id, null).html).toContain('workspace.before-2.sqlite');
  });

  test('a password hash that the user ever had is gone too', async () => {
    await prepare();
    fixture.ground.workspace.transaction((tx) => {
      const write = tx.raw.prepare('UPDATE users SET password_hash = ? WHERE no = ?');
      write.run(HASH, fixture.user.no);
    });
    const vault = await fixture.ground.vault.ready();
    const { renewSeal } = await import('../../src/main/vault/index.ts');
    fixture.ground.workspace.transaction((tx) =>
      fixture.ground.audit.append(tx, {
        actor: fixture.admin,
        event: 'admin.user_updated',
        target: { kind: 'user', id: fixture.user.id },
        sealed: renewSeal(tx, vault, 'users', fixture.user.id),
      }),
    );
    const { id } = await fixture.start();
    await fixture.done(id);
    expect(filesWith(HASH)).toEqual([]);
  });

  test('while a reader holds the log it is not certified, and as soon as the reader has gone it is', async () => {
    const { ciphertexts } = await prepare();
    fixture.db.raw.pragma('busy_timeout = 20');
    const reader = new Database(fixture.db.raw.name, { readonly: true });
    const { id } = await fixture.start();
    fixture.onStep = ({ stage, at }) => {
      if (stage !== 'finishing' || at !== 'before_call') return;
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM users').get();
    };
    await fixture.until(id, ({ state }) => state === 'certifying');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(fixture.deletions.show(id).state).toBe('certifying');
    reader.exec('COMMIT');
    await fixture.done(id);
    expect(filesWith(...ciphertexts)).toEqual([]);
    reader.close();
  });

  test('a copy that a crash left undestroyed is destroyed by who comes next, and named', async () => {
    const { copy } = await prepare();
    const crashed = new Promise<void>((resolve) => {
      fixture.onStep = ({ stage }) => {
        if (stage !== 'certifying') return;
        resolve();
        throw new Error('crashed');
      };
    });
    const { id } = await fixture.start();
    await crashed;
    await fixture.crash();
    await fixture.done(id);
    expect(existsSync(copy)).toBe(false);
    const { certificate } = JSON.parse(fixture.deletions.certificate(id, null).json);
    expect(certificate.credentials.destroyedCopies).toContain('workspace.before-2.sqlite');
  });
});
