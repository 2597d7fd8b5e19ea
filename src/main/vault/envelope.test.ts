import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openVaultGround, setUpVault, type VaultGround } from '../../../tests/support/vault-ground.ts';
import { revealSecret, Secret } from '../secret.ts';
import { bindingOf, decryptBlob, encryptBlob, lengthPrefixed, readHeader, VaultBlobError } from './envelope.ts';
import type { Cell, UnlockedVault } from './vault.ts';

const CONNECTION: Cell = { table: 'connections', column: 'credentials', rowId: 'c1', ownerId: 'u1' };

function faultOf(vault: UnlockedVault, cell: Cell, blob: Uint8Array): string {
  try {
    return `opened: ${revealSecret(vault.decrypt(cell, blob), 'to compare it in a test')}`;
  } catch (error) {
    if (error instanceof VaultBlobError) return error.fault;
    throw error;
  }
}

describe('format QMB1', () => {
  const key = randomBytes(32);
  const binding = bindingOf('workspace', CONNECTION);
  const blob = encryptBlob(
    key,
    { purpose: 'credentials', generation: 7 },
    binding,
    randomBytes(12),
    Buffer.from('hunter2'),
  );

  test('the bytes are where the format says', () => {
    expect(blob.subarray(0, 4).toString('latin1')).toBe('QMB1');
    expect([...blob.subarray(4, 10)]).toEqual([1, 1, 0, 0, 0, 7]);
    expect(blob).toHaveLength(10 + 12 + 'hunter2'.length + 16);
    expect(readHeader(blob)).toEqual({ purpose: 'credentials', generation: 7 });
  });

  test('C1: written from the description alone, another program opens what the vault made', async () => {
    const one = await openVaultGround();
    try {
      const made = (await setUpVault(one)).encrypt(CONNECTION, new Secret('pässword'));
      const root = one.keychain.items.get(`${one.workspace.id}/root/1`) ?? new Uint8Array();
      const subKey = Buffer.from(hkdfSync('sha256', root, one.workspace.id, 'qm/v1/credentials', 32));
      const bytes = Buffer.from(made);
      const decipher = createDecipheriv('aes-256-gcm', subKey, bytes.subarray(10, 22), { authTagLength: 16 });
      const prefixed = [one.workspace.id, 'connections', 'credentials', 'c1', 'u1'].map((text) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(Buffer.byteLength(text));
        return Buffer.concat([length, Buffer.from(text)]);
      });
      decipher.setAAD(Buffer.concat([bytes.subarray(0, 10), ...prefixed]));
      decipher.setAuthTag(bytes.subarray(-16));
      expect(Buffer.concat([decipher.update(bytes.subarray(22, -16)), decipher.final()]).toString()).toBe('pässword');
    } finally {
      await one.dispose();
    }
  });

  test('every bit of every byte counts', () => {
    for (let at = 0; at < blob.length; at += 1)
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = Buffer.from(blob);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(decryptBlob(key, binding, flipped), `byte ${at}, bit ${bit}`).toBeNull();
      }
    expect(decryptBlob(key, binding, blob)?.toString()).toBe('hunter2');
  });

  test('a tag that was cut short or made longer is refused, whatever its length', () => {
    for (let cut = 1; cut <= blob.length; cut += 1)
      expect(decryptBlob(key, binding, blob.subarray(0, -cut))).toBeNull();
    expect(decryptBlob(key, binding, Buffer.concat([blob, Buffer.alloc(1)]))).toBeNull();
    expect(decryptBlob(key, binding, new Uint8Array())).toBeNull();
  });

  test('no two lists of texts share their prefixed form', () => {
    expect(lengthPrefixed('ab', 'c')).not.toEqual(lengthPrefixed('a', 'bc'));
    expect(lengthPrefixed('a')).not.toEqual(lengthPrefixed('a', ''));
  });
});

