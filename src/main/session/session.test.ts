import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../../tests/support/clock.ts';
import {
  changeUser,
  OWNER,
  openSessionGround,
  openSetUpSession,
  plantUser,
  type SessionGround,
} from '../../../tests/support/session-ground.ts';
import { CHEAP, ORIGIN } from '../../../tests/support/vault-ground.ts';
import type { Actor } from '../ground.ts';
import { Secret } from '../secret.ts';
import { checkSeal } from '../vault/index.ts';
import { endSessionsOf, hashPassword, type Line, requireAnotherActiveOwner, requireStepUp } from './index.ts';

const grounds = new Set<SessionGround>();
afterEach(async () => {
  for (const one of grounds) await one.dispose();
  grounds.clear();
});

async function setUp(passphrase?: string) {
  const made = await openSetUpSession(passphrase);
  grounds.add(made.one);
  return made;
}
async function reopened(one: SessionGround): Promise<SessionGround> {
  grounds.delete(one);
  const again = await one.reopen();
  grounds.add(again);
  return again;
}

const actorOf = (id: string): Actor => ({ kind: 'administrator', id, origin: ORIGIN });
const count = (one: SessionGround, table: string) =>
  one.on.workspace.db.raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
const events = (one: SessionGround, event: string) =>
  one.on.audit.list(one.on.workspace.db, { event, limit: 100 }).rows;
const signIn = (one: SessionGround, line: Line, password: string = OWNER.password, mail: string = OWNER.mail) =>
  one.session.signIn(line, { mail, password });

