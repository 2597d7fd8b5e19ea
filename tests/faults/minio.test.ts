import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { openScene, type Scene } from '../support/deletion-scene.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';

const ACCOUNTS = Array.from({ length: 30 }, (_, n) => ({ name: `ada${n}`, password: `cloud-secret-${n}` }));
const SLOW_DOWN =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate</Message></Error>';
const DENIED =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidAccessKeyId</Code><Message>The access key does not exist</Message></Error>';

const FAULTS: readonly { name: string; fault: Fault; reason: RegExp }[] = [
  { name: 'a line that is cut', fault: { kind: 'reset' }, reason: /^(offline|backend)$/ },
  { name: '503 SlowDown', fault: { kind: 'status', status: 503, body: SLOW_DOWN }, reason: /^backend$/ },
  { name: '403 for the key', fault: { kind: 'status', status: 403, body: DENIED }, reason: /^reauthorise$/ },
  { name: 'half a page', fault: { kind: 'half' }, reason: /^(offline|backend)$/ },
  { name: 'garbage', fault: { kind: 'garbage' }, reason: /^backend$/ },
];

describe.skipIf(findMinio() === null || findApache() === null)(
  'D6, D7: a store that does not do what it should',
  () => {
    let minio: MinioServer;
    let apache: ApacheServer;
    let s3: S3Client;
    let proxy: FaultProxy;
    let scene: Scene | null = null;
    let used = 0;

    beforeAll(async () => {
      [minio, apache] = await Promise.all([startMinio(), startApache({ accounts: ACCOUNTS })]);
      s3 = openS3Client(minio);
      proxy = await startFaultProxy(minio);
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

    async function open(options: { objects?: number } = {}): Promise<Scene> {
      const account = ACCOUNTS[used]!;
      used += 1;
      scene = await openScene({ minio, apache, s3, account, storeEndpoint: proxy.endpoint, ...options });
      return scene;
    }

    const isRemoval = ({ method, path }: { method: string; path: string }) =>
      method === 'DELETE' || (method === 'POST' && path.includes('delete'));

    test.each(FAULTS)(
      '$name when it is listed: waits before anything is removed anywhere, and goes on by itself',
      async ({ fault, reason }) => {
        const it = await open();
        const plan = await it.plan();
        proxy.fault = () => fault;
        const { id } = await it.start('wait', plan);
        const waiting = await it.until(id, ({ state }) => state === 'waiting');
        expect(waiting.waitingFor?.reason).toMatch(reason);
        expect(waiting.waitingFor?.message).toContain('main');
        expect(waiting.backends[0]?.removed).toBe(0);
        proxy.fault = () => ({ kind: 'pass' });
        expect((await it.done(id)).leftovers).toEqual([]);
        expect(await it.inStore()).toEqual([]);
      },
    );

    test.each(FAULTS)(
      '$name in the middle of removing: waits, loses nothing, and goes on by itself',
      async ({ fault, reason }) => {
        const it = await open({ objects: 2_100 });
        const plan = await it.plan();
        let removals = 0;
        proxy.fault = (request) => {
          if (isRemoval(request)) removals += 1;
          return removals > 1 ? fault : { kind: 'pass' };
        };
        const { id } = await it.start('wait', plan);
        const waiting = await it.until(id, ({ state }) => state === 'waiting');
        expect(waiting.waitingFor?.reason).toMatch(reason);
        expect(waiting.backends[0]).toMatchObject({ state: 'done', leftovers: 0 });
        expect(waiting.backends[1]?.removed).toBeLessThan(2_100);
        proxy.fault = () => ({ kind: 'pass' });
        const done = await it.done(id);
        expect(done.leftovers).toEqual([]);
        expect(done.backends[1]).toMatchObject({ removed: 2_100, absent: 0 });
        expect(await it.inStore()).toEqual([]);
      },
    );

    test.each(FAULTS)(
      '$name with best_effort: never waits, and names every object that stays behind',
      async ({ fault }) => {
        const it = await open();
        const plan = await it.plan();
        proxy.fault = () => fault;
        const { id } = await it.start('best_effort', plan);
        const done = await it.done(id);
        expect(done.backends.map(({ state }) => state)).toEqual(['done', 'skipped']);
        expect(done.leftovers).toHaveLength(20);
        expect(done.leftovers.every(({ retryable }) => retryable)).toBe(true);
        expect(await it.inStore()).toHaveLength(20);
        // The platform's own store can be tried again after the certificate; it is listed then, since it could not be before.
        await s3.put(it.bucket, 'users/u001/not on record', 'x');
        await expect(it.opened.deletions.retry(it.admin, id, null)).rejects.toMatchObject({
          code: 'STORAGE_UNREACHABLE',
        });
        proxy.fault = () => ({ kind: 'pass' });
        const retried = await it.opened.deletions.retry(it.admin, id, null);
        expect(retried.leftovers).toEqual([]);
        expect(await it.inStore()).toEqual([]);
        const { addenda, hash } = it.opened.deletions.certificate(id, null);
        expect(addenda).toHaveLength(1);
        expect(it.opened.deletions.verify(addenda[0]!, it.opened.ground.audit.fingerprint()).verdict).toBe('OK');
        const { certificate } = JSON.parse(addenda[0]!);
        expect(certificate).toMatchObject({ certificate: hash, remaining: 0 });
        expect(certificate.resolved).toHaveLength(21);
      },
    );

    test('a page whose answer is lost after it was done is asked for again, and nothing is counted twice', async () => {
      const it = await open({ objects: 1_500 });
      const plan = await it.plan();
      let removals = 0;
      proxy.fault = (request) =>
        isRemoval(request) && ++removals % 2 === 1 ? { kind: 'cut_after' } : { kind: 'pass' };
      const done = await it.done((await it.start('wait', plan)).id);
      expect(done.leftovers).toEqual([]);
      const [, store] = done.backends;
      expect((store?.removed ?? 0) + (store?.absent ?? 0)).toBe(1_500);
      expect(await it.inStore()).toEqual([]);
    });

    test('slow, but there: nothing waits', async () => {
      const it = await open({ objects: 1_200 });
      proxy.fault = () => ({ kind: 'pass', delayMs: 150 });
      const { id } = await it.start();
      await it.done(id);
      const events = it.opened.ground.workspace.db.raw
        .prepare<[], string>('SELECT event FROM audit_entries')
        .pluck()
        .all();
      expect(events).not.toContain('deletion.waiting');
    });
  },
);
