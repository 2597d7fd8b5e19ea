import { countText } from '../../contract/figures.ts';
import type { Db } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { isRefusal, Refusal } from '../refusal.ts';
import { type DeletionTarget, type StorageBackend, StorageError } from '../storage/index.ts';
import { standsOn } from './as-ordered.ts';
import { basisOf } from './basis.ts';
import { canonical, sha256 } from './canonical.ts';
import type { PlanContent } from './certificate.ts';
import { hasDocuments, type RecordedDocument, readDocuments } from './documents.ts';
import type { PlannedUpload } from './inventory.ts';
import { iso } from './issue-certificate.ts';
import type { DeletionParts } from './parts.ts';
import { ReferenceCount } from './references.ts';
import { readUser, type UserRow } from './rows.ts';
import {
  describeScope,
  eachAtOnce,
  everything,
  keyOf,
  listsAnything,
  recordAlone,
  referenceOf,
  type SurveyAsk,
  type SurveyCursor,
  type SurveyPage,
  standingAbove,
  survey,
} from './survey.ts';
import { allTargets } from './targets.ts';

/** Requests in flight while each recorded key is asked for uploads of its own. */
const KEYS_AT_ONCE = 16;
/** Tries of a page that fails in passing. */
const TRIES = 2;

type PlannedBackend = PlanContent['backends'][number];

interface Counted {
  readonly backend: PlannedBackend;
  readonly uploads: readonly PlannedUpload[];
}

/**
 * Lists all that is to be removed and freezes it (D5). Nothing is changed but the plan's own row and its entry. A place
 * that does not answer is named, with what is on record of it. Refuses with SOLE_ADMIN, OWN_ACCOUNT, DELETION_EXISTS.
 */
