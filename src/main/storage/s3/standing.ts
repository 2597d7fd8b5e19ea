import type { IncomingHttpHeaders } from 'node:http';
import { compareKeys } from '../key-order.ts';
import { type ObjectRef, StorageError } from '../port.ts';
import type { S3Connection } from './connection.ts';
import { explainRefusal, RefusedByServer } from './failures.ts';
import { MAX_LIST_BYTES, readObjectList, readVersionList, type VersionListAnswer } from './list-answers.ts';
import { isPathSafe } from './path-safety.ts';
import { bareETag, invalidAnswer } from './read-xml.ts';

/** The object that stands at exactly this key now, also where something hides it from listings. */
export async function statObject(
  connection: S3Connection,
  bucket: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectRef | null> {
  if (!isPathSafe(key)) return await statByListing(connection, bucket, key, signal);
  const stands = await headOf(connection, bucket, key, signal);
  return stands?.kind === 'marker' ? null : stands;
}

/**
 * Every version and marker that stands at exactly this key. Where a folder above hides the key from listings, what a
 * HEAD still sees is answered.
 */
export async function standingAt(
  connection: S3Connection,
  bucket: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectRef[]> {
  const found = await versionsAt(connection, bucket, key, signal);
  if (found.length > 0) return found;
  const stands = isPathSafe(key)
    ? await headOf(connection, bucket, key, signal)
    : await statByListing(connection, bucket, key, signal);
  return stands === null ? [] : [stands];
}

async function versionsAt(
  connection: S3Connection,
  bucket: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectRef[]> {
  const found: ObjectRef[] = [];
  const markers = new Set<string>();
  let from: { readonly key: string; readonly version: string | null } | null = null;
  for (;;) {
    const page: VersionListAnswer | null = await versionPage(connection, bucket, key, from, signal);
    if (page === null) return found;
    for (const item of page.items) {
      if (!item.key.startsWith(key)) throw invalidAnswer('it lists a key outside what was asked for');
      if (item.key === key) found.push(item);
    }
    // Keys come in order: once a longer one has come, no more of exactly this one will.
    const isPast = page.items.some((item) => compareKeys(item.key, key) > 0);
    if (isPast || !page.isTruncated) return found;
    if (page.nextKeyMarker === null) throw invalidAnswer('it says that there is more but not where');
    from = { key: page.nextKeyMarker, version: page.nextVersionMarker };
    const marker = JSON.stringify(from);
    if (markers.has(marker)) throw invalidAnswer('it sends back to a page that was there before');
    markers.add(marker);
  }
}

/** A page of versions below a prefix; null on a server that has no versions at all. */
async function versionPage(
  connection: S3Connection,
  bucket: string,
  prefix: string,
  from: { readonly key: string; readonly version: string | null } | null,
  signal: AbortSignal | undefined,
): Promise<VersionListAnswer | null> {
  try {
    return await connection.send(
      {
        method: 'GET',
        bucket,
        query: {
          versions: null,
          'encoding-type': 'url',
          // Mostly there are one or two, and then come other keys.
          'max-keys': from === null ? '50' : '1000',
          prefix,
          ...(from === null ? {} : { 'key-marker': from.key }),
          ...(from?.version ? { 'version-id-marker': from.version } : {}),
        },
        purpose: `list versions in the bucket '${bucket}'`,
        maxBytes: MAX_LIST_BYTES,
        signal,
        tries: 3,
      },
      async (answer) => await readVersionList(answer.body),
    );
  } catch (error) {
    const hasNone =
      error instanceof StorageError &&
      ['NotImplemented', 'MethodNotAllowed', '501', '405'].includes(error.serverCode ?? '');
    if (hasNone) return null;
    throw error;
  }
}

/** What a HEAD says of a key: an object, its newest version, or the marker that stands over it. */
async function headOf(
  connection: S3Connection,
  bucket: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectRef | null> {
  try {
    return await connection.sendRaw(
      { method: 'HEAD', bucket, key, purpose: 'look at an object', maxBytes: 1024, signal, tries: 3 },
      async ({ headers }) => refIn(headers, key, versionIn(headers) === null ? 'object' : 'version'),
    );
  } catch (error) {
    if (!(error instanceof RefusedByServer)) throw error;
    const { status, code } = error.refusal;
    if (error.headers['x-amz-delete-marker'] === 'true' && versionIn(error.headers) !== null)
      return refIn(error.headers, key, 'marker');
    if (code === 'NoSuchKey' || (status === 404 && code !== 'NoSuchBucket') || status === 405) return null;
    throw explainRefusal(error.refusal, 'look at an object');
  }
}

function versionIn(headers: IncomingHttpHeaders): string | null {
  const id = headers['x-amz-version-id'];
  return typeof id === 'string' && id !== '' && id !== 'null' ? id : null;
}

function refIn(headers: IncomingHttpHeaders, key: string, kind: 'object' | 'version' | 'marker'): ObjectRef {
  const length = headers['content-length'];
  const modifiedAt = Date.parse(headers['last-modified'] ?? '');
  return {
    kind,
    key,
    versionId: versionIn(headers),
    size: kind !== 'marker' && length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : 0,
    etag: kind === 'marker' ? null : bareETag(headers.etag ?? null),
    modifiedAt: Number.isNaN(modifiedAt) ? null : modifiedAt,
  };
}

/** A key that cannot be named in a path safely can still be found in a listing. */
async function statByListing(
  connection: S3Connection,
  bucket: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectRef | null> {
  const page = await connection.send(
    {
      method: 'GET',
      bucket,
      query: { 'list-type': '2', 'encoding-type': 'url', 'max-keys': '1', prefix: key },
      purpose: `list the bucket '${bucket}'`,
      maxBytes: MAX_LIST_BYTES,
      signal,
      tries: 3,
    },
    async (answer) => await readObjectList(answer.body),
  );
  // Keys come in order, and no key that begins with this one comes before itself.
  return page.items.find((item) => item.key === key) ?? null;
}
