import { type ObjectRef, type RemovalOutcome, StorageError } from '../port.ts';
import type { S3Connection } from './connection.ts';
import { type DeleteTarget, deleteRequest, fitsXml, readDeleteResult, targetName } from './delete-objects.ts';
import { mayPass, RefusedByServer } from './failures.ts';
import { isPathSafe } from './path-safety.ts';
import { retentionOf } from './retention.ts';

/** What S3 removes in one request: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export const MAX_REMOVALS = 1000;
const MAX_DELETE_ANSWER = 16 * 1024 * 1024;
/** Single requests at once, where a key cannot go with the others. */
const SINGLES_AT_ONCE = 8;
/** Failures of the server in a row after which single requests stop: then it is down, not the object. */
const DOWN_AFTER = 3;

/**
 * Removes exactly these references from one bucket: objects, versions and markers together, uploads one by one. An
 * outcome for each, in the same order. Never sends MinIO's force-delete header and never bypasses retention.
 */
export async function removeRefs(
  connection: S3Connection,
  bucket: string,
  refs: readonly ObjectRef[],
  signal: AbortSignal | undefined,
): Promise<RemovalOutcome[]> {
  const outcomes = new Map<string, RemovalOutcome>();
  const together: DeleteTarget[] = [];
  const singly: ObjectRef[] = [];
  for (const ref of refs) {
    const name = nameOf(ref);
    if (outcomes.has(name)) continue; // The same thing twice is removed once and answered twice.
    outcomes.set(name, UNANSWERED);
    if (connection.server === 'MinIO' && ref.key.startsWith('/')) {
      // MinIO drops the slash and would remove another object; it never lists such a key itself.
      outcomes.set(name, failed('This server cannot name a key that begins with a slash.', false));
    } else if (ref.kind !== 'upload' && fitsXml(ref.key)) together.push(ref);
    else singly.push(ref);
  }
  if (together.length > 0) await removeTogether(connection, bucket, together, outcomes, signal);
  await removeSingly(connection, bucket, singly, outcomes, signal);
  await explainProtected(connection, bucket, refs, outcomes, signal);
  return refs.map((ref) => outcomes.get(nameOf(ref)) ?? UNANSWERED);
}

const UNANSWERED = failed('The storage server did not say what became of it.', true);

/** Marks what the server protects, until the date has been asked for. */
const PROTECTED = 'protected';

function failed(reason: string, retryable: boolean): RemovalOutcome {
  return { outcome: 'failed', reason, retryable };
}

function nameOf(ref: ObjectRef): string {
  return ref.kind === 'upload'
    ? `upload ${JSON.stringify([ref.key, ref.versionId])}`
    : targetName(ref.key, ref.versionId);
}

async function removeTogether(
  connection: S3Connection,
  bucket: string,
  targets: readonly DeleteTarget[],
  outcomes: Map<string, RemovalOutcome>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const verdicts = await connection.send(
    {
      method: 'POST',
      bucket,
      query: { delete: null },
      headers: { 'content-type': 'application/xml' },
      body: deleteRequest(targets),
      purpose: `remove objects from the bucket '${bucket}'`,
      maxBytes: MAX_DELETE_ANSWER,
      signal,
    },
    async (answer) => await readDeleteResult(answer.body, targets),
  );
  for (const { key, versionId } of targets) {
    const name = targetName(key, versionId);
    const verdict = verdicts.get(name);
    if (verdict === undefined) continue;
    if (verdict.code !== null) outcomes.set(name, outcomeOf(verdict.code, verdict.message, 0));
    else if (versionId === null && verdict.laidMarker) {
      outcomes.set(
        name,
        failed('The bucket began to keep versions meanwhile: the object was hidden, not removed.', true),
      );
    } else outcomes.set(name, { outcome: 'removed' });
  }
}

async function removeSingly(
  connection: S3Connection,
  bucket: string,
  refs: readonly ObjectRef[],
  outcomes: Map<string, RemovalOutcome>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const queue = refs.values();
  let failuresInRow = 0;
  const worker = async (): Promise<void> => {
    for (const ref of queue) {
      const outcome = await removeOne(connection, bucket, ref, signal);
      outcomes.set(nameOf(ref), outcome.result);
      failuresInRow = outcome.serverFailure === null ? 0 : failuresInRow + 1;
      if (outcome.serverFailure !== null && failuresInRow >= DOWN_AFTER) throw outcome.serverFailure;
    }
  };
  await Promise.all(Array.from({ length: Math.min(SINGLES_AT_ONCE, refs.length) }, worker));
}

