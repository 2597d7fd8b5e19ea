import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWorkspace, type Workspace } from '../../src/main/database/index.ts';

// The trigram index holds texts in pieces of three letters, in lower case, and of a piece only what differs from the one
// before it. These pairs of letters come together nowhere else, and are what is left of a piece in any case.
const MAIL = 'щжы@planted.example';
const NAME = 'Ъхэ Ѭѳѵ';
const TRACES = ['жы', 'хэ', 'ѳѵ', 'planted'];

let dir: string;
let workspace: Workspace;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'qm-traces-'));
  ({ workspace } = openWorkspace({ dir, create: true, clock: () => 0, newId: () => 'id' }));
});
afterEach(() => {
  workspace.close();
  rmSync(dir, { recursive: true, force: true });
});

function addUser(no: number, mail: string, name: string): void {
  workspace.db.raw
    .prepare(
      `INSERT INTO users (no, id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
       VALUES (@no, @id, @id, @mail, @mail, @name, 'user', 'active', '', 0, 1, x'', 0)`,
    )
    .run({ no, id: `ext-${no}`, mail, name });
}

/** Others around, in as many transactions as make segments of the index that are merged. */
function addOthers(from: number, to: number): void {
  for (let at = from; at < to; at += 20)
    workspace.transaction(() => {
      for (let no = at; no < at + 20 && no < to; no += 1) addUser(no, `user${no}@example.org`, `Name ${no * 7919}`);
    });
}

/** What is left of the traces in any file of the workspace, its pages that are free now included. */
function left(): string[] {
  expect(workspace.truncateLog()).toBe(true);
  const files = readdirSync(dir).map((name) => readFileSync(join(dir, name)));
  return TRACES.filter((trace) => files.some((bytes) => bytes.includes(trace)));
}

const finds = (text: string) =>
  workspace.db.raw.prepare('SELECT rowid FROM users_search WHERE users_search MATCH ?').pluck().all(`"${text}"`);

test.each([
  ['removed', () => workspace.db.raw.prepare('DELETE FROM users WHERE no = 500').run()],
  [
    'renamed',
    () => workspace.db.raw.prepare("UPDATE users SET mail = 'x@y', mail_key = 'x@y', name = 'X' WHERE no = 500").run(),
  ],
])(
  'D3: of a user who was %s the search index keeps no piece of name or mail address, nor do its free pages',
  (_, act) => {
    addOthers(1, 500);
    workspace.transaction(() => addUser(500, MAIL, NAME));
    addOthers(501, 1000);
    expect(finds('ъхэ ѭѳѵ')).toEqual([500]);
    expect(left()).toEqual(TRACES);
    workspace.transaction(act);
    expect(finds('ъхэ')).toEqual([]);
    expect(left()).toEqual([]);
    // And what is removed afterwards, or merged, brings nothing back.
    workspace.transaction((tx) => tx.raw.prepare('DELETE FROM users WHERE no % 2 = 1').run());
    workspace.db.raw.exec("INSERT INTO users_search (users_search) VALUES ('optimize')");
    expect(left()).toEqual([]);
    expect(finds('user42@')).toEqual([42]);
    workspace.db.raw.exec("INSERT INTO users_search (users_search, rank) VALUES ('integrity-check', 1)");
  },
);