describe('X2: set-up', () => {
  test('makes vault, settings, first owner, quota row and session, each with its entry and a seal that holds', async () => {
    const one = await openSessionGround();
    grounds.add(one);
    const line = one.line();
    expect(await one.session.state(line)).toMatchObject({
      workspace: { isSetUp: false },
      vault: { state: 'none' },
      signedIn: null,
    });
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    const { userId, auditKey } = await one.session.setUp(line, OWNER);
    expect(auditKey).toMatch(/^[0-9a-f]{64}$/);
    expect(auditKey).toBe(one.on.audit.fingerprint());
    const { db } = one.on.workspace;
    expect(db.raw.prepare('SELECT role, status, mail, password_must_change FROM users').get()).toEqual({
      role: 'owner',
      status: 'active',
      mail: OWNER.mail,
      password_must_change: 0,
    });
    expect(db.raw.prepare('SELECT content FROM settings').pluck().get()).toBe(
      '{"quotaFullShare":1,"quotaWarningShare":0.8,"workspaceName":"Archive"}',
    );
    expect(db.raw.prepare('SELECT limit_bytes, version FROM quotas').get()).toEqual({ limit_bytes: null, version: 1 });
    const vault = await one.on.vault.ready();
    const session = await one.session.authenticate(line);
    expect(checkSeal(db, vault, one.on.audit, 'users', userId)).toBe('holds');
    expect(checkSeal(db, vault, one.on.audit, 'settings', 'workspace')).toBe('holds');
    expect(checkSeal(db, vault, one.on.audit, 'sessions', session.sessionId)).toBe('holds');
    for (const event of ['console.workspace_created', 'admin.user_created', 'admin.signed_in'])
      expect(events(one, event), event).toHaveLength(1);
    expect(await one.session.state(line)).toMatchObject({
      workspace: { id: one.on.workspace.id, name: 'Archive', isSetUp: true },
      vault: { state: 'available' },
      signedIn: { userId, readOnly: false, passwordMustChange: false },
    });
  });

  test('is refused ever after, also when it comes twice at once or rows were taken away', async () => {
    const one = await openSessionGround();
    grounds.add(one);
    const results = await Promise.allSettled([
      one.session.setUp(one.line(), OWNER),
      one.session.setUp(one.line(), OWNER),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ALREADY_SET_UP' } });
    expect(count(one, 'users')).toBe(1);
    const again = await reopened(one);
    await expect(again.session.setUp(again.line(), OWNER)).rejects.toMatchObject({ code: 'ALREADY_SET_UP' });
    again.on.workspace.db.raw.exec('DELETE FROM settings; DELETE FROM sessions; DELETE FROM quotas; DELETE FROM users');
    await expect(again.session.setUp(again.line(), OWNER)).rejects.toMatchObject({ code: 'ALREADY_SET_UP' });
    expect((await again.session.state(again.line())).workspace.isSetUp).toBe(true);
  });

  test('A1: a failure at any of its entries leaves nothing behind, and the next try works', async () => {
    const one = await openSessionGround();
    grounds.add(one);
    const { audit } = one.on;
    const append = audit.append.bind(audit);
    for (const failing of [
      'console.workspace_created',
      'console.vault_recipient_added',
      'admin.user_created',
      'admin.signed_in',
    ]) {
      audit.append = (tx, entry) => {
        if (entry.event === failing) throw new Error('power cut');
        return append(tx, entry);
      };
      const line = one.line();
      await expect(one.session.setUp(line, { ...OWNER, passphrase: 'a long passphrase' })).rejects.toThrowError(
        'power cut',
      );
      expect(line.sessionId).toBeNull();
      for (const table of [
        'users',
        'quotas',
        'settings',
        'sessions',
        'key_generations',
        'vault_recipients',
        'audit_entries',
      ])
        expect(count(one, table), `${table} after ${failing}`).toBe(0);
      expect(await one.session.state(line)).toMatchObject({ workspace: { isSetUp: false }, vault: { state: 'none' } });
    }
    audit.append = append;
    const line = one.line();
    await one.session.setUp(line, OWNER);
    expect((await one.session.authenticate(line)).readOnly).toBe(false);
  });

  test('without a keychain it needs a passphrase, and says so', async () => {
    const one = await openSessionGround();
    grounds.add(one);
    one.on.keychain.state = 'unavailable';
    await expect(one.session.setUp(one.line(), OWNER)).rejects.toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      message: expect.stringContaining('passphrase'),
    });
    expect(count(one, 'users')).toBe(0);
    await one.session.setUp(one.line(), { ...OWNER, passphrase: 'a long passphrase' });
    expect((await one.on.vault.status()).way).toBe('passphrase');
    expect(events(one, 'console.vault_recipient_added')).toHaveLength(2);
    expect(one.on.keychain.items.size).toBe(0);
  });
});

