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
import { type BucketSettings, finalityOf, readBucketSettings } from './bucket-settings.ts';
import { connectS3, type S3Config, type S3Connection } from './connection.ts';
import { fetchUploads, listObjects, listUploads, listVersions } from './list.ts';
import { MAX_LIST_BYTES, readObjectList } from './list-answers.ts';
import { isPathSafe } from './path-safety.ts';
import { MAX_REMOVALS, removeRefs } from './remove.ts';
import { standingAt, statObject } from './standing.ts';
import type { Timeouts } from './transport.ts';

/** Part of a bucket that is one user's: a folder, or with `wholeBucket` the bucket itself. */
export interface S3Scope {
  readonly bucket: string;
  /** Ends with `/`; empty only together with `wholeBucket`. */
  readonly prefix: string;
  /** The bucket holds one user's documents and nothing else. */
  readonly wholeBucket?: boolean;
}

export interface S3Options {
  /**
   * For a scope that holds other people's or private files beside the recorded documents (C6): an object whose ETag, or
   * else size and date, differ from its reference is `changed` and stays.
   */
  readonly requireMatch?: boolean;
  readonly timeouts?: Timeouts;
  readonly clock?: () => number;
}

/** How long the bucket's settings are taken for what they were. */
const SETTINGS_FOR_MS = 30_000;
/** References whose versions are looked up at once, where an object stands in a bucket that keeps versions. */
const EXPANDED_AT_ONCE = 8;
/** An ETag changes with the bytes; without one, seconds are all that a listing's date is good for. */
const SAME_SECOND_MS = 1000;

function checkScope(scope: S3Scope): void {
  const { bucket, prefix, wholeBucket } = scope;
  if (bucket === '') throw new StorageError('unsafe', 'A storage scope without a bucket was refused.');
  if (
    wholeBucket === true
      ? prefix !== ''
      : prefix === '' || prefix === '/' || prefix.startsWith('/') || !prefix.endsWith('/')
  ) {
    throw new StorageError('unsafe', "A storage scope must be a folder that ends with '/', or a bucket of one user.");
  }
}

/** Opens one scope of an S3 bucket. Refuses, as `unsafe`, a scope that could be more than one user's. */
export function openS3(config: S3Config, scope: S3Scope, options: S3Options = {}): StorageBackend {
  checkScope(scope);
  const clock = options.clock ?? Date.now;
  const connection = connectS3(config, { clock, ...(options.timeouts ? { timeouts: options.timeouts } : {}) });
  return new S3Backend(connection, scope, options.requireMatch === true, clock);
}

class S3Backend implements StorageBackend {
  readonly kind = 's3';
  readonly #connection: S3Connection;
  readonly #scope: S3Scope;
  readonly #requireMatch: boolean;
  readonly #clock: () => number;
  #settings: { readonly value: BucketSettings; readonly at: number } | null = null;
  /** False once the server has listed without encoding keys: then U+FFFD may stand for a character it cannot write. */
  #writesEveryKey = true;

  constructor(connection: S3Connection, scope: S3Scope, requireMatch: boolean, clock: () => number) {
    this.#connection = connection;
    this.#scope = scope;
    this.#requireMatch = requireMatch;
    this.#clock = clock;
  }

