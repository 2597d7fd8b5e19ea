import { SaxesParser } from 'saxes';
import { StorageError } from '../port.ts';
import { RefusedByServer } from './failures.ts';

/** S3 writes one, the namespace of the document, and a type for each owner. */
const MAX_ATTRIBUTES = 10_000;

/** What an answer may hold at most. Over it, it is refused, however well it is formed. */
export interface XmlLimits {
  readonly maxElements: number;
  readonly maxDepth: number;
  /** Characters of one element's text. */
  readonly maxTextLength: number;
}

/**
 * Elements as they close, with their text exactly as it stands: no number, date or white space is made anything of.
 * `depth` of the root is 1.
 */
export interface XmlReader {
  open(name: string, depth: number): void;
  close(name: string, depth: number, text: string): void;
}

export function invalidAnswer(why: string, cause?: unknown): StorageError {
  return new StorageError('invalid_answer', `The storage server's answer is not valid: ${why}.`, { cause });
}

/**
 * Reads XML as it arrives. Knows the five entities of XML and numeric ones alone; refuses a DOCTYPE, so nothing can be
 * declared. Rejects with `invalid_answer` for what is not well formed, not UTF-8, cut off, over the limits, or has
 * another root; with `RefusedByServer` for an `<Error>` that came as a success (S3 sends the head before it knows).
 */
export async function readXml(
  body: AsyncIterable<Uint8Array>,
  root: string,
  reader: XmlReader,
  limits: XmlLimits,
): Promise<void> {
  const parser = openParser(root, reader, limits);
  for await (const part of textOf(body)) parser.write(part);
  parser.close();
}

/** The same for what was read already. */
export function readXmlText(text: string, root: string, reader: XmlReader, limits: XmlLimits): void {
  openParser(root, reader, limits).write(text).close();
}

/** The text of an answer, as it arrives. Rejects with `invalid_answer` for what is not UTF-8. */
export async function* textOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (error) {
      throw isNoUtf8(error) ? invalidAnswer('it is not UTF-8', error) : error;
    }
  };
  for await (const chunk of body) yield decode(chunk);
  yield decode();
}

function openParser(root: string, reader: XmlReader, limits: XmlLimits): SaxesParser {
  const parser = new SaxesParser({ xmlns: false, position: false });
  let depth = 0;
  let elements = 0;
  let attributes = 0;
  let text = '';
  let errorInstead: Map<string, string> | null = null;
  const add = (part: string): void => {
    text += part;
    if (text.length > limits.maxTextLength) throw invalidAnswer('an element is too long');
  };
  parser.on('error', (error) => {
    throw invalidAnswer('it is not well-formed XML', error);
  });
  parser.on('doctype', () => {
    throw invalidAnswer('it declares a document type');
  });
  parser.on('opentag', (tag) => {
    depth += 1;
    elements += 1;
    if (depth > limits.maxDepth) throw invalidAnswer('it is nested too deeply');
    if (elements > limits.maxElements) throw invalidAnswer('it has too many elements');
    text = '';
    if (depth === 1 && tag.name !== root) {
      if (tag.name !== 'Error') throw invalidAnswer(`it is a ${tag.name.slice(0, 40)}, not a ${root}`);
      errorInstead = new Map();
    }
    if (!errorInstead) reader.open(tag.name, depth);
  });
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > MAX_ATTRIBUTES) throw invalidAnswer('it has too many attributes');
  });
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', (tag) => {
    if (!errorInstead) reader.close(tag.name, depth, text);
    else if (depth === 2) errorInstead.set(tag.name, text);
    else if (depth === 1) throw refusalIn(errorInstead);
    depth -= 1;
    text = '';
  });
  return parser;
}

function isNoUtf8(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}

function refusalIn(fields: ReadonlyMap<string, string>): RefusedByServer {
  const code = fields.get('Code') ?? '';
  const message = (fields.get('Message') ?? '').slice(0, 500);
  return new RefusedByServer(
    { status: 200, code, message, region: fields.get('Region') ?? null, retryAfterMs: null },
    {},
  );
}

/** The leaves of one element, each at most once. */
export class Fields {
  #values = new Map<string, string>();

  clear(): void {
    this.#values.clear();
  }

  set(name: string, text: string): void {
    if (this.#values.has(name)) throw invalidAnswer(`${name} stands twice`);
    this.#values.set(name, text);
  }

  text(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  required(name: string): string {
    return required(name, this.text(name));
  }

  /** Milliseconds since 1970 UTC, or null where it is missing or no date. */
  time(name: string): number | null {
    return readTime(this.text(name));
  }

  flag(name: string): boolean {
    return this.#values.get(name) === 'true';
  }
}

export function required(name: string, value: string | null): string {
  if (value === null || value === '') throw invalidAnswer(`${name} is missing`);
  return value;
}

/** Bytes: digits alone, and exact as a JavaScript number. */
export function readSize(text: string | null): number {
  const size = text !== null && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw invalidAnswer('a size is none');
  return size;
}

const ISO_WITH_MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Milliseconds since 1970 UTC, or null where it is missing or no date. */
export function readTime(text: string | null): number | null {
  if (text === null) return null;
  const at = ISO_WITH_MILLISECONDS.test(text) ? isoTime(text) : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** The form that S3 servers write, digit by digit: `Date.parse` costs a tenth of the reading of a list. */
function isoTime(text: string): number {
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return Date.parse(text);
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  return Date.UTC(year, month - 1, day, hour, minute, second, twoDigits(text, 20) * 10 + text.charCodeAt(22) - ZERO);
}

const ZERO = 48; // '0'

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
}

/**
 * Undoes `encoding-type=url`, once. Servers write a space as `+` or `%20` and a plus always as `%2B` (MinIO's
 * `s3URLEncode`, and what AWS's own clients undo), so a bare `+` is a space.
 */
export function decodeListedKey(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    throw invalidAnswer('a key is wrongly encoded', error);
  }
}

/** An ETag without its quotes. */
export function bareETag(text: string | null): string | null {
  if (text === null || text === '') return null;
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
