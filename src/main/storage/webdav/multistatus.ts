import { SaxesParser } from 'saxes';
import { StorageError } from '../port.ts';
import type { WebDavLimits } from './limits.ts';

/** One `response` of a multistatus, as the server wrote it. */
export interface DavEntry {
  readonly hrefs: readonly string[];
  /** The status of the whole response; null where it has property groups instead. */
  readonly status: number | null;
  /** From property groups with a 2xx status alone. */
  readonly resourceTypeKnown: boolean;
  readonly isCollection: boolean;
  readonly size: number | null;
  readonly etag: string | null;
  readonly modifiedAt: number | null;
  /** Whether ownCloud's or Nextcloud's own file id is there. */
  readonly hasOwncloudId: boolean;
}

const DAV = 'DAV:';
const OWNCLOUD = 'http://owncloud.org/ns';
const MAX_TEXT = 16 * 1024;
const MAX_HREFS = 10_000;
const MAX_XML_DEPTH = 64;
/** Parsing gives way to everything else after this long. */
const SLICE_MS = 5;
const SLICE_CHARS = 16 * 1024;

interface Draft {
  hrefs: string[];
  status: number | null;
  resourceTypeKnown: boolean;
  isCollection: boolean;
  size: number | null;
  etag: string | null;
  modifiedAt: number | null;
  hasOwncloudId: boolean;
  /** The property group being read: it counts only once its status is known, which comes last. */
  group: Partial<Omit<Draft, 'group' | 'hrefs'>> & { ok: boolean };
}

/**
 * Reads a multistatus (RFC 4918, section 13) as it comes, text as text (S8). No document type, no entity but XML's own
 * five, nothing longer or deeper than the limits. Rejects with `invalid_answer` for whatever is not a whole, well-formed
 * multistatus, so that half a listing never passes as a listing.
 */
export async function readMultistatus(
  body: AsyncIterable<Uint8Array>,
  limits: WebDavLimits,
  onEntry: (entry: DavEntry) => void,
): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = new MultistatusReader(limits, onEntry);
  let sliceEnds = performance.now() + SLICE_MS;
  try {
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true });
      for (let at = 0; at < text.length; at += SLICE_CHARS) {
        reader.write(text.slice(at, at + SLICE_CHARS));
        if (performance.now() < sliceEnds) continue;
        await new Promise(setImmediate);
        sliceEnds = performance.now() + SLICE_MS;
      }
    }
    reader.write(decoder.decode());
    reader.end();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError('invalid_answer', 'The server’s listing is not what WebDAV says, or only a part of it.', {
      cause: error,
    });
  }
}

class MultistatusReader {
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #onEntry: (entry: DavEntry) => void;
  readonly #maxTokenChars: number;
  /** Names of the open elements; those of other namespaces as an empty text. */
  readonly #open: string[] = [];
  #sinceEvent = 0;
  #text: string | null = null;
  #draft: Draft | null = null;

