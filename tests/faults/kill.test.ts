import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/main/ground.ts';
import { Secret } from '../../src/main/secret.ts';
import { renewSeal } from '../../src/main/vault/index.ts';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { type BuiltProgram, buildProgram, runProgram } from '../support/built-child.ts';
import { type DeletionConsole, openDeletionConsole } from '../support/deletion-console.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';
import { ORIGIN, setUpVault } from '../support/vault-ground.ts';

const KILLS = Number(process.env.QM_KILL_POINTS ?? 50);
const PASSPHRASE = 'a passphrase for the test';
const CLOUD_SECRET = 'cloud-secret-0c3f9a';
const MAIL = 'ada.leaver@example.org';
const STAGES = ['closing', 'clouds', 'store', 'verifying', 'revoking', 'finishing', 'certifying'] as const;

/**
 * Where it is killed: places that a process may die at, by stage and how many of them it passes first. The first two of a
 * stage lie before anything of that stage is written down, so they can be met any number of times.
 */
function schedule(kills: number): { stage: (typeof STAGES)[number]; step: number | null }[] {
  const perStage = { closing: 8, clouds: 10, store: 12, verifying: 8, revoking: 4, finishing: 3, certifying: 5 };
  const factor = kills / 50;
  return STAGES.flatMap((stage) =>
    Array.from({ length: Math.max(2, Math.round(perStage[stage] * factor)) }, (_, n) => {
      if (stage === 'finishing') return { stage, step: 1 };
      if (stage === 'revoking' || stage === 'certifying') return { stage, step: 1 + (n % 2) };
      // Null: from outside, at some moment while that stage is under way.
      if ((stage === 'clouds' || stage === 'store') && n % 4 === 3) return { stage, step: null };
      return { stage, step: 1 + (n % 2) + (n % 5 === 4 && n < 10 ? 1 : 0) };
    }),
  );
}

