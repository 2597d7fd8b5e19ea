import { afterAll, beforeAll, expect, test } from 'vitest';
import { openVaultGround, type VaultGround } from '../../../tests/support/vault-ground.ts';
import { UserSort } from '../../contract/users.ts';
import { listUsers, outlineUsers, type UserQuery } from './list.ts';

const NAMES = ['ada', 'Ada', 'ben', 'Örn', 'o\u0308rn', 'ZOE', '%', 'a_b', 'x"y', "o'neil"];
let opened: VaultGround;

/** 300 users full of ties, nulls and odd names. */
beforeAll(async () => {
  opened = await openVaultGround();
  const { raw } = opened.workspace.db;
  raw.exec(
    `INSERT INTO ai_providers VALUES (1, 'p1', 'acme', 1); INSERT INTO ai_models VALUES (1, 'm1', 1, 'small', 1), (2, 'm2', 1, 'big', 1);`,
  );
  const user = raw.prepare(
    `INSERT INTO users (no, id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, ai_model_no, connection_count, version, seal, created_at, last_sign_in_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'planted-hash', 0, ?, ?, 1, x'', ?, ?)`,
  );
  const quota = raw.prepare(
    'INSERT INTO quotas (user_no, limit_bytes, used_bytes, document_count, version) VALUES (?, ?, ?, 1, 1)',
  );
  opened.workspace.transaction(() => {
    for (let n = 1; n <= 300; n += 1) {
      const mail = `user${n}@example.org`;
      user.run(
        n,
        `id-${n}`,
        n % 4 ? `ext-${n}` : null,
        mail,
        mail,
        NAMES[n % NAMES.length],
        n % 11 ? 'user' : 'owner',
        (['active', 'inactive', 'deleting'] as const)[n % 3],
        n % 5 ? null : (n % 2) + 1,
        n % 7 ? 0 : n % 3,
        1000 + (n % 13),
        n % 6 ? null : n % 17,
      );
      quota.run(n, n % 9 ? (n % 8) * 100 : null, (n % 10) * 100);
    }
  });
});
afterAll(() => opened.dispose());

function walk(query: Omit<UserQuery, 'after' | 'limit'>, limit: number): string[] {
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const { rows, next } = listUsers(opened.workspace.db, { ...query, limit, after });
    expect(JSON.stringify(rows)).not.toContain('planted-hash');
    seen.push(...rows.map(({ id }) => id));
    after = next;
  } while (after !== null);
  return seen;
}

const filters: Partial<UserQuery>[] = [
  {},
  { status: 'active' },
  { role: 'owner' },
  { overQuota: true },
  { overQuota: false },
  { hasConnections: true },
  { search: 'user1' },
  { search: 'ad' },
  { search: 'ext-2', status: 'inactive', hasConnections: false },
];

test.each(UserSort.options)(
  'U1: by %s every filter pages through without a gap, a double, or a jump, both ways',
  (sortBy) => {
    for (const filter of filters)
      for (const direction of ['ascending', 'descending'] as const) {
        const query = { ...filter, sortBy, direction };
        const whole = walk(query, 500);
        expect(walk(query, 7)).toEqual(whole);
        expect(new Set(whole).size).toBe(whole.length);
        expect(outlineUsers(opened.workspace.db, query).count).toBe(whole.length);
        if (direction === 'descending')
          expect(whole).toEqual(walk({ ...query, direction: 'ascending' }, 500).reverse());
      }
  },
);

test('U1: names are sorted as people read them, and users without a limit come after those with one', () => {
  const names = walk({ sortBy: 'name', direction: 'ascending' }, 500).map((id) =>
    NAMES[Number(id.slice(3)) % NAMES.length]!.toLowerCase(),
  );
  expect(names.indexOf('ben')).toBeGreaterThan(names.lastIndexOf('ada'));
  const last = walk({ sortBy: 'limit', direction: 'ascending' }, 500).at(-1)!;
  expect(Number(last.slice(3)) % 9).toBe(0);
});

test.each([
  ['%', '%'],
  ['a_', 'a_b'],
  ['x"y', 'x"y'],
  ["o'neil", "o'neil"],
  ['örn', 'Örn'],
  ['\u0000%', '%'],
])('U1: a search for %j finds just that, whatever it means elsewhere', (search, name) => {
  const found = walk({ search, sortBy: 'createdAt', direction: 'ascending' }, 500);
  expect(found.length).toBeGreaterThan(0);
  for (const id of found)
    expect(NAMES[Number(id.slice(3)) % NAMES.length]!.normalize('NFC').toLowerCase()).toContain(name.toLowerCase());
});

test('U1: a page mark of another list is refused', () => {
  const { next } = listUsers(opened.workspace.db, { sortBy: 'name', direction: 'ascending', limit: 5 });
  for (const after of [next, 'junk', Buffer.from('[1]').toString('base64url')])
    expect(() => listUsers(opened.workspace.db, { sortBy: 'mail', direction: 'ascending', limit: 5, after })).toThrow(
      'page mark',
    );
});
