import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';
import { openSetUpConsole, type TestConsole } from '../support/test-console.ts';

describe.skipIf(findMinio() === null)('a store that is not the own one', () => {
  let server: MinioServer;
  let s3: S3Client;
  let opened: TestConsole | undefined;
  beforeAll(async () => {
    server = await startMinio();
    s3 = openS3Client(server);
  });
  afterEach(async () => {
    await opened?.dispose();
    opened = undefined;
  });
  afterAll(async () => {
    s3?.close();
    await server?.close();
  });

  test('D2: what a lock holds there can be tried again after the deletion, when no document of the user is on record any more', async () => {
    await s3.makeBucket('locked', { objectLock: true });
    const put = await s3.put('locked', 'u001/held');
    const version = String(put.headers['x-amz-version-id']);
    await s3.hold('locked', 'u001/held', version, true);
    await s3.put('locked', 'u001/free');
    await s3.put('locked', 'u002/theirs');

    opened = await openSetUpConsole({ motor: true });
    const { client } = opened;
    for (const name of ['u001', 'u002'])
      await client.users.create({
        mail: `${name}@example.org`,
        name,
        externalId: name,
        firstPassword: 'a first password',
      });
    await client.storage.add({
      name: 'vaulted',
      endpoint: server.endpoint,
      region: 'us-east-1',
      pathStyle: true,
      bucket: 'locked',
      layout: '{externalId}/',
      accessKey: server.accessKey,
      secretKey: server.secretKey,
      own: false,
    });
    const { run } = await client.storage.index({ profile: 'vaulted' });
    for await (const { state } of await client.storage.watchIndex({ runId: run.id })) if (state === 'done') break;

    const { plan } = await client.deletions.plan({ user: 'u001@example.org' });
    const { deletion } = await client.deletions.start({ planId: plan.id, confirm: 'u001@example.org' });
    const show = async () => (await client.deletions.show({ deletionId: deletion.id })).deletion;
    await expect.poll(async () => (await show()).state, { timeout: 20_000 }).toBe('done');
    const left = async () => (await show()).leftovers.map(({ ref }) => ref.split(' ')[0]);
    expect(await left()).toEqual(['u001/held']);

    await client.deletions.retry({ deletionId: deletion.id });
    expect(await left()).toEqual(['u001/held']);
    await s3.hold('locked', 'u001/held', version, false);
    await client.deletions.retry({ deletionId: deletion.id });
    expect(await left()).toEqual([]);
    const { addenda } = await client.deletions.certificate({ deletionId: deletion.id });
    expect(addenda).toHaveLength(1);
    const rest = await s3.send('GET', '/locked?versions');
    expect(rest.body.toString('utf8').match(/<Key>[^<]*<\/Key>/g)).toEqual(['<Key>u002/theirs</Key>']);
  });

  test('D5: the address of a store stays as it is while a confirmed deletion works on it; its keys can be changed', async () => {
    await s3.makeBucket('planned');
    await s3.put('planned', 'u001/one');
    opened = await openSetUpConsole({ motor: false });
    const { client } = opened;
    const { profile } = await client.storage.add({
      name: 'main',
      endpoint: server.endpoint,
      region: 'us-east-1',
      pathStyle: true,
      bucket: 'planned',
      layout: '{externalId}/',
      accessKey: server.accessKey,
      secretKey: server.secretKey,
      own: true,
    });
    await client.users.create({
      mail: 'ada@example.org',
      name: 'Ada',
      externalId: 'u001',
      firstPassword: 'a first password',
    });
    const { plan } = await client.deletions.plan({ user: 'ada@example.org' });
    const { deletion } = await client.deletions.start({ planId: plan.id, confirm: 'ada@example.org' });
    const change = { profile: 'main', expectedVersion: profile.version };
    await expect(client.storage.update({ ...change, endpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'IN_USE',
    });
    await client.storage.update({ ...change, secretKey: server.secretKey });
    await client.deletions.cancel({ deletionId: deletion.id });
    await client.storage.update({
      profile: 'main',
      expectedVersion: profile.version + 1,
      endpoint: 'http://127.0.0.1:1',
    });
  });
});
