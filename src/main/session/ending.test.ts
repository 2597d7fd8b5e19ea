import { describe, expect, test } from 'vitest';
import { changeUser, plantUser } from '../../../tests/support/session-ground.ts';
import { events, sessionTests, signIn } from '../../../tests/support/session-tests.ts';
import { CHEAP, ORIGIN } from '../../../tests/support/vault-ground.ts';
import { Secret } from '../secret.ts';
import { endSessionsOf, hashPassword, requireAnotherActiveOwner } from './index.ts';

const { setUp, reopened } = sessionTests();

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
