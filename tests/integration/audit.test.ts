import { createPublicKey, randomUUID, verify } from 'node:crypto';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { AuditEntry } from '../../src/contract/audit.ts';
import {
  type Append,
  checkNote,
  leafHash,
  parseCheckpoint,
  parseNote,
  rootFromPath,
  verifySignature,
} from '../../src/main/audit/index.ts';
import { parseVerifierKey } from '../../src/main/audit/note.ts';
import { FakeKeychain } from '../support/fake-keychain.ts';
import { openSetUpConsole, signIn } from '../support/test-console.ts';
import { openTestLog, root, type TestLog } from '../support/test-log.ts';

const open: TestLog[] = [];
const openLog = async (...from: Parameters<typeof openTestLog>) => {
  const log = await openTestLog(...from);
  open.push(log);
  return log;
};
afterEach(async () => {
  for (const log of open.splice(0)) await log.dispose();
});

const count = (log: TestLog) => log.workspace.db.raw.prepare('SELECT count(*) FROM audit_entries').pluck().get();
const entry: Append = { actor: root, event: 'admin.settings_changed', target: null };

describe('A1: an act and its entry', () => {
  test('are there together, or neither', async () => {
    const log = await openLog();
    log.append(3);
    const before = log.workspace.db.raw.prepare('SELECT hashes FROM audit_frontier').pluck().get();
    expect(() =>
      log.workspace.transaction((tx) => {
        log.audit.append(tx, entry);
        tx.raw.prepare("INSERT INTO settings VALUES ('x', '{}', 1, x'')").run();
        throw new Error('undone');
      }),
    ).toThrow('undone');
    expect(count(log)).toBe(3);
    expect(log.workspace.db.raw.prepare('SELECT hashes FROM audit_frontier').pluck().get()).toEqual(before);
    expect(log.append(1)).toBe(4);
    await log.audit.checkpoint();
    expect(await log.audit.verify()).toMatchObject({ verdict: 'OK', entries: 5 });
  });

  test('two entries of one transaction stand in call order, and another connection sees both', async () => {
    const log = await openLog();
    const sequences = log.workspace.transaction((tx) => [
      log.audit.append(tx, { ...entry, event: 'cloud.credentials_purged' }),
      log.audit.append(tx, { ...entry, event: 'admin.user_deleted' }),
    ]);
    expect(sequences).toEqual([1, 2]);
    const second = new Database(log.file, { readonly: true });
    expect(second.prepare('SELECT event FROM audit_entries ORDER BY sequence').pluck().all()).toEqual([
      'cloud.credentials_purged',
      'admin.user_deleted',
    ]);
    second.close();
  });

  test('the database itself refuses to change or remove an entry', async () => {
    const log = await openLog();
    log.append(2);
    const { raw } = log.workspace.db;
    expect(() => raw.exec("UPDATE audit_entries SET event = 'x' WHERE sequence = 1")).toThrow(/append only/);
    expect(() => raw.exec('DELETE FROM audit_entries WHERE sequence = 2')).toThrow(/append only/);
  });
});

