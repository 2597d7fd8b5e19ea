import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSystemKeychain } from '../../src/main/vault/index.ts';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { openScene } from '../support/deletion-scene.ts';
import { FakeKeychain } from '../support/fake-keychain.ts';
import { missingForKeyring, startKeyring } from '../support/keyring.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';

const ACCOUNTS = Array.from({ length: 6 }, (_, n) => ({ name: `ada${n}`, password: `cloud-secret-${n}` }));

/** A small disk of its own for the workspace; null where mounting is not allowed. */
function mountSmallDisk(bytes: number): { dir: string; unmount: () => void } | null {
  if (userInfo().uid !== 0) return null;
  const dir = mkdtempSync(join(tmpdir(), 'qm-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    rmSync(dir, { recursive: true });
    return null;
  }
  return {
    dir,
    unmount() {
      execFileSync('umount', [dir], { stdio: 'ignore' });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const canMount = (() => {
  const disk = mountSmallDisk(1 << 20);
  disk?.unmount();
  return disk !== null;
})();

describe.skipIf(findMinio() === null || findApache() === null)('D6: what fails on this machine', () => {
  let minio: MinioServer;
  let apache: ApacheServer;
  let s3: S3Client;

  beforeAll(async () => {
    [minio, apache] = await Promise.all([startMinio(), startApache({ accounts: ACCOUNTS })]);
    s3 = openS3Client(minio);
  });
  afterAll(async () => {
    s3?.close();
    await Promise.all([minio?.close(), apache?.close()]);
  });

  test.skipIf(!canMount).each(['closing', 'clouds', 'store', 'certifying'] as const)(
    'the disk is full in %s: it says so, loses nothing, and goes on when there is room',
    async (stage) => {
      const disk = mountSmallDisk(24 << 20);
      if (!disk) throw new Error('no disk');
      const ballast = join(disk.dir, 'ballast');
      let isFilled = false;
      const fill = () => {
        if (isFilled) return;
        isFilled = true;
        mkdirSync(ballast, { recursive: true });
        // Until not even the log of one more transaction fits.
        for (let n = 0, size = 1 << 20; size >= 1024; n += 1)
          try {
            writeFileSync(join(ballast, String(n)), Buffer.alloc(size));
          } catch {
            size = Math.floor(size / 2);
          }
      };
      const account = ACCOUNTS[['closing', 'clouds', 'store', 'certifying'].indexOf(stage)]!;
      const scene = await openScene({
        minio,
        apache,
        s3,
        account,
        objects: 2_500,
        workspaceDir: join(disk.dir, 'workspace'),
        onStep: (step) => {
          if (step.stage === stage && step.at === 'before_call') fill();
        },
      });
      try {
        const { id } = await scene.start();
        const waiting = await scene.until(id, ({ state }) => state === 'waiting');
        expect(waiting.waitingFor?.message).toContain('full');
        expect(waiting.waitingFor?.backendId).toBeNull();
        rmSync(ballast, { recursive: true });
        const done = await scene.done(id);
        expect(done.leftovers).toEqual([]);
        expect(done.backends[1]).toMatchObject({ removed: 2_500 });
        expect(await scene.inStore()).toEqual([]);
        const { ground, deletions } = scene.opened;
        expect((await ground.audit.verify()).verdict).toBe('OK');
        const events = ground.workspace.db.raw.prepare<[], string>('SELECT event FROM audit_entries').pluck().all();
        for (const event of ['deletion.inventory_written', 'admin.user_deleted', 'deletion.certified'])
          expect(
            events.filter((one) => one === event),
            event,
          ).toHaveLength(1);
        expect(deletions.verify(deletions.certificate(id, null).json, ground.audit.fingerprint()).verdict).toBe('OK');
      } finally {
        await scene.dispose();
        disk.unmount();
      }
    },
    120_000,
  );

  test('the keychain is locked in the middle: it waits as vault locked with the store untouched, and goes on when it is open', async () => {
    const keychain = new FakeKeychain();
    let isLocked = false;
    const scene = await openScene({
      minio,
      apache,
      s3,
      account: ACCOUNTS[4]!,
      keychain,
      onStep: ({ stage, at }) => {
        if (stage !== 'clouds' || at !== 'before_call' || isLocked) return;
        isLocked = true;
        keychain.state = 'locked';
        scene.opened.ground.vault.askAgain();
      },
    });
    try {
      const { id } = await scene.start();
      const waiting = await scene.until(id, ({ state }) => state === 'waiting');
      expect(waiting.waitingFor?.reason).toBe('vault');
      expect(await scene.inStore()).toHaveLength(20);
      // Whatever else can be read can still be read.
      expect(scene.opened.deletions.list({ limit: 10 }).rows).toHaveLength(1);
      keychain.state = 'available';
      scene.opened.ground.vault.askAgain();
      expect((await scene.done(id)).leftovers).toEqual([]);
    } finally {
      await scene.dispose();
    }
  });

  test.skipIf(missingForKeyring() !== null)(
    'the same with a real gnome-keyring, whose collection is locked while the run is in the clouds',
    async () => {
      const keyring = await startKeyring();
      keyring.use();
      const reached = Promise.withResolvers<void>();
      let isStopped = false;
      const scene = await openScene({
        minio,
        apache,
        s3,
        account: ACCOUNTS[5]!,
        keychain: openSystemKeychain(),
        onStep: ({ stage, at }) => {
          if (stage !== 'clouds' || at !== 'before_call' || isStopped) return;
          isStopped = true;
          reached.resolve();
          throw new Error('stopped by the test until the collection is locked');
        },
      });
      try {
        const { id } = await scene.start();
        await reached.promise;
        await keyring.lock();
        scene.opened.ground.vault.askAgain();
        const waiting = await scene.until(id, ({ waitingFor }) => waitingFor?.reason === 'vault');
        expect(waiting.waitingFor?.message.toLowerCase()).toContain('lock');
        expect(await scene.inStore()).toHaveLength(20);
        await keyring.restart('unlocked');
        scene.opened.ground.vault.askAgain();
        expect((await scene.done(id)).leftovers).toEqual([]);
        expect((await scene.opened.ground.audit.verify()).verdict).toBe('OK');
      } finally {
        await scene.dispose();
        await keyring.dispose();
      }
    },
    120_000,
  );
});
