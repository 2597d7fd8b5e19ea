import { countText } from '../../../contract/figures.ts';
import type { Clock } from '../../ground.ts';
import { compareKeys } from '../key-order.ts';
import { type ObjectRef, type RemovalOutcome, StorageError } from '../port.ts';
import { retryAfterMs } from './failures.ts';
import type { GivenPaths } from './given-paths.ts';
import type { DavAnswer, DavHttp } from './http-client.ts';
import { differenceFrom, strongEtag } from './identity.ts';
import { flawOfKey, hasManySpellings, show } from './key-path.ts';
import type { WebDavLimits } from './limits.ts';
import { isSuccess, readMultistatus } from './multistatus.ts';
import type { Place } from './place.ts';
import type { Member, Propfind, Resource } from './propfind.ts';

export interface RemovalParts {
  readonly http: DavHttp;
  readonly place: Place;
  readonly propfind: Propfind;
  readonly limits: WebDavLimits;
  readonly given: GivenPaths;
  readonly clock: Clock;
  readonly ownedRoot: boolean;
  /** Rejects unless the root is there and open to us. */
  requireRoot(signal?: AbortSignal): Promise<void>;
}

type Settled = RemovalOutcome;

/** This many failures in a row raise the question whether the server is still there. */
const FAILURES_IN_ROW = 3;
const failed = (reason: string, retryable: boolean): Settled => ({ outcome: 'failed', reason, retryable });

/**
 * Removes a page of references. Files first, then folders, the deepest first. Where the server is gone or closed to us the
 * call rejects, unless something was done already: then what was done is answered, and the rest has failed for now.
 */
export async function removeAll(
  parts: RemovalParts,
  refs: readonly ObjectRef[],
  signal?: AbortSignal,
): Promise<RemovalOutcome[]> {
  await parts.requireRoot(signal);
  const outcomes: (RemovalOutcome | undefined)[] = refs.map(() => undefined);
  const state = new RunState(parts, signal);
  const jobs = refs.map((ref, index) => ({ ref, index }));
  const settle = async ({ ref, index }: (typeof jobs)[0]): Promise<void> => {
    outcomes[index] = await state.attempt(() => removeOne(parts, ref, signal));
  };
  const folders = jobs.filter(({ ref }) => ref.kind === 'folder');
  await inParallel(
    jobs.filter(({ ref }) => ref.kind !== 'folder'),
    parts.limits.concurrency,
    settle,
    () => state.stopped !== null,
  );
  for (const level of levelsOf(folders))
    await inParallel(level, parts.limits.concurrency, settle, () => state.stopped !== null);
  if (state.stopped && (state.stopped.failure === 'aborted' || !state.didAnything)) throw state.stopped;
  return outcomes.map((outcome) => outcome ?? failed(state.stopped?.message ?? 'The call was stopped.', true));
}

/** Folders by depth, the deepest first: a folder can be empty only when those in it are gone. */
function levelsOf<Job extends { readonly ref: ObjectRef }>(folders: readonly Job[]): Job[][] {
  const levels = new Map<number, Job[]>();
  for (const job of [...folders].sort((a, b) => compareKeys(b.ref.key, a.ref.key))) {
    const depth = job.ref.key.split('/').length;
    levels.set(depth, [...(levels.get(depth) ?? []), job]);
  }
  return [...levels].sort(([a], [b]) => b - a).map(([, level]) => level);
}

async function inParallel<Job>(
  jobs: readonly Job[],
  concurrency: number,
  work: (job: Job) => Promise<void>,
  isStopped: () => boolean,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let job = jobs[next]; job !== undefined && !isStopped(); job = jobs[next]) {
      next += 1;
      await work(job);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, worker));
}

/** Tells a reference that fails from a server that is down: after some failures in a row it asks for the root. */
class RunState {
  readonly #parts: RemovalParts;
  readonly #signal: AbortSignal | undefined;
  #inRow = 0;
  #probe: Promise<void> | null = null;
  didAnything = false;
  /** Why nothing more is sent. */
  stopped: StorageError | null = null;

