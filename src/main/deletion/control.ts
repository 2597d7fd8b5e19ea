import type { AuditEvent } from '../audit/index.ts';
import type { Tx } from '../database/index.ts';
import type { Actor } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { renewSeal } from '../vault/index.ts';
import { hasBegunToRemove, requireAsOrdered } from './as-ordered.ts';
import { PlanContent } from './certificate.ts';
import type { Motor } from './motor.ts';
import { type DeletionRow, readDeletion, readPlan, type WhenDown } from './rows.ts';
import { clearWaiting, recordEntry, type Shop } from './run.ts';
import { inSlices } from './slices.ts';

type Administrator = Extract<Actor, { kind: 'administrator' }>;

export interface Answers {
  /** What to do about backends that are down, from now on. */
  readonly whenDown: WhenDown | null;
  readonly acceptGrowth: boolean;
  readonly finishReview: boolean;
}

const PAUSABLE = ['closing', 'clouds', 'store', 'verifying', 'review', 'revoking'];

function record(
  shop: Shop,
  tx: Tx,
  actor: Administrator,
  event: AuditEvent,
  id: string,
  metadata: Record<string, unknown>,
): void {
  recordEntry(tx, id, shop.ground.audit.append(tx, { actor, event, target: { kind: 'deletion', id }, metadata }));
}

function wrongState({ stage, paused, waiting_reason }: DeletionRow, sentence: string): Refusal {
  const state =
    stage === 'done' || stage === 'cancelled'
      ? stage
      : paused === 1
        ? 'paused'
        : waiting_reason !== null
          ? 'waiting'
          : stage;
  return new Refusal('WRONG_STATE', sentence, { state });
}

/** Stops after what is in flight. Refuses with WRONG_STATE when it is paused, ended, or in its last steps. */
export async function pause(shop: Shop, motor: Motor, actor: Administrator, id: string): Promise<void> {
  shop.ground.workspace.transaction((tx) => {
    const row = readDeletion(tx, id);
    if (row.paused === 1) throw wrongState(row, 'The deletion is paused already.');
    if (!PAUSABLE.includes(row.stage))
      throw wrongState(row, `The deletion is ${row.stage}: there is nothing left to pause.`);
    tx.raw.prepare('UPDATE deletions SET paused = 1 WHERE id = ?').run(id);
    record(shop, tx, actor, 'admin.deletion_paused', id, { stage: row.stage });
  });
  shop.changed(id);
  await motor.stop(id);
}

/** Goes on after a pause and answers what it waits for. Refuses with WRONG_STATE where that is not an answer. */
export function resume(shop: Shop, motor: Motor, actor: Administrator, id: string, answers: Answers): void {
  shop.ground.workspace.transaction((tx) => {
    const row = readDeletion(tx, id);
    if (row.stage === 'done' || row.stage === 'cancelled') throw wrongState(row, `The deletion is ${row.stage}.`);
    if (row.paused === 0 && row.waiting_reason === null && !motor.stall(id) && answers.whenDown === null)
      throw wrongState(row, 'The deletion is running: there is nothing to answer.');
    if (row.waiting_reason === 'growth' && !answers.acceptGrowth)
      throw wrongState(row, `It waits for a decision about what it found. ${row.waiting_message ?? ''}`);
    const isInReview = row.stage === 'review' && row.waiting_reason === 'review';
    if (isInReview && !answers.finishReview)
      throw wrongState(row, `It waits for the review to be finished. ${row.waiting_message ?? ''}`);
    answer(tx, row, answers);
    clearWaiting(tx, id);
    tx.raw.prepare('UPDATE deletions SET paused = 0 WHERE id = ?').run(id);
    record(shop, tx, actor, 'admin.deletion_resumed', id, {
      ...(answers.whenDown === null ? {} : { whenDown: answers.whenDown }),
      ...(answers.acceptGrowth ? { acceptGrowth: true } : {}),
      ...(answers.finishReview ? { finishReview: true } : {}),
    });
  });
  motor.forgive(id);
  shop.changed(id);
  motor.kick();
}

