import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ORPCError } from '@orpc/client';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleClient } from '../../src/contract/index.ts';
import { acts } from '../../src/main/router/acts.ts';
import { keptAnswers, repeatable } from '../../src/main/router/kept-answers.ts';
import { testClock } from '../support/clock.ts';
import { filesWith } from '../support/planted.ts';
import { callByPath } from '../support/procedures.ts';
import { openSetUpConsole, ROOT, type TestConsole } from '../support/test-console.ts';

const DAY_MS = 24 * 60 * 60_000;
const CLOUD_SECRET = 'planted-cloud-secret-51f0';
const clock = testClock();

let opened: TestConsole;
let client: ConsoleClient;

beforeAll(async () => {
  opened = await openSetUpConsole({ clock, motor: false });
  client = opened.client;
});
afterAll(async () => opened.dispose());

const under = (id: string): ConsoleClient => opened.console.client(opened.connection, id);
const call = (name: string, input: unknown, id: string): Promise<unknown> =>
  callByPath(under(id), name.split('.'), input);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof ORPCError ? error.code : String(error)),
  );
async function entriesOf(event: string): Promise<number> {
  const { rows } = await client.audit.list({ event, limit: 500 });
  return rows.filter(({ outcome }) => outcome !== 'refused').length;
}
const stepUp = () => client.session.stepUp({ password: ROOT.password });

/** One real input for each write that must not be done twice; each begins with what it needs. */
const inputs: Readonly<Record<string, () => Promise<unknown>>> = {
  'session.changePassword': async () => ({ current: ROOT.password, next: 'another password' }),
  'users.create': async () => newUser('create'),
  'users.update': async () => ({ ...(await user('update')), name: 'Renamed' }),
  'users.deactivate': async () => user('deactivate'),
  'users.activate': async () => {
    const { user: id, expectedVersion } = await user('activate');
    const { user: row } = await client.users.deactivate({ user: id, expectedVersion });
    return { user: id, expectedVersion: row.version };
  },
  'quotas.set': async () => {
    const { user: id } = await user('quota');
    return { user: id, limitBytes: 5, expectedVersion: 1 };
  },
  'ai.addProvider': async () => ({ name: 'added' }),
  'ai.renameProvider': async () => ({ ...(await provider('before')), name: 'after' }),
  'ai.removeProvider': async () => provider('to-be-removed'),
  'ai.addModel': async () => ({ provider: (await provider('with-a-model')).provider, name: 'm' }),
  'ai.renameModel': async () => ({ ...(await model('renamed')), name: 'n' }),
  'ai.removeModel': async () => model('removed'),
  'ai.assign': async () => {
    const { provider: of, model: name } = await model('assigned');
    return { ...(await user('assign')), provider: of, model: name };
  },
  'ai.unassign': async () => user('unassign'),
  'settings.set': async () => ({
    workspaceName: 'Renamed',
    expectedVersion: (await client.settings.show({})).settings.version,
  }),
  'storage.add': async () => newProfile('added'),
  'storage.update': async () => ({ ...(await profile('updated')), region: 'eu-north-1' }),
  'storage.remove': async () => profile('removed'),
  'storage.index': async () => ({ profile: (await client.storage.list({})).rows.find(({ own }) => own)?.name }),
  'storage.link': async () => ({ profile: (await profile('linked')).profile, key: 'a/key' }),
  'connections.add': async () => newConnection((await user('cloud')).user),
  'connections.update': async () => ({ ...(await connection('changed')), label: 'Changed' }),
  'connections.test': async () => ({ connectionId: (await connection('tested')).connectionId }),
  'connections.recordDocuments': async () => ({
    connectionId: (await connection('recorded')).connectionId,
    documents: [{ key: 'a', size: 1 }],
  }),
  'connections.remove': async () => connection('removed'),
  'deletions.plan': async () => ({ user: (await user('planned')).user }),
  'deletions.start': async () => {
    const { user: id } = await user('started');
    const { plan } = await client.deletions.plan({ user: id });
    await stepUp();
    return { planId: plan.id, confirm: plan.mail };
  },
  'deletions.pause': async () => ({ deletionId: await deletion('paused') }),
  'deletions.resume': async () => {
    const deletionId = await deletion('resumed');
    await client.deletions.pause({ deletionId });
    return { deletionId };
  },
  'deletions.cancel': async () => ({ deletionId: await deletion('cancelled') }),
};

