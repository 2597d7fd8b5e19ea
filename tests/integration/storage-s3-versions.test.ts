import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ListPage, ObjectRef } from '../../src/main/storage/index.ts';
import { readAll } from '../support/conformance.ts';
import { findMinio, findVersitygw, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';
import { withS3 } from '../support/s3-place.ts';
import { startVersitygw } from '../support/versitygw.ts';

const hasMinio = findMinio() !== null;
const hasVersitygw = findVersitygw() !== null;
const PREFIX = 'users/u01/';

let server: MinioServer;
let client: S3Client;

describe.skipIf(!hasMinio)('versions, uploads and locks on a real MinIO', () => {
  beforeAll(async () => {
    server = await startMinio();
    client = openS3Client(server);
    await client.makeBucket('versions');
    await client.setVersioning('versions', 'Enabled');
    await client.makeBucket('lock', { objectLock: true });
    await client.makeBucket('plain');
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
  });

  test('versions and delete markers are listed and removed by id, and those of others stay', async () => {
    for (const key of [`${PREFIX}a`, 'users/u010/a']) {
      await client.put('versions', key, 'one');
      await client.put('versions', key, 'two!');
      await client.remove('versions', key);
      await client.put('versions', key, 'three');
    }
    await withS3(server, { bucket: 'versions', prefix: PREFIX }, async (backend) => {
      expect(await backend.describe()).toMatchObject({ versioned: true, finality: 'final' });
      const listed = await readAll(backend.list({ what: 'versions' }));
      expect(listed.map(({ kind, size }) => [kind, size])).toEqual([
        ['version', 5],
        ['marker', 0],
        ['version', 4],
        ['version', 3],
      ]);
      expect(new Set(listed.map(({ versionId }) => versionId)).size).toBe(4);
      expect(await backend.remove(listed)).toEqual(listed.map(() => ({ outcome: 'removed' })));
      expect(await readAll(backend.list({ what: 'versions' }))).toEqual([]);
    });
    await withS3(server, { bucket: 'versions', prefix: 'users/u010/' }, async (backend) => {
      expect(await readAll(backend.list({ what: 'versions' }))).toHaveLength(4);
    });
  });

  test('a listing of versions can be gone on from in the middle of one key’s versions', async () => {
    const keys = [`${PREFIX}many/a`, ...Array.from({ length: 1100 }, () => `${PREFIX}many/b`), `${PREFIX}many/c`];
    await client.fill('versions', keys, 'v', 8);
    await withS3(server, { bucket: 'versions', prefix: PREFIX }, async (backend) => {
      const pages: ListPage[] = [];
      for await (const page of backend.list({ what: 'versions', prefix: `${PREFIX}many/` })) pages.push(page);
      const all = pages.flatMap(({ items }) => [...items]);
      expect(all).toHaveLength(1102);
      expect(pages.length).toBeGreaterThan(1);
      const later = await readAll(backend.list({ what: 'versions', prefix: `${PREFIX}many/`, after: pages[0]!.next }));
      expect(later).toEqual(pages.slice(1).flatMap(({ items }) => [...items]));
      // By key alone, in a bucket that keeps versions: every version goes, and no marker is laid over them.
      const byKey: ObjectRef = {
        kind: 'object',
        key: `${PREFIX}many/b`,
        versionId: null,
        size: 1,
        etag: null,
        modifiedAt: null,
      };
      expect(await backend.remove([byKey])).toEqual([{ outcome: 'removed' }]);
      expect((await readAll(backend.list({ what: 'versions' }))).map(({ key }) => key)).toEqual([
        `${PREFIX}many/a`,
        `${PREFIX}many/c`,
      ]);
      expect(await backend.remove([byKey])).toEqual([{ outcome: 'absent' }]);
      expect(await backend.standingAt!(`${PREFIX}many/b`)).toEqual([]);
    });
  });

  test('where versioning was suspended, what came before it and after it is found and removed', async () => {
    await client.makeBucket('suspended');
    await client.put('suspended', `${PREFIX}old`, 'before versioning');
    await client.setVersioning('suspended', 'Enabled');
    await client.put('suspended', `${PREFIX}old`, 'a version');
    await client.setVersioning('suspended', 'Suspended');
    await client.put('suspended', `${PREFIX}new`, 'null version');
    await client.put('suspended', `${PREFIX}dir/`, '');
    await withS3(server, { bucket: 'suspended', prefix: PREFIX }, async (backend) => {
      expect(await backend.describe()).toMatchObject({ versioned: true });
      const listed = await readAll(backend.list({ what: 'versions' }));
      expect(listed).toHaveLength(4);
      expect(await backend.remove(listed)).toEqual(listed.map(() => ({ outcome: 'removed' })));
      expect(await readAll(backend.list({ what: 'versions' }))).toEqual([]);
    });
  });

  test('unfinished uploads are found without a prefix and by exact key, and aborted alone', async () => {
    const mine = [`${PREFIX}up load+1`, `${PREFIX}\u0001ctl`, `${PREFIX}up load+1`];
    for (const key of mine) await client.startUpload('plain', key, 'part');
    await client.startUpload('plain', 'users/u010/up', 'part');
    await withS3(server, { bucket: 'plain', prefix: PREFIX }, async (backend) => {
      const listed = await readAll(backend.list({ what: 'uploads' }));
      expect(listed.map(({ kind, key }) => [kind, key])).toEqual(mine.toSorted().map((key) => ['upload', key]));
      expect(await backend.uploadsOf!(`${PREFIX}up load+1`)).toHaveLength(2);
      expect(await backend.uploadsOf!(`${PREFIX}up`)).toEqual([]);
      expect(await backend.remove(listed)).toEqual(listed.map(() => ({ outcome: 'removed' })));
      expect(await readAll(backend.list({ what: 'uploads' }))).toEqual([]);
      const [again] = await backend.remove([listed[0]!]);
      expect(['absent', 'removed']).toContain(again!.outcome);
    });
    await withS3(server, { bucket: 'plain', prefix: 'users/u010/' }, async (backend) => {
      expect(await readAll(backend.list({ what: 'uploads' }))).toHaveLength(1);
    });
  });

  test('unfinished uploads from before a restart are found by exact key', async () => {
    await client.startUpload('plain', `${PREFIX}before restart`, 'part');
    await server.stop();
    await server.start();
    await withS3(server, { bucket: 'plain', prefix: PREFIX }, async (backend) => {
      const found = await backend.uploadsOf!(`${PREFIX}before restart`);
      expect(found).toHaveLength(1);
      expect(await backend.describe()).toMatchObject({ note: expect.stringContaining('24 hours') });
      expect(await backend.remove(found)).toEqual([{ outcome: 'removed' }]);
      expect(await backend.uploadsOf!(`${PREFIX}before restart`)).toEqual([]);
    });
  });

  test('what is locked is retained, with its date and reason, and never bypassed', async () => {
    const until = new Date(Date.now() + 3_600_000);
    until.setMilliseconds(0);
    const version = async (key: string): Promise<string> => {
      const answer = await client.put('lock', PREFIX + key, 'locked');
      return String(answer.headers['x-amz-version-id']);
    };
    await client.retain('lock', `${PREFIX}compliance`, await version('compliance'), 'COMPLIANCE', until);
    await client.retain('lock', `${PREFIX}governance`, await version('governance'), 'GOVERNANCE', until);
    await client.hold('lock', `${PREFIX}hold`, await version('hold'), true);
    await version('free');
    await client.retain('lock', `${PREFIX}\u0002ctl`, await version('\u0002ctl'), 'COMPLIANCE', until);
    await withS3(server, { bucket: 'lock', prefix: PREFIX }, async (backend) => {
      expect(await backend.describe()).toMatchObject({ versioned: true, note: expect.stringContaining('object lock') });
      const listed = await readAll(backend.list({ what: 'versions' }));
      const outcomes = await backend.remove(listed);
      const byKey = Object.fromEntries(listed.map(({ key }, at) => [key.slice(PREFIX.length), outcomes[at]]));
      expect(byKey).toEqual({
        '\u0002ctl': { outcome: 'retained', until: until.getTime(), reason: expect.stringContaining('Compliance') },
        compliance: { outcome: 'retained', until: until.getTime(), reason: expect.stringContaining('Compliance') },
        governance: { outcome: 'retained', until: until.getTime(), reason: expect.stringContaining('Governance') },
        hold: { outcome: 'retained', until: null, reason: expect.stringContaining('legal hold') },
        free: { outcome: 'removed' },
      });
      expect((await readAll(backend.list({ what: 'versions' }))).map(({ kind }) => kind)).toEqual([
        'version',
        'version',
        'version',
        'version',
      ]);
    });
  });

  test('default retention of a bucket is part of how final a removal is', async () => {
    await client.makeBucket('retention', { objectLock: true });
    const rule =
      '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule></ObjectLockConfiguration>';
    expect((await client.send('PUT', '/retention?object-lock', { body: rule })).status).toBe(200);
    await withS3(server, { bucket: 'retention', prefix: PREFIX }, async (backend) => {
      expect(await backend.describe()).toMatchObject({
        finality: 'retained',
        note: expect.stringContaining('30 days'),
      });
    });
  });

  test('C6: beside a person’s own files, an object that is not what was recorded is left as changed', async () => {
    await client.put('plain', 'cloud/recorded', 'as recorded');
    await client.put('plain', 'cloud/edited', 'as recorded');
    await withS3(
      server,
      { bucket: 'plain', prefix: 'cloud/' },
      async (backend) => {
        const recorded = await readAll(backend.list({ what: 'objects' }));
        await client.put('plain', 'cloud/edited', 'edited since');
        const withoutETag = recorded.map((ref) => ({ ...ref, etag: null }));
        expect((await backend.remove(withoutETag)).map(({ outcome }) => outcome)).toEqual(['changed', 'removed']);
        await client.put('plain', 'cloud/recorded', 'as recorded');
        expect((await backend.remove(recorded)).map(({ outcome }) => outcome)).toEqual(['changed', 'removed']);
        expect((await client.read('plain', 'cloud/edited'))?.toString('utf8')).toBe('edited since');
      },
      { requireMatch: true },
    );
  });

  test('credentials that do not work, a missing bucket and a missing right are told apart', async () => {
    const ask = async (change: Partial<MinioServer>, bucket = 'plain') =>
      await withS3(
        { ...server, endpoint: server.endpoint, region: 'us-east-1', ...change },
        { bucket, prefix: PREFIX },
        async (backend) => {
          const check = await backend.check();
          const failure = await readAll(backend.list({ what: 'objects' })).catch((error: unknown) => error);
          return { check, failure };
        },
      );
    expect(await ask({ secretKey: 'not-the-secret' })).toMatchObject({
      check: { ok: false, state: 'reauthorise' },
      failure: { failure: 'reauthorise' },
    });
    expect(await ask({ accessKey: 'nobody' })).toMatchObject({
      check: { state: 'reauthorise' },
      failure: { failure: 'reauthorise' },
    });
    expect(await ask({}, 'no-such-bucket')).toMatchObject({
      check: { state: 'unreachable' },
      failure: { failure: 'refused', serverCode: 'NoSuchBucket' },
    });
    expect(await ask({ endpoint: 'http://127.0.0.1:1' })).toMatchObject({
      check: { state: 'unreachable' },
      failure: { failure: 'offline' },
    });
  });
});

describe.skipIf(!hasVersitygw)('versions on versitygw', () => {
  test('versions and markers, which it lists one kind after the other, come in key order and go by id', async () => {
    const gateway = await startVersitygw({ versioning: true });
    const other = openS3Client(gateway);
    try {
      await other.makeBucket('versions');
      await other.setVersioning('versions', 'Enabled');
      for (const name of ['a', 'b', 'c']) {
        await other.put('versions', PREFIX + name, 'one');
        await other.put('versions', PREFIX + name, 'two');
        if (name !== 'b') await other.remove('versions', PREFIX + name);
      }
      await withS3(gateway, { bucket: 'versions', prefix: PREFIX }, async (backend) => {
        const listed = await readAll(backend.list({ what: 'versions' }));
        expect(listed.map(({ key }) => key.slice(PREFIX.length)).join('')).toBe('aaabbccc');
        expect(listed.filter(({ kind }) => kind === 'marker')).toHaveLength(2);
        expect(await backend.remove(listed)).toEqual(listed.map(() => ({ outcome: 'removed' })));
        expect(await readAll(backend.list({ what: 'versions' }))).toEqual([]);
      });
    } finally {
      other.close();
      await gateway.close();
    }
  });
});
