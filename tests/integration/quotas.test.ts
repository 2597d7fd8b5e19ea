import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSetUpConsole, type TestConsole } from '../support/test-console.ts';

let opened: TestConsole;
let second: Database.Database;
let userId: string;

beforeAll(async () => {
  opened = await openSetUpConsole({ motor: false });
  second = new Database(`${opened.dir}/workspace.sqlite`);
  const { user } = await opened.client.users.create({
    mail: 'ada@example.org',
    name: 'Ada',
    externalId: 'u001',
    firstPassword: 'a first password',
    limitBytes: 1000,
  });
  userId = user.id;
  second.exec(`INSERT INTO backends (no, kind) VALUES (77, 'folder');
    INSERT INTO documents (backend_no, user_no, key, size) SELECT 77, no, 'k', 900 FROM users WHERE id = '${userId}'`);
});
afterAll(async () => {
  second.close();
  await opened.dispose();
});

const show = async () => (await opened.client.quotas.show({ user: 'u001' })).quota;
const set = async (limitBytes: number | null) =>
  opened.client.quotas.set({ user: 'ADA@example.org', limitBytes, expectedVersion: (await show()).version });

describe('Q1: show', () => {
  test('usage is what is recorded, as bytes, MiB, share and state', async () => {
    expect(await opened.client.quotas.show({ user: 'u001' })).toEqual({
      userId,
      quota: {
        limitBytes: 1000,
        usedBytes: 900,
        limitMiB: 0,
        usedMiB: 0,
        share: 0.9,
        state: 'warning',
        countedAt: null,
        version: 1,
      },
    });
  });
});

describe('Q2: change a limit', () => {
  test('one below present usage is allowed, and the answer says so', async () => {
    expect(await set(500)).toMatchObject({
      userId,
      belowUsage: true,
      previousLimitBytes: 1000,
      quota: { limitBytes: 500, state: 'full', share: 1.8, version: 2 },
    });
    expect(await set(900)).toMatchObject({ belowUsage: false, previousLimitBytes: 500, quota: { state: 'full' } });
    expect(await set(null)).toMatchObject({
      belowUsage: false,
      previousLimitBytes: 900,
      quota: { limitBytes: null, limitMiB: null, share: null, state: 'unlimited' },
    });
    expect(await set(0)).toMatchObject({
      belowUsage: true,
      previousLimitBytes: null,
      quota: { limitBytes: 0, state: 'full' },
    });
    expect(await set(Number.MAX_SAFE_INTEGER)).toMatchObject({ quota: { limitBytes: Number.MAX_SAFE_INTEGER } });
  });

  test('A1: limit and entry are one transaction; 64-bit numbers stand in the log as text', async () => {
    await set(2000);
    const { rows } = await opened.client.audit.list({ targetId: userId, event: 'admin.quota_changed', limit: 1 });
    expect(rows[0]?.metadata).toEqual({
      fromBytes: String(Number.MAX_SAFE_INTEGER),
      toBytes: '2000',
      usedBytes: '900',
      belowUsage: false,
    });
    const before = await show();
    second.exec("CREATE TRIGGER fail BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'no'); END");
    await expect(set(1)).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    second.exec('DROP TRIGGER fail');
    expect(await show()).toEqual(before);
  });

  test('a version that is not the present one is refused, and the refusal is an entry', async () => {
    const { version } = await show();
    for (const wrong of [version - 1, version + 1])
      await expect(
        opened.client.quotas.set({ user: 'u001', limitBytes: 1, expectedVersion: wrong }),
      ).rejects.toMatchObject({
        code: 'CHANGED_MEANWHILE',
        data: { version },
      });
    const { rows } = await opened.client.audit.list({
      event: 'admin.quota_changed',
      outcome: 'refused',
      targetId: userId,
      limit: 5,
    });
    expect(rows).toHaveLength(2);
    expect(rows[0]?.metadata).toMatchObject({ code: 'CHANGED_MEANWHILE' });
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53, Number('1e999'), '1000', 'ten', undefined])(
    '%s is no limit',
    async (limitBytes) => {
      const { version } = await show();
      const call = opened.client.quotas.set({
        user: 'u001',
        limitBytes: limitBytes as number,
        expectedVersion: version,
      });
      await expect(call).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      expect((await show()).version).toBe(version);
    },
  );

  test('nobody’s quota cannot be set, nor that of who is being deleted', async () => {
    await expect(opened.client.quotas.set({ user: 'nobody', limitBytes: 1, expectedVersion: 1 })).rejects.toMatchObject(
      { code: 'NOT_FOUND' },
    );
    second.prepare("UPDATE users SET status = 'deleting' WHERE id = ?").run(userId);
    await expect(set(1)).rejects.toMatchObject({ code: 'USER_BEING_DELETED' });
    second.prepare("UPDATE users SET status = 'active' WHERE id = ?").run(userId);
  });
});

