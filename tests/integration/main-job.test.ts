import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deletion, Plan } from '../../src/contract/deletions.ts';
import type { User } from '../../src/contract/users.ts';
import { openConsole } from '../../src/main/console.ts';
import { machine } from '../../src/main/hosts/host-environment.ts';
import { type ApacheServer, startApache } from '../support/apache.ts';
import { type MinioServer, startMinio } from '../support/minio.ts';
import { qmIn } from '../support/qm.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';

/**
 * The main job as the issue of a real installation has it: a MinIO that another program filled, an Apache that holds
 * more than the platform's, and `qm` alone.
 */

const BUCKET = 'docs';
const OBJECTS = 20_000;
const LEAVER = 'u01';
const CLOUD_USERS = ['u01', 'u010', 'U01'] as const;
const PASSWORD = 'a password for the test';
const PASSPHRASE = 'a passphrase for the test';

const ODD_NAMES = [
  '0123',
  '1e5',
  '0x1F',
  '1.50',
  'a b%2F+.txt',
  'ünïcode',
  'u\u0308',
  '😀.pdf',
  "it's",
  '"quoted"',
  '<x>&amp;',
  'tab\there',
  '  edge ',
  '..x',
  'null',
  'true',
  'a?b=c',
  'a#b',
  '100%',
  'semi;colon',
  'back\\slash',
  '[glob]*',
  '{brace}',
  '~tilde',
];

function externalIds(): string[] {
  const ids = ['u01', 'u010', 'U01'];
  for (let n = 2; ids.length < 50; n += 1) ids.push(`u${String(n).padStart(2, '0')}`);
  return ids.map((id) => (id.length < 3 ? `${id}x` : id));
}

interface Call {
  readonly time: string;
  readonly name: string;
  readonly objects: readonly string[];
}

