import type { Db } from '../database/index.ts';
import type { Actor } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import {
  type DeletionTarget,
  type ObjectRef,
  type RemovalOutcome,
  type StorageBackend,
  StorageError,
} from '../storage/index.ts';
import { requireAsOrdered } from './as-ordered.ts';
import { canonical } from './canonical.ts';
import { type AddendumBody, signBody } from './certificate.ts';
import { entriesOf, evidenceOf, iso, unresolvedLeftovers } from './issue-certificate.ts';
import { referenceOfLeftover } from './leftovers.ts';
import { type BackendRow, type DeletionRow, type LeftoverRow, readBackends, readDeletion } from './rows.ts';
import { recordEntry, type Shop } from './run.ts';
import { inSlices } from './slices.ts';
import { describeScope, liesWithin, OUTSIDE, survey, whatListingShows } from './survey.ts';
import { allTargets } from './targets.ts';

type Administrator = Extract<Actor, { kind: 'administrator' }>;

const PAGE = 200;

/**
 * Tries leftovers again: all that can be, or one. While the deletion runs its course a cloud's too; after it only those of
 * the platform's store, since the credentials of the clouds are gone, and what goes then is certified by an addendum.
 * Refuses with WRONG_STATE where there is nothing to try with, STORAGE_UNREACHABLE where the place does not answer.
 */
export async function retryLeftovers(
  shop: Shop,
  actor: Administrator,
  id: string,
  leftoverId: string | null,
  signal: AbortSignal,
): Promise<void> {
  const { workspace, audit } = shop.ground;
  const deletion = readDeletion(workspace.db, id);
  requireAsOrdered(workspace.db, deletion);
  requireNobodyElseThere(workspace.db, deletion);
  const chosen = choose(shop, deletion, leftoverId);
  await shop.ground.vault.ready();
  workspace.transaction((tx) => {
    const count = chosen.reduce((sum, { rows }) => sum + rows.length, 0);
    const metadata = { leftovers: count, ...(leftoverId === null ? {} : { leftoverId }) };
    recordEntry(
      tx,
      id,
      audit.append(tx, { actor, event: 'admin.deletion_retried', target: { kind: 'deletion', id }, metadata }),
    );
  });
  let trouble: StorageError | null = null;
  for (const { backend, rows } of chosen) {
    try {
      await retryBackend(shop, deletion, backend, rows, leftoverId === null, signal);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      trouble ??= error;
      if (error.failure === 'aborted') break;
    }
  }
  await certifyRetries(shop);
  forgetWhoItWas(shop, id);
  shop.changed(id);
  if (trouble)
    throw new Refusal('STORAGE_UNREACHABLE', `Not everything could be tried: ${trouble.message} Try again later.`);
}

/** Once the account is gone somebody else may have got its external id: what stands there now may be theirs. */
function requireNobodyElseThere(db: Db, { external_id: externalId, user_no: userNo, stage }: DeletionRow): void {
  if (externalId === null || userNo !== null) return;
  const other = db.raw.prepare('SELECT 1 FROM users WHERE external_id = ?').get(externalId);
  if (other === undefined) return;
  throw new Refusal(
    'WRONG_STATE',
    `Another user has the external id ${externalId} now, so what stands in its folder may be theirs. Nothing was removed; remove by hand what is left over.`,
    { state: stage },
  );
}

/** Which leftovers are to be tried, by backend. Nothing of the store is touched while a cloud still has its turn (D1). */
function choose(
  shop: Shop,
  deletion: DeletionRow,
  leftoverId: string | null,
): { backend: BackendRow; rows: LeftoverRow[] }[] {
  const { db } = shop.ground.workspace;
  const isRunning = deletion.paused === 0 && deletion.waiting_reason === null && deletion.stage !== 'done';
  const refuse = (sentence: string): Refusal => new Refusal('WRONG_STATE', sentence, { state: deletion.stage });
  if (deletion.stage === 'cancelled') throw refuse('The deletion was called off: nothing is left over.');
  if (['finishing', 'certifying'].includes(deletion.stage))
    throw refuse('The deletion is in its last steps. Try again when it is done.');
  if (isRunning)
    throw refuse('The deletion is running. Leftovers can be tried again when it waits, is paused, or is done.');
  const isStoreOpen = ['store', 'verifying', 'review', 'revoking', 'done'].includes(deletion.stage);
  const all = readBackends(db, deletion.id).map((backend) => ({
    backend,
    rows: unresolvedLeftovers(db, backend).filter(({ id }) => leftoverId === null || id === leftoverId),
  }));
  const asked = all.filter(
    ({ backend, rows }) => rows.length > 0 || (leftoverId === null && isToBeListed(deletion, backend)),
  );
  if (asked.length === 0) {
    if (leftoverId !== null)
      throw new Refusal('NOT_FOUND', 'There is no such leftover any more.', { what: 'leftover', name: leftoverId });
    throw refuse('Nothing is left over.');
  }
  const possible = asked.filter(({ backend }) => (backend.is_cloud === 1 ? deletion.user_no !== null : isStoreOpen));
  if (possible.length === 0 && asked.every(({ backend }) => backend.is_cloud === 1))
    throw refuse('What is left over lies in clouds whose credentials are gone, so it cannot be tried again from here.');
  if (possible.length === 0)
    throw refuse('The clouds come first: what is left over in the store can be tried after them.');
  return possible;
}

