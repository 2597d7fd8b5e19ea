import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, type ServerProcess, startProcess } from './minio.ts';

/** One user of the server: a password and a folder of their own at `/dav/NAME/`. */
export interface DavAccount {
  readonly name: string;
  readonly password: string;
}

/** A line of the access log. Times are microseconds since 1970. */
export interface AccessLine {
  readonly receivedAtUs: number;
  readonly method: string;
  /** As it was sent, still encoded. */
  readonly path: string;
  readonly status: number;
  readonly user: string;
}

/** Debian's Apache with mod_dav on a loopback port, its own ServerRoot, and basic auth. */
export interface ApacheServer {
  /** `http://127.0.0.1:PORT`, the same after `stop` and `start`. */
  readonly origin: string;
  readonly port: number;
  readonly pid: number | null;
  readonly accounts: readonly DavAccount[];
  /** The address that a connection is given: `http://127.0.0.1:PORT/dav/NAME/`. */
  url(account: string): string;
  /** The folder behind it on this disk. */
  folder(account: string): string;
  /** Puts a file there directly, owned by the server's user. `path` may be bytes that are no UTF-8. */
  write(account: string, path: string, content: string | Uint8Array): Promise<void>;
  makeFolder(account: string, path: string): Promise<void>;
  /** Everything that stands in an account's folder: path (folders end with a slash) → SHA-256 of the content. */
  tree(account: string): Promise<Map<string, string>>;
  accessLog(): Promise<AccessLine[]>;
  changePassword(account: string, password: string): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

export interface ApacheOptions {
  readonly accounts?: readonly DavAccount[];
  /** More configuration, inside the server. */
  readonly configuration?: string;
}

const MODULES = '/usr/lib/apache2/modules';
const BINARY = '/usr/sbin/apache2';
const LOADED = [
  'mpm_event',
  'authn_core',
  'authn_file',
  'authz_core',
  'authz_user',
  'auth_basic',
  'alias',
  'dav',
  'dav_fs',
  'dir',
  'headers',
  'setenvif',
];

/** Path of Debian's Apache with mod_dav, or null where it is not installed. */
export function findApache(): string | null {
  return existsSync(BINARY) && existsSync(join(MODULES, 'mod_dav_fs.so')) ? BINARY : null;
}

export const defaultAccounts: readonly DavAccount[] = [
  { name: 'ada', password: 'ada-cloud-secret-7d31' },
  { name: 'bob', password: 'bob-cloud-secret-91c2' },
  { name: 'cyd', password: 'cyd-cloud-secret-e05b' },
];

export async function startApache(options: ApacheOptions = {}): Promise<ApacheServer> {
  const binary = findApache();
  if (!binary) throw new Error('no Apache with mod_dav: apt-get install apache2-bin');
  const accounts = options.accounts ?? defaultAccounts;
  const passwords = new Map(accounts.map(({ name, password }) => [name, password]));
  const home = await mkdtemp(join(tmpdir(), 'qm-apache-'));
  const owner = await serverOwner();
  const own = async (path: string): Promise<void> => {
    if (owner) await chown(path, owner.uid, owner.gid);
  };
  await own(home);
  for (const folder of ['logs', 'locks', 'dav']) {
    await mkdir(join(home, folder));
    await own(join(home, folder));
  }
  const folderOf = (account: string): string => join(home, 'dav', account);
  for (const { name } of accounts) {
    await mkdir(folderOf(name));
    await own(folderOf(name));
  }
  const writePasswords = async (): Promise<void> => {
    const lines = [...passwords].map(
      ([name, password]) => `${name}:{SHA}${createHash('sha1').update(password).digest('base64')}`,
    );
    await writeFile(join(home, 'passwords'), `${lines.join('\n')}\n`);
    await own(join(home, 'passwords'));
  };
  await writePasswords();

  let port = await freePort();
  let running: ServerProcess | null = null;
  const startOnce = async (): Promise<void> => {
    const file = join(home, 'apache.conf');
    await writeFile(file, configurationOf(home, port, accounts, options.configuration ?? ''));
    running = await startProcess(
      binary,
      ['-d', home, '-f', file, '-D', 'FOREGROUND'],
      {},
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) });
        await answer.arrayBuffer();
        return answer.headers.get('x-test-home') === home;
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

