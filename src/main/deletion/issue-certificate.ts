import type { Audit } from '../audit/index.ts';
import type { Db } from '../database/index.ts';
import {
  type CertificateBody,
  type CertifiedBackend,
  type CertifiedLeftover,
  meaningOf,
  PlanContent,
} from './certificate.ts';
import type { Revocation } from './parts.ts';
import { type BackendRow, type DeletionRow, type LeftoverRow, readBackends, readPlan } from './rows.ts';

/** Entries about left over objects that a certificate carries; the objects themselves are listed in any number. */
const LEFTOVER_ENTRIES = 100;

export interface Checkpoint {
  readonly size: number;
  readonly note: string;
}

export interface Issue {
  readonly db: Db;
  readonly audit: Audit;
  readonly workspaceId: string;
  readonly deletion: DeletionRow;
  readonly checkpoint: Checkpoint;
  readonly now: number;
}

/** The certificate of a deletion whose last transaction is done, over entries that stand in the checkpoint. */
export function composeCertificate(issue: Issue): CertificateBody {
  const { db, deletion, now } = issue;
  const plan = readPlan(db, deletion.plan_id);
  const backends = readBackends(db, deletion.id);
  const leftovers = backends.flatMap((backend) =>
    unresolvedLeftovers(db, backend).map((row) => certifiedLeftover(backend, row)),
  );
  const entries = entriesOf(db, deletion.id);
  const finished = entries.find(({ event }) => event === 'admin.user_deleted');
  if (!finished) throw new Error('the deletion has not finished');
  const purged = entries.find(({ event }) => event === 'cloud.credentials_purged');
  const content = PlanContent.parse(JSON.parse(plan.content));
  const sum = (pick: (backend: BackendRow) => number) => backends.reduce((total, backend) => total + pick(backend), 0);
  return {
    type: 'quartermaster/deletion-certificate',
    version: 1,
    workspace: issue.workspaceId,
    issuedAt: iso(now),
    deletion: {
      id: deletion.id,
      orderedBy: deletion.ordered_by,
      whenDown: deletion.when_down,
      review: deletion.review === 1,
      startedAt: iso(deletion.started_at),
      firstRemovalAt: isoOrNull(deletion.first_removal_at),
      finishedAt: iso(finished.time),
    },
    subject: { userId: deletion.user_id, hmac: deletion.subject, key: deletion.subject_key },
    plan: { hash: plan.hash, content },
    totals: {
      planned: sum((one) => one.planned),
      found: sum((one) => one.found),
      removed: sum((one) => one.removed),
      removedBytes: sum((one) => one.removed_bytes),
      absent: sum((one) => one.absent),
      leftovers: sum((one) => one.leftovers),
      leftoverBytes: leftovers.reduce((total, { bytes }) => total + bytes, 0),
      kept: sum((one) => one.kept),
    },
    backends: backends.map(certifiedBackend),
    leftovers,
    credentials: {
      connections: connectionsOf(purged?.entry ?? null, deletion),
      purgedAt: purged ? iso(purged.time) : null,
      destroyedCopies: JSON.parse(deletion.destroyed_copies) as string[], // Written by `certifying` alone.
    },
    doesNotSay: limitsOf(backends),
    evidence: evidenceOf(issue, entries),
  };
}

export function certifiedBackend(row: BackendRow): CertifiedBackend {
  return {
    id: row.source_id,
    kind: row.kind,
    label: row.label,
    cloud: row.is_cloud === 1,
    outcome: row.state === 'skipped' ? 'skipped' : 'verified',
    planned: row.planned,
    plannedBytes: row.planned_bytes,
    found: row.found,
    foundBytes: row.found_bytes,
    removed: row.removed,
    removedBytes: row.removed_bytes,
    absent: row.absent,
    leftovers: row.leftovers,
    kept: row.kept,
    finality: row.finality,
    meaning: row.removed > 0 ? meaningOf(row.finality, row.kind) : 'Nothing was removed here.',
    note: row.note,
    problem: row.problem,
    firstRemovalAt: isoOrNull(row.first_removal_at),
    lastRemovalAt: isoOrNull(row.last_removal_at),
    verifiedAt: isoOrNull(row.verified_at),
  };
}