/** The external id is kept for as long as something in the platform's store is left to be found by it. */
function forgetWhoItWas({ ground: { workspace } }: Shop, id: string): void {
  const { stage } = readDeletion(workspace.db, id);
  const isNeeded = readBackends(workspace.db, id).some(
    ({ is_cloud, leftovers, state }) => is_cloud === 0 && (leftovers > 0 || state === 'skipped'),
  );
  if (stage !== 'done' || isNeeded) return;
  workspace.transaction((tx) => tx.raw.prepare('UPDATE deletions SET external_id = NULL WHERE id = ?').run(id));
}

/** A store that the run went on without was never listed: once the deletion is done, a retry makes up for that. */
function isToBeListed(deletion: DeletionRow, row: BackendRow): boolean {
  return deletion.stage === 'done' && row.is_cloud === 0 && row.reach === 'owned' && row.state === 'skipped';
}

async function retryBackend(
  shop: Shop,
  deletion: DeletionRow,
  row: BackendRow,
  chosen: readonly LeftoverRow[],
  isAll: boolean,
  signal: AbortSignal,
): Promise<void> {
  let leftovers = chosen;
  const { workspace } = shop.ground;
  const target = allTargets(shop.parts, workspace.db, {
    no: deletion.user_no ?? -1,
    id: deletion.user_id,
    externalId: deletion.external_id,
    knownSources: [row.source_id],
  }).find(({ sourceId, backendNo }) => sourceId === row.source_id && backendNo === row.backend_no);
  if (!target) throw new StorageError('refused', `${row.label} is no longer configured here.`);
  const backend = await target.open();
  try {
    if (isAll && isToBeListed(deletion, row)) {
      await listSkipped(shop, row, target, backend, signal);
      leftovers = unresolvedLeftovers(workspace.db, row);
    }
    for (let at = 0; at < leftovers.length; at += PAGE) {
      const page = leftovers.slice(at, at + PAGE);
      const outcomes = await removeInside(backend, target, page.map(referenceOfLeftover), signal);
      await inSlices(
        page,
        (work) => workspace.transaction(work),
        (tx, leftover, index) => {
          const outcome = outcomes[index];
          if (outcome) settle(shop, row, leftover, outcome, tx.raw);
        },
        () => {},
      );
      shop.changed(deletion.id);
    }
  } finally {
    backend.close();
  }
}

