import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConsoleClient } from '../../src/contract/index.ts';
import { acts } from '../../src/main/router/acts.ts';
import { openSetUpConsole, ROOT, type TestConsole } from '../support/test-console.ts';

let opened: TestConsole;
/** Another connection to the same file: sees only what is committed. */
let second: Database.Database;

beforeAll(async () => {
  opened = await openSetUpConsole({ motor: false });
  second = new Database(join(opened.dir, 'workspace.sqlite'), { readonly: true });
});
afterAll(async () => {
  second.close();
  await opened.dispose();
});

interface Act {
  readonly procedure: keyof typeof acts & string;
  readonly call: (client: ConsoleClient) => Promise<unknown>;
  /** A query that finds what the act wrote. */
  readonly row: string;
}

const versionOf = async (client: ConsoleClient, user: string) => (await client.users.show({ user })).user.version;
const ada = 'ada@example.org';
let connectionId = '';
let planId = '';
let deletionId = '';
let runId = '';

/** Every act of the contract once, in an order in which each succeeds. */
const script: readonly Act[] = [
  {
    procedure: 'session.stepUp',
    call: (c) => c.session.stepUp({ password: ROOT.password }),
    row: "SELECT 1 FROM users WHERE role = 'owner'",
  },
  {
    procedure: 'users.create',
    call: (c) => c.users.create({ mail: ada, name: 'Ada', externalId: 'u001', firstPassword: 'a first password' }),
    row: "SELECT 1 FROM users WHERE external_id = 'u001'",
  },
  {
    procedure: 'users.update',
    call: async (c) => c.users.update({ user: ada, name: 'Ada L', expectedVersion: await versionOf(c, ada) }),
    row: "SELECT 1 FROM users WHERE name = 'Ada L'",
  },
  {
    procedure: 'users.deactivate',
    call: async (c) => c.users.deactivate({ user: ada, expectedVersion: await versionOf(c, ada) }),
    row: "SELECT 1 FROM users WHERE external_id = 'u001' AND status = 'inactive'",
  },
  {
    procedure: 'users.activate',
    call: async (c) => c.users.activate({ user: ada, expectedVersion: await versionOf(c, ada) }),
    row: "SELECT 1 FROM users WHERE external_id = 'u001' AND status = 'active'",
  },
  {
    procedure: 'quotas.set',
    call: async (c) => {
      const { quota } = await c.quotas.show({ user: ada });
      return c.quotas.set({ user: ada, limitBytes: 12_345, expectedVersion: quota.version });
    },
    row: 'SELECT 1 FROM quotas WHERE limit_bytes = 12345',
  },
  {
    procedure: 'ai.addProvider',
    call: (c) => c.ai.addProvider({ name: 'acme' }),
    row: "SELECT 1 FROM ai_providers WHERE name = 'acme'",
  },
  {
    procedure: 'ai.renameProvider',
    call: async (c) => {
      const { rows } = await c.ai.providers({});
      return c.ai.renameProvider({ provider: 'acme', name: 'zenith', expectedVersion: rows[0]?.version ?? 0 });
    },
    row: "SELECT 1 FROM ai_providers WHERE name = 'zenith'",
  },
  {
    procedure: 'ai.addModel',
    call: (c) => c.ai.addModel({ provider: 'zenith', name: 'small' }),
    row: "SELECT 1 FROM ai_models WHERE name = 'small'",
  },
  {
    procedure: 'ai.renameModel',
    call: async (c) => {
      const { rows } = await c.ai.models({});
      return c.ai.renameModel({
        provider: 'zenith',
        model: 'small',
        name: 'tiny',
        expectedVersion: rows[0]?.version ?? 0,
      });
    },
    row: "SELECT 1 FROM ai_models WHERE name = 'tiny'",
  },
  {
    procedure: 'ai.assign',
    call: async (c) =>
      c.ai.assign({ user: ada, provider: 'zenith', model: 'tiny', expectedVersion: await versionOf(c, ada) }),
    row: 'SELECT 1 FROM users WHERE ai_model_no IS NOT NULL',
  },
  {
    procedure: 'ai.unassign',
    call: async (c) => c.ai.unassign({ user: ada, expectedVersion: await versionOf(c, ada) }),
    row: "SELECT 1 FROM users WHERE external_id = 'u001' AND ai_model_no IS NULL",
  },
  {
    procedure: 'ai.removeModel',
    call: async (c) => {
      const { rows } = await c.ai.models({});
      return c.ai.removeModel({ provider: 'zenith', model: 'tiny', expectedVersion: rows[0]?.version ?? 0 });
    },
    row: 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ai_models)',
  },
  {
    procedure: 'ai.removeProvider',
    call: async (c) => {
      const { rows } = await c.ai.providers({});
      return c.ai.removeProvider({ provider: 'zenith', expectedVersion: rows[0]?.version ?? 0 });
    },
    row: 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ai_providers)',
  },
  {
    procedure: 'settings.set',
    call: async (c) => {
      const { settings } = await c.settings.show({});
      return c.settings.set({ quotaWarningShare: 0.7, expectedVersion: settings.version });
    },
    row: "SELECT 1 FROM settings WHERE content LIKE '%0.7%'",
  },
  {
    procedure: 'storage.add',
    call: (c) =>
      c.storage.add({
        name: 'main',
        endpoint: 'http://127.0.0.1:9',
        bucket: 'docs',
        accessKey: 'key',
        secretKey: 'secret-key-text',
        layout: 'users/{userId}/',
      }),
    row: "SELECT 1 FROM storage_profiles WHERE name = 'main'",
  },
  {
    procedure: 'storage.update',
    call: async (c) => {
      const { rows } = await c.storage.list({});
      return c.storage.update({
        profile: 'main',
        region: 'eu-west-1',
        expectedVersion: rows.find(({ name }) => name === 'main')?.version ?? 0,
      });
    },
    row: "SELECT 1 FROM storage_profiles WHERE configuration LIKE '%eu-west-1%'",
  },
  {
    procedure: 'storage.link',
    call: (c) => c.storage.link({ profile: 'main', key: 'users/x/y' }),
    row: "SELECT 1 FROM storage_profiles WHERE name = 'main'",
  },
  {
    procedure: 'storage.check',
    call: (c) => c.storage.check({ profile: 'main' }),
    row: "SELECT 1 FROM storage_profiles WHERE name = 'main'",
  },
  {
    procedure: 'storage.index',
    call: async (c) => {
      const { run } = await c.storage.index({ profile: 'built-in' });
      runId = run.id;
      return run;
    },
    row: 'SELECT 1 FROM index_runs',
  },
  {
    procedure: 'storage.remove',
    call: async (c) => {
      const { rows } = await c.storage.list({});
      return c.storage.remove({
        profile: 'main',
        expectedVersion: rows.find(({ name }) => name === 'main')?.version ?? 0,
      });
    },
    row: "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM storage_profiles WHERE name = 'main')",
  },
  {
    procedure: 'connections.add',
    call: async (c) => {
      const { connection } = await c.connections.add({
        user: ada,
        provider: 'webdav',
        url: 'http://127.0.0.1:9/dav/',
        username: 'ada',
        secret: 'cloud-secret',
        root: '/platform',
        ownedRoot: false,
      });
      connectionId = connection.id;
      return connection;
    },
    row: "SELECT 1 FROM connections WHERE root = '/platform'",
  },
  {
    procedure: 'connections.update',
    call: async (c) => {
      const { connection } = await c.connections.show({ connectionId });
      return c.connections.update({ connectionId, label: 'Home', expectedVersion: connection.version });
    },
    row: "SELECT 1 FROM connections WHERE label = 'Home'",
  },
  {
    procedure: 'connections.recordDocuments',
    call: (c) => c.connections.recordDocuments({ connectionId, documents: [{ key: 'a.txt', size: 5 }] }),
    row: "SELECT 1 FROM documents WHERE key = 'a.txt'",
  },
  {
    procedure: 'connections.test',
    call: (c) => c.connections.test({ connectionId }),
    row: "SELECT 1 FROM connections WHERE state = 'unreachable' AND last_checked_at IS NOT NULL",
  },
  {
    procedure: 'connections.remove',
    call: async (c) => {
      const { connection } = await c.connections.show({ connectionId });
      return c.connections.remove({ connectionId, confirmDocuments: 1, expectedVersion: connection.version });
    },
    row: 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM connections)',
  },
  {
    procedure: 'deletions.plan',
    call: async (c) => {
      const { plan } = await c.deletions.plan({ user: ada });
      planId = plan.id;
      return plan;
    },
    row: 'SELECT 1 FROM plans',
  },
  {
    procedure: 'deletions.start',
    call: async (c) => {
      const { deletion } = await c.deletions.start({ planId, confirm: ada });
      deletionId = deletion.id;
      return deletion;
    },
    row: 'SELECT 1 FROM deletions',
  },
  {
    procedure: 'deletions.pause',
    call: (c) => c.deletions.pause({ deletionId }),
    row: 'SELECT 1 FROM deletions WHERE paused = 1',
  },
  {
    procedure: 'deletions.resume',
    call: (c) => c.deletions.resume({ deletionId }),
    row: 'SELECT 1 FROM deletions WHERE paused = 0',
  },
  {
    procedure: 'deletions.cancel',
    call: (c) => c.deletions.cancel({ deletionId }),
    row: "SELECT 1 FROM deletions WHERE stage = 'cancelled'",
  },
  {
    procedure: 'session.changePassword',
    call: (c) => c.session.changePassword({ current: ROOT.password, next: 'another good password' }),
    row: "SELECT 1 FROM users WHERE role = 'owner' AND version > 1",
  },
  {
    procedure: 'session.signOut',
    call: (c) => c.session.signOut({}),
    row: 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sessions)',
  },
];

