import { type ListPage, type ObjectRef, StorageError } from '../port.ts';
import { type BucketSettings, readBucketSettings } from './bucket-settings.ts';
import { connectS3, type S3Config, type S3Connection } from './connection.ts';
import { listObjects } from './list.ts';
import { MAX_LIST_BYTES, readBucketList, readObjectList } from './list-answers.ts';
import { readXml } from './read-xml.ts';
import { standingAt, statObject } from './standing.ts';
import type { Timeouts } from './transport.ts';

/** A whole server to look at, for index and doctor: it has no verb that removes. */
export interface S3Reader {
  readonly clockSkewMs: number | null;
  /** Objects below a prefix, which may be empty, in key order. */
  list(bucket: string, prefix: string, after: string | null, signal?: AbortSignal): AsyncIterable<ListPage>;
  stat(bucket: string, key: string, signal?: AbortSignal): Promise<ObjectRef | null>;
  standingAt(bucket: string, key: string, signal?: AbortSignal): Promise<ObjectRef[]>;
  /** Names of the buckets that the access key may list. */
  buckets(signal?: AbortSignal): Promise<string[]>;
  /** The first key below a prefix, or null: whether the bucket can be listed at all. */
  firstKey(bucket: string, prefix: string, signal?: AbortSignal): Promise<string | null>;
  settings(bucket: string, signal?: AbortSignal): Promise<BucketSettings>;
  /** The bucket's region; null where the access key may not ask. */
  region(bucket: string, signal?: AbortSignal): Promise<string | null>;
  close(): void;
}

export function openS3Reader(config: S3Config, options: { timeouts?: Timeouts; clock?: () => number } = {}): S3Reader {
  const connection = connectS3(config, options);
  return {
    get clockSkewMs() {
      return connection.clockSkewMs;
    },
    list: (bucket, prefix, after, signal) =>
      listObjects(connection, { bucket, prefix }, { prefix, after, signal, onEncoding() {} }),
    stat: async (bucket, key, signal) => await statObject(connection, bucket, key, signal),
    standingAt: async (bucket, key, signal) => await standingAt(connection, bucket, key, signal),
    buckets: async (signal) =>
      await connection.send(
        { method: 'GET', bucket: null, purpose: 'list the buckets', maxBytes: MAX_LIST_BYTES, signal, tries: 3 },
        async (answer) => await readBucketList(answer.body),
      ),
    firstKey: async (bucket, prefix, signal) => {
      const page = await connection.send(
        {
          method: 'GET',
          bucket,
          query: { 'list-type': '2', 'encoding-type': 'url', 'max-keys': '1', prefix },
          purpose: `list the bucket '${bucket}'`,
          maxBytes: MAX_LIST_BYTES,
          signal,
        },
        async (answer) => await readObjectList(answer.body),
      );
      return page.items[0]?.key ?? null;
    },
    settings: async (bucket, signal) => await readBucketSettings(connection, bucket, signal),
    region: async (bucket, signal) => await readRegion(connection, bucket, signal),
    close: () => connection.close(),
  };
}

async function readRegion(
  connection: S3Connection,
  bucket: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  let region = '';
  const reader = {
    open() {},
    close(_: string, depth: number, text: string) {
      if (depth === 1) region = text;
    },
  };
  try {
    await connection.send(
      {
        method: 'GET',
        bucket,
        query: { location: null },
        purpose: 'read where the bucket is',
        maxBytes: 64 * 1024,
        signal,
        tries: 3,
      },
      async (answer) =>
        await readXml(answer.body, 'LocationConstraint', reader, { maxElements: 10, maxDepth: 3, maxTextLength: 200 }),
    );
  } catch (error) {
    if (error instanceof StorageError && error.failure === 'refused') return null;
    throw error;
  }
  // Empty means the oldest region: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
  return region === '' ? 'us-east-1' : region === 'EU' ? 'eu-west-1' : region;
}
