import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/main/ground.ts';
import { normaliseMailKey } from '../../src/main/session/index.ts';
import { findUser, type NewUser, openUsers, type Users } from '../../src/main/users/index.ts';
import { checkSeal } from '../../src/main/vault/index.ts';
import { OWNER, openSetUpSession, type SessionGround } from '../support/session-ground.ts';
import { CHEAP, ORIGIN } from '../support/vault-ground.ts';

let one: SessionGround;
let users: Users;
let rootId: string;
let root: Actor;
/** A second connection to the file: it sees only what is committed. */
let second: Database.Database;

beforeEach(async () => {
  const opened = await openSetUpSession();
  one = opened.one;
  rootId = opened.userId;
  root = { kind: 'administrator', id: rootId, origin: ORIGIN };
  users = openUsers(one.on.ground, { argon2: CHEAP });
  second = new Database(`${one.on.dir}/workspace.sqlite`);
});
afterEach(async () => {
  second.close();
  await one.dispose();
});

const ada: NewUser = {
  mail: 'ada@example.org',
  name: 'Ada',
  role: 'user',
  externalId: 'u001',
  firstPassword: 'a first password',
  limitBytes: 5 * 2 ** 30,
};
const create = (part: Partial<NewUser> = {}) => users.create(root, { ...ada, ...part });
const entriesOf = (targetId: string) => one.on.audit.list(one.on.workspace.db, { targetId, limit: 100 }).rows;
const sealOf = async (id: string) =>
  checkSeal(one.on.workspace.db, await one.on.vault.ready(), one.on.audit, 'users', id);
const refusedWith = (code: string) => expect.objectContaining({ name: 'Refusal', code });
const addDocument = (userId: string) =>
  second.exec(`INSERT INTO backends (no, kind) VALUES (77, 'folder');
    INSERT INTO documents (backend_no, user_no, key, size) SELECT 77, no, 'k', 10 FROM users WHERE id = '${userId}'`);

