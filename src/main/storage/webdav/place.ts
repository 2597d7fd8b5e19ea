import { StorageError } from '../port.ts';
import { BadHref, keyToPath, segmentToText, show } from './key-path.ts';

/** Where an href of a listing stands, seen from the collection that was asked. */
export type Standing =
  | { readonly where: 'self' }
  /** `name` is decoded; `path` is the href as given, without its origin. */
  | { readonly where: 'member'; readonly name: string; readonly path: string }
  | { readonly where: 'elsewhere' };

/**
 * A connection's place on its server: origin, base and root. It makes paths of keys, and reads hrefs. What leads out of
 * the collection that was asked, to another origin, or nowhere, is refused with `invalid_answer`.
 */
export class Place {
  readonly origin: string;
  /** Path of the root collection, with a slash at its end. */
  readonly rootPath: string;
  /** Path of the collection above the root. */
  readonly parentPath: string;
  /** Whether the root is the whole cloud, as far as the address tells. */
  readonly isWholeCloud: boolean;

  constructor(url: URL, root: string) {
    this.origin = url.origin;
    const base = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
    const below = root.split('/').filter((part) => part !== '');
    this.rootPath = base + below.map((part) => `${keyToPath(part)}/`).join('');
    this.parentPath = this.rootPath.replace(/[^/]*\/$/, '') || '/';
    this.isWholeCloud = below.length === 0 || isAccountOnNextcloud(namesOf(this.rootPath));
  }

  pathOf(key: string): string {
    return this.rootPath + keyToPath(key);
  }

  /** Finds out what an href of a `Depth: 1` listing of `collection` is. */
  read(href: string, collection: Collection): Standing {
    try {
      const path = this.#pathOfHref(href);
      if (path.startsWith(collection.path)) {
        const rest = path.slice(collection.path.length);
        if (/^[^/]+\/?$/.test(rest)) return { where: 'member', name: segmentToText(rest.replace(/\/$/, '')), path };
      }
      const names = namesOf(path);
      const own = collection.names;
      if (own.some((name, at) => names[at] !== name)) return { where: 'elsewhere' };
      if (names.length === own.length) return { where: 'self' };
      if (names.length === own.length + 1) return { where: 'member', name: names.at(-1) ?? '', path };
      return { where: 'elsewhere' };
    } catch (error) {
      if (error instanceof BadHref)
        throw new StorageError('invalid_answer', `The server’s listing names what is no address: ${error.message}.`, {
          cause: error,
        });
      throw error;
    }
  }

  /** An href is an absolute path or a whole address (RFC 4918, section 8.3); of a whole one the origin must be ours. */
  #pathOfHref(href: string): string {
    const whole = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(href)?.[0];
    if (whole !== undefined && (!URL.canParse(whole) || new URL(whole).origin !== this.origin || /@/.test(whole)))
      throw new BadHref(`another server: ${show(href)}`);
    const path = whole === undefined ? href : href.slice(whole.length) || '/';
    if (!path.startsWith('/') || path.startsWith('//') || /[?#\\]/.test(path)) throw new BadHref(show(href));
    return path;
  }
}

/**
 * Nextcloud's and ownCloud's addresses say where an account begins: `remote.php/webdav` and `remote.php/dav/files/USER`,
 * ownCloud's spaces at `remote.php/dav/spaces/ID`.
 * https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/basic.html
 */
function isAccountOnNextcloud(names: readonly string[]): boolean {
  const at = names.findIndex((name) => name === 'remote.php' || name === 'public.php');
  if (at < 0) return false;
  const [service, area, ...rest] = names.slice(at + 1);
  if (service === undefined) return true;
  if (service === 'webdav') return area === undefined;
  return service === 'dav' && (area === undefined || rest.length < 2);
}

/** A collection that is being listed: its path as sent, and the names on the way to it. */
export interface Collection {
  readonly path: string;
  readonly names: readonly string[];
}

export function collectionAt(path: string): Collection {
  const withSlash = path.endsWith('/') ? path : `${path}/`;
  return { path: withSlash, names: namesOf(withSlash) };
}

function namesOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map(segmentToText);
}
