import type { Readable } from 'node:stream';
import type { Clock } from '../../ground.ts';
import type { Secret } from '../../secret.ts';
import {
  type BackendCheck,
  type ListOptions,
  type ListPage,
  type ObjectRef,
  type RemovalOutcome,
  type StorageBackend,
  StorageError,
} from '../port.ts';
import { explainStatus } from './failures.ts';
import { GivenPaths } from './given-paths.ts';
import { DavHttp } from './http-client.ts';
import { bareETag } from './identity.ts';
import { flawOfKey, show } from './key-path.ts';
import { defaultLimits, type WebDavLimits } from './limits.ts';
import { Place } from './place.ts';
import { Propfind, type Resource } from './propfind.ts';
import { locate, type RemovalParts, removeAll } from './removal.ts';
import { Walk } from './walk.ts';

export interface WebDavOptions {
  /** A collection's address: http or https, without user, query or fragment. */
  readonly url: string;
  readonly username: string;
  readonly password: Secret;
  /** The scope: a folder below the address, as text that starts with `/`. */
  readonly root: string;
  /** Whether everything below the root is the platform's. Then folders are references too, and no record is compared. */
  readonly ownedRoot: boolean;
  readonly clock: Clock;
  readonly limits?: Partial<WebDavLimits>;
}

/**
 * Opens a folder of a WebDAV server as a storage backend. Throws `unsafe` where the whole cloud would be the platform's
 * (C6). Sends nothing yet.
 */
export function openWebDav(options: WebDavOptions): StorageBackend {
  return new WebDavBackend(options);
}

class WebDavBackend implements StorageBackend {
  readonly kind = 'webdav';
  readonly #options: WebDavOptions;
  readonly #limits: WebDavLimits;
  readonly #http: DavHttp;
  readonly #place: Place;
  readonly #propfind: Propfind;
  readonly #given = new GivenPaths();
  readonly #removal: RemovalParts;
  #parentChecked = false;

  constructor(options: WebDavOptions) {
    const url = new URL(options.url);
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#place = placeOf(url, options.root);
    if (options.ownedRoot && this.#place.isWholeCloud)
      throw new StorageError('unsafe', 'The root of a cloud cannot be the platform’s own folder. Name a folder in it.');
    this.#http = new DavHttp(url, options.username, options.password, this.#limits);
    this.#propfind = new Propfind(this.#http, this.#place, this.#limits, options.clock);
    this.#removal = {
      http: this.#http,
      place: this.#place,
      propfind: this.#propfind,
      limits: this.#limits,
      given: this.#given,
      clock: options.clock,
      ownedRoot: options.ownedRoot,
      requireRoot: (signal) => this.#requireRoot(signal),
    };
  }

  /** Folders are in it where the root is the platform's own: each right before what it holds. */
  async *list(options: ListOptions): AsyncGenerator<ListPage> {
    const { prefix = '', after = null, signal } = options;
    if (prefix !== '' && (!prefix.endsWith('/') || flawOfKey(prefix, 'folder') !== null))
      throw new StorageError(
        'unsafe',
        `A prefix is a folder within the root and ends with a slash; this one is not: ${show(prefix)}`,
      );
    if (options.what === 'uploads') {
      yield { items: [], next: null };
      return;
    }
    await this.#requireRoot(signal);
    if (
      prefix !== '' &&
      (await this.#propfind.resource(this.#place.pathOf(prefix), `folder ${show(prefix)}`, signal)) === null
    ) {
      yield { items: [], next: null };
      return;
    }
    const walk = new Walk(this.#propfind, this.#limits, {
      path: prefix === '' ? this.#place.rootPath : this.#place.pathOf(prefix),
      key: prefix,
      after,
      withFolders: this.#options.ownedRoot,
      signal,
      remember: (key, path) => this.#remember(key, path),
      requireRoot: () => this.#requireRoot(signal),
    });
    yield* walk.pages();
  }

  #remember(key: string, path: string): void {
    if (path !== this.#place.pathOf(key)) this.#given.set(key, path);
  }

