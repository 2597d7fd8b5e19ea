import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Keyring, missingForKeyring, startKeyring } from '../support/keyring.ts';
import { qmIn } from '../support/qm.ts';
import { built, quiet, scratch, startQm } from '../support/qm-process.ts';

/** The states of a real keychain as somebody at a command line meets them. */
describe.skipIf(missingForKeyring() !== null)('C1, R3: qm with a keychain', { timeout: 300_000 }, () => {
  const place = scratch();
  const workspace = join(place.dir, 'workspace');
  const first = place.file('first', 'a first password');
  let keyring: Keyring;
  let env: Record<string, string>;
  let qm: ReturnType<typeof qmIn>;

  beforeAll(async () => {
    built();
    keyring = await startKeyring();
    env = {
      ...quiet,
      ...keyring.env,
      QM_WORKSPACE: workspace,
      QM_ADMIN: 'root@example.org',
      QM_PASSWORD_FILE: place.file('password', 'correct horse battery'),
    };
    qm = qmIn(workspace, env);
  }, 120_000);
  afterAll(async () => {
    await keyring?.dispose();
    place.dispose();
  });

  test('set-up needs no passphrase, and neither does any command after it', async () => {
    const made = await qm.json<{ vault: { way: string; state: string } }>(
      'setup',
      '--mail',
      'root@example.org',
      '--name',
      'Root',
    );
    expect(made.vault).toMatchObject({ way: 'keychain', state: 'available' });
    await qm.ok('users', 'create', '--mail', 'ada@example.org', '--name', 'Ada', '--first-password-file', first);
    expect(await qm.json('audit', 'verify')).toMatchObject({ verdict: 'OK', anchored: true });
  });

  test('a passphrase that stands in the environment for other workspaces does no harm, however often', async () => {
    const passphrase = place.file('passphrase', 'of another workspace');
    for (let at = 0; at < 7; at += 1) {
      const { code, stderr } = await startQm(['users', 'list', '--json'], {
        env: { ...env, QM_PASSPHRASE_FILE: passphrase },
      }).ended;
      expect(code, stderr).toBe(0);
    }
    const { rows } = await qm.json<{ rows: { outcome: string }[] }>('audit', 'list', '--outcome', 'refused', '--all');
    expect(rows).toEqual([]);
  });

  test('locked: everything can be read, nothing changed, and the message says what to do', async () => {
    await keyring.restart('locked');
    expect((await qm.run('users', 'list')).code).toBe(0);
    expect(await qm.json('vault', 'status')).toMatchObject({ state: 'locked', way: 'keychain' });
    const refused = await qm.run('users', 'deactivate', 'ada@example.org');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/\[VAULT_LOCKED\]\n {4}Next: .*unlock the keychain/);
    await keyring.restart('unlocked');
    await qm.ok('users', 'deactivate', 'ada@example.org');
  });

  test('emptied: it is said that the item is missing, and no new key is made', async () => {
    await keyring.empty();
    expect(await qm.json('vault', 'status')).toMatchObject({ state: 'missing' });
    expect((await qm.run('users', 'activate', 'ada@example.org')).stderr).toContain('VAULT_LOCKED');
    expect((await qm.run('setup', '--mail', 'eve@example.org', '--name', 'Eve')).stderr).toContain('ALREADY_SET_UP');
  });
});
