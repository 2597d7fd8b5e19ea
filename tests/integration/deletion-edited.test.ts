import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { openSetUpConsole, signIn, type TestConsole } from '../support/test-console.ts';

let opened: TestConsole | undefined;
afterEach(async () => {
  await opened?.dispose();
  opened = undefined;
});

/** Two users, and a deletion of the first that is confirmed and has not begun. */
async function confirmed(): Promise<{ planId: string; deletionId: string; ids: string[] }> {
  opened = await openSetUpConsole({ motor: false });
  const { client } = opened;
  const ids: string[] = [];
  for (const name of ['ada', 'ben']) {
    const { user } = await client.users.create({
      mail: `${name}@example.org`,
      name,
      externalId: `${name}-1`,
      firstPassword: 'a first password',
    });
    ids.push(user.id);
  }
  const { plan } = await client.deletions.plan({ user: 'ada@example.org' });
  const { deletion } = await client.deletions.start({ planId: plan.id, confirm: 'ada@example.org' });
  return { planId: plan.id, deletionId: deletion.id, ids };
}

/** Somebody writes into the file while the console is closed; then the console goes on by itself. */
async function edited(sql: string): Promise<TestConsole> {
  if (!opened) throw new Error('nothing is open');
  await opened.console.close();
  const file = new Database(join(opened.dir, 'workspace.sqlite'));
  file.exec(sql);
  file.close();
  opened = await openSetUpAgain(opened);
  return opened;
}

async function openSetUpAgain(before: TestConsole): Promise<TestConsole> {
  const again = await import('../support/test-console.ts').then(({ openTestConsole }) =>
    openTestConsole({ dir: before.dir, keychain: before.keychain, motor: true }),
  );
  await signIn(again);
  return again;
}

test.each([
  ['another user’s number', "UPDATE deletions SET user_no = (SELECT no FROM users WHERE name = 'ben')"],
  ['another external id', "UPDATE deletions SET external_id = 'ben-1'"],
  [
    'another user altogether',
    `UPDATE deletions SET user_no = (SELECT no FROM users WHERE name = 'ben'), user_id = (SELECT id FROM users WHERE name = 'ben'),
       external_id = 'ben-1'`,
  ],
])('X6: a confirmed deletion that was given %s in the file is not carried out', async (_what, sql) => {
  const { deletionId, ids } = await confirmed();
  const { client } = await edited(sql);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { deletion } = await client.deletions.show({ deletionId });
  expect(deletion.state).not.toBe('done');
  for (const user of ids) expect((await client.users.show({ user })).user.id).toBe(user);
});

test('D6: the same deletion, left as it was, is carried out', async () => {
  const { deletionId, ids } = await confirmed();
  const { client } = await edited('SELECT 1');
  await expect
    .poll(async () => (await client.deletions.show({ deletionId })).deletion.state, { timeout: 20_000 })
    .toBe('done');
  await expect(client.users.show({ user: ids[0] ?? '' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test.each([
  ['its counts', `UPDATE plans SET content = replace(content, '"count":0', '"count":5000')`],
  ['what it stands on', `UPDATE plans SET basis = replace(basis, 'ada@example.org', 'ada@example.com')`],
  ['its uploads', `UPDATE plans SET uploads = '[{"sourceId":"x","key":"y","uploadId":"z"}]'`],
])('D5: a plan of which %s was edited in the file is not the one that was frozen', async (_what, sql) => {
  opened = await openSetUpConsole({ motor: false });
  await opened.client.users.create({ mail: 'ada@example.org', name: 'Ada', firstPassword: 'a first password' });
  const { plan } = await opened.client.deletions.plan({ user: 'ada@example.org' });
  const { client } = await edited(sql);
  await expect(client.deletions.start({ planId: plan.id, confirm: 'ada@example.org' })).rejects.toMatchObject({
    code: 'SEAL_BROKEN',
  });
});

test('D2: an external id under which a deletion left something over is not given again, and a retry spares who has it', async () => {
  const { deletionId } = await confirmed();
  const { client } = await edited('SELECT 1');
  await expect
    .poll(async () => (await client.deletions.show({ deletionId })).deletion.state, { timeout: 20_000 })
    .toBe('done');
  const again = await edited(
    `UPDATE deletions SET external_id = 'ada-1'; UPDATE deletion_backends SET state = 'skipped';`,
  );
  const taken = again.client.users.create({
    mail: 'new@example.org',
    name: 'New',
    externalId: 'ada-1',
    firstPassword: 'a first password',
  });
  await expect(taken).rejects.toMatchObject({ code: 'EXTERNAL_ID_TAKEN' });
  const { client: last } = await edited("UPDATE users SET external_id = 'ada-1' WHERE name = 'ben'");
  await expect(last.deletions.retry({ deletionId })).rejects.toMatchObject({ code: 'WRONG_STATE' });
});

test.each([
  ['another stage', "UPDATE deletions SET stage = 'revoking'"],
  ['a state to give back', "UPDATE deletions SET status_before = 'inactive'"],
])('X6: a confirmed deletion that was given %s in the file goes nowhere, and the user stays', async (_what, sql) => {
  const { deletionId, ids } = await confirmed();
  const { client } = await edited(sql);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect((await client.deletions.show({ deletionId })).deletion.state).not.toBe('done');
  await expect(client.deletions.cancel({ deletionId })).rejects.toMatchObject({
    code: expect.stringMatching(/SEAL_BROKEN|WRONG_STATE/),
  });
  expect((await client.users.show({ user: ids[0] ?? '' })).user.status).toBe('deleting');
});

test('X6: a user whose connection was taken out of the file is not planned, so that no cloud is forgotten', async () => {
  opened = await openSetUpConsole({ motor: false });
  const { user } = await opened.client.users.create({
    mail: 'ada@example.org',
    name: 'Ada',
    firstPassword: 'a first password',
  });
  const add = () =>
    opened?.client.connections.add({
      user: user.id,
      provider: 'webdav',
      url: 'http://127.0.0.1:1/dav/',
      username: 'ada',
      secret: 'a password',
      root: '/platform',
      ownedRoot: true,
    });
  await add();
  const { client } = await edited('DELETE FROM connections');
  await expect(client.deletions.plan({ user: user.id })).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});
