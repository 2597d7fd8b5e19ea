import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MINUTE } from '../../../tests/support/clock.ts';
import type { FakeKeychain } from '../../../tests/support/fake-keychain.ts';
import { openVaultGround, setUpVault, type VaultGround } from '../../../tests/support/vault-ground.ts';
import { revealSecret, Secret } from '../secret.ts';
import { openVault } from './open.ts';
import type { Cell } from './vault.ts';

const CELL: Cell = { table: 'connections', column: 'credentials', rowId: 'c1', ownerId: 'u1' };
const reveal = (secret: Secret) => revealSecret(secret, 'to compare it in a test');

let open: VaultGround<FakeKeychain>[] = [];
async function ground(): Promise<VaultGround<FakeKeychain>> {
  const made = await openVaultGround();
  open.push(made);
  return made;
}
/** `dispose` works on what is open last, so the one that was reopened takes the old one's place. */
async function reopened(old: VaultGround<FakeKeychain>): Promise<VaultGround<FakeKeychain>> {
  const made = await old.reopen();
  open = open.map((one) => (one === old ? made : one));
  return made;
}
afterEach(async () => {
  for (const one of open) await one.dispose();
  open = [];
});

const rootItem = (one: VaultGround<FakeKeychain>) => `${one.workspace.id}/root/1`;

