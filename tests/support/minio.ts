import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A real MinIO on loopback, with a folder of its own. */
export interface MinioServer {
  /** `http://127.0.0.1:PORT`, the same after `stop` and `start`. */
  readonly endpoint: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Where its drive lies. */
  readonly dir: string;
  readonly pid: number | null;
  /** Ends it; its folder and port stay, so that `start` brings the same server back. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

export interface MinioOptions {
  /** Added to its environment: `MINIO_AUDIT_WEBHOOK_ENABLE_test: 'on'` and the like. */
  readonly env?: Readonly<Record<string, string>>;
  /** A drive filled before; it is used in place and not removed. Absent: a new temporary one. */
  readonly dir?: string;
  /** TLS: a folder with `public.crt` and `private.key`. */
  readonly certsDir?: string;
  readonly port?: number;
  /** Region that the server insists on. Absent: it takes any. */
  readonly region?: string;
}

function findBinary(variable: string, name: string): string | null {
  const named = process.env[variable];
  if (named) return existsSync(named) ? named : null;
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(homedir(), 'go', 'bin')];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Path of a MinIO binary: `QM_MINIO_BIN`, on the path, or where `go install` puts it; null where there is none. */
export function findMinio(): string | null {
  return findBinary('QM_MINIO_BIN', 'minio');
}

/** Path of MinIO's client `mc`, found the same way through `QM_MC_BIN`. */
export function findMc(): string | null {
  return findBinary('QM_MC_BIN', 'mc');
}

/** Path of versitygw, a second S3 server, found the same way through `QM_VERSITYGW_BIN`. */
export function findVersitygw(): string | null {
  return findBinary('QM_VERSITYGW_BIN', 'versitygw');
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** A child of this test process, ended by its id and never outliving the test run. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a program and waits until `ready` answers true. Rejects with its output when it ends first or takes too long. */
export async function startProcess(
  binary: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<ServerProcess> {
  const child = spawn(binary, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let ended = false;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      ended = true;
      resolve();
    });
    child.once('error', (error) => {
      output += String(error);
      ended = true;
      resolve();
    });
  });
  const killAtExit = (): void => {
    if (!ended) child.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  const end = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    process.removeListener('exit', killAtExit);
    if (ended) return;
    child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(hard);
  };
  const deadline = Date.now() + timeoutMs;
  while (!ended) {
    if (await ready().catch(() => false)) return { child, output: () => output, end };
    if (Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  await end('SIGKILL');
  throw new Error(`${binary} did not get ready: ${output}`);
}

export async function startMinio(options: MinioOptions = {}): Promise<MinioServer> {
  const binary = findMinio();
  if (!binary) throw new Error('no MinIO binary: set QM_MINIO_BIN');
  const home = await mkdtemp(join(tmpdir(), 'qm-minio-'));
  const dir = options.dir ?? join(home, 'drive');
  await mkdir(dir, { recursive: true });
  const certsDir = options.certsDir ?? join(home, 'certs');
  await mkdir(certsDir, { recursive: true });
  const accessKey = 'qm-test-root';
  const secretKey = 'qm-test-root-secret-0123456789';
  const scheme = options.certsDir ? 'https' : 'http';
  let port = options.port ?? (await freePort());
  let running: ServerProcess | null = null;

  const startOnce = async (): Promise<void> => {
    const ready = async (): Promise<boolean> => {
      // It calls itself ready before it takes requests: until then they are answered 503, even without a signature.
      const base = `${scheme}://127.0.0.1:${port}`;
      return (await statusOf(`${base}/minio/health/ready`)) === 200 && (await statusOf(`${base}/`)) === 403;
    };
    running = await startProcess(
      binary,
      ['server', '--address', `127.0.0.1:${port}`, '--certs-dir', certsDir, dir],
      {
        HOME: home,
        MINIO_ROOT_USER: accessKey,
        MINIO_ROOT_PASSWORD: secretKey,
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
        ...(options.region ? { MINIO_SITE_REGION: options.region } : {}),
        ...options.env,
      },
      ready,
    );
  };
  // Another process may take the port between the probe and the start: only a first start may choose again.
  for (let attempt = 1; ; attempt += 1) {
    try {
      await startOnce();
      break;
    } catch (error) {
      if (attempt === 3 || options.port) throw error;
      port = await freePort();
    }
  }

  return {
    get endpoint() {
      return `${scheme}://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    get pid() {
      return running?.child.pid ?? null;
    },
    accessKey,
    secretKey,
    region: options.region ?? 'us-east-1',
    dir,
    async stop(signal) {
      const server = running;
      running = null;
      await server?.end(signal);
    },
    async start() {
      if (!running) await startOnce();
    },
    async close() {
      const server = running;
      running = null;
      await server?.end();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Any certificate will do here: whether it is trusted is the business of what is tested. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = url.startsWith('https:')
      ? requestSecurely(url, { rejectUnauthorized: false, timeout: 2_000 })
      : request(url, { timeout: 2_000 });
    call.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error('timed out')));
    call.end();
  });
}