describe('A5: the list', () => {
  test('is newest first, by key, and filters by event, target, actor and outcome', async () => {
    const log = await openLog();
    const other = '01936f00-0000-7000-8000-00000000000f';
    log.append(10);
    log.append(2, { event: 'admin.user_created', target: { kind: 'user', id: 'ada' } });
    log.append(1, { outcome: 'refused', target: { kind: 'user', id: 'ada' } });
    log.append(1, { actor: { kind: 'console', onBehalfOf: other, origin: root.origin } });
    const { db } = log.workspace;
    const all: number[] = [];
    let after: string | null = null;
    do {
      const page: { rows: AuditEntry[]; next: string | null } = log.audit.list(db, { limit: 4, after });
      for (const row of page.rows) all.push(AuditEntry.parse(row).sequence);
      after = page.next;
    } while (after);
    expect(all).toEqual(Array.from({ length: 14 }, (_, index) => 14 - index));
    const found = (filter: object) => log.audit.list(db, { limit: 50, ...filter }).rows.map((row) => row.sequence);
    expect(found({ event: 'admin.user_created' })).toEqual([12, 11]);
    expect(found({ targetId: 'ada' })).toEqual([13, 12, 11]);
    expect(found({ targetId: 'ada', event: 'admin.quota_changed' })).toEqual([13]);
    expect(found({ outcome: 'refused' })).toEqual([13]);
    expect(found({ actorId: other })).toEqual([14]);
    expect(found({ actorId: root.kind === 'administrator' ? root.id : '', outcome: 'done' })).toHaveLength(12);
    expect(found({ event: 'nothing' })).toEqual([]);
  });

  test.each(['x', '0', '-1', '1.5', '1e3', '9'.repeat(30), "1' OR 1=1"])(
    'a cursor that is none is refused: %s',
    async (after) => {
      const log = await openLog();
      expect(() => log.audit.list(log.workspace.db, { limit: 1, after })).toThrow(/no such page/);
    },
  );

  test('shows entries that somebody made unreadable, and says so', async () => {
    const log = await openLog();
    log.append(3);
    const later = await log.reopen((raw) =>
      raw.exec("UPDATE audit_entries SET entry = '{', id = 'x', outcome = 'x' WHERE sequence = 2"),
    );
    open.push(later);
    const { rows } = later.audit.list(later.workspace.db, { limit: 10 });
    const unreadable = rows.filter((row) => AuditEntry.parse(row).metadata.unreadable === true);
    expect(unreadable.map((row) => row.sequence)).toEqual([2]);
  });
});

describe('X6: the newest seal of a row', () => {
  const seal = (value: number | null) => ({
    table: 'users',
    rowId: 'u',
    seal: value === null ? null : Buffer.alloc(36, value),
  });

  test('is the one that the newest entry gave it, null once the row was removed, undefined where none did', async () => {
    const log = await openLog();
    const { db } = log.workspace;
    expect(log.audit.newestSeal(db, 'users', 'u')).toBeUndefined();
    log.append(1, { sealed: seal(1) });
    log.append(1, { sealed: seal(2) });
    log.append(1, { sealed: { ...seal(3), rowId: 'v' } });
    log.append(1, { sealed: { ...seal(4), table: 'sessions' } });
    expect(log.audit.newestSeal(db, 'users', 'u')).toEqual(Buffer.alloc(36, 2));
    log.append(1, { sealed: seal(null) });
    expect(log.audit.newestSeal(db, 'users', 'u')).toBeNull();
  });

  test('an entry that cannot be read gives no seal; one that was edited elsewhere still gives its own', async () => {
    const log = await openLog();
    log.append(1, { sealed: seal(1) });
    log.append(1, { sealed: { ...seal(2), rowId: 'v' } });
    const later = await log.reopen((raw) =>
      raw.exec(`UPDATE audit_entries SET entry = replace(entry, '"done"', '"failed"') WHERE sequence = 1;
                UPDATE audit_entries SET entry = '{}' WHERE sequence = 2`),
    );
    open.push(later);
    expect(later.audit.newestSeal(later.workspace.db, 'users', 'u')).toEqual(Buffer.alloc(36, 1));
    expect(later.audit.newestSeal(later.workspace.db, 'users', 'v')).toBeUndefined();
  });
});