const mailOf = (name: string) => `${name}.person@example.org`;
const newUser = (name: string) =>
  ({ mail: mailOf(name), name, role: 'user', firstPassword: 'a first password' }) as const;
async function user(name: string): Promise<{ user: string; expectedVersion: number }> {
  const { user: made } = await client.users.create(newUser(name));
  return { user: made.id, expectedVersion: made.version };
}
async function provider(name: string) {
  const { provider: made } = await client.ai.addProvider({ name });
  return { provider: made.name, expectedVersion: made.version };
}
async function model(name: string) {
  const { provider: of } = await provider(`${name}-provider`);
  const { model: made } = await client.ai.addModel({ provider: of, name });
  return { provider: of, model: made.name, expectedVersion: made.version };
}
const newProfile = (name: string) => ({
  name,
  endpoint: 'http://127.0.0.1:9',
  bucket: 'documents',
  accessKey: 'access',
  secretKey: CLOUD_SECRET,
});
async function profile(name: string) {
  const { profile: made } = await client.storage.add(newProfile(name));
  return { profile: made.name, expectedVersion: made.version };
}
const newConnection = (of: string) =>
  ({
    user: of,
    provider: 'webdav',
    url: 'http://127.0.0.1:9/dav/',
    username: of,
    secret: CLOUD_SECRET,
    root: '/platform',
  }) as const;
async function connection(name: string) {
  const { connection: made } = await client.connections.add(newConnection((await user(`${name}-cloud`)).user));
  return { connectionId: made.id, expectedVersion: made.version };
}
async function deletion(name: string): Promise<string> {
  const { plan } = await client.deletions.plan({ user: (await user(name)).user });
  await stepUp();
  const { deletion: made } = await client.deletions.start({ planId: plan.id, confirm: mailOf(name) });
  return made.id;
}