  // In one go, so that two tests may make the same folder at once.
  const makeFolder = async (account: string, path: string): Promise<void> => {
    let at = folderOf(account);
    for (const part of path.split('/').filter((name) => name !== '' && name !== '.')) {
      at = join(at, part);
      if (existsSync(at)) continue;
      mkdirSync(at);
      if (owner) chownSync(at, owner.uid, owner.gid);
    }
  };
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
    accounts,
    url: (account) => `http://127.0.0.1:${port}/dav/${encodeURIComponent(account)}/`,
    folder: folderOf,
    makeFolder,
    async write(account, path, content) {
      await makeFolder(account, dirname(path));
      const file = `${folderOf(account)}/${path}`;
      await writeFile(file, content);
      await own(file);
    },
    tree: (account) => treeOf(folderOf(account)),
    async accessLog() {
      // Apache writes a request's line after its answer has gone out, so that a reader can be too early.
      const read = () => readFile(join(home, 'logs', 'access.log'), 'latin1');
      let before = await read();
      for (;;) {
        await sleep(200);
        const now = await read();
        if (now === before) return parseAccessLog(now);
        before = now;
      }
    },
    async changePassword(account, password) {
      passwords.set(account, password);
      await writePasswords();
    },
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

/** As root Apache gives its rights up and needs somebody to become; the files must then be that user's. */
async function serverOwner(): Promise<{ uid: number; gid: number } | null> {
  if (userInfo().uid !== 0) return null;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('www-data:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('there is no user www-data for Apache to become');
  return { uid: Number(uid), gid: Number(gid) };
}

function configurationOf(home: string, port: number, accounts: readonly DavAccount[], more: string): string {
  const places = accounts.map(
    ({ name }) => `
<Location "/dav/${name}">
  Dav On
  AuthType Basic
  AuthName "documents"
  AuthUserFile "${home}/passwords"
  Require user ${name}
</Location>`,
  );
  return `
ServerName 127.0.0.1
ServerRoot "${home}"
PidFile "${home}/apache.pid"
DefaultRuntimeDir "${home}/logs"
Mutex file:${home}/locks default
Listen 127.0.0.1:${port}
ErrorLog "${home}/logs/error.log"
LogFormat "%{begin:usec}t %m %>s %u \\"%r\\"" timed
${LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
${userInfo().uid === 0 ? 'User www-data\nGroup www-data' : ''}
CustomLog "${home}/logs/access.log" timed
StartServers 1
ServerLimit 2
ThreadsPerChild 24
ThreadLimit 24
MaxRequestWorkers 48
MinSpareThreads 4
MaxSpareThreads 48
KeepAlive On
KeepAliveTimeout 5
MaxKeepAliveRequests 0
AllowEncodedSlashes NoDecode
DavLockDB "${home}/locks/dav"
DirectoryIndex disabled
Header always set X-Test-Home "${home}"
Alias "/dav" "${home}/dav"
DocumentRoot "${home}/dav"
<Directory "${home}">
  Options FollowSymLinks
  AllowOverride None
  Require all granted
</Directory>
${places.join('\n')}
${more}
`;
}

/** `begin method status user "request line"`, as the log format above writes it. */
function parseAccessLog(text: string): AccessLine[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\d+) (\S+) (\d+) (\S+) "\S+ (.*) HTTP\/[\d.]+"$/.exec(line);
    if (!found) return [];
    const [, receivedAtUs = '', method = '', status = '', user = '', path = ''] = found;
    return [{ receivedAtUs: Number(receivedAtUs), method, path, status: Number(status), user }];
  });
}

/** Path (folders end with a slash) → SHA-256 of the content; names as bytes in Latin-1, so that none is lost. */
export async function treeOf(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const visit = async (at: Buffer, prefix: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true, encoding: 'buffer' })) {
      const path = Buffer.concat([at, Buffer.from('/'), entry.name]);
      const name = prefix + entry.name.toString('latin1');
      // mod_dav keeps properties in hidden folders of its own.
      if (entry.isDirectory() && entry.name.toString('latin1') === '.DAV') continue;
      if (entry.isDirectory()) {
        found.set(`${name}/`, '');
        await visit(path, `${name}/`);
      } else if (entry.isFile()) {
        found.set(
          name,
          createHash('sha256')
            .update(await readFile(path))
            .digest('hex'),
        );
      } else found.set(name, 'other');
    }
  };
  await visit(Buffer.from(folder), '');
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
