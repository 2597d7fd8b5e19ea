import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { safe } from '@orpc/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Deletion } from '../../src/contract/deletions.ts';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { openSetUpConsole, ROOT, type TestConsole } from '../support/test-console.ts';

type Fault = 'none' | '503' | 'half a page' | 'garbage' | 'hang up';

/** Stands before the real server and spoils its answers as it is told. */
async function startSpoiler(origin: string): Promise<{ url: string; spoil(fault: Fault): void; close(): void }> {
  let fault: Fault = 'none';
  const proxy = createServer((incoming, outgoing) => {
    if (fault === '503') {
      incoming.resume();
      outgoing.writeHead(503).end();
      return;
    }
    if (fault === 'garbage') {
      incoming.resume();
      outgoing.writeHead(207, { 'Content-Type': 'application/xml' }).end('<?xml version="1.0"?><html>Welcome</html>');
      return;
    }
    if (fault === 'hang up') {
      incoming.socket.destroy();
      return;
    }
    const { host: _, ...headers } = incoming.headers;
    const forward = request(`${origin}${incoming.url}`, { method: incoming.method ?? 'GET', headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks);
        const isHalved = fault === 'half a page' && answer.statusCode === 207;
        const { 'transfer-encoding': _encoding, ...rest } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, { ...rest, 'content-length': body.length });
        if (isHalved) outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
        else outgoing.end(body);
      });
    });
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    spoil(next) {
      fault = next;
    },
    close() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