describe('R6: a write under a request id', () => {
  test('every write is one that is done once, or one that may be repeated; none is both', () => {
    expect([...Object.keys(keptAnswers), ...repeatable].sort()).toEqual(Object.keys(acts).sort());
    expect(Object.keys(inputs).sort()).toEqual(Object.keys(keptAnswers).sort());
  });

  test.each(Object.keys(inputs).filter((name) => name !== 'session.changePassword'))(
    '%s is done once, however often it is sent, and answers the same',
    async (name) => {
      const input = await inputs[name]?.();
      const event = acts[name] ?? '';
      const before = await entriesOf(event);
      const id = randomUUID();
      const answer = await call(name, input, id);
      const done = await entriesOf(event);
      if (name === 'storage.link') {
        expect(await codeOf(call(name, input, id))).toBe('ANSWER_NOT_KEPT');
      } else {
        // What it is about may have gone on meanwhile; the answer is the first one.
        expect(await call(name, input, id)).toEqual(answer);
        expect(await call(name, input, id)).toEqual(answer);
      }
      expect(done - before).toBe(1);
      // An index run ends by itself, with an entry of its own.
      if (name !== 'storage.index') expect(await entriesOf(event)).toBe(done);

      expect(await codeOf(call(name, { ...Object(input), surprise: 1 }, id))).toBe('REQUEST_REUSED');
      expect(await codeOf(call(name === 'users.create' ? 'ai.addProvider' : 'users.create', input, id))).toBe(
        'REQUEST_REUSED',
      );
    },
  );

  test('the same call on two lines at once is done once, and both are answered the same', async () => {
    const input = newConnection((await user('twice')).user);
    const id = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => call('connections.add', input, id)));
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    const { rows } = await client.connections.list({ user: input.user });
    expect(rows).toHaveLength(1);
  });

  test('a refused one left nothing, so the same id can do it later', async () => {
    const id = randomUUID();
    const input = newUser('refused-first');
    const { user: holder } = await client.users.create(input);
    expect(await codeOf(call('users.create', input, id))).toBe('MAIL_TAKEN');
    await client.users.update({ user: holder.id, expectedVersion: holder.version, mail: 'elsewhere@example.org' });
    expect(await codeOf(call('users.create', input, id))).toBe('done');
  });

  test('another administrator is not answered what was somebody else’s', async () => {
    const id = randomUUID();
    const input = newUser('of-the-first');
    await call('users.create', input, id);
    const password = 'a password of the second';
    await client.users.create({ ...newUser('second'), role: 'owner', firstPassword: password });
    const line = opened.console.connect();
    const second = opened.console.client(line);
    await second.session.signIn({ mail: mailOf('second'), password });
    await second.session.changePassword({ current: password, next: 'and a better one' });
    expect(await codeOf(callByPath(opened.console.client(line, id), ['users', 'create'], input))).toBe(
      'REQUEST_REUSED',
    );
    expect(
      await codeOf(callByPath(opened.console.client(opened.console.connect(), id), ['users', 'create'], input)),
    ).toBe('NOT_SIGNED_IN');
  });

  test.each(['', 'x', '0', randomUUID().toUpperCase(), '018f0000-0000-7000-8000-000000000000'])(
    'an id that could be guessed is refused: %j',
    async (id) => {
      expect(await codeOf(call('users.create', newUser('guessable'), id))).toBe('BAD_REQUEST');
    },
  );

  test('C1: the files tell neither the id, nor the answer, nor what the input hid', async () => {
    const id = randomUUID();
    const input = { ...newUser('sealed'), name: 'Sealed Answer', firstPassword: 'planted-first-password' };
    const { user: made } = (await call('users.create', input, id)) as { user: { id: string } };
    const raw = new Database(join(opened.dir, 'workspace.sqlite'), { readonly: true });
    const rows = raw.prepare<[], { name: Buffer; content: Buffer }>('SELECT name, content FROM requests').all();
    raw.close();
    expect(rows.length).toBeGreaterThan(20);
    for (const { name, content } of rows)
      for (const secret of [id, made.id, 'Sealed Answer', mailOf('sealed')])
        expect(Buffer.concat([name, content]).includes(secret)).toBe(false);
    expect(filesWith(opened.dir, [id, 'planted-first-password', CLOUD_SECRET])).toEqual([]);
    expect(readdirSync(opened.dir)).toContain('workspace.sqlite');
  });

  test('it is kept over a restart, and for a day', async () => {
    const id = randomUUID();
    const input = newUser('kept');
    const answer = await call('users.create', input, id);
    opened = await opened.reopen();
    client = opened.client;
    await client.session.signIn({ mail: ROOT.mail, password: ROOT.password });
    expect(await call('users.create', input, id)).toEqual(answer);
    clock.advance(DAY_MS + 1);
    await client.session.signIn({ mail: ROOT.mail, password: ROOT.password });
    await call('users.create', newUser('a-day-later'), randomUUID());
    const raw = new Database(join(opened.dir, 'workspace.sqlite'), { readonly: true });
    expect(raw.prepare('SELECT count(*) FROM requests').pluck().get()).toBe(1);
    raw.close();
    expect(await codeOf(call('users.create', input, id))).toBe('MAIL_TAKEN');
  });

  test('session.changePassword is done once, although the old password no longer fits', async () => {
    const input = await inputs['session.changePassword']?.();
    const id = randomUUID();
    const answer = await call('session.changePassword', input, id);
    expect(await call('session.changePassword', input, id)).toEqual(answer);
    expect(await entriesOf('admin.password_changed')).toBe(2); // The second administrator's, and this one.
  });
});
