import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareKeys, type ObjectRef } from '../../src/main/storage/index.ts';
import { ODD_NAMES, readAll } from '../support/conformance.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';
import { withS3 } from '../support/s3-place.ts';

const hasMinio = findMinio() !== null;
const PREFIX = 'users/u01/';

/** Only where a key is exact text are these two the same set, byte for byte. */
const MORE_NAMES: readonly string[] = [
  ...Array.from({ length: 31 }, (_, code) => `control ${code + 1} ${String.fromCharCode(code + 1)} end`),
  'ends-in-slash/',
  'ends in slash and blank /',
  ' /',
  '😀/',
  `${'long/'.repeat(190)}end`, // 953 bytes, with the prefix nearly all that S3 allows
  'ü'.repeat(120),
  '..%2f..%2fescape',
  '%2e%2e',
  '%00',
  '\\..\\x',
  '2024-01-01T00:00:00Z',
  '1_000',
  '٣', // a digit that is not ASCII
  'Ⅻ',
  'ﬁ', // NFKC would make it two letters
  'K', // the Kelvin sign, which folds to k
  'k',
  'İ',
  'i̇',
];

let server: MinioServer;
let client: S3Client;

describe.skipIf(!hasMinio)('S8 on a real MinIO', () => {
  beforeAll(async () => {
    server = await startMinio();
    client = openS3Client(server);
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
  });

  const names = [...ODD_NAMES, ...MORE_NAMES];

  /** Every name twice: in the user's folder and in a decoy's, each with bytes of its own. What MinIO refuses is left out. */
  async function fill(bucket: string): Promise<Map<string, string>> {
    const standing = new Map<string, string>();
    for (const folder of [PREFIX, 'users/u010/', 'users/U01/']) {
      for (const name of names) {
        const key = folder + name;
        const body = `bytes of ${JSON.stringify(key)}`;
        const put = await client.put(bucket, key, body).catch((error: Error) => error);
        if (!(put instanceof Error)) standing.set(key, body);
      }
    }
    return standing;
  }

  async function everythingStands(bucket: string, standing: ReadonlyMap<string, string>): Promise<void> {
    for (const [key, body] of standing) {
      expect((await client.read(bucket, key))?.toString('utf8'), JSON.stringify(key)).toBe(body);
    }
  }

  for (const kind of ['plain', 'versioned'] as const) {
    test(`S8: odd keys beside their decoys are listed, shown and removed as themselves (${kind} bucket)`, async () => {
      const bucket = `s8-${kind}`;
      await client.makeBucket(bucket);
      if (kind === 'versioned') await client.setVersioning(bucket, 'Enabled');
      const standing = await fill(bucket);
      const own = [...standing.keys()].filter((key) => key.startsWith(PREFIX));
      expect(own.length).toBeGreaterThanOrEqual(100);
      await withS3(server, { bucket, prefix: PREFIX }, async (backend) => {
        const what = kind === 'plain' ? 'objects' : 'versions';
        const listed = await readAll(backend.list({ what }));
        expect(listed.map(({ key }) => key)).toEqual(own.toSorted(compareKeys));
        for (const { key, size } of listed)
          expect(await backend.stat(key), JSON.stringify(key)).toMatchObject({ key, size });

        // Half of them in one request: each one's twin stays, and so does everything in the other folders.
        const removed = listed.filter((_, at) => at % 2 === 0);
        const outcomes = await backend.remove(removed);
        expect(outcomes).toEqual(removed.map(() => ({ outcome: 'removed' })));
        for (const { key } of removed) {
          expect(await client.read(bucket, key), JSON.stringify(key)).toBeNull();
          standing.delete(key);
        }
        await everythingStands(bucket, standing);

        // The rest one by one.
        for (const ref of listed.filter((_, at) => at % 2 === 1)) {
          expect(await backend.remove([ref]), JSON.stringify(ref.key)).toEqual([{ outcome: 'removed' }]);
          expect(await client.read(bucket, ref.key)).toBeNull();
          standing.delete(ref.key);
        }
        expect(await readAll(backend.list({ what: 'versions' }))).toEqual([]);
        await everythingStands(bucket, standing);
      });
    });
  }

  test('D8: an object at the folder’s own name hides all below it; it is found, removed, and the folder listed anew', async () => {
    await client.makeBucket('hidden');
    await client.put('hidden', 'users/u01/report', 'own');
    await client.put('hidden', 'users/u01', 'stands at the name');
    await client.put('hidden', 'users/u012', 'not ours');
    await withS3(server, { bucket: 'hidden', prefix: PREFIX }, async (backend) => {
      expect(await readAll(backend.list({ what: 'objects' }))).toEqual([]);
      // An empty listing is no proof: what is hidden can still be read.
      expect(await backend.stat('users/u01/report')).toMatchObject({ size: 3 });
      const standing = await backend.standingAt!('users/u01');
      expect(standing).toMatchObject([{ kind: 'object', key: 'users/u01', size: 18 }]);
      expect(await backend.remove(standing)).toEqual([{ outcome: 'removed' }]);
      expect(await backend.standingAt!('users/u01')).toEqual([]);
      const listed = await readAll(backend.list({ what: 'objects' }));
      expect(listed.map(({ key }) => key)).toEqual(['users/u01/report']);
      expect(await client.read('hidden', 'users/u012')).not.toBeNull();
    });
  });

  test('D8: a delete marker at the folder’s own name hides it too, until every version there is gone', async () => {
    await client.makeBucket('hidden-versions');
    await client.setVersioning('hidden-versions', 'Enabled');
    await client.put('hidden-versions', 'users/u01/report', 'own');
    await client.put('hidden-versions', 'users/u01', 'one');
    await client.put('hidden-versions', 'users/u01', 'two');
    await client.remove('hidden-versions', 'users/u01');
    await withS3(server, { bucket: 'hidden-versions', prefix: PREFIX }, async (backend) => {
      expect(await readAll(backend.list({ what: 'versions' }))).toEqual([]);
      const standing = await backend.standingAt!('users/u01');
      expect(standing.map(({ kind }) => kind).toSorted()).toEqual(['marker', 'version', 'version']);
      expect(await backend.remove(standing)).toEqual(standing.map(() => ({ outcome: 'removed' })));
      const listed = await readAll(backend.list({ what: 'versions' }));
      expect(listed.map(({ key }) => key)).toEqual(['users/u01/report']);
    });
  });

  test('D8: an object higher up is seen but cannot be removed through the user’s scope', async () => {
    await client.makeBucket('hidden-above');
    await client.put('hidden-above', 'users/u01/report', 'own');
    await client.put('hidden-above', 'users/u01', 'at the name');
    await client.put('hidden-above', 'users', 'above');
    await withS3(server, { bucket: 'hidden-above', prefix: PREFIX }, async (backend) => {
      expect(await readAll(backend.list({ what: 'objects' }))).toEqual([]);
      const above = await backend.standingAt!('users');
      expect(above).toMatchObject([{ key: 'users' }]);
      await expect(backend.remove(above)).rejects.toMatchObject({ failure: 'unsafe' });
      // Hidden itself, so no listing shows it, but it is there.
      expect(await backend.standingAt!('users/u01')).toMatchObject([{ key: 'users/u01', size: 11 }]);
      await expect(backend.standingAt!('use')).rejects.toMatchObject({ failure: 'unsafe' });
      expect(await client.read('hidden-above', 'users')).not.toBeNull();
    });
  });

  test('D8: an object inside the folder that hides others shows them after it has gone', async () => {
    await client.makeBucket('hidden-inside');
    for (const key of ['dir/inner/deep', 'dir/inner', 'dir']) await client.put('hidden-inside', PREFIX + key, key);
    await withS3(server, { bucket: 'hidden-inside', prefix: PREFIX }, async (backend) => {
      const rounds: string[][] = [];
      for (let listed: ObjectRef[] = await readAll(backend.list({ what: 'objects' })); listed.length > 0; ) {
        rounds.push(listed.map(({ key }) => key.slice(PREFIX.length)));
        await backend.remove(listed);
        listed = await readAll(backend.list({ what: 'objects' }));
      }
      expect(rounds).toEqual([['dir'], ['dir/inner'], ['dir/inner/deep']]);
    });
  });
});
