import { compareKeys } from '../key-order.ts';
import type { ListPage, ObjectRef } from '../port.ts';
import type { S3Connection } from './connection.ts';
import {
  MAX_LIST_BYTES,
  MAX_UPLOADS_BYTES,
  type ObjectListAnswer,
  readObjectList,
  readUploadList,
  readVersionList,
  type UploadListAnswer,
  type VersionListAnswer,
} from './list-answers.ts';
import { invalidAnswer } from './read-xml.ts';

/** S3's own limit: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export const PAGE_SIZE = 1000;
/** Tries of a page when the server is down or overloaded, before the listing as a whole fails. */
const TRIES = 3;
/** A server may answer a page without items and still have more; one that does nothing else is not believed for ever. */
const MAX_EMPTY_PAGES = 20;

export interface ListScope {
  readonly bucket: string;
  /** What every key must begin with; empty only for a reader of a whole bucket. */
  readonly prefix: string;
}

export interface ListRequest {
  readonly prefix: string;
  readonly after: string | null;
  readonly signal: AbortSignal | undefined;
  /** Told for each page whether the server wrote the keys so that every one can be read back exactly. */
  readonly onEncoding: (isEncoded: boolean) => void;
}

/** A place in a listing that outlives the process: the last item handed out. */
type Position = readonly [key: string, id: string | null];

export function positionAfter(item: ObjectRef): string {
  return JSON.stringify([item.key, item.versionId]);
}

function readPosition(text: string | null): Position | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && typeof value[0] === 'string' && (value[1] === null || typeof value[1] === 'string')) {
      return [value[0], value[1]];
    }
  } catch {
    // Said below.
  }
  throw new TypeError('not a place in this listing');
}

/** Starts the next page while the present one is being worked on: the server is never idle, and there is one stream. */
class Ahead<Answer> {
  readonly #stop = new AbortController();
  readonly signal: AbortSignal;
  #next: Promise<Answer> | null = null;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
  }

  start(page: Promise<Answer>): void {
    // Until it is waited for, its failure is nobody's yet.
    page.catch(() => {});
    this.#next = page;
  }

  async take(): Promise<Answer> {
    if (!this.#next) throw new Error('no page was started');
    const page = await this.#next;
    this.#next = null;
    return page;
  }

  end(): void {
    this.#stop.abort();
  }
}

/** Objects by ListObjectsV2, in key order. */
export async function* listObjects(
  connection: S3Connection,
  scope: ListScope,
  request: ListRequest,
): AsyncGenerator<ListPage> {
  const order = new KeyOrder(request.prefix, readPosition(request.after));
  const ahead = new Ahead<ObjectListAnswer>(request.signal);
  const fetchPage = (from: { token: string } | { after: string | null }): Promise<ObjectListAnswer> =>
    connection.send(
      {
        method: 'GET',
        bucket: scope.bucket,
        query: {
          'list-type': '2',
          'encoding-type': 'url',
          'max-keys': String(PAGE_SIZE),
          prefix: request.prefix,
          ...('token' in from
            ? { 'continuation-token': from.token }
            : from.after === null
              ? {}
              : { 'start-after': from.after }),
        },
        purpose: `list the bucket '${scope.bucket}'`,
        maxBytes: MAX_LIST_BYTES,
        signal: ahead.signal,
        tries: TRIES,
      },
      async (answer) => await readObjectList(answer.body),
    );
  const tokens = new Set<string>();
  try {
    ahead.start(fetchPage({ after: order.position?.[0] ?? null }));
    for (let empty = 0; ; ) {
      const page = await ahead.take();
      request.onEncoding(page.isEncoded);
      if (page.items.length > PAGE_SIZE) throw invalidAnswer('a page holds more than was asked for');
      for (const item of page.items) order.next(item, true);
      if (page.isTruncated) {
        if (page.nextToken === null) throw invalidAnswer('it says that there is more but not where');
        if (tokens.has(page.nextToken)) throw invalidAnswer('it sends back to a page that was there before');
        tokens.add(page.nextToken);
        ahead.start(fetchPage({ token: page.nextToken }));
        empty = page.items.length === 0 ? empty + 1 : 0;
        if (empty > MAX_EMPTY_PAGES) throw invalidAnswer('it goes on without ever listing anything');
      }
      const last = page.items.at(-1);
      if (!page.isTruncated) {
        yield { items: page.items, next: null };
        return;
      }
      if (last) yield { items: page.items, next: positionAfter(last) };
    }
  } finally {
    ahead.end();
  }
}

/** Versions and delete markers by ListObjectVersions, in key order. */
export async function* listVersions(
  connection: S3Connection,
  scope: ListScope,
  request: ListRequest,
): AsyncGenerator<ListPage> {
  const order = new KeyOrder(request.prefix, readPosition(request.after));
  const ahead = new Ahead<VersionListAnswer>(request.signal);
  const fetchPage = (keyMarker: string | null, versionMarker: string | null): Promise<VersionListAnswer> =>
    connection.send(
      {
        method: 'GET',
        bucket: scope.bucket,
        query: {
          versions: null,
          'encoding-type': 'url',
          'max-keys': String(PAGE_SIZE),
          prefix: request.prefix,
          ...(keyMarker === null ? {} : { 'key-marker': keyMarker }),
          ...(versionMarker === null ? {} : { 'version-id-marker': versionMarker }),
        },
        purpose: `list versions in the bucket '${scope.bucket}'`,
        maxBytes: MAX_LIST_BYTES,
        signal: ahead.signal,
        tries: TRIES,
      },
      async (answer) => await readVersionList(answer.body),
    );
  const markers = new Set<string>();
  try {
    ahead.start(fetchPage(order.position?.[0] ?? null, order.position?.[1] ?? null));
    for (let empty = 0; ; ) {
      const page = await ahead.take();
      request.onEncoding(page.isEncoded);
      if (page.items.length > PAGE_SIZE) throw invalidAnswer('a page holds more than was asked for');
      const items = inKeyOrder(page.items);
      for (const item of items) order.next(item, false);
      if (page.isTruncated) {
        if (page.nextKeyMarker === null) throw invalidAnswer('it says that there is more but not where');
        const marker = JSON.stringify([page.nextKeyMarker, page.nextVersionMarker]);
        if (markers.has(marker)) throw invalidAnswer('it sends back to a page that was there before');
        markers.add(marker);
        ahead.start(fetchPage(page.nextKeyMarker, page.nextVersionMarker));
        empty = items.length === 0 ? empty + 1 : 0;
        if (empty > MAX_EMPTY_PAGES) throw invalidAnswer('it goes on without ever listing anything');
      }
      const last = items.at(-1);
      if (!page.isTruncated) {
        yield { items, next: null };
        return;
      }
      if (last) yield { items, next: positionAfter(last) };
    }
  } finally {
    ahead.end();
  }
}