  constructor(parts: RemovalParts, signal: AbortSignal | undefined) {
    this.#parts = parts;
    this.#signal = signal;
  }

  async attempt(remove: () => Promise<Settled>): Promise<Settled> {
    try {
      const outcome = await remove();
      this.#inRow = 0;
      this.didAnything = true;
      return outcome;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (error.failure === 'aborted' || error.failure === 'reauthorise') this.stopped ??= error;
      if (error.failure === 'refused' || error.failure === 'unsafe') {
        // The server answered, about this one thing.
        this.didAnything = true;
        return failed(error.message, false);
      }
      this.#inRow += 1;
      if (this.#inRow >= FAILURES_IN_ROW) await this.#askForRoot();
      return failed(error.message, true);
    }
  }

  async #askForRoot(): Promise<void> {
    this.#probe ??= this.#parts
      .requireRoot(this.#signal)
      .then(() => {
        this.#inRow = 0;
      })
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error;
        this.stopped ??= error;
      })
      .finally(() => {
        this.#probe = null;
      });
    await this.#probe;
  }
}

async function removeOne(parts: RemovalParts, ref: ObjectRef, signal?: AbortSignal): Promise<Settled> {
  if (ref.kind !== 'object' && ref.kind !== 'folder') return failed(`WebDAV has no ${ref.kind}s`, false);
  const flaw = flawOfKey(ref.key, ref.kind);
  if (flaw !== null) return failed(`it was not sent: ${flaw}`, false);
  if (ref.kind === 'folder') return removeFolder(parts, ref, signal);
  if (!parts.ownedRoot) return removeRecorded(parts, ref, signal);
  const given = parts.given.get(ref.key);
  const outcome = await sendDelete(parts, given ?? parts.place.pathOf(ref.key), null, signal);
  if (outcome.outcome !== 'absent' || given !== undefined || !hasManySpellings(ref.key)) return outcome;
  const member = await findInParent(parts, ref.key, signal);
  return member === null ? outcome : sendDelete(parts, member.path, null, signal);
}

/**
 * Outside a folder of the platform's own a file is looked at right before: servers such as rclone's take no notice of
 * `If-Match` when they delete, and others have no ETag.
 */
async function removeRecorded(parts: RemovalParts, ref: ObjectRef, signal?: AbortSignal): Promise<Settled> {
  const now = await locate(parts, ref.key, signal);
  if (now === null) return { outcome: 'absent' };
  const difference = differenceFrom(ref, now);
  if (difference !== null) return { outcome: 'changed', reason: difference };
  return sendDelete(parts, now.path, strongEtag(now), signal);
}

/** What stands at a key, under whatever spelling the server lists it; null for nothing. */
export async function locate(parts: RemovalParts, key: string, signal?: AbortSignal): Promise<Resource | null> {
  const given = parts.given.get(key);
  const now = await parts.propfind.resource(given ?? parts.place.pathOf(key), show(key), signal);
  if (now !== null || given !== undefined || !hasManySpellings(key)) return now;
  return findInParent(parts, key, signal);
}

/**
 * A server that compares addresses as text does not know ours where it spells them in another way. So before a name that
 * can be spelled in many ways is said to be absent, its folder is asked.
 */
async function findInParent(parts: RemovalParts, key: string, signal?: AbortSignal): Promise<Member | null> {
  const at = key.lastIndexOf('/');
  const name = key.slice(at + 1);
  const folder = key.slice(0, at + 1);
  let found: Member | null = null;
  const path = folder === '' ? parts.place.rootPath : parts.place.pathOf(folder);
  const listing = await parts.propfind.members(
    path,
    `folder ${show(folder)}`,
    (member) => {
      if (member.name === name && !member.isCollection) found = member;
    },
    signal,
  );
  if (listing.found === 'closed')
    throw new StorageError('refused', `The server does not show whether ${show(key)} is gone (${listing.status}).`);
  return found;
}

