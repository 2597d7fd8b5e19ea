import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserSort } from '../../src/contract/users.ts';
import type { UserAnswer } from '../../src/main/users/index.ts';
import { listUsers, outlineUsers, type UserQuery } from '../../src/main/users/list.ts';
import { openVaultGround, type VaultGround } from '../support/vault-ground.ts';

let on: VaultGround;
/** What was written, in the order of writing, as the list has to answer it. */
let everyone: UserAnswer[];

const NAMES = ['ada', 'Ada', 'ADA', 'Zoë', 'Ärger', 'ärger', 'ben', 'Ben', '%ben', '_', 'Åke'];

/** 300 users with ties in everything that ties are possible in, and nulls wherever nulls are. */
beforeAll(async () => {
  on = await openVaultGround();
  const { raw } = on.workspace.db;
  raw.exec(`INSERT INTO ai_providers VALUES (1, 'p1', 'acme', 1), (2, 'p2', 'Zenith', 1);
            INSERT INTO ai_models VALUES (1, 'm1', 1, 'small', 1), (2, 'm2', 1, 'Big', 1), (3, 'm3', 2, 'small', 1)`);
  const user = raw.prepare(
    `INSERT INTO users (id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, ai_model_no, connection_count, version, seal, created_at, last_sign_in_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'PLANTED-HASH', ?, ?, ?, ?, x'5ea1', ?, ?)`,
  );
  const quota = raw.prepare(
    'INSERT INTO quotas (user_no, limit_bytes, used_bytes, document_count, counted_at, version) VALUES (?, ?, ?, ?, ?, 1)',
  );
  on.workspace.transaction(() => {
    for (let n = 0; n < 300; n += 1) {
      const id = `01936f00-0000-7000-8000-${String((n * 7919) % 1_000_003).padStart(12, '0')}`;
      const mail = `${(n * 37) % 300 < 150 ? 'U' : 'u'}ser${(n * 37) % 300}@example.org`;
      user.run(
        id,
        n % 4 ? `${n % 2 ? 'X' : 'x'}-${(n * 13) % 300}` : null,
        mail,
        mail.toLowerCase(),
        NAMES[n % 11],
        n % 13 ? 'user' : 'owner',
        ['active', 'inactive', 'deleting'][n % 3],
        n % 2,
        n % 5 ? null : (n % 3) + 1,
        n % 3 ? 0 : n % 5,
        (n % 6) + 1,
        1e12 + (n % 17),
        n % 6 ? null : 1e12 + (n % 5),
      );
      quota.run(n + 1, n % 9 ? (n % 8) * 1000 : null, (n % 10) * 1000, n % 4 ? 1 : 0, n % 2 ? 1e12 : null);
    }
  });
  everyone = listUsers(on.workspace.db, { sortBy: 'createdAt', direction: 'ascending', limit: 500 }).rows;
  const order = new Map(
    raw
      .prepare<[], { id: string; no: number }>('SELECT id, no FROM users')
      .all()
      .map(({ id, no }) => [id, no]),
  );
  everyone.sort((a, b) => order.get(a.id)! - order.get(b.id)!);
});
afterAll(() => on.dispose());

/** What each column sorts by, said once more and apart from SQL. Nulls stand at one end, never between. */
const ascii = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const sortKeys: Record<UserQuery['sortBy'], (user: UserAnswer) => string | number> = {
  createdAt: (user) => Date.parse(user.createdAt),
  name: (user) => ascii(user.name),
  mail: (user) => user.mail.toLowerCase(),
  externalId: (user) => user.externalId ?? '',
  status: (user) => user.status,
  role: (user) => user.role,
  used: (user) => user.quota.usedBytes,
  limit: (user) => user.quota.limitBytes ?? Number.POSITIVE_INFINITY,
  share: ({ quota: { limitBytes, usedBytes } }) =>
    limitBytes === null
      ? -1
      : limitBytes === 0
        ? usedBytes > 0
          ? Number.POSITIVE_INFINITY
          : 0
        : usedBytes / limitBytes,
  connections: (user) => user.connectionCount,
  lastSignInAt: (user) => (user.lastSignInAt === null ? -1 : Date.parse(user.lastSignInAt)),
  ai: (user) => (user.ai ? ascii(`${user.ai.provider}/${user.ai.model}`) : ''),
};

