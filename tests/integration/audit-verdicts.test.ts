import type Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import type { Verification } from '../../src/contract/audit.ts';
import { GENESIS, openChain } from '../../src/main/audit/chain.ts';
import { Frontier, leafDigest } from '../../src/main/audit/merkle.ts';
import { signerFromSeed, signNote } from '../../src/main/audit/note.ts';
import { copyOf, openTestLog, type TestLog } from '../support/test-log.ts';

const open: TestLog[] = [];

function chainHash(sequence: number, previous: Buffer, leaf: string): Buffer {
  return Buffer.from(openChain()(sequence, previous.toString('hex'), leaf), 'hex');
}

afterEach(async () => {
  for (const log of open.splice(0)) await log.dispose();
});

/** A log of 40 entries and the key's own, with checkpoints at 21 and 41 entries, anchored, and closed. */
async function goodLog(options: { hasKeychain?: boolean } = {}): Promise<TestLog> {
  const log = await openTestLog(options);
  open.push(log);
  log.append(20);
  await log.audit.checkpoint();
  log.append(20);
  await log.audit.checkpoint();
  await log.close();
  return log;
}

async function damagedBy(
  damage: (raw: Database.Database) => void,
  options: { hasKeychain?: boolean } = {},
): Promise<TestLog> {
  const log = await (await goodLog(options)).reopen(damage);
  open.push(log);
  return log;
}

async function expectVerdict(log: TestLog, verdict: Verification['verdict'], firstBad: number | null = null) {
  expect(await log.audit.verify()).toMatchObject({ verdict, firstBad });
  expect(log.audit.state()).toBe('tampered');
  expect(() => log.audit.requireIntact()).toThrow(/Nothing can be deleted/);
  // The verdict stays when the console writes on, and after another start.
  log.append(30);
  expect(await log.audit.verify()).toMatchObject({ verdict });
  const later = await log.reopen();
  open.push(later);
  expect(await later.audit.verify()).toMatchObject({ verdict });
  expect(later.audit.state()).toBe('tampered');
  expect(await later.audit.checkpoint()).toBeNull();
  const tampered = later.audit.list(later.workspace.db, { event: 'console.log_tampered', limit: 10 }).rows;
  expect(tampered.at(-1)).toMatchObject({ outcome: 'failed', metadata: { verdict } });
  expect(tampered).toHaveLength(1);
}

interface Stored {
  sequence: number;
  entry: string;
  previous_hash: Buffer;
  hash: Buffer;
}

/** What somebody does who knows the format, but has no key: changes entries and works out every hash and the head anew. */
function rewrite(
  raw: Database.Database,
  change: (entries: Record<string, unknown>[]) => Record<string, unknown>[],
): void {
  const rows = raw.prepare<[], Stored & { id: string }>('SELECT * FROM audit_entries ORDER BY sequence').all();
  const entries = change(rows.map((row) => JSON.parse(row.entry) as Record<string, unknown>));
  raw.exec('DELETE FROM audit_entries');
  const frontier = new Frontier();
  let previous: Buffer = Buffer.from(GENESIS, 'hex');
  entries.forEach((parsed, index) => {
    const template = rows.find((row) => row.id === parsed.id)!;
    const sequence = index + 1;
    const entry = JSON.stringify({ ...parsed, sequence }); // The keys stand in canonical order already.
    const leaf = leafDigest(entry);
    const hash = chainHash(sequence, previous, leaf);
    const row = { ...template, sequence, entry, previous_hash: previous, hash };
    const names = Object.keys(row);
    raw
      .prepare(`INSERT INTO audit_entries (${names.join()}) VALUES (${names.map((name) => `@${name}`).join()})`)
      .run(row);
    frontier.add(leaf);
    previous = hash;
  });
  raw
    .prepare('UPDATE audit_frontier SET size = ?, hashes = ?')
    .run(frontier.size, Buffer.concat([previous, ...frontier.peaks]));
}

/** Gives entries 8 and 9 each other's columns. */
function swap(raw: Database.Database, columns: string): void {
  raw.exec(`CREATE TEMP TABLE kept AS SELECT * FROM audit_entries WHERE sequence IN (8, 9)`);
  raw.exec(`UPDATE audit_entries SET id = id || '-' WHERE sequence IN (8, 9)`);
  for (const column of columns.split(' '))
    raw.exec(
      `UPDATE audit_entries SET ${column} = (SELECT ${column} FROM kept WHERE sequence = 17 - audit_entries.sequence) WHERE sequence IN (8, 9)`,
    );
}

