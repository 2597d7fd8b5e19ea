import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { renewSeal, requireSeal } from '../vault/index.ts';
import { requireAsFrozen, scopeMark } from './as-ordered.ts';
import { type Basis, basisOf, changesSince } from './basis.ts';
import { PlanContent } from './certificate.ts';
import type { DeletionParts } from './parts.ts';
import { requireDeletable, scopeOf } from './plan.ts';
import { type PlanRow, readPlan, readUser, type UserRow, type WhenDown } from './rows.ts';
import { recordEntry } from './run.ts';
import { subjectOf } from './subject.ts';
import { allTargets } from './targets.ts';

export interface StartInput {
  readonly planId: string;
  /** The user's mail address, as it was typed. */
  readonly confirm: string;
  readonly whenDown: WhenDown;
  readonly review: boolean;
}

/**
 * Confirms a plan and begins the deletion: the account is closed in the same transaction, and its sessions end. Refuses
 * with CONFIRMATION_MISMATCH, PLAN_OUTDATED, PLAN_USED, SOLE_ADMIN, OWN_ACCOUNT, DELETION_EXISTS, LOG_TAMPERED.
 */
export async function begin(
  ground: Ground,
  parts: DeletionParts,
  actor: Extract<Actor, { kind: 'administrator' }>,
  input: StartInput,
): Promise<string> {
  const { workspace, audit } = ground;
  await ground.vault.ready();
  await audit.check();
  audit.requireIntact();
  await audit.checkpoint();
  const vault = await ground.vault.ready();
  const id = ground.newId();
  workspace.transaction((tx) => {
    const plan = readPlan(tx, input.planId);
    const user = requireUsable(ground, parts, plan, input.confirm);
    requireDeletable(tx, parts, actor.id, user);
    requireSeal(tx, vault, audit, 'users', user.id);
    const now = ground.clock();
    const subjectKey = Buffer.from(ground.randomBytes(32)).toString('hex');
    tx.raw
      .prepare(
        `INSERT INTO deletions (id, plan_id, user_id, user_no, mail, external_id, subject_key, subject, stage, when_down, review,
           status_before, ordered_by, started_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'closing', ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        plan.id,
        user.id,
        user.no,
        user.mail,
        user.external_id,
        subjectKey,
        subjectOf(subjectKey, user.mail_key),
        input.whenDown,
        input.review ? 1 : 0,
        user.status,
        actor.id,
        now,
      );
    insertBackends(ground, parts, id, plan, user, input.whenDown);
    parts.endSessions(tx, user.no, actor);
    tx.raw.prepare("UPDATE users SET status = 'deleting', version = version + 1 WHERE no = ?").run(user.no);
    recordEntry(tx, id, plan.entry_sequence);
    recordEntry(
      tx,
      id,
      audit.append(tx, {
        actor,
        event: 'admin.deletion_started',
        target: { kind: 'deletion', id },
        metadata: {
          userId: user.id,
          planId: plan.id,
          planHash: plan.hash,
          whenDown: input.whenDown,
          review: input.review,
          statusBefore: user.status,
          // Whose documents it may touch, readable by nobody: the row is held against it before each use.
          scope: scopeMark(subjectKey, user.id, user.external_id),
        },
        sealed: renewSeal(tx, vault, 'users', user.id),
      }),
    );
    recordEntry(
      tx,
      id,
      audit.append(tx, {
        actor: { kind: 'console', onBehalfOf: actor.id, origin: ground.origin },
        event: 'deletion.stage_reached',
        target: { kind: 'deletion', id },
        metadata: { stage: 'closing' },
      }),
    );
  });
  return id;
}

function requireUsable(ground: Ground, parts: DeletionParts, plan: PlanRow, confirm: string): UserRow {
  const { db } = ground.workspace;
  const used = db.raw.prepare<[string], string>('SELECT id FROM deletions WHERE plan_id = ?').pluck().get(plan.id);
  if (used !== undefined)
    throw new Refusal(
      'PLAN_USED',
      'This plan was used already: every deletion needs a plan of its own. Make a new one.',
      { deletionId: used },
    );
  const no = db.raw.prepare<[string], number>('SELECT no FROM users WHERE id = ?').pluck().get(plan.user_id);
  if (no === undefined)
    throw new Refusal('PLAN_OUTDATED', 'The user of this plan is not there any more.', {
      changed: ['the user is gone'],
    });
  requireAsFrozen(db, plan);
  const user = readUser(db, no);
  const before = JSON.parse(plan.basis) as Basis; // Written by the plan alone.
  const changed = changesSince(before, basisOf(user, allTargets(parts, db, scopeOf(user))));
  if (changed.length > 0)
    throw new Refusal(
      'PLAN_OUTDATED',
      `The plan is outdated, since something changed after it was made: ${changed.join(', ')}. Make a new one.`,
      { changed },
    );
  if (parts.mailKeyOf(confirm) !== user.mail_key)
    throw new Refusal(
      'CONFIRMATION_MISMATCH',
      'What was typed is not the mail address of the user of this plan. Nothing was begun.',
    );
  return user;
}

/** The backends as the plan froze them, each with the number that the database knows it by. */
function insertBackends(
  ground: Ground,
  parts: DeletionParts,
  deletionId: string,
  plan: PlanRow,
  user: UserRow,
  whenDown: WhenDown,
): void {
  const { db } = ground.workspace;
  const targets = allTargets(parts, db, scopeOf(user));
  const insert = db.raw.prepare(
    `INSERT INTO deletion_backends (deletion_id, source_id, backend_no, position, kind, label, is_cloud, reach, state, finality, note,
       may_skip, planned, planned_bytes, kept)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'due', ?, ?, ?, ?, ?, ?)`,
  );
  const { backends } = PlanContent.parse(JSON.parse(plan.content));
  backends.forEach((planned, position) => {
    const target = targets.find(({ sourceId }) => sourceId === planned.id);
    if (!target) throw new Error('a place of the plan is gone'); // The basis was compared just before.
    const maySkip = whenDown === 'without_unreachable' && !planned.reachable;
    insert.run(
      deletionId,
      planned.id,
      target.backendNo,
      position,
      planned.kind,
      planned.label,
      planned.cloud ? 1 : 0,
      planned.reach,
      planned.finality,
      planned.note,
      maySkip ? 1 : 0,
      planned.count,
      planned.bytes,
      planned.kept,
    );
  });
}
