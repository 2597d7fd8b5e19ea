import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  type BackendCheck,
  type ListOptions,
  type ListPage,
  type ObjectRef,
  type RemovalOutcome,
  type StorageBackend,
  StorageError,
} from '../port.ts';
import { blobName, checkKey, shardOf } from './blob-name.ts';
import { type Catalogue, type Entry, openCatalogue } from './catalogue.ts';
import {
  blobPath,
  codeOf,
  lstatOrNull,
  ownFolder,
  pathsOf,
  readFolder,
  readSmallFile,
  readStream,
  removeFile,
  replaceFile,
  type StorePaths,
  sidecarPath,
  syncFolder,
  writeStream,
} from './files.ts';
import { type Reconciled, reconcile, repairSidecar } from './reconcile.ts';
import { writeSidecar } from './sidecar.ts';

export interface FolderStoreOptions {
  /** An absolute folder of the store's own. Made where it is missing; refused where other files are in it. */
  readonly dir: string;
  /** The profile's id: part of every blob's name, so that another store's files are not taken for ours. */
  readonly storeId: string;
  readonly clock: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** The built-in folder store (S1), opened by one process. */
export interface FolderStore {
  /** One user's folder: `prefix` ends with `/`. */
  scope(prefix: string): StorageBackend;
  /** Everything below `prefix`, which may be empty: for the index, which only reads. */
  list(prefix: string, options: Omit<ListOptions, 'prefix'>): AsyncIterable<ListPage>;
  stat(key: string): Promise<ObjectRef | null>;
  check(): Promise<BackendCheck>;
  /** Compares catalogue and files; done at opening where the store was not closed. */
  reconcile(): Promise<Reconciled>;
  close(): void;
}

const PAGE_SIZE = 1000;
const FILES_AT_ONCE = 16;
const NOTE = 'Removed files are unlinked; snapshots and backups of this disk are not reached.';

/** Opens the store, making it where it is not there yet. Refuses, as `unsafe`, a folder with anything else in it. */
export async function openFolderStore(options: FolderStoreOptions): Promise<FolderStore> {
  const paths = pathsOf(options.dir);
  await ownFolder(paths.dir);
  await claim(paths, options);
  await ownFolder(paths.blobs);
  await ownFolder(paths.incoming);
  const catalogue = openCatalogue(paths.catalogue);
  const store = new Store(paths, catalogue, options);
  try {
    if (!catalogue.isClean) await store.reconcile();
  } catch (error) {
    catalogue.close();
    throw error;
  }
  return store;
}

/** The marker says that the folder is this store's. Without one, the folder must be empty. */
async function claim(paths: StorePaths, { storeId, randomBytes }: FolderStoreOptions): Promise<void> {
  const text = await readSmallFile(paths.marker);
  if (text === null) {
    const names = await readFolder(paths.dir);
    if (names.some((name) => !name.startsWith('.claiming-'))) {
      throw new StorageError('unsafe', 'The folder for the built-in store has other files in it. Choose an empty one.');
    }
    const temporary = join(paths.dir, `.claiming-${hex(randomBytes(8))}`);
    await replaceFile(
      temporary,
      paths.marker,
      `${JSON.stringify({ format: 'quartermaster-folder-store', version: 1, storeId })}\n`,
    );
    return;
  }
  let marker: unknown;
  try {
    marker = JSON.parse(text);
  } catch {
    marker = null;
  }
  const isOurs =
    typeof marker === 'object' &&
    marker !== null &&
    'storeId' in marker &&
    marker.storeId === storeId &&
    'version' in marker &&
    marker.version === 1;
  if (!isOurs) throw new StorageError('unsafe', 'The folder for the built-in store belongs to another store.');
}

class Store implements FolderStore {
  readonly #paths: StorePaths;
  readonly #catalogue: Catalogue;
  readonly #options: FolderStoreOptions;
  /** Renames of one put at a time, so that bytes and sidecar are of the same put. */
  #commits: Promise<unknown> = Promise.resolve();

  constructor(paths: StorePaths, catalogue: Catalogue, options: FolderStoreOptions) {
    this.#paths = paths;
    this.#catalogue = catalogue;
    this.#options = options;
  }