async function removeOne(
  connection: S3Connection,
  bucket: string,
  ref: ObjectRef,
  signal: AbortSignal | undefined,
): Promise<{ result: RemovalOutcome; serverFailure: StorageError | null }> {
  const said = (result: RemovalOutcome) => ({ result, serverFailure: null });
  if (ref.kind !== 'upload' && !isPathSafe(ref.key)) {
    return said(
      failed('The key has characters that no request can name safely. Remove it on the server itself.', false),
    );
  }
  const query = ref.versionId === null ? {} : { [ref.kind === 'upload' ? 'uploadId' : 'versionId']: ref.versionId };
  try {
    const laidMarker = await connection.sendRaw(
      {
        method: 'DELETE',
        bucket,
        key: ref.key,
        query,
        purpose: `remove an object from the bucket '${bucket}'`,
        maxBytes: 64 * 1024,
        signal,
      },
      async (answer) => ref.versionId === null && answer.headers['x-amz-delete-marker'] === 'true',
    );
    if (laidMarker)
      return said(failed('The bucket began to keep versions meanwhile: the object was hidden, not removed.', true));
    return said({ outcome: 'removed' });
  } catch (error) {
    if (error instanceof RefusedByServer) {
      const { code, message, status } = error.refusal;
      if (code === 'NoSuchBucket')
        throw new StorageError('refused', `The bucket '${bucket}' is not there.`, { serverCode: code });
      const result = outcomeOf(code, message, status);
      const isServerFailure = status >= 500 || status === 429;
      return {
        result,
        serverFailure: isServerFailure
          ? new StorageError('backend', `The storage server fails (${code || status}).`, {
              serverCode: code || String(status),
              retryAfterMs: error.refusal.retryAfterMs,
            })
          : null,
      };
    }
    if (error instanceof StorageError && error.failure === 'backend') {
      return { result: failed(error.message, true), serverFailure: error };
    }
    throw error;
  }
}

/** What the server's code for one reference means. */
function outcomeOf(code: string, message: string, status: number): RemovalOutcome {
  if (['NoSuchKey', 'NoSuchVersion', 'NoSuchUpload'].includes(code) || (code === '' && status === 404))
    return { outcome: 'absent' };
  // MinIO: InvalidRequest "Object is WORM protected"; AWS: AccessDenied "... object protected by object lock".
  const isLocked = /WORM|object lock|retention|legal hold/i.test(message) || code === 'ObjectLocked';
  if (isLocked || code === 'AccessDenied')
    return { outcome: 'retained', until: null, reason: isLocked ? PROTECTED : code };
  return failed(`The storage server refused to remove it (${code || status}).`, mayPass(code, status));
}

/** Asks for the date of what is protected, and tells it apart from what the key may simply not do. */
async function explainProtected(
  connection: S3Connection,
  bucket: string,
  refs: readonly ObjectRef[],
  outcomes: Map<string, RemovalOutcome>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const doubtful = refs.filter((ref) => outcomes.get(nameOf(ref))?.outcome === 'retained');
  const queue = doubtful.values();
  // Where the bucket has no lock, or the key may not ask, one answer is enough for a thousand refusals.
  let isTold = true;
  const worker = async (): Promise<void> => {
    for (const ref of queue) {
      const name = nameOf(ref);
      const outcome = outcomes.get(name);
      if (outcome?.outcome !== 'retained') continue;
      const retention = isTold && ref.kind !== 'upload' ? await retentionOf(connection, bucket, ref, signal) : null;
      if (retention === 'not-told') isTold = false;
      if (retention !== null && typeof retention === 'object') {
        outcomes.set(name, { outcome: 'retained', until: retention.until, reason: retention.reason });
      } else if (outcome.reason === PROTECTED) {
        outcomes.set(name, {
          outcome: 'retained',
          until: null,
          reason: 'The storage server protects it from removal and does not say until when.',
        });
      } else {
        outcomes.set(name, failed('The access key may not remove it (AccessDenied).', false));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(SINGLES_AT_ONCE, doubtful.length) }, worker));
}
