import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { os, type RouterClient } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { Console } from '../../src/main/console.ts';
import { openLines } from '../../src/main/hosts/lines.ts';
import { startServe } from '../../src/main/hosts/serve/serve.ts';
import { type ConsoleServer, openServer } from '../../src/main/hosts/serve/server.ts';
import type { CallContext, Connection } from '../../src/main/router/index.ts';
import { MINUTE, testClock } from '../support/clock.ts';
import { callByPath } from '../support/procedures.ts';
import { converse, sendRaw } from '../support/raw-http.ts';

const SECRET_OUTSIDE = 'not-for-the-browser';
let hanging = 0;
const base = os.$context<CallContext>();
const router = {
  session: {
    state: base.handler(({ context }) => ({ peer: context.connection.origin.networkAddress })),
    signIn: base.handler(({ context }) => {
      context.connection.sessionId = 'signed in';
      return { ok: true };
    }),
    hang: base.handler(({ signal }) => {
      hanging += 1;
      return new Promise((resolve) => signal?.addEventListener('abort', resolve)).then(() => {
        hanging -= 1;
      });
    }),
    whoAmI: base.handler(({ context }) => context.connection.sessionId),
  },
};

let calls: number;
/** These tests are about the way to the console; what stands behind it here can tell that it was reached. */
const consoleBehind: Pick<Console, 'router' | 'connect'> = {
  router: router as unknown as Console['router'], // The host knows no procedure; any router will do.
  connect: (origin) => {
    calls += 1;
    return {
      sessionId: null,
      origin: { machine: 'test', osAccount: 'tester', networkAddress: null, host: 'serve', ...origin },
    } as Connection; // The router above needs no domains.
  },
};

let home: string;
let server: ConsoleServer;
let port: number;
let host: string;
let log: string[];
const clock = testClock();
const clients: WebSocket[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'qm-serve-'));
  const bundleDir = join(home, 'renderer');
  mkdirSync(join(bundleDir, 'assets'), { recursive: true });
  mkdirSync(join(home, 'workspace'), { mode: 0o700 });
  writeFileSync(join(home, 'secret.js'), SECRET_OUTSIDE);
  writeFileSync(join(home, 'workspace', 'quartermaster.sqlite'), SECRET_OUTSIDE);
  writeFileSync(
    join(bundleDir, 'index.html'),
    '<!doctype html><meta name="csp-nonce" content="%CSP_NONCE%"><title>page</title>',
  );
  writeFileSync(join(bundleDir, 'assets', 'index-abc.js'), 'export {};');
  writeFileSync(join(bundleDir, 'notes.txt.bak'), SECRET_OUTSIDE);
  calls = 0;
  log = [];
  server = await openServer({
    openLine: openLines(consoleBehind, (event, facts) => log.push(JSON.stringify({ event, ...facts }))),
    workspaceDir: join(home, 'workspace'),
    bundleDir,
    clock,
    log: (event, facts) => log.push(JSON.stringify({ event, ...facts })),
  });
  port = Number(new URL(server.address).port);
  host = `127.0.0.1:${port}`;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

const get = (path: string, headers = `Host: ${host}`) =>
  sendRaw(port, `GET ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`);
const tokenOf = (link: string) => new URL(link).hash.slice('#t='.length);
const tokenInFile = () => /#t=([\w-]{43})/.exec(readFileSync(server.openingFile, 'utf8'))?.[1] ?? '';

/** A socket as the page opens it; what happened to it first. */
function openSocket(url = `ws://${host}/console`, options: ClientOptions = {}): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { origin: `http://${host}`, ...options });
    clients.push(socket);
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('error', reject);
  });
}

/** What the server does with a first message: the answer, or the code with which it closes. */
async function say(
  first: string | Uint8Array,
  socket?: WebSocket,
): Promise<{ answer?: unknown; code?: number; socket: WebSocket }> {
  const opened = socket ?? (await openSocket());
  if (typeof opened === 'number') throw new Error(`refused with ${opened}`);
  return await new Promise((resolve) => {
    opened.once('message', (data) => resolve({ answer: JSON.parse(String(data)), socket: opened }));
    opened.once('close', (code) => resolve({ code, socket: opened }));
    opened.send(first);
  });
}

