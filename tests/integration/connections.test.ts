import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CloudRoot } from '../../src/contract/connections.ts';
import { type ConnectionAnswer, type Connections, openConnections } from '../../src/main/connections/index.ts';
import type { Actor } from '../../src/main/ground.ts';
import { isRefusal, type Refusal } from '../../src/main/refusal.ts';
import { Secret } from '../../src/main/secret.ts';
import type { StorageBackend } from '../../src/main/storage/index.ts';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client } from '../support/s3-client.ts';
import { ORIGIN, openVaultGround, setUpVault, type VaultGround } from '../support/vault-ground.ts';

const ADMIN: Actor = { kind: 'administrator', id: '01936f00-0000-7000-8000-000000000001', origin: ORIGIN };

let opened: VaultGround;
let connections: Connections;

beforeEach(async () => {
  opened = await openVaultGround();
  await setUpVault(opened);
  connections = openConnections(opened.ground);
});
afterEach(() => opened.dispose());

/** A user as far as connections look at one. */
function makeUser(name: string): string {
  const { raw } = opened.workspace.db;
  const id = opened.ground.newId();
  raw
    .prepare(
      `INSERT INTO users (id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
       VALUES (?, ?, ?, ?, ?, 'user', 'active', 'x', 0, 1, x'00', 0)`,
    )
    .run(id, name, `${name}@example.org`, `${name}@example.org`, name);
  raw.prepare('INSERT INTO quotas (user_no, limit_bytes, version) SELECT no, NULL, 1 FROM users WHERE id = ?').run(id);
  return id;
}

const noOf = (userId: string): number =>
  opened.workspace.db.raw.prepare<[string], number>('SELECT no FROM users WHERE id = ?').pluck().get(userId) ?? -1;
const setStatus = (userId: string, status: string) =>
  opened.workspace.db.raw.prepare('UPDATE users SET status = ? WHERE id = ?').run(status, userId);
const usageOf = (userId: string): unknown =>
  opened.workspace.db.raw.prepare('SELECT used_bytes, document_count FROM quotas WHERE user_no = ?').get(noOf(userId));
const entries = (event: string) => opened.audit.list(opened.workspace.db, { event, limit: 100 }).rows;

interface WebDavInput {
  readonly user: string;
  readonly url?: string;
  readonly username?: string;
  readonly secret?: string;
  readonly root?: string;
  readonly ownedRoot?: boolean;
  readonly label?: string;
}
const webdav = (input: WebDavInput) => ({
  provider: 'webdav' as const,
  url: 'http://127.0.0.1:1/dav/',
  username: 'ada',
  secret: 'planted-secret',
  root: '/platform',
  ownedRoot: false,
  ...input,
});
const s3 = (input: {
  user: string;
  url?: string;
  bucket?: string;
  root?: string;
  ownedRoot?: boolean;
  username?: string;
  secret?: string;
}) => ({
  provider: 's3' as const,
  url: 'http://127.0.0.1:1',
  region: 'us-east-1',
  pathStyle: true,
  bucket: 'adas-bucket',
  username: 'AKIA-ADA',
  secret: 'planted-secret',
  root: '/platform',
  ownedRoot: false,
  ...input,
});

async function refused(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isRefusal(error)) throw error ?? new Error('it was not refused');
  return error;
}

/** Everything that the workspace has on the disk, the write-ahead log too. */
function allBytes(): Buffer {
  const files = readdirSync(opened.dir, { recursive: true }).map((name) => join(opened.dir, String(name)));
  return Buffer.concat(files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file)));
}

/** In none of the forms in which a secret could be written down. */
function expectNowhere(secret: string, ...spoken: unknown[]): void {
  const forms = [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(`ada:${secret}`).toString('base64'),
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ].map((form) => form.replace(/=+$/, ''));
  const bytes = allBytes();
  const text = JSON.stringify(spoken);
  for (const form of new Set(forms)) {
    expect(bytes.includes(form), `a file holds ${form}`).toBe(false);
    expect(text.includes(form), `an answer holds ${form}`).toBe(false);
  }
  expect(bytes.includes(Buffer.from(secret, 'utf16le'))).toBe(false);
}