/** SQLite compares text by its UTF-8 bytes. */
function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' || typeof b === 'number') return a === b ? 0 : a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function expected(query: Omit<UserQuery, 'limit'>): string[] {
  const key = sortKeys[query.sortBy];
  const found = everyone
    .map((user, no) => ({ user, no }))
    .filter(
      ({ user }) =>
        (query.status === undefined || user.status === query.status) &&
        (query.role === undefined || user.role === query.role) &&
        (query.overQuota === undefined ||
          query.overQuota === (user.quota.limitBytes !== null && user.quota.usedBytes > user.quota.limitBytes)) &&
        (query.hasConnections === undefined || query.hasConnections === user.connectionCount > 0) &&
        (query.search === undefined ||
          [user.name, user.mail, user.externalId ?? ''].some((text) =>
            text.toLowerCase().includes(query.search!.toLowerCase()),
          )),
    )
    .sort((a, b) => compare(key(a.user), key(b.user)) || a.no - b.no)
    .map(({ user }) => user.id);
  return query.direction === 'ascending' ? found : found.reverse();
}

function walk(query: Omit<UserQuery, 'limit' | 'after'>, limit: number): string[] {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page: ReturnType<typeof listUsers> = listUsers(on.workspace.db, { ...query, limit, after });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    ids.push(...page.rows.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  return ids;
}

const filters = [undefined, 'active', 'inactive', 'deleting'].flatMap((status) =>
  [undefined, 'owner', 'user'].flatMap((role) =>
    [undefined, true, false].flatMap((overQuota) =>
      [undefined, true, false].map(
        (hasConnections, index) =>
          ({ status, role, overQuota, hasConnections, search: index === 0 ? 'ser1' : undefined }) as Partial<UserQuery>,
      ),
    ),
  ),
);

describe('U1: the list of users', () => {
  test('is 300 users with ties and nulls', () => {
    expect(everyone).toHaveLength(300);
    expect(filters).toHaveLength(108);
  });

  test.each(UserSort.options)(
    'by %s: each of 108 filters gives exactly what matches, in order, both ways',
    (sortBy) => {
      for (const filter of filters)
        for (const direction of ['ascending', 'descending'] as const) {
          const query = { ...filter, sortBy, direction };
          expect(walk(query, 500), JSON.stringify(query)).toEqual(expected(query));
        }
    },
  );

  test.each(UserSort.options)('by %s: pages of any size follow each other without a gap or a double', (sortBy) => {
    for (const filter of [
      {},
      { status: 'active' as const },
      { search: 'ser1' },
      { hasConnections: false, overQuota: true },
    ])
      for (const direction of ['ascending', 'descending'] as const)
        for (const limit of [7, 50, 299, 300]) {
          const query = { ...filter, sortBy, direction };
          expect(walk(query, limit)).toEqual(expected(query));
        }
  });

  test('a page stays right when users come and go between two pages', () => {
    const query = { sortBy: 'name' as const, direction: 'ascending' as const, limit: 100 };
    const first = listUsers(on.workspace.db, query);
    const { raw } = on.workspace.db;
    raw.exec('BEGIN');
    raw.prepare('DELETE FROM users WHERE id = ?').run(first.rows.at(-1)!.id);
    raw.prepare('UPDATE users SET name = ? WHERE id = ?').run('AAA', first.rows[0]!.id);
    const second = listUsers(on.workspace.db, { ...query, after: first.next });
    raw.exec('ROLLBACK');
    expect(second.rows.map(({ id }) => id)).toEqual(expected(query).slice(100, 200));
  });

  test('answers the contract’s fields and no others, least of all hash and seal', () => {
    const text = JSON.stringify(everyone);
    expect(text).not.toMatch(/PLANTED-HASH|5ea1|Xqo/i);
    expect(Object.keys(everyone[0]!).sort()).toEqual([
      'account',
      'ai',
      'connectionCount',
      'createdAt',
      'externalId',
      'id',
      'lastSignInAt',
      'mail',
      'name',
      'passwordMustChange',
      'quota',
      'role',
      'status',
      'version',
    ]);
  });
});

describe('U1: the outline', () => {
  test.each(UserSort.options)('by %s: each key leads to the rows behind it', (sortBy) => {
    const { raw } = on.workspace.db;
    raw.exec('BEGIN');
    // 1,300 more, so that there are three jumps.
    raw.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1300)
      INSERT INTO users (id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
      SELECT 'x' || i, 'x' || i || '@x', 'x' || i || '@x', 'name ' || (i % 40), 'user', 'active', '', 0, 1, x'', 1000 + i % 9 FROM n;
      INSERT INTO quotas (user_no, used_bytes, version) SELECT no, no % 5, 1 FROM users WHERE id LIKE 'x%'`);
    for (const direction of ['ascending', 'descending'] as const) {
      const outline = outlineUsers(on.workspace.db, { sortBy, direction });
      expect(outline).toMatchObject({ count: 1600, pageSize: 500 });
      expect(outline.keys).toHaveLength(4);
      expect(outline.keys[0]).toBeNull();
      const all = walk({ sortBy, direction }, 500);
      outline.keys.forEach((after, index) => {
        const page = listUsers(on.workspace.db, { sortBy, direction, after, limit: 3 });
        expect(page.rows.map(({ id }) => id)).toEqual(all.slice(index * 500, index * 500 + 3));
      });
    }
    expect(outlineUsers(on.workspace.db, { sortBy, direction: 'ascending', status: 'inactive' })).toMatchObject({
      count: 100,
      keys: [null],
    });
    raw.exec('ROLLBACK');
  });

  test('of nothing is empty; of exactly 500 it has one key', () => {
    const query = { sortBy: 'createdAt' as const, direction: 'ascending' as const };
    expect(outlineUsers(on.workspace.db, { ...query, search: 'nobody at all' })).toEqual({
      count: 0,
      pageSize: 500,
      keys: [],
    });
    const { raw } = on.workspace.db;
    raw.exec('BEGIN');
    raw.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
      INSERT INTO users (id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
      SELECT 'y' || i, 'y' || i, 'y' || i, 'y', 'user', 'active', '', 0, 1, x'', 1 FROM n;
      INSERT INTO quotas (user_no, version) SELECT no, 1 FROM users WHERE id LIKE 'y%'`);
    expect(outlineUsers(on.workspace.db, query)).toMatchObject({ count: 500, keys: [null] });
    raw.exec('ROLLBACK');
  });
});