/**
 * DELETE on a collection takes all that is in it along (RFC 4918, section 9.6.1). So it is listed right before, and goes
 * only if that shows it empty. What somebody puts into it between those two requests goes with it: WebDAV has no
 * "remove if empty", and a lock would keep out only those who ask for locks. That is why this is done below a root of the
 * platform's own alone.
 */
async function removeFolder(parts: RemovalParts, ref: ObjectRef, signal?: AbortSignal): Promise<Settled> {
  if (!parts.ownedRoot) return failed('folders outside a root of the platform’s own are kept', false);
  const path = parts.given.get(ref.key) ?? parts.place.pathOf(ref.key);
  let members = 0;
  const found = await parts.propfind.members(
    path,
    `folder ${show(ref.key)}`,
    () => {
      members += 1;
    },
    signal,
  );
  if (found.found === 'absent') return { outcome: 'absent' };
  if (found.found === 'file') return { outcome: 'changed', reason: 'a file stands there now' };
  if (found.found === 'closed') return failed(`the server does not show whether it is empty (${found.status})`, false);
  if (members > 0)
    return failed(`it is not empty: ${members} ${members === 1 ? 'thing is' : 'things are'} in it`, true);
  return sendDelete(parts, path.endsWith('/') ? path : `${path}/`, null, signal);
}

async function sendDelete(
  parts: RemovalParts,
  path: string,
  ifMatch: string | null,
  signal?: AbortSignal,
): Promise<Settled> {
  const headers = ifMatch === null ? {} : { 'If-Match': ifMatch };
  const answer = await parts.http.call({ method: 'DELETE', path, headers, signal });
  if (answer.status === 207) return readPartialFailure(parts, answer);
  answer.discard();
  return outcomeOf(answer, parts.clock());
}

function outcomeOf(answer: DavAnswer, now: number): Settled {
  const { status } = answer;
  const code = { serverCode: String(status), retryAfterMs: retryAfterMs(answer.header('retry-after'), now) };
  if (isSuccess(status)) return { outcome: 'removed' };
  switch (status) {
    case 404:
    case 410:
      return { outcome: 'absent' };
    case 412:
      return { outcome: 'changed', reason: 'the server says that it was changed since (412)' };
    case 401:
      throw new StorageError(
        'reauthorise',
        'The server does not take the user name and password any more (401).',
        code,
      );
    case 403:
      return failed('the server does not let it be removed (403)', false);
    case 423:
      return failed('somebody has locked it (423)', true);
    case 405:
      // Go's WebDAV server, rclone's, says this for whatever goes wrong, also for a file that is being removed right now.
      return failed('the server did not do it (405)', true);
    case 409:
      return failed('the server says that it conflicts with something (409)', true);
    case 429:
      throw new StorageError('backend', 'The server asks for fewer requests (429).', code);
    default:
      if (status >= 500) throw new StorageError('backend', `The server cannot do it now (${status}).`, code);
      // A server that adds a slash has a folder there, which a file's removal must not take.
      if (status >= 300 && status < 400)
        return {
          outcome: 'changed',
          reason: `the server sends on to another address (${status}): no file stands there now`,
        };
      return failed(`the server does not do it (${status})`, false);
  }
}

/** 207 to a DELETE names the members that are still there (RFC 4918, section 9.6.1). */
async function readPartialFailure(parts: RemovalParts, answer: DavAnswer): Promise<Settled> {
  let count = 0;
  let first = '';
  let isPassing = true;
  await readMultistatus(answer.body, parts.limits, ({ hrefs, status }) => {
    if (status === null)
      throw new StorageError('invalid_answer', 'The server’s answer to a removal has no status in it.');
    if (isSuccess(status) || status === 404 || status === 410) return;
    count += hrefs.length;
    if (first === '') first = `${show(hrefs[0] ?? '')}: ${status}`;
    if (status !== 423 && status !== 424 && status !== 429 && status < 500) isPassing = false;
  });
  return count === 0
    ? { outcome: 'removed' }
    : failed(`the server could not remove all of it; ${countText(count)} left, first ${first}`, isPassing);
}
