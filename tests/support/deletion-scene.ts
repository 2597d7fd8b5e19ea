import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deletion, Plan } from '../../src/contract/deletions.ts';
import type { Patience, Step } from '../../src/main/deletion/index.ts';
import type { Actor, Ground } from '../../src/main/ground.ts';
import { normaliseMailKey } from '../../src/main/session/index.ts';
import { type Keychain, renewSeal } from '../../src/main/vault/index.ts';
import type { ApacheServer } from './apache.ts';
import { type DeletionConsole, openDeletionConsole } from './deletion-console.ts';
import { FakeKeychain } from './fake-keychain.ts';
import type { MinioServer } from './minio.ts';
import type { S3Client } from './s3-client.ts';
import { ORIGIN, setUpVault } from './vault-ground.ts';

type Administrator = Extract<Actor, { kind: 'administrator' }>;

/** One user with a cloud on a real Apache and documents on a real MinIO, each behind whatever endpoint is given. */
export interface Scene {
  readonly dir: string;
  readonly bucket: string;
  readonly opened: DeletionConsole;
  readonly admin: Administrator;
  readonly mail: string;
  readonly connectionId: string;
  readonly log: string[];
  plan(): Promise<Plan>;
  start(whenDown?: 'wait' | 'without_unreachable' | 'best_effort', plan?: Plan): Promise<Deletion>;
  until(id: string, is: (deletion: Deletion) => boolean, timeoutMs?: number): Promise<Deletion>;
  done(id: string): Promise<Deletion>;
  /** Keys of the user that stand in the store. */
  inStore(): Promise<string[]>;
  dispose(): Promise<void>;
}

export const SCENE_PATIENCE: Partial<Patience> = {
  waitBackoffMs: [150],
  callBackoffMs: [20, 40],
  objectBackoffMs: [20, 20, 40, 40],
};

export async function addSceneUser(
  ground: Ground,
  mail: string,
  externalId: string,
  role: 'owner' | 'user',
): Promise<string> {
  const vault = await ground.vault.ready();
  return ground.workspace.transaction((tx) => {
    const id = ground.newId();
    const no = tx.raw
      .prepare(
        `INSERT INTO users (id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
         VALUES (?, ?, ?, ?, 'N', ?, 'active', 'x', 0, 1, x'', 0)`,
      )
      .run(id, externalId, mail, normaliseMailKey(mail), role).lastInsertRowid;
    tx.raw.prepare('INSERT INTO quotas (user_no, version) VALUES (?, 1)').run(no);
    ground.audit.append(tx, {
      actor: { kind: 'console', onBehalfOf: null, origin: ORIGIN },
      event: 'admin.user_created',
      target: { kind: 'user', id },
      sealed: renewSeal(tx, vault, 'users', id),
    });
    return id;
  });
}

export async function openScene(options: {
  readonly minio: MinioServer;
  readonly apache: ApacheServer;
  readonly s3: S3Client;
  readonly account: { readonly name: string; readonly password: string };
  readonly storeEndpoint?: string;
  readonly cloudEndpoint?: string;
  readonly objects?: number;
  readonly files?: number;
  readonly keychain?: Keychain;
  readonly workspaceDir?: string;
  readonly onStep?: (step: Step) => void;
  readonly patience?: Partial<Patience>;
}): Promise<Scene> {
  const { minio, apache, s3, account } = options;
  const dir = mkdtempSync(join(tmpdir(), 'qm-scene-'));
  const bucket = `scene-${randomUUID()}`;
  const mail = 'ada.leaver@example.org';
  const log: string[] = [];
  await s3.makeBucket(bucket);
  await s3.fill(
    bucket,
    Array.from({ length: options.objects ?? 20 }, (_, n) => `users/u001/${n}`),
  );
  await s3.put(bucket, 'users/u0011/x', 'somebody else’s');
  for (let n = 0; n < (options.files ?? 12); n += 1)
    await apache.write(account.name, `platform/folder ${n % 2}/document ${n}`, `document ${n}`);
  await apache.write(account.name, 'private', 'the person’s own');
  const opened = await openDeletionConsole({
    workspaceDir: options.workspaceDir ?? join(dir, 'workspace'),
    keychain: options.keychain ?? new FakeKeychain(),
    motor: true,
    patience: { ...SCENE_PATIENCE, ...options.patience },
    log: (line) => void log.push(line),
    ...(options.onStep ? { onStep: options.onStep } : {}),
    prepare: async (ground) => void (await setUpVault({ ground })),
  });
  const admin: Administrator = {
    kind: 'administrator',
    id: await addSceneUser(opened.ground, 'root@example.org', 'root', 'owner'),
    origin: ORIGIN,
  };
  await addSceneUser(opened.ground, mail, 'u001', 'user');
  await opened.storage.add(admin, {
    name: 'main',
    endpoint: options.storeEndpoint ?? minio.endpoint,
    region: 'us-east-1',
    pathStyle: true,
    bucket,
    layout: 'users/{externalId}/',
    accessKey: minio.accessKey,
    secretKey: minio.secretKey,
    own: true,
  });
  const connection = await opened.connections.add(admin, {
    user: 'u001',
    provider: 'webdav',
    url: `${options.cloudEndpoint ?? apache.origin}/dav/${account.name}/`,
    username: account.name,
    secret: account.password,
    root: '/platform',
    ownedRoot: true,
  });
  for (const wish of [{ profile: 'main' }, { connectionId: connection.id }]) {
    const { id } = await opened.storage.index(admin, wish);
    for await (const { state, message } of opened.storage.watchIndex(id))
      if (state !== 'running' && state !== 'done') throw new Error(`the index ended as ${state}: ${message}`);
  }
  const scene: Scene = {
    dir,
    bucket,
    opened,
    admin,
    mail,
    connectionId: connection.id,
    log,
    plan: () => opened.deletions.plan(admin, mail),
    async start(whenDown = 'wait', plan) {
      const { id } = plan ?? (await scene.plan());
      return opened.deletions.start(admin, { planId: id, confirm: mail, whenDown, review: false });
    },
    async until(id, is, timeoutMs = 60_000) {
      for await (const deletion of opened.deletions.watch(id, AbortSignal.timeout(timeoutMs)))
        if (is(deletion)) return deletion;
      throw new Error(`it did not come to that: ${JSON.stringify(opened.deletions.show(id))}\n${log.join('\n')}`);
    },
    done: (id) => scene.until(id, ({ state }) => state === 'done'),
    async inStore() {
      const answer = await s3.send('GET', `/${bucket}?list-type=2&prefix=users%2Fu001%2F`);
      return [...answer.body.toString('utf8').matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key);
    },
    async dispose() {
      await opened.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return scene;
}
