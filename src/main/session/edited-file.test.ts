import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../../tests/support/clock.ts';
import { changeUser, OWNER, plantUser, type SessionGround } from '../../../tests/support/session-ground.ts';
import { actorOf, count, events, sessionTests, signIn } from '../../../tests/support/session-tests.ts';
import { CHEAP } from '../../../tests/support/vault-ground.ts';
import { Secret } from '../secret.ts';
import { hashPassword } from './index.ts';

const { setUp, reopened } = sessionTests();

describe('X6: who edits the file', () => {
  const edits: readonly (readonly [string, string])[] = [
    ['role', "UPDATE users SET role = 'owner' WHERE id = 'u2'"],
    ['status', "UPDATE users SET status = 'active' WHERE id = 'u3'"],
    [
      'password_hash',
      "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE id = 'u2') WHERE id = 'u4'",
    ],
    ['mail', "UPDATE users SET mail = 'evil@example.org', mail_key = 'evil@example.org' WHERE id = 'u4'"],
    ['must change', "UPDATE users SET password_must_change = 1 WHERE id = 'u4'"],
  ];

  test.each(edits)('cannot sign in with an edited %s: the row is named, and the log has it', async (name, sql) => {
    const { one } = await setUp();
    const passwordHash = await hashPassword(new Secret('their password'), CHEAP);
    await plantUser(one, { id: 'u2', mail: 'two@example.org', role: 'user', status: 'active', passwordHash });
    await plantUser(one, { id: 'u3', mail: 'three@example.org', role: 'owner', status: 'inactive', passwordHash });
    const other = name === 'password_hash' ? await hashPassword(new Secret('unknown to them'), CHEAP) : passwordHash;
    await plantUser(one, { id: 'u4', mail: 'four@example.org', role: 'owner', status: 'active', passwordHash: other });
    one.on.workspace.db.raw.exec(sql);
    const edited = /id = '(u\d)'$/.exec(sql)?.[1] ?? '';
    const mail =
      one.on.workspace.db.raw.prepare<[string], string>('SELECT mail FROM users WHERE id = ?').pluck().get(edited) ??
      '';
    await expect(signIn(one, one.line(), 'their password', mail)).rejects.toMatchObject({
      code: 'SEAL_BROKEN',
      data: { table: 'users', rowId: edited },
    });
    expect(events(one, 'console.seal_broken')).toHaveLength(1);
    expect(events(one, 'console.seal_broken')[0]).toMatchObject({ target: { kind: 'user', id: edited } });
  });

  test('a session that is open meets the edit at its next call, until an administrator puts the row right', async () => {
    const { one, line, userId } = await setUp();
    one.on.workspace.db.raw.prepare("UPDATE users SET name = 'Somebody else' WHERE id = ?").run(userId);
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    expect((await one.session.state(line)).signedIn).toBeNull();
    expect(events(one, 'console.seal_broken')).toHaveLength(1);
    await changeUser(one, userId, "name = 'Root'");
    await one.session.authenticate(line);
  });

  test('a session row that was made, prolonged or given to somebody else is not obeyed', async () => {
    const { one, line, token } = await setUp();
    const { raw } = one.on.workspace.db;
    raw.exec(`UPDATE sessions SET expires_at = expires_at + ${HOUR}`);
    await expect(one.session.authenticate(line)).rejects.toMatchObject({
      code: 'SEAL_BROKEN',
      data: { table: 'sessions' },
    });
    raw.exec(`UPDATE sessions SET expires_at = expires_at - ${HOUR}`);
    await one.session.authenticate(line);
    raw.exec(`INSERT INTO sessions (id, user_no, token_hash, host, created_at, expires_at, version, seal)
      SELECT 'forged', user_no, x'${Buffer.alloc(32, 1).toString('hex')}', host, created_at, expires_at, 1, seal FROM sessions`);
    const again = await reopened(one);
    again.on.workspace.db.raw
      .prepare("UPDATE sessions SET token_hash = ? WHERE id = 'forged'")
      .run(createHash('sha256').update('known').digest());
    expect(await again.session.restore(again.line(), 'known')).toEqual({ signedIn: null });
    expect((await again.session.restore(again.line(), token)).signedIn).not.toBeNull();
  });

  test('an old passphrase does not come back with its old row', async () => {
    const { one } = await setUp('a long passphrase');
    const { raw } = one.on.workspace.db;
    const { id } = raw
      .prepare<[], { id: string }>("SELECT id FROM vault_recipients WHERE kind = 'passphrase'")
      .get() ?? { id: '' };
    raw.prepare('UPDATE vault_recipients SET version = 2 WHERE id = ?').run(id);
    one.on.vault.lock();
    await expect(one.session.unlockVault(one.line(), new Secret('a long passphrase'))).rejects.toMatchObject({
      code: 'SEAL_BROKEN',
      data: { table: 'vault_recipients', rowId: id },
    });
    expect((await one.on.vault.status()).state).toBe('locked');
    expect(events(one, 'console.seal_broken')).toHaveLength(1);
  });
});