const showToken = (token: string) => say(JSON.stringify({ token }));

function clientOn(socket: WebSocket): RouterClient<typeof router> {
  return createORPCClient(new RPCLink({ websocket: socket as never })); // The DOM's socket and that of `ws` are alike here.
}

describe('the page', () => {
  test('R2: is handed out with a policy whose nonce is new in every answer', async () => {
    const [first, second] = [await get('/'), await get('/')];
    expect(first.status).toBe(200);
    const nonces = [first, second].map(({ text }) => {
      const policy = /content-security-policy: (.*)\r/i.exec(text)?.[1] ?? '';
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
      ])
        expect(policy.split('; ')).toContain(part);
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(policy).toContain(`connect-src 'self' ws://${host};`);
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
      expect(text).toContain(`<meta name="csp-nonce" content="${nonce}">`);
      return nonce;
    });
    expect(nonces[0]).not.toBe(nonces[1]);
    expect(first.text).toMatch(/cache-control: no-store/i);
    expect(first.text).toMatch(/x-content-type-options: nosniff/i);
    expect(first.text).toMatch(/referrer-policy: no-referrer/i);
    expect(first.text).not.toContain('#t=');
  });

  test('R2: a script comes as a script, by its exact name', async () => {
    const { status, text } = await get('/assets/index-abc.js?x=1');
    expect(status).toBe(200);
    expect(text).toMatch(/content-type: text\/javascript/i);
    expect(text).toMatch(/cross-origin-resource-policy: same-origin/i);
    expect((await get('/', `Host: localhost:${port}`)).text).toContain(`ws://localhost:${port}`);
  });

  test('R2: HEAD has the headers and no body', async () => {
    const { status, text } = await sendRaw(port, `HEAD / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(status).toBe(200);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });
});

describe('requests that must not be answered', () => {
  test.each([
    ['another name (rebinding)', 'evil.example'],
    ['another name with our port', 'evil.example:PORT'],
    ['our name with another port', '127.0.0.1:1'],
    ['our address without a port', '127.0.0.1'],
    ['a trailing dot', 'localhost.:PORT'],
    ['a trailing dot on the address', '127.0.0.1.:PORT'],
    ['a user in front', 'a@127.0.0.1:PORT'],
    ['a user that looks like us', '127.0.0.1:PORT@evil.example'],
    ['the address as a number', '2130706433:PORT'],
    ['the address in short', '127.1:PORT'],
    ['another loopback address', '127.0.0.2:PORT'],
    ['the address in hexadecimal', '0x7f.0.0.1:PORT'],
    ['IPv6', '[::1]:PORT'],
    ['any address', '0.0.0.0:PORT'],
    ['other letters', 'LOCALHOST:PORT'],
    ['a port with a zero in front', '127.0.0.1:0PORT'],
    ['a list', '127.0.0.1:PORT, evil.example'],
    ['nothing', ''],
  ])('a Host with %s', async (_, value) => {
    const { status, text } = await get('/', `Host: ${value.replace('PORT', String(port))}`);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toContain('<title>page');
  });

  test('two Host headers, of which the first is ours', async () => {
    const { status } = await get('/', `Host: ${host}\r\nHost: evil.example`);
    expect(status).toBe(400);
  });

  test.each(['HTTP/1.1', 'HTTP/1.0'])('%s without a Host', async (version) => {
    const { status, text } = await sendRaw(port, `GET / ${version}\r\nConnection: close\r\n\r\n`);
    expect(status).toBe(400);
    expect(text).not.toContain('<title>page');
  });

  test.each([
    'http://evil.example',
    'null',
    `https://127.0.0.1:PORT`,
    'http://127.0.0.1:1',
    'http://localhost.:PORT',
    'http://LOCALHOST:PORT',
    '',
  ])('an Origin of "%s"', async (origin) => {
    const { status } = await get('/', `Host: ${host}\r\nOrigin: ${origin.replace('PORT', String(port))}`);
    expect(status).toBe(403);
  });

  test('our other name as the Origin: one page may not speak for the other', async () => {
    expect((await get('/', `Host: ${host}\r\nOrigin: http://localhost:${port}`)).status).toBe(403);
  });

  test('a script that another site includes', async () => {
    const { status } = await get(
      '/assets/index-abc.js',
      `Host: ${host}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script`,
    );
    expect(status).toBe(403);
  });

  test('a frame of another site', async () => {
    const { status } = await get(
      '/',
      `Host: ${host}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe`,
    );
    expect(status).toBe(403);
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('%s', async (method) => {
    const { status, text } = await sendRaw(port, `${method} / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(status).toBe(405);
    expect(text).not.toMatch(/access-control-allow/i);
  });

  test('CONNECT, as to a proxy', async () => {
    const { text } = await sendRaw(port, `CONNECT example.org:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(text).not.toContain(' 200 ');
  });

  test.each([
    'Content-Length: 5\r\n\r\nhello',
    'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    'Content-Length: 5\r\nExpect: 100-continue\r\n\r\n',
  ])('a body: %j', async (rest) => {
    const { status } = await sendRaw(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${rest}`);
    expect(status).toBe(400);
  });

  test('length and chunks at once (request smuggling)', async () => {
    const { status } = await sendRaw(
      port,
      `GET / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /assets/index-abc.js HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    );
    expect(status).toBe(400);
  });

  test.each([
    'http://evil.example/',
    'http://HOST/',
    'https://HOST/',
    '*',
    'file:///etc/passwd',
    'assets/index-abc.js',
  ])('the target %s', async (target) => {
    const { status, text } = await get(target.replace('HOST', host));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toContain('<title>page');
  });

  test.each([
    '/../secret.js',
    '/assets/../../secret.js',
    '/%2e%2e/secret.js',
    '/%2E%2E%2Fsecret.js',
    '/..%2fsecret.js',
    '/..%5csecret.js',
    '/..\\secret.js',
    '/%252e%252e%252fsecret.js',
    '/%c0%ae%c0%ae/secret.js',
    '/%u002e%u002e/secret.js',
    '/.../secret.js',
    '//secret.js',
    '//127.0.0.1/../secret.js',
    '/./../secret.js',
    '/assets/..;/../secret.js',
    '/%00/../secret.js',
    '/assets/index-abc.js%00.html',
    '/assets/index-abc.js/',
    '/assets/',
    '/assets',
    '/assets//index-abc.js',
    '/assets/./index-abc.js',
    '/assets/%69ndex-abc.js',
    '/ASSETS/index-abc.js',
    '/index.html/../../secret.js',
    '/etc/passwd',
    '/C:/Windows/win.ini',
    '/file:///etc/passwd',
    '/workspace/quartermaster.sqlite',
    '/../workspace/quartermaster.sqlite',
    '/notes.txt.bak',
    '/open-console.html',
    '/__proto__',
    '/constructor',
    '/%',
    '/%zz',
  ])('the path %s', async (path) => {
    const { status, text } = await get(path);
    expect(status).toBe(404);
    expect(text).not.toContain(SECRET_OUTSIDE);
  });

  test('headers over eight kilobytes', async () => {
    expect((await get('/', `Host: ${host}\r\nX-Long: ${'a'.repeat(9_000)}`)).status).toBe(431);
    expect((await get('/', `Host: ${host}\r\n${'X-Many: 1\r\n'.repeat(1_500)}X-Last: 1`)).status).toBe(431);
    expect((await get(`/${'a'.repeat(9_000)}`)).status).toBe(431);
  });

  test.each([
    'GET / HTTP/1.1\r\nHost : HOST\r\n\r\n',
    'GET / HTTP/1.1\nHost: HOST\n\nGET',
    'GET / HTTP/9.9\r\nHost: HOST\r\n\r\n',
    '\0\0\0\0\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
  ])('what is no HTTP: %j', async (bytes) => {
    const { text } = await sendRaw(port, bytes.replace('HOST', host));
    expect(text).not.toContain('<title>page');
  });

  test('a connection that drips its headers, and one that says nothing, are cut off', async () => {
    const drip = converse(port, (socket) => {
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n`);
      const timer = setInterval(() => socket.write('X-Slow: 1\r\n'), 200);
      socket.once('close', () => clearInterval(timer));
    });
    const silent = converse(port, () => {});
    for (const { text, tookMs } of await Promise.all([drip, silent])) {
      expect(text).not.toContain('<title>page');
      expect(tookMs).toBeLessThan(9_000);
    }
  });

  test('nothing listens on the machine’s other addresses', async () => {
    const others = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter(({ internal }) => !internal),
    );
    for (const address of ['127.0.0.2', '::1', ...others.map(({ address }) => address)]) {
      const outcome = await new Promise((resolve) => {
        const socket = connect({ host: address, port, timeout: 1_000 }, () => resolve('connected'));
        socket.once('error', () => resolve('refused'));
        socket.once('timeout', () => resolve('refused'));
        socket.once('close', () => socket.destroy());
      });
      expect(outcome, address).toBe('refused');
    }
  });
});

describe('a socket', () => {
  test('with a one-time token reaches the console, as a line of its own with the peer’s address', async () => {
    const { answer, socket } = await showToken(tokenOf(server.newLink()));
    expect(answer).toEqual({ ok: true, tabToken: expect.stringMatching(/^[\w-]{43}$/) });
    expect(await clientOn(socket).session.state()).toEqual({ peer: '127.0.0.1' });
  });

  test('X1: two tabs share no session', async () => {
    const first = clientOn((await showToken(tokenOf(server.newLink()))).socket);
    const second = clientOn((await showToken(tokenOf(server.newLink()))).socket);
    await first.session.signIn();
    expect(await first.session.whoAmI()).toBe('signed in');
    expect(await second.session.whoAmI()).toBe(null);
  });

  test.each([
    ['another origin (cross-site hijack)', { origin: 'http://evil.example' }, 403],
    ['no origin', { origin: undefined }, 403],
    ['the null origin of a sandboxed frame', { origin: 'null' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000' }, 403],
    ['our other name', { origin: 'http://localhost:PORT' }, 403],
    ['https', { origin: 'https://127.0.0.1:PORT' }, 403],
    ['our origin under another Host (rebinding)', { headers: { host: 'evil.example:PORT' } }, 421],
  ] as const)('of %s is refused before it opens', async (_, options, status) => {
    const filled = JSON.parse(JSON.stringify(options).replaceAll('PORT', String(port)));
    const origin = 'origin' in options ? { origin: filled.origin } : {};
    expect(await openSocket(undefined, { ...filled, ...origin } as ClientOptions)).toBe(status);
    expect(calls).toBe(0);
  });

  test.each(['/', '/console/', '/console?t=1', '/Console', '//console', '/assets/index-abc.js'])(
    'at %s is refused',
    async (path) => {
      expect(await openSocket(`ws://${host}${path}`)).toBe(404);
    },
  );

  test('that begins with a call instead of a token is closed, and nothing is called', async () => {
    const { code } = await say(JSON.stringify({ i: '1', p: { u: '/session/state', b: {} } }));
    expect(code).toBe(4401);
    expect(calls).toBe(0);
  });

  test.each([
    '',
    '{}',
    'null',
    '[]',
    '"token"',
    '{"token":1}',
    '{"token":null}',
    '{"token":""}',
    '{"token":"x"}',
    '{"token":["a"]}',
    '{"__proto__":{"token":"a"}}',
    'not json',
    '{"token":"\u0000"}',
  ])('whose first message is %j is closed with 4401', async (first) => {
    expect((await say(first)).code).toBe(4401);
  });

  test('whose token comes as bytes is closed with 4401', async () => {
    expect((await say(Buffer.from(JSON.stringify({ token: tokenOf(server.newLink()) })))).code).toBe(4401);
  });

  test('a call that is sent together with a wrong token is not carried out', async () => {
    const socket = await openSocket();
    if (typeof socket === 'number') throw new Error('refused');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send(JSON.stringify({ token: 'a'.repeat(43) }));
    socket.send(JSON.stringify({ i: '1', p: { u: '/session/signIn', b: {} } }));
    expect(await closed).toBe(4401);
    expect(calls).toBe(0);
  });

  test('a one-time token works once', async () => {
    const token = tokenOf(server.newLink());
    expect((await showToken(token)).answer).toMatchObject({ ok: true });
    expect((await showToken(token)).code).toBe(4401);
  });

  test('a one-time token works for five minutes', async () => {
    const [early, late] = [server.newLink(), server.newLink()];
    clock.advance(5 * MINUTE - 1);
    expect((await showToken(tokenOf(early))).answer).toMatchObject({ ok: true });
    clock.advance(1);
    expect((await showToken(tokenOf(late))).code).toBe(4401);
  });

  test('X5: the tab’s own token brings it back after a reload, also twice', async () => {
    const { answer, socket } = await showToken(tokenOf(server.newLink()));
    const { tabToken } = answer as { tabToken: string };
    socket.close();
    for (let reload = 0; reload < 2; reload += 1)
      expect((await showToken(tabToken)).answer).toEqual({ ok: true, tabToken });
  });

  test('a tab’s token ends a day after its last use', async () => {
    const { answer } = await showToken(tokenOf(server.newLink()));
    const { tabToken } = answer as { tabToken: string };
    clock.advance(24 * 60 * MINUTE - 1);
    expect((await showToken(tabToken)).answer).toBeDefined();
    clock.advance(24 * 60 * MINUTE);
    expect((await showToken(tabToken)).code).toBe(4401);
  });

  test('another server’s tokens are nothing here', async () => {
    const other = await openServer({
      openLine: openLines(consoleBehind, () => {}),
      workspaceDir: home,
      bundleDir: join(home, 'renderer'),
      log: () => {},
    });
    try {
      expect((await showToken(tokenOf(other.newLink()))).code).toBe(4401);
    } finally {
      await other.close();
    }
  });

  test('after twenty wrong tokens none is looked at for a minute', async () => {
    const good = tokenOf(server.newLink());
    for (let attempt = 0; attempt < 20; attempt += 1) expect((await showToken('b'.repeat(43))).code).toBe(4401);
    expect((await showToken(good)).code).toBe(4401);
    clock.advance(MINUTE);
    expect((await showToken(good)).answer).toMatchObject({ ok: true });
  });

  test('that shows no token is closed after five seconds', async () => {
    const socket = await openSocket();
    if (typeof socket === 'number') throw new Error('refused');
    const started = performance.now();
    expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(4401);
    expect(performance.now() - started).toBeLessThan(7_000);
  });

  test('that sends much before it has shown a token is cut off', async () => {
    const socket = await openSocket();
    if (typeof socket === 'number') throw new Error('refused');
    socket.send(JSON.stringify({ token: 'c'.repeat(10_000_000) }));
    expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(1006);
  });

  test('there are at most eight without a token, and leaving one makes room', async () => {
    const strangers = await Promise.all(Array.from({ length: 8 }, () => openSocket()));
    expect(await openSocket()).toBe(503);
    const first = strangers[0];
    if (typeof first !== 'object') throw new Error('refused');
    await new Promise((resolve) => {
      first.once('close', resolve);
      first.close();
    });
    await expect.poll(async () => typeof (await openSocket())).toBe('object');
  });

  test('junk on an admitted line ends it, and none of it is logged', async () => {
    for (const junk of [
      '{"password":"hunter2"',
      '{"i":1,"p":{"u":5,"h":"hunter2"}}',
      'null',
      '[]',
      Buffer.from([255, 0, 1]),
    ]) {
      const { socket } = await showToken(tokenOf(server.newLink()));
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.send(junk);
      expect(await closed).toBe(1008);
    }
    expect(log.join()).toContain('malformed');
    expect(log.join()).not.toContain('hunter2');
  });

  test('a client that asks for hundreds of things at once and waits for none is cut off, and its calls are ended', async () => {
    const { socket } = await showToken(tokenOf(server.newLink()));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let call = 0; call < 600; call += 1)
      socket.send(JSON.stringify({ i: String(call), p: { u: '/session/hang', b: {} } }));
    expect(await closed).toBe(1008);
    expect(log.join()).toContain('too_many_calls');
    await expect.poll(() => hanging).toBe(0);
  });

  test('a message that announces more than the limit ends the socket before it is received', async () => {
    const { socket } = await showToken(tokenOf(server.newLink()));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const head = Buffer.alloc(14); // A masked binary frame of 1 GiB (RFC 6455, 5.2), of which nothing follows.
    head.writeUInt8(0x82, 0);
    head.writeUInt8(0xff, 1);
    head.writeBigUInt64BE(1n << 30n, 2);
    Reflect.get(socket, '_socket').write(head);
    expect(await closed).toBe(1009);
  });

  test('U6: what is no procedure is refused', async () => {
    const { socket } = await showToken(tokenOf(server.newLink()));
    const client = clientOn(socket);
    for (const path of [
      ['users', 'impersonate'],
      ['session', 'signInAs'],
      ['session', '__proto__'],
      ['constructor'],
      ['session', 'state', 'handler'],
    ]) {
      await expect(callByPath(client, path, {})).rejects.toMatchObject({ status: 404 });
    }
  });

  test('compression is not negotiated', async () => {
    const socket = await openSocket(undefined, { perMessageDeflate: true });
    if (typeof socket === 'number') throw new Error('refused');
    expect(socket.extensions).toBe('');
  });

  test('a raw upgrade without a key, or with a wrong version, opens nothing', async () => {
    const head = `GET /console HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
    for (const rest of [
      'Sec-WebSocket-Version: 13\r\n\r\n',
      'Sec-WebSocket-Version: 99\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    ])
      expect((await sendRaw(port, head + rest)).status).toBeGreaterThanOrEqual(400);
    expect((await sendRaw(port, `${head.replace('websocket', 'h2c')}\r\n`)).status).not.toBe(101);
  });
});

describe('the file that opens the console', () => {
  test('can be read by its owner alone, and holds a token that works', async () => {
    expect(statSync(server.openingFile).mode & 0o777).toBe(0o600);
    expect((await showToken(tokenInFile())).answer).toMatchObject({ ok: true });
  });

  test('holds a new token once its own was used, and the used one is void', async () => {
    const first = tokenInFile();
    await showToken(first);
    const second = tokenInFile();
    expect(second).not.toBe(first);
    expect((await showToken(first)).code).toBe(4401);
    expect((await showToken(second)).answer).toMatchObject({ ok: true });
  });

  test('is gone when the server is closed', async () => {
    await server.close();
    expect(() => statSync(server.openingFile)).toThrow(/ENOENT/);
  });
});

describe('on the terminal', () => {
  const start = async (isTTY: boolean) => {
    const output = Object.assign(new PassThrough(), { isTTY });
    const input = Object.assign(new PassThrough(), { isTTY });
    const started = await startServe({
      openLine: openLines(consoleBehind, () => {}),
      workspaceDir: join(home, 'workspace'),
      bundleDir: join(home, 'renderer'),
      log: () => {},
      open: false,
      terminal: { input, output },
    });
    return { started, input, read: () => String(output.read() ?? '') };
  };

  test('R2: the link that is printed admits one tab, and Enter prints another', async () => {
    const { started, input, read } = await start(true);
    try {
      const text = read();
      const links = text.match(/http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}/g) ?? [];
      expect(links).toHaveLength(1);
      expect(text).toContain(started.openingFile);
      input.write('\n');
      await expect.poll(read).toMatch(/#t=[\w-]{43}/);
    } finally {
      await started.close();
    }
  });

  test('R2: where nothing can be opened the link is printed too', async () => {
    const { started, read } = await start(false);
    await started.close();
    expect(read()).toMatch(/#t=[\w-]{43}/);
  });
});