describe('A4: checkpoints', () => {
  test('the first makes the key and enters it in the log; the fingerprint is known while the vault is locked', async () => {
    const log = await openLog();
    expect(log.audit.fingerprint()).toBeNull();
    expect(await log.audit.checkpoint()).toBeNull();
    log.append(2);
    const { size, note } = (await log.audit.checkpoint())!;
    expect(size).toBe(3);
    const [created] = log.audit.list(log.workspace.db, { event: 'console.checkpoint_key_created', limit: 2 }).rows;
    const key = parseVerifierKey(String(created?.metadata.key))!;
    expect(key.name).toBe(`quartermaster/${log.workspace.id}`);
    expect(checkNote(parseNote(note)!, key)).toBe('good');
    expect(parseCheckpoint(parseNote(note)!.text)).toMatchObject({ origin: key.name, size: 3 });
    const later = await log.reopen();
    open.push(later);
    later.setLocked(true);
    expect(later.audit.fingerprint()).toBe(created?.metadata.fingerprint);
  });

  test('nothing new makes no new one; any number at once make one', async () => {
    const log = await openLog();
    log.append(2);
    const made = await Promise.all([log.audit.checkpoint(), log.audit.checkpoint(), log.audit.checkpoint()]);
    expect(new Set(made.map((checkpoint) => checkpoint?.note)).size).toBe(1);
    expect(log.workspace.db.raw.prepare('SELECT size FROM audit_checkpoints').pluck().all()).toEqual([3]);
  });

  test('are made by themselves after so many entries', async () => {
    const log = await openLog({ pace: { entries: 10, ms: 3_600_000 } });
    log.append(9);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(log.anchoredSize() !== null).toBe(false);
    log.append(1);
    await expect.poll(() => log.anchoredSize() !== null).toBe(true);
    expect(log.audit.state()).toBe('intact');
  });

  test('are made by themselves after a while, and tried again while the vault is locked', async () => {
    const keychain = new FakeKeychain();
    keychain.state = 'locked';
    const log = await openLog({ keychain, pace: { entries: 1000, ms: 20 } });
    log.append(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(log.audit.state()).toBe('unchecked');
    log.setLocked(false);
    await expect.poll(() => log.anchoredSize()).toBe(2);
    expect(log.audit.state()).toBe('intact');
  });

  test('closing anchors what came last', async () => {
    const log = await openLog();
    log.append(5);
    expect(log.anchoredSize()).toBeNull();
    const later = await log.reopen();
    open.push(later);
    expect(later.anchoredSize()).toBe(6);
    expect(later.audit.state()).toBe('intact');
  });

  test('entries after the last anchor, as a crash leaves them, are no tampering', async () => {
    const keychain = new FakeKeychain();
    const log = await openLog({ keychain });
    log.append(5);
    await log.audit.checkpoint();
    log.append(5);
    log.crash();
    const later = await openLog({ dir: log.dir, keychain });
    expect(later.audit.state()).toBe('intact');
    expect(await later.audit.verify()).toMatchObject({ verdict: 'OK', entries: 11 });
    expect(later.anchoredSize()).toBe(6);
    await later.close();
    expect(later.anchoredSize()).toBe(11);
  });

  test('without a keychain nothing is anchored, and everything else is as it is with one', async () => {
    const log = await openLog({ hasKeychain: false });
    log.append(5);
    expect((await log.audit.checkpoint())?.size).toBe(6);
    expect(log.audit.state()).toBe('not_anchored');
    const key = log.audit.fingerprint();
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    const later = await log.reopen();
    open.push(later);
    expect(later.audit.state()).toBe('not_anchored');
    later.audit.requireIntact();
    expect(later.audit.fingerprint()).toBe(key);
    expect(await later.audit.verify()).toMatchObject({ verdict: 'OK', entries: 6, anchored: false });
    expect((await later.audit.sign(Buffer.from('x'))).fingerprint).toBe(later.audit.fingerprint());
  });

  test('a keychain that lost its anchor is not anchored, and not tampering', async () => {
    const keychain = new FakeKeychain();
    const log = await openLog({ keychain });
    log.append(5);
    await log.close();
    log.forget('anchor');
    const later = await openLog({ dir: log.dir, keychain });
    expect(later.audit.state()).toBe('not_anchored');
    later.audit.requireIntact();
    expect(await later.audit.verify()).toMatchObject({ verdict: 'OK', anchored: false });
    later.append(1);
    await later.audit.checkpoint();
    expect(later.audit.state()).toBe('intact');
  });

  test('a keychain that lost the key begins an epoch that names what it replaces', async () => {
    const keychain = new FakeKeychain();
    const log = await openLog({ keychain });
    log.append(5);
    await log.audit.checkpoint();
    const old = log.audit.fingerprint()!;
    await log.close();
    log.forget('own/audit-seed');
    const later = await openLog({ dir: log.dir, keychain });
    later.append(1);
    await later.audit.checkpoint();
    const [created] = later.audit.list(later.workspace.db, {
      event: 'console.checkpoint_key_created',
      limit: 1,
    }).rows;
    expect(created?.metadata.replaces).toMatchObject({ fingerprint: old, size: 7 });
    const key = later.audit.fingerprint()!;
    expect(key).not.toBe(old);
    expect(await later.audit.verify({ key })).toMatchObject({ verdict: 'OK' });
    expect(await later.audit.verify({ key: old })).toMatchObject({ verdict: 'UNTRUSTED_KEY' });
  });

  test('while the vault is locked nothing is vouched for: unchecked, and no deletion', async () => {
    const keychain = new FakeKeychain();
    const log = await openLog({ keychain });
    log.append(5);
    await log.close();
    keychain.state = 'locked';
    const later = await openLog({ dir: log.dir, keychain });
    expect(later.audit.state()).toBe('unchecked');
    expect(() => later.audit.requireIntact()).toThrow(
      expect.objectContaining({ code: 'LOG_TAMPERED', data: { verdict: 'UNCHECKED' } }),
    );
    expect(await later.audit.checkpoint()).toBeNull();
    await expect(later.audit.sign(Buffer.from('x'))).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    later.setLocked(false);
    expect(await later.audit.check()).toBe('intact');
    later.audit.requireIntact();
  });
});

describe('D9: proofs and signatures for certificates', () => {
  test('each entry is proven in the tree of each checkpoint that holds it', async () => {
    const log = await openLog();
    for (const size of [1, 254, 256, 257, 700]) {
      log.append(size - Number(count(log)));
      const { size: at, note } = (await log.audit.checkpoint())!;
      const { root: signed } = parseCheckpoint(parseNote(note)!.text)!;
      const sequences = [1, Math.ceil(at / 2), at - 1, at].filter((sequence) => sequence >= 1);
      for (const proof of log.audit.prove(sequences, at)) {
        const path = proof.path.map((hash) => Buffer.from(hash, 'base64'));
        expect(rootFromPath(leafHash(proof.entry), proof.sequence - 1, at, path)?.equals(signed)).toBe(true);
        expect(JSON.parse(proof.entry).sequence).toBe(proof.sequence);
      }
    }
    const earlier = log.audit.prove([3], 100)[0]!;
    expect(earlier.path).toHaveLength(7);
    expect(() => log.audit.prove([101], 100)).toThrow(/not among/);
    expect(() => log.audit.prove([1], 1_000_000)).toThrow(/missing/);
  });

  test('signs with the key whose fingerprint is known', async () => {
    const log = await openLog();
    log.append(1);
    const message = Buffer.from('certificate');
    const { signature, publicKey, fingerprint } = await log.audit.sign(message);
    expect(fingerprint).toBe(log.audit.fingerprint());
    expect(verifySignature(message, publicKey, signature)).toBe(true);
    expect(verifySignature(Buffer.from('another'), publicKey, signature)).toBe(false);
    expect(verifySignature(message, publicKey.subarray(1), signature)).toBe(false);
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
    expect(verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)).toBe(true);
  });

  test('a log that was tampered with signs nothing', async () => {
    const log = await openLog();
    log.append(5);
    const later = await log.reopen((raw) => raw.exec('DELETE FROM audit_entries WHERE sequence = 3'));
    open.push(later);
    await expect(later.audit.sign(Buffer.from('x'))).rejects.toMatchObject({
      code: 'LOG_TAMPERED',
      data: { verdict: 'MISSING' },
    });
  });
});

