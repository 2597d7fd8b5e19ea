import { setTimeout as sleep } from 'node:timers/promises';
import { plural } from '../../../contract/figures.ts';
import { compareKeys } from '../key-order.ts';
import type { ListPage, ObjectRef } from '../port.ts';
import { StorageError } from '../port.ts';
import { bareETag } from './identity.ts';
import { show } from './key-path.ts';
import type { WebDavLimits } from './limits.ts';
import type { CollectionAnswer, Propfind } from './propfind.ts';
import { SortedRuns } from './sorted-runs.ts';

/** A file or folder by its key within the root; a folder's ends with a slash. */
interface Found extends ObjectRef {
  readonly path: string;
}

export interface WalkOptions {
  /** Path of the collection to begin in, and the key that stands for it: empty for the root, else ending with a slash. */
  readonly path: string;
  readonly key: string;
  /** The last key of an earlier page: the walk goes on behind it. */
  readonly after: string | null;
  /** Whether folders are references too. */
  readonly withFolders: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told about every file and folder, so that its href can be sent as the server gave it. */
  readonly remember: (key: string, path: string) => void;
  /** Rejects unless the server shows the root. */
  readonly requireRoot: () => Promise<void>;
}

const PAGE = 1000;
const MAX_KEY_BYTES = 4096;
/** Before a folder that fails is asked again; after the last it is closed to us, if the root is not. */
const PAUSES_MS = [200, 1000];

/**
 * Walks a tree of collections one level at a time, in the order of the keys' bytes, and can go on behind any key. Since a
 * folder sorts as its name with a slash, that order is depth first, and a folder's own reference comes right before what it
 * holds. Nothing of a page is given out before its last member is known, and no request is open in between.
 */
export class Walk {
  readonly #propfind: Propfind;
  readonly #limits: WebDavLimits;
  readonly #options: WalkOptions;
  #held = 0;
  #folders = 0;

  constructor(propfind: Propfind, limits: WebDavLimits, options: WalkOptions) {
    this.#propfind = propfind;
    this.#limits = limits;
    this.#options = options;
  }

  async *pages(): AsyncGenerator<ListPage> {
    let items: ObjectRef[] = [];
    for await (const ref of this.#below(this.#options.path, this.#options.key, 0)) {
      if (items.length === PAGE) {
        yield { items, next: items.at(-1)?.key ?? null };
        items = [];
      }
      items.push(ref);
    }
    yield { items, next: null };
  }

  async *#below(path: string, key: string, depth: number): AsyncGenerator<ObjectRef> {
    if (depth > this.#limits.maxDepth)
      throw new StorageError(
        'invalid_answer',
        `Folders are nested more than ${this.#limits.maxDepth} deep at ${show(key)}: a link that leads back into itself?`,
      );
    this.#folders += 1;
    if (this.#folders > this.#limits.maxFolders)
      throw new StorageError('invalid_answer', `There are more than ${plural(this.#limits.maxFolders, 'folder')}.`);
    const { after } = this.#options;
    for (let from: string | null = after; ; ) {
      const runs = await this.#read(path, key, from);
      if (runs === null) return;
      yield* this.#through(runs, depth);
      from = runs.completeTo;
      if (from === null) return;
    }
  }

  /** Members of one collection in key order, and right behind each folder what is below it. */
  async *#through(runs: SortedRuns<Found>, depth: number): AsyncGenerator<ObjectRef> {
    const { after, withFolders } = this.#options;
    let last: string | null = null;
    try {
      for (const { path, ...ref } of runs.read()) {
        this.#held -= 1;
        if (ref.key === last)
          throw new StorageError('invalid_answer', `The server’s listing names ${show(ref.key)} twice.`);
        last = ref.key;
        if (ref.kind !== 'folder') yield ref;
        else {
          if (withFolders && isBehind(ref.key, after)) yield ref;
          yield* this.#below(path, ref.key, depth + 1);
        }
      }
    } finally {
      this.#held -= runs.held;
    }
  }

  /** Null where the collection is gone, or closed to us; the root must be there and open. */
  async #read(path: string, key: string, from: string | null): Promise<SortedRuns<Found> | null> {
    const what = key === '' ? 'the root folder' : `folder ${show(key)}`;
    for (let attempt = 0; ; attempt += 1) {
      const runs = new SortedRuns<Found>(Math.max(PAGE, this.#limits.maxHeld - this.#held));
      try {
        const { found } = await this.#members(path, key, from, what, runs);
        if (found === 'collection') {
          this.#held += runs.close().held;
          return runs;
        }
        if (found === 'file') throw new StorageError('refused', `A file stands where ${what} should be.`);
        if (key !== '') return null;
        if (found === 'closed')
          throw new StorageError('refused', 'The server does not let the root folder be read (403).', {
            serverCode: '403',
          });
        throw new StorageError(
          'refused',
          'The server has no such root folder (404). Create it there, or correct the connection’s root.',
          { serverCode: '404' },
        );
      } catch (error) {
        if (key === '' || !isOfThisFolder(error)) throw error;
        const pauseMs = PAUSES_MS[attempt];
        if (pauseMs !== undefined)
          await sleep(pauseMs, undefined, { signal: this.#options.signal }).catch(() => undefined);
        else {
          await this.#options.requireRoot();
          return null;
        }
      }
    }
  }

  #members(
    path: string,
    key: string,
    from: string | null,
    what: string,
    runs: SortedRuns<Found>,
  ): Promise<CollectionAnswer> {
    const { signal, remember, after } = this.#options;
    return this.#propfind.members(
      path,
      what,
      ({ name, path: given, isCollection, size, etag, modifiedAt }) => {
        const memberKey = key + name + (isCollection ? '/' : '');
        // A folder that the cursor lies in is entered again; everything else up to the cursor is done.
        const isEnteredAgain = isCollection && from !== null && from === after && from.startsWith(memberKey);
        if (!isBehind(memberKey, from) && !isEnteredAgain) return;
        if (Buffer.byteLength(memberKey) > MAX_KEY_BYTES)
          throw new StorageError(
            'invalid_answer',
            `A path in ${what} is longer than ${plural(MAX_KEY_BYTES, 'byte')}.`,
          );
        remember(memberKey, given);
        runs.add({
          kind: isCollection ? 'folder' : 'object',
          key: memberKey,
          versionId: null,
          size,
          etag: bareETag(etag),
          modifiedAt,
          path: given,
        });
      },
      signal,
    );
  }
}

/**
 * Whether a failure may be about one folder alone: Apache breaks its answer off where a folder cannot be read. A server
 * that is busy or slow is not.
 */
function isOfThisFolder(error: unknown): boolean {
  if (!(error instanceof StorageError) || error.failure !== 'backend') return false;
  return !['429', '503', 'timeout'].includes(error.serverCode ?? '');
}

function isBehind(key: string, after: string | null): boolean {
  return after === null || compareKeys(key, after) > 0;
}
