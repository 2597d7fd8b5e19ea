import { performance } from 'node:perf_hooks';
import Database from 'better-sqlite3';
import { UserSort } from '../../src/contract/users.ts';
import type { UserQuery } from '../../src/main/users/list.ts';
import { listRead, outlineRead } from '../../src/main/users/reads.ts';
import { type BigWorkspace, fillDocuments, fillUsers, openBigWorkspace } from './big-workspace.ts';

const USERS = Number(process.env.QM_BENCH_USERS ?? 100_000);
const DOCUMENTS = Number(process.env.QM_BENCH_DOCUMENTS ?? 1_000_000);
const LIMIT = 50;

/** What is sorted by an index of its own. */
const INDEXED: ReadonlySet<UserQuery['sortBy']> = new Set([
  'createdAt',
  'name',
  'mail',
  'externalId',
  'status',
  'role',
  'limit',
  'connections',
  'lastSignInAt',
]);

const FILTERS: readonly { readonly filter: Partial<UserQuery>; readonly sql: string }[] = [
  { filter: {}, sql: 'true' },
  { filter: { status: 'active' }, sql: "u.status = 'active'" },
  { filter: { status: 'inactive' }, sql: "u.status = 'inactive'" },
  { filter: { status: 'deleting' }, sql: "u.status = 'deleting'" },
  { filter: { role: 'owner' }, sql: "u.role = 'owner'" },
  { filter: { role: 'user' }, sql: "u.role = 'user'" },
  { filter: { overQuota: true }, sql: 'q.limit_bytes IS NOT NULL AND q.used_bytes > q.limit_bytes' },
  { filter: { overQuota: false }, sql: 'NOT (q.limit_bytes IS NOT NULL AND q.used_bytes > q.limit_bytes)' },
  { filter: { hasConnections: true }, sql: 'u.connection_count > 0' },
  { filter: { hasConnections: false }, sql: 'u.connection_count = 0' },
  ...['lovelace', 'example.org', 'ext-00', 'ångström 9', 'no such name at all'].map((search) => ({
    filter: { search },
    sql: `u.no IN (SELECT rowid FROM users_search WHERE users_search MATCH '"${search}"')`,
  })),
  { filter: { search: 'zo' }, sql: "(u.mail_key LIKE 'zo%' OR u.name LIKE 'zo%' OR u.external_id LIKE 'zo%')" },
];

/** Written as one would who has no keys to page by and nothing else to think of. */
const SORTED_BY: Readonly<Record<UserQuery['sortBy'], string>> = {
  createdAt: 'u.created_at',
  name: 'u.name COLLATE NOCASE',
  mail: 'u.mail_key',
  externalId: "coalesce(u.external_id, '')",
  status: 'u.status',
  role: 'u.role',
  used: 'q.used_bytes',
  limit: 'coalesce(q.limit_bytes, 9223372036854775807.0)',
  share: 'iif(q.limit_bytes IS NULL, -1.0, CAST(q.used_bytes AS REAL) / max(q.limit_bytes, 1))',
  connections: 'u.connection_count',
  lastSignInAt: 'coalesce(u.last_sign_in_at, -1)',
  ai: "coalesce(p.name || '/' || m.name, '') COLLATE NOCASE",
};

interface Pair {
  readonly query: UserQuery;
  readonly isIndexed: boolean;
  readonly raw: Database.Statement;
}

interface State extends BigWorkspace {
  readonly pairs: readonly Pair[];
  readonly plain: Database.Database;
}

function pairsOn(plain: Database.Database): Pair[] {
  return FILTERS.flatMap(({ filter, sql }) =>
    UserSort.options.flatMap((sortBy) =>
      (['ascending', 'descending'] as const).map((direction) => {
        const way = direction === 'ascending' ? 'ASC' : 'DESC';
        return {
          query: { ...filter, sortBy, direction, limit: LIMIT },
          isIndexed: INDEXED.has(sortBy) && Object.keys(filter).length === 0,
          raw: plain.prepare(
            `SELECT u.no, u.id, u.external_id, u.mail, u.name, u.role, u.status, u.password_must_change, u.connection_count,
               u.version, u.created_at, u.last_sign_in_at, q.limit_bytes, q.used_bytes, q.document_count, q.counted_at,
               q.version AS quota_version, p.name AS ai_provider, m.name AS ai_model
             FROM users u JOIN quotas q ON q.user_no = u.no
               LEFT JOIN ai_models m ON m.no = u.ai_model_no LEFT JOIN ai_providers p ON p.no = m.provider_no
             WHERE ${sql} ORDER BY ${SORTED_BY[sortBy]} ${way}, u.no ${way} LIMIT ${LIMIT + 1}`,
          ),
        };
      }),
    ),
  );
}

const worst = (times: readonly number[]) => Math.max(0, ...times);

export default {
  name: `users list, pages of ${LIMIT} out of ${USERS}, with ${DOCUMENTS} documents`,
  goal: 'every filter × sort pair at most 2 times the same SQL, raw and prepared; indexed sorts under 10 ms, any other under 200 ms',
  async setUp(): Promise<State> {
    const big = await openBigWorkspace((workspace) => {
      fillUsers(workspace, USERS);
      fillDocuments(workspace, USERS, DOCUMENTS);
    });
    const plain = new Database(big.workspace.db.raw.name, { readonly: true });
    return { ...big, plain, pairs: pairsOn(plain) };
  },
  measures: {
    /** In the reader thread, as the console does it: there and back. */
    ours: async ({ workspace, pairs }: State) => {
      const indexed: number[] = [];
      const others: number[] = [];
      for (const { query, isIndexed } of pairs) {
        const began = performance.now();
        await workspace.read(listRead, query);
        const ms = performance.now() - began;
        (isIndexed ? indexed : others).push(ms);
      }
      const ms = [...indexed, ...others].reduce((sum, one) => sum + one, 0);
      return { ms, slowestIndexedMs: worst(indexed), slowestOtherMs: worst(others) };
    },
    raw: async ({ pairs }: State) => {
      const began = performance.now();
      for (const { raw } of pairs) raw.all();
      return performance.now() - began;
    },
    outline: async ({ workspace }: State) => {
      const times: number[] = [];
      for (const sortBy of UserSort.options) {
        const began = performance.now();
        const { count } = await workspace.read(outlineRead, { sortBy, direction: 'ascending' });
        if (count !== USERS) throw new Error(`${count} users instead of ${USERS}`);
        times.push(performance.now() - began);
      }
      return worst(times);
    },
  },
  judge: (medians: {
    ours: { ms: number; slowestIndexedMs: number; slowestOtherMs: number };
    raw: { ms: number };
    outline: { ms: number };
  }) => [
    { what: 'of the raw SQL', ratio: medians.ours.ms / medians.raw.ms, atMost: 2 },
    { what: 'slowest indexed sort, of 10 ms', ratio: medians.ours.slowestIndexedMs / 10, atMost: 1 },
    { what: 'slowest of all, of 200 ms', ratio: medians.ours.slowestOtherMs / 200, atMost: 1 },
    { what: 'slowest outline, of 200 ms', ratio: medians.outline.ms / 200, atMost: 1 },
  ],
  async tearDown({ plain, close }: State): Promise<void> {
    plain.close();
    await close();
  },
};
