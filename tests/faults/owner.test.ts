import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleClient } from '../../src/contract/index.ts';
import { type OpenedWorkspace, openWorkspace } from '../../src/main/hosts/owner/open-workspace.ts';
import { Secret } from '../../src/main/secret.ts';
import { type BuiltProgram, buildProgram, runProgram } from '../support/built-child.ts';

const PASSPHRASE = 'a passphrase for the test';
const MAIL = 'root@example.org';
const PASSWORD = 'correct horse battery';
const POINTS = ['received', 'written', 'committed', 'answered'] as const;

const dir = mkdtempSync(join(tmpdir(), 'qm-owner-kill-'));
const workspaceDir = join(dir, 'workspace');
let program: BuiltProgram;

const open = (): Promise<OpenedWorkspace> =>
  openWorkspace({
    workspaceDir,
    create: true,
    host: 'qm',
    motor: false,
    passphrase: new Secret(PASSPHRASE),
    log: () => {},
  });

async function signedIn(): Promise<{ opened: OpenedWorkspace; client: ConsoleClient }> {
  const opened = await open();
  const client = opened.client();
  await client.session.signIn({ mail: MAIL, password: PASSWORD });
  return { opened, client };
}

beforeAll(async () => {
  // No desktop session of whoever runs the tests is to be reached.
  process.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nonexistent';
  program = await buildProgram('tests/faults/owner-child.ts');
  const opened = await open();
  await opened.client().session.setUp({ mail: MAIL, name: 'Root', password: PASSWORD, passphrase: PASSPHRASE });
  await opened.close();
}, 120_000);
afterAll(() => {
  program?.remove();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs the owner, and a guest's work beside it until the owner was killed in the middle of it. */
async function besideTheDying<Result>(
  procedure: string,
  point: (typeof POINTS)[number],
  work: (client: ConsoleClient) => Promise<Result>,
): Promise<{ result: Result; client: ConsoleClient; close(): Promise<void> }> {
  let receives: () => void = () => {};
  const isReceiving = new Promise<void>((resolve) => {
    receives = resolve;
  });
  const owner = runProgram(program, [workspaceDir, procedure, point], {
    env: { QM_TEST_PASSPHRASE: PASSPHRASE },
    timeoutMs: 60_000,
    onLine: receives,
  });
  await Promise.race([
    isReceiving,
    owner.then(({ stderr }) => {
      throw new Error(`the owner did not begin: ${stderr}`);
    }),
  ]);
  const { opened, client } = await signedIn();
  expect(opened.owned()).toBeNull();
  const result = await work(client);
  const { signal, stderr } = await owner;
  expect(signal, stderr).toBe('SIGKILL');
  // It was the answer that was sent last: the guest hears of the death only with its next call.
  await client.session.state({});
  await expect.poll(() => opened.owned()).not.toBeNull();
  return { result, client, close: () => opened.close() };
}

async function entriesAbout(client: ConsoleClient, event: string, targetId: string): Promise<number> {
  return (await client.audit.list({ event, targetId, limit: 100 })).rows.length;
}

const newUser = (name: string) =>
  ({ mail: `${name}@example.org`, name, role: 'user', firstPassword: 'a first password' }) as const;

describe.each(POINTS)('R6: an owner killed when the call is %s', (point) => {
  test('a user is made once, and the guest is answered', async () => {
    const name = `user-${point}`;
    const { result, client, close } = await besideTheDying('users.create', point, (on) =>
      on.users.create(newUser(name)),
    );
    const { rows } = await client.users.list({ search: name, limit: 10 });
    expect(rows.map(({ id }) => id)).toEqual([result.user.id]);
    expect(await entriesAbout(client, 'admin.user_created', result.user.id)).toBe(1);
    expect(await client.audit.verify({})).toMatchObject({ verdict: 'OK' });
    await close();
  });

  test('what has no name of its own is added once too', async () => {
    const name = `cloud-${point}`;
    const before = await signedIn();
    const { user } = await before.client.users.create(newUser(name));
    await before.opened.close();
    const { result, client, close } = await besideTheDying('connections.add', point, (on) =>
      on.connections.add({
        user: user.id,
        provider: 'webdav',
        url: 'http://127.0.0.1:9/dav/',
        username: name,
        secret: 'a secret',
        root: '/platform',
      }),
    );
    const { rows } = await client.connections.list({ user: user.id });
    expect(rows.map(({ id }) => id)).toEqual([result.connection.id]);
    expect(await entriesAbout(client, 'cloud.connection_added', result.connection.id)).toBe(1);
    await close();
  });

  test('a deletion is begun once, and its plan is used once', async () => {
    const name = `leaver-${point}`;
    const before = await signedIn();
    const { user } = await before.client.users.create(newUser(name));
    const { plan } = await before.client.deletions.plan({ user: user.id });
    await before.opened.close();
    const { result, client, close } = await besideTheDying('deletions.start', point, async (on) => {
      await on.session.stepUp({ password: PASSWORD });
      return on.deletions.start({ planId: plan.id, confirm: user.mail });
    });
    const { rows } = await client.deletions.list({});
    const ofPlan = rows.filter(({ planId }) => planId === plan.id);
    expect(ofPlan.map(({ id }) => id)).toEqual([result.deletion.id]);
    expect(await entriesAbout(client, 'admin.deletion_started', result.deletion.id)).toBe(1);
    await close();
  });
});
