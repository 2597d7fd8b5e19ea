import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IndexRun } from '../../src/contract/storage.ts';
import { ODD_NAMES } from '../support/conformance.ts';
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

const db = () => at.ground.workspace.db.raw;
const usage = (userNo: number) =>
  db()
    .prepare<[number], { bytes: number; documents: number; countedAt: number | null }>(
      'SELECT used_bytes AS bytes, document_count AS documents, counted_at AS countedAt FROM quotas WHERE user_no = ?',
    )
    .get(userNo);
const recorded = (userNo: number): string[] =>
  db()
    .prepare<[number], string>('SELECT key FROM documents WHERE user_no = ? ORDER BY backend_no, key')
    .pluck()
    .all(userNo);

/** Runs an index to its end. */
async function index(wish: { profile: string } | { connectionId: string }): Promise<IndexRun> {
  const started = await at.storage.index(at.actor, wish);
  return await end(started.id);
}

async function end(runId: string): Promise<IndexRun> {
  let last: IndexRun | undefined;
  for await (const run of at.storage.watchIndex(runId)) last = run;
  if (!last) throw new Error('the run was never seen');
  return last;
}

test('S5: the built-in store is indexed like any other, and what is gone from it leaves the record', async () => {
  const user = at.addUser('u001');
  const [target] = at.storage.ownStoreTargets(at.ground.workspace.db, user);
  const backend = await target!.open();
  for (const name of ['a', 'b']) await backend.put!(`users/${user.id}/${name}`, Readable.from([Buffer.from(name)]), 1);
  expect(await index({ profile: 'built-in' })).toMatchObject({
    state: 'done',
    seen: 2,
    added: 2,
    bytes: 2,
    foreign: 0,
  });
  expect(usage(user.no)).toMatchObject({ bytes: 2, documents: 2, countedAt: at.on.clock() });
  await backend.remove([
    { kind: 'object', key: `users/${user.id}/a`, versionId: null, size: 1, etag: null, modifiedAt: null },
  ]);
  expect(await index({ profile: 'built-in' })).toMatchObject({
    state: 'done',
    seen: 1,
    added: 0,
    changed: 0,
    removed: 1,
  });
  expect(usage(user.no)).toMatchObject({ bytes: 1, documents: 1 });
});

