import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../database/index.ts';
import {
  type DeletionTarget,
  type ListOptions,
  type ObjectRef,
  type StorageBackend,
  StorageError,
} from '../storage/index.ts';
import { type RecordedDocument, readDocuments } from './documents.ts';
import { keysAbove, type PhasedRef, phased, phases } from './references.ts';

/**
 * What is looked at, in this order. `hiding`: what stands at the folder's own name. `listing`: objects, or versions and
 * markers. `uploads`: unfinished ones. `unlisted`: documents on record that no listing showed. `record`: documents on
 * record, where nothing else of the place is ours.
 */
export type SurveyPart = 'hiding' | 'listing' | 'uploads' | 'unlisted' | 'record';

export const everything: readonly SurveyPart[] = ['hiding', 'listing', 'uploads', 'unlisted'];
export const whatListingShows: readonly SurveyPart[] = ['hiding', 'listing', 'uploads'];
export const recordAlone: readonly SurveyPart[] = ['record'];

/** Where a survey goes on, also after a restart. */
export interface SurveyCursor {
  readonly part: SurveyPart;
  readonly after: string | null;
}

export interface SurveyPage {
  readonly part: SurveyPart;
  readonly found: readonly PhasedRef[];
  /** What must not be removed, with the reason: it is not what was recorded. */
  readonly left: readonly { readonly ref: ObjectRef; readonly reason: string }[];
  /** Where to go on after this page; null when it was the last. */
  readonly next: SurveyCursor | null;
}

/** The place as it describes itself. */
export interface Scope {
  /** False for a bucket of one user that was never made: nothing is there. */
  readonly exists: boolean;
  readonly versioned: boolean;
  readonly finality: 'final' | 'trash' | 'retained' | 'unknown';
  readonly note: string | null;
}

export interface SurveyAsk {
  readonly db: Db;
  readonly backend: StorageBackend;
  readonly target: DeletionTarget;
  readonly userNo: number;
  readonly scope: Scope;
  readonly parts: readonly SurveyPart[];
  /** Whether the listing showed the document; asked for in the part `unlisted`. */
  readonly wasListed: (document: RecordedDocument, key: string) => boolean;
  readonly signal: AbortSignal;
}

/** Single requests in flight where a place has to be asked key by key. */
const KEYS_AT_ONCE = 8;

/** Describes the place. A bucket of one user alone that is not there, with nothing on record in it, is an empty place. */
export async function describeScope(
  backend: StorageBackend,
  target: DeletionTarget,
  isRecorded: boolean,
  signal: AbortSignal,
): Promise<Scope> {
  try {
    return { exists: true, ...(await backend.describe(signal)) };
  } catch (error) {
    const isMissing =
      error instanceof StorageError && error.failure === 'refused' && error.serverCode === 'NoSuchBucket';
    if (!isMissing || target.isCloud || target.prefix !== null || isRecorded) throw error;
    return { exists: false, versioned: false, finality: 'final', note: 'The bucket was never made: nothing is there.' };
  }
}

/**
 * What there is of the user, page by page. Plan, inventory and verification all look through this, so that they see the
 * same. Rejects with a `StorageError` on the first page that fails; begun again at the last `next`, it goes on there.
 */
export async function* survey(ask: SurveyAsk, from: SurveyCursor | null): AsyncGenerator<SurveyPage> {
  if (!ask.scope.exists) return;
  const start = from === null ? 0 : ask.parts.indexOf(from.part);
  for (let index = start; index < ask.parts.length; index += 1) {
    const part = ask.parts[index];
    if (part === undefined) return;
    const following = ask.parts[index + 1];
    const goOn = following === undefined ? null : { part: following, after: null };
    for await (const { found, left, after } of pagesOf(part, ask, index === start ? (from?.after ?? null) : null))
      yield { part, found, left: left ?? [], next: after === null ? goOn : { part, after } };
  }
}

interface PartPage {
  readonly found: readonly PhasedRef[];
  readonly left?: SurveyPage['left'];
  readonly after: string | null;
}

function pagesOf(part: SurveyPart, ask: SurveyAsk, after: string | null): AsyncGenerator<PartPage> {
  switch (part) {
    case 'hiding':
      return whatHides(ask);
    case 'listing':
      return listed(ask, ask.scope.versioned ? 'versions' : 'objects', after);
    case 'uploads':
      return ask.backend.kind === 's3' ? listed(ask, 'uploads', after) : nothing();
    case 'unlisted':
      return unlisted(ask, after);
    case 'record':
      return onRecord(ask, after);
  }
}

async function* nothing(): AsyncGenerator<PartPage> {
  yield { found: [], after: null };
}

/** In a cloud the folder's own name is the person's, not ours: what stands there is not removed, but waited for. */
async function* whatHides({ backend, target, signal }: SurveyAsk): AsyncGenerator<PartPage> {
  const [own] = target.prefix === null || target.isCloud ? [] : keysAbove(target.prefix);
  const standing = own === undefined ? undefined : await backend.standingAt?.(own, signal);
  yield { found: (standing ?? []).map((ref) => ({ phase: phases.hiding, ref })), after: null };
}

async function* listed(
  { backend, signal }: SurveyAsk,
  what: ListOptions['what'],
  after: string | null,
): AsyncGenerator<PartPage> {
  let pages = 0;
  for await (const { items, next } of backend.list({ what, after, signal })) {
    pages += 1;
    yield { found: items.map(phased), after: next };
    if (next === null) return;
  }
  if (pages === 0) yield { found: [], after: null };
}

