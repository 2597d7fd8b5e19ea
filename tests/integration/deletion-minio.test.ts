import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openS3, type S3Options, type S3Scope } from '../../src/main/storage/index.ts';
import { ODD_NAMES } from '../support/conformance.ts';
import { DeletionFixture, type Place } from '../support/deletion-fixture.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';
import { s3Config } from '../support/s3-place.ts';

const PREFIX = 'users/u001/';
let bucketNo = 0;

describe.skipIf(findMinio() === null)('a deletion on a real MinIO', () => {
  let server: MinioServer;
  let client: S3Client;
  const opened: DeletionFixture[] = [];

  beforeAll(async () => {
    server = await startMinio();
    client = openS3Client(server);
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
  });
  afterEach(async () => {
    const fixtures = opened.splice(0);
    for (const fixture of fixtures) await fixture.dispose();
    for (const { log } of fixtures) expect(log.filter((line) => line.includes('deletion.stalled'))).toEqual([]);
  });

  async function open(options: Parameters<typeof DeletionFixture.open>[0] = {}): Promise<DeletionFixture> {
    const fixture = await DeletionFixture.open(options);
    opened.push(fixture);
    return fixture;
  }

  interface Bucket {
    readonly name: string;
    readonly place: Place & { backendNo: number; sourceId: string };
  }

  async function addBucket(
    fixture: DeletionFixture,
    options: {
      cloud?: boolean;
      reach?: 'owned' | 'recorded';
      scope?: Partial<S3Scope>;
      s3?: S3Options;
      recordPrefix?: string;
      make?: boolean;
      lock?: boolean;
      versioned?: boolean;
    } = {},
  ): Promise<Bucket> {
    bucketNo += 1;
    const name = `deletion-${bucketNo}`;
    if (options.make !== false) await client.makeBucket(name, { objectLock: options.lock ?? false });
    if (options.versioned) await client.setVersioning(name, 'Enabled');
    const isCloud = options.cloud ?? false;
    const connection = isCloud ? await fixture.addConnection('the secret key of the bucket', 's3') : null;
    const backendNo = connection?.backendNo ?? fixture.addBackend('s3');
    const sourceId = connection?.id ?? `profile-${name}`;
    const scope: S3Scope = { bucket: name, prefix: PREFIX, ...options.scope };
    const place = fixture.addPlace(
      {
        sourceId,
        backendNo,
        kind: 's3',
        label: name,
        isCloud,
        reach: options.reach ?? 'owned',
        prefix: scope.wholeBucket ? null : scope.prefix,
        recordPrefix: options.recordPrefix ?? '',
        basis: '1',
      },
      () => openS3(s3Config(server), scope, options.s3),
    );
    return { name, place: { ...place, backendNo, sourceId } };
  }

  /** Everything in a bucket, read by a program that is not ours: `kind key version`. */
  async function inventory(bucket: string): Promise<string[]> {
    const found: string[] = [];
    for (let marker = ''; ; ) {
      const answer = await client.send('GET', `/${bucket}?versions&encoding-type=url&max-keys=1000${marker}`);
      const text = answer.body.toString('utf8');
      for (const [, kind, body = ''] of text.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)) {
        const field = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(body)?.[1] ?? '';
        found.push(`${kind} ${decodeURIComponent(field('Key').replaceAll('+', ' '))} ${field('VersionId')}`);
      }
      const next = /<NextKeyMarker>(.*?)<\/NextKeyMarker>/s.exec(text)?.[1];
      if (!/<IsTruncated>true/.test(text) || next === undefined) return found.sort();
      const version = /<NextVersionIdMarker>(.*?)<\/NextVersionIdMarker>/s.exec(text)?.[1] ?? '';
      marker = `&key-marker=${encodeURIComponent(decodeURIComponent(next.replaceAll('+', ' ')))}&version-id-marker=${encodeURIComponent(version)}`;
    }
  }

  async function uploadsOf(bucket: string, key: string): Promise<number> {
    const answer = await client.send('GET', `/${bucket}?uploads&prefix=${encodeURIComponent(key)}`);
    return answer.body.toString('utf8').split('<UploadId>').length - 1;
  }

  test.each([{ versioned: false }, { versioned: true }])(
    'D1, D8, S8: objects with odd keys, versions, markers and uploads go, and nothing beside them (versioned: $versioned)',
    async ({ versioned }) => {
      const fixture = await open();
      const { name, place } = await addBucket(fixture, { versioned });
      const others = [
        'users/u0010/x',
        'users/u00/x',
        'users/U001/x',
        'users/u001 /x',
        'usersu001/x',
        'other/users/u001/x',
      ];
      for (const odd of ODD_NAMES) await client.put(name, PREFIX + odd, 'own').catch(() => {});
      await client.fill(
        name,
        Array.from({ length: 1_200 }, (_, n) => `${PREFIX}many/${n}`),
      );
      for (const key of others) await client.put(name, key, 'somebody else’s');
      if (versioned) {
        await client.put(name, `${PREFIX}0123`, 'second version');
        await client.remove(name, `${PREFIX}many/7`);
        await client.remove(name, `${PREFIX}never was`);
      }
      await client.startUpload(name, `${PREFIX}unfinished`, 'part');
      await client.startUpload(name, 'users/u0010/unfinished', 'part');
      const before = await inventory(name);
      const own = before.filter((line) => line.includes(` ${PREFIX}`));
      fixture.record(place.backendNo, [`${PREFIX}0123`, `${PREFIX}many/1`, `${PREFIX}not there any more`]);

      const plan = await fixture.plan();
      expect(plan.backends[0]).toMatchObject({ count: own.length + 1, reachable: true, finality: 'final' });
      const done = await fixture.done((await fixture.start({ plan })).id);
      expect(done.leftovers).toEqual([]);
      expect(done.backends[0]).toMatchObject({ removed: own.length + 1, absent: 1 });
      expect(await inventory(name)).toEqual(before.filter((line) => !own.includes(line)));
      expect(await uploadsOf(name, `${PREFIX}unfinished`)).toBe(0);
      expect(await uploadsOf(name, 'users/u0010/unfinished')).toBe(1);
      const { json } = fixture.deletions.certificate(done.id, null);
      expect(fixture.deletions.verify(json, fixture.ground.audit.fingerprint()).verdict).toBe('OK');
    },
  );

  test.each([{ versioned: false }, { versioned: true }])(
    'D8: an object at the folder’s own name is an item of its own, removed first, and the folder listed anew (versioned: $versioned)',
    async ({ versioned }) => {
      const fixture = await open();
      const { name, place } = await addBucket(fixture, { versioned });
      const keys = Array.from({ length: 20 }, (_, n) => `${PREFIX}d/${n}`);
      for (const key of keys) await client.put(name, key);
      await client.put(name, 'users/u001', 'stands at the name');
      if (versioned) {
        await client.put(name, 'users/u001', 'again');
        await client.remove(name, 'users/u001');
      }
      await client.put(name, 'users/u0011', 'not ours');
      fixture.record(place.backendNo, [`${PREFIX}d/3`]);
      const plan = await fixture.plan();
      // What hides, and the one that the record knows of.
      expect(plan.backends[0]?.count).toBe((versioned ? 3 : 1) + 1);
      expect(plan.backends[0]?.note).toContain('“users/u001”');
      const done = await fixture.done((await fixture.start({ plan })).id);
      expect(done.leftovers).toEqual([]);
      expect((await inventory(name)).map((line) => line.split(' ')[1])).toEqual(['users/u0011']);
      const removals = fixture.calls
        .filter(({ method }) => method === 'remove')
        .map(({ refs }) => refs.map(({ key }) => key));
      expect(new Set(removals[0])).toEqual(new Set(['users/u001']));
    },
  );

  test('D8: objects inside the folder that hide others show them one after the other, and all go', async () => {
    const fixture = await open();
    const { name } = await addBucket(fixture);
    const chain = Array.from(
      { length: 8 },
      (_, depth) => PREFIX + Array.from({ length: depth + 1 }, (__, n) => `d${n}`).join('/'),
    );
    for (const key of chain.toReversed()) await client.put(name, key);
    const done = await fixture.done((await fixture.start()).id);
    expect(done.leftovers).toEqual([]);
    expect(done.backends[0]?.removed).toBe(8);
    for (const key of chain) expect(await client.read(name, key), key).toBeNull();
  });

  test('D8: an object higher up is nobody’s: over an empty listing the run waits and names it, and goes on when it is gone', async () => {
    const fixture = await open();
    const { name } = await addBucket(fixture);
    await client.put(name, 'users', 'stands above all users');
    const plan = await fixture.plan();
    expect(plan.backends[0]?.note).toContain('“users”');
    expect(plan.backends[0]?.note).toContain('will wait');
    const { id } = await fixture.start({ plan });
    const waiting = await fixture.until(id, ({ state }) => state === 'waiting');
    expect(waiting.waitingFor).toMatchObject({ reason: 'hidden' });
    expect(waiting.waitingFor?.message).toContain('“users”');
    expect(await client.read(name, 'users')).not.toBeNull();
    await client.remove(name, 'users');
    await fixture.done(id);
    expect(await inventory(name)).toEqual([]);
  });

  test('D8: where a listing shows what is below, the object higher up is named by the plan and stops nothing', async () => {
    const fixture = await open();
    const { name } = await addBucket(fixture);
    await client.put(name, `${PREFIX}a`);
    await client.put(name, 'users', 'stands above all users');
    const plan = await fixture.plan();
    expect(plan.backends[0]?.note).toContain('“users”');
    const done = await fixture.done((await fixture.start({ plan })).id);
    expect(done.backends[0]?.removed).toBe(1);
    expect((await inventory(name)).map((line) => line.split(' ')[1])).toEqual(['users']);
    expect(fixture.events()).not.toContain('deletion.waiting');
  });

  test('D8: best_effort does not wait for what may hide, and says what it could not see', async () => {
    const fixture = await open();
    const { name } = await addBucket(fixture);
    await client.put(name, 'users', 'stands above all users');
    const done = await fixture.done((await fixture.start({ whenDown: 'best_effort' })).id);
    expect(fixture.deletions.certificate(done.id, null).html).toContain('could not be seen');
    expect(await client.read(name, 'users')).not.toBeNull();
  });

  test('what an object lock holds is a leftover with its date, and is not bypassed', async () => {
    const fixture = await open();
    const { name } = await addBucket(fixture, { lock: true });
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
    const put = await client.put(name, `${PREFIX}governed`);
    const version = String(put.headers['x-amz-version-id']);
    await client.retain(name, `${PREFIX}governed`, version, 'GOVERNANCE', until);
    const held = await client.put(name, `${PREFIX}held`);
    await client.hold(name, `${PREFIX}held`, String(held.headers['x-amz-version-id']), true);
    await client.put(name, `${PREFIX}free`);
    const done = await fixture.done((await fixture.start()).id);
    expect(done.backends[0]).toMatchObject({ removed: 1, leftovers: 2 });
    const { certificate } = JSON.parse(fixture.deletions.certificate(done.id, null).json);
    expect(certificate.leftovers).toMatchObject([
      { key: `${PREFIX}governed`, versionId: version, retainedUntil: until.toISOString(), retryable: true },
      { key: `${PREFIX}held`, retainedUntil: null },
    ]);
    expect((await inventory(name)).length).toBe(2);
    await client.hold(name, `${PREFIX}held`, String(held.headers['x-amz-version-id']), false);
    const retried = await fixture.deletions.retry(fixture.admin, done.id, null);
    expect(retried.leftovers.map(({ ref }) => ref.startsWith(`${PREFIX}governed`))).toEqual([true]);
  });

  test('S8: an upload on a recorded key from before the server’s last start is found by its key, and aborted', async () => {
    const fixture = await open();
    const { name, place } = await addBucket(fixture);
    await client.put(name, `${PREFIX}document`);
    await client.startUpload(name, `${PREFIX}document`, 'part');
    fixture.record(place.backendNo, [`${PREFIX}document`]);
    await server.stop();
    await server.start();
    const plan = await fixture.plan();
    expect(plan.backends[0]?.count).toBe(2);
    expect(plan.backends[0]?.note).toContain('cannot be seen');
    const done = await fixture.done((await fixture.start({ plan })).id);
    expect(done.backends[0]).toMatchObject({ removed: 2 });
    expect(await uploadsOf(name, `${PREFIX}document`)).toBe(0);
  });

  test.each([{ versioned: false }, { versioned: true }])(
    'D2: a record outside the user’s folder is left over and not touched (versioned: $versioned)',
    async ({ versioned }) => {
      const fixture = await open();
      const { name, place } = await addBucket(fixture, { versioned });
      await client.put(name, `${PREFIX}own`);
      await client.put(name, 'users/u0010/theirs');
      const before = await inventory(name);
      fixture.record(place.backendNo, [`${PREFIX}own`, 'users/u0010/theirs']);
      const done = await fixture.done((await fixture.start()).id);
      expect(done.backends[0]).toMatchObject({ state: 'done', removed: 1, leftovers: 1 });
      expect(done.leftovers.map(({ ref, retryable }) => [ref, retryable])).toEqual([['users/u0010/theirs', false]]);
      await fixture.deletions.retry(fixture.admin, done.id, null);
      expect(await inventory(name)).toEqual(before.filter((line) => line.includes('theirs')));
    },
  );

  test('a bucket of one user that was never made is an empty place; one that is missing is not', async () => {
    const fixture = await open();
    const { place } = await addBucket(fixture, { make: false, scope: { prefix: '', wholeBucket: true } });
    const plan = await fixture.plan();
    expect(plan.backends[0]).toMatchObject({ count: 0, reachable: true });
    fixture.record(place.backendNo, ['document']);
    expect((await fixture.plan()).backends[0]).toMatchObject({ count: 1, reachable: false });
    fixture.ground.workspace.transaction((tx) => tx.raw.prepare('DELETE FROM documents').run());
    await fixture.done((await fixture.start({ plan })).id);
  });

  test('a bucket of one user is emptied whole', async () => {
    const fixture = await open();
    const { name, place } = await addBucket(fixture, {
      versioned: true,
      scope: { prefix: '', wholeBucket: true },
      recordPrefix: 'bucket/',
    });
    for (const key of ['a', 'b/c', '0123']) await client.put(name, key);
    await client.put(name, 'a', 'again');
    fixture.record(place.backendNo, ['bucket/a', 'bucket/b/c']);
    const done = await fixture.done((await fixture.start()).id);
    expect(done.backends[0]).toMatchObject({ planned: 4, removed: 4, absent: 0 });
    expect(await inventory(name)).toEqual([]);
  });

  test('C6: of a person’s own bucket every version of what is recorded goes, and nothing else', async () => {
    const fixture = await open();
    const { name, place } = await addBucket(fixture, {
      cloud: true,
      reach: 'recorded',
      versioned: true,
      scope: { prefix: 'platform/' },
      s3: { requireMatch: true },
    });
    for (const body of ['one', 'two']) await client.put(name, 'platform/document', body);
    await client.put(name, 'platform/own', 'the person’s');
    await client.put(name, 'platform/changed', 'first');
    fixture.record(place.backendNo, ['platform/document', 'platform/changed', 'platform/gone']);
    fixture.ground.workspace.transaction((tx) =>
      tx.raw.prepare("UPDATE documents SET etag = 'another' WHERE key = 'platform/changed'").run(),
    );
    await client.startUpload(name, 'platform/document', 'part');
    await client.startUpload(name, 'platform/own', 'part');
    const plan = await fixture.plan();
    expect(plan.backends[0]).toMatchObject({ kept: 1 });
    const done = await fixture.done((await fixture.start({ plan })).id);
    expect((await inventory(name)).map((line) => line.split(' ')[1])).toEqual(['platform/changed', 'platform/own']);
    expect(done.leftovers.map(({ ref }) => ref)).toEqual(['platform/changed']);
    expect(await uploadsOf(name, 'platform/own')).toBe(1);
    expect(await uploadsOf(name, 'platform/document')).toBe(0);
  });

  test('D6, D7: MinIO down at the start, gone in the middle, back later', async () => {
    const fixture = await open();
    const { name, place } = await addBucket(fixture, { versioned: true });
    await client.fill(
      name,
      Array.from({ length: 3_000 }, (_, n) => `${PREFIX}${n}`),
    );
    const plan = await fixture.plan();
    await server.stop('SIGKILL');
    const { id } = await fixture.start({ plan });
    const atStart = await fixture.until(id, ({ state }) => state === 'waiting', 60_000);
    expect(atStart.waitingFor?.reason).toBe('offline');
    // The first page comes through; every other one meets a server that is gone.
    const first = Promise.withResolvers<void>();
    let pages = 0;
    let stopping: Promise<void> | null = null;
    place.faults.after = () => first.resolve();
    place.faults.before = async ({ method }) => {
      if (method !== 'remove') return;
      pages += 1;
      if (pages === 1) return;
      await first.promise;
      stopping ??= server.stop('SIGKILL');
      await stopping;
    };
    await server.start();
    const inTheMiddle = await fixture.until(
      id,
      ({ state, backends }) => state === 'waiting' && (backends[0]?.removed ?? 0) > 0,
      60_000,
    );
    expect(inTheMiddle.backends[0]?.removed).toBeLessThan(3_000);
    await server.start();
    const done = await fixture.done(id);
    expect(done.leftovers).toEqual([]);
    expect(done.backends[0]).toMatchObject({ removed: 3_000 });
    expect(await inventory(name)).toEqual([]);
    expect(fixture.stages()).toEqual([
      'closing',
      'clouds',
      'store',
      'verifying',
      'revoking',
      'finishing',
      'certifying',
    ]);
  }, 180_000);
});
