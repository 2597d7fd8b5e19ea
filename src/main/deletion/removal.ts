import type { Statement } from 'better-sqlite3';
import type { Tx } from '../database/index.ts';
import { type RemovalOutcome, StorageError } from '../storage/index.ts';
import { hasDocuments } from './documents.ts';
import { type LeftOver, recordLeftovers } from './leftovers.ts';
import { phases } from './references.ts';
import type { BackendRow } from './rows.ts';
import type { Opened, Run } from './run.ts';
import { inSlices } from './slices.ts';
import { liesWithin, OUTSIDE } from './survey.ts';
import { pauseAfterFailure } from './surveying.ts';
import { Stopped } from './trouble.ts';
import { type Item, listStart, placeOf } from './work-list.ts';

/** References asked for at once. Where each is a request of its own, a smaller page lets a pause come sooner. */
const PAGE = { s3: 1_000, webdav: 50, folder: 200 } as const;
/** Pages in flight: where it begins, and at most. A WebDAV server is asked for one thing after the other. */
const LANES = { s3: { first: 4, most: 8 }, webdav: { first: 1, most: 1 }, folder: { first: 1, most: 1 } } as const;

/**
 * Removes what is on a backend's work list, in its phases: a phase begins when the one before is empty. Every reference
 * ends as removed, absent, or a leftover. Rejects with a `StorageError` when the backend is down, and then nothing of the
 * list is lost. `upTo`: only the phases up to that one.
 */
export async function removeItems(
  run: Run,
  opened: Opened,
  row: BackendRow,
  upTo: number = phases.folders,
): Promise<void> {
  for (;;) {
    const phase = run.shop.list.firstPhase(run.db, row.no);
    if (phase === null || phase > upTo) return;
    passPointOfNoReturn(run, row);
    await new PhaseRemoval(run, opened, row, phase).toItsEnd();
  }
}

/** Before the first request that removes anything. From here on the deletion cannot be called off. */
function passPointOfNoReturn(run: Run, row: BackendRow): void {
  const { first_removal_at } = run.backend(row.no);
  if (first_removal_at !== null) return;
  run.write((tx) => {
    if (run.row().paused === 1) throw new Stopped();
    const now = run.now();
    tx.raw
      .prepare('UPDATE deletions SET first_removal_at = coalesce(first_removal_at, ?) WHERE id = ?')
      .run(now, run.id);
    tx.raw
      .prepare("UPDATE deletion_backends SET first_removal_at = ?, state = 'running' WHERE no = ?")
      .run(now, row.no);
    run.record(tx, 'deletion.removal_began', { backendId: row.source_id });
  });
  run.shop.changed(run.id);
}

class PhaseRemoval {
  readonly #run: Run;
  readonly #opened: Opened;
  readonly #row: BackendRow;
  readonly #phase: number;
  readonly #mostLanes: number;
  #lanes: number;
  #failuresInRow = 0;
  /** Counts failures: one that a page met which was already on its way at the failure before is the same failure. */
  #failureNo = 0;
  #pause: Promise<void> | null = null;
  #trouble: { readonly error: unknown } | null = null;
  /** Forgets a document of the user; null where none is on record in this place. */
  readonly #forget: Statement<[number, string, number]> | null;
  readonly #userNo: number;

  constructor(run: Run, opened: Opened, row: BackendRow, phase: number) {
    this.#run = run;
    this.#opened = opened;
    this.#row = row;
    this.#phase = phase;
    this.#lanes = LANES[row.kind].first;
    this.#mostLanes = LANES[row.kind].most;
    this.#userNo = run.userNo();
    this.#forget = hasDocuments(run.db, this.#userNo, row.backend_no)
      ? run.db.raw.prepare('DELETE FROM documents WHERE backend_no = ? AND key = ? AND user_no = ?')
      : null;
  }

