import { describe, expect, test } from 'vitest';
import { OWNER } from '../../../tests/support/session-ground.ts';
import { count, events, sessionTests } from '../../../tests/support/session-tests.ts';
import { checkSeal } from '../vault/index.ts';

const { fresh, reopened } = sessionTests();

describe('X2: set-up', () => {
  test('makes vault, settings, first owner, quota row and session, each with its entry and a seal that holds', async () => {
    const one = await fresh();
    const line = one.line();
    expect(await one.session.state(line)).toMatchObject({
      workspace: { isSetUp: false },
      vault: { state: 'none' },
      signedIn: null,
    });
    await expect(one.session.authenticate(line)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    const { userId, auditKey } = await one.session.setUp(line, OWNER);
    expect(auditKey).toMatch(/^[0-9a-f]{64}$/);
    expect(auditKey).toBe(one.on.audit.fingerprint());
    const { db } = one.on.workspace;
    expect(db.raw.prepare('SELECT role, status, mail, password_must_change FROM users').get()).toEqual({
      role: 'owner',
      status: 'active',
      mail: OWNER.mail,
      password_must_change: 0,
    });
    expect(db.raw.prepare('SELECT content FROM settings').pluck().get()).toBe(
      '{"quotaFullShare":1,"quotaWarningShare":0.8,"workspaceName":"Archive"}',
    );
    expect(db.raw.prepare('SELECT limit_bytes, version FROM quotas').get()).toEqual({ limit_bytes: null, version: 1 });
    const vault = await one.on.vault.ready();
    const session = await one.session.authenticate(line);
    expect(checkSeal(db, vault, one.on.audit, 'users', userId)).toBe('holds');
    expect(checkSeal(db, vault, one.on.audit, 'settings', 'workspace')).toBe('holds');
    expect(checkSeal(db, vault, one.on.audit, 'sessions', session.sessionId)).toBe('holds');
    for (const event of ['console.workspace_created', 'admin.user_created', 'admin.signed_in'])
      expect(events(one, event), event).toHaveLength(1);
    expect(await one.session.state(line)).toMatchObject({
      workspace: { id: one.on.workspace.id, name: 'Archive', isSetUp: true },
      vault: { state: 'available' },
      signedIn: { userId, readOnly: false, passwordMustChange: false },
    });
  });

  test('is refused ever after, also when it comes twice at once or rows were taken away', async () => {
    const one = await fresh();
    const results = await Promise.allSettled([
      one.session.setUp(one.line(), OWNER),
      one.session.setUp(one.line(), OWNER),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ALREADY_SET_UP' } });
    expect(count(one, 'users')).toBe(1);
    const again = await reopened(one);
    await expect(again.session.setUp(again.line(), OWNER)).rejects.toMatchObject({ code: 'ALREADY_SET_UP' });
    again.on.workspace.db.raw.exec('DELETE FROM settings; DELETE FROM sessions; DELETE FROM quotas; DELETE FROM users');
    await expect(again.session.setUp(again.line(), OWNER)).rejects.toMatchObject({ code: 'ALREADY_SET_UP' });
    expect((await again.session.state(again.line())).workspace.isSetUp).toBe(true);
  });

  test('A1: a failure at any of its entries leaves nothing behind, and the next try works', async () => {
    const one = await fresh();
    const { audit } = one.on;
    const append = audit.append.bind(audit);
    for (const failing of [
      'console.workspace_created',
      'console.vault_recipient_added',
      'admin.user_created',
      'admin.signed_in',
    ]) {
      audit.append = (tx, entry) => {
        if (entry.event === failing) throw new Error('power cut');
        return append(tx, entry);
      };
      const line = one.line();
      await expect(one.session.setUp(line, { ...OWNER, passphrase: 'a long passphrase' })).rejects.toThrowError(
        'power cut',
      );
      expect(line.sessionId).toBeNull();
      for (const table of [
        'users',
        'quotas',
        'settings',
        'sessions',
        'key_generations',
        'vault_recipients',
        'audit_entries',
      ])
        expect(count(one, table), `${table} after ${failing}`).toBe(0);
      expect(await one.session.state(line)).toMatchObject({ workspace: { isSetUp: false }, vault: { state: 'none' } });
    }
    audit.append = append;
    const line = one.line();
    await one.session.setUp(line, OWNER);
    expect((await one.session.authenticate(line)).readOnly).toBe(false);
  });

  test('without a keychain it needs a passphrase, and says so', async () => {
    const one = await fresh();
    one.on.keychain.state = 'unavailable';
    await expect(one.session.setUp(one.line(), OWNER)).rejects.toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      message: expect.stringContaining('passphrase'),
    });
    expect(count(one, 'users')).toBe(0);
    await one.session.setUp(one.line(), { ...OWNER, passphrase: 'a long passphrase' });
    expect((await one.on.vault.status()).way).toBe('passphrase');
    expect(events(one, 'console.vault_recipient_added')).toHaveLength(2);
    expect(one.on.keychain.items.size).toBe(0);
  });
});
