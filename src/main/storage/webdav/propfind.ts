import type { Clock } from '../../ground.ts';
import { StorageError } from '../port.ts';
import { explainStatus } from './failures.ts';
import type { DavAnswer, DavHttp } from './http-client.ts';
import { show } from './key-path.ts';
import type { WebDavLimits } from './limits.ts';
import { type DavEntry, isSuccess, readMultistatus } from './multistatus.ts';
import { type Collection, collectionAt, type Place } from './place.ts';

const BODY =
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:" xmlns:oc="http://owncloud.org/ns"><prop>' +
  '<resourcetype/><getcontentlength/><getetag/><getlastmodified/></prop></propfind>';
const BODY_WITH_ID = BODY.replace('</prop>', '<oc:fileid/></prop>');

/** One file or folder, as a server lists it. */
export interface Member {
  readonly name: string;
  /** The href as given: what a request about it is sent to. */
  readonly path: string;
  readonly isCollection: boolean;
  readonly size: number;
  readonly etag: string | null;
  readonly modifiedAt: number | null;
  readonly hasOwncloudId: boolean;
}

/** What stands at one address. */
export type Resource = Omit<Member, 'name'>;

export type CollectionAnswer =
  | { readonly found: 'collection' }
  | { readonly found: 'absent' }
  /** It is there, and the server does not show what is in it. */
  | { readonly found: 'closed'; readonly status: number }
  | { readonly found: 'file' };

/** PROPFIND (RFC 4918, section 9.1): only `Depth` 0 and 1, since servers refuse infinity. */
export class Propfind {
  readonly #http: DavHttp;
  readonly #place: Place;
  readonly #limits: WebDavLimits;
  readonly #clock: Clock;

  constructor(http: DavHttp, place: Place, limits: WebDavLimits, clock: Clock) {
    this.#http = http;
    this.#place = place;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** The answer to one PROPFIND. A redirect to the same path with a slash at its end is followed once. */
  async ask(
    path: string,
    depth: 0 | 1,
    signal?: AbortSignal,
    withId = false,
  ): Promise<{ answer: DavAnswer; path: string }> {
    const send = (to: string): Promise<DavAnswer> =>
      this.#http.call({
        method: 'PROPFIND',
        path: to,
        headers: { Depth: String(depth), 'Content-Type': 'application/xml; charset=utf-8' },
        body: withId ? BODY_WITH_ID : BODY,
        signal,
      });
    const answer = await send(path);
    if (!this.#isSlashRedirect(answer, path)) return { answer, path };
    answer.discard();
    return { answer: await send(`${path}/`), path: `${path}/` };
  }

  #isSlashRedirect(answer: DavAnswer, path: string): boolean {
    if (![301, 302, 307, 308].includes(answer.status) || path.endsWith('/')) return false;
    const location = answer.header('location') ?? '';
    if (!location.endsWith('/')) return false;
    try {
      return this.#place.read(location, collectionAt(path)).where === 'self';
    } catch {
      return false;
    }
  }

  /** What stands at a path: null for nothing (404). Rejects where the server does not say. */
  async resource(path: string, what: string, signal?: AbortSignal, withId = false): Promise<Resource | null> {
    const { answer, path: asked } = await this.ask(path, 0, signal, withId);
    if (answer.status === 404 || answer.status === 410) {
      answer.discard();
      return null;
    }
    if (answer.status !== 207) throw explainStatus(answer, what, this.#clock());
    const self = collectionAt(asked);
    let found: Resource | null = null;
    let isGone = false;
    await readMultistatus(answer.body, this.#limits, (entry) => {
      if (this.#standing(entry, self).where !== 'self' || found !== null)
        throw new StorageError(
          'invalid_answer',
          `The server was asked about ${what} and answers about something else.`,
        );
      if (entry.status === 404 || entry.status === 410) isGone = true;
      else found = { path: asked, ...propertiesOf(entry, what) };
    });
    if (found === null && !isGone)
      throw new StorageError('invalid_answer', `The server was asked about ${what} and answers nothing.`);
    return found;
  }

  /**
   * Gives every member of a collection to `onMember`, in the server's order. A listing without the collection itself in
   * it is not taken for one: an empty answer must not pass as an empty folder.
   */
  async members(
    path: string,
    what: string,
    onMember: (member: Member) => void,
    signal?: AbortSignal,
  ): Promise<CollectionAnswer> {
    const { answer, path: asked } = await this.ask(path, 1, signal);
    if (answer.status === 404 || answer.status === 410 || answer.status === 403) {
      answer.discard();
      return answer.status === 403 ? { found: 'closed', status: 403 } : { found: 'absent' };
    }
    if (answer.status !== 207) throw explainStatus(answer, what, this.#clock());
    const collection = collectionAt(asked);
    let self: Omit<Resource, 'path'> | null = null;
    await readMultistatus(answer.body, this.#limits, (entry) => {
      const standing = this.#standing(entry, collection);
      if (standing.where === 'elsewhere')
        throw new StorageError(
          'invalid_answer',
          `The server’s listing of ${what} names what does not lie in it: ${show(entry.hrefs[0] ?? '')}.`,
        );
      if (standing.where === 'self') {
        if (self !== null)
          throw new StorageError('invalid_answer', `The server’s listing of ${what} names the folder itself twice.`);
        self = propertiesOf(entry, what);
        return;
      }
      if (entry.status === 404 || entry.status === 410) return;
      onMember({ name: standing.name, path: standing.path, ...propertiesOf(entry, what) });
    });
    if (self === null)
      throw new StorageError(
        'invalid_answer',
        `The server’s listing of ${what} is not whole: the folder itself is missing in it.`,
      );
    return { found: (self as Omit<Resource, 'path'>).isCollection ? 'collection' : 'file' }; // Set by the callback above.
  }

  #standing(entry: DavEntry, collection: Collection) {
    const [href = ''] = entry.hrefs;
    if (entry.hrefs.length > 1 || href === '')
      throw new StorageError('invalid_answer', 'The server’s listing has a response without an address of its own.');
    return this.#place.read(href, collection);
  }
}

function propertiesOf(entry: DavEntry, what: string): Omit<Resource, 'path'> {
  if (entry.status !== null && !isSuccess(entry.status))
    throw new StorageError(
      'refused',
      `The server does not say what stands at ${show(entry.hrefs[0] ?? '')} in ${what} (${entry.status}).`,
      {
        serverCode: String(entry.status),
      },
    );
  // Without its type a folder would be taken for a file, and removed with all that is in it.
  if (!entry.resourceTypeKnown)
    throw new StorageError(
      'invalid_answer',
      `The server’s listing of ${what} does not say what is a file and what is a folder.`,
    );
  return {
    isCollection: entry.isCollection,
    size: entry.isCollection ? 0 : (entry.size ?? 0),
    etag: entry.etag,
    modifiedAt: entry.modifiedAt,
    hasOwncloudId: entry.hasOwncloudId,
  };
}