function answer(tx: Tx, row: DeletionRow, { whenDown, acceptGrowth, finishReview }: Answers): void {
  if (whenDown !== null) tx.raw.prepare('UPDATE deletions SET when_down = ? WHERE id = ?').run(whenDown, row.id);
  if (whenDown === 'without_unreachable') {
    const { backends } = PlanContent.parse(JSON.parse(readPlan(tx, row.plan_id).content));
    const without = [...backends.filter(({ reachable }) => !reachable).map(({ id }) => id), row.waiting_backend];
    const skip = tx.raw.prepare('UPDATE deletion_backends SET may_skip = 1 WHERE deletion_id = ? AND source_id = ?');
    for (const id of without) if (id !== null) skip.run(row.id, id);
  }
  if (acceptGrowth) tx.raw.prepare('UPDATE deletion_backends SET accepted = found WHERE deletion_id = ?').run(row.id);
  if (finishReview) tx.raw.prepare('UPDATE deletions SET review_finished = 1 WHERE id = ?').run(row.id);
}

/** Calls the deletion off, and the account gets back the state that it had. Refuses with WRONG_STATE once anything may be gone. */
export async function cancel(shop: Shop, motor: Motor, actor: Administrator, id: string): Promise<void> {
  const { workspace, vault: vaultDoor } = shop.ground;
  const vault = await vaultDoor.ready();
  workspace.transaction((tx) => {
    const row = readDeletion(tx, id);
    if (row.stage === 'done' || row.stage === 'cancelled') throw wrongState(row, `The deletion is ${row.stage}.`);
    if (row.first_removal_at !== null || !['closing', 'clouds', 'store', 'verifying'].includes(row.stage))
      throw wrongState(row, 'Removal has begun, so the deletion can no longer be called off. It can be paused.');
    requireAsOrdered(tx, row);
    if (hasBegunToRemove(tx, id))
      throw wrongState(row, 'Removal has begun, so the deletion can no longer be called off. It can be paused.');
    if (row.user_no === null) throw new Error('the user of this deletion is gone');
    tx.raw
      .prepare('UPDATE users SET status = ?, version = version + 1 WHERE no = ?')
      .run(row.status_before, row.user_no);
    tx.raw
      .prepare(
        `UPDATE deletions SET stage = 'cancelled', ended_at = ?, paused = 0, mail = NULL, external_id = NULL, waiting_reason = NULL,
           waiting_backend = NULL, waiting_since = NULL, waiting_message = NULL, next_try_at = NULL WHERE id = ?`,
      )
      .run(shop.ground.clock(), id);
    recordEntry(
      tx,
      id,
      shop.ground.audit.append(tx, {
        actor,
        event: 'admin.deletion_cancelled',
        target: { kind: 'deletion', id },
        metadata: { userId: row.user_id, status: row.status_before },
        sealed: renewSeal(tx, vault, 'users', row.user_id),
      }),
    );
  });
  shop.changed(id);
  await motor.stop(id);
  await clearCancelled(shop);
}

/** Takes the work lists of deletions that were called off away, also those that a crash left. */
export async function clearCancelled({ ground: { workspace } }: Shop): Promise<void> {
  const backends = workspace.db.raw
    .prepare<[], number>(
      `SELECT b.no FROM deletions AS d JOIN deletion_backends AS b ON b.deletion_id = d.id
       WHERE d.stage = 'cancelled' AND EXISTS (SELECT 1 FROM deletion_items WHERE backend = b.no)`,
    )
    .pluck()
    .all();
  const next = workspace.db.raw.prepare<[number], { phase: number; key: string; version_id: string; kind: string }>(
    'SELECT phase, key, version_id, kind FROM deletion_items WHERE backend = ? LIMIT 1000',
  );
  const drop = workspace.db.raw.prepare(
    'DELETE FROM deletion_items WHERE backend = ? AND phase = ? AND key = ? AND version_id = ? AND kind = ?',
  );
  for (const backend of backends)
    for (let rows = next.all(backend); rows.length > 0; rows = next.all(backend))
      await inSlices(
        rows,
        (work) => workspace.transaction(work),
        (_tx, { phase, key, version_id, kind }) => drop.run(backend, phase, key, version_id, kind),
        () => {},
      );
  workspace.transaction((tx) =>
    tx.raw.prepare("UPDATE deletions SET user_no = NULL WHERE stage = 'cancelled' AND user_no IS NOT NULL").run(),
  );
}