/**
 * Documents on record that the listing did not show: behind another object's name, or gone. Each is asked for by its
 * exact key, since removing by key what is not there would leave a delete marker in a bucket with versions.
 */
async function* unlisted(ask: SurveyAsk, after: string | null): AsyncGenerator<PartPage> {
  for await (const { documents, last } of documentsOf(ask, after)) {
    const left = documents.filter((document) => keyOf(document, ask.target) === null).map(outside);
    const missing = documents.flatMap((document) => {
      const key = keyOf(document, ask.target);
      return key === null || ask.wasListed(document, key) ? [] : [key];
    });
    const found = await eachAtOnce(missing, KEYS_AT_ONCE, (key) => standing(ask, key));
    yield { found: found.flat().map(phased), left, after: last };
  }
}

/** Documents on record, and nothing else of the place (C6). Without versions the record is taken at its word. */
async function* onRecord(ask: SurveyAsk, after: string | null): AsyncGenerator<PartPage> {
  for await (const { documents, last } of documentsOf(ask, after)) {
    const each = await eachAtOnce(documents, KEYS_AT_ONCE, (document) => recorded(ask, document));
    yield {
      found: each.flatMap(({ found }) => found.map(phased)),
      left: each.flatMap(({ left }) => left),
      after: last,
    };
  }
}

async function recorded(
  ask: SurveyAsk,
  document: RecordedDocument,
): Promise<{ found: ObjectRef[]; left: SurveyPage['left'] }> {
  const key = keyOf(document, ask.target);
  if (key === null) return { found: [], left: [outside(document)] };
  const reference = referenceOf(document, key);
  if (ask.backend.kind !== 's3') return { found: [reference], left: [] };
  const uploads = (await ask.backend.uploadsOf?.(key, ask.signal)) ?? [];
  if (!ask.scope.versioned) return { found: [reference, ...uploads], left: [] };
  const versions = await standing(ask, key);
  // The newest comes first: if it is not what was recorded, somebody else has written there since.
  const newest = versions.find(({ kind }) => kind === 'version');
  if (newest && document.etag !== null && newest.etag !== null && newest.etag !== document.etag)
    return {
      found: uploads,
      left: [{ ref: reference, reason: 'It changed since it was recorded, so it may no longer be the platform’s.' }],
    };
  return { found: [...versions, ...uploads], left: [] };
}

async function standing({ backend, scope, signal }: SurveyAsk, key: string): Promise<ObjectRef[]> {
  if (scope.versioned && backend.standingAt) return backend.standingAt(key, signal);
  const ref = await backend.stat(key, signal);
  return ref === null ? [] : [ref];
}

async function* documentsOf(
  { db, userNo, target }: SurveyAsk,
  after: string | null,
): AsyncGenerator<{ documents: RecordedDocument[]; last: string | null }> {
  let position = after ?? '';
  for (;;) {
    const documents = readDocuments(db, userNo, target.backendNo, position);
    const last = documents.at(-1)?.key ?? null;
    yield { documents, last };
    if (last === null) return;
    position = last;
    await nextTurn();
  }
}

type Place = Pick<DeletionTarget, 'kind' | 'prefix' | 'recordPrefix' | 'isCloud'>;

/** The reference's key of a document, or null where the record is not of the user's own place. */
export function keyOf(document: { readonly key: string }, target: Place): string | null {
  if (!document.key.startsWith(target.recordPrefix)) return null;
  const key = document.key.slice(target.recordPrefix.length);
  return liesWithin(target, key) ? key : null;
}

/**
 * Whether a key lies in the user's own place: below its folder, or at the folder's own name, which hides it (D8). Keys of
 * WebDAV are told from the root on and cannot lead out of it.
 */
export function liesWithin({ kind, prefix, isCloud }: Place, key: string): boolean {
  if (kind === 'webdav' || prefix === null) return true;
  return key.startsWith(prefix) || (!isCloud && key === prefix.slice(0, -1));
}

/** Of a record that leads elsewhere: what stands there may be anybody's, so it is told and not touched. */
export const OUTSIDE = 'It is recorded outside the user’s own place, so it was not touched.';

function outside(document: RecordedDocument): SurveyPage['left'][number] {
  return { ref: referenceOf(document, document.key), reason: OUTSIDE };
}

export function referenceOf(document: RecordedDocument, key: string): ObjectRef {
  const { size, etag, modified_at } = document;
  return { kind: 'object', key, versionId: null, size, etag, modifiedAt: modified_at };
}

/**
 * The keys above the folder at which something stands, nearest first. On MinIO such an object hides all below it from
 * every listing (D8), so an empty listing proves nothing while one is there.
 */
export async function standingAbove(
  backend: StorageBackend,
  target: DeletionTarget,
  signal: AbortSignal,
): Promise<string[]> {
  const above = target.prefix === null || backend.kind !== 's3' ? [] : keysAbove(target.prefix);
  const found: string[] = [];
  for (const key of target.isCloud ? above : above.slice(1))
    if (((await backend.standingAt?.(key, signal)) ?? []).length > 0) found.push(key);
  return found;
}

/** Whether a listing shows anything at all: then nothing higher up hides the folder, whatever stands there. */
export async function listsAnything(
  { backend, scope }: { backend: StorageBackend; scope: Scope },
  signal: AbortSignal,
): Promise<boolean> {
  for await (const { items } of backend.list({ what: scope.versioned ? 'versions' : 'objects', signal }))
    if (items.length > 0) return true;
  return false;
}

/** Does the same for each item, a few at once, and answers in their order. The first failure ends it. */
export async function eachAtOnce<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const item = items[index] as Item; // Within bounds: checked by the loop.
      try {
        results[index] = await work(item);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}