describe('A4: an intact log', () => {
  test('is OK, also after another start, and names its newest checkpoint', async () => {
    const log = await damagedBy(() => {});
    const { size, note } = (await log.audit.checkpoint())!;
    expect(size).toBe(41);
    expect(await log.audit.verify()).toMatchObject({
      verdict: 'OK',
      entries: 41,
      firstBad: null,
      checkpoint: note,
      anchored: true,
    });
    expect(log.audit.state()).toBe('intact');
    log.audit.requireIntact();
  });

  test('is OK with the fingerprint and the newest checkpoint that are known from outside', async () => {
    const log = await damagedBy(() => {});
    const { note } = (await log.audit.checkpoint())!;
    const key = log.audit.fingerprint()!;
    log.append(3);
    expect(await log.audit.verify({ key, checkpoint: note })).toMatchObject({ verdict: 'OK', entries: 44 });
  });
});

describe('A4: EDITED', () => {
  const edits: Record<string, string> = {
    'a fact in an entry': `UPDATE audit_entries SET entry = replace(entry, '5368709120', '6368709120') WHERE sequence = 12`,
    'an entry that is no JSON any more': `UPDATE audit_entries SET entry = 'gone' WHERE sequence = 12`,
    'the hash': `UPDATE audit_entries SET hash = randomblob(32) WHERE sequence = 12`,
    'the hash, cut short': `UPDATE audit_entries SET hash = x'00' WHERE sequence = 12`,
    'the previous hash': `UPDATE audit_entries SET previous_hash = randomblob(32) WHERE sequence = 12`,
    'the id column': `UPDATE audit_entries SET id = 'x' WHERE sequence = 12`,
    'the time column': `UPDATE audit_entries SET time = time + 1 WHERE sequence = 12`,
    'the event column': `UPDATE audit_entries SET event = 'admin.user_created' WHERE sequence = 12`,
    'the actor column': `UPDATE audit_entries SET actor_id = NULL WHERE sequence = 12`,
    'the target column': `UPDATE audit_entries SET target_id = 'x' WHERE sequence = 12`,
    'the target kind column': `UPDATE audit_entries SET target_kind = 'x' WHERE sequence = 12`,
    'the outcome column': `UPDATE audit_entries SET outcome = 'failed' WHERE sequence = 12`,
    'the seal columns': `UPDATE audit_entries SET sealed_table = 'users', sealed_row = 'x' WHERE sequence = 12`,
  };
  test.each(Object.entries(edits))('%s', async (_name, sql) => {
    await expectVerdict(await damagedBy((raw) => raw.exec(sql)), 'EDITED', 12);
  });

  test('an entry whose own hash was worked out anew', async () => {
    const log = await damagedBy((raw) => {
      const row = raw.prepare<[], Stored>('SELECT * FROM audit_entries WHERE sequence = 12').get()!;
      const entry = row.entry.replace('5368709120', '1');
      const hash = chainHash(12, row.previous_hash, leafDigest(entry));
      raw.prepare('UPDATE audit_entries SET entry = ?, hash = ? WHERE sequence = 12').run(entry, hash);
    });
    await expectVerdict(log, 'EDITED', 12);
  });

  test('an entry that somebody else added at the end', async () => {
    const log = await damagedBy((raw) => {
      const row = raw.prepare<[], Stored>('SELECT * FROM audit_entries ORDER BY sequence DESC').get()!;
      const entry = row.entry
        .replace('"sequence":41', '"sequence":42')
        .replace(/"id":"[^"]*","metadata"/, '"id":"forged","metadata"');
      const forged = {
        ...row,
        id: 'forged',
        sequence: 42,
        entry,
        previous_hash: row.hash,
        hash: chainHash(42, row.hash, leafDigest(entry)),
      };
      const names = Object.keys(forged);
      raw
        .prepare(`INSERT INTO audit_entries (${names.join()}) VALUES (${names.map((name) => `@${name}`).join()})`)
        .run(forged);
    });
    await expectVerdict(log, 'EDITED', 42);
  });

  test('a copy of an entry put at the end', async () => {
    const log = await damagedBy((raw) =>
      raw.exec(`INSERT INTO audit_entries SELECT 42, 'copy', time, event, actor_id, target_kind, target_id, outcome, entry, previous_hash, hash, NULL, NULL
                FROM audit_entries WHERE sequence = 12`),
    );
    await expectVerdict(log, 'EDITED', 42);
  });

  test('the head that is kept beside the entries, changed or gone', async () => {
    await expectVerdict(
      await damagedBy((raw) => raw.exec('UPDATE audit_frontier SET hashes = randomblob(length(hashes))')),
      'EDITED',
    );
    await expectVerdict(await damagedBy((raw) => raw.exec('DELETE FROM audit_frontier')), 'EDITED');
  });
});

