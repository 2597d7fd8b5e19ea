import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { findMc, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client } from '../support/s3-client.ts';

export const BUCKET = 'docs';
const QM = join(import.meta.dirname, '..', '..', 'bin', 'qm.mjs');
/** Loaded before `qm`: writes down, when it ends, how much memory it ever held (KiB). */
const WRITES_PEAK = `data:text/javascript,${encodeURIComponent(
  "import { writeFileSync } from 'node:fs'; process.on('exit', () => writeFileSync(process.env.QM_BENCH_PEAK, String(process.resourceUsage().maxRSS)));",
)}`;
const MAIL = 'ada@example.org';
const EXTERNAL_ID = 'u001';
export const PREFIX = `users/${EXTERNAL_ID}/`;

/** A MinIO filled once, stopped, and copied for each run; a workspace that knows it, copied likewise. */
export interface Platform {
  readonly base: string;
  /** The filled server, running on a fresh copy of its folder. */
  server(): Promise<MinioServer>;
  /** A fresh copy of the workspace, pointed at this server. */
  workspace(server: MinioServer): string;
  /** Runs `qm` and answers its standard output and milliseconds. */
  qm(workspace: string, ...args: string[]): { stdout: string; ms: number; peakRssMb: number };
  /** Runs `mc` on the server and answers its milliseconds. */
  mc(server: MinioServer, ...args: string[]): number;
  close(): void;
}

export async function preparePlatform(objects: number): Promise<Platform> {
  const base = mkdtempSync(join(tmpdir(), 'qm-bench-'));
  const filled = join(base, 'filled');
  const server = await startMinio({ dir: filled });
  const s3 = openS3Client(server);
  await s3.makeBucket(BUCKET);
  await s3.fill(
    BUCKET,
    (function* () {
      for (let n = 0; n < objects; n += 1) yield `${PREFIX}folder ${n % 50}/document-${n}.txt`;
    })(),
    'x'.repeat(100),
    24,
  );
  s3.close();
  const env = {
    ...process.env,
    QM_NO_BUILD: '1',
    QM_ADMIN: 'root@example.org',
    QM_PASSWORD_FILE: secretFile(base, 'password', 'a password for the bench'),
    QM_PASSPHRASE_FILE: secretFile(base, 'passphrase', 'a passphrase for the bench'),
    // Nobody's keychain is touched.
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
  };
  const qm: Platform['qm'] = (workspace, ...args) => {
    const began = performance.now();
    const peak = join(base, 'peak');
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', WRITES_PEAK, QM, '--json', ...args], {
      env: { ...env, QM_WORKSPACE: workspace, QM_BENCH_PEAK: peak },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const ms = performance.now() - began;
    if (status !== 0) throw new Error(`qm ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
    return { stdout, ms, peakRssMb: Number(readFileSync(peak, 'utf8')) / 1024 };
  };
  const template = join(base, 'workspace');
  qm(template, 'setup', '--mail', 'root@example.org', '--name', 'Root');
  const secret = secretFile(base, 'secret', server.secretKey);
  qm(
    template,
    'storage',
    'add',
    '--name',
    'main',
    '--endpoint',
    server.endpoint,
    '--bucket',
    BUCKET,
    '--region',
    'us-east-1',
    '--layout',
    'users/{externalId}/',
    '--access-key',
    server.accessKey,
    '--secret-file',
    secret,
    '--own',
  );
  qm(
    template,
    'users',
    'create',
    '--mail',
    MAIL,
    '--name',
    'Ada',
    '--external-id',
    EXTERNAL_ID,
    '--first-password-file',
    secretFile(base, 'first', 'a first password'),
  );
  await server.close();

  let copies = 0;
  const copy = (name: string): string => {
    copies += 1;
    return join(base, `${name}-${copies}`);
  };
  return {
    base,
    async server() {
      const dir = copy('server');
      // `cp` of the system: Node's own copies a hundred thousand small folders several times slower.
      execFileSync('cp', ['-a', filled, dir]);
      const running = await startMinio({ dir });
      return {
        ...running,
        endpoint: running.endpoint,
        close: async () => {
          await running.close();
          rmSync(dir, { recursive: true, force: true });
        },
      };
    },
    workspace(running) {
      const dir = copy('workspace');
      cpSync(template, dir, { recursive: true });
      qm(dir, 'storage', 'update', 'main', '--endpoint', running.endpoint);
      return dir;
    },
    qm,
    mc(running, ...args) {
      const mc = findMc();
      if (!mc) throw new Error('there is no mc');
      const config = ['--config-dir', join(base, 'mc'), '--quiet'];
      execFileSync(mc, [...config, 'alias', 'set', 'bench', running.endpoint, running.accessKey, running.secretKey], {
        stdio: 'ignore',
      });
      const began = performance.now();
      execFileSync(mc, [...config, ...args], { stdio: 'ignore', maxBuffer: 1 << 30 });
      return performance.now() - began;
    },
    close: () => rmSync(base, { recursive: true, force: true }),
  };
}

function secretFile(base: string, name: string, text: string): string {
  const path = join(base, `${name}.secret`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** The user whose documents the bench removes. */
export const leaver = MAIL;