function certifiedLeftover(backend: BackendRow, row: LeftoverRow): CertifiedLeftover {
  return {
    backend: backend.source_id,
    kind: row.kind,
    key: row.key,
    versionId: row.version_id === '' ? null : row.version_id,
    bytes: row.size,
    reason: row.reason,
    retainedUntil: isoOrNull(row.retained_until),
    retryable: row.retryable === 1 && backend.is_cloud === 0,
  };
}

export function unresolvedLeftovers(db: Db, backend: Pick<BackendRow, 'no'>): LeftoverRow[] {
  return db.raw
    .prepare<[number], LeftoverRow>(
      'SELECT * FROM leftovers WHERE backend = ? AND resolved_at IS NULL ORDER BY kind, key, version_id',
    )
    .all(backend.no);
}

/** The connections as the purging entry names them, each with what became of its grant. */
function connectionsOf(entry: string | null, deletion: DeletionRow): CertificateBody['credentials']['connections'] {
  if (entry === null) return [];
  const revocations = JSON.parse(deletion.revocations) as Revocation[]; // Written by the stage `revoking` alone.
  const { metadata } = JSON.parse(entry) as { metadata: { purged: { id: string; provider: string }[] } }; // Written by `finishing` alone.
  return metadata.purged.map(({ id, provider }) => ({
    id,
    provider,
    grant: revocations.find(({ connectionId }) => connectionId === id)?.outcome ?? 'not_offered',
  }));
}

/** What a certificate must not be taken to say. */
function limitsOf(backends: readonly BackendRow[]): string[] {
  const limits = [
    'Backups of the workspace, of the stores or of the clouds that were taken away before are not reached from here. A backup of the workspace may hold the user’s name, mail address and encrypted credentials of cloud connections.',
    'It speaks of what the stores and clouds answered. Disks, snapshots, replicas and logs under or behind them are not seen from here.',
  ];
  if (backends.some(({ kind }) => kind === 's3'))
    limits.push(
      'On MinIO, unfinished uploads on keys that were not on record, from before the server’s last start, cannot be seen; the server drops them after its own expiry (24 hours unless set otherwise).',
    );
  if (backends.some(({ finality }) => finality === 'trash'))
    limits.push(
      'What a provider moved to its trash stays there until the provider’s own time is over, or its owner empties it.',
    );
  if (backends.some(({ is_cloud }) => is_cloud === 1))
    limits.push(
      'In a cloud only the platform’s own documents were touched. Copies that somebody made elsewhere in it, or shared, are not known here.',
    );
  return limits;
}

export interface EntryOfDeletion {
  readonly sequence: number;
  readonly event: string;
  readonly time: number;
  readonly entry: string;
}

/** The log's entries of a deletion, oldest first. */
export function entriesOf(db: Db, deletionId: string): EntryOfDeletion[] {
  return db.raw
    .prepare<[string], EntryOfDeletion>(
      `SELECT e.sequence, e.event, e.time, e.entry FROM deletion_entries AS d JOIN audit_entries AS e ON e.sequence = d.sequence
       WHERE d.deletion_id = ? ORDER BY e.sequence`,
    )
    .all(deletionId);
}

export function evidenceOf(
  { audit, checkpoint }: Pick<Issue, 'audit' | 'checkpoint'>,
  entries: readonly EntryOfDeletion[],
): CertificateBody['evidence'] {
  const inCheckpoint = entries.filter(({ sequence }) => sequence <= checkpoint.size);
  let leftoverEntries = 0;
  const carried = inCheckpoint.filter(({ event }) => {
    if (event !== 'deletion.object_left_over') return true;
    leftoverEntries += 1;
    return leftoverEntries <= LEFTOVER_ENTRIES;
  });
  return {
    checkpoint: checkpoint.note,
    entries: audit
      .prove(
        carried.map(({ sequence }) => sequence),
        checkpoint.size,
      )
      .map(({ sequence, entry, path }) => ({ sequence, entry, path: [...path] })),
    furtherEntries: inCheckpoint.length - carried.length,
  };
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : iso(time);
}