/** The whole console over a real cloud: what an administrator does, through the contract alone. */
describe.skipIf(findApache() === null)('users’ clouds through the contract', () => {
  let server: ApacheServer;
  let opened: TestConsole;
  beforeAll(async () => {
    server = await startApache();
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    opened = await openSetUpConsole();
  });
  afterEach(() => opened.dispose());

  const passwordOf = (account: string): string => server.accounts.find(({ name }) => name === account)?.password ?? '';
  const addUser = async (name: string): Promise<string> =>
    (
      await opened.client.users.create({
        mail: `${name}@example.org`,
        name,
        externalId: `x-${name}`,
        role: 'user',
        firstPassword: 'first password',
      })
    ).user.id;
  const addCloud = async (name: string, more: { root: string; ownedRoot?: boolean; url?: string }) =>
    (
      await opened.client.connections.add({
        user: `${name}@example.org`,
        provider: 'webdav',
        url: server.url(name),
        username: name,
        secret: passwordOf(name),
        ...more,
      })
    ).connection;

  async function deleteUser(name: string, whenDown: 'wait' | 'best_effort' = 'wait'): Promise<Deletion> {
    const { plan } = await opened.client.deletions.plan({ user: `${name}@example.org` });
    await opened.client.session.stepUp({ password: ROOT.password });
    return (await opened.client.deletions.start({ planId: plan.id, confirm: `${name}@example.org`, whenDown }))
      .deletion;
  }

  async function until(deletionId: string, states: readonly Deletion['state'][]): Promise<Deletion> {
    for (const end = Date.now() + 50_000; Date.now() < end; await sleep(50)) {
      const { deletion } = await opened.client.deletions.show({ deletionId });
      if (states.includes(deletion.state)) return deletion;
    }
    throw new Error(`the deletion never was ${states.join(' or ')}`);
  }

  function expectNowhere(secret: string): void {
    const files = readdirSync(opened.dir, { recursive: true }).map((file) => join(opened.dir, String(file)));
    for (const form of [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')]) {
      for (const file of files)
        if (statSync(file).isFile()) expect(readFileSync(file).includes(form), file).toBe(false);
      expect(opened.log.join('\n').includes(form)).toBe(false);
    }
  }

  test('C1: bad input and refusals say which field, and never what was in it', async () => {
    await addUser('ada');
    const secret = 'planted-secret-in-bad-input';
    const base = {
      user: 'ada@example.org',
      provider: 'webdav' as const,
      url: server.url('ada'),
      username: 'ada',
      secret,
      root: '/p',
    };
    for (const bad of [
      { ...base, url: `http://ada:${secret}@127.0.0.1/` },
      { ...base, url: `http://127.0.0.1/?token=${secret}` },
      { ...base, root: '/../x' },
      { ...base, root: 'p' },
      { ...base, username: '' },
      { ...base, surprise: secret },
      { ...base, provider: 'ftp' },
      { ...base, secret: secret.repeat(1_000) },
      { ...base, root: '/', ownedRoot: true },
      { ...base, user: 'nobody@example.org' },
    ]) {
      // Each is wrong in a way that the types would not let through.
      const [error] = await safe(
        opened.client.connections.add(bad as Parameters<typeof opened.client.connections.add>[0]),
      );
      expect(error, JSON.stringify({ ...bad, secret: '' })).not.toBeNull();
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret);
    }
    expect((await opened.client.connections.list({})).rows).toEqual([]);
    expectNowhere(secret);
  });

  test('C6, D5, D9: a deletion removes what is the platform’s from two clouds, counts what it keeps, and touches nothing else', async () => {
    await addUser('ada');
    for (const at of [1, 2, 3]) await server.write('ada', `mixed/ours/${at}.txt`, `ours ${at}`);
    for (const path of ['mixed/private.txt', 'mixed/ours/private.txt', 'mixed/ours2/1.txt', 'outside.txt'])
      await server.write('ada', path, 'the person’s');
    for (const at of [1, 2]) await server.write('ada', `own/platform/deep ${at}/ü+%2F.txt`, `own ${at}`);
    await server.write('ada', 'own/platform2/x.txt', 'the person’s');
    const recorded = await addCloud('ada', { root: '/mixed' });
    const owned = await addCloud('ada', { root: '/own/platform', ownedRoot: true });
    await opened.client.connections.recordDocuments({
      connectionId: recorded.id,
      documents: [1, 2, 3].map((at) => ({ key: `ours/${at}.txt`, size: 6 })),
    });
    await server.write('ada', 'mixed/ours/2.txt', 'changed by the person since');
    const before = await server.tree('ada');

    const { plan } = await opened.client.deletions.plan({ user: 'ada@example.org' });
    expect(plan.backends.filter(({ kind }) => kind === 'webdav')).toMatchObject([
      { id: recorded.id, count: 3, kept: 3, reachable: true, finality: 'unknown' },
      { id: owned.id, kept: 0, reachable: true },
    ]);
    const { id } = await deleteUser('ada');
    const deletion = await until(id, ['done']);
    expect(deletion.leftovers).toMatchObject([{ ref: expect.stringContaining('ours/2.txt') }]);
    expect(deletion.leftovers).toHaveLength(1);

    for (const path of [
      'mixed/ours/1.txt',
      'mixed/ours/3.txt',
      ...[...before.keys()].filter((key) => /^own\/platform\/./.test(key)),
    ])
      expect(before.delete(path), path).toBe(true);
    expect(await server.tree('ada')).toEqual(before);
    expect((await opened.client.connections.list({})).rows).toEqual([]);
    expectNowhere(passwordOf('ada'));
  });

  test('D7: a cloud that takes the password no more makes the deletion wait, and a new one lets it go on', async () => {
    await addUser('bob');
    for (const at of [1, 2, 3]) await server.write('bob', `platform/${at}.txt`, `bob’s ${at}`);
    await server.write('bob', 'private.txt', 'bob’s own');
    const cloud = await addCloud('bob', { root: '/platform', ownedRoot: true });
    const { plan } = await opened.client.deletions.plan({ user: 'bob@example.org' });
    await server.changePassword('bob', 'bob-has-a-new-one');
    await opened.client.session.stepUp({ password: ROOT.password });
    const { deletion: started } = await opened.client.deletions.start({ planId: plan.id, confirm: 'bob@example.org' });
    const waiting = await until(started.id, ['waiting', 'done']);
    expect(waiting).toMatchObject({ state: 'waiting', waitingFor: { reason: 'reauthorise' } });
    expect((await server.tree('bob')).has('platform/1.txt')).toBe(true);

    const { connection } = await opened.client.connections.show({ connectionId: cloud.id });
    await opened.client.connections.update({
      connectionId: cloud.id,
      expectedVersion: connection.version,
      secret: 'bob-has-a-new-one',
    });
    expect(await opened.client.connections.test({ connectionId: cloud.id })).toMatchObject({ ok: true });
    await opened.client.deletions.resume({ deletionId: started.id });
    expect((await until(started.id, ['done'])).leftovers).toEqual([]);
    expect([...(await server.tree('bob')).keys()]).toEqual(['platform/', 'private.txt']);
    expectNowhere('bob-has-a-new-one');
    expectNowhere(passwordOf('bob'));
  });

  test.each(['503', 'half a page', 'garbage', 'hang up'] as const)(
    'D7: a cloud that answers with %s makes the deletion wait and say so; when it is well again the rest goes',
    async (fault) => {
      await addUser('ada');
      const root = `spoiled by ${fault}`;
      for (const at of [1, 2, 3]) await server.write('ada', `${root}/platform/${at}.txt`, `ada’s ${at}`);
      await server.write('ada', `${root}/private.txt`, 'the person’s');
      const before = await server.tree('ada');
      const spoiler = await startSpoiler(server.origin);
      try {
        await addCloud('ada', { root: `/${root}/platform`, ownedRoot: true, url: `${spoiler.url}/dav/ada/` });
        const { plan } = await opened.client.deletions.plan({ user: 'ada@example.org' });
        spoiler.spoil(fault);
        await opened.client.session.stepUp({ password: ROOT.password });
        const { deletion } = await opened.client.deletions.start({ planId: plan.id, confirm: 'ada@example.org' });
        const waiting = await until(deletion.id, ['waiting', 'done']);
        expect(waiting.waitingFor).toMatchObject({
          reason: expect.stringMatching(/^(backend|offline)$/),
          message: expect.stringMatching(/\.$/),
        });
        expect(await server.tree('ada')).toEqual(before);
        spoiler.spoil('none');
        await opened.client.deletions.resume({ deletionId: deletion.id });
        expect((await until(deletion.id, ['done'])).leftovers).toEqual([]);
        for (const at of [1, 2, 3]) expect(before.delete(`${root}/platform/${at}.txt`)).toBe(true);
        expect(await server.tree('ada')).toEqual(before);
      } finally {
        spoiler.close();
      }
    },
    120_000,
  );

  test('D7: a cloud that is down is gone on without where that was chosen, and what stays behind is listed', async () => {
    await addUser('cyd');
    for (const at of [1, 2, 3]) await server.write('cyd', `platform/${at}.txt`, `cyd’s ${at}`);
    await addCloud('cyd', { root: '/platform', ownedRoot: true });
    const { connection } = { connection: (await opened.client.connections.list({})).rows[0]! };
    await opened.client.storage.index({ connectionId: connection.id });
    for (
      let tries = 0;
      tries < 100 && (await opened.client.connections.show({ connectionId: connection.id })).connection.documents < 3;
      tries += 1
    )
      await sleep(50);
    expect((await opened.client.connections.show({ connectionId: connection.id })).connection).toMatchObject({
      documents: 3,
      bytes: 3 * Buffer.byteLength('cyd’s 1'),
    });
    await server.stop();
    try {
      const { id } = await deleteUser('cyd', 'best_effort');
      const deletion = await until(id, ['done', 'waiting']);
      expect(deletion.state).toBe('done');
      expect(deletion.backends.find(({ kind }) => kind === 'webdav')).toMatchObject({ state: 'skipped', removed: 0 });
      expect(deletion.leftovers.map(({ ref }) => ref).join(' ')).toContain('1.txt');
    } finally {
      await server.start();
    }
    expect((await server.tree('cyd')).has('platform/1.txt')).toBe(true);
    expectNowhere(passwordOf('cyd'));
  });
});
