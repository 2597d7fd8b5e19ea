import type { Db } from '../../database/index.ts';
import { Refusal } from '../../refusal.ts';
import { readConfiguration, type S3ProfileConfiguration } from './configuration.ts';
import { parseLayout } from './layout.ts';

/**
 * The origin in one spelling: without the dot that may end a host's name, and with one name for this machine. Two names
 * that an operator gave one server cannot be told from two servers.
 */
export function sameOrigin({ protocol, hostname, port }: URL): string {
  const host = hostname.replace(/\.$/, '');
  const isThisMachine =
    ['localhost', '0.0.0.0', '[::]', '[::1]'].includes(host) ||
    host.endsWith('.localhost') ||
    /^127(?:\.\d{1,3}){3}$/.test(host) ||
    // ::ffff:127.0.0.1 as URLs write it.
    /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/.test(host);
  return `${protocol}//${isThisMachine ? 'localhost' : host}${port === '' ? '' : `:${port}`}`;
}

/** Whether a storage profile has this bucket, or with a bucket for each user one of that name. */
export function isStoresBucket(db: Db, endpoint: string, bucket: string): boolean {
  const configurations = db.raw.prepare<[], string>('SELECT configuration FROM storage_profiles').pluck().all();
  return configurations
    .map(readConfiguration)
    .some((configuration) => configuration.kind === 's3' && holds(configuration, endpoint, bucket));
}

/** Refuses with STORAGE_UNSAFE a store in a bucket that a user's connection leads into: one of the two would remove the other's. */
export function requireNobodysCloud(db: Db, configuration: S3ProfileConfiguration): void {
  const clouds = db.raw
    .prepare<[], { id: string; endpoint: string; bucket: string }>(
      `SELECT id, json_extract(configuration, '$.endpoint') AS endpoint, json_extract(configuration, '$.bucket') AS bucket
       FROM connections WHERE json_extract(configuration, '$.provider') = 's3'`,
    )
    .all();
  const cloud = clouds.find(({ endpoint, bucket }) => holds(configuration, endpoint, bucket));
  if (cloud)
    throw new Refusal(
      'STORAGE_UNSAFE',
      `A user’s connection (${cloud.id}) leads into the bucket ${cloud.bucket}. What is a user’s cloud cannot be the platform’s store as well: remove the connection first.`,
    );
}

function holds({ endpoint, publicEndpoint, bucket, layout }: S3ProfileConfiguration, address: string, name: string) {
  const origin = sameOrigin(new URL(address));
  const isThere = [endpoint, publicEndpoint].some((own) => own !== null && sameOrigin(new URL(own)) === origin);
  if (!isThere) return false;
  return parseLayout(layout).kind === 'buckets' ? name.startsWith(bucket) : name === bucket;
}
