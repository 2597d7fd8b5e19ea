import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../src/contract/users.ts';
import { qmIn } from '../support/qm.ts';
import { built, quiet, scratch, startQm } from '../support/qm-process.ts';

const PASSWORD = 'correct horse battery';
const PASSPHRASE = 'a passphrase of the test';

interface SetUp {
  readonly userId: string;
  readonly workspace: string;
  readonly auditKey: string;
}
interface UserPage {
  readonly rows: User[];
  readonly next: string | null;
}

/** The daily work with the real, built command on a real workspace. */
describe('R3: the daily work with qm alone', { timeout: 300_000 }, () => {
  const place = scratch();
  const workspace = join(place.dir, 'workspace');
  const env = {
    ...quiet,
    HOME: place.dir,
    QM_WORKSPACE: workspace,
    QM_ADMIN: 'root@example.org',
    QM_PASSWORD_FILE: place.file('password', `${PASSWORD}\n`),
    QM_PASSPHRASE_FILE: place.file('passphrase', PASSPHRASE),
  };
  const first = place.file('first', 'a first password');
  const qm = qmIn(workspace, env);
  let setUp: SetUp;
  let created: string;

  beforeAll(async () => {
    built();
    setUp = await qm.json<SetUp>('setup', '--mail', 'root@example.org', '--name', 'Root', '--workspace-name', 'Test');
    created = await qm.ok(
      ...['users', 'create', '--mail', 'ada@example.org', '--name', 'Ada', '--external-id', 'u001'],
      ...['--limit', '5GiB', '--first-password-file', first],
    );
    for (const name of ['bob', 'cyd'])
      await qm.ok('users', 'create', '--mail', `${name}@example.org`, '--name', name, '--first-password-file', first);
  }, 120_000);
  afterAll(() => place.dispose());

  test('X2: set-up makes a private workspace and answers the fingerprint to be kept; a second one is refused', async () => {
    expect(setUp).toMatchObject({ workspace, userId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(setUp.auditKey.length).toBeGreaterThan(20);
    expect(statSync(workspace).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(workspace, { withFileTypes: true }))
      if (name.isFile()) expect(statSync(join(workspace, name.name)).mode & 0o077, name.name).toBe(0);
    const again = await qm.run('setup', '--mail', 'eve@example.org', '--name', 'Eve');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('ALREADY_SET_UP');
  });

  test('U2: a user is created with the size echoed in bytes', async () => {
    expect(created).toContain('5 GiB (5,368,709,120 bytes)');
    const user = await qm.json<User>('users', 'show', 'u001');
    expect(Object.keys(user).sort()).toEqual(
      [
        ...['id', 'externalId', 'mail', 'name', 'role', 'status', 'passwordMustChange', 'ai', 'quota'],
        ...['connectionCount', 'account', 'version', 'createdAt', 'lastSignInAt'],
      ].sort(),
    );
    expect(user).toMatchObject({
      mail: 'ada@example.org',
      externalId: 'u001',
      status: 'active',
      passwordMustChange: true,
      account: null,
      quota: { usedBytes: 0, state: 'uncounted', share: null },
    });
  });

  test('a user is named by mail in any case, by id, or by external id', async () => {
    const { id } = await qm.json<User>('users', 'show', 'u001');
    for (const name of ['ada@example.org', 'ADA@Example.org', id, 'u001'])
      expect((await qm.json<User>('users', 'show', name)).id).toBe(id);
  });

  test('U1: a list is {rows, next}; pages follow each other, and --all brings every one', async () => {
    const page = await qm.json<UserPage>('users', 'list', '--limit', '3');
    expect(page.rows.map(({ mail }) => mail)).toEqual(['root@example.org', 'ada@example.org', 'bob@example.org']);
    const rest = await qm.json<UserPage>('users', 'list', '--limit', '3', '--after', page.next ?? '');
    expect(rest).toMatchObject({ rows: [{ mail: 'cyd@example.org' }], next: null });
    const all = await qm.json<UserPage>('users', 'list', '--limit', '1', '--all', '--sort', 'mail', '--descending');
    expect(all.rows.map(({ mail }) => mail.slice(0, 3))).toEqual(['roo', 'cyd', 'bob', 'ada']);
    expect(await qm.ok('users', 'list', '--limit', '1')).toContain('There is more');
    expect((await qm.json<UserPage>('users', 'list', '--search', 'ada')).rows).toHaveLength(1);
  });

  test('a table is aligned, names its columns, and standard error stays empty', async () => {
    const { code, stdout, stderr } = await qm.run('users', 'list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head = '', ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^MAIL +NAME +EXTERNAL ID +STATUS/);
    for (const line of lines) expect(line.slice(head.indexOf('NAME') - 2, head.indexOf('NAME'))).toBe('  ');
  });

  test('a write reads the version itself, and refuses the one that is given when it is old', async () => {
    const before = await qm.json<User>('users', 'show', 'u001');
    await qm.ok('users', 'update', 'u001', '--name', 'Ada Lovelace');
    const stale = await qm.run(
      '--json',
      'users',
      'update',
      'u001',
      '--name',
      'X',
      '--expected-version',
      String(before.version),
    );
    expect(stale.code).toBe(1);
    expect(JSON.parse(stale.stdout)).toMatchObject({ error: { code: 'CHANGED_MEANWHILE' } });
    expect((await qm.json<User>('users', 'show', 'u001')).name).toBe('Ada Lovelace');
  });

  test('a connection that nobody tried says so; the list names its user; an index that fails says only why', async () => {
    const added = await qm.ok(
      ...['connections', 'add', '--user', 'ada@example.org', '--provider', 'webdav', '--username', 'ada'],
      ...['--url', 'http://127.0.0.1:9/dav/', '--root', '/platform', '--owned-root', '--secret-file', first],
    );
    const id = /^Id +(\S+)$/m.exec(added)?.[1] ?? '';
    expect(added).toContain(`was recorded; it was not tried yet. Try it: qm connections test ${id}\n`);
    const [head = '', row = ''] = (await qm.ok('connections', 'list')).split('\n');
    expect(head).toMatch(/^ID +USER +PROVIDER/);
    expect(row.slice(head.indexOf('USER'), head.indexOf('PROVIDER')).trim()).toBe('ada@example.org');
    const failed = await qm.run('storage', 'index', '--connection', id);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/^qm: The index failed\. .+ \[INDEX_FAILED\]\n$/);
    expect(failed.stderr).not.toContain('seen');
    const told = await qm.run('--json', 'storage', 'index', '--connection', id);
    expect(told.code).toBe(1);
    expect(JSON.parse(told.stdout)).toMatchObject({ state: 'failed', seen: 0 });
    await qm.ok('connections', 'remove', id);
  });

  test('U3: deactivated and activated again; the sole administrator stays', async () => {
    expect((await qm.json<User>('users', 'deactivate', 'bob@example.org')).status).toBe('inactive');
    expect((await qm.json<User>('users', 'activate', 'bob@example.org')).status).toBe('active');
    const sole = await qm.run('users', 'deactivate', 'root@example.org');
    expect(sole.code).toBe(1);
    expect(sole.stderr).toMatch(/^qm: .+\. \[(SOLE_ADMIN|OWN_ACCOUNT)\]/);
  });

  test('Q2: a limit in any unit, exactly', async () => {
    for (const [written, bytes] of [
      ['1.5GB', 1_500_000_000],
      ['0', 0],
      ['unlimited', null],
    ] as const) {
      await qm.ok('quotas', 'set', 'u001', written);
      const { quota } = await qm.json<{ quota: { limitBytes: number | null } }>('quotas', 'show', 'u001');
      expect(quota.limitBytes, written).toBe(bytes);
    }
  });

  test('U5: a catalogue is made, a model assigned and taken away; one in use stays', async () => {
    await qm.ok('ai', 'providers', 'add', 'mistral');
    await qm.ok('ai', 'models', 'add', 'mistral', 'mistral-large');
    const user = await qm.json<User>('ai', 'assign', 'u001', '--provider', 'mistral', '--model', 'mistral-large');
    expect(user.ai).toEqual({ provider: 'mistral', model: 'mistral-large' });
    expect((await qm.run('ai', 'models', 'remove', 'mistral', 'mistral-large')).stderr).toContain('IN_USE');
    expect(await qm.ok('ai', 'providers')).toMatch(/mistral +1 +1/);
    expect((await qm.json<User>('ai', 'unassign', 'u001')).ai).toBeNull();
    await qm.ok('ai', 'models', 'rename', 'mistral', 'mistral-large', 'mistral-large-3');
    await qm.ok('ai', 'models', 'remove', 'mistral', 'mistral-large-3');
    await qm.ok('ai', 'providers', 'remove', 'mistral');
    expect(await qm.json('ai', 'providers')).toEqual({ rows: [] });
  });

  test('settings are shown and changed', async () => {
    await qm.ok('settings', 'set', '--quota-warning', '75%');
    expect(await qm.json('settings', 'show')).toMatchObject({ workspaceName: 'Test', quotaWarningShare: 0.75 });
  });

  test('qm call: every procedure by name, input from an argument or standard input, the exact answer', async () => {
    const names = JSON.parse((await startQm(['call', '--json'], { env }).ended).stdout) as string[]; // A list of names.
    expect(names).toContain('deletions.start');
    expect(await qm.json('call', 'users.show', '{"user":"u001"}')).toMatchObject({ user: { externalId: 'u001' } });
    const piped = await startQm(['--json', 'call', 'users.show', '-'], { env, stdin: '{"user":"u001"}' }).ended;
    expect(JSON.parse(piped.stdout)).toMatchObject({ user: { externalId: 'u001' } });
    expect(await qm.json('call', 'quotas.set', '--schema')).toMatchObject({
      type: 'object',
      additionalProperties: false,
    });
    expect(await qm.json('call', 'session.state', '{}')).toMatchObject({
      workspace: { isSetUp: true },
      signedIn: null,
    });
  });

  test('the password comes on standard input as well, and in one way only', async () => {
    const { QM_PASSWORD_FILE: _file, ...without } = env;
    const piped = await startQm(['users', 'list', '--password-stdin'], { env: without, stdin: `${PASSWORD}\n` }).ended;
    expect(piped.code).toBe(0);
    const none = await startQm(['users', 'list'], { env: without }).ended;
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('--password-file');
    const both = await startQm(['users', 'list', '--password-stdin', '--password-file', env.QM_PASSWORD_FILE], {
      env: without,
    }).ended;
    expect(both.code).toBe(2);
  });

  test('without the passphrase everything can be read and nothing changed', async () => {
    const { QM_PASSPHRASE_FILE: _file, ...without } = env;
    const locked = qmIn(workspace, without);
    expect((await locked.json<UserPage>('users', 'list')).rows).toHaveLength(4);
    expect(await locked.json('vault', 'status')).toMatchObject({ state: 'locked', way: 'passphrase' });
    const refused = await locked.run(
      'users',
      'create',
      '--mail',
      'x@example.org',
      '--name',
      'X',
      '--first-password-file',
      first,
    );
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('VAULT_LOCKED');
    expect(refused.stderr).toContain('--passphrase-file');
    expect(await qm.json('vault', 'unlock')).toMatchObject({ state: 'available' });
  });

  test('X2: one’s own password is changed; the old one does not work any more', async () => {
    const next = place.file('next', 'another long password');
    await qm.ok('password', 'change', '--new-password-file', next);
    const old = await qm.run('--json', 'users', 'list');
    expect(old.code).toBe(1);
    expect(JSON.parse(old.stdout)).toMatchObject({ error: { code: 'WRONG_PASSWORD' } });
    await qm.ok('users', 'list', '--password-file', next);
    await qm.ok('password', 'change', '--password-file', next, '--new-password-file', env.QM_PASSWORD_FILE);
  });

  test('A3, A4: all of it stands in the log, which holds, by the key that was printed at set-up', async () => {
    const { rows } = await qm.json<{ rows: { event: string; target: { id: string } | null }[] }>(
      'audit',
      'list',
      '--user',
      'u001',
      '--all',
    );
    expect(rows.map(({ event }) => event)).toContain('admin.user_created');
    const { id } = await qm.json<User>('users', 'show', 'u001');
    for (const { target } of rows) expect(target?.id).toBe(id);
    expect(await qm.json('audit', 'verify', '--key', setUp.auditKey)).toMatchObject({ verdict: 'OK', firstBad: null });
    const strange = await qm.run(
      'audit',
      'verify',
      '--key',
      setUp.auditKey.replace(/[0-9a-f](?=[0-9a-f]*$)/, (digit) => (digit === '0' ? '1' : '0')),
    );
    expect(strange).toMatchObject({ code: 1 });
    expect(strange.stdout).toContain('UNTRUSTED_KEY');
  });

  test('no command leaves a session, a lock or a secret behind', async () => {
    expect(existsSync(join(workspace, 'owner.pid'))).toBe(false);
    for (const name of readdirSync(workspace, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())) {
      const bytes = readFileSync(join(name.parentPath, name.name));
      for (const secret of [PASSWORD, PASSPHRASE, 'a first password', 'another long password'])
        expect(bytes.includes(secret), `${name.name}: ${secret}`).toBe(false);
    }
  });
});
