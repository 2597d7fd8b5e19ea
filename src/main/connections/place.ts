import canonicalize from 'canonicalize';
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { sameOrigin } from '../storage/index.ts';

const WebDavPlace = z.strictObject({
  provider: z.literal('webdav'),
  /** The same for all connections that lead to the same cloud account, and for no other. */
  place: z.string(),
  url: z.string(),
  username: z.string(),
});

const S3Place = z.strictObject({
  provider: z.literal('s3'),
  /** The same for all connections that lead into the same bucket. */
  place: z.string(),
  endpoint: z.string(),
  region: z.string(),
  pathStyle: z.boolean(),
  bucket: z.string(),
  username: z.string(),
});

/** What `connections.configuration` holds: where the cloud is and whose account, without any secret. */
const ConnectionPlace = z.discriminatedUnion('provider', [WebDavPlace, S3Place]);
export type ConnectionPlace = z.infer<typeof ConnectionPlace>;

/** The row's text as a place. Throws where it is none: the file was written by something else. */
export function readPlace(configuration: string): ConnectionPlace {
  return ConnectionPlace.parse(JSON.parse(configuration));
}

export function writePlace(place: ConnectionPlace): string {
  const text = canonicalize(place);
  if (text === undefined) throw new Error('a place that is not JSON');
  return text;
}

/** A WebDAV account as it is stored and compared. Refuses what basic authentication cannot carry (RFC 7617, section 2). */
export function webDavPlace(url: string, username: string): ConnectionPlace {
  if (username.includes(':') || /[\u0000-\u001f\u007f]/.test(username))
    throw new Refusal(
      'STORAGE_UNSAFE',
      'A user name with a colon or a control character cannot be sent to a WebDAV server.',
    );
  const address = new URL(url);
  return { provider: 'webdav', place: `webdav ${sameOrigin(address)} ${username}`, url: address.href, username };
}

export interface S3Address {
  readonly url: string;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly bucket: string;
  readonly username: string;
}

/** A bucket as it is stored and compared. Refuses an endpoint that is more than scheme, host and port. */
export function s3Place({ url, region, pathStyle, bucket, username }: S3Address): ConnectionPlace {
  const address = new URL(url);
  if (
    address.pathname !== '/' ||
    address.search !== '' ||
    address.hash !== '' ||
    address.username !== '' ||
    address.password !== ''
  )
    throw new Refusal(
      'STORAGE_UNSAFE',
      'The address of an S3 server is scheme, host and port alone. Name the bucket apart.',
    );
  const endpoint = address.origin;
  return {
    provider: 's3',
    place: `s3 ${sameOrigin(address)} ${bucket}`,
    endpoint,
    region,
    pathStyle,
    bucket,
    username,
  };
}

/** Whose account it is, for people. */
export function accountOf(place: ConnectionPlace): string {
  const host = new URL(place.provider === 's3' ? place.endpoint : place.url).host;
  return place.provider === 's3'
    ? `${place.username} on ${host}, bucket ${place.bucket}`
    : `${place.username} on ${host}`;
}

/** The name that a connection gets where none was given. */
export function usualLabel(place: ConnectionPlace): string {
  const host = new URL(place.provider === 's3' ? place.endpoint : place.url).host;
  return (place.provider === 's3' ? `S3 bucket ${place.bucket} on ${host}` : `WebDAV on ${host}`).slice(0, 200);
}

/** A root as it is stored: one slash between names, none at the end, `/` for the whole. S3 keeps doubled slashes. */
export function normaliseRoot(provider: ConnectionPlace['provider'], root: string): string {
  const text = provider === 'webdav' ? root.replace(/\/{2,}/g, '/') : root;
  return text.replace(/\/+$/, '') || '/';
}

/** The prefix of an S3 connection's keys: what its root is in the bucket; empty for the bucket itself. */
export function prefixOfRoot(root: string): string {
  return root === '/' ? '' : `${root.slice(1)}/`;
}

/** The path of the root on its server, by which two roots of one place are compared: decoded, with slashes around. */
export function wholePath(place: ConnectionPlace, root: string): string {
  if (place.provider === 's3') return `/${prefixOfRoot(root)}`;
  const base = new URL(place.url).pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  const below = root.split('/').filter((part) => part !== '');
  return `/${[...base, ...below].map((part) => `${part}/`).join('')}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whether one of the two folders is the other or lies in it. */
export function overlap(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