  async toItsEnd(): Promise<void> {
    const { list } = this.#run.shop;
    for (;;) {
      const due = list.nextDue(this.#run.db, this.#row.no, this.#phase);
      if (due === null) return;
      await this.#run.sleep(due - this.#run.now());
      this.#run.requireGoing();
      await this.#sweep();
      if (this.#trouble) throw this.#trouble.error;
      this.#run.requireGoing();
    }
  }

  /** Goes through the list once, several pages in flight. What failed in passing stays on the list for the next time. */
  async #sweep(): Promise<void> {
    const { list } = this.#run.shop;
    const inFlight = new Set<Promise<void>>();
    const now = this.#run.now();
    // What an earlier sweep, or an earlier process, was not answered for is asked for again now.
    this.#run.writePart((tx) =>
      tx.raw.prepare('UPDATE deletion_backends SET unanswered = 0 WHERE no = ? AND unanswered > 0').run(this.#row.no),
    );
    let place = listStart;
    let isExhausted = false;
    while (!isExhausted || inFlight.size > 0) {
      while (!isExhausted && inFlight.size < this.#lanes) {
        const items =
          this.#trouble || this.#run.isStopping
            ? []
            : list.next(this.#run.db, this.#row.no, this.#phase, place, now, PAGE[this.#row.kind]);
        const last = items.at(-1);
        if (!last) {
          isExhausted = true;
          break;
        }
        place = placeOf(last);
        const page = this.#removePage(items)
          .catch((error: unknown) => {
            this.#trouble ??= { error };
          })
          .finally(() => inFlight.delete(page));
        inFlight.add(page);
      }
      if (inFlight.size > 0) await Promise.race(inFlight);
    }
  }

  async #removePage(items: readonly Item[]): Promise<void> {
    await this.#pause;
    if (this.#trouble || this.#run.isStopping) return;
    const failureNo = this.#failureNo;
    try {
      await this.#run.requireVault();
      this.#askFor(items.length);
      this.#run.step('before_call');
      const outcomes = await this.#ask(items);
      this.#run.step('after_call');
      const down = await this.#downBehind(outcomes);
      this.#run.goesOn(this.#row);
      await this.#commit(items, outcomes, down !== null);
      this.#run.step('after_commit');
      if (down) throw down;
      this.#run.moves();
      this.#failuresInRow = 0;
      this.#lanes = Math.min(this.#mostLanes, this.#lanes + 1);
    } catch (error) {
      if (!(error instanceof StorageError) || !error.passes) throw error;
      if (failureNo === this.#failureNo) this.#pause = this.#failed(error);
      await this.#pause;
    }
  }

  /** Written down before the call, so that a process that dies, or a server that falls silent, leaves no doubt unsaid. */
  #askFor(count: number): void {
    this.#run.writePart((tx) =>
      tx.raw.prepare('UPDATE deletion_backends SET unanswered = unanswered + ? WHERE no = ?').run(count, this.#row.no),
    );
  }

  /** What lies outside the user's own folder is not even asked for. */
  async #ask(items: readonly Item[]): Promise<RemovalOutcome[]> {
    const { backend, target } = this.#opened;
    const isInside = ({ ref }: Item) => liesWithin(target, ref.key);
    const inside = items.filter(isInside);
    const answers =
      inside.length === 0
        ? []
        : await backend.remove(
            inside.map(({ ref }) => ref),
            this.#run.signal,
          );
    if (answers.length !== inside.length)
      throw new StorageError('invalid_answer', 'The backend did not answer for every object.');
    let next = 0;
    return items.map((item) => {
      const answer = isInside(item) ? answers[next++] : undefined;
      return answer ?? { outcome: 'changed', reason: OUTSIDE };
    });
  }

  /** Objects that failed in passing are not to blame when the whole backend is down: asks it. */
  async #downBehind(outcomes: readonly RemovalOutcome[]): Promise<StorageError | null> {
    if (!outcomes.some((one) => one.outcome === 'failed' && one.retryable)) return null;
    try {
      const { ok, state, message } = await this.#opened.backend.check(this.#run.signal);
      if (ok) return null;
      return new StorageError(state === 'reauthorise' ? 'reauthorise' : 'backend', message);
    } catch (error) {
      if (error instanceof StorageError) return error;
      throw error;
    }
  }