test('A4: a check can be called off, and does not hold the event loop', async () => {
  const log = await openLog();
  log.workspace.transaction((tx) => {
    for (let index = 0; index < 20_000; index += 1)
      log.audit.append(tx, { ...entry, metadata: { index, id: randomUUID() } });
  });
  const stop = new AbortController();
  const cancelled = expect(log.audit.verify({}, stop.signal)).rejects.toThrow();
  stop.abort();
  await cancelled;
  await log.audit.checkpoint();
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await log.audit.verify()).toMatchObject({ verdict: 'OK', entries: 20_001 });
  isDone = true;
  expect(turns).toBeGreaterThanOrEqual(40);
});

describe('the log over the bridge', () => {
  test('A3, A5: a check of the log is an entry itself, with what was found', async () => {
    const opened = await openSetUpConsole({ motor: false });
    const found = await opened.client.audit.verify({});
    expect(found).toMatchObject({ verdict: 'OK', firstBad: null, anchored: true });
    const { rows } = await opened.client.audit.list({ limit: 1 });
    expect(rows[0]).toMatchObject({
      event: 'admin.audit_verified',
      sequence: found.entries + 1,
      actor: { kind: 'administrator' },
      origin: { machine: 'test', osAccount: 'tester', host: 'qm' },
      metadata: { verdict: 'OK', entries: found.entries },
    });
    expect((await opened.client.audit.verify({ key: '00' })).verdict).toBe('UNTRUSTED_KEY');
    await opened.dispose();
  });

  test('A4: a file that was cut, put back or edited is named at the next start, whatever the start writes', async () => {
    const damages = [
      ['TRUNCATED', 'DELETE FROM audit_entries WHERE sequence > (SELECT max(sequence) - 2 FROM audit_entries)'],
      ['MISSING', 'DELETE FROM audit_entries WHERE sequence = 3'],
      ['EDITED', `UPDATE audit_entries SET entry = replace(entry, '"done"', '"refused"') WHERE sequence = 2`],
    ] as const;
    for (const [verdict, damage] of damages) {
      const opened = await openSetUpConsole({ motor: false });
      await opened.console.close();
      const raw = new Database(`${opened.dir}/workspace.sqlite`);
      raw.exec('DROP TRIGGER audit_entries_no_update; DROP TRIGGER audit_entries_no_delete');
      raw.exec(damage);
      raw.close();
      const later = await opened.reopen();
      await signIn(later);
      expect((await later.client.session.state({})).audit.state).toBe('tampered');
      expect(await later.client.audit.verify({})).toMatchObject({ verdict });
      await later.dispose();
    }
  });

  test.each([
    ['removed', "DELETE FROM audit_entries WHERE event = 'admin.user_created'", 'MISSING'],
    ['unreadable', "UPDATE audit_entries SET entry = '{' WHERE event = 'admin.user_created'", 'EDITED'],
    [
      'given another seal',
      `UPDATE audit_entries SET entry = replace(entry, '"value":"AAAA', '"value":"BBBB') WHERE event = 'admin.user_created'`,
      'EDITED',
    ],
  ])(
    'A4, X6: the entry that vouches for the only administrator, %s: the log stays readable, nothing can be changed',
    async (_what, damage, verdict) => {
      const opened = await openSetUpConsole({ motor: false });
      await opened.console.close();
      const raw = new Database(`${opened.dir}/workspace.sqlite`);
      raw.exec('DROP TRIGGER audit_entries_no_update; DROP TRIGGER audit_entries_no_delete');
      raw.exec(damage);
      raw.close();
      const later = await opened.reopen();
      await signIn(later);
      expect(await later.client.audit.verify({})).toMatchObject({ verdict });
      const state = await later.client.session.state({});
      expect(state).toMatchObject({ audit: { state: 'tampered' }, signedIn: { readOnly: true } });
      const user = { mail: 'ada@example.org', name: 'Ada', firstPassword: 'a first password' };
      await expect(later.client.users.create(user)).rejects.toMatchObject({ code: 'LOG_TAMPERED', data: { verdict } });
      await later.dispose();
    },
  );
});
