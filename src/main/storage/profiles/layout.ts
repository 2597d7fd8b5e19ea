import { createHash } from 'node:crypto';
import { BucketName } from '../../../contract/storage.ts';

/** Enough of a user to say where their documents lie. */
export interface LayoutUser {
  readonly id: string;
  readonly externalId: string | null;
}

type UserField = 'userId' | 'externalId';

/** How the platform lays out keys: a folder for each user in one bucket, or a bucket for each user. */
export type Layout =
  | {
      readonly kind: 'folders';
      readonly field: UserField;
      /** What stands before the user's part: `users/`, or empty. */
      readonly before: string;
    }
  | { readonly kind: 'buckets'; readonly field: UserField };

/** Reads a layout as the contract lets it be written. Throws where it is none: a row that somebody else wrote. */
export function parseLayout(text: string): Layout {
  const match = /^(?:(bucket:)|((?:[^/{}]+\/)*))\{(userId|externalId)\}(\/?)$/u.exec(text);
  const field = match?.[3] === 'userId' || match?.[3] === 'externalId' ? match[3] : null;
  if (!match || field === null || (match[1] === undefined) !== (match[4] === '/')) throw new Error('not a key layout');
  return match[1] === undefined ? { kind: 'folders', field, before: match[2] ?? '' } : { kind: 'buckets', field };
}

function partOf(layout: Layout, user: LayoutUser): string | null {
  return layout.field === 'userId' ? user.id : user.externalId;
}

/** The user's folder, ending with `/`; null for a user without an external id where the layout goes by that. */
export function prefixOf(layout: Layout & { kind: 'folders' }, user: LayoutUser): string | null {
  const part = partOf(layout, user);
  return part === null || part === '' ? null : `${layout.before}${part}/`;
}

/** Whose folder a key lies in, as the layout writes it; null where it lies in none. */
export function partInKey(layout: Layout & { kind: 'folders' }, key: string): string | null {
  if (!key.startsWith(layout.before)) return null;
  const end = key.indexOf('/', layout.before.length);
  return end <= layout.before.length ? null : key.slice(layout.before.length, end);
}

/** Every folder above the users' folders: an object at one of these names hides all of them on MinIO (D8). */
export function foldersAbove(layout: Layout & { kind: 'folders' }): string[] {
  const parts = layout.before.split('/').filter((part) => part !== '');
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** A name of this form always comes from a digest, so that no external id can be chosen to meet another user's bucket. */
const DIGEST_FORM = /^x-[a-z2-7]{20}$/;

/**
 * A user's own bucket: the platform's prefix and the user's part where that is a legal bucket name, else the prefix,
 * `x-`, and 20 base32 digits of the part's SHA-256. Null for a user without the part.
 */
export function bucketOf(bucketPrefix: string, layout: Layout & { kind: 'buckets' }, user: LayoutUser): string | null {
  const part = partOf(layout, user);
  if (part === null || part === '') return null;
  const plain = bucketPrefix + part;
  return BucketName.safeParse(plain).success && !DIGEST_FORM.test(part) ? plain : `${bucketPrefix}x-${digest(part)}`;
}

/** Longest prefix that leaves room for a digest in a bucket's 63 characters. */
export const MAX_BUCKET_PREFIX = 63 - 'x-'.length - 20;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'; // RFC 4648, lower case: bucket names have no capitals.

function digest(text: string): string {
  const bytes = createHash('sha256').update(text, 'utf8').digest();
  let digits = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    for (; bits >= 5 && digits.length < 20; bits -= 5) digits += BASE32[(value >>> (bits - 5)) & 31];
    value &= 0xff;
    if (digits.length === 20) break;
  }
  return digits;
}