describe('U2: create', () => {
  test('writes user, quota row, seal and entry in one transaction, and the password must be changed', async () => {
    const user = await create();
    expect(user).toMatchObject({
      mail: 'ada@example.org',
      name: 'Ada',
      role: 'user',
      externalId: 'u001',
      status: 'active',
      passwordMustChange: true,
      ai: null,
      connectionCount: 0,
      account: null,
      version: 1,
      lastSignInAt: null,
      quota: {
        limitBytes: 5 * 2 ** 30,
        usedBytes: 0,
        limitMiB: 5120,
        usedMiB: 0,
        share: null,
        state: 'uncounted',
        countedAt: null,
        version: 1,
      },
    });
    expect(
      second
        .prepare('SELECT q.limit_bytes FROM users u JOIN quotas q ON q.user_no = u.no WHERE u.id = ?')
        .pluck()
        .get(user.id),
    ).toBe(5 * 2 ** 30);
    expect(entriesOf(user.id)).toMatchObject([
      { event: 'admin.user_created', outcome: 'done', actor: { kind: 'administrator', id: rootId } },
    ]);
    expect(await sealOf(user.id)).toBe('holds');
  });

  test('A1: where the entry cannot be written, there is no user', async () => {
    second.exec("CREATE TRIGGER fail BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'no room'); END");
    await expect(create()).rejects.toThrow('no room');
    second.exec('DROP TRIGGER fail');
    expect(second.prepare("SELECT count(*) FROM users WHERE mail_key = 'ada@example.org'").pluck().get()).toBe(0);
    expect(second.prepare('SELECT count(*) FROM quotas').pluck().get()).toBe(1);
  });

  test('A1: where the user cannot be written, there is no entry', async () => {
    const before = second.prepare('SELECT count(*) FROM audit_entries').pluck().get();
    second.exec("CREATE TRIGGER fail BEFORE INSERT ON quotas BEGIN SELECT RAISE(ABORT, 'no room'); END");
    await expect(create()).rejects.toThrow('no room');
    expect(second.prepare('SELECT count(*) FROM audit_entries').pluck().get()).toBe(before);
  });

  test.each([
    ['the same', 'ada@example.org'],
    ['another case', 'ADA@Example.ORG'],
    ['around it spaces', ' ada@example.org '],
  ])('a mail address is taken once: %s', async (_how, mail) => {
    await create();
    await expect(create({ mail, externalId: 'u002' })).rejects.toThrow(refusedWith('MAIL_TAKEN'));
  });

  test.each([
    ['ren\u00e9@example.org', 'rene\u0301@example.org'],
    ['rene\u0301@example.org', 'REN\u00c9@example.org'],
    ['straße@example.org', 'STRASSE@example.org'],
    ['σοφος@example.org', 'ΣΟΦΟΣ@example.org'],
    ['\u212bke@example.org', '\u00e5ke@example.org'],
  ])('two forms of one address are one: %s and %s', async (first, other) => {
    const user = await create({ mail: first });
    await expect(create({ mail: other, externalId: 'u002' })).rejects.toThrow(refusedWith('MAIL_TAKEN'));
    expect(users.show(other).id).toBe(user.id);
  });

  test('an external id is taken once, and its case counts', async () => {
    await create();
    await expect(create({ mail: 'b@example.org' })).rejects.toThrow(refusedWith('EXTERNAL_ID_TAKEN'));
    expect((await create({ mail: 'b@example.org', externalId: 'U001' })).externalId).toBe('U001');
    expect((await create({ mail: 'c@example.org', externalId: undefined })).externalId).toBeNull();
    expect((await create({ mail: 'd@example.org', externalId: undefined })).externalId).toBeNull();
  });

  test('of two at once with one address one wins', async () => {
    const made = await Promise.allSettled([create(), create({ mail: 'ADA@example.org', externalId: 'u002' })]);
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(made.find((one) => one.status === 'rejected')).toMatchObject({ reason: { code: 'MAIL_TAKEN' } });
  });

  test('no limit and a limit of nothing are two things', async () => {
    expect((await create({ limitBytes: null })).quota).toMatchObject({ limitBytes: null, limitMiB: null });
    expect((await create({ mail: 'b@example.org', externalId: undefined, limitBytes: 0 })).quota).toMatchObject({
      limitBytes: 0,
      limitMiB: 0,
    });
  });

  test('A3: neither mail address nor external id nor password comes into the log', async () => {
    const user = await create({ externalId: 'ada.l@example.org' });
    await users.update(root, {
      user: user.id,
      expectedVersion: 1,
      mail: 'lovelace@example.org',
      name: 'Lady',
      externalId: 'planted-external',
    });
    const log = second.prepare('SELECT entry FROM audit_entries').pluck().all().join('\n');
    for (const word of ['ada@', 'ada.l', 'lovelace', 'Lady', 'planted-external', 'a first password', 'argon2'])
      expect(log).not.toContain(word);
  });

  test('the vault locked, nothing is created', async () => {
    one.on.keychain.state = 'locked';
    one.on.vault.askAgain();
    await expect(create()).rejects.toThrow(refusedWith('VAULT_LOCKED'));
    expect(second.prepare('SELECT count(*) FROM users').pluck().get()).toBe(1);
  });
});

describe('a user is named by id, mail address or external id', () => {
  test('whatever case and Unicode form the address has', async () => {
    const user = await create({ mail: 'Ren\u00e9@Example.org' });
    for (const ref of [user.id, 'rene\u0301@example.org', 'REN\u00c9@EXAMPLE.ORG', 'u001'])
      expect(users.show(ref).id).toBe(user.id);
    expect(user.mail).toBe('Ren\u00e9@Example.org');
  });

  test('an external id that looks like an address does not hide the one who has the address', async () => {
    const user = await create();
    const other = await create({ mail: 'other@example.org', externalId: 'ada@example.org' });
    expect(users.show('ada@example.org').id).toBe(user.id);
    const third = await create({ mail: 'third@example.org', externalId: 'nobody@example.org' });
    expect(users.show('nobody@example.org').id).toBe(third.id);
    expect(users.idOf(other.id)).toBe(other.id);
  });

  test.each(['', 'nobody', 'U001', 'ada', 'ada@', '%', "u001' OR 1=1", '01936f00-0000-7000-8000-000000000000'])(
    '%j is nobody',
    async (ref) => {
      await create();
      expect(() => findUser(one.on.workspace.db, ref)).toThrow(refusedWith('NOT_FOUND'));
      expect(users.idOf(ref)).toBeNull();
    },
  );
});