describe('U1: search', () => {
  const found = (search: string) =>
    new Set(
      listUsers(on.workspace.db, { search, sortBy: 'createdAt', direction: 'ascending', limit: 500 }).rows.map(
        ({ name }) => name,
      ),
    );

  test.each([
    ['ada', ['ada', 'Ada', 'ADA']],
    ['ÄRG', ['Ärger', 'ärger']],
    ['a\u0308rger', ['Ärger', 'ärger']],
    ['är', ['Ärger', 'ärger']],
    ['ÄR', ['Ärger', 'ärger']],
    ['å', ['Åke']],
    ['%', ['%ben']],
    ['%b', ['%ben']],
    ['%ben', ['%ben']],
    ['_', ['_']],
    ['be', ['ben', 'Ben']],
    ['\\', []],
    ['"', []],
    ['en', []],
  ])('%j finds %j', (search, names) => {
    expect(found(search)).toEqual(new Set(names));
  });

  test.each([
    'ada OR ben',
    'ada*',
    '"ada',
    'name:ada',
    'NEAR(ada ben)',
    '^ada',
    "ada' OR 1=1",
    'a"b"c',
    '(((',
    '\ud800\ud800\ud800',
    'ada\u0000',
  ])('what means something to FTS5 or SQL is text: %j', (search) => {
    const names = found(search);
    expect([...names].every((name) => name.toLowerCase() === 'ada')).toBe(true);
    expect(names.size).toBe(search === 'ada\u0000' ? 3 : 0);
  });

  test('mail and external id are searched too, whatever their case', () => {
    const rows = (search: string) =>
      listUsers(on.workspace.db, { search, sortBy: 'createdAt', direction: 'ascending', limit: 500 }).rows;
    expect(rows('USER299@').map(({ mail }) => mail.toLowerCase())).toEqual(['user299@example.org']);
    expect(rows('x-13').every(({ externalId }) => /^x-13/i.test(externalId ?? ''))).toBe(true);
    expect(rows('X-').length).toBe(225);
    expect(rows('us').length).toBe(300);
  });
});