describe('without any server', () => {
  test('C1: no answer, entry or file ever holds a secret, whatever is done with the connection', async () => {
    const user = makeUser('ada');
    const secrets = ['planted-Secret "one" äß/1', 'planted-Secret two', 'planted-S3-key/+three'] as const;
    const spoken: unknown[] = [];
    const say = (answer: unknown): void => {
      spoken.push(answer);
      for (const secret of secrets)
        expectNowhere(secret, ...spoken, opened.audit.list(opened.workspace.db, { limit: 500 }).rows);
    };
    const first = await connections.add(ADMIN, webdav({ user, secret: secrets[0] }));
    say(first);
    say(
      await connections.update(ADMIN, {
        connectionId: first.id,
        expectedVersion: 1,
        secret: secrets[1],
        label: 'Home',
      }),
    );
    say(await connections.add(ADMIN, s3({ user, secret: secrets[2] })));
    say(await connections.test(ADMIN, first.id));
    say(await connections.recordDocuments(ADMIN, first.id, [{ key: 'a.txt', size: 1 }]));
    say(await connections.list({ limit: 50 }));
    say(connections.show(first.id));
    say(connections.connectionTargets(opened.workspace.db, noOf(user)));
    say(await connections.remove(ADMIN, { connectionId: first.id, expectedVersion: 2, confirmDocuments: 1 }));
    opened.workspace.truncateLog();
    say('after the log was emptied');
    const known = (await connections.list({ limit: 50 })).rows[0];
    expect(Object.keys(known ?? {}).sort()).toEqual(
      [
        'account',
        'bytes',
        'documents',
        'id',
        'label',
        'lastCheckedAt',
        'ownedRoot',
        'provider',
        'root',
        'state',
        'userId',
        'version',
      ].sort(),
    );
  });

  test('C1: credentials open in their own row and for their own user alone', async () => {
    const [ada, bob] = [makeUser('ada'), makeUser('bob')];
    const one = await connections.add(ADMIN, webdav({ user: ada, secret: 'ada’s' }));
    const two = await connections.add(ADMIN, webdav({ user: bob, username: 'bob', secret: 'bob’s' }));
    const vault = await opened.vault.ready();
    const blobOf = (id: string): Buffer =>
      opened.workspace.db.raw
        .prepare<[string], Buffer>('SELECT credentials FROM connections WHERE id = ?')
        .pluck()
        .get(id)!;
    const cell = { table: 'connections', column: 'credentials', rowId: one.id, ownerId: ada };
    expect(() => vault.decrypt(cell, blobOf(one.id))).not.toThrow();
    for (const wrong of [
      { ...cell, rowId: two.id },
      { ...cell, ownerId: bob },
      { ...cell, column: 'configuration' },
      { ...cell, table: 'users' },
    ])
      expect(() => vault.decrypt(wrong, blobOf(one.id))).toThrow();
    opened.workspace.db.raw.prepare('UPDATE connections SET credentials = ? WHERE id = ?').run(blobOf(two.id), one.id);
    expect((await refused(connections.test(ADMIN, one.id))).code).toBe('SEAL_BROKEN');
  });

  test('X6: a row that somebody else wrote is neither used nor saved anew, is named once, and can be removed', async () => {
    const user = makeUser('ada');
    const mutations: Record<string, string> = {
      configuration: "configuration = replace(configuration, '127.0.0.1:1/', '127.0.0.1:2/')",
      root: "root = '/elsewhere'",
      owned_root: 'owned_root = 1',
      user_no: `user_no = ${noOf(makeUser('eve'))}`,
      label: "label = 'other'",
      version: 'version = 7',
    };
    for (const [name, mutation] of Object.entries(mutations)) {
      const { id } = await connections.add(ADMIN, webdav({ user }));
      opened.workspace.db.raw.prepare(`UPDATE connections SET ${mutation} WHERE id = ?`).run(id);
      const { version, userId } = connections.show(id);
      const before = entries('console.seal_broken').length;
      for (const work of [
        () => connections.test(ADMIN, id),
        () => connections.update(ADMIN, { connectionId: id, expectedVersion: version, label: 'mine again' }),
        () => connections.update(ADMIN, { connectionId: id, expectedVersion: version, secret: 'new' }),
        () => connections.recordDocuments(ADMIN, id, [{ key: 'a', size: 1 }]),
        () => connections.openForIndex(id),
        () =>
          connections
            .connectionTargets(opened.workspace.db, noOf(userId))
            .find(({ sourceId }) => sourceId === id)!
            .open(),
      ])
        expect((await refused(work())).code, name).toBe('SEAL_BROKEN');
      expect(entries('console.seal_broken').length - before, name).toBe(1);
      expect(await connections.remove(ADMIN, { connectionId: id, expectedVersion: version })).toMatchObject({
        removed: id,
      });
    }
  });

  test('X6: an older row cannot be put back', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, webdav({ user, secret: 'old' }));
    const old = opened.workspace.db.raw
      .prepare<[string], Record<string, unknown>>('SELECT * FROM connections WHERE id = ?')
      .get(id)!;
    await connections.update(ADMIN, {
      connectionId: id,
      expectedVersion: 1,
      url: 'http://127.0.0.1:2/dav/',
      secret: 'new',
    });
    opened.workspace.db.raw
      .prepare(
        'UPDATE connections SET configuration = ?, credentials = ?, seal = ?, version = ?, account = ? WHERE id = ?',
      )
      .run(old.configuration, old.credentials, old.seal, old.version, old.account, id);
    expect((await refused(connections.test(ADMIN, id))).code).toBe('SEAL_BROKEN');
  });

  test('A1: each act stands in the log with ids and no mail address', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(
      ADMIN,
      webdav({ user, username: 'ada@example.org', root: '/ada@example.org' }),
    );
    await connections.update(ADMIN, { connectionId: id, expectedVersion: 1, secret: 'b', label: 'L' });
    await connections.recordDocuments(ADMIN, id, [{ key: 'a.txt', size: 5 }]);
    await connections.test(ADMIN, id);
    await connections.remove(ADMIN, { connectionId: id, expectedVersion: 2, confirmDocuments: 1 });
    const rows = opened.audit.list(opened.workspace.db, { targetId: id, limit: 100 }).rows;
    expect(rows.map(({ event, outcome, metadata }) => [event, outcome, metadata]).reverse()).toEqual([
      ['cloud.connection_added', 'done', { userId: user, provider: 'webdav', ownedRoot: false }],
      ['cloud.connection_changed', 'done', { userId: user, changed: ['label', 'secret'] }],
      ['cloud.documents_recorded', 'done', { userId: user, given: 1, added: 1, changed: 0 }],
      ['cloud.connection_tested', 'failed', { userId: user, state: 'unreachable', stored: true }],
      [
        'cloud.connection_removed',
        'done',
        { userId: user, provider: 'webdav', revoked: 'not_offered', documentsForgotten: 1 },
      ],
    ]);
    expect(JSON.stringify(rows)).not.toContain('example.org');
  });

  test.each([
    ['WebDAV: the root', () => webdav({ user: 'ada', root: '/', ownedRoot: true })],
    ['WebDAV: slashes alone', () => webdav({ user: 'ada', root: '//', ownedRoot: true })],
    ['S3: the bucket', () => s3({ user: 'ada', root: '/', ownedRoot: true })],
    ['S3: a slash alone', () => s3({ user: 'ada', root: '///', ownedRoot: true })],
    [
      'Nextcloud: an account',
      () => webdav({ user: 'ada', url: 'https://cloud.example/remote.php/dav/files/', root: '/ada', ownedRoot: true }),
    ],
    [
      'Nextcloud: an account from the server’s root',
      () =>
        webdav({ user: 'ada', url: 'https://cloud.example/', root: '/nc/remote.php/dav/files/ada', ownedRoot: true }),
    ],
    [
      'Nextcloud: all accounts',
      () => webdav({ user: 'ada', url: 'https://cloud.example/remote.php/dav/', root: '/files', ownedRoot: true }),
    ],
    [
      'Nextcloud: the older address',
      () => webdav({ user: 'ada', url: 'https://cloud.example/remote.php/', root: '/webdav', ownedRoot: true }),
    ],
    ['a root that leads out', () => webdav({ user: 'ada', root: '/a\\..\\..', ownedRoot: true })],
    ['an address with a broken escape', () => webdav({ user: 'ada', url: 'http://127.0.0.1:1/%zz/' })],
    ['an address with escaped dots', () => webdav({ user: 'ada', url: 'http://127.0.0.1:1/a%2f..%2f..%2fb/' })],
    ['an S3 address with a path', () => s3({ user: 'ada', url: 'http://127.0.0.1:1/bucket' })],
    ['an S3 address with a password', () => s3({ user: 'ada', url: 'http://a:b@127.0.0.1:1/' })],
    ['a user name that basic auth cannot carry', () => webdav({ user: 'ada', username: 'ada:x' })],
  ])('C6: %s is refused', async (_, input) => {
    makeUser('ada');
    const refusal = await refused(connections.add(ADMIN, input()));
    expect(refusal.code).toBe('STORAGE_UNSAFE');
    expect((await connections.list({ limit: 50 })).rows).toEqual([]);
  });

  test('C6: the root of a cloud can be named where only recorded documents are the platform’s, and not declared its own later', async () => {
    const user = makeUser('ada');
    for (const input of [webdav({ user, root: '/' }), s3({ user, root: '/' })]) {
      const { id, root, ownedRoot } = await connections.add(ADMIN, input);
      expect({ root, ownedRoot }).toEqual({ root: '/', ownedRoot: false });
      const { backend } = await connections.openForIndex(id);
      backend.close();
      expect(
        (await refused(connections.update(ADMIN, { connectionId: id, expectedVersion: 1, ownedRoot: true }))).code,
      ).toBe('STORAGE_UNSAFE');
      const { version } = await connections.update(ADMIN, {
        connectionId: id,
        expectedVersion: 1,
        ownedRoot: true,
        root: '/platform',
      });
      expect(
        (await refused(connections.update(ADMIN, { connectionId: id, expectedVersion: version, root: '/' }))).code,
      ).toBe('STORAGE_UNSAFE');
    }
  });

  test('C6: what another user’s documents lie in is not one user’s own folder', async () => {
    const [ada, bob] = [makeUser('ada'), makeUser('bob')];
    const account = { username: 'shared', url: 'http://127.0.0.1:1/dav/' };
    const { id: ofAda } = await connections.add(
      ADMIN,
      webdav({ ...account, user: ada, root: '/platform/ada', ownedRoot: true }),
    );
    for (const root of ['/platform/ada', '/platform', '/', '/platform/ada/below', '/platform//ada'])
      expect((await refused(connections.add(ADMIN, webdav({ ...account, user: bob, root })))).code, root).toBe(
        'STORAGE_UNSAFE',
      );
    expect(
      (
        await refused(
          connections.add(ADMIN, webdav({ ...account, user: bob, url: 'http://127.0.0.1:1/', root: '/dav/platform' })),
        )
      ).code,
    ).toBe('STORAGE_UNSAFE');
    const { id: ofBob } = await connections.add(ADMIN, webdav({ ...account, user: bob, root: '/platform/bob' }));
    expect(
      (await refused(connections.update(ADMIN, { connectionId: ofAda, expectedVersion: 1, root: '/platform' }))).code,
    ).toBe('STORAGE_UNSAFE');
    expect(
      (await refused(connections.update(ADMIN, { connectionId: ofBob, expectedVersion: 1, root: '/platform/ada/x' })))
        .code,
    ).toBe('STORAGE_UNSAFE');
    // The same address signed in to by somebody else is another cloud, as on Nextcloud; and one's own second connection is one's own.
    await connections.add(ADMIN, webdav({ user: bob, username: 'bob', root: '/platform/ada', ownedRoot: true }));
    await connections.add(ADMIN, webdav({ ...account, user: ada, root: '/platform/ada/more', ownedRoot: true }));
    await connections.add(ADMIN, webdav({ ...account, user: bob, root: '/platform/adam' }));
    // Of S3 the bucket counts, whoever signs in.
    await connections.add(ADMIN, s3({ user: ada, root: '/platform', ownedRoot: true }));
    expect(
      (await refused(connections.add(ADMIN, s3({ user: bob, username: 'AKIA-BOB', root: '/platform/x' })))).code,
    ).toBe('STORAGE_UNSAFE');
    await connections.add(ADMIN, s3({ user: bob, username: 'AKIA-BOB', root: '/platform2', ownedRoot: true }));
  });

  test('C6: the platform’s own bucket is nobody’s cloud', async () => {
    const user = makeUser('ada');
    const { raw } = opened.workspace.db;
    const every = { kind: 's3', region: 'us-east-1', pathStyle: true, authorityPem: null, accessKey: 'key' };
    const addProfile = (name: string, configuration: object): void => {
      const no = raw.prepare("INSERT INTO backends (kind) VALUES ('s3')").run().lastInsertRowid;
      raw
        .prepare(
          "INSERT INTO storage_profiles (id, backend_no, name, configuration, own, version, seal, created_at) VALUES (?, ?, ?, ?, 0, 1, x'', 0)",
        )
        .run(opened.ground.newId(), no, name, JSON.stringify({ ...every, ...configuration }));
    };
    addProfile('main', {
      endpoint: 'http://127.0.0.1:9000',
      publicEndpoint: 'https://s3.example.org',
      bucket: 'docs',
      layout: 'users/{userId}/',
    });
    addProfile('each', {
      endpoint: 'http://127.0.0.1:9000',
      publicEndpoint: null,
      bucket: 'docs-of-',
      layout: 'bucket:{userId}',
    });
    for (const [url, bucket] of [
      ['http://127.0.0.1:9000', 'docs'],
      ['http://127.0.0.1:9000/', 'docs'],
      ['http://localhost.:9000', 'docs'],
      ['http://0.0.0.0:9000', 'docs'],
      ['http://[::ffff:127.0.0.1]:9000', 'docs'],
      ['https://s3.example.org', 'docs'],
      ['http://127.0.0.1:9000', 'docs-of-u01'],
    ] as const)
      expect((await refused(connections.add(ADMIN, s3({ user, url, bucket })))).code, bucket).toBe('STORAGE_UNSAFE');
    await connections.add(ADMIN, s3({ user, url: 'http://127.0.0.1:9000', bucket: 'docs2' }));
    await connections.add(ADMIN, s3({ user, url: 'http://127.0.0.1:9001', bucket: 'docs' }));
  });

  test('C6: a record that leads out of the root refuses the whole page', async () => {
    const user = makeUser('ada');
    const dav = await connections.add(ADMIN, webdav({ user }));
    const bucket = await connections.add(ADMIN, s3({ user }));
    const good = { key: 'good.txt', size: 1 };
    for (const key of ['../x', 'a/../../x', '..', '.', './x', '/x', 'x/', 'a//b', 'a\\..\\..\\b', '\ud800'])
      expect((await refused(connections.recordDocuments(ADMIN, dav.id, [good, { key, size: 1 }]))).code, key).toBe(
        'STORAGE_UNSAFE',
      );
    for (const key of ['../x', 'a/../x', '/x', '.', '\ud800', 'x'.repeat(1_020)])
      expect((await refused(connections.recordDocuments(ADMIN, bucket.id, [good, { key, size: 1 }]))).code, key).toBe(
        'STORAGE_UNSAFE',
      );
    expect(usageOf(user)).toEqual({ used_bytes: 0, document_count: 0 });
    expect(entries('cloud.documents_recorded')).toEqual([]);
  });

  test('Q1: records are added, corrected and counted to the byte', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, webdav({ user }));
    const at = '2026-11-24T10:00:00.000Z';
    expect(
      await connections.recordDocuments(ADMIN, id, [
        { key: 'a', size: 10, etag: '"e"', modifiedAt: at },
        { key: '0123', size: 5 },
      ]),
    ).toEqual({ added: 2, changed: 0 });
    expect(usageOf(user)).toEqual({ used_bytes: 15, document_count: 2 });
    expect(
      await connections.recordDocuments(ADMIN, id, [
        { key: 'a', size: 10, etag: '"e"', modifiedAt: at },
        { key: '0123', size: 7 },
        { key: '123', size: 1 },
      ]),
    ).toEqual({ added: 1, changed: 1 });
    expect(usageOf(user)).toEqual({ used_bytes: 18, document_count: 3 });
    expect(connections.show(id)).toMatchObject({ documents: 3, bytes: 18, version: 1 });
    const rows = opened.workspace.db.raw
      .prepare('SELECT key, size, etag, modified_at FROM documents ORDER BY key')
      .all();
    expect(rows).toEqual([
      { key: '0123', size: 7, etag: null, modified_at: null },
      { key: '123', size: 1, etag: null, modified_at: null },
      { key: 'a', size: 10, etag: 'e', modified_at: Date.parse(at) },
    ]);
  });

  test('S8: a record on S3 has the root before its key, and the ETag as S3 lists it', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, s3({ user, root: '/plat form/ü' }));
    await connections.recordDocuments(ADMIN, id, [
      { key: 'a b%2F+.txt', size: 1, etag: '"abc"' },
      { key: 'a//b', size: 1, etag: 'abc-2' },
    ]);
    const rows = opened.workspace.db.raw.prepare('SELECT key, etag FROM documents ORDER BY key').all();
    expect(rows).toEqual([
      { key: 'plat form/ü/a b%2F+.txt', etag: 'abc' },
      { key: 'plat form/ü/a//b', etag: 'abc-2' },
    ]);
  });

  test('update: where it leads stays while documents are recorded there; the password can always be new', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, webdav({ user }));
    await connections.recordDocuments(ADMIN, id, [{ key: 'a', size: 1 }]);
    opened.workspace.db.raw.prepare("UPDATE connections SET state = 'works', last_checked_at = 5").run();
    for (const change of [{ url: 'http://127.0.0.1:2/dav/' }, { root: '/other' }])
      expect(
        await refused(connections.update(ADMIN, { connectionId: id, expectedVersion: 1, ...change })),
      ).toMatchObject({ code: 'IN_USE', data: { by: 'documents', count: 1 } });
    expect(await connections.update(ADMIN, { connectionId: id, expectedVersion: 1, label: 'Home' })).toMatchObject({
      label: 'Home',
      state: 'works',
      version: 2,
    });
    expect(await connections.update(ADMIN, { connectionId: id, expectedVersion: 2, secret: 'new' })).toMatchObject({
      state: 'untested',
      lastCheckedAt: null,
      version: 3,
    });
    expect(
      await connections.update(ADMIN, { connectionId: id, expectedVersion: 3, root: '/platform/', label: 'Home' }),
    ).toMatchObject({ version: 3 });
    expect(
      await refused(connections.update(ADMIN, { connectionId: id, expectedVersion: 1, label: 'late' })),
    ).toMatchObject({ code: 'CHANGED_MEANWHILE', data: { version: 3 } });
    await connections.remove(ADMIN, { connectionId: id, expectedVersion: 3, confirmDocuments: 1 });
    const { id: other } = await connections.add(ADMIN, webdav({ user }));
    expect(
      await connections.update(ADMIN, {
        connectionId: other,
        expectedVersion: 1,
        url: 'https://cloud.example/dav',
        username: 'ada2',
        root: '/p',
      }),
    ).toMatchObject({
      account: 'ada2 on cloud.example',
      root: '/p',
      version: 2,
    });
  });

  test('D6: while a user is being deleted a new password is taken, and nothing else changes under the run', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, webdav({ user }));
    setStatus(user, 'deleting');
    expect((await refused(connections.add(ADMIN, webdav({ user })))).code).toBe('USER_BEING_DELETED');
    expect((await refused(connections.recordDocuments(ADMIN, id, [{ key: 'a', size: 1 }]))).code).toBe(
      'USER_BEING_DELETED',
    );
    expect((await refused(connections.remove(ADMIN, { connectionId: id, expectedVersion: 1 }))).code).toBe(
      'USER_BEING_DELETED',
    );
    for (const change of [{ url: 'http://127.0.0.1:2/' }, { root: '/x' }, { ownedRoot: true }, { username: 'eve' }])
      expect((await refused(connections.update(ADMIN, { connectionId: id, expectedVersion: 1, ...change }))).code).toBe(
        'IN_USE',
      );
    expect(await connections.update(ADMIN, { connectionId: id, expectedVersion: 1, secret: 'new' })).toMatchObject({
      version: 2,
    });
  });

  test('C5: removal asks for the count, forgets the rows, says what was revoked', async () => {
    const [ada, bob] = [makeUser('ada'), makeUser('bob')];
    const { id } = await connections.add(ADMIN, webdav({ user: ada }));
    const { id: second } = await connections.add(ADMIN, webdav({ user: bob, root: '/other' }));
    const documents = Array.from({ length: 4_500 }, (_, at) => ({ key: `d/${at}`, size: 2 }));
    for (let at = 0; at < documents.length; at += 1000)
      await connections.recordDocuments(ADMIN, id, documents.slice(at, at + 1000));
    await connections.recordDocuments(ADMIN, second, [{ key: 'bob', size: 3 }]);
    for (const confirmDocuments of [undefined, 0, 4_499])
      expect(
        (await refused(connections.remove(ADMIN, { connectionId: id, expectedVersion: 1, confirmDocuments }))).code,
      ).toBe('CONFIRMATION_MISMATCH');
    expect(
      (await refused(connections.remove(ADMIN, { connectionId: id, expectedVersion: 9, confirmDocuments: 4_500 })))
        .code,
    ).toBe('CHANGED_MEANWHILE');
    expect(usageOf(ada)).toEqual({ used_bytes: 9_000, document_count: 4_500 });
    expect(await connections.remove(ADMIN, { connectionId: id, expectedVersion: 1, confirmDocuments: 4_500 })).toEqual({
      removed: id,
      revoked: 'still_in_use',
      documentsForgotten: 4_500,
    });
    expect(usageOf(ada)).toEqual({ used_bytes: 0, document_count: 0 });
    expect(usageOf(bob)).toEqual({ used_bytes: 3, document_count: 1 });
    expect((await refused(Promise.resolve().then(() => connections.show(id)))).code).toBe('NOT_FOUND');
    expect(
      await connections.remove(ADMIN, { connectionId: second, expectedVersion: 1, confirmDocuments: 1 }),
    ).toMatchObject({ revoked: 'not_offered' });
    expect(opened.workspace.db.raw.prepare('SELECT count(*) FROM backends').pluck().get()).toBe(0);
  });

  test('D3: what a removal and a purge leave in the files is nothing, not even encrypted', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, webdav({ user }));
    const { id: other } = await connections.add(ADMIN, s3({ user }));
    await connections.recordDocuments(ADMIN, other, [{ key: 'left.txt', size: 1 }]);
    const blobs = opened.workspace.db.raw.prepare<[], Buffer>('SELECT credentials FROM connections').pluck().all();
    opened.workspace.truncateLog();
    for (const blob of blobs) expect(allBytes().includes(blob)).toBe(true);
    await connections.remove(ADMIN, { connectionId: id, expectedVersion: 1 });
    const purged = opened.workspace.transaction((tx) => connections.purgeConnections(tx, noOf(user)));
    expect(purged).toEqual([{ id: other, provider: 's3' }]);
    expect(opened.workspace.truncateLog()).toBe(true);
    for (const blob of blobs) expect(allBytes().includes(blob)).toBe(false);
    expect(usageOf(user)).toEqual({ used_bytes: 0, document_count: 0 });
  });

  test('D5: a target’s basis is another after a change, and the same after a test', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, webdav({ user, ownedRoot: true }));
    const basis = (): string => connections.connectionTargets(opened.workspace.db, noOf(user))[0]!.basis;
    const before = basis();
    await connections.test(ADMIN, id);
    expect(basis()).toBe(before);
    await connections.update(ADMIN, { connectionId: id, expectedVersion: 1, secret: 'new' });
    expect(basis()).not.toBe(before);
    const [target] = connections.connectionTargets(opened.workspace.db, noOf(user));
    expect(target).toMatchObject({
      sourceId: id,
      kind: 'webdav',
      isCloud: true,
      reach: 'owned',
      prefix: '/platform',
      recordPrefix: '',
    });
    await connections.add(ADMIN, s3({ user }));
    expect(connections.connectionTargets(opened.workspace.db, noOf(user))[1]).toMatchObject({
      kind: 's3',
      reach: 'recorded',
      prefix: 'platform/',
    });
  });

  test('two users on one account are known to each other’s plans', async () => {
    const [ada, bob, cyd] = [makeUser('ada'), makeUser('bob'), makeUser('cyd')];
    const { id } = await connections.add(ADMIN, webdav({ user: ada, root: '/a' }));
    await connections.add(ADMIN, webdav({ user: bob, root: '/b' }));
    await connections.add(ADMIN, webdav({ user: cyd, username: 'cyd', root: '/c' }));
    expect(connections.sharedWith(opened.workspace.db, id)).toEqual([bob]);
    expect(connections.sharesGrant(opened.workspace.db, id)).toBe(true);
    const { id: bucket } = await connections.add(ADMIN, s3({ user: ada, root: '/a' }));
    await connections.add(ADMIN, s3({ user: cyd, root: '/c', username: 'AKIA-CYD' }));
    expect(connections.sharedWith(opened.workspace.db, bucket)).toEqual([cyd]);
    expect(connections.sharesGrant(opened.workspace.db, bucket)).toBe(false);
  });

  test('list: in the order of their making, by user, by state, page by page', async () => {
    const [ada, bob] = [makeUser('ada'), makeUser('bob')];
    const made: ConnectionAnswer[] = [];
    for (let at = 0; at < 5; at += 1)
      made.push(
        await connections.add(ADMIN, webdav({ user: at % 2 ? bob : ada, username: `u${at}`, label: `L${at}` })),
      );
    const pages: string[][] = [];
    for (let after: string | null = null; ; ) {
      const { rows, next }: Awaited<ReturnType<typeof connections.list>> = await connections.list({ after, limit: 2 });
      pages.push(rows.map(({ label }) => label));
      if (next === null) break;
      after = next;
    }
    expect(pages).toEqual([['L0', 'L1'], ['L2', 'L3'], ['L4']]);
    expect((await connections.list({ user: 'bob@example.org', limit: 50 })).rows.map(({ label }) => label)).toEqual([
      'L1',
      'L3',
    ]);
    await connections.test(ADMIN, made[2]!.id);
    expect((await connections.list({ state: 'unreachable', limit: 50 })).rows.map(({ label }) => label)).toEqual([
      'L2',
    ]);
    expect((await refused(connections.list({ user: 'nobody', limit: 50 }))).code).toBe('NOT_FOUND');
  });

  test('with the vault locked everything that needs no credential is shown, and the rest is refused', async () => {
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, webdav({ user }));
    opened.keychain.state = 'locked';
    opened.clock.advance(120_000);
    expect((await connections.list({ limit: 50 })).rows).toHaveLength(1);
    const [target] = connections.connectionTargets(opened.workspace.db, noOf(user));
    for (const work of [
      () => connections.test(ADMIN, id),
      () => connections.add(ADMIN, webdav({ user })),
      () => target!.open(),
      () => connections.openForIndex(id),
    ])
      expect((await refused(work())).code).toBe('VAULT_LOCKED');
    opened.keychain.state = 'available';
    opened.vault.askAgain();
    (await target!.open()).close();
  });

  test('C6: what the contract lets through as a root', () => {
    for (const bad of ['', 'platform', '/a/../b', '/..', '/.', '/a\nb', `/${'a'.repeat(1_001)}`])
      expect(CloudRoot.safeParse(bad).success, bad).toBe(false);
    expect(CloudRoot.parse('/a/')).toBe('/a');
    expect(CloudRoot.parse('/')).toBe('/');
  });
});

