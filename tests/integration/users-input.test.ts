import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSetUpConsole, type TestConsole } from '../support/test-console.ts';

let opened: TestConsole;
let second: Database.Database;

beforeAll(async () => {
  opened = await openSetUpConsole({ motor: false });
  second = new Database(`${opened.dir}/workspace.sqlite`);
});
afterAll(async () => {
  second.close();
  await opened.dispose();
});

describe('U2: what the contract refuses of a new user, before anything is written', () => {
  const good = { mail: 'b@example.org', name: 'Ben', firstPassword: 'a first password' };
  test.each([
    ['an external id with a slash', { externalId: 'a/b' }],
    ['an external id with a star', { externalId: 'abc*' }],
    ['an external id of dots', { externalId: '...' }],
    ['an external id with a space', { externalId: 'a b' }],
    ['an external id too short', { externalId: 'ab' }],
    ['an external id too long', { externalId: 'a'.repeat(65) }],
    ['an external id with a letter that is not ASCII', { externalId: 'äbc' }],
    ['an empty mail address', { mail: '' }],
    ['a mail address without an @', { mail: 'ben' }],
    ['a mail address with a line break', { mail: 'b@example.org\nBcc: x@y' }],
    ['an empty name', { name: '  ' }],
    ['a name with a control character', { name: 'Ben\u0007' }],
    ['a short password', { firstPassword: 'short' }],
    ['a role that there is not', { role: 'root' }],
    ['a negative limit', { limitBytes: -1 }],
    ['an unknown field', { passwordHash: 'x' }],
  ])('%s', async (_what, part) => {
    const before = second.prepare('SELECT count(*) FROM audit_entries').pluck().get();
    await expect(opened.client.users.create({ ...good, ...part } as never)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    expect(second.prepare('SELECT count(*) FROM audit_entries').pluck().get()).toBe(before);
    expect(second.prepare('SELECT count(*) FROM users').pluck().get()).toBe(1);
  });
});

describe('U2: what the contract takes is kept as it is', () => {
  test.each(['a.b', '...a', 'A@b.c', '-_-', '0123', '1e5', 'a'.repeat(64)])('external id %j', async (externalId) => {
    const { user } = await opened.client.users.create({
      mail: `m${externalId.replace('@', '+')}@example.org`,
      name: 'B',
      firstPassword: 'a first password',
      externalId,
    });
    expect(user.externalId).toBe(externalId);
    expect((await opened.client.users.show({ user: externalId })).user.id).toBe(user.id);
  });

  test('X3: answers of list, show, create and update hold neither hash nor seal nor number', async () => {
    const { user } = await opened.client.users.create({
      mail: 'zoe@example.org',
      name: 'Zoe',
      firstPassword: 'a first password',
    });
    const row = second
      .prepare('SELECT password_hash, hex(seal) AS seal, mail_key FROM users WHERE id = ?')
      .get(user.id) as Record<string, string>;
    const answers = JSON.stringify([
      user,
      await opened.client.users.show({ user: 'zoe@example.org' }),
      await opened.client.users.list({}),
      await opened.client.users.outline({}),
      await opened.client.users.update({ user: user.id, expectedVersion: 1, name: 'Zoë' }),
      await opened.client.users.deactivate({ user: user.id, expectedVersion: 2 }),
      await opened.client.users.activate({ user: user.id, expectedVersion: 3 }),
    ]);
    for (const secret of [row.password_hash!, row.seal!.toLowerCase(), 'argon2', 'mail_key', 'passwordHash', '"no":'])
      expect(answers).not.toContain(secret);
  });
});
