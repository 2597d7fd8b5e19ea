import type { Tx } from '../database/index.ts';
import type { ObjectRef } from '../storage/index.ts';
import { DOCUMENTS_PER_PAGE, readDocuments } from './documents.ts';
import { addToList, readCursor, requireNoGrowth, requireNothingAbove, saveCursor } from './inventory.ts';
import { type LeftOver, recordLeftovers } from './leftovers.ts';
import { type PhasedRef, phased, phases } from './references.ts';
import { removeItems } from './removal.ts';
import type { BackendRow } from './rows.ts';
import type { Opened, Run } from './run.ts';
import { inSlices } from './slices.ts';
import { eachAtOnce, keyOf, OUTSIDE, referenceOf, whatListingShows } from './survey.ts';
import { patiently, surveyPatiently } from './surveying.ts';
import { type Item, listStart, placeOf } from './work-list.ts';

/** What is new or still stands is removed again, so many times at most; then it is a leftover (D8). */
const ROUNDS = 3;
/** What shows only because something that hid it was removed a moment ago gets more rounds, but not without end. */
const ROUNDS_OF_REVEALING = 30;
const NEVER_ASKED = 'It is on record and was never asked for: it did not stand on the list of what to remove.';
/** Single requests in flight where each object is asked for by its name. */
const KEYS_AT_ONCE = { s3: 8, webdav: 2, folder: 4 } as const;

/**
 * Removes what is on the list, and looks again until nothing of the user stands there: at most three times more. Goes on
 * where it was after a crash. Ends with the backend verified, and what still stands written down as leftovers.
 */
export async function removeAndLookAgain(run: Run, opened: Opened, row: BackendRow): Promise<void> {
  while (run.backend(row.no).verified_at === null) {
    if (run.backend(row.no).cursor === null) await removeItems(run, opened, row);
    await lookAgain(run, opened, run.backend(row.no));
    requireNoGrowth(run);
  }
}

/** One look at what is there now, and what stands is put on the list again, or left over in the last round. */
async function lookAgain(run: Run, opened: Opened, row: BackendRow): Promise<void> {
  run.write((tx) =>
    tx.raw.prepare("UPDATE deletion_backends SET state = 'verifying' WHERE no = ? AND state <> 'waiting'").run(row.no),
  );
  const isLast = row.round >= ROUNDS;
  if (row.reach === 'recorded') await askForEach(run, opened, row, isLast);
  else await listAgain(run, opened, row, isLast);
  const isClean = run.shop.list.isEmpty(run.db, row.no);
  if (isClean && row.reach === 'owned') await requireNothingAbove(run, opened, row);
  run.removedSinceLook.set(row.no, new Set());
  const kept = row.reach === 'recorded' && isClean ? await countKept(run, opened, row) : null;
  run.write((tx) => {
    saveCursor(tx, row.no, null);
    tx.raw
      .prepare('UPDATE deletion_backends SET round = round + 1, kept = coalesce(?, kept), verified_at = ? WHERE no = ?')
      .run(kept, isClean ? run.now() : null, row.no);
  });
  run.shop.changed(run.id);
}

async function listAgain(run: Run, opened: Opened, row: BackendRow, isLast: boolean): Promise<void> {
  if (!opened.scope.exists) return;
  const isKnown = run.db.raw.prepare(
    'SELECT 1 FROM leftovers WHERE backend = ? AND kind = ? AND key = ? AND version_id = ?',
  );
  const isLeftOver = ({ kind, key, versionId }: ObjectRef) =>
    isKnown.get(row.no, kind, key, versionId ?? '') !== undefined;
  await surveyPatiently(run, opened, row, { parts: whatListingShows, from: readCursor(row) }, async (page) => {
    const standing = page.found.filter(({ ref }) => !isLeftOver(ref));
    const isTriedAgain = ({ ref }: PhasedRef) =>
      !isLast || (row.round < ROUNDS_OF_REVEALING && wasHidden(run, row, ref));
    takeBackFrom(run, row, standing);
    await leave(
      run,
      row,
      standing.filter((item) => !isTriedAgain(item)).map(({ ref }) => stillStands(ref)),
    );
    await addToList(run, row, { ...page, found: standing.filter(isTriedAgain) });
  });
}

/**
 * What stands there although the server said that it removed it was not removed, and is not found a second time. Known only
 * within the process that was told so, and of so many objects.
 */
function takeBackFrom(run: Run, row: BackendRow, standing: readonly PhasedRef[]): void {
  const untrue = standing.filter(({ ref }) => run.forgetRemoved(row, ref));
  if (untrue.length === 0) return;
  run.write((tx) => {
    takeBack(tx, row, untrue);
    tx.raw.prepare('UPDATE deletion_backends SET found = found - ? WHERE no = ?').run(untrue.length, row.no);
  });
}

/** Whether an object that hid this one from every listing was removed since the last look (D8). */
function wasHidden(run: Run, row: BackendRow, ref: ObjectRef): boolean {
  const removed = run.removedSinceLook.get(row.no);
  if (!removed || removed.size === 0) return false;
  for (let at = ref.key.lastIndexOf('/'); at > 0; at = ref.key.lastIndexOf('/', at - 1))
    if (removed.has(ref.key.slice(0, at))) return true;
  return false;
}

function stillStands(ref: ObjectRef): LeftOver {
  const reason = `It still stood there after it was removed ${ROUNDS + 1} times: something puts it back, or the server does not do what it says.`;
  return { ref, reason, retryable: true, retainedUntil: null };
}

