import type { ObjectRef } from '../port.ts';
import { type PlainRow, plainRows } from './plain-rows.ts';
import {
  bareETag,
  decodeListedKey,
  Fields,
  invalidAnswer,
  readSize,
  readTime,
  readXml,
  readXmlText,
  required,
  textOf,
  type XmlLimits,
  type XmlReader,
} from './read-xml.ts';

/** Room for 1,000 keys of 1,024 bytes, percent-encoded, and what stands around them. */
export const MAX_LIST_BYTES = 16 * 1024 * 1024;
/** MinIO answers all unfinished uploads of a bucket at once. */
export const MAX_UPLOADS_BYTES = 128 * 1024 * 1024;

const LIST_LIMITS: XmlLimits = { maxElements: 40_000, maxDepth: 6, maxTextLength: 16_384 };
const UPLOAD_LIMITS: XmlLimits = { maxElements: 4_000_000, maxDepth: 6, maxTextLength: 16_384 };

export interface ObjectListAnswer {
  readonly items: ObjectRef[];
  readonly isTruncated: boolean;
  readonly nextToken: string | null;
  /** Whether the server encoded the keys as asked. One that does not cannot write every key in XML. */
  readonly isEncoded: boolean;
}

export interface VersionListAnswer {
  readonly items: ObjectRef[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker: string | null;
  readonly nextVersionMarker: string | null;
  readonly isEncoded: boolean;
}

export interface UploadListAnswer {
  readonly items: ObjectRef[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker: string | null;
  readonly nextUploadMarker: string | null;
  readonly isEncoded: boolean;
}

/**
 * The fields of one entry, in slots of their own: a map of them costs a third of the reading of a list. The rest of an
 * entry (owner, storage class) is of no use here.
 */
class Entry {
  key: string | null = null;
  size: string | null = null;
  etag: string | null = null;
  time: string | null = null;
  id: string | null = null;

  clear(): void {
    this.key = null;
    this.size = null;
    this.etag = null;
    this.time = null;
    this.id = null;
  }

