import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../../database/index.ts';
import type { Ground } from '../../ground.ts';
import type { FolderStore } from '../folder/index.ts';
import { compareKeys } from '../key-order.ts';
import { StorageError } from '../port.ts';
import { type S3ProfileConfiguration, writeConfiguration } from '../profiles/configuration.ts';
import { bucketOf, foldersAbove, type Layout, parseLayout, partInKey } from '../profiles/layout.ts';
import { type FolderStores, s3ConfigOf } from '../profiles/opening.ts';
import type { ProfileRow } from '../profiles/profile-rows.ts';
import { openS3Reader, positionAfter, type S3Reader } from '../s3/index.ts';
import type { IndexSource, Owner, SourcePage } from './source.ts';

type Folders = Layout & { kind: 'folders' };
type Buckets = Layout & { kind: 'buckets' };

/** A profile as a source. Refuses with VAULT_LOCKED or SEAL_BROKEN; sends nothing yet. */
export async function profileSource(ground: Ground, folders: FolderStores, row: ProfileRow): Promise<IndexSource> {
  const { configuration } = row;
  const layout = parseLayout(configuration.layout);
  const common = {
    id: row.id,
    kind: 'profile' as const,
    label: row.name,
    backendNo: row.backendNo,
    brings: true,
    basis: createHash('sha256').update(writeConfiguration(configuration)).digest('hex'),
  };
  if (configuration.kind === 'folder') {
    if (layout.kind !== 'folders') throw new Error('the built-in store has folders');
    return { ...common, ...folderPages(await folders.get(row.id), layout) };
  }
  const reader = openS3Reader(await s3ConfigOf(ground, row, configuration), { clock: ground.clock });
  return layout.kind === 'folders'
    ? { ...common, ...bucketPages(reader, configuration, layout) }
    : { ...common, ...manyBucketPages(reader, configuration, layout, ground.workspace.db) };
}

type Pages = Pick<IndexSource, 'pages' | 'stands' | 'owners' | 'close'>;

function folderPages(store: FolderStore, layout: Folders): Pages {
  return {
    pages: (after, signal) => store.list(layout.before, { what: 'objects', after, signal }),
    stands: async (key) => (await store.stat(key)) !== null,
    owners: (db) => ownersByFolder(db, layout),
    close() {},
  };
}

function bucketPages(reader: S3Reader, { bucket }: S3ProfileConfiguration, layout: Folders): Pages {
  return {
    async *pages(after, signal): AsyncGenerator<SourcePage> {
      // An object at the name of a folder above hides all users from MinIO's listings: an empty one would look true.
      for (const above of foldersAbove(layout)) {
        if ((await reader.standingAt(bucket, above, signal)).length === 0) continue;
        throw new StorageError(
          'refused',
          `An object stands at '${above}' and hides everything below it. Nothing was changed; look at that object, and index again when it is gone.`,
        );
      }
      yield* reader.list(bucket, layout.before, after, signal);
    },
    stands: async (key, signal) => (await reader.stat(bucket, key, signal)) !== null,
    owners: (db) => ownersByFolder(db, layout),
    close: () => reader.close(),
  };
}

/** A bucket for each user, one after the other; in the record the bucket's name stands before the key. */
function manyBucketPages(
  reader: S3Reader,
  { bucket: bucketPrefix }: S3ProfileConfiguration,
  layout: Buckets,
  db: Db,
): Pages {
  let userNos: ReadonlyMap<string, number> = new Map();
  const listed = new Set<string>();
  return {
    async *pages(after, signal): AsyncGenerator<SourcePage> {
      const [from, position] = after === null ? ['', null] : readPlace(after);
      userNos = await bucketsOfUsers(db, bucketPrefix, layout);
      const names = (await reader.buckets(signal)).filter((name) => userNos.has(name));
      for (const name of names) listed.add(name);
      // In the order of the record's keys, in which a slash ends the bucket's name.
      const todo = names
        .toSorted((a, b) => compareKeys(`${a}/`, `${b}/`))
        .filter((name) => compareKeys(`${name}/`, `${from}/`) >= 0);
      for (const [at, name] of todo.entries()) {
        for await (const { items, next } of reader.list(name, '', name === from ? position : null, signal)) {
          const isLast = at === todo.length - 1 && next === null;
          const last = items.at(-1);
          const inside = next ?? (last ? positionAfter(last) : null);
          yield {
            items: items.map((item) => ({ ...item, key: `${name}/${item.key}` })),
            next: isLast ? null : JSON.stringify([name, inside]),
          };
        }
      }
      if (todo.length === 0) yield { items: [], next: null };
    },
    stands: async (key, signal) => {
      const [bucket, inside] = splitBucket(key);
      return listed.has(bucket) && (await reader.stat(bucket, inside, signal)) !== null;
    },
    owners(within) {
      const statement = within.raw.prepare<[number], Found>('SELECT no, status FROM users WHERE no = ?');
      const ownerOf = remembered((bucket) => {
        const userNo = userNos.get(bucket);
        return userNo === undefined ? undefined : statement.get(userNo);
      });
      return (key) => ownerOf(splitBucket(key)[0]);
    },
    close: () => reader.close(),
  };
}

/** The bucket of every user: a digest in a name cannot be read backwards. A few thousand users at a time. */
async function bucketsOfUsers(db: Db, bucketPrefix: string, layout: Buckets): Promise<Map<string, number>> {
  const names = new Map<string, number>();
  const page = db.raw.prepare<[number], { no: number; id: string; external_id: string | null }>(
    'SELECT no, id, external_id FROM users WHERE no > ? ORDER BY no LIMIT 1000',
  );
  for (let after = 0; ; ) {
    const users = page.all(after);
    for (const { no, id, external_id } of users) {
      const name = bucketOf(bucketPrefix, layout, { id, externalId: external_id });
      if (name !== null) names.set(name, no);
    }
    const last = users.at(-1);
    if (!last) return names;
    after = last.no;
    await nextTurn();
  }
}

function readPlace(text: string): [bucket: string, position: string | null] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || typeof value[0] !== 'string') throw new TypeError('not a place in this listing');
  return [value[0], typeof value[1] === 'string' ? value[1] : null];
}

function splitBucket(key: string): [bucket: string, key: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

interface Found {
  readonly no: number;
  readonly status: string;
}

/** Listings are in key order, so one user's objects come together: each is looked up once. */
function remembered(find: (part: string) => Found | undefined): (part: string) => Owner {
  let known: { readonly part: string; readonly owner: Owner } | null = null;
  return (part) => {
    if (known?.part !== part) {
      const user = find(part);
      known = {
        part,
        owner: user === undefined ? 'nobody' : user.status === 'deleting' ? 'skip' : { userNo: user.no },
      };
    }
    return known.owner;
  };
}

function userBy(db: Db, field: Layout['field']): (part: string) => Found | undefined {
  const column = field === 'userId' ? 'id' : 'external_id';
  const statement = db.raw.prepare<[string], Found>(`SELECT no, status FROM users WHERE ${column} = ?`);
  return (part) => statement.get(part);
}

function ownersByFolder(db: Db, layout: Folders): (key: string) => Owner {
  const ownerOf = remembered(userBy(db, layout.field));
  return (key) => {
    const part = partInKey(layout, key);
    return part === null ? 'nobody' : ownerOf(part);
  };
}