/** Leftovers that a last look found: they count as found too. */
async function leave(run: Run, row: BackendRow, leftovers: readonly LeftOver[]): Promise<void> {
  if (leftovers.length === 0) return;
  await inSlices(
    leftovers,
    (work) => run.writePart(work),
    () => {},
    (tx, { from, to }) => {
      const fresh = recordLeftovers(run, tx, row, leftovers.slice(from, to));
      tx.raw.prepare('UPDATE deletion_backends SET found = found + ? WHERE no = ?').run(fresh, row.no);
    },
  );
  run.shop.changed(run.id);
}

/** Where only what is recorded is ours: each object that was removed is asked for by its name. */
async function askForEach(run: Run, opened: Opened, row: BackendRow, isLast: boolean): Promise<void> {
  const { list } = run.shop;
  for (let place = listStart; ; ) {
    const items = list.next(run.db, row.no, phases.gone, place, Number.MAX_SAFE_INTEGER, 200);
    const last = items.at(-1);
    if (!last) return;
    place = placeOf(last);
    run.requireGoing();
    await run.requireVault();
    const stands = await patiently(run, row, () =>
      eachAtOnce(items, KEYS_AT_ONCE[row.kind], ({ ref }) => isStanding(opened, ref, run.signal)),
    );
    let again: Item[] = [];
    await inSlices(
      items,
      (work) => run.writePart(work),
      (tx, item, index) => {
        list.drop(tx, row.no, item);
        if (!stands[index]) return;
        again.push(item);
        if (!isLast) list.add(tx, row.no, phased(item.ref));
      },
      (tx) => {
        takeBack(tx, row, again);
        if (isLast)
          recordLeftovers(
            run,
            tx,
            row,
            again.map(({ ref }) => stillStands(ref)),
          );
        again = [];
      },
    );
    run.shop.changed(run.id);
  }
}

/** What still stands was not removed, whatever the server said. */
function takeBack(tx: Tx, row: BackendRow, items: readonly PhasedRef[]): void {
  const bytes = items.reduce((sum, { ref }) => sum + ref.size, 0);
  tx.raw
    .prepare('UPDATE deletion_backends SET removed = removed - ?, removed_bytes = removed_bytes - ? WHERE no = ?')
    .run(items.length, bytes, row.no);
}

async function isStanding({ backend }: Opened, ref: ObjectRef, signal: AbortSignal): Promise<boolean> {
  if (ref.kind === 'version' || ref.kind === 'marker') {
    const standing = (await backend.standingAt?.(ref.key, signal)) ?? [];
    return standing.some(({ versionId }) => versionId === ref.versionId);
  }
  const found = await backend.stat(ref.key, signal);
  // Another object under the same name is the person's own by now.
  return found !== null && (ref.etag === null || found.etag === null || found.etag === ref.etag);
}

/** What of the place is not the platform's, counted once more; null where it cannot be listed. */
async function countKept(run: Run, { backend }: Opened, row: BackendRow): Promise<number | null> {
  let kept = 0;
  try {
    for await (const { items } of backend.list({ what: 'objects', signal: run.signal })) {
      kept += items.filter(({ kind }) => kind === 'object').length;
      run.requireGoing();
    }
  } catch (error) {
    if (run.isStopping) throw error;
    return null;
  }
  return Math.max(0, kept - run.backend(row.no).leftovers);
}

/** Lists the user's folder anew once what hid it is gone, and puts what shows on the list (D8). */
export async function listAnew(run: Run, opened: Opened, row: BackendRow): Promise<void> {
  await surveyPatiently(run, opened, row, { parts: ['listing', 'uploads'], from: readCursor(row) }, (page) =>
    addToList(run, row, page),
  );
  await requireNothingAbove(run, opened, row);
  run.write((tx) =>
    tx.raw.prepare('UPDATE deletion_backends SET list_anew = 0, cursor = NULL WHERE no = ?').run(row.no),
  );
  requireNoGrowth(run);
}

/**
 * What is still on record of a backend whose list is empty. Left over documents are forgotten as documents; the others
 * nobody found there, and they count as absent. A record of another place is left over, since it could not be looked for; so is
 * every one where `wereAllAsked`: each was asked for and forgotten with its answer, so that these never stood on the list.
 */
export async function forgetTheRest(run: Run, row: BackendRow, wereAllAsked = false): Promise<void> {
  const userNo = run.userNo();
  const target = run.targetOf(row);
  const forget = run.db.raw.prepare('DELETE FROM documents WHERE no = ?');
  const isLeftOver = run.db.raw.prepare(
    "SELECT 1 FROM leftovers WHERE backend = ? AND kind IN ('object', 'version') AND key = ? LIMIT 1",
  );
  for (;;) {
    const documents = readDocuments(run.db, userNo, row.backend_no, '');
    if (documents.length === 0) return;
    let absent = 0;
    let elsewhere: LeftOver[] = [];
    await inSlices(
      documents,
      (work) => run.writePart(work),
      (_tx, document) => {
        forget.run(document.no);
        const key = target === null ? document.key : keyOf(document, target);
        if (isLeftOver.get(row.no, key ?? document.key)) return;
        if (key !== null && !wereAllAsked) absent += 1;
        else
          elsewhere.push({
            ref: referenceOf(document, key ?? document.key),
            reason: key === null ? OUTSIDE : NEVER_ASKED,
            retryable: key !== null,
            retainedUntil: null,
          });
      },
      (tx) => {
        const left = recordLeftovers(run, tx, row, elsewhere);
        tx.raw
          .prepare('UPDATE deletion_backends SET absent = absent + ?, found = found + ? WHERE no = ?')
          .run(absent, absent + left, row.no);
        absent = 0;
        elsewhere = [];
      },
    );
    if (documents.length < DOCUMENTS_PER_PAGE) return;
  }
}
