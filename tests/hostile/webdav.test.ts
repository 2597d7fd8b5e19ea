import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/main/secret.ts';
import { type ObjectRef, type StorageBackend, StorageError } from '../../src/main/storage/index.ts';
import { openWebDav, type WebDavLimits } from '../../src/main/storage/webdav/index.ts';

/** A server that answers what it likes, and keeps what it was sent. */
interface Hostile {
  readonly origin: string;
  readonly requests: { method: string; path: string; authorization: string | undefined }[];
}

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse, seen: number) => void;

async function hostile(answer: Answer): Promise<Hostile> {
  const requests: Hostile['requests'] = [];
  const server: Server = createServer((request, response) => {
    requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization,
    });
    request.resume();
    response.on('error', () => undefined);
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Below HTTP: what is written goes out as it is. */
async function hostileTcp(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: TcpServer = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => speak(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(origin: string, limits: Partial<WebDavLimits> = {}, ownedRoot = true): StorageBackend {
  const backend = openWebDav({
    url: `${origin}/dav/`,
    username: 'ada',
    password: new Secret('the cloud’s password'),
    root: '/platform',
    ownedRoot,
    clock: Date.now,
    limits: { idleTimeoutMs: 20_000, answerTimeoutMs: 40_000, ...limits },
  });
  opened.push(backend);
  return backend;
}

const ok = 'HTTP/1.1 200 OK';
const response = (href: string, isCollection: boolean, status = ok): string =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop><d:resourcetype>${isCollection ? '<d:collection/>' : ''}</d:resourcetype>` +
  `<d:getcontentlength>1</d:getcontentlength></d:prop><d:status>${status}</d:status></d:propstat></d:response>`;
const file = (href: string): string => response(href, false);
const folder = (href: string): string => response(href, true);
const head = '<?xml version="1.0" encoding="utf-8"?><d:multistatus xmlns:d="DAV:">';
const multistatus = (...parts: string[]): string => `${head}${parts.join('')}</d:multistatus>`;

function sayMultistatus(out: ServerResponse, ...parts: string[]): void {
  out.writeHead(207, { 'Content-Type': 'application/xml' }).end(multistatus(...parts));
}

/** Answers for root and parent as a good server does, and for `Depth: 1` what the test wants. */
function withListing(listing: (path: string, response: ServerResponse) => void): Answer {
  return (request, out) => {
    const path = request.url ?? '';
    if (request.method === 'DELETE') out.writeHead(204).end();
    else if (request.headers.depth === '0') sayMultistatus(out, folder(path));
    else listing(path, out);
  };
}

async function listAll(backend: StorageBackend): Promise<ObjectRef[]> {
  const refs: ObjectRef[] = [];
  for await (const page of backend.list({ what: 'objects' })) {
    refs.push(...page.items);
    if (refs.length > 5_000) break;
  }
  return refs;
}

const object = (key: string, more: Partial<ObjectRef> = {}): ObjectRef => ({
  kind: 'object',
  key,
  versionId: null,
  size: 1,
  etag: null,
  modifiedAt: null,
  ...more,
});

async function failureOf(work: Promise<unknown>): Promise<StorageError> {
  const failure = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(StorageError);
  return failure as StorageError;
}

/** What a listing must never lead to: a request outside the root, or one that is a removal of something else. */
function expectInside({ requests }: Hostile): void {
  for (const { method, path } of requests) {
    const decoded = decodeURIComponent(path);
    if (method === 'DELETE') expect(decoded).toMatch(/^\/dav\/platform\/./);
    expect(decoded).toMatch(/^\/dav\//);
    expect(decoded.split('/')).not.toContain('..');
  }
}

describe('C6: a listing that names what does not lie in the folder is refused as a whole', () => {
  test.each([
    ['another server', 'http://evil.example/dav/platform/x'],
    ['another server without scheme', '//evil.example/dav/platform/x'],
    ['another port', 'http://127.0.0.1:1/dav/platform/x'],
    ['a user in the address', 'http://ada@127.0.0.1/dav/platform/x'],
    ['another scheme', 'ftp://127.0.0.1/dav/platform/x'],
    ['a script', 'javascript:alert(1)'],
    ['a file', 'file:///etc/passwd'],
    ['the server’s root', '/'],
    ['the folder above', '/dav/'],
    ['a neighbour', '/dav/platform2/x'],
    ['a neighbour that begins alike', '/dav/platformx'],
    ['a neighbour by case', '/dav/Platform/x'],
    ['dots', '/dav/platform/../private/x'],
    ['dots at the end', '/dav/platform/..'],
    ['escaped dots', '/dav/platform/%2e%2e/private/x'],
    ['escaped dots and slashes', '/dav/platform/..%2fprivate%2fx'],
    ['escaped slashes upward', '/dav/platform/x%2f..%2f..%2fprivate'],
    ['backslashes', '/dav/platform/..\\private'],
    ['escaped backslashes', '/dav/platform/..%5cprivate'],
    ['a dot', '/dav/platform/.'],
    ['something two levels down', '/dav/platform/a/b'],
    ['a relative address', 'x.txt'],
    ['nothing', ''],
    ['a query', '/dav/platform/x?y'],
    ['a fragment', '/dav/platform/x#y'],
    ['a broken escape', '/dav/platform/x%'],
    ['the folder itself again', '/dav/platform/'],
    ['the folder itself without its slash', '/dav/platform'],
    ['the folder itself, escaped', '/dav/%70latform'],
  ])('%s', async (_, href) => {
    const server = await hostile(
      withListing((path, out) => sayMultistatus(out, folder(path), file('/dav/platform/good'), file(href))),
    );
    const backend = open(server.origin);
    const failure = await failureOf(listAll(backend));
    expect(failure.failure).toBe('invalid_answer');
    expect(failure.message).not.toContain('password');
    expectInside(server);
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test('a folder that is said to lie in itself is not walked into twice', async () => {
    const server = await hostile(
      withListing((path, out) =>
        path === '/dav/platform/'
          ? sayMultistatus(out, folder(path), folder('/dav/platform/a/'))
          : sayMultistatus(out, folder(path), folder('/dav/platform/')),
      ),
    );
    expect((await failureOf(listAll(open(server.origin)))).failure).toBe('invalid_answer');
    expect(server.requests.length).toBeLessThan(6);
  });

  test('the same name twice is refused: one of the two would be taken for the other', async () => {
    const server = await hostile(
      withListing((path, out) => sayMultistatus(out, folder(path), file(`${path}x`), file(`${path}%78`))),
    );
    expect((await failureOf(listAll(open(server.origin)))).failure).toBe('invalid_answer');
  });

  test('a whole address of the same server is taken, and sent as a path', async () => {
    const server: Hostile = await hostile(
      withListing((path, out) =>
        sayMultistatus(out, folder(`${server.origin}${path}`), file(`${server.origin}${path}a;b`)),
      ),
    );
    const backend = open(server.origin);
    const refs = await listAll(backend);
    expect(refs.map(({ key }) => key)).toEqual(['a;b']);
    await backend.remove(refs);
    expect(server.requests.at(-1)).toMatchObject({ method: 'DELETE', path: '/dav/platform/a;b' });
  });
});

describe('C6: what is said about one thing is not taken for another', () => {
  test('a server that answers about something else than it was asked is not believed', async () => {
    const server = await hostile((request, out) => {
      if (request.url === '/dav/platform/x') sayMultistatus(out, file('/dav/platform/y'));
      else sayMultistatus(out, folder(request.url ?? ''));
    });
    const [outcome] = await open(server.origin, {}, false).remove([object('x')]);
    expect(outcome).toMatchObject({ outcome: 'failed' });
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test('a file that turns into a folder between two looks is left alone where the server says so', async () => {
    const server = await hostile((request, out) => {
      if (request.method === 'DELETE') out.writeHead(301, { Location: `${request.url}/` }).end();
      else if (request.url === '/dav/platform/x') sayMultistatus(out, file('/dav/platform/x'));
      else sayMultistatus(out, folder(request.url ?? ''));
    });
    expect(await open(server.origin, {}, false).remove([object('x')])).toMatchObject([{ outcome: 'changed' }]);
    expect(server.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([
      '/dav/platform/x',
    ]);
  });

  test('a folder without its type is not taken for a file', async () => {
    const server = await hostile(
      withListing((path, out) =>
        sayMultistatus(
          out,
          folder(path),
          `<d:response><d:href>${path}x</d:href><d:propstat><d:prop><d:getcontentlength>1</d:getcontentlength></d:prop><d:status>${ok}</d:status></d:propstat></d:response>`,
        ),
      ),
    );
    expect((await failureOf(listAll(open(server.origin)))).failure).toBe('invalid_answer');
  });

  test('an emptied folder is removed only if it is shown empty, and a full one is never sent', async () => {
    const server = await hostile(
      withListing((path, out) => sayMultistatus(out, folder(path), file(`${path}late.txt`))),
    );
    const [outcome] = await open(server.origin).remove([object('a/', { kind: 'folder' })]);
    expect(outcome).toMatchObject({ outcome: 'failed', retryable: true });
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test.each([
    ['nothing in it', ''],
    ['only a member', file('/dav/platform/a/x')],
    ['half of it', folder('/dav/platform/a/').slice(0, -20)],
  ])('a folder whose listing has %s is not taken for an empty one', async (_, listing) => {
    const server = await hostile(
      withListing((_path, out) =>
        out
          .writeHead(207)
          .end(listing.includes('</d:response>') || listing === '' ? multistatus(listing) : head + listing),
      ),
    );
    const [outcome] = await open(server.origin).remove([object('a/', { kind: 'folder' })]);
    expect(outcome).toMatchObject({ outcome: 'failed' });
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test('S8: a server that compares addresses as text is asked in its own spelling, also after a restart', async () => {
    const given = '/dav/platform/a(1)%c3%a4.txt';
    const standing = new Set([given]);
    const answer: Answer = (request, out) => {
      const path = request.url ?? '';
      if (request.method === 'DELETE') out.writeHead(standing.delete(path) ? 204 : 404).end();
      else if (request.headers.depth === '1') sayMultistatus(out, folder(path), ...[...standing].map(file));
      else if (path.endsWith('/') || standing.has(path)) sayMultistatus(out, response(path, path.endsWith('/')));
      else out.writeHead(404).end();
    };
    for (const ownedRoot of [true, false]) {
      standing.add(given);
      const fresh = await hostile(answer);
      expect(await open(fresh.origin, {}, ownedRoot).stat('a(1)ä.txt')).toMatchObject({ key: 'a(1)ä.txt' });
      expect(await open(fresh.origin, {}, ownedRoot).remove([object('a(1)ä.txt')])).toEqual([{ outcome: 'removed' }]);
      expect(await open(fresh.origin, {}, ownedRoot).remove([object('a(1)ä.txt')])).toEqual([{ outcome: 'absent' }]);
      standing.add(given);
      const listing = await hostile(answer);
      const backend = open(listing.origin, {}, ownedRoot);
      await backend.remove(await listAll(backend));
      expect(listing.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([given]);
    }
  });
});

test('D2: a name that can be spelled in many ways is not said to be absent where its folder is not shown', async () => {
  const server = await hostile((request, out) => {
    const path = request.url ?? '';
    if (request.method === 'DELETE') out.writeHead(404).end();
    else if (request.headers.depth === '1') out.writeHead(403).end();
    else if (path.endsWith('/')) sayMultistatus(out, folder(path));
    else out.writeHead(404).end();
  });
  for (const ownedRoot of [true, false])
    expect(await open(server.origin, {}, ownedRoot).remove([object('a/b c'), object('a/bc')])).toMatchObject([
      { outcome: 'failed' },
      { outcome: 'absent' },
    ]);
});

describe('a server that does not end', () => {
  test('a listing without end is cut off, and memory stays', async () => {
    let isRunning = true;
    const server = await hostile(
      withListing((path, out) => {
        out.writeHead(207).write(head + folder(path));
        let page = 0;
        const write = (): boolean => {
          page += 1;
          return out.write(Array.from({ length: 200 }, (_, at) => file(`${path}${page}-${at}`)).join(''));
        };
        const more = (): void => {
          while (isRunning && write());
          if (isRunning) out.once('drain', more);
        };
        out.once('close', () => {
          isRunning = false;
        });
        more();
      }),
    );
    const before = process.memoryUsage().rss;
    const failure = await failureOf(
      listAll(open(server.origin, { maxAnswerBytes: 30_000_000, maxHeld: 20_000, answerTimeoutMs: 60_000 })),
    );
    isRunning = false;
    expect(failure.failure).toBe('invalid_answer');
    expect(process.memoryUsage().rss - before).toBeLessThan(250_000_000);
  });

  test('folders in folders without end, and beside each other without end', async () => {
    const deep = await hostile(withListing((path, out) => sayMultistatus(out, folder(path), folder(`${path}a/`))));
    expect(await failureOf(listAll(open(deep.origin, { maxDepth: 30 })))).toMatchObject({
      failure: 'invalid_answer',
      message: expect.stringContaining('30 deep'),
    });
    expect(deep.requests.length).toBeLessThan(40);
    const wide = await hostile(
      withListing((path, out) =>
        sayMultistatus(out, folder(path), ...['a', 'b', 'c'].map((name) => folder(`${path}${name}/`))),
      ),
    );
    const walking = open(wide.origin, { maxDepth: 8, maxFolders: 200 }, false);
    expect((await failureOf(listAll(walking))).failure).toBe('invalid_answer');
    expect(wide.requests.length).toBeLessThan(210);
  });

  test('paths longer than anything real', async () => {
    const server = await hostile(
      withListing((path, out) => sayMultistatus(out, folder(path), file(`${path}${'a'.repeat(8_000)}`))),
    );
    expect((await failureOf(listAll(open(server.origin)))).failure).toBe('invalid_answer');
  });

  test.each([
    ['a tag', `<d:response a="${'x'.repeat(3_000_000)}`],
    ['a text', `<d:response><d:href>${'x'.repeat(3_000_000)}`],
    ['a comment', `<!--${'x'.repeat(3_000_000)}`],
    ['an instruction', `<?x ${'x'.repeat(3_000_000)}`],
    ['a CDATA section', `<d:response><d:href><![CDATA[${'x'.repeat(3_000_000)}`],
  ])('%s that does not end', async (_, text) => {
    const server = await hostile(
      withListing((_path, out) => {
        out.writeHead(207).write(head + text);
      }),
    );
    expect((await failureOf(listAll(open(server.origin)))).failure).toBe('invalid_answer');
  });

  test.each([
    ['a page of entities', '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'],
    ['an entity from a file', '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'],
    ['an entity from the network', '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'],
  ])('%s is not expanded and not fetched', async (_, doctype) => {
    const server = await hostile(
      withListing((path, out) =>
        out
          .writeHead(207)
          .end(
            `<?xml version="1.0"?>${doctype}<d:multistatus xmlns:d="DAV:">${folder(path)}${file(`${path}&a;`)}</d:multistatus>`,
          ),
      ),
    );
    expect((await failureOf(listAll(open(server.origin)))).failure).toBe('invalid_answer');
  });

  test('a compressed bomb is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
    const server = await hostile(
      withListing((_path, out) => out.writeHead(207, { 'Content-Encoding': 'gzip' }).end(bomb)),
    );
    expect((await failureOf(listAll(open(server.origin)))).failure).toBe('invalid_answer');
  });

  test('an answer of an error that does not end is not read to its end', async () => {
    const server = await hostile((_request, out) => {
      out.writeHead(500);
      const more = (): void => {
        while (out.write('x'.repeat(65_536)));
        out.once('drain', more);
      };
      more();
    });
    const started = performance.now();
    expect((await failureOf(listAll(open(server.origin)))).failure).toBe('backend');
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test('silence, before the head and after it', async () => {
    const silent = await hostileTcp(() => undefined);
    expect(await failureOf(listAll(open(silent, { idleTimeoutMs: 300 })))).toMatchObject({
      failure: 'backend',
      serverCode: 'timeout',
    });
    const half = await hostileTcp((socket) =>
      socket.write(`HTTP/1.1 207 Multi-Status\r\nContent-Length: 1000\r\n\r\n${head}`),
    );
    expect(await failureOf(listAll(open(half, { idleTimeoutMs: 300 })))).toMatchObject({ failure: 'backend' });
  });

  test.each([
    ['its head', ''],
    ['its body', `HTTP/1.1 207 Multi-Status\r\nContent-Length: 100000\r\n\r\n${head}`],
  ])('a drip that never stops: %s', async (_, first) => {
    const origin = await hostileTcp((socket) => {
      socket.write(first || 'HTTP/1.1 207 Multi-Status\r\nX-Drip: ');
      const drip = setInterval(() => socket.write('x'), 20);
      socket.once('close', () => clearInterval(drip));
    });
    const started = performance.now();
    const failure = await failureOf(listAll(open(origin, { answerTimeoutMs: 500 })));
    expect(failure).toMatchObject({ failure: 'backend', serverCode: 'timeout' });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test('the caller’s own stop ends a drip at once', async () => {
    const origin = await hostileTcp((socket) => {
      socket.write(`HTTP/1.1 207 Multi-Status\r\nContent-Length: 100000\r\n\r\n${head}`);
      const drip = setInterval(() => socket.write(' '), 20);
      socket.once('close', () => clearInterval(drip));
    });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const started = performance.now();
    expect((await failureOf(open(origin).describe(stop.signal))).failure).toBe('aborted');
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

describe('wrong answers', () => {
  test.each([
    [
      'half a page',
      `HTTP/1.1 207 Multi-Status\r\nContent-Length: 5000\r\n\r\n${multistatus(folder('/dav/platform/'))}`,
    ],
    [
      'a longer body than was said',
      `HTTP/1.1 207 Multi-Status\r\nContent-Length: 20\r\n\r\n${multistatus(folder('/dav/platform/'))}`,
    ],
    ['a chunk that breaks off', `HTTP/1.1 207 Multi-Status\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n${head}`],
    ['a chunk that is none', 'HTTP/1.1 207 Multi-Status\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['two lengths', 'HTTP/1.1 207 Multi-Status\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['headers without end', `HTTP/1.1 207 Multi-Status\r\n${'X-A: b\r\n'.repeat(100_000)}`],
    ['one endless header', `HTTP/1.1 207 Multi-Status\r\nX-A: ${'b'.repeat(1_000_000)}`],
    ['nothing at all', ''],
    ['an empty body', 'HTTP/1.1 207 Multi-Status\r\nContent-Length: 0\r\n\r\n'],
    ['a login page', 'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n<html>Login</html>'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
  ])('%s is a failure with a sentence, and never an empty folder', async (_, bytes) => {
    const origin = await hostileTcp((socket) => socket.end(bytes));
    const failure = await failureOf(listAll(open(origin)));
    expect(['invalid_answer', 'backend', 'offline']).toContain(failure.failure);
    expect(failure.message).toMatch(/\.$/);
    const check = await open(origin).check();
    expect(check).toMatchObject({ ok: false, state: 'unreachable' });
  });

  test.each([
    [401, 'reauthorise'],
    [403, 'refused'],
    [404, 'refused'],
    [405, 'refused'],
    [423, 'backend'],
    [429, 'backend'],
    [500, 'backend'],
    [502, 'backend'],
    [503, 'backend'],
    [507, 'backend'],
    [200, 'invalid_answer'],
    [204, 'invalid_answer'],
    [304, 'refused'],
    [400, 'invalid_answer'],
    [418, 'invalid_answer'],
  ])('D7: %i fails the call as %s, for listings and removals alike', async (status, failure) => {
    const server = await hostile((_request, out) =>
      out.writeHead(status, status === 503 ? { 'Retry-After': '120' } : {}).end(),
    );
    for (const work of [() => listAll(open(server.origin)), () => open(server.origin).remove([object('x')])])
      expect(await failureOf(work())).toMatchObject({
        failure,
        serverCode: String(status),
        retryAfterMs: status === 503 ? 120_000 : null,
      });
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test('Retry-After as a date is counted from now', async () => {
    const server = await hostile((_request, out) =>
      out.writeHead(503, { 'Retry-After': new Date(Date.now() + 60_000).toUTCString() }).end(),
    );
    const { retryAfterMs } = await failureOf(listAll(open(server.origin)));
    expect(retryAfterMs).toBeGreaterThan(55_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test('207 to a removal is what it says: members that could not be removed', async () => {
    const member = (href: string, status: string): string =>
      `<d:response><d:href>${href}</d:href><d:status>${status}</d:status></d:response>`;
    const answers: Record<string, string> = {
      '/dav/platform/locked': multistatus(member('/dav/platform/locked', 'HTTP/1.1 423 Locked')),
      '/dav/platform/forbidden': multistatus(member('/dav/platform/forbidden', 'HTTP/1.1 403 Forbidden')),
      '/dav/platform/done': multistatus(member('/dav/platform/done', 'HTTP/1.1 204 No Content')),
      '/dav/platform/garbage': 'fine',
      '/dav/platform/nostatus': multistatus(file('/dav/platform/nostatus')),
    };
    const server = await hostile((request, out) => {
      if (request.method === 'DELETE') out.writeHead(207).end(answers[request.url ?? '']);
      else sayMultistatus(out, folder(request.url ?? ''));
    });
    const found = await open(server.origin).remove(
      ['locked', 'forbidden', 'done', 'garbage', 'nostatus'].map((key) => object(key)),
    );
    expect(found).toMatchObject([
      { outcome: 'failed', retryable: true, reason: expect.stringContaining('423') },
      { outcome: 'failed', retryable: false, reason: expect.stringContaining('403') },
      { outcome: 'removed' },
      { outcome: 'failed', retryable: true },
      { outcome: 'failed', retryable: true },
    ]);
  });

  test('C3: 404 for every file and then for the root is not "nothing left"', async () => {
    const server = await hostile((_request, out) => out.writeHead(404).end());
    await failureOf(open(server.origin).remove([object('x')]));
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test('D2: 500 for some references stops neither the rest nor the call, while the root is shown', async () => {
    const server = await hostile((request, out) => {
      if (request.method !== 'DELETE') sayMultistatus(out, folder(request.url ?? ''));
      else out.writeHead(/bad/.test(request.url ?? '') ? 500 : 204).end();
    });
    const keys = [...Array.from({ length: 40 }, (_, at) => `bad-${at}`), 'good-1', 'good-2'];
    const found = await open(server.origin).remove(keys.map((key) => object(key)));
    expect(found.map(({ outcome }) => outcome)).toEqual([
      ...keys.slice(0, 40).map(() => 'failed'),
      'removed',
      'removed',
    ]);
  });

  test('D7: a server that breaks down in the middle is not asked a thousand times; what was done is answered', async () => {
    let isDown = false;
    let removed = 0;
    const server = await hostile((request, out) => {
      if (isDown) out.writeHead(503).end();
      else if (request.method !== 'DELETE') sayMultistatus(out, folder(request.url ?? ''));
      else {
        removed += 1;
        isDown = removed >= 50;
        out.writeHead(204).end();
      }
    });
    const backend = open(server.origin);
    const refs = Array.from({ length: 1_000 }, (_, at) => object(`k${at}`));
    const found = await backend.remove(refs);
    expect(found.filter(({ outcome }) => outcome === 'removed')).toHaveLength(50);
    expect(found.filter((outcome) => outcome.outcome === 'failed' && outcome.retryable)).toHaveLength(950);
    expect(server.requests.length).toBeLessThan(80);
    expect(await failureOf(backend.remove(refs))).toMatchObject({ failure: 'backend', serverCode: '503' });
  });

  test('401 in the middle stops at once', async () => {
    let removed = 0;
    const server = await hostile((request, out) => {
      if (request.method !== 'DELETE') sayMultistatus(out, folder(request.url ?? ''));
      else {
        removed += 1;
        out.writeHead(removed > 10 ? 401 : 204).end();
      }
    });
    const found = await open(server.origin).remove(Array.from({ length: 500 }, (_, at) => object(`k${at}`)));
    expect(found.filter(({ outcome }) => outcome === 'removed')).toHaveLength(10);
    expect(server.requests.length).toBeLessThan(30);
  });

  test('a kept connection that the server closes is opened again', async () => {
    const server = await hostile((request, out) => {
      out.setHeader('Connection', 'keep-alive');
      sayMultistatus(out, folder(request.url ?? ''));
      // Closed without a word after the answer, as servers do with idle connections.
      out.once('finish', () => setTimeout(() => request.socket.destroy(), 30));
    });
    const backend = open(server.origin);
    for (let at = 0; at < 5; at += 1) {
      await backend.describe();
      await sleep(at * 15);
    }
  });
});

describe('the password goes nowhere else', () => {
  test('C1: a redirect to another server is not followed, whatever was asked', async () => {
    const thief = await hostile((request, out) => sayMultistatus(out, folder(request.url ?? '')));
    const server = await hostile((request, out) =>
      out.writeHead(request.headers.depth === '1' ? 307 : 302, { Location: `${thief.origin}${request.url}` }).end(),
    );
    const backend = open(server.origin);
    await failureOf(listAll(backend));
    await failureOf(backend.remove([object('x')]));
    await failureOf(backend.describe());
    await failureOf(backend.get!('x'));
    await failureOf(backend.put!('x', Readable.from(['x']), 1));
    expect(await backend.check()).toMatchObject({ ok: false });
    expect(thief.requests).toEqual([]);
    expect(server.requests.length).toBeGreaterThan(5);
  });

  test('C1: a redirect that only adds a slash is followed once, on the same server alone', async () => {
    const thief = await hostile((request, out) => sayMultistatus(out, folder(request.url ?? '')));
    const endless = await hostile((request, out) => {
      const path = request.url ?? '';
      if (path === '/dav/platform/x') out.writeHead(301, { Location: '/dav/platform/x/' }).end();
      else if (path === '/dav/platform/x/') out.writeHead(301, { Location: '/dav/platform/x//' }).end();
      else if (path === '/dav/platform/y') out.writeHead(301, { Location: `${thief.origin}/dav/platform/y/` }).end();
      else if (path === '/dav/platform/z') out.writeHead(301, { Location: '/dav/other/z/' }).end();
      else sayMultistatus(out, folder(path));
    });
    const backend = open(endless.origin, {}, false);
    for (const key of ['x', 'y', 'z']) expect((await failureOf(backend.stat(key))).failure).toBe('refused');
    expect(thief.requests).toEqual([]);
    expect(endless.requests.filter(({ path }) => path.startsWith('/dav/platform/x')).length).toBe(2);
    expect(endless.requests.filter(({ path }) => path.startsWith('/dav/other'))).toEqual([]);
  });

  test('C1: no failure and no message holds the password', async () => {
    const encoded = Buffer.from('ada:the cloud’s password').toString('base64');
    const server = await hostile((request, out) =>
      out.writeHead(500, { 'X-Echo': 'x' }).end(String(request.headers.authorization)),
    );
    for (const work of [
      () => listAll(open(server.origin)),
      () => open(server.origin).remove([object('x')]),
      () => open('http://127.0.0.1:1').describe(),
    ]) {
      const failure = await failureOf(work());
      const text =
        JSON.stringify(failure, Object.getOwnPropertyNames(failure)) + String(failure.stack) + String(failure.cause);
      expect(text).not.toContain('the cloud’s password');
      expect(text).not.toContain(encoded);
    }
    expect(server.requests[0]?.authorization).toBe(`Basic ${encoded}`);
    expect(JSON.stringify(await open(server.origin).check())).not.toContain(encoded);
  });
});