  scope(prefix: string): StorageBackend {
    if (prefix === '' || prefix.startsWith('/') || !prefix.endsWith('/')) {
      throw new StorageError('unsafe', "A storage scope must be a folder that ends with '/'.");
    }
    return new FolderScope(this, prefix);
  }

  async *list(prefix: string, { what, after, signal }: Omit<ListOptions, 'prefix'>): AsyncGenerator<ListPage> {
    let position = after ?? null;
    for (;;) {
      if (signal?.aborted) throw new StorageError('aborted', 'The listing was cancelled.');
      const entries =
        what === 'uploads'
          ? []
          : this.#catalogue.page(prefix, position, PAGE_SIZE).filter(({ key }) => key.startsWith(prefix));
      const last = entries.at(-1);
      const hasMore = entries.length === PAGE_SIZE;
      // The catalogue says where to look; what is there, the files say.
      const stands = await inParallel(
        entries,
        async ({ name }) => (await lstatOrNull(blobPath(this.#paths, name))) !== null,
      );
      const gone = entries.filter((_, at) => !stands[at]);
      if (gone.length > 0) this.#forget(gone.map(({ key }) => key));
      yield { items: entries.filter((_, at) => stands[at]).map(refOf), next: hasMore && last ? last.key : null };
      if (!hasMore || !last) return;
      position = last.key;
    }
  }

  async stat(key: string): Promise<ObjectRef | null> {
    const entry = this.#catalogue.get(key);
    return entry && (await lstatOrNull(blobPath(this.#paths, entry.name))) ? refOf(entry) : null;
  }

  async put(key: string, body: Readable, size: number, signal?: AbortSignal): Promise<ObjectRef> {
    checkKey(key);
    const name = blobName(this.#options.storeId, key);
    const shard = join(this.#paths.blobs, shardOf(name));
    await ownFolder(shard);
    // Named for its blob: found after a crash, it says which one may be half replaced.
    const temporary = join(this.#paths.incoming, `${name}.${hex(this.#options.randomBytes(8))}`);
    try {
      const { sha256 } = await writeStream(temporary, body, size, signal);
      const entry: Entry = { key, name, size, sha256, modifiedAt: this.#options.clock() };
      await this.#oneAtATime(async () => {
        this.#catalogue.begin();
        try {
          await replaceFile(`${temporary}.json`, sidecarPath(this.#paths, name), writeSidecar(entry));
          await rename(temporary, blobPath(this.#paths, name));
          await syncFolder(shard);
        } catch (error) {
          await repairSidecar(this.#paths, name);
          throw error;
        }
        this.#catalogue.put([entry]);
      });
      return refOf(entry);
    } catch (error) {
      for (const path of [temporary, `${temporary}.json`]) await removeFile(path).catch(() => false);
      throw explainFileError(error);
    }
  }

  async get(key: string, signal?: AbortSignal): Promise<Readable> {
    checkKey(key);
    try {
      return await readStream(blobPath(this.#paths, blobName(this.#options.storeId, key)), signal);
    } catch (error) {
      throw explainFileError(error);
    }
  }

  async remove(refs: readonly ObjectRef[], signal?: AbortSignal): Promise<RemovalOutcome[]> {
    if (signal?.aborted) throw new StorageError('aborted', 'The removal was cancelled.');
    if (refs.length === 0) return [];
    this.#catalogue.begin();
    const shards = new Set<string>();
    const removeOne = async ({ key }: ObjectRef): Promise<RemovalOutcome> => {
      const name = blobName(this.#options.storeId, key);
      const path = blobPath(this.#paths, name);
      try {
        const folder = await lstatOrNull(join(this.#paths.blobs, shardOf(name)));
        if (folder === null) return { outcome: 'absent' };
        const there = await lstatOrNull(path);
        if (!folder.isDirectory() || (there !== null && !there.isFile())) {
          return {
            outcome: 'failed',
            reason: 'Something that is not a file of the store stands in its place; it stays.',
            retryable: false,
          };
        }
        const stood = there !== null && (await removeFile(path));
        await removeFile(sidecarPath(this.#paths, name));
        shards.add(shardOf(name));
        return { outcome: stood ? 'removed' : 'absent' };
      } catch (error) {
        return {
          outcome: 'failed',
          reason: `The file could not be removed (${codeOf(error) ?? 'unknown'}).`,
          retryable: true,
        };
      }
    };
    const outcomes = await inParallel(refs, removeOne);
    for (const shard of shards) await syncFolder(join(this.#paths.blobs, shard));
    this.#forget(refs.filter((_, at) => outcomes[at]?.outcome !== 'failed').map(({ key }) => key));
    return outcomes;
  }

  async check(): Promise<BackendCheck> {
    try {
      await ownFolder(this.#paths.blobs);
      const probe = join(this.#paths.incoming, `probe.${hex(this.#options.randomBytes(8))}`);
      await replaceFile(probe, `${probe}.done`, 'probe');
      await removeFile(`${probe}.done`);
      return {
        ok: true,
        state: 'works',
        message: 'The folder of the built-in store can be read and written.',
        clockSkewMs: null,
      };
    } catch (error) {
      const failure = explainFileError(error);
      return {
        ok: false,
        state: 'unreachable',
        message: failure instanceof Error ? failure.message : 'The folder does not work.',
        clockSkewMs: null,
      };
    }
  }

  async reconcile(): Promise<Reconciled> {
    this.#catalogue.begin();
    const found = await this.#oneAtATime(
      async () => await reconcile(this.#paths, this.#options.storeId, this.#catalogue),
    );
    this.#catalogue.settle();
    return found;
  }

  close(): void {
    this.#catalogue.close();
  }

  #forget(keys: readonly string[]): void {
    this.#catalogue.begin();
    this.#catalogue.remove(keys);
  }

  async #oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#commits.then(work, work);
    this.#commits = turn.catch(() => {});
    return await turn;
  }
}

/** One user's folder within the store. */
class FolderScope implements StorageBackend {
  readonly kind = 'folder';
  readonly #store: Store;
  readonly #prefix: string;

  constructor(store: Store, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  list(options: ListOptions): AsyncIterable<ListPage> {
    const prefix = options.prefix ?? this.#prefix;
    if (!prefix.startsWith(this.#prefix)) throw new StorageError('unsafe', 'A listing outside the scope was refused.');
    return this.#store.list(prefix, options);
  }

  async remove(refs: readonly ObjectRef[], signal?: AbortSignal): Promise<RemovalOutcome[]> {
    if (refs.length > PAGE_SIZE) throw new StorageError('unsafe', 'More than 1,000 references at once were refused.');
    for (const { key, kind } of refs) {
      this.#checkInside(key);
      if (kind !== 'object') throw new StorageError('unsafe', `The built-in store has no ${kind}s.`);
    }
    return await this.#store.remove(refs, signal);
  }

  async stat(key: string): Promise<ObjectRef | null> {
    this.#checkInside(key);
    return await this.#store.stat(key);
  }

  async put(key: string, body: Readable, size: number, signal?: AbortSignal): Promise<ObjectRef> {
    this.#checkInside(key);
    return await this.#store.put(key, body, size, signal);
  }

  async get(key: string, signal?: AbortSignal): Promise<Readable> {
    this.#checkInside(key);
    return await this.#store.get(key, signal);
  }

  async check(): Promise<BackendCheck> {
    return await this.#store.check();
  }

  async describe(): Promise<{ versioned: false; finality: 'final'; note: string }> {
    return { versioned: false, finality: 'final', note: NOTE };
  }

  /** The store itself stays open for the others. */
  close(): void {}

  #checkInside(key: string): void {
    if (!key.startsWith(this.#prefix) || key === this.#prefix)
      throw new StorageError('unsafe', 'A key outside the scope was refused.');
  }
}

function refOf({ key, size, sha256, modifiedAt }: Entry): ObjectRef {
  return { kind: 'object', key, versionId: null, size, etag: sha256, modifiedAt };
}

function explainFileError(error: unknown): unknown {
  if (error instanceof StorageError) return error;
  const code = codeOf(error);
  if (code === 'ENOENT')
    return new StorageError('refused', 'There is no such document.', { serverCode: code, cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StorageError('backend', 'The disk of the built-in store is full.', { serverCode: code, cause: error });
  if (code === 'ABORT_ERR') return new StorageError('aborted', 'The call was cancelled.', { cause: error });
  if (code === null) return error;
  return new StorageError(
    'refused',
    `The folder of the built-in store does not work (${code}). Check the rights on it.`,
    { serverCode: code, cause: error },
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, items.length) }, worker));
  return results;
}