describe.skipIf(findMinio() === null || findApache() === null)('D6: one deletion, killed again and again', () => {
  const dir = mkdtempSync(join(tmpdir(), 'qm-kill-'));
  const workspaceDir = join(dir, 'workspace');
  let minio: MinioServer;
  let apache: ApacheServer;
  let s3: S3Client;
  let storeProxy: FaultProxy;
  let cloudProxy: FaultProxy;
  let program: BuiltProgram;
  let deletionId: string;
  let userId: string;
  let before: string[];
  let treeBefore: Map<string, string>;
  let auditKey: string;

  const open = (prepare?: Parameters<typeof openDeletionConsole>[0]['prepare']): Promise<DeletionConsole> =>
    openDeletionConsole({ workspaceDir, passphrase: PASSPHRASE, motor: false, ...(prepare ? { prepare } : {}) });

  beforeAll(async () => {
    [minio, apache, program] = await Promise.all([
      startMinio(),
      startApache({ accounts: [{ name: 'ada', password: CLOUD_SECRET }] }),
      buildProgram('tests/faults/deletion-child.ts'),
    ]);
    s3 = openS3Client(minio);
    storeProxy = await startFaultProxy(minio);
    cloudProxy = await startFaultProxy(apache);
    await s3.makeBucket('docs');
    await s3.setVersioning('docs', 'Enabled');
    const keys = Array.from({ length: 1_100 }, (_, n) => `users/u001/folder ${n % 7}/0${n}`);
    await s3.fill('docs', [...keys, ...keys.slice(0, 150)], 'x', 16);
    for (const key of keys.slice(150, 180)) await s3.remove('docs', key);
    for (const key of keys.slice(0, 12)) await s3.startUpload('docs', key, 'part');
    for (const key of ['users/u0011/x', 'users/u00/x', 'users/U001/x', 'other/x'])
      await s3.put('docs', key, 'somebody else’s');
    for (let n = 0; n < 110; n += 1)
      await apache.write('ada', `platform/folder ${n % 5}/document ${n}`, `document ${n}`);
    await apache.write('ada', 'platform2/private', 'not ours');
    await apache.write('ada', 'private', 'not ours');
    before = await inventory();
    treeBefore = await apache.tree('ada');
    await prepareWorkspace();
    // A little slower than loopback, so that a kill from outside meets calls that are under way.
    storeProxy.fault = () => ({ kind: 'pass', delayMs: 3 });
    cloudProxy.fault = () => ({ kind: 'pass', delayMs: 1 });
  }, 600_000);

  afterAll(async () => {
    s3?.close();
    program?.remove();
    await Promise.all([storeProxy?.close(), cloudProxy?.close()]);
    await Promise.all([minio?.close(), apache?.close()]);
    rmSync(dir, { recursive: true, force: true });
  });

  async function inventory(): Promise<string[]> {
    const found: string[] = [];
    for (let marker = ''; ; ) {
      const text = (await s3.send('GET', `/docs?versions&encoding-type=url&max-keys=1000${marker}`)).body.toString(
        'utf8',
      );
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

  async function prepareWorkspace(): Promise<void> {
    let admin: Extract<Actor, { kind: 'administrator' }> | undefined;
    const opened = await open(async (ground) => {
      await setUpVault({ ground }, new Secret(PASSPHRASE));
      const vault = await ground.vault.ready();
      const add = (mail: string, externalId: string, role: string) =>
        ground.workspace.transaction((tx) => {
          const id = ground.newId();
          const no = tx.raw
            .prepare(
              `INSERT INTO users (id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
               VALUES (?, ?, ?, ?, 'N', ?, 'active', 'x', 0, 1, x'', 0)`,
            )
            .run(id, externalId, mail, mail, role).lastInsertRowid;
          tx.raw.prepare('INSERT INTO quotas (user_no, version) VALUES (?, 1)').run(no);
          ground.audit.append(tx, {
            actor: { kind: 'console', onBehalfOf: null, origin: ORIGIN },
            event: 'admin.user_created',
            target: { kind: 'user', id },
            sealed: renewSeal(tx, vault, 'users', id),
          });
          return id;
        });
      admin = { kind: 'administrator', id: add('root@example.org', 'root', 'owner'), origin: ORIGIN };
      userId = add(MAIL, 'u001', 'user');
    });
    if (!admin) throw new Error('nobody was added');
    await opened.storage.add(admin, {
      name: 'main',
      endpoint: storeProxy.endpoint,
      region: 'us-east-1',
      pathStyle: true,
      bucket: 'docs',
      layout: 'users/{externalId}/',
      accessKey: minio.accessKey,
      secretKey: minio.secretKey,
      own: true,
    });
    const connection = await opened.connections.add(admin, {
      user: 'u001',
      provider: 'webdav',
      url: `${cloudProxy.endpoint}/dav/ada/`,
      username: 'ada',
      secret: CLOUD_SECRET,
      root: '/platform',
      ownedRoot: true,
    });
    for (const wish of [{ profile: 'main' }, { connectionId: connection.id }]) {
      const { id } = await opened.storage.index(admin, wish);
      for await (const { state, message } of opened.storage.watchIndex(id))
        if (state !== 'running') expect(state, message ?? '').toBe('done');
    }
    const plan = await opened.deletions.plan(admin, MAIL);
    expect(plan.backends.map(({ reachable }) => reachable)).toEqual([true, true]);
    expect(plan.backends[1]?.count).toBe(before.filter((line) => line.includes(' users/u001/')).length + 12);
    expect(plan.backends[1]?.count).toBeGreaterThan(1_000);
    const started = await opened.deletions.start(admin, {
      planId: plan.id,
      confirm: MAIL,
      whenDown: 'wait',
      review: false,
    });
    deletionId = started.id;
    auditKey = opened.ground.audit.fingerprint() ?? '';
    await opened.close();
  }

  const killed = new Map<string, number>();

  test(`killed at ${KILLS} places, each stage at least twice, and started again each time`, async () => {
    const env = { QM_TEST_PASSPHRASE: PASSPHRASE };
    for (const { stage, step } of schedule(KILLS)) {
      const { signal, code, stdout, stderr } = await runProgram(program, [workspaceDir, deletionId], {
        timeoutMs: 120_000,
        env: step === null ? env : { ...env, QM_KILL_AT: `${stage} ${step}` },
        onLine(line, kill) {
          const { state } = JSON.parse(line) as { state: string }; // The child's own line.
          if (step === null && state === stage) setTimeout(kill, Math.random() * 40);
        },
      });
      expect(signal, `${stage} ${step}: ended with ${code}\n${stdout}\n${stderr}`).toBe('SIGKILL');
      killed.set(stage, (killed.get(stage) ?? 0) + 1);
    }
    for (const stage of STAGES) expect(killed.get(stage) ?? 0, stage).toBeGreaterThanOrEqual(2);
    const last = await runProgram(program, [workspaceDir, deletionId], { env, timeoutMs: 120_000 });
    expect(last.code, last.stderr).toBe(0);
    expect(last.stdout.trim().split('\n').at(-1)).toContain('"state":"done"');
  }, 1_800_000);

  test('no object is left or wrongly removed', async () => {
    expect(await inventory()).toEqual(before.filter((line) => !line.includes(' users/u001/')));
    const uploads = (await s3.send('GET', '/docs?uploads')).body.toString('utf8');
    expect(uploads).not.toContain('<UploadId>');
    const own = (path: string) => path.startsWith('platform/') && path !== 'platform/';
    expect([...(await apache.tree('ada'))]).toEqual([...treeBefore].filter(([path]) => !own(path)));
  });

  test('one certificate, and no entry of the log lost or doubled', async () => {
    const opened = await open();
    const { db } = opened.ground.workspace;
    const verification = await opened.ground.audit.verify({ key: auditKey });
    expect(verification.verdict, verification.message).toBe('OK');
    const entries = db.raw
      .prepare<[], string>('SELECT entry FROM audit_entries ORDER BY sequence')
      .pluck()
      .all()
      .map((entry) => JSON.parse(entry));
    expect(
      entries.filter(({ event }) => event === 'deletion.stage_reached').map(({ metadata }) => metadata.stage),
    ).toEqual([...STAGES]);
    for (const event of [
      'admin.deletion_planned',
      'admin.deletion_started',
      'deletion.inventory_written',
      'cloud.credentials_purged',
      'admin.user_deleted',
      'deletion.certified',
    ])
      expect(
        entries.filter((entry) => entry.event === event),
        event,
      ).toHaveLength(1);
    expect(entries.filter(({ event }) => event === 'deletion.backend_finished')).toHaveLength(2);
    expect(entries.filter(({ event }) => event === 'deletion.object_left_over')).toHaveLength(0);
    const certificates = db.raw
      .prepare<[], string>('SELECT certificate FROM deletions WHERE certificate IS NOT NULL')
      .pluck()
      .all();
    expect(certificates).toHaveLength(1);
    expect(opened.deletions.verify(certificates[0]!, auditKey)).toMatchObject({ verdict: 'OK', problems: [] });
    const { certificate } = JSON.parse(certificates[0]!);
    expect(certificate.totals).toMatchObject({ leftovers: 0 });
    expect(certificate.totals.found).toBe(certificate.totals.removed + certificate.totals.absent);
    expect(certificate.backends[1].planned).toBe(certificate.backends[1].found);
    expect(db.raw.prepare('SELECT count(*) FROM users WHERE id = ?').pluck().get(userId)).toBe(0);
    expect(db.raw.prepare('SELECT count(*) FROM deletion_items').pluck().get()).toBe(0);
    expect(db.raw.prepare('SELECT count(*) FROM documents').pluck().get()).toBe(0);
    await opened.close();
  });

  test('D3: no credential and no mail address is left in any file', () => {
    for (const name of readdirSync(workspaceDir)) {
      const bytes = readFileSync(join(workspaceDir, name));
      expect(bytes.includes(CLOUD_SECRET), name).toBe(false);
      expect(bytes.includes(MAIL), name).toBe(false);
    }
  });
});
