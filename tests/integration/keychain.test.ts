import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { revealSecret, Secret } from '../../src/main/secret.ts';
import { type Keychain, openSystemKeychain } from '../../src/main/vault/index.ts';
import { MINUTE } from '../support/clock.ts';
import { type Keyring, missingForKeyring, startKeyring } from '../support/keyring.ts';
import { openVaultGround, setUpVault, type VaultGround } from '../support/vault-ground.ts';

const run = promisify(execFile);
const CELL = { table: 'connections', column: 'credentials', rowId: 'c1', ownerId: 'u1' };
const missing = missingForKeyring();

describe.skipIf(missing !== null)(`a real Secret Service${missing ? ` (missing here: ${missing})` : ''}`, () => {
  let keyring: Keyring;
  let keychain: Keychain;

  beforeAll(async () => {
    keyring = await startKeyring();
    keyring.use();
  });
  afterAll(() => keyring.dispose());
  beforeEach(async () => {
    await keyring.empty();
    keychain = openSystemKeychain({ service: 'quartermaster-test', timeoutMs: 5_000 });
  });

  describe('the port', () => {
    test('C1: any bytes come back as they were, a second write replaces, removing removes', async () => {
      expect(await keychain.probe()).toBe('available');
      expect(await keychain.get('a/b')).toBeNull();
      const value = Uint8Array.from([0, 1, 255, 0, 128, 10, 13]);
      await keychain.set('a/b', value);
      await keychain.set('a/c', Uint8Array.from([9]));
      expect(await keychain.get('a/b')).toEqual(value);
      await keychain.set('a/b', Uint8Array.from([7]));
      expect(await keychain.get('a/b')).toEqual(Uint8Array.from([7]));
      await keychain.remove('a/b');
      await keychain.remove('a/b');
      expect(await keychain.get('a/b')).toBeNull();
      expect(await keychain.get('a/c')).toEqual(Uint8Array.from([9]));
    });

    test('calls at once come one after another and all succeed', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => keychain.set(`many/${n}`, Uint8Array.from([n]))));
      const values = await Promise.all(Array.from({ length: 20 }, (_, n) => keychain.get(`many/${n}`)));
      expect(values.map((value) => value?.[0])).toEqual(Array.from({ length: 20 }, (_, n) => n));
    });

    test('locked while it runs: every call says locked, and none says that the item is absent', async () => {
      await keychain.set('there', Uint8Array.from([1]));
      await keyring.lock();
      expect(await keychain.probe()).toBe('locked');
      for (const call of [
        () => keychain.get('there'),
        () => keychain.get('not there'),
        () => keychain.set('there', Uint8Array.from([2])),
        () => keychain.remove('there'),
      ])
        await expect(call()).rejects.toMatchObject({ name: 'KeychainError', state: 'locked' });
    });

    test('locked since its start: what it holds is locked, not absent', async () => {
      await keychain.set('there', Uint8Array.from([1]));
      await keyring.restart('locked');
      await expect(keychain.get('there')).rejects.toMatchObject({ state: 'locked' });
      await keyring.restart('unlocked');
      expect(await keychain.get('there')).toEqual(Uint8Array.from([1]));
    });

    test('gone: unavailable; back: it goes on', async () => {
      await keychain.set('there', Uint8Array.from([1]));
      await keyring.stop();
      expect(await keychain.probe()).toBe('unavailable');
      await expect(keychain.get('there')).rejects.toMatchObject({ state: 'unavailable' });
      await keyring.restart('unlocked');
      expect(await keychain.get('there')).toEqual(Uint8Array.from([1]));
    });

    test('silent: a call is given up in time, and no other is started behind it', async () => {
      const impatient = openSystemKeychain({ service: 'quartermaster-test', timeoutMs: 300 });
      await impatient.set('there', Uint8Array.from([1]));
      keyring.freeze();
      const start = performance.now();
      await expect(impatient.get('there')).rejects.toMatchObject({
        state: 'locked',
        message: expect.stringContaining('in time'),
      });
      expect(performance.now() - start).toBeLessThan(1_500);
      const next = performance.now();
      await expect(impatient.get('there')).rejects.toMatchObject({
        state: 'locked',
        message: expect.stringContaining('earlier'),
      });
      expect(performance.now() - next).toBeLessThan(100);
      keyring.thaw();
      await expect
        .poll(() => impatient.get('there').catch(() => null), { timeout: 10_000 })
        .toEqual(Uint8Array.from([1]));
    });

    test('whoever stops waiting gets their own reason back', async () => {
      keyring.freeze();
      const reason = new Error('the host is closing');
      const waiting = keychain.get('there', AbortSignal.abort(reason));
      await expect(waiting).rejects.toBe(reason);
      keyring.thaw();
    });
  });

  describe('the vault on it', () => {
    let one: VaultGround<Keychain>;
    let blob: Uint8Array;
    beforeEach(async () => {
      one = await openVaultGround({ keychain });
      blob = (await setUpVault(one)).encrypt(CELL, new Secret('hunter2'));
    });
    afterEach(() => one.dispose());

    const state = async () => {
      one.clock.advance(MINUTE);
      return (await one.vault.status()).state;
    };
    const open = async () => revealSecret((await one.vault.ready()).decrypt(CELL, blob), 'to compare it in a test');

    test('available: the key is found again after a restart of console and service', async () => {
      await keyring.restart('unlocked');
      one = await one.reopen(openSystemKeychain({ service: 'quartermaster-test' }));
      expect(await open()).toBe('hunter2');
      expect(await one.vault.status()).toMatchObject({ state: 'available', way: 'keychain', generation: 1 });
    });

    test('locked in the middle: noticed within a minute; unlocked: it goes on', async () => {
      expect(await open()).toBe('hunter2');
      await keyring.lock();
      expect(await state()).toBe('locked');
      await expect(one.vault.ready()).rejects.toMatchObject({ code: 'VAULT_LOCKED', data: { state: 'locked' } });
      await keyring.restart('unlocked');
      expect(await state()).toBe('available');
      expect(await open()).toBe('hunter2');
    });

    test('absent: unavailable, with a sentence that says what to start', async () => {
      await keyring.stop();
      expect(await state()).toBe('unavailable');
      expect((await one.vault.status()).message).toContain('secret service');
    });

    test('emptied: missing, and no new key is made however often it is asked', async () => {
      await keyring.empty();
      for (let asked = 0; asked < 3; asked += 1) expect(await state()).toBe('missing');
      await expect(one.vault.create(null)).rejects.toMatchObject({ code: 'ALREADY_SET_UP' });
      expect(await keychain.get(`${one.workspace.id}/root/1`)).toBeNull();
    });

    test('mismatched: another key under the same name is told from a missing one', async () => {
      await keychain.set(`${one.workspace.id}/root/1`, randomBytes(32));
      expect(await state()).toBe('mismatched');
      await expect(one.vault.ready()).rejects.toMatchObject({ data: { state: 'mismatched' } });
    });

    test('without any service the passphrase way works', async () => {
      await keyring.stop();
      const other = await openVaultGround({ keychain });
      await expect(other.vault.create(null)).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
      await setUpVault(other, new Secret('a long passphrase'));
      expect(await other.vault.status()).toMatchObject({ state: 'available', way: 'passphrase' });
      await other.dispose();
    });

    test('with a locked service the passphrase way works, too', async () => {
      await keyring.lock();
      const other = await openVaultGround({ keychain });
      await setUpVault(other, new Secret('a long passphrase'));
      other.vault.lock();
      expect((await other.vault.unlock(new Secret('a long passphrase'))).condition.state).toBe('available');
      await other.dispose();
    });
  });
});

test.skipIf(process.platform !== 'linux')(
  'without a D-Bus there is no keychain, and nothing else takes its place',
  async () => {
    const script = `
    const { openSystemKeychain } = await import('./src/main/vault/napi-keychain.ts');
    const keychain = openSystemKeychain({ service: 'quartermaster-test' });
    const state = await keychain.probe();
    const failure = await keychain.get('there').then(() => 'answered', (error) => error.state);
    const written = await keychain.set('there', new Uint8Array(32)).then(() => 'written', (error) => error.state);
    console.log(JSON.stringify({ state, failure, written }));`;
    const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: '/nonexistent' };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '..', '..'),
      env,
      timeout: 20_000,
    });
    expect(JSON.parse(stdout)).toEqual({ state: 'unavailable', failure: 'unavailable', written: 'unavailable' });
  },
);