  async #failed(error: StorageError): Promise<void> {
    this.#failureNo += 1;
    this.#failuresInRow += 1;
    this.#lanes = Math.max(1, Math.floor(this.#lanes / 2));
    await pauseAfterFailure(this.#run, this.#row, this.#failuresInRow, error);
  }

  /** Writes down what became of a page: what is gone leaves the list, with its document; the rest waits or is left over. */
  async #commit(items: readonly Item[], outcomes: readonly RemovalOutcome[], isDown: boolean): Promise<void> {
    const { no } = this.#row;
    let tally = emptyTally();
    await inSlices(
      items,
      (work) => this.#run.writePart(work),
      (tx, item, index) => this.#settle(tx, tally, item, outcomes[index] as RemovalOutcome, isDown), // One for each item: checked above.
      (tx) => {
        tx.raw
          .prepare(
            `UPDATE deletion_backends SET removed = removed + ?, removed_bytes = removed_bytes + ?, absent = absent + ?,
               unanswered = max(0, unanswered - ?), last_removal_at = ? WHERE no = ?`,
          )
          .run(tally.removed, tally.bytes, tally.absent, tally.answered, this.#run.now(), no);
        recordLeftovers(this.#run, tx, this.#row, tally.leftovers);
        tally = emptyTally();
      },
    );
    this.#run.shop.changed(this.#run.id);
  }

  #settle(tx: Tx, tally: Tally, item: Item, outcome: RemovalOutcome, isDown: boolean): void {
    const { list, patience } = this.#run.shop;
    const { no } = this.#row;
    tally.answered += 1;
    const leave = (reason: string, retryable: boolean, retainedUntil: number | null = null): void => {
      tally.leftovers.push({ ref: item.ref, reason, retryable, retainedUntil });
      list.drop(tx, no, item);
    };
    switch (outcome.outcome) {
      case 'removed':
        tally.removed += 1;
        tally.bytes += item.ref.size;
        this.#run.removedSinceLook.get(no)?.add(item.ref.key);
        if (this.#row.reach === 'owned') this.#run.rememberRemoved(this.#row, item.ref);
        // Where only what is recorded is ours, no listing shows that it is gone: it is asked for by its name later.
        if (this.#row.reach === 'recorded' && item.ref.kind !== 'upload') list.move(tx, no, item, phases.gone);
        else list.drop(tx, no, item);
        break;
      case 'absent':
        tally.absent += 1;
        list.drop(tx, no, item);
        break;
      case 'retained':
        leave(outcome.reason, true, outcome.until);
        break;
      case 'changed':
        leave(outcome.reason, false);
        break;
      case 'failed':
        if (outcome.retryable && isDown) return;
        if (outcome.retryable && item.attempts + 1 < patience.objectTries) {
          const backoff = patience.objectBackoffMs[item.attempts] ?? patience.objectBackoffMs.at(-1) ?? 0;
          list.putOff(tx, no, item, this.#run.now() + backoff);
          return;
        }
        // Also where trying again at once is useless: somebody may give the right that is missing.
        leave(outcome.reason, true);
        break;
    }
    // A document's record goes when nothing of its key is on the list any more.
    const { key } = item.ref;
    if (this.#forget && !list.hasObject(tx, no, key))
      this.#forget.run(this.#row.backend_no, this.#opened.target.recordPrefix + key, this.#userNo);
  }
}

interface Tally {
  answered: number;
  removed: number;
  bytes: number;
  absent: number;
  readonly leftovers: LeftOver[];
}

function emptyTally(): Tally {
  return { answered: 0, removed: 0, bytes: 0, absent: 0, leftovers: [] };
}