describe.skipIf(findApache() === null)('a user’s WebDAV cloud on Apache', () => {
  let server: ApacheServer;
  beforeAll(async () => {
    server = await startApache();
  });
  afterAll(() => server?.close());

  const mine = (user: string, more: Partial<WebDavInput> = {}) =>
    webdav({ user, url: server.url('ada'), secret: server.accounts[0]!.password, ...more });

  test('C3: a test reads the root and a document, and its outcome is stored with its time and entry', async () => {
    await server.write('ada', 'tried/a.txt', 'a');
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, mine(user, { root: '/tried' }));
    expect(await connections.test(ADMIN, id)).toMatchObject({
      ok: true,
      connection: { state: 'works', version: 1, lastCheckedAt: new Date(opened.clock()).toISOString() },
    });
    await connections.recordDocuments(ADMIN, id, [{ key: 'a.txt', size: 1 }]);
    expect(await connections.test(ADMIN, id)).toMatchObject({
      ok: true,
      message: expect.stringContaining('recorded document'),
    });
    await connections.update(ADMIN, { connectionId: id, expectedVersion: 1, secret: 'wrong' });
    expect(await connections.test(ADMIN, id)).toMatchObject({ ok: false, connection: { state: 'reauthorise' } });
    await connections.update(ADMIN, { connectionId: id, expectedVersion: 2, secret: server.accounts[0]!.password });
    await server.stop();
    expect(await connections.test(ADMIN, id)).toMatchObject({ ok: false, connection: { state: 'unreachable' } });
    await server.start();
    expect(await connections.test(ADMIN, id)).toMatchObject({ ok: true, connection: { state: 'works' } });
    expect(entries('cloud.connection_tested').map(({ outcome, metadata }) => [outcome, metadata.state])).toEqual([
      ['done', 'works'],
      ['failed', 'unreachable'],
      ['failed', 'reauthorise'],
      ['done', 'works'],
      ['done', 'works'],
    ]);
  });

  test('C3: an empty folder where documents are on record does not pass as one that works', async () => {
    await server.makeFolder('ada', 'emptied');
    await server.write('ada', 'one-left/z.txt', 'z');
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, mine(user, { root: '/emptied' }));
    expect(await connections.test(ADMIN, id)).toMatchObject({ ok: true });
    await connections.recordDocuments(ADMIN, id, [
      { key: 'a.txt', size: 1 },
      { key: 'z.txt', size: 1 },
    ]);
    expect(await connections.test(ADMIN, id)).toMatchObject({
      ok: false,
      connection: { state: 'unreachable' },
      message: expect.stringContaining('another account'),
    });
    // One that the person removed by hand is not yet another account.
    const { id: left } = await connections.add(ADMIN, mine(user, { root: '/one-left' }));
    await connections.recordDocuments(ADMIN, left, [
      { key: 'a.txt', size: 1 },
      { key: 'z.txt', size: 1 },
    ]);
    expect(await connections.test(ADMIN, left)).toMatchObject({ ok: true });
  });

  test('C3: what was found of a connection that was changed meanwhile is not stored', async () => {
    await server.makeFolder('ada', 'raced');
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, mine(user, { root: '/raced' }));
    const trial = connections.test(ADMIN, id);
    await connections.update(ADMIN, { connectionId: id, expectedVersion: 1, secret: 'other' });
    await trial;
    expect(connections.show(id)).toMatchObject({ state: 'untested', version: 2 });
  });

  test('C5: removing a connection touches nothing in the cloud', async () => {
    for (const at of [1, 2, 3]) await server.write('ada', `kept/${at}.txt`, `content ${at}`);
    const user = makeUser('ada');
    const { id } = await connections.add(ADMIN, mine(user, { root: '/kept', ownedRoot: true }));
    await connections.recordDocuments(
      ADMIN,
      id,
      [1, 2, 3].map((at) => ({ key: `${at}.txt`, size: 9 })),
    );
    const before = await server.tree('ada');
    const log = (await server.accessLog()).length;
    await connections.remove(ADMIN, { connectionId: id, expectedVersion: 1, confirmDocuments: 3 });
    expect(await server.tree('ada')).toEqual(before);
    expect((await server.accessLog()).length).toBe(log);
  });

  test('C6: a target opens on the real cloud, and removes there what is the platform’s and nothing else', async () => {
    await server.write('ada', 'mixed/ours.txt', 'ours');
    await server.write('ada', 'mixed/private.txt', 'private');
    await server.write('ada', 'own/deep/ours.txt', 'ours');
    const user = makeUser('ada');
    const recorded = await connections.add(ADMIN, mine(user, { root: '/mixed' }));
    await connections.recordDocuments(ADMIN, recorded.id, [{ key: 'ours.txt', size: 4 }]);
    await connections.add(ADMIN, mine(user, { root: '/own', ownedRoot: true }));
    const before = await server.tree('ada');
    const targets = connections.connectionTargets(opened.workspace.db, noOf(user));
    expect(targets.map(({ reach, prefix, isCloud }) => ({ reach, prefix, isCloud }))).toEqual([
      { reach: 'recorded', prefix: '/mixed', isCloud: true },
      { reach: 'owned', prefix: '/own', isCloud: true },
    ]);
    for (const target of targets) {
      const backend: StorageBackend = await target.open();
      for await (const page of backend.list({ what: 'objects' })) {
        const refs = target.reach === 'owned' ? page.items : page.items.filter(({ key }) => key === 'ours.txt');
        expect((await backend.remove(refs)).every(({ outcome }) => outcome === 'removed')).toBe(true);
      }
      backend.close();
    }
    for (const path of ['mixed/ours.txt', 'own/deep/ours.txt', 'own/deep/'])
      expect(before.delete(path), path).toBe(true);
    expect(await server.tree('ada')).toEqual(before);
  });

  test('C6: a root that is the whole account, whatever it is called, is found before anything is removed', async () => {
    await server.write('ada', 'private.txt', 'private');
    const user = makeUser('ada');
    const { id } = await connections.add(
      ADMIN,
      mine(user, { url: `${server.origin}/`, root: '/dav/ada', ownedRoot: true }),
    );
    expect(await connections.test(ADMIN, id)).toMatchObject({
      ok: false,
      message: expect.stringContaining('cannot be the platform’s own'),
    });
    const { backend } = await connections.openForIndex(id);
    await expect(
      backend.remove([{ kind: 'object', key: 'private.txt', versionId: null, size: 7, etag: null, modifiedAt: null }]),
    ).rejects.toMatchObject({ failure: 'unsafe' });
    backend.close();
    expect((await server.tree('ada')).has('private.txt')).toBe(true);
  });

  test('C1: after real use no file and no answer holds the cloud’s password', async () => {
    await server.write('ada', 'secret/a.txt', 'a');
    const user = makeUser('ada');
    const password = server.accounts[0]!.password;
    const spoken: unknown[] = [];
    const { id } = await connections.add(ADMIN, mine(user, { root: '/secret' }));
    spoken.push(
      await connections.recordDocuments(ADMIN, id, [{ key: 'a.txt', size: 1 }]),
      await connections.test(ADMIN, id),
      connections.list({ limit: 9 }),
    );
    const { backend } = await connections.openForIndex(id);
    for await (const page of backend.list({ what: 'objects' })) spoken.push(page);
    backend.close();
    expectNowhere(password, ...spoken, opened.audit.list(opened.workspace.db, { limit: 500 }).rows);
    expect(new Secret(password).toString()).toBe('[secret]');
  });
});

