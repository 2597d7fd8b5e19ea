import { Readable } from 'node:stream';
import type { ConsoleClient } from '../../../../contract/index.ts';
import type { Domains } from '../../../router/index.ts';
import type { StorageBackend } from '../../../storage/index.ts';
import { findUser } from '../../../users/index.ts';
import { HostFailure } from '../failures.ts';
import { bytesOf, type DemoDocument, documentsOf } from './documents.ts';
import { catalogue, type Person, people, type QuotaWish } from './people.ts';

/** Each one waits for the disk, which takes many at a time. */
const DOCUMENTS_AT_ONCE = 32;

export interface Filling {
  readonly client: ConsoleClient;
  readonly domains: Domains;
  readonly newPassword: () => string;
  readonly signal: AbortSignal;
  /** What is being done, and how far it is. */
  readonly tell: (what: string, done: number, all: number) => void;
}

export interface Filled {
  readonly users: number;
  readonly documents: number;
  readonly bytes: number;
}

/** Fills a workspace that was just set up: catalogue, users, documents in the built-in store, and their index. */
export async function fillDemo(filling: Filling): Promise<Filled> {
  const { client, tell, signal } = filling;
  for (const [provider, models] of Object.entries(catalogue)) {
    await client.ai.addProvider({ name: provider });
    for (const name of models) await client.ai.addModel({ provider, name });
  }
  const inTime = people.filter(({ comesLate }) => !comesLate);
  const stock = new Map(inTime.map((person) => [person, documentsOf(people.indexOf(person))]));
  // One after the other, so that they stand in the list as they do in ours. A password is hashed on all lanes of the machine.
  const create = async (persons: readonly Person[], what: string) => {
    for (const [at, person] of persons.entries()) {
      signal.throwIfAborted();
      await createUser(filling, person, bytesOf(stock.get(person) ?? []));
      tell(what, at + 1, persons.length);
    }
  };
  await create(inTime, 'users');
  const documents = await storeDocuments(filling, stock);
  await index(filling, documents);
  // Whoever comes after the count has a quota of which nothing is known yet.
  await create(
    people.filter(({ comesLate }) => comesLate),
    'users who come later',
  );
  return { users: people.length, documents, bytes: [...stock.values()].reduce((sum, list) => sum + bytesOf(list), 0) };
}

async function createUser({ client, newPassword }: Filling, person: Person, bytes: number): Promise<void> {
  const { mail, name, externalId, model } = person;
  const { user } = await client.users.create({
    mail,
    name,
    externalId,
    firstPassword: newPassword(),
    limitBytes: limitFor(person.quota, bytes),
  });
  let { version } = user;
  if (model) {
    const [provider, modelName] = model;
    const assigned = await client.ai.assign({ user: user.id, provider, model: modelName, expectedVersion: version });
    version = assigned.user.version;
  }
  if (person.isInactive) await client.users.deactivate({ user: user.id, expectedVersion: version });
}

/** A limit which makes that many bytes the state that is wished for. */
function limitFor(wish: QuotaWish, bytes: number): number | null {
  const used = Math.max(bytes, 1024);
  switch (wish) {
    case 'unlimited':
      return null;
    case 'ok':
      return used * 2;
    case 'roomy':
      return 5 * 2 ** 30;
    case 'warning':
      return Math.ceil(used / 0.9);
    case 'full':
      return Math.floor(used / 1.08);
  }
}

/** The documents are put where the platform would put them: into each user's own folder of the own store. */
async function storeDocuments(
  { domains, signal, tell }: Filling,
  stock: ReadonlyMap<Person, readonly DemoDocument[]>,
): Promise<number> {
  const { db } = domains.ground.workspace;
  const open: { readonly store: StorageBackend; readonly put: () => Promise<unknown> }[] = [];
  try {
    for (const [person, documents] of stock) {
      const { no, id, external_id: externalId } = findUser(db, person.mail);
      const target = domains.storage.ownStoreTargets(db, { no, id, externalId })[0];
      const store = await target?.open();
      if (!target?.prefix || !store?.put) throw new HostFailure('HOST_FAILED', 'The built-in store cannot be written.');
      const { prefix } = target;
      for (const { name, text } of documents) {
        const bytes = Buffer.from(text);
        open.push({
          store,
          put: async () => store.put?.(`${prefix}${name}`, Readable.from([bytes]), bytes.length, signal),
        });
      }
    }
    let stored = 0;
    await inParallel(open, DOCUMENTS_AT_ONCE, signal, async ({ put }) => {
      await put();
      stored += 1;
      tell('documents', stored, open.length);
    });
    return open.length;
  } finally {
    for (const store of new Set(open.map((one) => one.store))) store.close();
  }
}

async function index({ client, signal, tell }: Filling, documents: number): Promise<void> {
  const { rows } = await client.storage.list({});
  const own = rows.find((row) => row.own);
  if (!own) throw new HostFailure('HOST_FAILED', 'The workspace has no store of its own.');
  const { run } = await client.storage.index({ profile: own.name });
  let last = run;
  for await (const now of await client.storage.watchIndex({ runId: run.id }, { signal })) {
    if (now.seen > last.seen) tell('documents indexed', now.seen, documents);
    last = now;
  }
  signal.throwIfAborted();
  if (last.state !== 'done')
    throw new HostFailure('HOST_FAILED', `The documents could not be indexed. ${last.message ?? ''}`);
}

async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) {
      signal.throwIfAborted();
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