describe('the keychain way', () => {
  test('C1: the root lies in the keychain under the id of the workspace, and nowhere in the rows', async () => {
    const one = await ground();
    const vault = await setUpVault(one);
    const root = one.keychain.items.get(rootItem(one));
    expect(root).toHaveLength(32);
    expect(one.workspace.db.raw.prepare('SELECT wrapped_root FROM key_generations').pluck().all()).toEqual([null]);
    const blob = vault.encrypt(CELL, new Secret('hunter2'));
    const again = await reopened(one);
    expect(reveal((await again.vault.ready()).decrypt(CELL, blob))).toBe('hunter2');
  });

  test('before set-up the state is none, and using the vault says so', async () => {
    const { vault, keychain, clock } = await ground();
    expect(await vault.status()).toMatchObject({ state: 'none', way: null, generation: null, keychainUsable: true });
    await expect(vault.ready()).rejects.toMatchObject({ code: 'NOT_SET_UP' });
    expect(await vault.readyOrNull()).toBeNull();
    keychain.state = 'unavailable';
    clock.advance(5_000);
    expect(await vault.status()).toMatchObject({ state: 'none', keychainUsable: false });
  });

  test('set-up without a keychain is refused and says what to do', async () => {
    const one = await ground();
    for (const state of ['locked', 'unavailable'] as const) {
      one.keychain.state = state;
      await expect(one.vault.create(null)).rejects.toMatchObject({
        code: 'KEYCHAIN_UNAVAILABLE',
        message: expect.stringContaining('passphrase'),
      });
      // Said once, and in nobody's commands: each host adds how it is done there.
      const sentence = String(await one.vault.create(null).catch((error: Error) => error.message));
      expect(sentence.match(/passphrase/g)).toHaveLength(1);
      expect(sentence).not.toMatch(/qm |--/);
    }
    expect(one.keychain.items.size).toBe(0);
  });

  test('a second vault is never made, and a key that an interrupted set-up left is taken up', async () => {
    const one = await ground();
    await one.vault.create(null);
    const left = one.keychain.items.get(rootItem(one));
    const again = await reopened(one);
    await setUpVault(again);
    expect(again.keychain.items.get(rootItem(again))).toEqual(left);
    await expect(again.vault.create(null)).rejects.toMatchObject({ code: 'ALREADY_SET_UP' });
    await expect(again.vault.create(new Secret('a passphrase'))).rejects.toMatchObject({ code: 'ALREADY_SET_UP' });
    expect((await again.vault.status()).state).toBe('available');
  });

  test('A4: an emptied file is not set up anew while the keychain remembers its log', async () => {
    const one = await ground();
    await setUpVault(one);
    await one.vault.writeAnchor(Buffer.from('the head of a log'));
    one.workspace.db.raw.exec('DELETE FROM key_generations');
    one.vault.askAgain();
    await expect(one.vault.create(null)).rejects.toMatchObject({
      code: 'LOG_TAMPERED',
      data: { verdict: 'ROLLED_BACK' },
    });
  });

  test('the five states each have a sentence of their own', async () => {
    const one = await ground();
    await setUpVault(one);
    const root = one.keychain.items.get(rootItem(one)) ?? new Uint8Array();
    const seen = new Map<string, string>();
    const look = async () => {
      one.vault.askAgain();
      const { state, message } = await one.vault.status();
      seen.set(state, message);
      return state;
    };
    expect(await look()).toBe('available');
    one.keychain.state = 'locked';
    expect(await look()).toBe('locked');
    one.keychain.state = 'unavailable';
    expect(await look()).toBe('unavailable');
    one.keychain.state = 'available';
    one.keychain.items.delete(rootItem(one));
    expect(await look()).toBe('missing');
    one.keychain.items.set(rootItem(one), randomBytes(32));
    expect(await look()).toBe('mismatched');
    one.keychain.items.set(rootItem(one), randomBytes(31));
    expect(await look()).toBe('mismatched');
    expect(new Set(seen.values()).size).toBe(5);
    await expect(one.vault.ready()).rejects.toMatchObject({ code: 'VAULT_LOCKED', data: { state: 'mismatched' } });
    one.keychain.items.set(rootItem(one), root);
    expect(await look()).toBe('available');
  });

  test('a missing key is not made anew: nothing is written to the keychain', async () => {
    const one = await ground();
    await setUpVault(one);
    one.keychain.items.clear();
    const again = await reopened(one);
    await expect(again.vault.ready()).rejects.toMatchObject({ code: 'VAULT_LOCKED', data: { state: 'missing' } });
    expect(await again.vault.readyOrNull()).toBeNull();
    expect(again.keychain.items.size).toBe(0);
  });

  test('without a keychain at all the state is unavailable', async () => {
    const one = await ground();
    await setUpVault(one);
    const again = await one.reopen(null);
    open = [again];
    expect((await again.vault.status()).state).toBe('unavailable');
  });

  test('a keychain that is locked in the middle is noticed within a minute, and a handle that is out stops working', async () => {
    const one = await ground();
    await setUpVault(one);
    const handle = await one.vault.ready();
    const reads = one.keychain.reads;
    await one.vault.ready();
    expect(one.keychain.reads).toBe(reads);
    one.clock.advance(MINUTE);
    await one.vault.ready();
    expect(one.keychain.reads).toBe(reads + 1);
    handle.encrypt(CELL, new Secret('still the same key'));
    one.keychain.state = 'locked';
    one.clock.advance(MINUTE);
    await expect(one.vault.ready()).rejects.toMatchObject({ code: 'VAULT_LOCKED', data: { state: 'locked' } });
    expect(() => handle.encrypt(CELL, new Secret('x'))).toThrowError(expect.objectContaining({ code: 'VAULT_LOCKED' }));
    one.keychain.state = 'available';
    one.clock.advance(MINUTE);
    await one.vault.ready();
  });

  test('a keychain that does not open is not asked at every call, and callers at once share one question', async () => {
    const one = await ground();
    await setUpVault(one);
    one.keychain.state = 'locked';
    one.vault.askAgain();
    const before = one.keychain.reads;
    await Promise.all(Array.from({ length: 20 }, () => one.vault.readyOrNull()));
    for (let call = 0; call < 20; call += 1) await one.vault.status();
    expect(one.keychain.reads - before).toBe(1);
    one.clock.advance(5_000);
    await one.vault.status();
    one.clock.advance(5_000);
    await one.vault.status();
    expect(one.keychain.reads - before).toBe(2);
    one.clock.advance(5_000);
    await one.vault.status();
    expect(one.keychain.reads - before).toBe(3);
  });

  test('the root is overwritten after a minute even when nobody asks for it again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const one = await ground();
      await setUpVault(one);
      const handle = await one.vault.ready();
      vi.advanceTimersByTime(59_000);
      handle.encrypt(CELL, new Secret('x'));
      vi.advanceTimersByTime(1_000);
      expect(() => handle.encrypt(CELL, new Secret('x'))).toThrowError(
        expect.objectContaining({ code: 'VAULT_LOCKED' }),
      );
      (await one.vault.ready()).encrypt(CELL, new Secret('x'));
    } finally {
      vi.useRealTimers();
    }
  });

  test('a clock that goes backwards makes the vault ask the keychain again', async () => {
    const one = await ground();
    await setUpVault(one);
    await one.vault.ready();
    one.keychain.state = 'locked';
    one.clock.advance(-1);
    expect(await one.vault.readyOrNull()).toBeNull();
  });

  test('secrets of the console and the anchor are items of their own, and a failing keychain is not an absent item', async () => {
    const one = await ground();
    await expect(one.vault.writeOwnSecret('seed', randomBytes(32))).rejects.toMatchObject({ code: 'NOT_SET_UP' });
    expect(await one.vault.readOwnSecret(one.workspace.db, 'seed')).toBeNull();
    await setUpVault(one);
    const seed = randomBytes(32);
    await one.vault.writeOwnSecret('seed', seed);
    expect(Buffer.from((await one.vault.readOwnSecret(one.workspace.db, 'seed')) ?? [])).toEqual(seed);
    expect(await one.vault.readAnchor()).toBeNull();
    expect(await one.vault.writeAnchor(Buffer.from('head'))).toBe(true);
    expect(Buffer.from((await one.vault.readAnchor()) ?? []).toString()).toBe('head');
    expect(one.workspace.db.raw.prepare('SELECT count(*) FROM vault_secrets').pluck().get()).toBe(0);
    one.keychain.state = 'locked';
    await expect(one.vault.readAnchor()).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    await expect(one.vault.writeAnchor(Buffer.from('head'))).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    await expect(one.vault.readOwnSecret(one.workspace.db, 'seed')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  });
});