describe('a blob that does not open says why', () => {
  let one: VaultGround;
  let vault: UnlockedVault;

  beforeEach(async () => {
    one = await openVaultGround();
    vault = await setUpVault(one);
    const { raw } = one.workspace.db;
    const user = raw.prepare(
      `INSERT INTO users (id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
       VALUES (@id, @id, @id, @id, 'user', 'active', '', 0, 1, x'', 0)`,
    );
    const backend = raw.prepare("INSERT INTO backends (kind) VALUES ('webdav')");
    const connection = raw.prepare(
      `INSERT INTO connections (id, user_no, backend_no, provider, label, account, configuration, credentials, root, owned_root, state, version, seal, created_at)
       VALUES (?, ?, ?, 'webdav', '', '', '{}', ?, '/', 0, 'untested', 1, x'', 0)`,
    );
    for (const [userId, connectionId] of [
      ['u1', 'c1'],
      ['u2', 'c2'],
    ] as const) {
      const userNo = user.run({ id: userId }).lastInsertRowid;
      const cell = { ...CONNECTION, rowId: connectionId, ownerId: userId };
      const blob = vault.encrypt(cell, new Secret(`password of ${connectionId}`));
      connection.run(connectionId, userNo, backend.run().lastInsertRowid, blob);
    }
  });
  afterEach(() => one.dispose());

  const read = (id: string) =>
    one.workspace.db.raw
      .prepare<[string], Buffer>('SELECT credentials FROM connections WHERE id = ?')
      .pluck()
      .get(id) ?? Buffer.alloc(0);
  const cellOf = (rowId: string, ownerId: string): Cell => ({ ...CONNECTION, rowId, ownerId });

  test('X6: swapped between rows, columns, tables and owners it is another row’s', () => {
    expect(faultOf(vault, cellOf('c1', 'u1'), read('c1'))).toBe('opened: password of c1');
    expect(faultOf(vault, cellOf('c1', 'u1'), read('c2'))).toBe('other-row');
    expect(faultOf(vault, cellOf('c2', 'u2'), read('c1'))).toBe('other-row');
    expect(faultOf(vault, cellOf('c1', 'u2'), read('c1'))).toBe('other-row');
    expect(faultOf(vault, { ...cellOf('c1', 'u1'), column: 'configuration' }, read('c1'))).toBe('other-row');
    expect(faultOf(vault, { ...cellOf('c1', 'u1'), table: 'storage_profiles' }, read('c1'))).toBe('other-row');
    expect(faultOf(vault, { ...cellOf('c1', 'u1'), table: 'settings' }, read('c1'))).toBe('other-row');
  });

  test('damaged bytes are damaged, and never opened', () => {
    const blob = read('c1');
    for (const at of [0, 4, 5, 10, 22, blob.length - 1]) {
      const flipped = Buffer.from(blob);
      flipped[at] = (flipped[at] ?? 0) ^ 0x80;
      expect(faultOf(vault, cellOf('c1', 'u1'), flipped), `byte ${at}`).toBe('damaged');
    }
    expect(faultOf(vault, cellOf('c1', 'u1'), blob.subarray(0, -1))).toBe('damaged');
    expect(faultOf(vault, cellOf('c1', 'u1'), Buffer.alloc(0))).toBe('damaged');
  });

  test('a generation that is not in the ring is another key', () => {
    const blob = read('c1');
    blob.writeUInt32BE(2, 6);
    expect(faultOf(vault, cellOf('c1', 'u1'), blob)).toBe('other-key');
  });

  test('each fault has its code, its sentence and no secret in it', () => {
    const seen = new Set<string>();
    for (const fault of ['damaged', 'other-row', 'other-key'] as const) {
      const error = new VaultBlobError(fault, CONNECTION);
      seen.add(`${error.code} ${error.message}`);
      expect(error.message).toContain('c1');
    }
    expect(seen.size).toBe(3);
  });

  test('a blob of another workspace is not opened, though the row ids are the same', async () => {
    const other = await openVaultGround();
    try {
      const theirs = (await setUpVault(other)).encrypt(cellOf('c1', 'u1'), new Secret('x'));
      expect(faultOf(vault, cellOf('c1', 'u1'), theirs)).toBe('damaged');
    } finally {
      await other.dispose();
    }
  });
});
