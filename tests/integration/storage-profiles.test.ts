import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Profile } from '../../src/contract/storage.ts';
import { readAll } from '../support/conformance.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { BASIC_PROFILE, type NewProfileInput } from '../support/profiles.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';
import { openStorageGround, type StorageGround } from '../support/storage-ground.ts';

const hasMinio = findMinio() !== null;
let at: StorageGround;

beforeEach(async () => {
  at = await openStorageGround();
});
afterEach(async () => {
  await at.dispose();
});

const profile = (name: string): Profile => {
  const found = at.storage.list().find((row) => row.name === name);
  if (!found) throw new Error(`no profile ${name}`);
  return found;
};
const events = (): string[] =>
  at.ground.workspace.db.raw.prepare<[], string>('SELECT event FROM audit_entries ORDER BY sequence').pluck().all();
const add = async (input: NewProfileInput = {}): Promise<Profile> =>
  await at.storage.add(at.actor, { ...BASIC_PROFILE, ...input });

describe('profiles', () => {
  test('S1: a new workspace has the built-in store as its own, and it works without any server', async () => {
    expect(at.storage.list()).toMatchObject([
      { name: 'built-in', kind: 'folder', own: true, endpoint: null, layout: 'users/{userId}/' },
    ]);
    const user = at.addUser('u001');
    const [target] = at.storage.ownStoreTargets(at.ground.workspace.db, user);
    expect(target).toMatchObject({
      kind: 'folder',
      reach: 'owned',
      prefix: `users/${user.id}/`,
      recordPrefix: '',
      isCloud: false,
    });
    const backend = await target!.open();
    await backend.put!(`users/${user.id}/a.txt`, Readable.from([Buffer.from('hello')]), 5);
    expect(await readAll(backend.list({ what: 'objects' }))).toMatchObject([
      { key: `users/${user.id}/a.txt`, size: 5 },
    ]);
    expect(await at.storage.check(at.actor, 'built-in')).toMatchObject({
      ok: true,
      findings: [{ check: 'reachable', outcome: 'ok' }],
    });
  });

  test('S2, C1: a profile’s secret key is stored encrypted and leaves in no answer', async () => {
    const made = await add({ secretKey: 'a-planted-secret-key' });
    expect(Profile.strict().parse(made)).toEqual(made);
    expect(JSON.stringify([made, at.storage.list()])).not.toContain('a-planted-secret-key');
    await at.storage.close();
    for (const file of readdirSync(at.on.dir, { recursive: true, withFileTypes: true })) {
      if (file.isFile())
        expect(readFileSync(join(file.parentPath, file.name)).includes('a-planted-secret-key'), file.name).toBe(false);
    }
  });

  test('A1: adding, changing and removing write their entries', async () => {
    await add();
    await at.storage.update(at.actor, { profile: 'main', expectedVersion: 1, region: 'eu-west-1' });
    await at.storage.remove(at.actor, { profile: 'main', expectedVersion: 2 });
    expect(events().slice(-3)).toEqual([
      'admin.storage_profile_added',
      'admin.storage_profile_changed',
      'admin.storage_profile_removed',
    ]);
    expect(at.storage.list().map(({ name }) => name)).toEqual(['built-in']);
  });

  test('C6: a bucket that a user’s connection leads into cannot become the platform’s store', async () => {
    const { raw } = at.ground.workspace.db;
    const user = at.addUser('u001');
    const no = raw.prepare("INSERT INTO backends (kind) VALUES ('s3')").run().lastInsertRowid;
    const place = { provider: 's3', endpoint: 'http://127.0.0.1:9000', bucket: 'docs-of-ada' };
    raw
      .prepare(
        `INSERT INTO connections (id, user_no, backend_no, provider, label, account, configuration, credentials, root, owned_root, state, version, seal, created_at)
         VALUES ('cloud', ?, ?, 's3', 'cloud', 'ada', ?, x'00', '/', 0, 'works', 1, x'', 0)`,
      )
      .run(user.no, no, JSON.stringify(place));
    const sameBucket = { endpoint: 'http://localhost:9000', bucket: 'docs-of-ada' };
    await expect(add(sameBucket)).rejects.toMatchObject({ code: 'STORAGE_UNSAFE' });
    await expect(
      add({ endpoint: 'http://127.0.0.1:9000', bucket: 'docs-of-', layout: 'bucket:{userId}' }),
    ).rejects.toMatchObject({ code: 'STORAGE_UNSAFE' });
    const elsewhere = await add({ endpoint: 'http://127.0.0.1:9001', bucket: 'docs-of-ada' });
    await expect(
      at.storage.update(at.actor, { profile: elsewhere.name, expectedVersion: 1, endpoint: 'http://127.0.0.1:9000' }),
    ).rejects.toMatchObject({ code: 'STORAGE_UNSAFE' });
    expect(at.storage.list().map(({ name }) => name)).toEqual(['main', 'built-in'].sort());
    expect(profile('main')).toMatchObject({ version: 1, endpoint: 'http://127.0.0.1:9001' });
  });

  test('there is exactly one own store, and one that holds documents is not swapped silently', async () => {
    await add({ own: true });
    expect(at.storage.list().map(({ name, own }) => [name, own])).toEqual([
      ['main', true],
      ['built-in', false],
    ]);
    await expect(
      at.storage.update(at.actor, { profile: 'main', expectedVersion: 1, own: false }),
    ).rejects.toMatchObject({ code: 'IN_USE' });
    await expect(at.storage.remove(at.actor, { profile: 'main', expectedVersion: 1 })).rejects.toMatchObject({
      code: 'IN_USE',
    });
    const user = at.addUser('u001');
    recordDocument(user.no, 'main', `users/${user.id}/a`, 7);
    await expect(add({ name: 'other', own: true })).rejects.toMatchObject({
      code: 'IN_USE',
      data: { by: 'main', count: 1 },
    });
    await expect(
      at.storage.update(at.actor, { profile: 'built-in', expectedVersion: 2, own: true }),
    ).rejects.toMatchObject({ code: 'IN_USE' });
    expect(profile('main')).toMatchObject({ own: true, documents: 1, bytes: 7 });
    expect(at.storage.list().filter(({ own }) => own)).toHaveLength(1);
  });

  test('a profile that holds documents, or that a deletion works on, stays', async () => {
    await add();
    const user = at.addUser('u001');
    recordDocument(user.no, 'main', 'users/x/a', 1);
    await expect(at.storage.remove(at.actor, { profile: 'main', expectedVersion: 1 })).rejects.toMatchObject({
      code: 'IN_USE',
      data: { by: 'documents', count: 1 },
    });
    at.ground.workspace.db.raw.prepare('DELETE FROM documents').run();
    await at.storage.remove(at.actor, { profile: 'main', expectedVersion: 1 });
  });

  test('names are unique in any case; a change on an old version is refused; bad buckets and authorities are named', async () => {
    await add();
    await expect(add({ name: 'MAIN' })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    await expect(
      at.storage.update(at.actor, { profile: 'main', expectedVersion: 9, region: 'x' }),
    ).rejects.toMatchObject({ code: 'CHANGED_MEANWHILE', data: { version: 1 } });
    await expect(at.storage.update(at.actor, { profile: 'none', expectedVersion: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(add({ name: 'b1', bucket: 'ends-' })).rejects.toMatchObject({ code: 'STORAGE_UNSAFE' });
    await expect(add({ name: 'b2', bucket: 'x'.repeat(50), layout: 'bucket:{userId}' })).rejects.toMatchObject({
      code: 'STORAGE_UNSAFE',
    });
    await expect(add({ name: 'b3', authorityPem: 'not a certificate' })).rejects.toMatchObject({
      code: 'STORAGE_UNSAFE',
    });
    await expect(
      at.storage.update(at.actor, { profile: 'built-in', expectedVersion: 1, endpoint: 'http://127.0.0.1:9' }),
    ).rejects.toMatchObject({ code: 'STORAGE_UNSAFE' });
    expect(at.storage.list()).toHaveLength(2);
    await add({ name: 'prefix', bucket: 'docs-', layout: 'bucket:{externalId}' });
  });

  test('a change without a difference is none: no version, no entry', async () => {
    await add();
    const before = events().length;
    expect(
      await at.storage.update(at.actor, {
        profile: 'main',
        expectedVersion: 1,
        region: 'us-east-1',
        endpoint: `${BASIC_PROFILE.endpoint}/`,
      }),
    ).toMatchObject({ version: 1 });
    expect(events()).toHaveLength(before);
  });

  test('X6: a profile pointed elsewhere in the file is not used, and that is written down', async () => {
    await add({ own: true });
    const user = at.addUser('u001');
    at.ground.workspace.db.raw
      .prepare(
        "UPDATE storage_profiles SET configuration = replace(configuration, '127.0.0.1', '127.0.0.2') WHERE name = 'main'",
      )
      .run();
    const [target] = at.storage.ownStoreTargets(at.ground.workspace.db, user);
    await expect(target!.open()).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    await expect(at.storage.check(at.actor, 'main')).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    await expect(at.storage.index(at.actor, { profile: 'main' })).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    await expect(
      at.storage.link(at.actor, { profile: 'main', key: 'a', for: 'download', expiresInSeconds: 60, tryIt: false }),
    ).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    expect(events().filter((event) => event === 'console.seal_broken')).toHaveLength(1);
    expect(at.storage.indexRuns(10)).toEqual([]);
  });

  test('while the vault is locked nothing is opened, and the built-in store still works', async () => {
    await add();
    const again = await at.reopen();
    again.on.keychain.state = 'locked';
    again.on.clock.advance(61_000); // The root is held for a minute.
    at = again;
    await expect(at.storage.check(at.actor, 'main')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    await expect(at.storage.index(at.actor, { profile: 'main' })).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    expect(await at.storage.check(at.actor, 'built-in')).toMatchObject({ ok: true });
    at.on.keychain.state = 'available';
  });

  test('D5: the basis of a plan changes with the profile, and holds no secret', async () => {
    await add({ own: true });
    const user = at.addUser('u001');
    const basis = (): string => at.storage.ownStoreTargets(at.ground.workspace.db, user)[0]!.basis;
    const first = basis();
    await at.storage.update(at.actor, { profile: 'main', expectedVersion: 1, region: 'eu-west-1' });
    const second = basis();
    await at.storage.update(at.actor, { profile: 'main', expectedVersion: 2, secretKey: 'another-secret' });
    expect(new Set([first, second, basis()]).size).toBe(3);
    expect(basis()).not.toContain('another-secret');
  });

  test('targets: the own store by its layout, other profiles only with documents, nobody’s place for a user without an id', async () => {
    await add({ own: true, layout: '{externalId}/' });
    const [ada, nobody] = [at.addUser('u001'), at.addUser(null)];
    const targets = (user: typeof ada) =>
      at.storage.ownStoreTargets(at.ground.workspace.db, user).map(({ label, prefix }) => [label, prefix]);
    expect(targets(ada)).toEqual([['main', 'u001/']]);
    expect(targets(nobody)).toEqual([]);
    recordDocument(ada.no, 'built-in', `users/${ada.id}/a`, 1);
    expect(targets(ada)).toEqual([
      ['main', 'u001/'],
      ['built-in', `users/${ada.id}/`],
    ]);
    recordDocument(nobody.no, 'main', 'stray/a', 1);
    const [stray] = at.storage.ownStoreTargets(at.ground.workspace.db, nobody);
    await expect(stray!.open()).rejects.toMatchObject({ failure: 'unsafe' });
  });

  test('a user’s documents come in pages by backend and key', async () => {
    await add();
    const user = at.addUser('u001');
    for (const name of ['main', 'built-in'])
      for (const key of ['b', 'a', '\u{10000}', '\ue000'])
        recordDocument(user.no, name, `users/${user.id}/${name}/${key}`, 1);
    const keys: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof at.storage.documents>> = await at.storage.documents({
        user: 'u001',
        after,
        limit: 3,
      });
      keys.push(...page.rows.map(({ backend, key }) => `${backend} ${key.split('/').at(-1)}`));
      after = page.next;
      if (after === null) break;
    }
    expect(keys).toEqual([
      'built-in a',
      'built-in b',
      'built-in \ue000',
      'built-in \u{10000}',
      'main a',
      'main b',
      'main \ue000',
      'main \u{10000}',
    ]);
    await expect(at.storage.documents({ user: 'u001', after: 'nonsense', limit: 3 })).rejects.toThrow(/page/);
  });
});

function recordDocument(userNo: number, profileName: string, key: string, size: number): void {
  at.ground.workspace.db.raw
    .prepare(
      'INSERT INTO documents (backend_no, user_no, key, size) VALUES ((SELECT backend_no FROM storage_profiles WHERE name = ?), ?, ?, ?)',
    )
    .run(profileName, userNo, key, size);
}

describe.skipIf(!hasMinio)('profiles on a real MinIO', () => {
  let server: MinioServer;
  let client: S3Client;

  beforeAll(async () => {
    server = await startMinio();
    client = openS3Client(server);
    await client.makeBucket('docs');
    await client.put('docs', 'users/u 1/a+b %.txt', 'linked');
    await client.put('docs', 'empty', '');
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
  });

  const onServer = (input: NewProfileInput = {}): Promise<Profile> =>
    add({ endpoint: server.endpoint, accessKey: server.accessKey, secretKey: server.secretKey, ...input });
  const outcomes = async (name: string): Promise<Record<string, string>> =>
    Object.fromEntries((await at.storage.check(at.actor, name)).findings.map(({ check, outcome }) => [check, outcome]));

  test('S4: the check says of each thing what was found', async () => {
    await onServer();
    expect(await outcomes('main')).toEqual({
      reachable: 'ok',
      credentials: 'ok',
      bucket: 'ok',
      list: 'ok',
      clock: 'ok',
      region: 'ok',
      versioning: 'ok',
      objectLock: 'ok',
    });
    await onServer({ name: 'wrong-key', secretKey: 'not-the-secret' });
    expect(await outcomes('wrong-key')).toMatchObject({
      reachable: 'ok',
      credentials: 'failed',
      bucket: 'unknown',
      clock: 'ok',
    });
    await onServer({ name: 'no-bucket', bucket: 'nowhere' });
    expect(await outcomes('no-bucket')).toMatchObject({
      reachable: 'ok',
      credentials: 'ok',
      bucket: 'failed',
      list: 'unknown',
    });
    await onServer({ name: 'down', endpoint: 'http://127.0.0.1:1' });
    expect(await outcomes('down')).toMatchObject({ reachable: 'failed', credentials: 'unknown' });
    expect(events().filter((event) => event === 'admin.storage_checked')).toHaveLength(4);
  });

  test('S3: links are computed without a request, and work for the public endpoint', async () => {
    const key = 'users/u 1/a+b %.txt';
    await onServer({ endpoint: 'http://127.0.0.1:1', publicEndpoint: server.endpoint });
    // The profile's own endpoint answers nothing: whoever asked it would fail.
    const link = await at.storage.link(at.actor, {
      profile: 'main',
      key,
      for: 'download',
      expiresInSeconds: 600,
      tryIt: false,
    });
    expect(new URL(link.url).origin).toBe(server.endpoint);
    expect(link.tried).toBeNull();
    expect(await (await fetch(link.url)).text()).toBe('linked');
    const upload = await at.storage.link(at.actor, {
      profile: 'main',
      key: 'up/new.txt',
      for: 'upload',
      expiresInSeconds: 600,
      tryIt: false,
    });
    expect((await fetch(upload.url, { method: 'PUT', body: 'uploaded' })).status).toBe(200);
    expect((await client.read('docs', 'up/new.txt'))?.toString('utf8')).toBe('uploaded');
    expect(Date.parse(link.expiresAt) - Date.now()).toBeLessThanOrEqual(600_000);
    const entry = at.ground.workspace.db.raw
      .prepare<[], string>("SELECT entry FROM audit_entries WHERE event = 'admin.link_created'")
      .pluck()
      .all();
    expect(entry).toHaveLength(2);
    expect(entry.join()).not.toMatch(/a\+b|X-Amz-Signature/);
  });

  test('S3: a link can be tried before it is handed out, and trying an upload stores nothing', async () => {
    await onServer();
    const tried = async (key: string, purpose: 'download' | 'upload', name = 'main') =>
      (await at.storage.link(at.actor, { profile: name, key, for: purpose, expiresInSeconds: 60, tryIt: true })).tried;
    expect(await tried('users/u 1/a+b %.txt', 'download')).toMatchObject({ ok: true });
    expect(await tried('empty', 'download')).toMatchObject({ ok: true });
    expect(await tried('not/there', 'download')).toMatchObject({ ok: false, message: expect.stringContaining('404') });
    expect(await tried('not/there', 'upload')).toMatchObject({ ok: true });
    expect(await client.read('docs', 'not/there')).toBeNull();
    expect(await tried('empty', 'upload')).toMatchObject({ ok: true });
    expect(await client.read('docs', 'empty')).toHaveLength(0);
    await onServer({ name: 'wrong-key', secretKey: 'not-the-secret' });
    expect(await tried('users/u 1/a+b %.txt', 'download', 'wrong-key')).toMatchObject({ ok: false });
    expect(await tried('not/there', 'upload', 'wrong-key')).toMatchObject({ ok: false });
    await onServer({ name: 'down', publicEndpoint: 'http://127.0.0.1:1' });
    expect(await tried('empty', 'download', 'down')).toMatchObject({
      ok: false,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('S3: virtual-host style puts the bucket into the host name', async () => {
    await onServer({ pathStyle: false, publicEndpoint: 'https://s3.example.org' });
    const { url } = await at.storage.link(at.actor, {
      profile: 'main',
      key: 'a b',
      for: 'download',
      expiresInSeconds: 60,
      tryIt: false,
    });
    expect(url).toMatch(/^https:\/\/docs\.s3\.example\.org\/a%20b\?/);
    await expect(
      at.storage.link(at.actor, {
        profile: 'main',
        key: 'a/../b',
        for: 'download',
        expiresInSeconds: 60,
        tryIt: false,
      }),
    ).rejects.toMatchObject({ code: 'STORAGE_UNSAFE' });
    await expect(
      at.storage.link(at.actor, { profile: 'built-in', key: 'a', for: 'download', expiresInSeconds: 60, tryIt: false }),
    ).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
  });
});