describe('X2: sign-in', () => {
  test('by mail in any case and Unicode form; the token restores the session on another line', async () => {
    const { one } = await setUp();
    const first = one.line();
    const { token, signedIn } = await signIn(one, first, OWNER.password, '  ROOT@Example.ORG ');
    expect(signedIn).toMatchObject({ mail: OWNER.mail, name: 'Root', readOnly: false });
    const second = one.line();
    expect((await one.session.restore(second, token)).signedIn).toMatchObject({ userId: signedIn.userId });
    expect((await one.session.authenticate(second)).sessionId).toBe((await one.session.authenticate(first)).sessionId);
  });

  test('a wrong password and a mail that is nobody’s get the same answer', async () => {
    const { one } = await setUp();
    const wrong = await signIn(one, one.line(), 'wrong').catch((error: unknown) => error);
    const nobody = await signIn(one, one.line(), 'wrong', 'nobody@example.org').catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: 'WRONG_PASSWORD', data: { triesLeft: 4 } });
    expect(nobody).toMatchObject({ code: 'WRONG_PASSWORD', data: { triesLeft: 4 }, message: (wrong as Error).message }); // Caught above.
    const refused = events(one, 'admin.sign_in_refused');
    expect(refused).toHaveLength(2);
    expect(refused.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
    expect(JSON.stringify(refused)).not.toContain('@example.org');
  });

  test('a mail that is nobody’s takes as long as one that is somebody’s', async () => {
    const { one } = await setUp();
    const cost = { memoryKiB: 16_384, passes: 2, lanes: 1 };
    const { openSession } = await import('./index.ts');
    const session = openSession(one.on.ground, { argon2: cost });
    await plantUser(one, {
      id: 'u2',
      mail: 'two@example.org',
      role: 'owner',
      status: 'active',
      passwordHash: await hashPassword(new Secret('another password'), cost),
    });
    const time = async (mail: string) => {
      const times: number[] = [];
      for (let round = 0; round < 4; round += 1) {
        const start = performance.now();
        await session.signIn(one.line(), { mail, password: 'wrong' }).catch(() => {});
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    };
    const somebody = await time('two@example.org');
    const nobody = await time('nobody@example.org');
    expect(nobody).toBeGreaterThan(somebody * 0.6);
    expect(nobody).toBeLessThan(somebody * 1.7);
  });

  test('an inactive account and one without an administrative role are refused, to who knows the password alone', async () => {
    const { one } = await setUp();
    const passwordHash = await hashPassword(new Secret('their password'), CHEAP);
    await plantUser(one, { id: 'u2', mail: 'two@example.org', role: 'user', status: 'active', passwordHash });
    await plantUser(one, { id: 'u3', mail: 'three@example.org', role: 'owner', status: 'inactive', passwordHash });
    await expect(signIn(one, one.line(), 'their password', 'two@example.org')).rejects.toMatchObject({
      code: 'NOT_ADMINISTRATOR',
    });
    await expect(signIn(one, one.line(), 'their password', 'three@example.org')).rejects.toMatchObject({
      code: 'ACCOUNT_INACTIVE',
    });
    await expect(signIn(one, one.line(), 'wrong', 'two@example.org')).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    await expect(signIn(one, one.line(), 'wrong', 'three@example.org')).rejects.toMatchObject({
      code: 'WRONG_PASSWORD',
    });
  });

  test('the password in another Unicode form is the same password', async () => {
    const { one } = await setUp();
    const passwordHash = await hashPassword(new Secret('Grüße aus Köln'.normalize('NFC')), CHEAP);
    await plantUser(one, { id: 'u2', mail: 'two@example.org', role: 'owner', status: 'active', passwordHash });
    await signIn(one, one.line(), 'Grüße aus Köln'.normalize('NFD'), 'two@example.org');
  });

  test('a first password that must be changed is told, until it was changed', async () => {
    const { one } = await setUp();
    const passwordHash = await hashPassword(new Secret('first password'), CHEAP);
    await plantUser(one, {
      id: 'u2',
      mail: 'two@example.org',
      role: 'owner',
      status: 'active',
      passwordHash,
      mustChange: true,
    });
    const line = one.line();
    expect((await signIn(one, line, 'first password', 'two@example.org')).signedIn.passwordMustChange).toBe(true);
    expect((await one.session.authenticate(line)).passwordMustChange).toBe(true);
    await one.session.changePassword(line, actorOf('u2'), { current: 'first password', next: 'my own password' });
    expect((await one.session.authenticate(line)).passwordMustChange).toBe(false);
  });

  test('signing in again on a line ends the session that it had', async () => {
    const { one, line, token } = await setUp();
    await signIn(one, line);
    expect(count(one, 'sessions')).toBe(1);
    expect((await one.session.restore(one.line(), token)).signedIn).toBeNull();
    expect(events(one, 'admin.signed_out')[0]).toMatchObject({ metadata: { reason: 'replaced' } });
  });
});