/** Acts that need circumstances of their own; their tests stand beside deletions and index runs. */
const elsewhere = ['deletions.retry', 'storage.cancelIndex'];

test('A1, R5: the script below knows every act of the contract', () => {
  expect([...script.map(({ procedure }) => procedure), ...elsewhere].sort()).toEqual(Object.keys(acts).sort());
});

test.each(script)(
  'A1, R5: when $procedure has answered, another connection sees its row and its entry',
  async ({ procedure, call, row }) => {
    const newest = () => second.prepare('SELECT coalesce(max(sequence), 0) FROM audit_entries').pluck().get() as number; // An integer by schema.
    const before = newest();
    await call(opened.client);
    expect(second.prepare(row).get(), row).toBeDefined();
    const events = second
      .prepare("SELECT event FROM audit_entries WHERE sequence > ? AND outcome <> 'refused'")
      .pluck()
      .all(before);
    expect(events).toContain(acts[procedure]);
  },
);

test('A3: no entry holds a mail address or a secret', () => {
  expect(runId).not.toBe('');
  const entries = second.prepare('SELECT entry FROM audit_entries').pluck().all().join('\n');
  for (const text of [
    '@example.org',
    'secret-key-text',
    'cloud-secret',
    ROOT.password,
    'a first password',
    'another good password',
  ])
    expect(entries).not.toContain(text);
});
