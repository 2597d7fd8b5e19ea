import type { Readable } from 'node:stream';

/**
 * One thing that can be removed. `object`: by key alone. `version` and `marker`: by key and version id. `upload`: an
 * unfinished multipart upload, by key and upload id. `folder`: a WebDAV collection below a root of the platform's own; its
 * key ends with a slash, so that it is listed right before what it holds, and it is removed once it is empty.
 */
export interface ObjectRef {
  readonly kind: 'object' | 'version' | 'marker' | 'upload' | 'folder';
  /** Exact text (S8): never decoded, normalised, trimmed or joined again. For WebDAV the path within the root. */
  readonly key: string;
  readonly versionId: string | null;
  readonly size: number;
  readonly etag: string | null;
  readonly modifiedAt: number | null;
}

/**
 * At most 1,000 items in key order (of the keys' UTF-8 bytes, which is SQLite's order too), and where to go on; `next` is
 * null on the last page. Unfinished uploads come in the order of their server.
 */
export interface ListPage {
  readonly items: readonly ObjectRef[];
  readonly next: string | null;
}

export interface ListOptions {
  /** `versions` lists versions and delete markers; on a store without versions it is the same as `objects`. */
  readonly what: 'objects' | 'versions' | 'uploads';
  /** Within the scope of the backend; must begin with its prefix. Absent: the backend's own prefix. */
  readonly prefix?: string;
  /** `next` of an earlier page, also from before a restart. */
  readonly after?: string | null;
  readonly signal?: AbortSignal;
}

/** What became of one reference. `absent` is success: somebody removed it before. */
export type RemovalOutcome =
  | { readonly outcome: 'removed' }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'retained'; readonly until: number | null; readonly reason: string }
  | { readonly outcome: 'changed'; readonly reason: string }
  | { readonly outcome: 'failed'; readonly reason: string; readonly retryable: boolean };

export type Finality = 'final' | 'trash' | 'retained' | 'unknown';

export interface BackendCheck {
  readonly ok: boolean;
  readonly state: 'works' | 'reauthorise' | 'unreachable';
  /** What was found and what to do, in a sentence. */
  readonly message: string;
  /** How far the server's clock is ahead of ours, where it says. */
  readonly clockSkewMs: number | null;
}

/**
 * A place that holds documents, opened for one scope: a prefix that ends with `/`, a bucket of one user, or a
 * cloud's root. Nothing outside the scope can be listed or removed through it; an empty prefix and a cloud's own root are refused
 * when it is opened.
 *
 * Every call may reject with a `StorageError`; a page that fails as a whole rejects, a reference that fails is an outcome.
 */
export interface StorageBackend {
  readonly kind: 'folder' | 's3' | 'webdav';
  list(options: ListOptions): AsyncIterable<ListPage>;
  /** At most 1,000 references; outcomes in the same order. */
  remove(refs: readonly ObjectRef[], signal?: AbortSignal): Promise<RemovalOutcome[]>;
  check(signal?: AbortSignal): Promise<BackendCheck>;
  /** Whether the bucket keeps versions, and how final a removal is. */
  describe(
    signal?: AbortSignal,
  ): Promise<{ readonly versioned: boolean; readonly finality: Finality; readonly note: string | null }>;
  /** The reference as it stands now, or null where it does not. */
  stat(key: string, signal?: AbortSignal): Promise<ObjectRef | null>;
  /** Unfinished uploads of one exact key: MinIO does not list them by prefix. */
  uploadsOf?(key: string, signal?: AbortSignal): Promise<ObjectRef[]>;
  /**
   * All versions and markers that stand at exactly this key. `key` may be the scope's prefix without its slash, or an
   * ancestor of it: an object there hides what is below from MinIO's listings (D8).
   */
  standingAt?(key: string, signal?: AbortSignal): Promise<ObjectRef[]>;
  put?(key: string, body: Readable, size: number, signal?: AbortSignal): Promise<ObjectRef>;
  get?(key: string, signal?: AbortSignal): Promise<Readable>;
  close(): void;
}

export type StorageFailure =
  | 'offline'
  | 'backend'
  | 'reauthorise'
  | 'refused'
  | 'invalid_answer'
  | 'unsafe'
  | 'aborted';

/**
 * A whole call that failed. `offline`: nothing answered. `backend`: 5xx, throttling, time-outs. `reauthorise`: the
 * credentials do not work. `refused`: a right is missing or the bucket is not there. `invalid_answer`: what came is not
 * what the protocol says. `unsafe`: we refused to send it.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly failure: StorageFailure;
  /** The server's own code, where it gave one: `NoSuchBucket`, `423`. */
  readonly serverCode: string | null;
  readonly retryAfterMs: number | null;

  constructor(
    failure: StorageFailure,
    message: string,
    details: { serverCode?: string | null; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.failure = failure;
    this.serverCode = details.serverCode ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }

  /** Whether the same call may go through later without anybody doing anything. */
  get passes(): boolean {
    return this.failure === 'offline' || this.failure === 'backend' || this.failure === 'invalid_answer';
  }
}

/** One place that a user's documents lie in, as a deletion sees it. */
export interface DeletionTarget {
  /** The profile's or connection's public id. */
  readonly sourceId: string;
  readonly backendNo: number;
  readonly kind: 'folder' | 's3' | 'webdav';
  readonly label: string;
  readonly isCloud: boolean;
  /**
   * `owned`: everything that listing finds in the scope is the user's. `recorded`: only documents on record are; the
   * rest of what is there is counted and kept (C6).
   */
  readonly reach: 'owned' | 'recorded';
  /** The prefix of the user's objects, for the certificate and for what hides it; null where there is none. */
  readonly prefix: string | null;
  /**
   * What stands before a reference's key in `documents.key`: empty, except where each user has a bucket (`bucket/`), whose
   * keys would otherwise collide in the record.
   */
  readonly recordPrefix: string;
  /** What must be the same at the start as it was at the plan: configuration and version, without secrets. */
  readonly basis: string;
  /** Opens it with its credentials. Refuses with VAULT_LOCKED while they cannot be read. */
  open(): Promise<StorageBackend>;
}
