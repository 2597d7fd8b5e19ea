import { execFileSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/main/secret.ts';
import type { ObjectRef, RemovalOutcome, StorageBackend } from '../../src/main/storage/port.ts';
import { openWebDav, type WebDavLimits, type WebDavOptions } from '../../src/main/storage/webdav/index.ts';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { findRclone, type RcloneServer, startRclone } from '../support/rclone.ts';
import { davClient } from '../support/webdav-client.ts';

/** What both servers offer to a test: one account, and its folder on the disk. */
interface Server {
  readonly origin: string;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly folder: string;
  write(path: string, content: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  tree(): Promise<Map<string, string>>;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

async function apache(): Promise<Server & { readonly apache: ApacheServer }> {
  const server = await startApache();
  const [{ name, password } = { name: '', password: '' }] = server.accounts;
  return {
    apache: server,
    origin: server.origin,
    url: server.url(name),
    user: name,
    password,
    folder: server.folder(name),
    write: (path, content) => server.write(name, path, content),
    makeFolder: (path) => server.makeFolder(name, path),
    tree: () => server.tree(name),
    stop: () => server.stop(),
    start: () => server.start(),
    close: () => server.close(),
  };
}

const rclone = (): Promise<RcloneServer> => startRclone();

function open(
  server: Server,
  root: string,
  more: Partial<WebDavOptions> & { limits?: Partial<WebDavLimits> } = {},
): StorageBackend {
  return openWebDav({
    url: server.url,
    username: server.user,
    password: new Secret(server.password),
    root,
    ownedRoot: false,
    clock: Date.now,
    ...more,
  });
}

async function listed(backend: StorageBackend, after: string | null = null, prefix?: string): Promise<ObjectRef[]> {
  const refs: ObjectRef[] = [];
  for await (const page of backend.list({ what: 'objects', after, ...(prefix === undefined ? {} : { prefix }) }))
    refs.push(...page.items);
  return refs;
}

const outcomes = (found: readonly RemovalOutcome[]): string[] => found.map(({ outcome }) => outcome);
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
/** The tree's names are bytes in Latin-1. */
const latin = (name: string): string => Buffer.from(name, 'utf8').toString('latin1');

/** Names that a careless client decodes, normalises, trims, cuts or counts. */
const oddNames = [
  '0123', '1e5', '1.50', '0x1F', 'true', 'null', ' leading', 'trailing ', 'two  blanks', 'a b.txt', 'a%20b.txt', 'a+b.txt', 'a%2Bb.txt',
  'a%2Fb', 'a%2fb', '%', '%%', '%2', '%zz', '100%.txt', 'a#b', 'a?b', 'a?b#c', 'a;b', 'a&b', 'a&amp;b', '<a>', 'a"b', "a'b", 'a`b',
  'a=b', 'a@b', 'a,b', 'a:b', '$a', '!a', '(a)', '[a]', '{a}', 'a|b', 'a^b', '~a', '*', 'a*b', '…', '....', '-rf', '.hidden', '..a', 'a..',
  'ü-nfc', 'u\u0308-nfd', 'é', 'e\u0301', 'İ', 'ı', 'ß', '漢字', 'עברית', '😀', '👩‍👩‍👧', '\uE000', '\uFFFD', '\uFEFFbom', '\u00a0nbsp', '\u202Ertl',
  'platform', 'root', 'index.html', 'README', 'readme', 'CON', 'x'.repeat(255), '漢'.repeat(85), 'dav', 'A', 'a',
]; // biome-ignore format: one look at them all

const servers: readonly [string, string | null, () => Promise<Server>][] = [
  ['Apache', findApache(), apache],
  ['rclone', findRclone(), rclone],
];

for (const [name, binary, start] of servers)
  describe.skipIf(binary === null)(`WebDAV on ${name}`, () => {
    let server: Server;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.close());

    test('S8: odd names are listed as themselves, in the order of their bytes', async () => {
      await Promise.all(oddNames.map((odd) => server.write(`odd/${odd}`, `content of ${odd}`)));
      const backend = open(server, '/odd');
      const keys = (await listed(backend)).map(({ key }) => key);
      expect(keys).toEqual([...oddNames].sort(byBytes));
      for (const odd of oddNames) {
        expect(await backend.stat(odd), odd).toMatchObject({ key: odd, size: Buffer.byteLength(`content of ${odd}`) });
        expect(await text(await backend.get!(odd)), odd).toBe(`content of ${odd}`);
      }
    });

    test('S8: each odd name is removed as itself, and nothing else with it', async () => {
      await Promise.all(oddNames.map((odd) => server.write(`odd-remove/${odd}`, odd)));
      // A client that has listed before knows the server's spelling; one that has not must find the same file.
      for (const [at, odd] of oddNames.entries()) {
        const backend = open(server, '/odd-remove', { ownedRoot: true });
        if (at % 2 === 0) await listed(backend);
        const before = await server.tree();
        const [outcome] = await backend.remove([
          { kind: 'object', key: odd, versionId: null, size: 0, etag: null, modifiedAt: null },
        ]);
        expect(outcome, odd).toEqual({ outcome: 'removed' });
        expect(before.delete(latin(`odd-remove/${odd}`)), odd).toBe(true);
        expect(await server.tree(), odd).toEqual(before);
        backend.close();
      }
    });

    test('C6: outside a root of its own only what is recorded goes, and what changed since stays', async () => {
      await server.write('mixed/ours/1.txt', 'one');
      await server.write('mixed/ours/2.txt', 'two');
      await server.write('mixed/ours/3.txt', 'three');
      await server.write('mixed/ours/private.txt', 'not the platform’s');
      await server.write('mixed/private/1.txt', 'not the platform’s');
      await server.makeFolder('mixed/emptied');
      const backend = open(server, '/mixed');
      const records = (await listed(backend)).filter(({ key }) => /^ours\/\d/.test(key));
      expect(records.map(({ key }) => key)).toEqual(['ours/1.txt', 'ours/2.txt', 'ours/3.txt']);
      await server.write('mixed/ours/2.txt', 'two, and more by the person');
      const before = await server.tree();
      const found = await backend.remove([...records, { ...records[0]!, key: 'ours/gone.txt' }]);
      expect(outcomes(found)).toEqual(['removed', 'changed', 'removed', 'absent']);
      before.delete('mixed/ours/1.txt');
      before.delete('mixed/ours/3.txt');
      expect(await server.tree()).toEqual(before);
    });

    test('C6: a record without an ETag is held against size and date', async () => {
      await server.write('dated/same.txt', 'same');
      await server.write('dated/longer.txt', 'longer');
      await server.write('dated/younger.txt', 'younger');
      const backend = open(server, '/dated');
      const records = (await listed(backend)).map((ref) => ({ ...ref, etag: null }));
      await server.write('dated/longer.txt', 'longer than before');
      utimesSync(`${server.folder}/dated/younger.txt`, new Date(), new Date(Date.now() + 60_000));
      await sleep(250);
      expect(outcomes(await backend.remove(records))).toEqual(['changed', 'removed', 'changed']);
      expect([...(await server.tree()).keys()].filter((path) => path.startsWith('dated/'))).toEqual([
        'dated/',
        'dated/longer.txt',
        'dated/younger.txt',
      ]);
    });

    test('C6: a folder that stands where a document was is not taken for it', async () => {
      await server.write('swapped/x.txt/private.txt', 'the person’s');
      const record: ObjectRef = {
        kind: 'object',
        key: 'x.txt',
        versionId: null,
        size: 0,
        etag: null,
        modifiedAt: null,
      };
      const before = await server.tree();
      expect(outcomes(await open(server, '/swapped').remove([record]))).toEqual(['changed']);
      expect(await server.tree()).toEqual(before);
    });

    test('C6: below a root of its own everything goes, folders too; the root and its neighbours stay', async () => {
      for (const path of ['a.txt', 'x/1.txt', 'x/y/z/2.txt', 'x/y-1.txt', 'platform/3.txt', 'x y/ü.txt'])
        await server.write(`home/platform/${path}`, path);
      await server.makeFolder('home/platform/empty/emptier');
      for (const path of ['platform2/a.txt', 'Platform/a.txt', 'platform.txt', 'platform /a.txt', 'a.txt', 'x/1.txt'])
        await server.write(`home/${path}`, path);
      const backend = open(server, '/home/platform', { ownedRoot: true });
      const refs = await listed(backend);
      expect(refs.map(({ kind, key }) => [kind, key])).toEqual([
        ['object', 'a.txt'],
        ['folder', 'empty/'],
        ['folder', 'empty/emptier/'],
        ['folder', 'platform/'],
        ['object', 'platform/3.txt'],
        ['folder', 'x y/'],
        ['object', 'x y/ü.txt'],
        ['folder', 'x/'],
        ['object', 'x/1.txt'],
        ['object', 'x/y-1.txt'],
        ['folder', 'x/y/'],
        ['folder', 'x/y/z/'],
        ['object', 'x/y/z/2.txt'],
      ]);
      const before = await server.tree();
      expect(new Set(outcomes(await backend.remove(refs)))).toEqual(new Set(['removed']));
      expect(await listed(backend)).toEqual([]);
      for (const path of [...before.keys()])
        if (path.startsWith('home/platform/') && path !== 'home/platform/') before.delete(path);
      expect(await server.tree()).toEqual(before);
      expect(outcomes(await backend.remove(refs))).toEqual(refs.map(() => 'absent'));
    });

    test('C6: a folder that is not empty stays, with all that is in it', async () => {
      await server.write('full/x/1.txt', 'late');
      const backend = open(server, '/full', { ownedRoot: true });
      const before = await server.tree();
      const [outcome] = await backend.remove([
        { kind: 'folder', key: 'x/', versionId: null, size: 0, etag: null, modifiedAt: null },
      ]);
      expect(outcome).toMatchObject({ outcome: 'failed', retryable: true });
      expect(await server.tree()).toEqual(before);
    });

    test('C6: the root itself, and what lies outside of it, is never sent', async () => {
      await server.write('kept/x.txt', 'x');
      await server.write('outside.txt', 'x');
      const backend = open(server, '/kept', { ownedRoot: true });
      const before = await server.tree();
      for (const key of ['', '/'])
        await expect(
          backend.remove([{ kind: 'folder', key, versionId: null, size: 0, etag: null, modifiedAt: null }]),
        ).rejects.toMatchObject({ failure: 'unsafe' });
      const keys = [
        '.',
        './',
        '..',
        '../',
        '../outside.txt',
        'x/../../outside.txt',
        '/outside.txt',
        '//',
        'x.txt/',
        '%2e%2e/',
      ];
      const refs = keys.flatMap((key) =>
        (['object', 'folder'] as const).map(
          (kind): ObjectRef => ({ kind, key, versionId: null, size: 0, etag: null, modifiedAt: null }),
        ),
      );
      const found = outcomes(await backend.remove(refs));
      expect(found.filter((outcome) => outcome === 'removed')).toEqual([]);
      expect(await server.tree()).toEqual(before);
    });

    test('C6: folders outside a root of its own are neither listed nor removed', async () => {
      await server.makeFolder('foreign/empty');
      const backend = open(server, '/foreign');
      expect(await listed(backend)).toEqual([]);
      const [outcome] = await backend.remove([
        { kind: 'folder', key: 'empty/', versionId: null, size: 0, etag: null, modifiedAt: null },
      ]);
      expect(outcome).toMatchObject({ outcome: 'failed', retryable: false });
      expect((await server.tree()).has('foreign/empty/')).toBe(true);
    });

    describe('many files', () => {
      const names = Array.from(
        { length: 2_300 },
        (_, at) => `${String((at * 769) % 2_300).padStart(4, '0')}-${at % 7 === 0 ? 'ü' : 'u'}.txt`,
      );
      const expected = [...names.map((file) => `flat/${file}`), 'flat-1.txt', 'zz/1.txt'].sort(byBytes);
      beforeAll(async () => {
        await Promise.all(expected.map((path) => server.write(`many/${path}`, path)));
      });

      test('D6: a listing goes on behind any key, with the same keys in the same order', async () => {
        const backend = open(server, '/many');
        const pages = [];
        for await (const page of backend.list({ what: 'objects' })) pages.push(page);
        expect(pages.map(({ items }) => items.length)).toEqual([1000, 1000, 302]);
        expect(pages.flatMap(({ items }) => items.map(({ key }) => key))).toEqual(expected);
        expect(pages.map(({ next }) => next)).toEqual([expected[999], expected[1999], null]);
        for (const at of [0, 1, 500, 999, 1_000, 2_299, 2_300, 2_301]) {
          // Every process that begins again is a new client.
          const rest = await listed(open(server, '/many'), expected[at]);
          expect(
            rest.map(({ key }) => key),
            `after ${expected[at]}`,
          ).toEqual(expected.slice(at + 1));
        }
        const deleted = await listed(open(server, '/many'), 'flat/0500-was-removed-meanwhile');
        expect(deleted.map(({ key }) => key)).toEqual(
          expected.filter((key) => byBytes(key, 'flat/0500-was-removed-meanwhile') > 0),
        );
      });

      test('a folder larger than what may be held is read part by part', async () => {
        const backend = open(server, '/many', { limits: { maxHeld: 1_000 } });
        expect((await listed(backend)).map(({ key }) => key)).toEqual(expected);
        expect((await listed(backend, expected[1_500])).map(({ key }) => key)).toEqual(expected.slice(1_501));
      });

      test('a prefix is a folder, and lists what is below it alone', async () => {
        const backend = open(server, '/many');
        expect((await listed(backend, null, 'zz/')).map(({ key }) => key)).toEqual(['zz/1.txt']);
        expect(await listed(backend, null, 'none/')).toEqual([]);
        await expect(listed(backend, null, 'zz')).rejects.toMatchObject({ failure: 'unsafe' });
        await expect(listed(backend, null, '../')).rejects.toMatchObject({ failure: 'unsafe' });
      });

      test('a thousand at once, and a stop in the middle', async () => {
        const backend = open(server, '/many', { ownedRoot: true });
        const page = (await listed(backend)).filter(({ kind }) => kind === 'object').slice(0, 1000);
        const stop = new AbortController();
        const stopped = backend.remove(page, stop.signal);
        setTimeout(() => stop.abort(), 20);
        await expect(stopped).rejects.toMatchObject({ failure: 'aborted' });
        const again = await backend.remove(page);
        // What the server was removing when the line was cut may be in its way for a moment.
        const left = page.filter((_, at) => again[at]?.outcome === 'failed');
        expect(left.length).toBeLessThan(10);
        expect(again.filter((outcome) => outcome.outcome === 'failed' && !outcome.retryable)).toEqual([]);
        await sleep(200);
        expect(outcomes(await backend.remove(left)).filter((outcome) => outcome === 'failed')).toEqual([]);
        expect((await listed(backend)).filter(({ kind }) => kind === 'object')).toHaveLength(
          expected.length - page.length,
        );
      });
    });

    test('put, stat and get bring back the same bytes', async () => {
      const backend = open(server, '/put root/ü', { ownedRoot: true });
      const content = 'x'.repeat(300_000);
      const ref = await backend.put!('a b/c+d/e%2F.txt', Readable.from([content]), content.length);
      expect(ref).toMatchObject({ kind: 'object', key: 'a b/c+d/e%2F.txt', size: content.length });
      expect(await text(await backend.get!(ref.key))).toBe(content);
      expect(await backend.stat('a b/c+d')).toBeNull();
      expect(await backend.stat('a b/none')).toBeNull();
      expect((await server.tree()).has(latin('put root/ü/a b/c+d/e%2F.txt'))).toBe(true);
      await expect(backend.get!('a b/none')).rejects.toMatchObject({ failure: 'refused' });
    });

    test('a file that somebody has locked stays, and can be tried again', async () => {
      await server.write('locked/x.txt', 'x');
      const other = davClient(server.origin, server.user, server.password);
      const path = `${new URL(server.url).pathname}locked/x.txt`;
      const token = await other.lock(path);
      const backend = open(server, '/locked', { ownedRoot: true });
      const refs = await listed(backend);
      expect(await backend.remove(refs)).toEqual([
        { outcome: 'failed', reason: expect.stringContaining('423'), retryable: true },
      ]);
      await other.send('UNLOCK', path, { 'Lock-Token': token });
      expect(outcomes(await backend.remove(refs))).toEqual(['removed']);
    });

    test('check says what is the matter, and what to do', async () => {
      await server.makeFolder('checked');
      await server.write('file', 'x');
      expect(await open(server, '/checked').check()).toMatchObject({ ok: true, state: 'works', clockSkewMs: 0 });
      expect(await open(server, '/checked', { password: new Secret('wrong') }).check()).toMatchObject({
        ok: false,
        state: 'reauthorise',
      });
      expect(await open(server, '/none').check()).toMatchObject({
        ok: false,
        state: 'unreachable',
        message: expect.stringContaining('404'),
      });
      expect(await open(server, '/file').check()).toMatchObject({
        ok: false,
        state: 'unreachable',
        message: expect.any(String),
      });
      const early = await open(server, '/checked', { clock: () => Date.now() - 3_600_000 }).check();
      expect(early.clockSkewMs).toBeGreaterThan(3_590_000);
      expect(early.message).toContain('60 minutes ahead');
      expect(await open(server, '/checked').describe()).toMatchObject({ versioned: false, finality: 'unknown' });
    });

    test('C3: a root that is not there is not an empty one: nothing is listed, nothing counted as absent', async () => {
      const backend = open(server, '/nowhere');
      const ref: ObjectRef = { kind: 'object', key: 'x.txt', versionId: null, size: 1, etag: null, modifiedAt: null };
      await expect(listed(backend)).rejects.toMatchObject({ failure: 'refused' });
      await expect(backend.remove([ref])).rejects.toMatchObject({ failure: 'refused' });
      await expect(open(server, '/nowhere', { password: new Secret('wrong') }).remove([ref])).rejects.toMatchObject({
        failure: 'reauthorise',
      });
    });

    test('C6: the whole cloud cannot be the platform’s folder', async () => {
      expect(() => open(server, '/', { ownedRoot: true })).toThrow(expect.objectContaining({ failure: 'unsafe' }));
      await server.makeFolder('whole');
      expect(await open(server, '/whole', { ownedRoot: true }).check()).toMatchObject({ ok: true });
    });

    test('D7: a server that is gone is named, and the same client works when it is back', async () => {
      await server.write('back/1.txt', '1');
      const backend = open(server, '/back', { ownedRoot: true });
      const refs = await listed(backend);
      await server.stop();
      await expect(listed(backend)).rejects.toMatchObject({ failure: 'offline', passes: true });
      await expect(backend.remove(refs)).rejects.toMatchObject({ failure: 'offline' });
      expect(await backend.check()).toMatchObject({ ok: false, state: 'unreachable' });
      await server.start();
      expect(outcomes(await backend.remove(refs))).toEqual(['removed']);
    });
  });

describe.skipIf(findApache() === null)('WebDAV on Apache alone', () => {
  let server: Server & { readonly apache: ApacheServer };
  beforeAll(async () => {
    server = await apache();
  });
  afterAll(() => server?.close());

  test('C6: a root that is all this account sees is its whole cloud, whatever the connection calls it', async () => {
    await server.write('x.txt', 'x');
    const disguised = openWebDav({
      url: `${server.origin}/`,
      username: server.user,
      password: new Secret(server.password),
      root: `/dav/${server.user}`,
      ownedRoot: true,
      clock: Date.now,
    });
    await expect(listed(disguised)).rejects.toMatchObject({ failure: 'unsafe' });
    await expect(disguised.remove([])).rejects.toMatchObject({ failure: 'unsafe' });
    expect(await disguised.check()).toMatchObject({ ok: false });
  });

  test('C6: one account’s password opens no other account', async () => {
    await server.apache.write('bob', 'platform/x.txt', 'bob’s');
    const stranger = open(server, '/platform', { url: server.apache.url('bob') });
    await expect(listed(stranger)).rejects.toMatchObject({ failure: 'reauthorise' });
  });

  test('S8: names that are no UTF-8 are listed apart from those that look like them, and removed as themselves', async () => {
    await server.makeFolder('bytes');
    const shell = `cd '${server.folder}/bytes' && for n in $(printf 'caf\\351.txt') $(printf 'caf\\303\\251.txt') 'caf%E9.txt' $(printf 'caf\\357\\277\\275%%E9.txt') $(printf '\\377'); do printf x > "$n"; done && chown -R --reference=. .`;
    execFileSync('/bin/sh', ['-c', shell]);
    const before = await server.tree();
    const backend = open(server, '/bytes', { ownedRoot: true });
    const refs = await listed(backend);
    expect(refs.map(({ key }) => key)).toEqual(
      ['caf%E9.txt', 'café.txt', 'caf\uFFFD%E9.txt', 'caf\uFFFD%EF\uFFFD%BF\uFFFD%BD%E9.txt', '\uFFFD%FF'].sort(
        byBytes,
      ),
    );
    const one = refs.find(({ key }) => key === 'caf\uFFFD%E9.txt')!;
    expect(outcomes(await open(server, '/bytes', { ownedRoot: true }).remove([one]))).toEqual(['removed']);
    before.delete('bytes/caf\u00e9.txt');
    expect(await server.tree()).toEqual(before);
    expect(before.has('bytes/caf\u00c3\u00a9.txt')).toBe(true);
  });

  test('C6: If-Match goes along, so that a file changed in the last moment is kept by the server itself', async () => {
    await server.write('match/x.txt', 'x');
    utimesSync(`${server.folder}/match/x.txt`, new Date(0), new Date(1_700_000_000_000));
    const backend = open(server, '/match');
    const refs = await listed(backend);
    expect(refs[0]?.etag).toMatch(/^[^"]+$/);
    expect(outcomes(await backend.remove(refs))).toEqual(['removed']);
    const log = await server.apache.accessLog();
    expect(
      log.filter(({ path }) => path.endsWith('/match/x.txt')).map(({ method, status }) => [method, status]),
    ).toEqual([
      ['PROPFIND', 207],
      ['DELETE', 204],
    ]);
  });

  test('D2: what the server cannot remove is said of it alone, and stops neither the rest nor the call', async () => {
    for (let at = 0; at < 12; at += 1) await server.write(`rights/closed/${at}.txt`, 'x');
    for (let at = 0; at < 5; at += 1) await server.write(`rights/open/${at}.txt`, 'x');
    await chmod(`${server.folder}/rights/closed`, 0o555);
    const backend = open(server, '/rights', { ownedRoot: true });
    const refs = (await listed(backend)).filter(({ kind }) => kind === 'object');
    const found = await backend.remove(refs);
    await chmod(`${server.folder}/rights/closed`, 0o755);
    expect(outcomes(found.slice(0, 12))).toEqual(Array.from({ length: 12 }, () => 'failed'));
    expect(outcomes(found.slice(12))).toEqual(Array.from({ length: 5 }, () => 'removed'));
  });

  test('a folder that the server does not show is kept and said, and hides nothing else', async () => {
    await server.write('shut/a/1.txt', 'x');
    await server.write('shut/b/1.txt', 'x');
    await chmod(`${server.folder}/shut/a`, 0o000);
    try {
      const backend = open(server, '/shut', { ownedRoot: true });
      const refs = await listed(backend);
      expect(refs.map(({ key }) => key)).toContain('b/1.txt');
      expect(refs.map(({ key }) => key)).toContain('a/');
      const found = await backend.remove(refs.filter(({ key }) => key === 'a/'));
      expect(found).toEqual([{ outcome: 'failed', reason: expect.any(String), retryable: expect.any(Boolean) }]);
    } finally {
      await chmod(`${server.folder}/shut/a`, 0o755);
    }
    expect((await server.tree()).has('shut/a/1.txt')).toBe(true);
  });

  test('links are no part of a listing, and what they point at is not touched', async () => {
    await server.write('links/a/1.txt', 'x');
    await server.write('pointed/at/2.txt', 'x');
    execFileSync('ln', ['-s', '..', `${server.folder}/links/a/back`]);
    execFileSync('ln', ['-s', '../../pointed', `${server.folder}/links/a/away`]);
    const backend = open(server, '/links', { ownedRoot: true });
    const refs = await listed(backend);
    expect(refs.map(({ key }) => key)).toEqual(['a/', 'a/1.txt']);
    await backend.remove(refs);
    expect((await server.tree()).has('pointed/at/2.txt')).toBe(true);
  });

  test('only walks of depth 1 are asked for: Apache refuses infinity', async () => {
    const lines = await server.apache.accessLog();
    expect(lines.filter(({ method }) => method === 'PROPFIND').length).toBeGreaterThan(10);
    expect(lines.filter(({ method, status }) => method === 'PROPFIND' && status === 403)).toEqual([]);
  });
});
