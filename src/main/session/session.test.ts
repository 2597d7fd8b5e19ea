import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { MINUTE } from '../../../tests/support/clock.ts';
import { OWNER, plantUser } from '../../../tests/support/session-ground.ts';
import { actorOf, count, events, sessionTests, signIn } from '../../../tests/support/session-tests.ts';
import { CHEAP } from '../../../tests/support/vault-ground.ts';
import { Secret } from '../secret.ts';
import { checkSeal } from '../vault/index.ts';
import { hashPassword, requireStepUp } from './index.ts';

const { setUp, reopened } = sessionTests();

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
