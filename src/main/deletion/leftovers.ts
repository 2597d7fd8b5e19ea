import type { Tx } from '../database/index.ts';
import type { ObjectRef } from '../storage/index.ts';
import type { BackendRow, LeftoverRow } from './rows.ts';
import type { Run } from './run.ts';

/** An object that stays behind, and why. */
export interface LeftOver {
  readonly ref: ObjectRef;
  readonly reason: string;
  /** Whether trying it again later can help. */
  readonly retryable: boolean;
  /** Until when a lock holds it; null where it does not, or nobody says. */
  readonly retainedUntil: number | null;
}

/**
 * Writes leftovers down, with one entry of the log that names them. One that is known already keeps its place and gets
 * the newer reason. Answers how many are new.
 */
export function recordLeftovers(run: Run, tx: Tx, backend: BackendRow, leftovers: readonly LeftOver[]): number {
  if (leftovers.length === 0) return 0;
  const { clock, newId } = run.shop.ground;
  const insert = tx.raw.prepare(
    `INSERT INTO leftovers (id, backend, kind, key, version_id, size, etag, modified_at, reason, retryable, retained_until, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (backend, kind, key, version_id) DO NOTHING`,
  );
  const update = tx.raw.prepare(
    'UPDATE leftovers SET reason = ?, retryable = ?, retained_until = ? WHERE backend = ? AND kind = ? AND key = ? AND version_id = ?',
  );
  const fresh: LeftOver[] = [];
  for (const leftover of leftovers) {
    const { ref, reason, retryable, retainedUntil } = leftover;
    const { kind, key, versionId, size, etag, modifiedAt } = ref;
    const { changes } = insert.run(
      newId(),
      backend.no,
      kind,
      key,
      versionId ?? '',
      size,
      etag,
      modifiedAt,
      reason,
      retryable ? 1 : 0,
      retainedUntil,
      clock(),
    );
    if (changes === 1) fresh.push(leftover);
    else update.run(reason, retryable ? 1 : 0, retainedUntil, backend.no, kind, key, versionId ?? '');
  }
  if (fresh.length === 0) return 0;
  tx.raw.prepare('UPDATE deletion_backends SET leftovers = leftovers + ? WHERE no = ?').run(fresh.length, backend.no);
  run.record(tx, 'deletion.object_left_over', {
    backendId: backend.source_id,
    objects: fresh.map(({ ref, reason, retainedUntil }) => ({
      ...referenceFacts(ref),
      reason,
      ...(retainedUntil === null ? {} : { retainedUntil: new Date(retainedUntil).toISOString() }),
    })),
  });
  return fresh.length;
}

/**
 * A reference as facts for the log. The log brings text to NFC, which would make another key of one that is written
 * differently (S8), so such a key stands there by its bytes.
 */
export function referenceFacts({
  kind,
  key,
  versionId,
}: Pick<ObjectRef, 'kind' | 'key' | 'versionId'>): Record<string, string> {
  const isExact = key.isWellFormed() && key.normalize('NFC') === key;
  return {
    kind,
    ...(isExact ? { key } : { keyBase64: Buffer.from(key, 'utf8').toString('base64') }),
    ...(versionId === null ? {} : { versionId }),
  };
}

export function referenceOfLeftover(row: LeftoverRow): ObjectRef {
  const { kind, key, version_id, size, etag, modified_at } = row;
  return { kind, key, versionId: version_id === '' ? null : version_id, size, etag, modifiedAt: modified_at };
}