  async remove(refs: readonly ObjectRef[], signal?: AbortSignal): Promise<RemovalOutcome[]> {
    if (refs.length > 1000) throw new StorageError('unsafe', 'At most 1,000 references are removed at once.');
    if (refs.some(({ key }) => key === '' || key === '/'))
      throw new StorageError('unsafe', 'A reference names the root itself, which is never removed.');
    return removeAll(this.#removal, refs, signal);
  }

  async check(signal?: AbortSignal): Promise<BackendCheck> {
    const sentAt = this.#options.clock();
    let clockSkewMs: number | null = null;
    try {
      const { answer } = await this.#propfind.ask(this.#place.rootPath, 0, signal);
      const date = Date.parse(answer.header('date') ?? '');
      clockSkewMs = Number.isNaN(date) ? null : this.#skew(date, sentAt, this.#options.clock());
      answer.discard();
      await this.#requireRoot(signal);
      return {
        ok: true,
        state: 'works',
        message: this.#sentences('The server takes the password, and the root folder is there.', clockSkewMs),
        clockSkewMs,
      };
    } catch (error) {
      if (!(error instanceof StorageError) || error.failure === 'aborted') throw error;
      const state = error.failure === 'reauthorise' ? 'reauthorise' : 'unreachable';
      return { ok: false, state, message: this.#sentences(error.message, clockSkewMs), clockSkewMs };
    }
  }

  /** `Date` is whole seconds, and was written somewhere between sending and receiving. */
  #skew(date: number, sentAt: number, receivedAt: number): number {
    if (date + 999 < sentAt) return date + 999 - sentAt;
    return date > receivedAt ? date - receivedAt : 0;
  }

  #sentences(first: string, skewMs: number | null): string {
    const sentences = [first];
    if (skewMs !== null && Math.abs(skewMs) > 300_000)
      sentences.push(
        `Its clock is ${Math.round(Math.abs(skewMs) / 60_000)} minutes ${skewMs > 0 ? 'ahead' : 'behind'}.`,
      );
    if (this.#place.origin.startsWith('http:') && !isLoopback(new URL(this.#place.origin).hostname))
      sentences.push('The address is plain http: the password crosses the network unencrypted. Use https.');
    return sentences.join(' ');
  }

  async describe(
    signal?: AbortSignal,
  ): Promise<{ versioned: boolean; finality: 'trash' | 'unknown'; note: string | null }> {
    const root = await this.#root(signal);
    if (root.hasOwncloudId)
      return {
        versioned: false,
        finality: 'trash',
        note: 'Nextcloud or ownCloud: what is removed goes to the user’s trash, where the server keeps it for its own time (30 days unless set otherwise), with older versions.',
      };
    return {
      versioned: false,
      finality: 'unknown',
      note: 'WebDAV does not say whether the server keeps copies of what is removed.',
    };
  }

  async stat(key: string, signal?: AbortSignal): Promise<ObjectRef | null> {
    this.#requireKey(key);
    const found = await locate(this.#removal, key, signal);
    if (found === null || found.isCollection) return null;
    return {
      kind: 'object',
      key,
      versionId: null,
      size: found.size,
      etag: bareETag(found.etag),
      modifiedAt: found.modifiedAt,
    };
  }

  async put(key: string, body: Readable, size: number, signal?: AbortSignal): Promise<ObjectRef> {
    this.#requireKey(key);
    await this.#makeFolders(key, signal);
    const path = this.#place.pathOf(key);
    const answer = await this.#http.call({ method: 'PUT', path, body: { stream: body, size }, transfer: true, signal });
    if (![200, 201, 204].includes(answer.status)) throw explainStatus(answer, show(key), this.#options.clock());
    answer.discard();
    const ref = await this.stat(key, signal);
    if (ref === null || ref.size !== size)
      throw new StorageError('invalid_answer', `The server took ${show(key)}, but does not show it as it was sent.`);
    return ref;
  }

  async get(key: string, signal?: AbortSignal): Promise<Readable> {
    this.#requireKey(key);
    const path = this.#given.get(key) ?? this.#place.pathOf(key);
    const answer = await this.#http.call({ method: 'GET', path, transfer: true, signal });
    if (answer.status !== 200) throw explainStatus(answer, show(key), this.#options.clock());
    return answer.stream;
  }

  close(): void {
    this.#http.close();
  }

  /** The root and every folder above the key; those that stand already answer 405 (RFC 4918, section 9.3.1). */
  async #makeFolders(key: string, signal?: AbortSignal): Promise<void> {
    const names = [...this.#options.root.split('/').filter((name) => name !== ''), ...key.split('/').slice(0, -1)];
    const base = new Place(new URL(this.#options.url), '/');
    const missing: string[] = [];
    for (let count = names.length; count > 0; count -= 1) {
      const folder = `${names.slice(0, count).join('/')}/`;
      if ((await this.#propfind.resource(base.pathOf(folder), `folder ${show(folder)}`, signal)) !== null) break;
      missing.unshift(folder);
    }
    for (const folder of missing) {
      const answer = await this.#http.call({ method: 'MKCOL', path: base.pathOf(folder), signal });
      if (answer.status !== 201 && answer.status !== 405)
        throw explainStatus(answer, `folder ${show(folder)}`, this.#options.clock());
      answer.discard();
    }
  }

  #requireKey(key: string): void {
    const flaw = flawOfKey(key, 'object');
    if (flaw !== null) throw new StorageError('unsafe', `The key is no path within the root: ${flaw}.`);
  }

  async #root(signal?: AbortSignal): Promise<Resource> {
    const root = await this.#propfind.resource(this.#place.rootPath, 'root folder', signal, true);
    if (root === null)
      throw new StorageError(
        'refused',
        'The server has no such root folder (404). Create it there, or correct the connection’s root.',
        { serverCode: '404' },
      );
    if (!root.isCollection) throw new StorageError('refused', 'A file stands where the root folder should be.');
    return root;
  }

  /**
   * The root is there. Asked before every listing and removal: where it is not, a 404 for each document would look like
   * "nothing left". Of a root of the platform's own, what lies above it must be visible too: else it is the whole cloud of
   * this account, whatever the connection calls it (C6).
   */
  async #requireRoot(signal?: AbortSignal): Promise<void> {
    await this.#root(signal);
    if (!this.#options.ownedRoot || this.#parentChecked) return;
    const parent = await this.#parent(signal);
    if (!parent?.isCollection)
      throw new StorageError(
        'unsafe',
        'The root is all that this account sees of the server, so it cannot be the platform’s own folder. Name a folder in it.',
      );
    this.#parentChecked = true;
  }

  async #parent(signal?: AbortSignal): Promise<Resource | null> {
    try {
      return await this.#propfind.resource(this.#place.parentPath, 'folder above the root', signal);
    } catch (error) {
      if (error instanceof StorageError && (error.failure === 'refused' || error.failure === 'reauthorise'))
        return null;
      throw error;
    }
  }
}

/** Throws `unsafe` for an address or root that leads elsewhere than it seems to. */
function placeOf(url: URL, root: string): Place {
  try {
    return new Place(url, root);
  } catch (error) {
    throw new StorageError('unsafe', `The address or the root is no path on a server: ${show(root)}`, { cause: error });
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
