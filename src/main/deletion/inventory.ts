import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tx } from '../database/index.ts';
import type { DeletionTarget } from '../storage/index.ts';
import { DOCUMENTS_PER_PAGE, readDocuments } from './documents.ts';
import { growthOf } from './growth.ts';
import { recordLeftovers } from './leftovers.ts';
import { type PhasedRef, phased, phases } from './references.ts';
import { type BackendRow, readPlan } from './rows.ts';
import type { Opened, Run } from './run.ts';
import { inSlices } from './slices.ts';
import {
  everything,
  keyOf,
  listsAnything,
  recordAlone,
  referenceOf,
  type SurveyCursor,
  type SurveyPage,
  standingAbove,
} from './survey.ts';
import { surveyPatiently } from './surveying.ts';
import { Waits } from './trouble.ts';

export function readCursor(row: BackendRow): SurveyCursor | null {
  if (row.cursor === null) return null;
  return JSON.parse(row.cursor) as SurveyCursor; // Written by `saveCursor` alone.
}

export function saveCursor(tx: Tx, backend: number, cursor: SurveyCursor | null): void {
  tx.raw
    .prepare('UPDATE deletion_backends SET cursor = ? WHERE no = ?')
    .run(cursor === null ? null : JSON.stringify(cursor), backend);
}

/**
 * Writes the inventory of a backend: all that is to be removed there, before anything is removed anywhere. Goes on where
 * it was after a crash. Rejects with a `StorageError` when the place cannot be listed.
 */
export async function takeInventory(run: Run, opened: Opened, row: BackendRow): Promise<void> {
  const { list } = run.shop;
  const { scope } = opened;
  if (!scope.exists) return finishInventory(run, opened, row);
  await surveyPatiently(
    run,
    opened,
    row,
    {
      parts: row.reach === 'owned' ? everything : recordAlone,
      from: readCursor(row),
      wasListed: (_document, key) => list.hasObject(run.db, row.no, key),
    },
    (page) => addToList(run, row, page),
  );
  await addUploadsOfPlan(run, row);
  if (row.reach === 'owned') await requireNothingAbove(run, opened, row);
  finishInventory(run, opened, row);
}

/** Puts what a survey found on the work list, and moves the cursor with the last of it. */
export async function addToList(
  run: Run,
  row: BackendRow,
  page: Pick<SurveyPage, 'found' | 'left' | 'next'>,
): Promise<void> {
  const { list } = run.shop;
  let fresh = 0;
  let bytes = 0;
  await inSlices(
    page.found,
    (work) => run.writePart(work),
    (tx, item) => {
      if (!list.add(tx, row.no, item)) return;
      fresh += 1;
      bytes += item.ref.size;
    },
    (tx, { isLast }) => {
      tx.raw
        .prepare('UPDATE deletion_backends SET found = found + ?, found_bytes = found_bytes + ? WHERE no = ?')
        .run(fresh, bytes, row.no);
      fresh = 0;
      bytes = 0;
      if (!isLast) return;
      const left = page.left.map(({ ref, reason }) => ({ ref, reason, retryable: false, retainedUntil: null }));
      const known = recordLeftovers(run, tx, row, left);
      if (known > 0) tx.raw.prepare('UPDATE deletion_backends SET found = found + ? WHERE no = ?').run(known, row.no);
      saveCursor(tx, row.no, page.next);
    },
  );
  run.shop.changed(run.id);
}

/** Uploads that the plan found by their exact key alone: after a restart of MinIO no listing shows them again. */
async function addUploadsOfPlan(run: Run, row: BackendRow): Promise<void> {
  const uploads = readUploads(readPlan(run.db, run.row().plan_id).uploads, row.source_id);
  if (uploads.length > 0) await addToList(run, row, { found: uploads, left: [], next: null });
}

export interface PlannedUpload {
  readonly sourceId: string;
  readonly key: string;
  readonly uploadId: string;
}

function readUploads(json: string, sourceId: string): PhasedRef[] {
  const all = JSON.parse(json) as PlannedUpload[]; // Written by the plan alone.
  return all
    .filter((upload) => upload.sourceId === sourceId)
    .map(({ key, uploadId }) =>
      phased({ kind: 'upload', key, versionId: uploadId, size: 0, etag: null, modifiedAt: null }),
    );
}

/**
 * An empty listing proves nothing while an object stands higher up, and that one is nobody's to remove (D8). Where a
 * listing showed something while it stood there, it hides nothing on this server.
 */
export async function requireNothingAbove(run: Run, opened: Opened, row: BackendRow): Promise<void> {
  if (!opened.scope.exists || run.shop.list.firstPhase(run.db, row.no) === phases.hiding) return;
  const standing = await standingAbove(opened.backend, opened.target, run.signal);
  if (standing.length === 0) return;
  const harmless = new Set(JSON.parse(run.backend(row.no).not_hiding) as string[]); // Written here alone.
  if (await listsAnything(opened, run.signal)) {
    const known = JSON.stringify([...new Set([...harmless, ...standing])].sort());
    run.write((tx) => tx.raw.prepare('UPDATE deletion_backends SET not_hiding = ? WHERE no = ?').run(known, row.no));
    return;
  }
  const above = standing.filter((key) => !harmless.has(key));
  if (above.length === 0) return;
  const names = above.map((key) => `“${key}”`).join(', ');
  const message =
    `In ${row.label} an object stands at ${names}. The server then shows nothing of what lies below it, and it is not this user’s. ` +
    'Move or remove it, and the deletion goes on; or go on without knowing what is below.';
  if (run.row().when_down !== 'best_effort') throw new Waits('hidden', row.source_id, message);
  const problem = `An object at ${names} hides what lies below it; what is not on record there could not be seen.`;
  run.write((tx) => tx.raw.prepare('UPDATE deletion_backends SET problem = ? WHERE no = ?').run(problem, row.no));
}

function finishInventory(run: Run, opened: Opened, row: BackendRow): void {
  const hides = run.shop.list.firstPhase(run.db, row.no) === phases.hiding;
  const { finality, note } = opened.scope;
  run.write((tx) => {
    saveCursor(tx, row.no, null);
    tx.raw
      .prepare(
        "UPDATE deletion_backends SET inventory_done = 1, list_anew = ?, finality = ?, note = ?, state = 'due' WHERE no = ?",
      )
      .run(hides ? 1 : 0, finality, note, row.no);
  });
  run.shop.changed(run.id);
}

/** Documents on record in a place that could not be listed: what is known of it. */
export async function takeInventoryFromRecord(run: Run, row: BackendRow, target: DeletionTarget | null): Promise<void> {
  const userNo = run.userNo();
  for (let after = ''; ; ) {
    const documents = readDocuments(run.db, userNo, row.backend_no, after);
    const found = documents.flatMap((document) => {
      const key = (target && keyOf(document, target)) ?? document.key;
      return run.shop.list.hasObject(run.db, row.no, key) ? [] : [phased(referenceOf(document, key))];
    });
    await addToList(run, row, { found, left: [], next: null });
    const last = documents.at(-1);
    if (!last || documents.length < DOCUMENTS_PER_PAGE) return;
    after = last.key;
    await nextTurn();
  }
}

/** Asks when there is much more than was planned (D5): over a tenth and over a hundred, in one place or in all. */
export function requireNoGrowth(run: Run): void {
  const growth = growthOf(run.backends());
  if (growth) throw new Waits('growth', growth.backendId, growth.message);
}