  constructor(limits: WebDavLimits, onEntry: (entry: DavEntry) => void) {
    this.#onEntry = onEntry;
    this.#maxTokenChars = limits.maxTokenChars;
    const parser = this.#parser;
    const alive = (): void => {
      this.#sinceEvent = 0;
    };
    parser.on('doctype', () => invalid('it has a document type'));
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) invalid('it is not in UTF-8');
    });
    parser.on('comment', alive);
    parser.on('processinginstruction', alive);
    parser.on('opentag', ({ uri, local }) => {
      alive();
      this.#opened(uri === DAV ? local : uri === OWNCLOUD ? `oc:${local}` : '');
    });
    parser.on('closetag', () => {
      alive();
      this.#closed();
    });
    const keep = (text: string): void => {
      alive();
      if (this.#text === null) return;
      this.#text += text;
      if (this.#text.length > MAX_TEXT) invalid('a text in it is too long');
    };
    parser.on('text', keep);
    parser.on('cdata', keep);
  }

  write(text: string): void {
    this.#sinceEvent += text.length;
    if (this.#sinceEvent > this.#maxTokenChars + SLICE_CHARS) invalid('a part of it does not end');
    this.#parser.write(text);
  }

  end(): void {
    this.#parser.close();
  }

  #opened(name: string): void {
    const open = this.#open;
    if (open.length === 0 && name !== 'multistatus') invalid('it is no multistatus');
    open.push(name);
    if (open.length > MAX_XML_DEPTH) invalid('it is nested too deeply');
    if (open.length === 2 && name === 'response') {
      this.#draft = {
        hrefs: [],
        status: null,
        resourceTypeKnown: false,
        isCollection: false,
        size: null,
        etag: null,
        modifiedAt: null,
        hasOwncloudId: false,
        group: { ok: false },
      };
    } else if (open.length === 3 && name === 'propstat' && this.#draft) this.#draft.group = { ok: false };
    const read =
      (open.length === 3 && (name === 'href' || name === 'status')) ||
      (open.length === 4 && name === 'status' && open[2] === 'propstat') ||
      (open.length === 5 && open[3] === 'prop' && open[2] === 'propstat');
    // The text of a property's own children is not its value.
    this.#text = read && open[1] === 'response' ? '' : null;
  }

  #closed(): void {
    const open = this.#open;
    const text = this.#text;
    const name = open.at(-1) ?? '';
    const draft = this.#draft;
    if (draft && open[1] === 'response') {
      if (open.length === 2) this.#finish(draft);
      else if (open.length === 3) this.#partClosed(draft, name, text);
      else if (open.length === 4 && name === 'status' && open[2] === 'propstat')
        draft.group.ok = isSuccess(statusOf(text));
      else if (open[2] === 'propstat' && open[3] === 'prop') propertyClosed(draft, open, text);
    }
    this.#text = null;
    open.pop();
  }

  #partClosed(draft: Draft, name: string, text: string | null): void {
    if (name === 'href') {
      if (draft.hrefs.length >= MAX_HREFS) invalid('a response in it names too many hrefs');
      draft.hrefs.push((text ?? '').trim());
    } else if (name === 'status') draft.status = statusOf(text);
    else if (name === 'propstat' && draft.group.ok) {
      const { ok: _, ...known } = draft.group;
      Object.assign(draft, known);
    }
  }

  #finish(draft: Draft): void {
    if (draft.hrefs.length === 0) invalid('a response in it names no href');
    const { group: _, ...entry } = draft;
    this.#draft = null;
    this.#onEntry(entry);
  }
}

function propertyClosed(draft: Draft, open: readonly string[], text: string | null): void {
  const { group } = draft;
  if (open.length === 6 && open[4] === 'resourcetype' && open[5] === 'collection') group.isCollection = true;
  if (open.length !== 5) return;
  const value = (text ?? '').trim();
  switch (open[4]) {
    case 'resourcetype':
      group.resourceTypeKnown = true;
      break;
    case 'getcontentlength':
      group.size = sizeOf(value);
      break;
    case 'getetag':
      group.etag = value === '' ? null : value;
      break;
    case 'getlastmodified':
      group.modifiedAt = Number.isNaN(Date.parse(value)) ? null : Date.parse(value);
      break;
    case 'oc:id':
    case 'oc:fileid':
      group.hasOwncloudId = value !== '';
      break;
  }
}

/** Empty in groups of missing properties, which do not count; else a plain number of bytes. */
function sizeOf(text: string): number | null {
  if (text === '') return null;
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) invalid('a size in it is no number');
  return size;
}

function statusOf(text: string | null): number {
  const found = /^HTTP\/\d(?:\.\d)?\s+(\d{3})(?:\s|$)/i.exec((text ?? '').trim());
  if (!found) invalid('a status in it is none');
  return Number(found?.[1]);
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function invalid(why: string): never {
  throw new StorageError('invalid_answer', `The server’s listing is not what WebDAV says: ${why}.`);
}