describe('X2: tries are limited', () => {
  const wrong = (one: SessionGround) =>
    signIn(one, one.line(), 'wrong').catch((error: unknown) => (error as { code: string }).code); // Refusals.

  test('five wrong ones bring a pause of 15 minutes, which doubles, survives a restart, and lets no right one through', async () => {
    let { one } = await setUp();
    const { clock } = one.on;
    for (const pause of [15, 30, 60]) {
      for (let tried = 0; tried < 5; tried += 1) expect(await wrong(one)).toBe('WRONG_PASSWORD');
      const until = new Date(clock() + pause * MINUTE).toISOString();
      await expect(signIn(one, one.line())).rejects.toMatchObject({ code: 'TOO_MANY_TRIES', data: { retryAt: until } });
      one = await reopened(one);
      clock.advance(pause * MINUTE - 1);
      await expect(signIn(one, one.line())).rejects.toMatchObject({
        code: 'TOO_MANY_TRIES',
        message: expect.stringContaining(until),
      });
      clock.advance(1);
    }
    await signIn(one, one.line());
    for (let tried = 0; tried < 4; tried += 1) expect(await wrong(one)).toBe('WRONG_PASSWORD');
    await signIn(one, one.line());
    expect(count(one, 'sign_in_attempts')).toBe(0);
  });

  test('many at once get no more tries than one after another', async () => {
    const { one } = await setUp();
    const codes = await Promise.all(Array.from({ length: 30 }, () => wrong(one)));
    expect(codes.filter((code) => code === 'WRONG_PASSWORD')).toHaveLength(5);
    expect(codes.filter((code) => code === 'TOO_MANY_TRIES')).toHaveLength(25);
  });

  test('a try counts before it is looked at: killing the process in between gains nothing', async () => {
    const { one } = await setUp();
    const attempt = wrong(one);
    expect(one.on.workspace.db.raw.prepare('SELECT failures FROM sign_in_attempts').pluck().get()).toBe(1);
    await attempt;
  });

  test('a mail that is nobody’s is limited alike, and leaves no text in the file', async () => {
    const { one } = await setUp();
    const tried = async () =>
      signIn(one, one.line(), 'wrong', 'nobody@example.org').catch(
        (error: unknown) => (error as { code: string }).code,
      );
    for (let round = 0; round < 5; round += 1) expect(await tried()).toBe('WRONG_PASSWORD');
    expect(await tried()).toBe('TOO_MANY_TRIES');
    await signIn(one, one.line());
    for (const file of readdirSync(one.on.dir))
      expect(readFileSync(join(one.on.dir, file)).includes('nobody@')).toBe(false);
  });

  test('step-up and the own password are limited together with sign-in', async () => {
    const { one, line, userId } = await setUp();
    const actor = actorOf(userId);
    await expect(one.session.stepUp(line, actor, 'wrong')).rejects.toMatchObject({
      code: 'WRONG_PASSWORD',
      data: { triesLeft: 4 },
    });
    for (let tried = 0; tried < 3; tried += 1)
      await expect(
        one.session.changePassword(line, actor, { current: 'wrong', next: 'new password' }),
      ).rejects.toMatchObject({
        code: 'WRONG_PASSWORD',
      });
    expect(await wrong(one)).toBe('WRONG_PASSWORD');
    await expect(one.session.stepUp(line, actor, OWNER.password)).rejects.toMatchObject({ code: 'TOO_MANY_TRIES' });
    await expect(
      one.session.changePassword(line, actor, { current: OWNER.password, next: 'new password' }),
    ).rejects.toMatchObject({ code: 'TOO_MANY_TRIES' });
  });

  test('tries at the passphrase of the vault are limited, and logged', async () => {
    const { one } = await setUp('a long passphrase');
    one.on.vault.lock();
    const tried = (passphrase: string) => one.session.unlockVault(one.line(), new Secret(passphrase));
    for (let round = 0; round < 5; round += 1)
      await expect(tried('wrong')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    await expect(tried('a long passphrase')).rejects.toMatchObject({ code: 'TOO_MANY_TRIES' });
    one.on.clock.advance(15 * MINUTE);
    expect((await tried('a long passphrase')).state).toBe('available');
    expect(events(one, 'console.vault_unlock_refused')).toHaveLength(6);
    expect(events(one, 'console.vault_unlocked')).toHaveLength(1);
    expect(count(one, 'sign_in_attempts')).toBe(0);
  });

  test('a vault of the keychain has no passphrase, and asking does not count as a try', async () => {
    const { one } = await setUp();
    for (let round = 0; round < 7; round += 1)
      await expect(one.session.unlockVault(one.line(), new Secret('x'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('X2: a session', () => {
  test('ends after 15 minutes without a call, and not before', async () => {
    const { one, line } = await setUp();
    for (let round = 0; round < 5; round += 1) {
      one.on.clock.advance(15 * MINUTE - 1);
      await one.session.authenticate(line);
    }
    one.on.clock.advance(15 * MINUTE);
    expect((await one.session.state(line)).signedIn).toBeNull();
    await expect(one.session.authenticate(line)).rejects.toMatchObject({
      code: 'NOT_SIGNED_IN',
      message: expect.stringContaining('15 minutes'),
    });
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect(count(one, 'sessions')).toBe(0);
    expect(events(one, 'admin.signed_out')[0]).toMatchObject({ metadata: { reason: 'idle' } });
  });

  test('asking for the state is no activity', async () => {
    const { one, line } = await setUp();
    for (let minute = 0; minute < 15; minute += 1) {
      await one.session.state(line);
      one.on.clock.advance(MINUTE);
    }
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  test('ends after 12 hours, however busy', async () => {
    const { one, line, token } = await setUp();
    for (let minutes = 0; minutes < 12 * 60 - 10; minutes += 10) {
      one.on.clock.advance(10 * MINUTE);
      await one.session.authenticate(line);
    }
    one.on.clock.advance(10 * MINUTE);
    await expect(one.session.authenticate(line)).rejects.toMatchObject({
      code: 'NOT_SIGNED_IN',
      message: expect.stringContaining('12 hours'),
    });
    const again = await reopened(one);
    expect((await again.session.restore(again.line(), token)).signedIn).toBeNull();
  });

  test('X5: restoring is harmless to repeat, also at once, and a wrong token signs nobody out', async () => {
    const { one, line, token } = await setUp();
    const { sessionId } = line;
    const writes = one.on.workspace.db.raw.prepare('SELECT count(*) FROM audit_entries').pluck().get();
    const restored = await Promise.all(Array.from({ length: 10 }, () => one.session.restore(line, token)));
    expect(new Set(restored.map(({ signedIn }) => signedIn?.userId)).size).toBe(1);
    for (const wrong of ['', 'x', `${token}x`, token.toUpperCase()])
      expect(await one.session.restore(line, wrong)).toEqual({ signedIn: null });
    expect(line.sessionId).toBe(sessionId);
    await one.session.authenticate(line);
    expect(one.on.workspace.db.raw.prepare('SELECT count(*) FROM audit_entries').pluck().get()).toBe(writes);
    one.on.clock.advance(15 * MINUTE);
    expect(await one.session.restore(one.line(), token)).toEqual({ signedIn: null });
    expect(count(one, 'sessions')).toBe(1);
  });

  test('is taken up after a restart by its token, without the step-up that it had', async () => {
    const { one, token } = await setUp();
    const again = await reopened(one);
    const line = again.line();
    const restored = await Promise.all([again.session.restore(line, token), again.session.restore(line, token)]);
    expect(restored[0]?.signedIn).toMatchObject({ mail: OWNER.mail, steppedUpUntil: null });
    expect((await again.session.authenticate(line)).readOnly).toBe(false);
  });

  test('ends when it is signed out: neither line nor token bring it back', async () => {
    const { one, line, token, userId } = await setUp();
    const other = one.line();
    await one.session.restore(other, token);
    await one.session.signOut(line, actorOf(userId));
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    await expect(one.session.authenticate(other)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect(await one.session.restore(one.line(), token)).toEqual({ signedIn: null });
    expect(count(one, 'sessions')).toBe(0);
  });

  test('the token stands in no file: its hash does', async () => {
    const { one, token } = await setUp();
    for (const file of readdirSync(one.on.dir))
      expect(readFileSync(join(one.on.dir, file)).includes(token)).toBe(false);
    expect(one.on.workspace.db.raw.prepare('SELECT length(token_hash) FROM sessions').pluck().get()).toBe(32);
  });

  test('is cheap to check while nothing changes, and an edit by another program is seen at the next call all the same', async () => {
    const { one, line } = await setUp();
    for (let call = 0; call < 100; call += 1) await one.session.authenticate(line);
    const start = performance.now();
    for (let call = 0; call < 1_000; call += 1) await one.session.authenticate(line);
    expect((performance.now() - start) / 1_000).toBeLessThan(1);
    const stranger = new Database(join(one.on.dir, 'workspace.sqlite'));
    stranger.exec("UPDATE users SET name = 'edited'");
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    stranger.exec("UPDATE users SET name = 'Root'");
    stranger.close();
    await one.session.authenticate(line);
  });
});

describe('U3: whoever is deactivated, demoted or deleted', () => {
  async function withSecond() {
    const made = await setUp();
    const passwordHash = await hashPassword(new Secret('their password'), CHEAP);
    await plantUser(made.one, { id: 'u2', mail: 'two@example.org', role: 'owner', status: 'active', passwordHash });
    const line = made.one.line();
    const { token } = await signIn(made.one, line, 'their password', 'two@example.org');
    return { ...made, second: line, secondToken: token };
  }

  test.each([
    ['deactivated', "status = 'inactive'", 'NOT_SIGNED_IN'],
    ['deleting', "status = 'deleting'", 'NOT_SIGNED_IN'],
    ['demoted', "role = 'user'", 'NOT_ADMINISTRATOR'],
  ])('%s: loses the session at the next call', async (_name, assignment, code) => {
    const { one, second, secondToken, line } = await withSecond();
    await one.session.authenticate(second);
    await changeUser(one, 'u2', assignment);
    expect(await one.session.restore(one.line(), secondToken)).toEqual({ signedIn: null });
    await expect(one.session.authenticate(second)).rejects.toMatchObject({
      code: expect.stringMatching(`${code}|NOT_SIGNED_IN`),
    });
    await changeUser(one, 'u2', "status = 'active', role = 'owner'");
    await expect(one.session.authenticate(second)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect(await one.session.restore(one.line(), secondToken)).toEqual({ signedIn: null });
    await one.session.authenticate(line);
  });

  test('a session ended with the act does not come back with the account, nor with its old row', async () => {
    const { one, second, secondToken } = await withSecond();
    const { raw } = one.on.workspace.db;
    const row =
      raw
        .prepare<[], Record<string, unknown>>(
          "SELECT * FROM sessions WHERE user_no = (SELECT no FROM users WHERE id = 'u2')",
        )
        .get() ?? {};
    one.on.workspace.transaction((tx) =>
      endSessionsOf(
        tx,
        one.on.audit,
        Number(row.user_no),
        { kind: 'console', onBehalfOf: null, origin: ORIGIN },
        'account_closed',
      ),
    );
    await expect(one.session.authenticate(second)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    raw
      .prepare(
        `INSERT INTO sessions (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
          .map(() => '?')
          .join(', ')})`,
      )
      .run(...Object.values(row));
    const again = await reopened(one);
    expect(await again.session.restore(again.line(), secondToken)).toEqual({ signedIn: null });
    expect(events(again, 'console.seal_broken')).toHaveLength(1);
  });

  test('removed: the session goes with the row', async () => {
    const { one, second } = await withSecond();
    one.on.workspace.db.raw.exec("DELETE FROM users WHERE id = 'u2'");
    await expect(one.session.authenticate(second)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  test('U3, D11: the sole active administrator stays, and the refusal says why', async () => {
    const { one } = await setUp();
    const { db } = one.on.workspace;
    const guard = (no: number) => () => requireAnotherActiveOwner(db, no);
    const sole = expect.objectContaining({
      code: 'SOLE_ADMIN',
      message: expect.stringContaining('only active administrator'),
    });
    expect(guard(1)).toThrowError(sole);
    const passwordHash = await hashPassword(new Secret('their password'), CHEAP);
    await plantUser(one, { id: 'u2', mail: 'two@example.org', role: 'user', status: 'active', passwordHash });
    await plantUser(one, { id: 'u3', mail: 'three@example.org', role: 'owner', status: 'inactive', passwordHash });
    expect(guard(1)).toThrowError(sole);
    expect(guard(2)).not.toThrow();
    expect(guard(3)).not.toThrow();
    await changeUser(one, 'u3', "status = 'active'");
    expect(guard(1)).not.toThrow();
    expect(guard(3)).not.toThrow();
  });
});

describe('X2: the password again', () => {
  test('signing in counts as step-up; it holds five minutes and can be renewed', async () => {
    const { one, line, userId } = await setUp();
    const { clock } = one.on;
    const check = async () => requireStepUp(await one.session.authenticate(line), clock);
    await check();
    clock.advance(5 * MINUTE - 1);
    await check();
    clock.advance(1);
    await expect(check()).rejects.toMatchObject({ code: 'STEP_UP_REQUIRED' });
    expect((await one.session.state(line)).signedIn?.steppedUpUntil).toBeNull();
    await expect(one.session.stepUp(line, actorOf(userId), 'wrong')).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    await expect(check()).rejects.toMatchObject({ code: 'STEP_UP_REQUIRED' });
    const { steppedUpUntil } = await one.session.stepUp(line, actorOf(userId), OWNER.password);
    expect(steppedUpUntil).toBe(new Date(clock() + 5 * MINUTE).toISOString());
    await check();
    expect(events(one, 'admin.stepped_up')).toHaveLength(1);
  });

  test('changing one’s own password ends the other sessions of this administrator, and only those', async () => {
    const { one, line, userId } = await setUp();
    const passwordHash = await hashPassword(new Secret('their password'), CHEAP);
    await plantUser(one, { id: 'u2', mail: 'two@example.org', role: 'owner', status: 'active', passwordHash });
    const theirs = one.line();
    await signIn(one, theirs, 'their password', 'two@example.org');
    const mine = one.line();
    const { token } = await signIn(one, mine);
    const { changedAt } = await one.session.changePassword(line, actorOf(userId), {
      current: OWNER.password,
      next: 'a new password',
    });
    expect(changedAt).toBe(new Date(one.on.clock()).toISOString());
    await one.session.authenticate(line);
    await one.session.authenticate(theirs);
    await expect(one.session.authenticate(mine)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect(await one.session.restore(one.line(), token)).toEqual({ signedIn: null });
    await expect(signIn(one, one.line())).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    await signIn(one, one.line(), 'a new password');
    const vault = await one.on.vault.ready();
    expect(checkSeal(one.on.workspace.db, vault, one.on.audit, 'users', userId)).toBe('holds');
    expect(events(one, 'admin.password_changed')).toHaveLength(1);
  });

  test('the same password again is refused, in any Unicode form, and changes nothing', async () => {
    const { one, line, userId } = await setUp();
    const before = one.on.workspace.db.raw.prepare('SELECT version, password_hash FROM users').get();
    await expect(
      one.session.changePassword(line, actorOf(userId), { current: OWNER.password, next: OWNER.password }),
    ).rejects.toMatchObject({ code: 'PASSWORD_UNCHANGED' });
    expect(one.on.workspace.db.raw.prepare('SELECT version, password_hash FROM users').get()).toEqual(before);
  });
});

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
    const { createHash } = await import('node:crypto');
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