  set(name: string, text: string): void {
    switch (name) {
      case 'Key':
        this.key = once(name, this.key, text);
        break;
      case 'Size':
        this.size = once(name, this.size, text);
        break;
      case 'ETag':
        this.etag = once(name, this.etag, text);
        break;
      case 'LastModified':
      case 'Initiated':
        this.time = once(name, this.time, text);
        break;
      case 'VersionId':
      case 'UploadId':
        this.id = once(name, this.id, text);
        break;
      default:
        break;
    }
  }
}

function once(name: string, before: string | null, text: string): string {
  if (before !== null) throw invalidAnswer(`${name} stands twice`);
  return text;
}

/** Collects the fields of the document and of its entries; an entry is handed on as it closes. */
function entryReader(
  entries: readonly string[],
  head: Fields,
  onEntry: (name: string, entry: Entry) => void,
): XmlReader {
  const fields = new Entry();
  let entry: string | null = null;
  return {
    open(name, depth) {
      if (depth !== 2) return;
      entry = entries.includes(name) ? name : null;
      if (entry !== null) fields.clear();
    },
    close(name, depth, text) {
      if (depth === 3) {
        if (entry !== null) fields.set(name, text);
      } else if (depth === 2) {
        if (entry !== null) onEntry(entry, fields);
        else if (!REPEATABLE.has(name)) head.set(name, text);
      }
    },
  };
}

const REPEATABLE = new Set(['CommonPrefixes', 'Contents', 'Version', 'DeleteMarker', 'Upload']);

function encodingOf(head: Fields): (text: string) => string {
  // Decoded only where the server says that it encoded: versitygw takes the parameter and does not.
  return head.text('EncodingType') === 'url' ? decodeListedKey : (text) => text;
}

/** `ListBucketResult` of ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export async function readObjectList(body: AsyncIterable<Uint8Array>): Promise<ObjectListAnswer> {
  let text = '';
  for await (const part of textOf(body)) text += part;
  const { head, items } = readPlainList(text) ?? readWholeList(text);
  // The element that says how keys are encoded may stand after them.
  const decode = encodingOf(head);
  for (const item of items) item.key = decode(item.key);
  return {
    items,
    isTruncated: head.flag('IsTruncated'),
    nextToken: head.text('NextContinuationToken') || null,
    isEncoded: head.text('EncodingType') === 'url',
  };
}

type Items = { -readonly [Field in keyof ObjectRef]: ObjectRef[Field] }[];

function itemOf({ key, size, etag, time }: PlainRow): Items[number] {
  return {
    kind: 'object',
    key: required('Key', key),
    versionId: null,
    size: readSize(size),
    etag: bareETag(etag),
    modifiedAt: readTime(time),
  };
}

function readWholeList(text: string): { head: Fields; items: Items } {
  const head = new Fields();
  const items: Items = [];
  const reader = entryReader(['Contents'], head, (_, entry) => void items.push(itemOf(entry)));
  readXmlText(text, 'ListBucketResult', reader, LIST_LIMITS);
  return { head, items };
}

/** The parser reads all but the entries, and says that they stand where entries stand; null where they do not. */
function readPlainList(text: string): { head: Fields; items: Items } | null {
  const plain = plainRows(text, LIST_LIMITS);
  if (!plain) return null;
  const head = new Fields();
  let items: Items | null = null;
  const reader = entryReader(['Contents'], head, () => {
    items = plain.rows.map(itemOf);
  });
  readXmlText(plain.rest, 'ListBucketResult', reader, LIST_LIMITS);
  return items && { head, items };
}

/** `ListVersionsResult`: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
export async function readVersionList(body: AsyncIterable<Uint8Array>): Promise<VersionListAnswer> {
  const head = new Fields();
  const raw: ObjectRef[] = [];
  const reader = entryReader(['Version', 'DeleteMarker'], head, (name, { key, size, etag, time, id }) => {
    const isMarker = name === 'DeleteMarker';
    raw.push({
      kind: isMarker ? 'marker' : 'version',
      key: required('Key', key),
      versionId: id || 'null',
      size: isMarker ? 0 : readSize(size),
      etag: bareETag(etag),
      modifiedAt: readTime(time),
    });
  });
  await readXml(body, 'ListVersionsResult', reader, LIST_LIMITS);
  const decode = encodingOf(head);
  const marker = head.text('NextKeyMarker') || null;
  return {
    items: raw.map((item) => ({ ...item, key: decode(item.key) })),
    isTruncated: head.flag('IsTruncated'),
    nextKeyMarker: marker === null ? null : decode(marker),
    nextVersionMarker: head.text('NextVersionIdMarker') || null,
    isEncoded: head.text('EncodingType') === 'url',
  };
}

/** `ListMultipartUploadsResult`. `keep` chooses among what may be a very long answer. */
export async function readUploadList(
  body: AsyncIterable<Uint8Array>,
  keep: (key: string) => boolean,
): Promise<UploadListAnswer> {
  const head = new Fields();
  const raw: { key: string; uploadId: string; modifiedAt: number | null }[] = [];
  const reader = entryReader(['Upload'], head, (_, { key, id, time }) => {
    raw.push({ key: required('Key', key), uploadId: required('UploadId', id), modifiedAt: readTime(time) });
  });
  await readXml(body, 'ListMultipartUploadsResult', reader, UPLOAD_LIMITS);
  const decode = encodingOf(head);
  const marker = head.text('NextKeyMarker') || null;
  return {
    items: raw
      .map(
        (item): ObjectRef => ({
          kind: 'upload',
          key: decode(item.key),
          versionId: item.uploadId,
          size: 0,
          etag: null,
          modifiedAt: item.modifiedAt,
        }),
      )
      .filter((item) => keep(item.key)),
    isTruncated: head.flag('IsTruncated'),
    nextKeyMarker: marker === null ? null : decode(marker),
    nextUploadMarker: head.text('NextUploadIdMarker') || null,
    isEncoded: head.text('EncodingType') === 'url',
  };
}

/** Buckets of this access key, by name: `ListAllMyBucketsResult`. */
export async function readBucketList(body: AsyncIterable<Uint8Array>): Promise<string[]> {
  const names: string[] = [];
  let inBuckets = false;
  const reader: XmlReader = {
    open(name, depth) {
      if (depth === 2) inBuckets = name === 'Buckets';
    },
    close(name, depth, text) {
      if (inBuckets && depth === 4 && name === 'Name') names.push(text);
    },
  };
  await readXml(body, 'ListAllMyBucketsResult', reader, { ...UPLOAD_LIMITS, maxTextLength: 1024 });
  return names;
}