describe('settings', () => {
  test('Q1: the shares that warn and alarm are settable, and change what every quota says', async () => {
    const { settings } = await opened.client.settings.show({});
    expect(settings).toMatchObject({
      workspaceName: 'Quartermaster',
      quotaWarningShare: 0.8,
      quotaFullShare: 1,
      version: 1,
    });
    await set(1000);
    expect((await show()).state).toBe('warning');
    const changed = await opened.client.settings.set({ expectedVersion: 1, quotaWarningShare: 0.95 });
    expect(changed.settings).toMatchObject({ quotaWarningShare: 0.95, quotaFullShare: 1, version: 2 });
    expect((await show()).state).toBe('ok');
    expect((await opened.client.users.show({ user: 'u001' })).user.quota.state).toBe('ok');
    expect(
      (await opened.client.settings.set({ expectedVersion: 2, quotaWarningShare: 0.5, quotaFullShare: 0.9 })).settings
        .version,
    ).toBe(3);
    expect((await show()).state).toBe('full');
    const { rows } = await opened.client.audit.list({ event: 'admin.settings_changed', outcome: 'done', limit: 5 });
    expect(rows).toHaveLength(2);
    expect(rows[0]?.metadata).toMatchObject({ changed: ['quotaWarningShare', 'quotaFullShare'] });
  });

  test('a warning above the alarm, and a version that is not the present one, are refused', async () => {
    await expect(opened.client.settings.set({ expectedVersion: 3, quotaWarningShare: 0.91 })).rejects.toMatchObject({
      code: 'CONFIRMATION_MISMATCH',
    });
    await expect(opened.client.settings.set({ expectedVersion: 1, workspaceName: 'x' })).rejects.toMatchObject({
      code: 'CHANGED_MEANWHILE',
      data: { version: 3 },
    });
    for (const bad of [0, -1, 11, Number.NaN])
      await expect(opened.client.settings.set({ expectedVersion: 3, quotaFullShare: bad })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      });
    expect((await opened.client.settings.show({})).settings).toMatchObject({ version: 3, quotaWarningShare: 0.5 });
  });

  test.each([
    [
      'other content',
      `UPDATE settings SET content = '{"workspaceName":"Evil","quotaWarningShare":0.1,"quotaFullShare":0.2}'`,
    ],
    ['content that is none', "UPDATE settings SET content = '{'"],
    ['no row at all', 'DELETE FROM settings'],
  ])('X6: settings that somebody else wrote are put right only by naming all of them: %s', async (_what, sql) => {
    second.exec(sql);
    const { version } = (await opened.client.settings.show({})).settings;
    await expect(opened.client.settings.set({ expectedVersion: version, workspaceName: 'Mine' })).rejects.toMatchObject(
      { code: 'SEAL_BROKEN' },
    );
    const whole = { workspaceName: 'Mine', quotaWarningShare: 0.5, quotaFullShare: 0.9 };
    expect((await opened.client.settings.set({ expectedVersion: version, ...whole })).settings).toMatchObject(whole);
    const again = await opened.client.settings.set({ expectedVersion: version + 1, workspaceName: 'Mine again' });
    expect(again.settings).toMatchObject({ ...whole, workspaceName: 'Mine again' });
  });
});