describe('the passphrase way', () => {
  const PASSPHRASE = new Secret('ein langer Satz, den niemand rät');

  test('opened by the passphrase for as long as the console runs, and closed after a start', async () => {
    const one = await ground();
    const vault = await setUpVault(one, PASSPHRASE);
    expect(one.keychain.items.size).toBe(0);
    const blob = vault.encrypt(CELL, new Secret('hunter2'));
    one.clock.advance(600 * MINUTE);
    expect(await one.vault.status()).toMatchObject({ state: 'available', way: 'passphrase', generation: 1 });
    const again = await reopened(one);
    expect(await again.vault.status()).toMatchObject({
      state: 'locked',
      way: 'passphrase',
      message: expect.stringContaining('Enter its passphrase'),
    });
    await expect(again.vault.unlock(new Secret('ein langer Satz'))).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    expect((await again.vault.status()).state).toBe('locked');
    const { condition, recipientId } = await again.vault.unlock(PASSPHRASE);
    expect(condition.state).toBe('available');
    expect(
      again.workspace.db.raw.prepare('SELECT kind FROM vault_recipients WHERE id = ?').pluck().get(recipientId),
    ).toBe('passphrase');
    expect(reveal((await again.vault.ready()).decrypt(CELL, blob))).toBe('hunter2');
    again.vault.lock();
    expect(await again.vault.readyOrNull()).toBeNull();
  });

  test('the same passphrase in another Unicode form opens it', async () => {
    const one = await ground();
    await setUpVault(one, new Secret('Müller und Söhne'.normalize('NFC')));
    one.vault.lock();
    expect((await one.vault.unlock(new Secret('Müller und Söhne'.normalize('NFD')))).condition.state).toBe('available');
  });

  test('its parameters are authenticated: an edited one does not open, and none can ask for all memory', async () => {
    const one = await ground();
    await setUpVault(one, PASSPHRASE);
    const read = one.workspace.db.raw.prepare<[], { id: string; parameters: string }>(
      "SELECT id, parameters FROM vault_recipients WHERE kind = 'passphrase'",
    );
    const row = read.get() ?? { id: '', parameters: '' };
    const edit = (change: (parameters: Record<string, unknown>) => void) => {
      const parameters = JSON.parse(row.parameters) as Record<string, unknown>; // Written by the console as an object.
      change(parameters);
      one.workspace.db.raw
        .prepare('UPDATE vault_recipients SET parameters = ? WHERE id = ?')
        .run(JSON.stringify(parameters), row.id);
    };
    one.vault.lock();
    edit((parameters) => {
      parameters.passes = 2;
    });
    await expect(one.vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    edit((parameters) => {
      parameters.memoryKiB = 64 * 1024 * 1024;
    });
    await expect(one.vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'WORKSPACE_DAMAGED' });
    edit((parameters) => {
      parameters.kdf = 'none';
    });
    await expect(one.vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'WORKSPACE_DAMAGED' });
    // The same meaning in another order is other bytes, and the bytes are what is authenticated.
    one.workspace.db.raw
      .prepare('UPDATE vault_recipients SET parameters = ? WHERE id = ?')
      .run(row.parameters.replace('{', '{ '), row.id);
    await expect(one.vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    edit(() => {});
    expect((await one.vault.unlock(PASSPHRASE)).condition.state).toBe('available');
  });

  test('the recovery key is kept under the current root and wraps every generation', async () => {
    const one = await ground();
    await setUpVault(one, PASSPHRASE);
    const kinds = one.workspace.db.raw.prepare('SELECT kind FROM vault_recipients ORDER BY kind').pluck().all();
    expect(kinds).toEqual(['passphrase', 'root']);
    expect(one.workspace.db.raw.prepare('SELECT wrapped_root FROM key_generations').pluck().get()).toHaveLength(
      10 + 12 + 32 + 16,
    );
  });

  test('costs what RFC 9106 recommends unless told otherwise: 64 MiB, 3 passes, 4 lanes', async () => {
    const one = await ground();
    const vault = openVault({ ...one.ground, keychain: null });
    await vault.create(PASSPHRASE);
    one.workspace.transaction((tx) => vault.record(tx, one.clock()));
    const parameters = one.workspace.db.raw
      .prepare("SELECT parameters FROM vault_recipients WHERE kind = 'passphrase'")
      .pluck()
      .get();
    expect(JSON.parse(String(parameters))).toMatchObject({ kdf: 'argon2id', memoryKiB: 65_536, passes: 3, lanes: 4 });
    vault.lock();
    await vault.unlock(PASSPHRASE);
    vault.close();
  });

  test('a damaged generation is told from a wrong passphrase', async () => {
    const one = await ground();
    await setUpVault(one, PASSPHRASE);
    one.vault.lock();
    one.workspace.db.raw.prepare("UPDATE key_generations SET check_value = x'0000000000000000'").run();
    await expect(one.vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'WORKSPACE_DAMAGED' });
    one.workspace.db.raw.prepare('UPDATE key_generations SET wrapped_root = zeroblob(70)').run();
    await expect(one.vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'WORKSPACE_DAMAGED' });
  });

  test('a vault of the keychain has no passphrase to try', async () => {
    const one = await ground();
    await setUpVault(one);
    await expect(one.vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('X6: a file that was switched from the keychain to a passphrase of somebody else is not opened', async () => {
    const one = await ground();
    await setUpVault(one);
    const attacker = await openVaultGround();
    open.push(attacker);
    attacker.workspace.db.raw.prepare('UPDATE workspace SET id = ?').run(one.workspace.id);
    const theirs = await reopened(attacker);
    await setUpVault(theirs, PASSPHRASE);
    for (const table of ['key_generations', 'vault_recipients']) {
      one.workspace.db.raw.prepare(`DELETE FROM ${table}`).run();
      for (const row of theirs.workspace.db.raw.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all())
        one.workspace.db.raw
          .prepare(
            `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
              .map(() => '?')
              .join(', ')})`,
          )
          .run(...Object.values(row));
    }
    one.vault.askAgain();
    await expect(one.vault.unlock(PASSPHRASE)).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      data: { state: 'mismatched' },
    });
  });

  test('secrets of the console are vault blobs then, and nothing is anchored', async () => {
    const one = await ground();
    await setUpVault(one, PASSPHRASE);
    const seed = randomBytes(32);
    await one.vault.writeOwnSecret('seed', randomBytes(32));
    await one.vault.writeOwnSecret('seed', seed);
    expect(Buffer.from((await one.vault.readOwnSecret(one.workspace.db, 'seed')) ?? [])).toEqual(seed);
    expect(await one.vault.readOwnSecret(one.workspace.db, 'other')).toBeNull();
    expect(await one.vault.writeAnchor(Buffer.from('head'))).toBe(false);
    expect(await one.vault.readAnchor()).toBeNull();
    const again = await reopened(one);
    await expect(again.vault.readOwnSecret(again.workspace.db, 'seed')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    await again.vault.unlock(PASSPHRASE);
    expect(Buffer.from((await again.vault.readOwnSecret(again.workspace.db, 'seed')) ?? [])).toEqual(seed);
  });
});
