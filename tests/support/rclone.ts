import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { treeOf } from './apache.ts';
import { freePort, type ServerProcess, startProcess } from './minio.ts';

/** `rclone serve webdav`, a second and different WebDAV server (Go's), with one account on a folder of its own. */
export interface RcloneServer {
  readonly origin: string;
  readonly port: number;
  readonly pid: number | null;
  readonly user: string;
  readonly password: string;
  /** The address that a connection is given. */
  readonly url: string;
  readonly folder: string;
  /** Written to the disk directly; waits until the server sees it. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Everything that stands there: path (folders end with a slash) → SHA-256 of the content. */
  tree(): Promise<Map<string, string>>;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Path of rclone, or null where it is not installed. */
export function findRclone(): string | null {
  return existsSync('/usr/bin/rclone') ? '/usr/bin/rclone' : null;
}

const CACHE_MS = 150;

export interface RcloneOptions {
  /**
   * How long it believes its own listings. Long where everything goes through the server: a cache that runs out in the
   * middle of an upload loses the new file for a moment.
   */
  readonly cacheMs?: number;
}

export async function startRclone({ cacheMs = CACHE_MS }: RcloneOptions = {}): Promise<RcloneServer> {
  const binary = findRclone();
  if (!binary) throw new Error('no rclone: apt-get install rclone');
  const home = await mkdtemp(join(tmpdir(), 'qm-rclone-'));
  const folder = join(home, 'dav');
  await mkdir(folder);
  const user = 'ada';
  const password = 'rclone-cloud-secret-3b88';
  let port = await freePort();
  let running: ServerProcess | null = null;
  const startOnce = async (): Promise<void> => {
    running = await startProcess(
      binary,
      // Its cache of listings is short, so that a test sees what it put on the disk; without one a listing reads the
      // folder anew for each file in it.
      [
        'serve',
        'webdav',
        folder,
        '--addr',
        `127.0.0.1:${port}`,
        '--dir-cache-time',
        `${cacheMs}ms`,
        '--poll-interval',
        '0',
      ],
      { HOME: home, RCLONE_CONFIG: join(home, 'rclone.conf'), RCLONE_USER: user, RCLONE_PASS: password },
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) });
        await answer.arrayBuffer();
        return answer.status === 401;
      },
      20_000,
    );
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await startOnce();
      break;
    } catch (error) {
      if (attempt === 3) throw error;
      port = await freePort();
    }
  }
  const end = async (): Promise<void> => {
    const server = running;
    running = null;
    await server?.end();
  };
  return {
    get origin() {
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    get pid() {
      return running?.child.pid ?? null;
    },
    user,
    password,
    get url() {
      return `http://127.0.0.1:${port}/`;
    },
    folder,
    async write(path, content) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
      await sleep(cacheMs + 50);
    },
    async makeFolder(path) {
      await mkdir(join(folder, path), { recursive: true });
      await sleep(cacheMs + 50);
    },
    tree: () => treeOf(folder),
    stop: end,
    async start() {
      if (!running) await startOnce();
    },
    async close() {
      await end();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
