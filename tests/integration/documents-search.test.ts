import { afterAll, beforeAll, expect, test } from 'vitest';
import { keySearch } from '../../src/main/storage/key-search.ts';
import { openStorageGround, type StorageGround } from '../support/storage-ground.ts';

/** More than are looked at in one step, so that pages and steps end in different places. */
const MANY = 60_000;
const NAMES = [
  'Annual Report.pdf',
  'Übersicht/U\u0308ber.txt',
  'a%b_c\\d.txt',
  'O\'Neil "x".txt',
  'NEAR(a b) OR c*',
  '-dash:colon^caret.md',
  '😀 smile.png',
  'tab\there.txt',
  'straße/STRASSE.txt',
];

let at: StorageGround;
let keys: string[];

beforeAll(async () => {
  at = await openStorageGround();
  const { raw } = at.ground.workspace.db;
  const [ada, bob] = [at.addUser('u001'), at.addUser('u002')];
  const backendNo = raw.prepare<[], number>('SELECT backend_no FROM storage_profiles').pluck().get();
  const insert = raw.prepare('INSERT INTO documents (backend_no, user_no, key, size) VALUES (?, ?, ?, 1)');
  keys = Array.from({ length: MANY }, (_, n) => `users/1/${String(n).padStart(6, '0')}/${NAMES[n % 997] ?? 'plain'}`);
  at.ground.workspace.transaction(() => {
    for (const key of keys) insert.run(backendNo, ada.no, key);
    for (const name of NAMES) insert.run(backendNo, bob.no, `users/2/${name}`);
  });
});
afterAll(() => at.dispose());

async function found(search: string, limit = 500): Promise<string[]> {
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof at.storage.documents>> = await at.storage.documents({
      user: 'u001',
      search,
      after,
      limit,
    });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    seen.push(...page.rows.map(({ key }) => key));
    after = page.next;
  } while (after !== null);
  return seen;
}

test.each([
  'report',
  'ANNUAL',
  'ÜBERSICHT',
  'u\u0308ber',
  'a%b',
  '%b_',
  'c\\d',
  '"x"',
  "O'Neil",
  'NEAR(a b) OR c*',
  'a OR b',
  '-dash',
  'colon^caret',
  '😀 s',
  'tab\there',
  'straße',
  'report*',
  'key:report',
  'users/1/000500',
  're',
  'an',
  'üb',
  '😀',
  '%',
  '_',
  '-',
  '000',
  'nothing like it',
  'x\u0000y',
  '\ud800\ud800\ud800',
])('%j finds what it names among one user’s documents, in the order of keys, and nothing else', async (search) => {
  const term = keySearch(search);
  expect(await found(search)).toEqual(keys.filter((key) => term?.accepts(key)));
});

test('pages of a few end where they end, whatever a step looked at', async () => {
  expect(await found('report', 7)).toEqual(keys.filter((key) => key.includes('Report')));
  const { rows, next } = await at.storage.documents({ user: 'u001', search: 'smile', limit: 1 });
  expect(rows).toHaveLength(1);
  expect(next).not.toBeNull();
});

test('blanks alone are no search, and somebody else’s documents are not searched', async () => {
  expect(await found('  ')).toHaveLength(MANY);
  const { rows, next } = await at.storage.documents({ user: 'u002', search: '000500', limit: 50 });
  expect({ rows, next }).toEqual({ rows: [], next: null });
});