describe('A4: MISSING', () => {
  test.each([
    ['one from the middle', 'DELETE FROM audit_entries WHERE sequence = 12', 12],
    ['the first', 'DELETE FROM audit_entries WHERE sequence = 1', 1],
    ['several', 'DELETE FROM audit_entries WHERE sequence BETWEEN 12 AND 30', 12],
    [
      'one, and those behind it moved up',
      'DELETE FROM audit_entries WHERE sequence = 12; UPDATE audit_entries SET sequence = sequence - 1 WHERE sequence > 12',
      12,
    ],
  ])('%s', async (_name, sql, firstBad) => {
    await expectVerdict(await damagedBy((raw) => raw.exec(sql)), 'MISSING', firstBad);
  });
});

describe('A4: REORDERED', () => {
  test('two rows changed places', async () => {
    const log = await damagedBy((raw) =>
      raw.exec(`UPDATE audit_entries SET sequence = -8 WHERE sequence = 8; UPDATE audit_entries SET sequence = 8 WHERE sequence = 9;
                UPDATE audit_entries SET sequence = 9 WHERE sequence = -8`),
    );
    await expectVerdict(log, 'REORDERED', 8);
  });

  test('only the texts of two entries changed places', async () => {
    await expectVerdict(await damagedBy((raw) => swap(raw, 'entry')), 'REORDERED', 8);
  });

  test('texts and searching columns of two entries changed places', async () => {
    await expectVerdict(
      await damagedBy((raw) => swap(raw, 'entry id time event actor_id target_kind target_id')),
      'REORDERED',
      8,
    );
  });

  test('an entry moved to the end', async () => {
    await expectVerdict(
      await damagedBy((raw) => raw.exec('UPDATE audit_entries SET sequence = 42 WHERE sequence = 12')),
      'REORDERED',
      12,
    );
  });
});

describe('A4: TRUNCATED', () => {
  test('the last entries are gone', async () => {
    await expectVerdict(
      await damagedBy((raw) => raw.exec('DELETE FROM audit_entries WHERE sequence > 35')),
      'TRUNCATED',
      36,
    );
  });

  test('all entries are gone', async () => {
    await expectVerdict(await damagedBy((raw) => raw.exec('DELETE FROM audit_entries')), 'TRUNCATED', 1);
  });

  test('the last entries are gone, and the head fits; the file’s own checkpoint shows more', async () => {
    await expectVerdict(await damagedBy((raw) => rewrite(raw, (entries) => entries.slice(0, 35))), 'TRUNCATED', 36);
    await expectVerdict(
      await damagedBy((raw) => rewrite(raw, (entries) => entries.slice(0, 35)), { hasKeychain: false }),
      'TRUNCATED',
      36,
    );
  });
});

describe('A4: ROLLED_BACK', () => {
  test('the file was put back to an older copy of itself, by the anchor', async () => {
    const log = await openTestLog();
    log.append(20);
    await log.audit.checkpoint();
    await log.close();
    const older = copyOf(log);
    const later = await log.reopen();
    later.append(10);
    await later.close();
    older.putBack();
    const rolledBack = await later.reopen();
    open.push(rolledBack);
    await expectVerdict(rolledBack, 'ROLLED_BACK', 22);
  });

  test('every trace of the last entries was removed from the file', async () => {
    const log = await damagedBy((raw) => {
      rewrite(raw, (entries) => entries.slice(0, 35));
      raw.exec('DELETE FROM audit_checkpoints WHERE size > 35');
    });
    await expectVerdict(log, 'ROLLED_BACK', 36);
  });

  test('without an anchor it is found by a checkpoint that is known from elsewhere', async () => {
    const good = await goodLog({ hasKeychain: false });
    const opened = await good.reopen();
    const { note } = (await opened.audit.checkpoint())!;
    const log = await opened.reopen((raw) => {
      rewrite(raw, (entries) => entries.slice(0, 35));
      raw.exec('DELETE FROM audit_checkpoints WHERE size > 35');
    });
    open.push(log);
    expect(log.audit.state()).toBe('not_anchored');
    expect(await log.audit.verify()).toMatchObject({ verdict: 'OK', anchored: false });
    expect(await log.audit.verify({ checkpoint: note })).toMatchObject({ verdict: 'ROLLED_BACK', firstBad: 36 });
    expect(log.audit.state()).toBe('tampered');
  });
});