/** Versions and markers of a page as one sequence: some servers write all versions first, then all markers. */
function inKeyOrder(items: ObjectRef[]): ObjectRef[] {
  for (let at = 1; at < items.length; at += 1) {
    const [before, item] = [items[at - 1], items[at]];
    // A stable sort keeps each kind's own order, newest first.
    if (before && item && compareKeys(before.key, item.key) > 0)
      return items.toSorted((a, b) => compareKeys(a.key, b.key));
  }
  return items;
}

/**
 * Unfinished uploads below the scope. Always asked for the whole bucket and chosen from here: MinIO takes the prefix for
 * an exact key. They come sorted, in pages, though MinIO answers all at once.
 */
export async function* listUploads(
  connection: S3Connection,
  scope: ListScope,
  request: ListRequest,
): AsyncGenerator<ListPage> {
  const from = readPosition(request.after);
  const found = await fetchUploads(connection, scope.bucket, '', (key) => key.startsWith(request.prefix), request);
  const sorted = found.toSorted(compareUploads);
  const rest =
    from === null ? sorted : sorted.filter((item) => compareUploads(item, { key: from[0], versionId: from[1] }) > 0);
  for (let at = 0; ; at += PAGE_SIZE) {
    const items = rest.slice(at, at + PAGE_SIZE);
    const last = items.at(-1);
    const hasMore = at + PAGE_SIZE < rest.length;
    yield { items, next: hasMore && last ? positionAfter(last) : null };
    if (!hasMore) return;
  }
}

function compareUploads(a: Pick<ObjectRef, 'key' | 'versionId'>, b: Pick<ObjectRef, 'key' | 'versionId'>): number {
  return compareKeys(a.key, b.key) || compareKeys(a.versionId ?? '', b.versionId ?? '');
}

/** Every unfinished upload that the server lists for a prefix, of which `keep` chooses. */
export async function fetchUploads(
  connection: S3Connection,
  bucket: string,
  prefix: string,
  keep: (key: string) => boolean,
  request: { signal: AbortSignal | undefined; onEncoding: (isEncoded: boolean) => void },
): Promise<ObjectRef[]> {
  const found: ObjectRef[] = [];
  const markers = new Set<string>();
  let marker: [key: string, uploadId: string | null] | null = null;
  for (;;) {
    const from: typeof marker = marker;
    const page: UploadListAnswer = await connection.send(
      {
        method: 'GET',
        bucket,
        query: {
          uploads: null,
          'encoding-type': 'url',
          'max-uploads': String(PAGE_SIZE),
          prefix,
          ...(from === null ? {} : { 'key-marker': from[0] }),
          ...(from?.[1] ? { 'upload-id-marker': from[1] } : {}),
        },
        purpose: `list unfinished uploads in the bucket '${bucket}'`,
        maxBytes: MAX_UPLOADS_BYTES,
        signal: request.signal,
        tries: TRIES,
      },
      async (answer) => await readUploadList(answer.body, keep),
    );
    request.onEncoding(page.isEncoded);
    for (const item of page.items) found.push(item);
    if (!page.isTruncated) return found;
    if (page.nextKeyMarker === null) throw invalidAnswer('it says that there is more but not where');
    marker = [page.nextKeyMarker, page.nextUploadMarker];
    const name = JSON.stringify(marker);
    if (markers.has(name)) throw invalidAnswer('it sends back to a page that was there before');
    markers.add(name);
    if (markers.size > 100_000) throw invalidAnswer('its list of uploads does not end');
  }
}

/** Holds a listing to what it was asked for: every key begins with the prefix, and no key comes before an earlier one. */
class KeyOrder {
  readonly #prefix: string;
  readonly position: Position | null;
  #key: string | null;
  #idsOfKey = new Set<string | null>();

  constructor(prefix: string, position: Position | null) {
    this.#prefix = prefix;
    this.position = position;
    this.#key = position?.[0] ?? null;
    if (position) this.#idsOfKey.add(position[1]);
  }

  /** `strictly`: each key once. Otherwise each key with an id once. */
  next(item: ObjectRef, strictly: boolean): void {
    if (!item.key.startsWith(this.#prefix)) throw invalidAnswer('it lists a key outside what was asked for');
    const order = this.#key === null ? 1 : compareKeys(item.key, this.#key);
    if (order < 0 || (order === 0 && (strictly || this.#idsOfKey.has(item.versionId)))) {
      throw invalidAnswer('its keys are not in growing order');
    }
    if (order > 0) this.#key = item.key;
    if (strictly) return;
    if (order > 0) this.#idsOfKey.clear();
    this.#idsOfKey.add(item.versionId);
  }
}