describe('U2: update', () => {
  test('changes mail, name and role, raises the version, renews the seal, and writes what was changed', async () => {
    const { id } = await create();
    const user = await users.update(root, {
      user: 'u001',
      expectedVersion: 1,
      mail: 'Countess@example.org',
      name: 'Ada L',
      role: 'owner',
    });
    expect(user).toMatchObject({ id, mail: 'Countess@example.org', name: 'Ada L', role: 'owner', version: 2 });
    expect(second.prepare('SELECT mail_key FROM users WHERE id = ?').pluck().get(id)).toBe(
      normaliseMailKey('Countess@example.org'),
    );
    expect(await sealOf(id)).toBe('holds');
    expect(entriesOf(id)[0]).toMatchObject({
      event: 'admin.user_updated',
      metadata: { changed: ['mail', 'name', 'role'], role: 'owner' },
    });
    const found = async (search: string) =>
      (await users.list({ search, sortBy: 'name', direction: 'ascending', limit: 5 })).rows;
    expect(await found('countess')).toHaveLength(1);
    expect(await found('ada@')).toHaveLength(0);
  });

  test('of two with the same version one is refused, and says which version there is now', async () => {
    await create();
    const both = await Promise.allSettled([
      users.update(root, { user: 'u001', expectedVersion: 1, name: 'First' }),
      users.update(root, { user: 'u001', expectedVersion: 1, name: 'Second' }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { code: 'CHANGED_MEANWHILE', data: { version: 2 } } });
    expect(users.show('u001').name).toBe('First');
  });

  test('what is the same is no change and no entry', async () => {
    const { id } = await create();
    expect(
      await users.update(root, { user: id, expectedVersion: 1, name: 'Ada', mail: 'ada@example.org' }),
    ).toMatchObject({ version: 1 });
    expect(entriesOf(id)).toHaveLength(1);
  });

  test('one’s own address may change its case; another’s is taken', async () => {
    await create();
    await create({ mail: 'b@example.org', externalId: 'u002' });
    expect((await users.update(root, { user: 'u001', expectedVersion: 1, mail: 'ADA@example.org' })).mail).toBe(
      'ADA@example.org',
    );
    await expect(users.update(root, { user: 'u002', expectedVersion: 1, mail: 'Ada@EXAMPLE.org' })).rejects.toThrow(
      refusedWith('MAIL_TAKEN'),
    );
    await expect(users.update(root, { user: 'u002', expectedVersion: 1, externalId: 'u001' })).rejects.toThrow(
      refusedWith('EXTERNAL_ID_TAKEN'),
    );
    expect(users.show('u002')).toMatchObject({ version: 1, mail: 'b@example.org' });
  });

  test('the external id is fixed once documents exist; without one it can still be given', async () => {
    const { id } = await create();
    expect(await users.update(root, { user: id, expectedVersion: 1, externalId: 'u0011' })).toMatchObject({
      externalId: 'u0011',
    });
    addDocument(id);
    await expect(users.update(root, { user: id, expectedVersion: 2, externalId: 'u0012' })).rejects.toThrow(
      refusedWith('EXTERNAL_ID_FIXED'),
    );
    expect(await users.update(root, { user: id, expectedVersion: 2, externalId: 'u0011', name: 'Same' })).toMatchObject(
      { name: 'Same' },
    );
    const other = await create({ mail: 'b@example.org', externalId: undefined });
    second.exec(
      `INSERT INTO documents (backend_no, user_no, key, size) SELECT 77, no, 'l', 10 FROM users WHERE id = '${other.id}'`,
    );
    expect(await users.update(root, { user: other.id, expectedVersion: 1, externalId: 'u003' })).toMatchObject({
      externalId: 'u003',
    });
  });
});

describe('U3: deactivate and reactivate', () => {
  test('each with its entry and seal; twice is once', async () => {
    const { id } = await create();
    expect(await users.deactivate(root, { user: id, expectedVersion: 1 })).toMatchObject({
      status: 'inactive',
      version: 2,
    });
    expect(await users.deactivate(root, { user: id, expectedVersion: 2 })).toMatchObject({
      status: 'inactive',
      version: 2,
    });
    expect(await sealOf(id)).toBe('holds');
    expect(await users.activate(root, { user: id, expectedVersion: 2 })).toMatchObject({
      status: 'active',
      version: 3,
    });
    expect(await sealOf(id)).toBe('holds');
    expect(entriesOf(id).map(({ event }) => event)).toEqual([
      'admin.user_activated',
      'admin.user_deactivated',
      'admin.user_created',
    ]);
    await expect(users.activate(root, { user: id, expectedVersion: 2 })).rejects.toThrow(
      refusedWith('CHANGED_MEANWHILE'),
    );
  });

  test('the sole active administrator is neither deactivated nor demoted; the refusal says why', async () => {
    const version = users.show(rootId).version;
    await expect(users.deactivate(root, { user: rootId, expectedVersion: version })).rejects.toThrow(
      refusedWith('SOLE_ADMIN'),
    );
    await expect(users.update(root, { user: rootId, expectedVersion: version, role: 'user' })).rejects.toThrow(
      /only active administrator/,
    );
    const { id } = await create({ role: 'owner' });
    await users.deactivate(root, { user: id, expectedVersion: 1 });
    await expect(users.deactivate(root, { user: rootId, expectedVersion: version })).rejects.toThrow(
      refusedWith('SOLE_ADMIN'),
    );
    await users.activate(root, { user: id, expectedVersion: 2 });
    expect(await users.deactivate(root, { user: rootId, expectedVersion: version })).toMatchObject({
      status: 'inactive',
    });
  });

  test('of two administrators who deactivate each other at once one stays', async () => {
    const { id } = await create({ role: 'owner' });
    const both = await Promise.allSettled([
      users.deactivate(root, { user: id, expectedVersion: 1 }),
      users.deactivate({ ...root, id } as Actor, { user: rootId, expectedVersion: users.show(rootId).version }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  test.each(['deactivate', 'demote'] as const)(
    'to %s an administrator ends every session of theirs, in the log too',
    async (how) => {
      await create({ role: 'owner' });
      const line = one.line();
      await one.session.signIn(line, { mail: 'ada@example.org', password: 'a first password' });
      expect(
        second
          .prepare("SELECT count(*) FROM sessions s JOIN users u ON u.no = s.user_no WHERE u.external_id = 'u001'")
          .pluck()
          .get(),
      ).toBe(1);
      const { version } = users.show('u001');
      if (how === 'deactivate') await users.deactivate(root, { user: 'u001', expectedVersion: version });
      else await users.update(root, { user: 'u001', expectedVersion: version, role: 'user' });
      expect(
        second
          .prepare("SELECT count(*) FROM sessions s JOIN users u ON u.no = s.user_no WHERE u.external_id = 'u001'")
          .pluck()
          .get(),
      ).toBe(0);
      await expect(one.session.authenticate(line)).rejects.toThrow(refusedWith('NOT_SIGNED_IN'));
      const [ended] = one.on.audit.list(one.on.workspace.db, { event: 'admin.signed_out', limit: 1 }).rows;
      expect(ended).toMatchObject({ metadata: { reason: 'account_closed' } });
    },
  );

  test('who is being deleted cannot be changed any more', async () => {
    const { id } = await create();
    await one.on.workspace.transaction((tx) =>
      tx.raw.prepare("UPDATE users SET status = 'deleting' WHERE id = ?").run(id),
    );
    await reseal(id);
    for (const act of [
      () => users.update(root, { user: id, expectedVersion: 1, name: 'x' }),
      () => users.activate(root, { user: id, expectedVersion: 1 }),
      () => users.deactivate(root, { user: id, expectedVersion: 1 }),
    ])
      await expect(act()).rejects.toThrow(refusedWith('USER_BEING_DELETED'));
  });
});

/** Seals a row as the domain that changed it would. */
async function reseal(id: string): Promise<void> {
  const { renewSeal } = await import('../../src/main/vault/index.ts');
  const vault = await one.on.vault.ready();
  one.on.workspace.transaction((tx) =>
    one.on.audit.append(tx, {
      actor: root,
      event: 'admin.deletion_started',
      target: { kind: 'user', id },
      sealed: renewSeal(tx, vault, 'users', id),
    }),
  );
}

describe('X6: a row that somebody else wrote', () => {
  const edits: Record<string, string> = {
    'made an administrator': "UPDATE users SET role = 'owner' WHERE external_id = 'u001'",
    'given another password':
      "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE role = 'owner') WHERE external_id = 'u001'",
    'given another address':
      "UPDATE users SET mail = 'evil@example.org', mail_key = 'evil@example.org' WHERE external_id = 'u001'",
    'enabled again': "UPDATE users SET status = 'active', version = version + 1 WHERE external_id = 'u001'",
  };
  test.each(Object.entries(edits))('%s: no change to a part of it seals the rest', async (_what, sql) => {
    const { id } = await create();
    second.exec(sql);
    const { version } = users.show(id);
    for (const act of [
      () => users.update(root, { user: id, expectedVersion: version, name: 'Renamed' }),
      () => users.deactivate(root, { user: id, expectedVersion: version }),
      () => users.activate(root, { user: id, expectedVersion: version }),
      () =>
        users.update(root, {
          user: id,
          expectedVersion: version,
          name: 'Renamed',
          mail: 'new@example.org',
          role: 'user',
        }),
    ])
      await expect(act()).rejects.toThrow(refusedWith('SEAL_BROKEN'));
    expect(await sealOf(id)).toBe('broken');
    const broken = one.on.audit.list(one.on.workspace.db, { event: 'console.seal_broken', limit: 5 }).rows;
    expect(broken).toMatchObject([{ target: { kind: 'user', id }, outcome: 'refused' }]);
  });

  test('is put right by naming all of it: inactive, without a password, and without sessions', async () => {
    const { id } = await create();
    second.exec(edits['given another password']!);
    second.exec("UPDATE users SET role = 'owner', external_id = 'u666' WHERE external_id = 'u001'");
    addDocument(id);
    const whole = {
      user: id,
      expectedVersion: 1,
      mail: 'ada@example.org',
      name: 'Ada',
      role: 'owner' as const,
      externalId: 'u001',
    };
    await expect(users.update(root, { ...whole, expectedVersion: 9 })).rejects.toThrow(
      refusedWith('CHANGED_MEANWHILE'),
    );
    expect(await users.update(root, whole)).toMatchObject({
      externalId: 'u001',
      status: 'inactive',
      version: 2,
      passwordMustChange: true,
    });
    expect(await sealOf(id)).toBe('holds');
    expect(entriesOf(id)[0]).toMatchObject({ event: 'admin.user_updated', metadata: { savedAnew: true } });
    await users.activate(root, { user: id, expectedVersion: 2 });
    const signIn = one.session.signIn(one.line(), { mail: 'ada@example.org', password: OWNER.password });
    await expect(signIn).rejects.toThrow(refusedWith('WRONG_PASSWORD'));
  });

  test('an old row put back is broken too', async () => {
    const { id } = await create();
    const old = second.prepare('SELECT * FROM users WHERE id = ?').get(id) as Record<string, unknown>;
    await users.deactivate(root, { user: id, expectedVersion: 1 });
    second
      .prepare('UPDATE users SET status = ?, version = ?, seal = ? WHERE id = ?')
      .run(old.status, old.version, old.seal, id);
    await expect(users.update(root, { user: id, expectedVersion: 1, name: 'x' })).rejects.toThrow(
      refusedWith('SEAL_BROKEN'),
    );
  });

  test('a row that somebody added is nobody’s until it is saved anew', async () => {
    second.exec(`INSERT INTO users (id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
      SELECT '01936f00-0000-7000-8000-00000000beef', 'evil@x.org', 'evil@x.org', 'Evil', role, status, password_hash, 0, 1, seal, 1 FROM users LIMIT 1;
      INSERT INTO quotas (user_no, version) SELECT max(no), 1 FROM users`);
    await expect(one.session.signIn(one.line(), { mail: 'evil@x.org', password: OWNER.password })).rejects.toThrow(
      refusedWith('SEAL_BROKEN'),
    );
    const evil = { user: 'evil@x.org', expectedVersion: 1 };
    await expect(users.activate(root, evil)).rejects.toThrow(refusedWith('SEAL_BROKEN'));
    expect(await users.update(root, { ...evil, mail: 'evil@x.org', name: 'Evil', role: 'user' })).toMatchObject({
      status: 'inactive',
    });
  });
});