test('S5: nobody is counted who was not looked at, and a profile that does not answer fails with its reason', async () => {
  await at.storage.add(at.actor, { ...BASIC_PROFILE, own: true, endpoint: 'http://127.0.0.1:1' });
  const user = at.addUser('u001');
  expect(await index({ profile: 'main' })).toMatchObject({
    state: 'failed',
    message: expect.stringContaining('Nothing answers'),
  });
  expect(usage(user.no)).toMatchObject({ countedAt: null });
  await expect(at.storage.index(at.actor, { profile: 'none' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

describe.skipIf(!hasMinio)('S5: index of a real MinIO', () => {
  let server: MinioServer;
  let client: S3Client;
  let buckets = 0;
  let bucket: string;
  /** Filled once, for the tests that only read it. */
  const MANY = 'index-many';
  const manyKeys = Array.from({ length: 3100 }, (_, n) => `users/u01/${String(n).padStart(5, '0')}`);

  beforeAll(async () => {
    server = await startMinio();
    client = openS3Client(server);
    await client.makeBucket(MANY);
    await client.fill(MANY, manyKeys, 'x');
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
  });
  beforeEach(async () => {
    buckets += 1;
    bucket = `index-${buckets}`;
    await client.makeBucket(bucket);
  });

  const addProfile = async (input: NewProfileInput = {}) =>
    await at.storage.add(at.actor, {
      ...BASIC_PROFILE,
      endpoint: server.endpoint,
      accessKey: server.accessKey,
      secretKey: server.secretKey,
      bucket,
      layout: 'users/{externalId}/',
      own: true,
      ...input,
    });

  test('usage is right to the byte, odd keys and all; what is nobody’s is counted and not recorded', async () => {
    const [ada, bob] = [at.addUser('u01'), at.addUser('u010')];
    const bodies = new Map<string, string>();
    for (const [at_, name] of ODD_NAMES.entries()) {
      const body = 'x'.repeat(at_ + 1);
      const put = await client.put(bucket, `users/u01/${name}`, body).catch((error: Error) => error);
      if (!(put instanceof Error)) bodies.set(`users/u01/${name}`, body);
    }
    await client.put(bucket, 'users/u010/only', 'four');
    const foreign = ['users/u01 /x', 'users/U01/x', 'users/u01x/y', 'users/file', 'users/nobody/x'];
    for (const key of foreign) await client.put(bucket, key, 'foreign');
    await client.put(bucket, 'other/u01/x', 'outside the layout');
    await addProfile();
    const bytes = [...bodies.values()].reduce((sum, body) => sum + body.length, 0);
    expect(await index({ profile: 'main' })).toMatchObject({
      state: 'done',
      seen: bodies.size + 1 + foreign.length,
      added: bodies.size + 1,
      changed: 0,
      removed: 0,
      foreign: foreign.length,
      bytes: bytes + 4,
      message: null,
    });
    expect(usage(ada.no)).toMatchObject({ bytes, documents: bodies.size });
    expect(usage(bob.no)).toMatchObject({ bytes: 4, documents: 1 });
    expect(new Set(recorded(ada.no))).toEqual(new Set(bodies.keys()));
    expect(at.storage.list().find(({ name }) => name === 'main')).toMatchObject({
      documents: bodies.size + 1,
      bytes: bytes + 4,
      lastIndexedAt: expect.any(String),
    });
  });

  test('a second run writes only what changed: added, overwritten and removed objects', async () => {
    const user = at.addUser('u01');
    for (let n = 0; n < 60; n += 1) await client.put(bucket, `users/u01/${String(n).padStart(4, '0')}`, 'old');
    await addProfile();
    await index({ profile: 'main' });
    const rows = () => db().prepare<[], { no: number }>('SELECT no FROM documents ORDER BY key').all();
    const before = rows();
    expect(await index({ profile: 'main' })).toMatchObject({
      state: 'done',
      seen: 60,
      added: 0,
      changed: 0,
      removed: 0,
      bytes: 180,
    });
    expect(rows()).toEqual(before);
    await client.put(bucket, 'users/u01/0005', 'longer than before');
    await client.remove(bucket, 'users/u01/0010');
    await client.put(bucket, 'users/u01/0010a', 'new');
    await client.remove(bucket, 'users/u01/0059');
    expect(await index({ profile: 'main' })).toMatchObject({
      state: 'done',
      seen: 59,
      added: 1,
      changed: 1,
      removed: 2,
      bytes: 57 * 3 + 18 + 3,
    });
    expect(usage(user.no)).toMatchObject({ documents: 59, bytes: 57 * 3 + 18 + 3 });
  });

  test('several pages of both, interleaved, come out as the bucket has them', async () => {
    const user = at.addUser('u01');
    const key = (n: number): string => `users/u01/${String(n).padStart(5, '0')}`;
    await client.fill(
      bucket,
      Array.from({ length: 2600 }, (_, n) => key(n)),
      'x',
    );
    await addProfile();
    // What an older record had: every third, and many that are gone by now.
    at.ground.workspace.transaction((tx) => {
      const insert = tx.raw.prepare(
        'INSERT INTO documents (backend_no, user_no, key, size) VALUES ((SELECT backend_no FROM storage_profiles WHERE own = 1), ?, ?, 9)',
      );
      for (let n = 0; n < 2600; n += 3) insert.run(user.no, key(n));
      for (let n = 0; n < 1200; n += 1) insert.run(user.no, `users/u01/${String(n).padStart(5, '0')}-gone`);
    });
    const run = await index({ profile: 'main' });
    expect(run).toMatchObject({
      state: 'done',
      seen: 2600,
      changed: 867,
      added: 2600 - 867,
      removed: 1200,
      bytes: 2600,
    });
    expect(usage(user.no)).toMatchObject({ documents: 2600, bytes: 2600 });
    expect(recorded(user.no)).toEqual(Array.from({ length: 2600 }, (_, n) => key(n)));
  });

  test('a run can be cancelled, and only one of a place runs at a time', async () => {
    at.addUser('u01');
    const slow = await slowProxy(server.port, 150);
    try {
      await addProfile({ endpoint: slow.endpoint, bucket: MANY });
      const started = await at.storage.index(at.actor, { profile: 'main' });
      await expect(at.storage.index(at.actor, { profile: 'main' })).rejects.toMatchObject({ code: 'IN_USE' });
      await expect(at.storage.remove(at.actor, { profile: 'main', expectedVersion: 1 })).rejects.toMatchObject({
        code: 'IN_USE',
      });
      expect(await at.storage.cancelIndex(at.actor, started.id)).toMatchObject({
        state: 'cancelled',
        endedAt: expect.any(String),
      });
      expect(await at.storage.cancelIndex(at.actor, started.id)).toMatchObject({ state: 'cancelled' });
      const steps = db()
        .prepare<[], string>(
          "SELECT entry ->> '$.metadata.step' FROM audit_entries WHERE event = 'admin.storage_indexed' ORDER BY sequence",
        )
        .pluck()
        .all();
      expect(steps).toEqual(['begun', 'cancelled', 'ended']);
      expect(at.storage.indexRuns(10)).toMatchObject([{ id: started.id, state: 'cancelled' }]);
      expect(await index({ profile: 'main' })).toMatchObject({ state: 'done', seen: 3100 });
    } finally {
      slow.close();
    }
  });

  test('progress is seen while it runs, ten times a second at most', async () => {
    at.addUser('u01');
    const slow = await slowProxy(server.port, 120);
    try {
      await addProfile({ endpoint: slow.endpoint, bucket: MANY });
      const started = await at.storage.index(at.actor, { profile: 'main' });
      const seen: [number, number][] = [];
      for await (const { seen: count } of at.storage.watchIndex(started.id)) seen.push([Date.now(), count]);
      expect(seen.at(-1)?.[1]).toBe(3100);
      expect(new Set(seen.map(([, count]) => count)).size).toBeGreaterThan(2);
      for (let n = 1; n < seen.length - 1; n += 1) expect(seen[n]![0] - seen[n - 1]![0]).toBeGreaterThanOrEqual(80);
      const counts = seen.map(([, count]) => count);
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    } finally {
      slow.close();
    }
  });

  test('a run that died is marked failed at the start, and the next goes on where it was', async () => {
    const user = at.addUser('u01');
    const slow = await slowProxy(server.port, 150);
    try {
      await addProfile({ endpoint: slow.endpoint, bucket: MANY });
      const started = await at.storage.index(at.actor, { profile: 'main' });
      for await (const run of at.storage.watchIndex(started.id)) if (run.seen > 0) break;
      at = await at.reopen();
      const [died] = at.storage.indexRuns(1);
      expect(died).toMatchObject({ id: started.id, state: 'failed', message: expect.stringContaining('goes on') });
      expect(died!.seen).toBeGreaterThanOrEqual(1000);
      expect(died!.seen).toBeLessThan(3100);
      const requests = slow.count();
      const run = await index({ profile: 'main' });
      expect(run).toMatchObject({ state: 'done', seen: 3100, added: 3100, bytes: 3100 });
      // The check for what hides the folder, and the pages that were left: not all of them again.
      expect(slow.count() - requests).toBeLessThanOrEqual(2 + Math.ceil((3100 - died!.seen) / 1000) + 1);
      expect(recorded(user.no)).toEqual(manyKeys);
    } finally {
      slow.close();
    }
  });

  test('a run that SIGKILL left as running is found dead at the start', async () => {
    await addProfile();
    at.ground.workspace.transaction((tx) =>
      tx.raw
        .prepare(
          "INSERT INTO index_runs (id, backend_no, source, state, started_at) VALUES (?, 2, 'main', 'running', ?)",
        )
        .run(at.ground.newId(), at.on.clock()),
    );
    at = await at.reopen();
    expect(at.storage.indexRuns(1)).toMatchObject([{ state: 'failed', message: expect.stringContaining('goes on') }]);
    expect(await index({ profile: 'main' })).toMatchObject({ state: 'done' });
  });

  test('the server goes away in the middle and comes back: the run fails with the reason, and the next goes on', async () => {
    at.addUser('u01');
    const slow = await slowProxy(server.port, 100);
    try {
      await addProfile({ endpoint: slow.endpoint, bucket: MANY });
      const started = await at.storage.index(at.actor, { profile: 'main' });
      for await (const run of at.storage.watchIndex(started.id)) if (run.seen > 0) break;
      slow.refuse(true);
      expect(await end(started.id)).toMatchObject({
        state: 'failed',
        message: expect.stringMatching(/answers|connection/),
      });
      slow.refuse(false);
      expect(await index({ profile: 'main' })).toMatchObject({ state: 'done', seen: 3100, added: 3100 });
    } finally {
      slow.close();
    }
  });

  test('a user who is removed or being deleted meanwhile is left to the deletion', async () => {
    const [ada, bob] = [at.addUser('u01'), at.addUser('u02')];
    for (const user of ['u01', 'u02', 'u03']) await client.put(bucket, `users/${user}/a`, 'x');
    await addProfile();
    db()
      .prepare(
        "INSERT INTO documents (backend_no, user_no, key, size) VALUES ((SELECT backend_no FROM storage_profiles WHERE own = 1), ?, 'users/u01/gone', 5)",
      )
      .run(ada.no);
    db().prepare("UPDATE users SET status = 'deleting' WHERE no = ?").run(ada.no);
    expect(await index({ profile: 'main' })).toMatchObject({
      state: 'done',
      seen: 3,
      added: 1,
      removed: 0,
      foreign: 1,
    });
    expect(recorded(ada.no)).toEqual(['users/u01/gone']);
    expect(recorded(bob.no)).toEqual(['users/u02/a']);
  });

  test('D8: an object at the name of a folder above stops the run before it would empty the record', async () => {
    const user = at.addUser('u01');
    await client.put(bucket, 'users/u01/a', 'x');
    await addProfile();
    await index({ profile: 'main' });
    await client.put(bucket, 'users', 'hides everything');
    expect(await index({ profile: 'main' })).toMatchObject({
      state: 'failed',
      message: expect.stringContaining("'users'"),
    });
    expect(recorded(user.no)).toEqual(['users/u01/a']);
  });

  test('D8: documents that something hides from listings stay on record, and the run says so', async () => {
    const user = at.addUser('u01');
    for (const key of ['users/u01/dir/a', 'users/u01/b', 'users/u01/c']) await client.put(bucket, key, 'x');
    await addProfile();
    await index({ profile: 'main' });
    await client.put(bucket, 'users/u01/dir', 'hides dir/');
    await client.remove(bucket, 'users/u01/c');
    const run = await index({ profile: 'main' });
    expect(run).toMatchObject({
      state: 'done',
      added: 1,
      removed: 1,
      message: expect.stringContaining('1 recorded document stands'),
    });
    expect(recorded(user.no)).toEqual(['users/u01/b', 'users/u01/dir', 'users/u01/dir/a']);
  });

  test('a bucket for each user: illegal names by digest, keys with their bucket, strange buckets left out', async () => {
    const users = [at.addUser('u01'), at.addUser('U01'), at.addUser('no-bucket'), at.addUser(null)];
    const profile = await addProfile({ bucket: `own-${buckets}-`, layout: 'bucket:{externalId}' });
    const scope = (user: (typeof users)[0]) => at.storage.ownStoreTargets(at.ground.workspace.db, user)[0];
    const names = users.slice(0, 3).map((user) => scope(user)!.recordPrefix.slice(0, -1));
    expect(names[0]).toBe(`own-${buckets}-u01`);
    expect(names[1]).toMatch(new RegExp(`^own-${buckets}-x-[a-z2-7]{20}$`));
    expect(scope(users[3]!)).toBeUndefined();
    for (const name of [names[0]!, names[1]!, `own-${buckets}-strange`]) {
      await client.makeBucket(name);
      for (const key of ['a', 'a/b c', 'z']) if (key !== 'a') await client.put(name, key, key);
    }
    expect(await index({ profile: profile.name })).toMatchObject({ state: 'done', seen: 4, added: 4, foreign: 0 });
    expect(recorded(users[0]!.no)).toEqual([`${names[0]}/a/b c`, `${names[0]}/z`]);
    expect(recorded(users[1]!.no)).toEqual([`${names[1]}/a/b c`, `${names[1]}/z`]);
    const backend = await scope(users[0]!)!.open();
    const listed: string[] = [];
    for await (const page of backend.list({ what: 'objects' })) for (const { key } of page.items) listed.push(key);
    expect(listed.map((key) => scope(users[0]!)!.recordPrefix + key)).toEqual(recorded(users[0]!.no));
    backend.close();
    await client.remove(names[1]!, 'z');
    expect(await index({ profile: profile.name })).toMatchObject({ state: 'done', seen: 3, added: 0, removed: 1 });
  });

  test('C6: of a connection only what is recorded, or everything below an owned root', async () => {
    const user = at.addUser('u01');
    for (const key of ['platform/recorded', 'platform/edited', 'platform/private', 'photos/x'])
      await client.put(bucket, key, 'four');
    const add = async (ownedRoot: boolean) =>
      await at.connections.add(at.actor, {
        user: 'u01',
        provider: 's3',
        url: server.endpoint,
        region: 'us-east-1',
        pathStyle: true,
        bucket,
        username: server.accessKey,
        secret: server.secretKey,
        root: '/platform',
        ownedRoot,
      });
    const foreign = await add(false);
    await at.connections.recordDocuments(at.actor, foreign.id, [
      { key: 'recorded', size: 4 },
      { key: 'edited', size: 99 },
      { key: 'gone', size: 7 },
    ]);
    expect(await index({ connectionId: foreign.id })).toMatchObject({
      state: 'done',
      seen: 3,
      added: 0,
      changed: 0,
      removed: 1,
      foreign: 1,
      message: expect.stringContaining('no longer what was recorded'),
    });
    // Listing it was a test of it, and the run says what it was of.
    const ofForeign = { kind: 'connection', id: foreign.id } as const;
    expect(at.storage.indexRuns(1)).toMatchObject([{ place: ofForeign }]);
    expect(at.connections.show(foreign.id)).toMatchObject({
      state: 'works',
      lastCheckedAt: new Date(at.on.clock()).toISOString(),
    });
    expect(recorded(user.no)).toEqual(['platform/edited', 'platform/recorded']);
    // The record that no longer fits is what keeps the edited file from being removed: it stays.
    expect(usage(user.no)).toMatchObject({ bytes: 103, countedAt: at.on.clock() });
    const owned = await add(true);
    expect(await index({ connectionId: owned.id })).toMatchObject({
      state: 'done',
      seen: 3,
      added: 3,
      foreign: 0,
      bytes: 12,
    });
  });

  test('C3: an index says of a connection what it showed, and an emptied place does not pass as one that works', async () => {
    at.addUser('u01');
    const add = async (url: string, secret: string) =>
      await at.connections.add(at.actor, {
        user: 'u01',
        provider: 's3',
        url,
        region: 'us-east-1',
        pathStyle: true,
        bucket,
        username: server.accessKey,
        secret,
        root: '/platform',
        ownedRoot: true,
      });
    const stateOf = async (url: string, secret: string): Promise<string> => {
      const { id } = await add(url, secret);
      expect(await index({ connectionId: id })).toMatchObject({ state: 'failed', place: { kind: 'connection', id } });
      return at.connections.show(id).state;
    };
    expect(await stateOf(server.endpoint, 'not-the-secret-key')).toBe('reauthorise');
    expect(await stateOf('http://127.0.0.1:1', server.secretKey)).toBe('unreachable');

    await client.put(bucket, 'platform/one', 'four');
    const { id } = await add(server.endpoint, server.secretKey);
    const user = at.ground.workspace.db.raw.prepare('SELECT no FROM users').pluck().get();
    expect(await index({ connectionId: id })).toMatchObject({ state: 'done', added: 1 });
    expect(at.connections.show(id).state).toBe('works');
    await client.remove(bucket, 'platform/one');
    at.ground.workspace.db.raw.prepare("UPDATE connections SET state = 'untested' WHERE id = ?").run(id);
    expect(await index({ connectionId: id })).toMatchObject({ state: 'done', seen: 0, removed: 1 });
    expect(recorded(Number(user))).toEqual([]);
    expect(at.connections.show(id).state).toBe('untested');
  });
});

/** MinIO behind a line that answers late, and on demand not at all. */
async function slowProxy(
  port: number,
  delayMs: number,
): Promise<{ endpoint: string; count: () => number; refuse: (on: boolean) => void; close: () => void }> {
  let requests = 0;
  let refusing = false;
  const server: Server = createServer((request, response) => {
    requests += 1;
    if (refusing) {
      request.socket.destroy();
      return;
    }
    setTimeout(() => {
      const upstream = connect(port, '127.0.0.1');
      // The host is signed: it goes on as it came.
      const head = [
        `${request.method} ${request.url} HTTP/1.1`,
        ...pairs(request.rawHeaders)
          .filter(([name]) => name.toLowerCase() !== 'connection')
          .map(([name, value]) => `${name}: ${value}`),
        'Connection: close',
        '',
        '',
      ].join('\r\n');
      upstream.write(head);
      request.pipe(upstream, { end: false });
      response.socket?.setNoDelay(true);
      upstream.pipe(response.socket!);
      upstream.on('error', () => response.socket?.destroy());
    }, delayMs);
  });
  server.keepAliveTimeout = 1;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo; // Listening on TCP.
  return {
    endpoint: `http://127.0.0.1:${own}`,
    count: () => requests,
    refuse: (on) => {
      refusing = on;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at_) => [raw[at_ * 2]!, raw[at_ * 2 + 1]!]);
}