export async function makePlan(
  ground: Ground,
  parts: DeletionParts,
  actor: Extract<Actor, { kind: 'administrator' }>,
  ref: string,
  signal: AbortSignal,
): Promise<string> {
  const { db } = ground.workspace;
  const user = readUser(db, parts.userNoOf(db, ref));
  requireDeletable(db, parts, actor.id, user);
  parts.requireNoConnectionMissing?.(db, user.id);
  await ground.vault.ready();
  const targets = allTargets(parts, db, scopeOf(user));
  const basis = canonical({ ...basisOf(user, targets), salt: Buffer.from(ground.randomBytes(16)).toString('hex') });
  const counted = await Promise.all(targets.map((target) => countTarget(db, parts, user, target, signal)));
  signal.throwIfAborted();

  const id = ground.newId();
  return ground.workspace.transaction((tx) => {
    const now = ground.clock();
    requireDeletable(tx, parts, actor.id, readUser(tx, user.no));
    const content: PlanContent = {
      format: 'quartermaster/deletion-plan',
      version: 1,
      id,
      userId: user.id,
      createdAt: iso(now),
      createdBy: actor.id,
      backends: counted.map(({ backend }) => backend),
    };
    const text = canonical(content);
    const hash = sha256(text);
    const uploads = canonical(counted.flatMap((one) => one.uploads));
    const sequence = ground.audit.append(tx, {
      actor,
      event: 'admin.deletion_planned',
      target: { kind: 'user', id: user.id },
      metadata: {
        planId: id,
        hash,
        standsOn: standsOn({ basis, uploads }),
        backends: content.backends.map((one) => ({
          id: one.id,
          count: one.count,
          bytes: one.bytes,
          reachable: one.reachable,
        })),
      },
    });
    tx.raw
      .prepare(
        `INSERT INTO plans (id, user_id, mail, hash, content, basis, uploads, created_by, created_at, entry_sequence)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(id, user.id, user.mail, hash, text, basis, uploads, actor.id, now, sequence);
    return id;
  });
}

export function scopeOf(user: UserRow): { no: number; id: string; externalId: string | null } {
  return { no: user.no, id: user.id, externalId: user.external_id };
}

/** Refuses with OWN_ACCOUNT, SOLE_ADMIN or DELETION_EXISTS (D11). */
export function requireDeletable(db: Db, parts: DeletionParts, actorId: string, user: UserRow): void {
  if (user.id === actorId)
    throw new Refusal(
      'OWN_ACCOUNT',
      'This is the account that you are signed in with. Another administrator can delete it.',
    );
  parts.requireAnotherActiveOwner(db, user.no);
  const open = db.raw
    .prepare<[string], string>("SELECT id FROM deletions WHERE user_id = ? AND stage NOT IN ('done', 'cancelled')")
    .pluck()
    .get(user.id);
  if (open !== undefined)
    throw new Refusal('DELETION_EXISTS', `A deletion of this user is under way already: ${open}. Follow that one.`, {
      deletionId: open,
    });
}

async function countTarget(
  db: Db,
  parts: DeletionParts,
  user: UserRow,
  target: DeletionTarget,
  signal: AbortSignal,
): Promise<Counted> {
  const shared = target.isCloud ? parts.sharedWith(db, target.sourceId) : [];
  const notes =
    shared.length === 0
      ? []
      : [
          `The same cloud account is connected for ${shared.length === 1 ? 'another user' : `${countText(shared.length)} other users`} (${shared.join(', ')}); ` +
            'only this user’s documents are removed from it, and its grant is not revoked while the other connection lives.',
        ];
  let opened: StorageBackend | null = null;
  try {
    opened = await target.open();
    return await countListed(db, user, target, opened, notes, signal);
  } catch (error) {
    if (isRefusal(error, 'VAULT_LOCKED') || isRefusal(error, 'SEAL_BROKEN')) throw error;
    if (!(error instanceof StorageError) || error.failure === 'aborted') throw error;
    return await countRecorded(db, user, target, [`It could not be reached: ${error.message}`, ...notes]);
  } finally {
    opened?.close();
  }
}

async function countListed(
  db: Db,
  user: UserRow,
  target: DeletionTarget,
  backend: StorageBackend,
  notes: string[],
  signal: AbortSignal,
): Promise<Counted> {
  const scope = await describeScope(backend, target, hasDocuments(db, user.no, target.backendNo), signal);
  const known = db.raw
    .prepare<[number, string], number>('SELECT no FROM documents WHERE backend_no = ? AND key = ?')
    .pluck();
  const listedDocuments = new Set<number>();
  const listedUploads = new Set<string>();
  const references = new ReferenceCount();
  let hiding = 0;
  let leftOver = 0;
  const whyLeftOver = new Set<string>();
  const ask: SurveyAsk = {
    db,
    backend,
    target,
    userNo: user.no,
    scope,
    parts: target.reach === 'owned' ? everything : recordAlone,
    wasListed: (document) => listedDocuments.has(document.no),
    signal,
  };
  await surveyWithTries(ask, ({ part, found, left }) => {
    if (part === 'hiding') hiding += found.length;
    for (const { ref } of found) {
      references.add(ref);
      if (part === 'uploads') listedUploads.add(`${ref.versionId}\n${ref.key}`);
      if (part !== 'listing') continue;
      const no = known.get(target.backendNo, target.recordPrefix + ref.key);
      if (no !== undefined) listedDocuments.add(no);
    }
    for (const { ref, reason } of left) {
      references.add(ref);
      leftOver += 1;
      whyLeftOver.add(reason);
    }
  });
  const uploads = scope.exists && target.reach === 'owned' ? await uploadsByKey(ask, listedUploads) : [];
  for (const upload of uploads) references.add(uploadReference(upload));

  if (hiding > 0 && target.prefix !== null)
    notes.push(
      `An object stands at “${target.prefix.slice(0, -1)}”, the folder’s own name, and hides what is in the folder. It is removed first and the folder listed anew, so there may be more than was counted.`,
    );
  const above = target.reach === 'owned' ? await standingAbove(backend, target, signal) : [];
  if (above.length > 0)
    notes.push(
      `An object stands above the user’s folder, at ${above.map((key) => `“${key}”`).join(', ')}; it is nobody’s to remove here.` +
        ((await listsAnything(ask, signal))
          ? ''
          : ' The listing shows nothing below it, so the run will wait until it is moved.'),
    );
  if (leftOver > 0)
    notes.push(
      `${leftOver === 1 ? 'One recorded document' : `${countText(leftOver)} recorded documents`} will be left over. ${[...whyLeftOver].sort().join(' ')}`,
    );
  const kept = target.reach === 'recorded' ? await countKept(db, backend, target, signal) : 0;
  if (kept === null) notes.push('What else is there could not be counted; it is not touched.');
  if (scope.note !== null) notes.push(scope.note);
  return {
    backend: plannedBackend(user, target, references, {
      reachable: true,
      kept: kept ?? 0,
      finality: scope.finality,
      notes,
    }),
    uploads: uploads.map(({ key, versionId }) => ({ sourceId: target.sourceId, key, uploadId: versionId ?? '' })),
  };
}

function uploadReference(upload: { key: string; versionId: string | null }) {
  return {
    kind: 'upload' as const,
    key: upload.key,
    versionId: upload.versionId,
    size: 0,
    etag: null,
    modifiedAt: null,
  };
}

async function surveyWithTries(ask: SurveyAsk, take: (page: SurveyPage) => void): Promise<void> {
  let cursor: SurveyCursor | null = null;
  for (let failures = 0; ; ) {
    try {
      for await (const page of survey(ask, cursor)) {
        take(page);
        failures = 0;
        cursor = page.next;
        if (cursor === null) return;
      }
      return;
    } catch (error) {
      failures += 1;
      if (!(error instanceof StorageError) || !error.passes || failures >= TRIES) throw error;
    }
  }
}

/**
 * Uploads on recorded keys that no listing shows: MinIO forgets them in listings when it starts, but not by their exact
 * key. Asked for here, once; the run takes what was found from the plan.
 */
async function uploadsByKey(
  { db, backend, target, userNo, signal }: SurveyAsk,
  listed: ReadonlySet<string>,
): Promise<{ key: string; versionId: string | null }[]> {
  if (!backend.uploadsOf) return [];
  const found: { key: string; versionId: string | null }[] = [];
  for (let after = ''; ; ) {
    const documents: RecordedDocument[] = readDocuments(db, userNo, target.backendNo, after);
    const last = documents.at(-1);
    if (!last) return found;
    after = last.key;
    const keys = documents.flatMap((document) => keyOf(document, target) ?? []);
    const each = await eachAtOnce(keys, KEYS_AT_ONCE, (key) => backend.uploadsOf?.(key, signal) ?? Promise.resolve([]));
    for (const { key, versionId } of each.flat())
      if (!listed.has(`${versionId}\n${key}`)) found.push({ key, versionId });
  }
}

/** What of a cloud is not the platform's: counted, kept. Null where it cannot be listed. */
async function countKept(
  db: Db,
  backend: StorageBackend,
  target: DeletionTarget,
  signal: AbortSignal,
): Promise<number | null> {
  const known = db.raw.prepare('SELECT 1 FROM documents WHERE backend_no = ? AND key = ?');
  let kept = 0;
  try {
    for await (const { items } of backend.list({ what: 'objects', signal }))
      for (const { kind, key } of items)
        if (kind === 'object' && known.get(target.backendNo, target.recordPrefix + key) === undefined) kept += 1;
    return kept;
  } catch (error) {
    if (error instanceof StorageError && error.failure !== 'aborted') return null;
    throw error;
  }
}

/** A place that did not answer: what is on record of it. */
async function countRecorded(db: Db, user: UserRow, target: DeletionTarget, notes: string[]): Promise<Counted> {
  const references = new ReferenceCount();
  for (let after = ''; ; ) {
    const documents = readDocuments(db, user.no, target.backendNo, after);
    const last = documents.at(-1);
    if (!last) break;
    after = last.key;
    for (const document of documents) references.add(referenceOf(document, keyOf(document, target) ?? document.key));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    backend: plannedBackend(user, target, references, { reachable: false, kept: 0, finality: 'unknown', notes }),
    uploads: [],
  };
}

function plannedBackend(
  user: UserRow,
  target: DeletionTarget,
  references: ReferenceCount,
  { notes, ...rest }: Pick<PlannedBackend, 'reachable' | 'kept' | 'finality'> & { notes: readonly string[] },
): PlannedBackend {
  return {
    id: target.sourceId,
    kind: target.kind,
    label: withoutMail(target.label, user.mail),
    cloud: target.isCloud,
    reach: target.reach,
    count: references.count,
    bytes: references.bytes,
    kinds: references.kinds,
    references: references.digest(),
    ...rest,
    note: notes.length === 0 ? null : notes.join(' '),
  };
}

/** A label outlives the user on plan and certificate, and a mail address must not (D9). */
function withoutMail(label: string, mail: string): string {
  const at = label.toLowerCase().indexOf(mail.toLowerCase());
  return at < 0 ? label : `${label.slice(0, at)}[mail address]${label.slice(at + mail.length)}`;
}