  async *list(options: ListOptions): AsyncGenerator<ListPage> {
    const prefix = options.prefix ?? this.#scope.prefix;
    if (!prefix.startsWith(this.#scope.prefix))
      throw new StorageError('unsafe', 'A listing outside the scope was refused.');
    const request = {
      prefix,
      after: options.after ?? null,
      signal: options.signal,
      onEncoding: (isEncoded: boolean) => {
        this.#writesEveryKey &&= isEncoded;
      },
    };
    if (options.what === 'uploads') yield* listUploads(this.#connection, this.#scope, request);
    else if (options.what === 'versions' && (await this.#keepsVersions(options.signal))) {
      yield* listVersions(this.#connection, this.#scope, request);
    } else yield* listObjects(this.#connection, this.#scope, request);
  }

  async remove(refs: readonly ObjectRef[], signal?: AbortSignal): Promise<RemovalOutcome[]> {
    if (refs.length > MAX_REMOVALS)
      throw new StorageError('unsafe', 'More than 1,000 references at once were refused.');
    for (const ref of refs) this.#checkRemovable(ref);
    if (refs.length === 0) return [];
    const keepsVersions = await this.#keepsVersions(signal);
    const outcomes = new Map<number, RemovalOutcome>();
    const direct: number[] = [];
    const careful: number[] = [];
    refs.forEach((ref, at) => {
      const isDoubtful = ref.key.includes('\ufffd') && !this.#writesEveryKey;
      if (ref.kind === 'object' && (keepsVersions || this.#requireMatch || isDoubtful)) careful.push(at);
      else direct.push(at);
    });
    if (direct.length > 0) {
      const answers = await removeRefs(
        this.#connection,
        this.#scope.bucket,
        direct.map((at) => at_(refs, at)),
        signal,
      );
      direct.forEach((at, position) => {
        outcomes.set(at, at_(answers, position));
      });
    }
    const queue = careful.values();
    const worker = async (): Promise<void> => {
      for (const at of queue) outcomes.set(at, await this.#removeCarefully(at_(refs, at), keepsVersions, signal));
    };
    await Promise.all(Array.from({ length: Math.min(EXPANDED_AT_ONCE, careful.length) }, worker));
    return refs.map((_, at) => {
      const outcome = outcomes.get(at);
      if (!outcome) throw new Error('a reference without an outcome');
      return outcome;
    });
  }

  async check(signal?: AbortSignal): Promise<BackendCheck> {
    try {
      await this.#connection.send(
        {
          method: 'GET',
          bucket: this.#scope.bucket,
          query: { 'list-type': '2', 'encoding-type': 'url', 'max-keys': '1', prefix: this.#scope.prefix },
          purpose: `list the bucket '${this.#scope.bucket}'`,
          maxBytes: MAX_LIST_BYTES,
          signal,
        },
        async (answer) => await readObjectList(answer.body),
      );
      return {
        ok: true,
        state: 'works',
        message: `The bucket '${this.#scope.bucket}' answers.`,
        clockSkewMs: this.#connection.clockSkewMs,
      };
    } catch (error) {
      if (!(error instanceof StorageError) || error.failure === 'aborted') throw error;
      const state = error.failure === 'reauthorise' ? 'reauthorise' : 'unreachable';
      return { ok: false, state, message: error.message, clockSkewMs: this.#connection.clockSkewMs };
    }
  }

  async describe(
    signal?: AbortSignal,
  ): Promise<{ versioned: boolean; finality: ReturnType<typeof finalityOf>['finality']; note: string | null }> {
    const settings = await this.#readSettings(signal);
    return { versioned: settings.versioning !== 'off', ...finalityOf(settings, this.#connection.server) };
  }

  async stat(key: string, signal?: AbortSignal): Promise<ObjectRef | null> {
    this.#checkInside(key);
    return await statObject(this.#connection, this.#scope.bucket, key, signal);
  }

  async uploadsOf(key: string, signal?: AbortSignal): Promise<ObjectRef[]> {
    this.#checkInside(key);
    const request = {
      signal,
      onEncoding: (isEncoded: boolean) => {
        this.#writesEveryKey &&= isEncoded;
      },
    };
    return await fetchUploads(this.#connection, this.#scope.bucket, key, (listed) => listed === key, request);
  }

  async standingAt(key: string, signal?: AbortSignal): Promise<ObjectRef[]> {
    if (!this.#isAncestor(key)) this.#checkInside(key);
    const found = await standingAt(this.#connection, this.#scope.bucket, key, signal);
    if (await this.#keepsVersions(signal)) return found;
    return found.map((ref) => ({ ...ref, kind: 'object', versionId: null }));
  }

  async get(key: string, signal?: AbortSignal): Promise<Readable> {
    this.#checkInside(key);
    if (!isPathSafe(key)) throw new StorageError('unsafe', 'This key cannot be named safely in a request.');
    return await this.#connection.open({
      method: 'GET',
      bucket: this.#scope.bucket,
      key,
      purpose: 'read an object',
      maxBytes: Number.POSITIVE_INFINITY,
      signal,
    });
  }

  close(): void {
    this.#connection.close();
  }

  async #readSettings(signal: AbortSignal | undefined): Promise<BucketSettings> {
    const now = this.#clock();
    if (this.#settings && Math.abs(now - this.#settings.at) < SETTINGS_FOR_MS) return this.#settings.value;
    const value = await readBucketSettings(this.#connection, this.#scope.bucket, signal);
    this.#settings = { value, at: now };
    return value;
  }

  async #keepsVersions(signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#readSettings(signal)).versioning !== 'off';
  }

  #checkInside(key: string): void {
    if (key === '' || !key.startsWith(this.#scope.prefix))
      throw new StorageError('unsafe', 'A key outside the scope was refused.');
  }

  /** The scope's own folder without its slash, or a folder above it. */
  #isAncestor(key: string): boolean {
    return key !== '' && this.#scope.prefix.startsWith(`${key}/`);
  }

  #checkRemovable(ref: ObjectRef): void {
    if (ref.kind === 'folder') throw new StorageError('unsafe', 'S3 has no folders to remove.');
    if (ref.kind !== 'object' && !ref.versionId)
      throw new StorageError('unsafe', `A ${ref.kind} without its id was refused.`);
    // What hides the scope from listings stands at its name without the slash (D8); nothing higher up is this user's.
    if (this.#scope.prefix !== '' && ref.key === this.#scope.prefix.slice(0, -1)) return;
    this.#checkInside(ref.key);
  }

  /** By key alone, where that is not enough: looked at first, then every version of exactly this key by its id. */
  async #removeCarefully(
    ref: ObjectRef,
    keepsVersions: boolean,
    signal: AbortSignal | undefined,
  ): Promise<RemovalOutcome> {
    if (this.#requireMatch || !keepsVersions) {
      const stands = await statObject(this.#connection, this.#scope.bucket, ref.key, signal);
      if (stands === null && ref.key.includes('\ufffd') && !this.#writesEveryKey) {
        return {
          outcome: 'failed',
          reason: "The server cannot write this key's real name in its answers. Remove it on the server itself.",
          retryable: false,
        };
      }
      if (stands === null && !keepsVersions) return { outcome: 'absent' };
      if (stands !== null && this.#requireMatch && !isSame(ref, stands)) {
        return { outcome: 'changed', reason: 'What stands there is not what was recorded; it stays.' };
      }
    }
    const targets = keepsVersions ? await standingAt(this.#connection, this.#scope.bucket, ref.key, signal) : [ref];
    if (targets.length === 0) return { outcome: 'absent' };
    let worst: RemovalOutcome = { outcome: 'absent' };
    for (let at = 0; at < targets.length; at += MAX_REMOVALS) {
      const answers = await removeRefs(
        this.#connection,
        this.#scope.bucket,
        targets.slice(at, at + MAX_REMOVALS),
        signal,
      );
      for (const answer of answers) if (GRAVITY[answer.outcome] > GRAVITY[worst.outcome]) worst = answer;
    }
    return worst;
  }
}

const GRAVITY: Readonly<Record<RemovalOutcome['outcome'], number>> = {
  absent: 0,
  removed: 1,
  changed: 2,
  retained: 3,
  failed: 4,
};

function at_<Item>(items: readonly Item[], at: number): Item {
  const item = items[at];
  if (item === undefined) throw new Error('out of range');
  return item;
}

function isSame(recorded: ObjectRef, standing: ObjectRef): boolean {
  if (recorded.etag !== null && standing.etag !== null) return recorded.etag === standing.etag;
  if (recorded.size !== standing.size) return false;
  if (recorded.modifiedAt === null || standing.modifiedAt === null) return true;
  return Math.abs(recorded.modifiedAt - standing.modifiedAt) < SAME_SECOND_MS;
}
