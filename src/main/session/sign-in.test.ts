import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MINUTE } from '../../../tests/support/clock.ts';
import { OWNER, plantUser, type SessionGround } from '../../../tests/support/session-ground.ts';
import { actorOf, count, events, sessionTests, signIn } from '../../../tests/support/session-tests.ts';
import { CHEAP } from '../../../tests/support/vault-ground.ts';
import { Secret } from '../secret.ts';
import { hashPassword, openSession } from './index.ts';

const { setUp, reopened } = sessionTests();

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

  test('right ones at once are none of them taken for wrong, and wrong ones among them count', async () => {
    const { one, line, userId } = await setUp();
    const right = Array.from({ length: 12 }, () => signIn(one, one.line()));
    const stepUps = Array.from({ length: 6 }, () => one.session.stepUp(line, actorOf(userId), OWNER.password));
    expect(await wrong(one)).toBe('WRONG_PASSWORD');
    expect(await Promise.all(right)).toHaveLength(12);
    expect(await Promise.all(stepUps)).toHaveLength(6);
    expect(one.on.workspace.db.raw.prepare('SELECT failures FROM sign_in_attempts').pluck().get()).toBe(1);
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

  test('right passphrases at once all open the vault', async () => {
    const { one } = await setUp('a long passphrase');
    one.on.vault.lock();
    const tried = Array.from({ length: 8 }, () => one.session.unlockVault(one.line(), new Secret('a long passphrase')));
    for (const { state } of await Promise.all(tried)) expect(state).toBe('available');
    expect(count(one, 'sign_in_attempts')).toBe(0);
  });

  test('a vault of the keychain has no passphrase, and asking does not count as a try', async () => {
    const { one } = await setUp();
    for (let round = 0; round < 7; round += 1)
      await expect(one.session.unlockVault(one.line(), new Secret('x'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