describe('A4: FORKED', () => {
  test('history was written anew, every hash with it', async () => {
    const log = await damagedBy((raw) =>
      rewrite(raw, (entries) =>
        entries.map((entry, index) => (index === 11 ? { ...entry, metadata: { index: 99 } } : entry)),
      ),
    );
    await expectVerdict(log, 'FORKED');
  });

  test('the same without the checkpoints, by the anchor', async () => {
    const log = await damagedBy((raw) => {
      rewrite(raw, (entries) =>
        entries.map((entry, index) => (index === 11 ? { ...entry, metadata: { index: 99 } } : entry)),
      );
      raw.exec('DELETE FROM audit_checkpoints');
    });
    await expectVerdict(log, 'FORKED');
  });

  test('an entry was taken out and every hash worked out anew, and as many others added', async () => {
    const log = await damagedBy((raw) =>
      rewrite(raw, (entries) => [...entries.slice(0, 11), ...entries.slice(12), entries[11]!]),
    );
    await expectVerdict(log, 'FORKED');
  });

  test('the log of another workspace was put in place', async () => {
    const other = await openTestLog();
    open.push(other);
    other.append(60);
    await other.close();
    const log = await damagedBy((raw) => {
      raw.prepare('ATTACH ? AS other').run(other.file);
      for (const table of ['audit_entries', 'audit_frontier', 'audit_checkpoints'])
        raw.exec(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM other.${table}`);
      raw.exec('DETACH other');
    });
    await expectVerdict(log, 'FORKED');
  });

  test('a checkpoint that is known from elsewhere belongs to another history', async () => {
    const good = await goodLog({ hasKeychain: false });
    const opened = await good.reopen();
    const { note } = (await opened.audit.checkpoint())!;
    const log = await opened.reopen((raw) => {
      rewrite(raw, (entries) => entries.map((entry, index) => (index === 38 ? { ...entry, metadata: {} } : entry)));
      raw.exec('DELETE FROM audit_checkpoints WHERE size > 21');
    });
    open.push(log);
    expect(await log.audit.verify()).toMatchObject({ verdict: 'OK', anchored: false });
    expect(await log.audit.verify({ checkpoint: note })).toMatchObject({ verdict: 'FORKED' });
  });
});

describe('A4: BAD_SIGNATURE', () => {
  test.each([
    ['the root in a checkpoint', (note: string) => note.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${'A'.repeat(43)}=\n`)],
    [
      'a bit of the signature',
      (note: string) => note.replace(/(.)(.==?|..)\n$/, (_all, one, rest) => `${one === 'A' ? 'B' : 'A'}${rest}\n`),
    ],
    ['a checkpoint that is none any more', () => 'nothing'],
  ])('%s', async (_name, damage) => {
    const log = await damagedBy((raw) => {
      const { note } = raw.prepare<[], { note: string }>('SELECT note FROM audit_checkpoints WHERE size = 21').get()!;
      expect(damage(note)).not.toBe(note);
      raw.prepare('UPDATE audit_checkpoints SET note = ? WHERE size = 21').run(damage(note));
    });
    await expectVerdict(log, 'BAD_SIGNATURE');
  });

  test('a checkpoint given from elsewhere that was changed says nothing about the log', async () => {
    const log = await damagedBy(() => {});
    const { note } = (await log.audit.checkpoint())!;
    for (const changed of [note.replace('\n41\n', '\n42\n'), 'nothing'])
      expect(await log.audit.verify({ checkpoint: changed })).toMatchObject({ verdict: 'BAD_SIGNATURE' });
    expect(log.audit.state()).toBe('intact');
  });
});

describe('A4: UNTRUSTED_KEY', () => {
  test('another fingerprint, or something that is none', async () => {
    const log = await damagedBy(() => {});
    for (const key of ['0'.repeat(64), 'not a fingerprint'])
      expect(await log.audit.verify({ key })).toMatchObject({ verdict: 'UNTRUSTED_KEY' });
    expect(log.audit.state()).toBe('intact');
  });

  test('without the vault and without a fingerprint nothing vouches for the key', async () => {
    const log = await damagedBy(() => {});
    log.setLocked(true);
    const key = log.audit.fingerprint()!;
    expect(await log.audit.verify()).toMatchObject({ verdict: 'UNTRUSTED_KEY', anchored: false });
    expect(await log.audit.verify({ key })).toMatchObject({ verdict: 'OK', anchored: false });
  });

  test('a whole log, written anew and signed with a key of one’s own', async () => {
    const forge = (raw: Database.Database) => {
      const { id } = raw.prepare<[], { id: string }>('SELECT id FROM workspace').get()!;
      const signer = signerFromSeed(`quartermaster/${id}`, Buffer.alloc(32, 9));
      const { note } = raw.prepare<[], { note: string }>('SELECT note FROM audit_checkpoints WHERE size = 41').get()!;
      raw.exec('DELETE FROM audit_checkpoints');
      raw
        .prepare('INSERT INTO audit_checkpoints VALUES (41, ?, 0)')
        .run(signNote(note.slice(0, note.indexOf('\n\n') + 1), signer));
    };
    await expectVerdict(await damagedBy(forge), 'UNTRUSTED_KEY');
  });
});
