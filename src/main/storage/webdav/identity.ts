import { countText, plural } from '../../../contract/figures.ts';
import type { ObjectRef } from '../port.ts';
import type { Resource } from './propfind.ts';

/**
 * The tag as references and records have it: without quotes, and without the mark of a weak one, since Apache marks a tag
 * as weak in the second of the writing and gives the same one unmarked later.
 */
export function bareETag(etag: string | null): string | null {
  return etag?.replace(/^W\//i, '').replace(/^"(.*)"$/, '$1') || null;
}

/**
 * Why what stands there now is not what was recorded, or null where it is. The ETag decides where both sides have one;
 * else size, and the date where both have one, which WebDAV knows to the second.
 */
export function differenceFrom(ref: ObjectRef, now: Resource): string | null {
  if (now.isCollection) return 'a folder stands there now';
  const [recorded, current] = [bareETag(ref.etag), bareETag(now.etag)];
  if (recorded !== null && current !== null)
    return recorded === current ? null : 'its ETag is not the recorded one: it was changed since';
  if (ref.size !== now.size) return `it has ${plural(now.size, 'byte')}, recorded were ${countText(ref.size)}`;
  if (ref.modifiedAt === null || now.modifiedAt === null) return null;
  return Math.floor(ref.modifiedAt / 1000) === Math.floor(now.modifiedAt / 1000)
    ? null
    : 'its date is not the recorded one: it was changed since';
}

/** The tag for `If-Match`, which never matches a weak one (RFC 9110, section 13.1.1). */
export function strongEtag(now: Resource): string | null {
  return now.etag !== null && /^"[^"]*"$/.test(now.etag) ? now.etag : null;
}