describe.skipIf(findMinio() === null)('a user’s S3 cloud on MinIO', () => {
  let server: MinioServer;
  beforeAll(async () => {
    server = await startMinio();
  });
  afterAll(() => server?.close());

  test('C3, C6: tested, recorded, listed within its root, and of a shared bucket only what is recorded goes', async () => {
    const other = openS3Client(server);
    await other.makeBucket('adas-bucket');
    for (const key of ['platform/0123', 'platform/123', 'platform/private.txt', 'platform2/0123', 'private.txt'])
      await other.put('adas-bucket', key, `at ${key}`);
    const user = makeUser('ada');
    const { id } = await connections.add(
      ADMIN,
      s3({ user, url: server.endpoint, username: server.accessKey, secret: server.secretKey }),
    );
    expect(await connections.test(ADMIN, id)).toMatchObject({
      ok: true,
      connection: { state: 'works', provider: 's3', account: expect.stringContaining('adas-bucket') },
    });
    await connections.recordDocuments(ADMIN, id, [{ key: '0123', size: 'at platform/0123'.length }]);
    expect(await connections.test(ADMIN, id)).toMatchObject({
      ok: true,
      message: expect.stringContaining('recorded document'),
    });
    const { backend } = await connections.openForIndex(id);
    const found: string[] = [];
    for await (const page of backend.list({ what: 'objects' })) found.push(...page.items.map(({ key }) => key));
    expect(found).toEqual(['platform/0123', 'platform/123', 'platform/private.txt']);
    const record = opened.workspace.db.raw
      .prepare<[], { key: string; size: number }>('SELECT key, size FROM documents')
      .get()!;
    expect(
      await backend.remove([{ kind: 'object', versionId: null, etag: null, modifiedAt: null, ...record }]),
    ).toEqual([{ outcome: 'removed' }]);
    backend.close();
    for (const key of ['platform/123', 'platform/private.txt', 'platform2/0123', 'private.txt'])
      expect((await other.read('adas-bucket', key))?.toString()).toBe(`at ${key}`);
    expect(await other.read('adas-bucket', 'platform/0123')).toBeNull();
    expect(await connections.test(ADMIN, id)).toMatchObject({ ok: false, connection: { state: 'unreachable' } });
    await connections.update(ADMIN, { connectionId: id, expectedVersion: 1, secret: 'wrong-secret-key' });
    expect(await connections.test(ADMIN, id)).toMatchObject({ ok: false, connection: { state: 'reauthorise' } });
    other.close();
    expectNowhere(server.secretKey, connections.list({ limit: 9 }));
  });
});