/** Receives MinIO's audit webhook: one JSON document per call. */
async function startReceiver(): Promise<{ calls: Call[]; endpoint: string; server: Server }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.end();
      for (const line of Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean)) {
        const entry = JSON.parse(line) as {
          time: string;
          api: { name: string; object?: string; objects?: { objectName: string }[] };
        }; // MinIO's audit entry.
        calls.push({
          time: entry.time,
          name: entry.api.name,
          objects: [
            ...(entry.api.object ? [entry.api.object] : []),
            ...(entry.api.objects ?? []).map((one) => one.objectName),
          ],
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return { calls, endpoint: `http://127.0.0.1:${address.port}/`, server };
}

/** Everything that stands in the bucket: `kind key version size etag`, read by a program that is not ours. */
async function inventory(s3: S3Client): Promise<string[]> {
  const found: string[] = [];
  let marker = '';
  for (;;) {
    const answer = await s3.send('GET', `/${BUCKET}?versions&encoding-type=url&max-keys=1000${marker}`);
    if (answer.status !== 200) throw new Error(`the bucket was not listed: ${answer.status}`);
    const text = answer.body.toString('utf8');
    for (const [, kind, body] of text.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)) {
      const field = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(body ?? '')?.[1] ?? '';
      found.push(
        [
          kind,
          decodeURIComponent(field('Key').replaceAll('+', ' ')),
          field('VersionId'),
          field('Size'),
          field('ETag'),
        ].join('\u0001'),
      );
    }
    const next = /<NextKeyMarker>(.*?)<\/NextKeyMarker>/s.exec(text)?.[1];
    if (!/<IsTruncated>true/.test(text) || next === undefined) return found.sort();
    const version = /<NextVersionIdMarker>(.*?)<\/NextVersionIdMarker>/s.exec(text)?.[1] ?? '';
    // The marker comes encoded once; it goes back as it came.
    marker = `&key-marker=${strictly(decodeURIComponent(next.replaceAll('+', ' ')))}&version-id-marker=${strictly(version)}`;
  }
}

/** Percent-encoded as SigV4 wants it: `encodeURIComponent` leaves five characters alone. */
const strictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const keyOf = (line: string): string => line.split('\u0001')[1] ?? '';
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('D1, D2, D5, D8, S5, S8: the main job on a real MinIO and a real Apache', () => {
  const dir = mkdtempSync(join(tmpdir(), 'qm-main-job-'));
  const workspace = join(dir, 'workspace');
  const file = (name: string, content: string): string => {
    const path = join(dir, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const qm = qmIn(workspace, {
    QM_ADMIN: 'root@example.org',
    QM_PASSWORD_FILE: file('password', PASSWORD),
    QM_PASSPHRASE_FILE: file('passphrase', PASSPHRASE),
  });
  let minio: MinioServer;
  let apache: ApacheServer;
  let s3: S3Client;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  const expectedBytes = new Map<string, number>();
  let before: string[];
  let treesBefore: Map<string, Map<string, string>>;

  beforeAll(async () => {
    receiver = await startReceiver();
    [minio, apache] = await Promise.all([
      startMinio({ env: { MINIO_AUDIT_WEBHOOK_ENABLE_qm: 'on', MINIO_AUDIT_WEBHOOK_ENDPOINT_qm: receiver.endpoint } }),
      startApache({ accounts: CLOUD_USERS.map((name) => ({ name, password: `cloud-secret-of-${name}` })) }),
    ]);
    s3 = openS3Client(minio);
    await s3.makeBucket(BUCKET);
    await s3.setVersioning(BUCKET, 'Enabled');
    await fillBucket();
    await fillClouds();
    await makeUsers();
    before = await inventory(s3);
    treesBefore = new Map();
    for (const name of CLOUD_USERS) treesBefore.set(name, await apache.tree(name));
  }, 600_000);

  afterAll(async () => {
    s3?.close();
    receiver?.server.close();
    await Promise.all([minio?.close(), apache?.close()]);
    rmSync(dir, { recursive: true, force: true });
  });

  async function fillBucket(): Promise<void> {
    const ids = externalIds();
    const perUser = OBJECTS / ids.length;
    for (const id of ids) {
      // Never one name below another: MinIO hides what lies below an object from its listings (D8 has a test of its own).
      const keys = Array.from({ length: perUser }, (_, n) => {
        const name = ODD_NAMES[n % ODD_NAMES.length];
        return n < ODD_NAMES.length ? `users/${id}/${name}` : `users/${id}/folder ${n % 7}/${n}${name}`;
      });
      const body = 'x'.repeat(10 + ids.indexOf(id));
      await s3.fill(BUCKET, keys, body, 24);
      expectedBytes.set(id, keys.length * body.length);
      // A second version, a removed object that left a marker, an unfinished upload.
      await s3.put(BUCKET, `users/${id}/0123`, 'second version');
      expectedBytes.set(id, (expectedBytes.get(id) ?? 0) - body.length + 'second version'.length);
      await s3.put(BUCKET, `users/${id}/gone`, 'gone');
      await s3.remove(BUCKET, `users/${id}/gone`);
      await s3.startUpload(BUCKET, `users/${id}/0123`, 'part of an upload that nobody finished');
    }
    for (const key of ['users/u01 /x', 'users/u01', 'users/u01x/y', 'usersu01/z', 'other/u01/z', 'users/u0/1', 'U01/q'])
      if (key !== 'users/u01') await s3.put(BUCKET, key, 'nobody’s');
  }

  async function fillClouds(): Promise<void> {
    for (const name of CLOUD_USERS) {
      for (let n = 0; n < 167; n += 1)
        await apache.write(
          name,
          `platform/folder ${n % 7}/${ODD_NAMES[n % ODD_NAMES.length]?.replaceAll('\\', '') ?? 'x'} ${n}.txt`,
          `document ${n} of ${name}`,
        );
      await apache.write(name, 'platform2/private.txt', 'begins alike, is not the platform’s');
      await apache.write(name, 'photos/holiday.jpg', 'private');
      await apache.write(name, 'Platform/x.txt', 'another case, another folder');
    }
  }

  async function makeUsers(): Promise<void> {
    const console = await openConsole({
      ...machine,
      workspaceDir: workspace,
      create: true,
      origin: { machine: 'test', osAccount: 'tester', networkAddress: null, host: 'qm' },
      keychain: null,
      motor: false,
      log: () => {},
    });
    const client = console.client();
    await client.session.setUp({ mail: 'root@example.org', name: 'Root', password: PASSWORD, passphrase: PASSPHRASE });
    await client.session.signIn({ mail: 'root@example.org', password: PASSWORD });
    for (const id of externalIds())
      await client.users.create({
        mail: `${sha(id).slice(0, 8)}@example.org`,
        name: `User ${id}`,
        externalId: id,
        firstPassword: 'a first password',
        limitBytes: 1_000_000,
      });
    await console.close();
  }

  const mailOf = (id: string): string => `${sha(id).slice(0, 8)}@example.org`;

  test('profiles, connections and index: usage is right to the byte', async () => {
    await qm.ok(
      'storage',
      'add',
      '--name',
      'main',
      '--endpoint',
      minio.endpoint,
      '--bucket',
      BUCKET,
      '--region',
      'us-east-1',
      '--layout',
      'users/{externalId}/',
      '--access-key',
      minio.accessKey,
      '--secret-file',
      file('minio-secret', minio.secretKey),
      '--own',
    );
    for (const name of CLOUD_USERS)
      await qm.ok(
        'connections',
        'add',
        '--user',
        name,
        '--provider',
        'webdav',
        '--url',
        apache.url(name),
        '--username',
        name,
        '--secret-file',
        file(`cloud-${sha(name).slice(0, 6)}`, `cloud-secret-of-${name}`),
        '--root',
        '/platform',
        '--owned-root',
      );
    await qm.ok('storage', 'index', 'main');
    const { rows } = await qm.json<{ rows: { id: string }[] }>('connections', 'list');
    for (const { id } of rows) await qm.ok('storage', 'index', '--connection', id);

    for (const id of externalIds()) {
      const user = await qm.json<User>('users', 'show', id);
      const cloud = CLOUD_USERS.some((name) => name === id) ? await platformBytes(id) : 0;
      expect(user.quota.usedBytes, id).toBe((expectedBytes.get(id) ?? 0) + cloud);
    }
  }, 300_000);

  async function platformBytes(name: string): Promise<number> {
    let total = 0;
    for (const path of await readdir(join(apache.folder(name), 'platform'), { recursive: true, withFileTypes: true }))
      if (path.isFile()) total += (await readFile(join(path.parentPath, path.name))).length;
    return total;
  }

  let deletion: Deletion;

  test('the plan counts exactly, and the deletion runs to its end', async () => {
    const plan = await qm.json<Plan>('deletions', 'plan', LEAVER);
    const ours = before.filter((line) => keyOf(line).startsWith(`users/${LEAVER}/`));
    expect(plan.backends.map(({ kind, reachable }) => [kind, reachable])).toEqual([
      ['webdav', true],
      ['s3', true],
    ]);
    // One unfinished upload besides the versions and markers.
    expect(plan.backends[1]?.count).toBe(ours.length + 1);
    deletion = await qm.json<Deletion>('deletions', 'start', plan.id, '--confirm', mailOf(LEAVER));
    expect(deletion.state).toBe('done');
    expect(deletion.leftovers).toEqual([]);
  }, 300_000);

  test('exactly that user’s documents, versions, markers and uploads are gone; every byte of everybody else stands', async () => {
    const after = await inventory(s3);
    const wanted = new Set(before.filter((line) => !keyOf(line).startsWith(`users/${LEAVER}/`)));
    // Sets and samples: a plain comparison of twenty thousand lines would print them all.
    expect(after.filter((line) => !wanted.has(line)).slice(0, 10)).toEqual([]);
    const standing = new Set(after);
    expect([...wanted].filter((line) => !standing.has(line)).slice(0, 10)).toEqual([]);
    expect(after.length).toBeLessThan(before.length);
    for (const id of externalIds()) {
      const uploads = await s3.send('GET', `/${BUCKET}?uploads&prefix=${encodeURIComponent(`users/${id}/0123`)}`);
      expect(uploads.body.toString('utf8').includes('<UploadId>'), id).toBe(id !== LEAVER);
    }
    for (const name of CLOUD_USERS) {
      const expected = [...(treesBefore.get(name) ?? [])].filter(
        ([path]) => name !== LEAVER || !path.startsWith('platform/') || path === 'platform/',
      );
      expect([...(await apache.tree(name))], name).toEqual(expected);
    }
  });

  test('D1: the cloud was finished before the store was begun, by the servers’ own records', async () => {
    const log = await apache.accessLog();
    const lastInCloud = Math.max(
      ...log
        .filter(({ method, user }) => method === 'DELETE' && user === LEAVER)
        .map(({ receivedAtUs }) => receivedAtUs),
    );
    expect(log.some(({ method, user }) => method === 'DELETE' && user !== LEAVER)).toBe(false);
    await expect
      .poll(() => receiver.calls.some(({ name }) => name === 'DeleteMultipleObjects'), { timeout: 30_000 })
      .toBe(true);
    const removals = receiver.calls.filter(
      ({ name, objects }) =>
        ['DeleteMultipleObjects', 'AbortMultipartUpload'].includes(name) ||
        (name === 'DeleteObject' && !objects[0]?.endsWith('/gone')),
    );
    const firstInStore = Math.min(...removals.map(({ time }) => microseconds(time)));
    expect(firstInStore).toBeGreaterThan(lastInCloud);
    for (const { objects } of removals)
      for (const key of objects) expect(key.startsWith(`users/${LEAVER}/`), key).toBe(true);
  });

  test('the certificate holds, the log holds, and no credential is left in any file', async () => {
    const out = join(dir, 'certificate.json');
    await qm.ok('deletions', 'certificate', deletion.id, '--out', out);
    const session = await qm.json<{ verdict: string }>('audit', 'verify');
    expect(session.verdict).toBe('OK');
    const unkeyed = await qm.run('deletions', 'verify', out);
    expect(unkeyed.stdout + unkeyed.stderr).toContain('UNTRUSTED_KEY');
    for (const name of await readdir(workspace)) {
      const bytes = await readFile(join(workspace, name));
      expect(bytes.includes(`cloud-secret-of-${LEAVER}`), name).toBe(false);
      expect(bytes.includes(mailOf(LEAVER)), name).toBe(false);
    }
    await expect(qm.json('users', 'show', LEAVER)).rejects.toThrow('NOT_FOUND');
  });
});

function microseconds(time: string): number {
  const [, seconds = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}
