import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { openScene, type Scene } from '../support/deletion-scene.ts';
import { type Fault, type FaultProxy, type ProxiedRequest, startFaultProxy } from '../support/fault-proxy.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';

const ACCOUNTS = Array.from({ length: 30 }, (_, n) => ({ name: `ada${n}`, password: `cloud-secret-${n}` }));

/** What a cloud can do wrong, and what the run then says that it waits for. */
const FAULTS: readonly { name: string; fault: Fault; reason: RegExp }[] = [
  { name: 'a line that is cut', fault: { kind: 'reset' }, reason: /^(offline|backend)$/ },
  { name: '503', fault: { kind: 'status', status: 503, headers: { 'retry-after': '1' } }, reason: /^backend$/ },
  {
    name: '401',
    fault: { kind: 'status', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
    reason: /^reauthorise$/,
  },
  { name: 'half a page', fault: { kind: 'half' }, reason: /^(offline|backend)$/ },
  { name: 'garbage', fault: { kind: 'garbage' }, reason: /^backend$/ },
];

describe.skipIf(findMinio() === null || findApache() === null)('D7: a cloud that does not do what it should', () => {
  let minio: MinioServer;
  let apache: ApacheServer;
  let s3: S3Client;
  let proxy: FaultProxy;
  let scene: Scene | null = null;
  let used = 0;

  beforeAll(async () => {
    [minio, apache] = await Promise.all([startMinio(), startApache({ accounts: ACCOUNTS })]);
    s3 = openS3Client(minio);
    proxy = await startFaultProxy(apache);
  });
  afterAll(async () => {
    s3?.close();
    await proxy?.close();
    await Promise.all([minio?.close(), apache?.close()]);
  });
  afterEach(async () => {
    proxy.fault = () => ({ kind: 'pass' });
    const stalled = scene?.log.filter((line) => line.includes('deletion.stalled'));
    await scene?.dispose();
    scene = null;
    expect(stalled).toEqual([]);
  });

  async function open(): Promise<Scene & { account: string }> {
    const account = ACCOUNTS[used]!;
    used += 1;
    scene = await openScene({ minio, apache, s3, account, cloudEndpoint: proxy.endpoint });
    return { ...scene, account: account.name };
  }

  const cloudIsEmpty = async (account: string) => {
    expect([...(await apache.tree(account)).keys()].sort()).toEqual(['platform/', 'private']);
  };

  test.each(FAULTS)(
    '$name when it is listed: waits and says why, with nothing removed; goes on by itself',
    async ({ fault, reason }) => {
      const { account, ...it } = await open();
      const plan = await it.plan();
      proxy.fault = () => fault;
      const { id } = await it.start('wait', plan);
      const waiting = await it.until(id, ({ state }) => state === 'waiting');
      expect(waiting.waitingFor?.reason).toMatch(reason);
      expect(waiting.waitingFor?.backendId).toBe(it.connectionId);
      expect(waiting.waitingFor?.message.length).toBeGreaterThan(20);
      expect(await it.inStore()).toHaveLength(20);
      proxy.fault = () => ({ kind: 'pass' });
      const done = await it.done(id);
      expect(done.leftovers).toEqual([]);
      expect(await it.inStore()).toEqual([]);
      await cloudIsEmpty(account);
    },
  );

  test.each(FAULTS.filter(({ name }) => name !== 'garbage'))(
    '$name in the middle of removing: the store is not touched before the cloud is finished',
    async ({ fault, reason }) => {
      const { account, ...it } = await open();
      const plan = await it.plan();
      let removals = 0;
      const isDown = () => removals > 4;
      proxy.fault = ({ method }: ProxiedRequest) => {
        if (method === 'DELETE') removals += 1;
        return isDown() ? fault : { kind: 'pass' };
      };
      const { id } = await it.start('wait', plan);
      const waiting = await it.until(id, ({ state }) => state === 'waiting');
      expect(waiting.waitingFor?.reason).toMatch(reason);
      expect(await it.inStore()).toHaveLength(20);
      proxy.fault = () => ({ kind: 'pass' });
      const done = await it.done(id);
      expect(done.leftovers).toEqual([]);
      expect(await it.inStore()).toEqual([]);
      await cloudIsEmpty(account);
    },
  );

  test.each(FAULTS)(
    '$name with best_effort: never waits, and lists what stays behind with the reason',
    async ({ fault }) => {
      const { account, ...it } = await open();
      const plan = await it.plan();
      proxy.fault = () => fault;
      const { id } = await it.start('best_effort', plan);
      const done = await it.done(id);
      expect(done.backends.map(({ state }) => state)).toEqual(['skipped', 'done']);
      expect(done.backends[0]?.leftovers).toBe(12);
      for (const { reason, retryable } of done.leftovers) {
        expect(reason).toContain('The run went on without');
        expect(retryable).toBe(false);
      }
      expect(await it.inStore()).toEqual([]);
      expect((await apache.tree(account)).size).toBe(16);
      const entries = it.opened.ground.workspace.db.raw
        .prepare<[], string>('SELECT event FROM audit_entries')
        .pluck()
        .all();
      expect(entries).not.toContain('deletion.waiting');
      const { json } = it.opened.deletions.certificate(id, null);
      expect(it.opened.deletions.verify(json, it.opened.ground.audit.fingerprint()).verdict).toBe('OK');
      expect(JSON.parse(json).certificate.backends[0]).toMatchObject({
        outcome: 'skipped',
        verifiedAt: null,
        removed: 0,
      });
    },
  );

  test('down: it waits as offline, and goes on when the cloud is back', async () => {
    const { account, ...it } = await open();
    const plan = await it.plan();
    await apache.stop();
    const { id } = await it.start('wait', plan);
    proxy.fault = () => ({ kind: 'reset' });
    await it.until(id, ({ state }) => state === 'waiting');
    expect(await it.inStore()).toHaveLength(20);
    await apache.start();
    proxy.fault = () => ({ kind: 'pass' });
    expect((await it.done(id)).leftovers).toEqual([]);
    await cloudIsEmpty(account);
  });

  test('slow, but there: nothing waits', async () => {
    const { account, ...it } = await open();
    proxy.fault = () => ({ kind: 'pass', delayMs: 120 });
    const done = await it.done((await it.start()).id);
    expect(done.leftovers).toEqual([]);
    await cloudIsEmpty(account);
  });

  test('answers that are lost after the server did what was asked: nothing is counted twice or left over', async () => {
    const { account, ...it } = await open();
    const plan = await it.plan();
    proxy.fault = ({ method, number }) =>
      method === 'DELETE' && number % 3 === 0 ? { kind: 'cut_after' } : { kind: 'pass' };
    const done = await it.done((await it.start('wait', plan)).id);
    expect(done.leftovers).toEqual([]);
    const [cloud] = done.backends;
    expect((cloud?.removed ?? 0) + (cloud?.absent ?? 0)).toBe(cloud?.planned);
    await cloudIsEmpty(account);
  });

  test('a password that no longer works is waited for, and a new one lets the run go on', async () => {
    const { account, ...it } = await open();
    const plan = await it.plan();
    await apache.changePassword(account, 'another password');
    const { id } = await it.start('wait', plan);
    const waiting = await it.until(id, ({ state }) => state === 'waiting');
    expect(waiting.waitingFor?.reason).toBe('reauthorise');
    const { version } = it.opened.connections.show(it.connectionId);
    await it.opened.connections.update(it.admin, {
      connectionId: it.connectionId,
      expectedVersion: version,
      secret: 'another password',
    });
    const done = await it.done(id);
    expect(done.leftovers).toEqual([]);
    await cloudIsEmpty(account);
  });
});
