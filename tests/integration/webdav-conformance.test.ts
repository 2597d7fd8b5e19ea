import { randomUUID } from 'node:crypto';
import { Secret } from '../../src/main/secret.ts';
import { openWebDav } from '../../src/main/storage/index.ts';
import { findApache, startApache } from '../support/apache.ts';
import { describeBackend, type Place } from '../support/conformance.ts';
import { findRclone, startRclone } from '../support/rclone.ts';
import { type DavClient, davClient } from '../support/webdav-client.ts';

interface Account {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  close(): Promise<void>;
}

/** Makes a folder of the account the scope, and talks to it as another program would. */
async function placeOn(account: Account, takes: (path: string) => boolean = () => true): Promise<Place> {
  const { origin, pathname } = new URL(account.url);
  const other: DavClient = davClient(origin, account.user, account.password);
  const home = `home-${randomUUID()}`;
  const root = `${home}/platform`;
  const encode = (path: string): string => pathname + path.split('/').map(encodeURIComponent).join('/');
  const made = new Set<string>();
  const makeFolders = async (path: string): Promise<void> => {
    const parts = path.split('/').slice(0, -1);
    for (let count = 1; count <= parts.length; count += 1) {
      const folder = parts.slice(0, count).join('/');
      if (made.has(folder)) continue;
      await other.send('MKCOL', `${encode(folder)}/`);
      made.add(folder);
    }
  };
  const put = async (path: string, body: string): Promise<boolean> => {
    if (!takes(path)) return false;
    await makeFolders(path);
    return (await other.send('PUT', encode(path), {}, body)).status < 300 && (await read(path)) === body;
  };
  const read = async (path: string): Promise<string | null> => {
    const answer = await other.send('GET', encode(path));
    return answer.status === 200 ? answer.body : null;
  };
  await makeFolders(`${root}/`);
  return {
    prefix: '',
    open: () =>
      openWebDav({
        url: account.url,
        username: account.user,
        password: new Secret(account.password),
        root: `/${root}`,
        ownedRoot: false,
        clock: Date.now,
      }),
    put: (key, body) => put(`${root}/${key}`, body),
    read: (key) => read(`${root}/${key}`),
    putBeside: (folder, name, body) => put(`${home}/${folder}/${name}`, body),
    readBeside: (folder, name) => read(`${home}/${folder}/${name}`),
    close: () => account.close(),
  };
}

describeBackend('WebDAV on Apache', {
  folder: 'platform',
  skip: findApache() === null,
  place: async () => {
    const server = await startApache();
    const [account = { name: '', password: '' }] = server.accounts;
    return placeOn({
      url: server.url(account.name),
      user: account.name,
      password: account.password,
      close: () => server.close(),
    });
  },
});

describeBackend('WebDAV on rclone', {
  folder: 'platform',
  skip: findRclone() === null,
  place: async () => {
    const server = await startRclone({ cacheMs: 3_600_000 });
    // To rclone a control character in a name is the symbol for it: `bell\u0007` becomes `bell\u2407`.
    const takes = (path: string): boolean => !/[\x00-\x1f\x7f]/.test(path);
    return placeOn(
      { url: server.url, user: server.user, password: server.password, close: () => server.close() },
      takes,
    );
  },
});