describe('X6: while the vault is locked', () => {
  const lock = (one: SessionGround, state: 'locked' | 'available') => {
    one.on.keychain.state = state;
    one.on.clock.advance(MINUTE);
  };

  test('a session that is open becomes read-only, and whole again after', async () => {
    const { one, line } = await setUp();
    lock(one, 'locked');
    expect((await one.session.authenticate(line)).readOnly).toBe(true);
    expect((await one.session.state(line)).signedIn?.readOnly).toBe(true);
    lock(one, 'available');
    expect((await one.session.authenticate(line)).readOnly).toBe(false);
  });

  test('signing in works, read-only and in memory alone; it becomes whole when the vault opens', async () => {
    const { one, line: before } = await setUp();
    await one.session.signOut(before, actorOf('x'));
    lock(one, 'locked');
    const line = one.line();
    const { token, signedIn } = await signIn(one, line);
    expect(signedIn.readOnly).toBe(true);
    expect(count(one, 'sessions')).toBe(0);
    expect((await one.session.restore(one.line(), token)).signedIn).toMatchObject({ readOnly: true });
    lock(one, 'available');
    expect((await one.session.authenticate(line)).readOnly).toBe(false);
    const again = await reopened(one);
    expect(await again.session.restore(again.line(), token)).toEqual({ signedIn: null });
  });

  test('who signed in against an edited hash loses the session when the vault opens, even if the hash was put back', async () => {
    const { one, userId } = await setUp();
    const { raw } = one.on.workspace.db;
    const good = raw.prepare<[string], string>('SELECT password_hash FROM users WHERE id = ?').pluck().get(userId);
    lock(one, 'locked');
    raw
      .prepare('UPDATE users SET password_hash = ? WHERE id = ?')
      .run(await hashPassword(new Secret('evil password'), CHEAP), userId);
    const line = one.line();
    expect((await signIn(one, line, 'evil password')).signedIn.readOnly).toBe(true);
    raw.prepare('UPDATE users SET password_hash = ? WHERE id = ?').run(good, userId);
    lock(one, 'available');
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  test('in the passphrase way: read-only until it is unlocked, then whole', async () => {
    const { one } = await setUp('a long passphrase');
    const again = await reopened(one);
    const line = again.line();
    expect((await signIn(again, line)).signedIn.readOnly).toBe(true);
    await again.session.unlockVault(line, new Secret('a long passphrase'));
    expect((await again.session.authenticate(line)).readOnly).toBe(false);
    expect(events(again, 'console.vault_unlocked')[0]).toMatchObject({ actor: { kind: 'administrator' } });
  });
});

test('A3: no password, token or passphrase stands in any file of the workspace after any of this', async () => {
  const { one, line, token, userId } = await setUp('planted passphrase 7f3a');
  const planted = [OWNER.password, 'planted passphrase 7f3a', 'planted wrong 1b2c', 'planted next 9d8e', token];
  await signIn(one, one.line(), 'planted wrong 1b2c').catch(() => {});
  await one.session.changePassword(line, actorOf(userId), { current: OWNER.password, next: 'planted next 9d8e' });
  await one.session.stepUp(line, actorOf(userId), 'planted next 9d8e');
  planted.push((await signIn(one, one.line(), 'planted next 9d8e')).token);
  one.on.vault.lock();
  await one.session.unlockVault(line, new Secret('planted wrong 1b2c')).catch(() => {});
  await one.session.unlockVault(line, new Secret('planted passphrase 7f3a'));
  await one.on.audit.checkpoint();
  const search = (dir: string) => {
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const bytes = readFileSync(join(file.parentPath, file.name));
      for (const secret of planted)
        for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')])
          expect(bytes.includes(form), `${form.slice(0, 4)}… in ${file.name}`).toBe(false);
    }
  };
  search(one.on.dir);
  const again = await reopened(one);
  search(again.on.dir);
});