/** What lies outside the user's own place is not even asked for. */
async function removeInside(
  backend: StorageBackend,
  target: DeletionTarget,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<RemovalOutcome[]> {
  const answers = await backend.remove(
    refs.filter(({ key }) => liesWithin(target, key)),
    signal,
  );
  let next = 0;
  return refs.map(({ key }) => {
    const answer = liesWithin(target, key) ? answers[next++] : undefined;
    return answer ?? { outcome: 'changed', reason: OUTSIDE };
  });
}

/** Lists what was never listed, and makes leftovers of what shows: more may be there than was on record. */
async function listSkipped(
  shop: Shop,
  row: BackendRow,
  target: DeletionTarget,
  backend: StorageBackend,
  signal: AbortSignal,
): Promise<void> {
  const { workspace, clock, newId } = shop.ground;
  const scope = await describeScope(backend, target, true, signal);
  const insert = workspace.db.raw.prepare(
    `INSERT INTO leftovers (id, backend, kind, key, version_id, size, etag, modified_at, reason, retryable, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'It was found when leftovers were tried again.', 1, ?) ON CONFLICT DO NOTHING`,
  );
  const ask = {
    db: workspace.db,
    backend,
    target,
    userNo: -1,
    scope,
    parts: whatListingShows,
    wasListed: () => true,
    signal,
  };
  for await (const { found } of survey(ask, null)) {
    let fresh = 0;
    await inSlices(
      found,
      (work) => workspace.transaction(work),
      (_tx, { ref }) => {
        const { kind, key, versionId, size, etag, modifiedAt } = ref;
        fresh += insert.run(newId(), row.no, kind, key, versionId ?? '', size, etag, modifiedAt, clock()).changes;
      },
      (tx) => {
        tx.raw
          .prepare('UPDATE deletion_backends SET found = found + ?, leftovers = leftovers + ? WHERE no = ?')
          .run(fresh, fresh, row.no);
        fresh = 0;
      },
    );
  }
  workspace.transaction((tx) =>
    tx.raw.prepare("UPDATE deletion_backends SET state = 'done', problem = NULL WHERE no = ?").run(row.no),
  );
}

type Raw = Shop['ground']['workspace']['db']['raw'];

function settle(shop: Shop, row: BackendRow, leftover: LeftoverRow, outcome: RemovalOutcome, raw: Raw): void {
  if (outcome.outcome !== 'removed' && outcome.outcome !== 'absent') {
    const until = outcome.outcome === 'retained' ? outcome.until : null;
    raw
      .prepare('UPDATE leftovers SET reason = ?, retryable = ?, retained_until = ? WHERE id = ?')
      .run(outcome.reason, outcome.outcome === 'changed' ? 0 : 1, until, leftover.id);
    return;
  }
  // The run may have gone on meanwhile: from its last transaction on, the certificate may name the leftover already.
  const isFinished = readDeletion(shop.ground.workspace.db, row.deletion_id).user_no === null;
  const bytes = outcome.outcome === 'removed' ? leftover.size : 0;
  raw
    .prepare(
      `UPDATE deletion_backends SET leftovers = leftovers - 1, removed = removed + ?, removed_bytes = removed_bytes + ?, absent = absent + ?
       WHERE no = ?`,
    )
    .run(outcome.outcome === 'removed' ? 1 : 0, bytes, outcome.outcome === 'absent' ? 1 : 0, row.no);
  if (isFinished)
    raw
      .prepare('UPDATE leftovers SET resolved_at = ?, resolved_as = ? WHERE id = ?')
      .run(shop.ground.clock(), outcome.outcome, leftover.id);
  else raw.prepare('DELETE FROM leftovers WHERE id = ?').run(leftover.id);
}

/** Issues the addenda that are due: also those whose retry was done when the console died. */
export async function certifyRetries(shop: Shop): Promise<void> {
  const due = shop.ground.workspace.db.raw
    .prepare<[], string>(
      `SELECT DISTINCT b.deletion_id FROM leftovers AS l JOIN deletion_backends AS b ON b.no = l.backend
       JOIN deletions AS d ON d.id = b.deletion_id
       WHERE l.resolved_at IS NOT NULL AND l.addendum_id IS NULL AND d.stage = 'done'`,
    )
    .pluck()
    .all();
  for (const id of due) await certifyRetry(shop, readDeletion(shop.ground.workspace.db, id));
}

type ResolvedRow = LeftoverRow & { readonly source_id: string };

async function certifyRetry(shop: Shop, deletion: DeletionRow): Promise<void> {
  const { workspace, audit, clock, newId } = shop.ground;
  const { db } = workspace;
  const resolved = db.raw
    .prepare<[string], ResolvedRow>(
      `SELECT l.*, b.source_id FROM leftovers AS l JOIN deletion_backends AS b ON b.no = l.backend
       WHERE b.deletion_id = ? AND l.resolved_at IS NOT NULL AND l.addendum_id IS NULL ORDER BY l.backend, l.kind, l.key, l.version_id`,
    )
    .all(deletion.id);
  const checkpoint = await audit.checkpoint();
  if (!checkpoint || deletion.certificate_hash === null) return;
  const remaining = readBackends(db, deletion.id).reduce((sum, { leftovers }) => sum + leftovers, 0);
  const number =
    1 +
    (db.raw.prepare<[string], number>('SELECT count(*) FROM addenda WHERE deletion_id = ?').pluck().get(deletion.id) ??
      0);
  const retries = entriesOf(db, deletion.id).filter(
    ({ event }) => event === 'admin.deletion_retried' || event === 'deletion.certified',
  );
  const body: AddendumBody = {
    type: 'quartermaster/deletion-addendum',
    version: 1,
    workspace: workspace.id,
    issuedAt: iso(clock()),
    deletionId: deletion.id,
    certificate: deletion.certificate_hash,
    number,
    resolved: resolved.map((row) => ({
      backend: row.source_id,
      kind: row.kind,
      key: row.key,
      versionId: row.version_id === '' ? null : row.version_id,
      bytes: row.size,
      as: row.resolved_as ?? 'absent',
      at: iso(row.resolved_at ?? clock()),
    })),
    remaining,
    evidence: evidenceOf({ audit, checkpoint }, retries),
  };
  const signed = await signBody(body, audit.sign);
  const id = newId();
  workspace.transaction((tx) => {
    tx.raw
      .prepare('INSERT INTO addenda (id, deletion_id, certificate, hash, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(id, deletion.id, canonical(signed), signed.hash, clock());
    const mark = tx.raw.prepare('UPDATE leftovers SET addendum_id = ? WHERE id = ?');
    for (const row of resolved) mark.run(id, row.id);
    const actor: Actor = { kind: 'console', onBehalfOf: deletion.ordered_by, origin: shop.ground.origin };
    recordEntry(
      tx,
      deletion.id,
      audit.append(tx, {
        actor,
        event: 'deletion.addendum_certified',
        target: { kind: 'deletion', id: deletion.id },
        metadata: {
          addendum: signed.hash,
          certificate: deletion.certificate_hash,
          resolved: resolved.length,
          remaining,
        },
      }),
    );
  });
  await audit.checkpoint();
}
