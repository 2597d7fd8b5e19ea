import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { countText, plural } from '../../../contract/figures.ts';
import type { IndexRun } from '../../../contract/storage.ts';
import type { Actor, Ground } from '../../ground.ts';
import { isRefusal, Refusal } from '../../refusal.ts';
import { StorageError } from '../port.ts';
import { laterDurable } from './later-durable.ts';
import { Merge } from './merge.ts';
import {
  type Counters,
  endRun,
  findRun,
  insertRun,
  listRuns,
  newestRunOf,
  type RunRow,
  readCursor,
  runAnswer,
  runningRuns,
} from './run-rows.ts';
import type { IndexSource, Showed } from './source.ts';

/** A failed run is gone on from for so long; after it, everything is compared again. */
const GO_ON_WITHIN_MS = 3_600_000;
/** At most ten looks a second. */
const WATCH_EVERY_MS = 100;
/** Quota rows whose time of counting is set in one transaction. */
const USERS_PER_TRANSACTION = 2000;

export interface Indexing {
  /** Starts a run in the background. Refuses with IN_USE while one of the same place is running. Closes the source. */
  start(actor: Actor, source: IndexSource, isOwnStore: boolean): IndexRun;
  /** The run now and after each change, ten a second at most; ends with the run. */
  watch(runId: string, signal: AbortSignal | undefined): AsyncGenerator<IndexRun, void, void>;
  cancel(actor: Actor, runId: string): Promise<IndexRun>;
  list(limit: number): IndexRun[];
  isRunning(backendNo: number): boolean;
  /** Stops every run where it can be gone on from. */
  close(): Promise<void>;
}

interface Live {
  readonly backendNo: number;
  readonly merge: Merge;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  /** Set before the stop: why it stops. */
  reason: 'cancelled' | 'closing' | null;
}

export function openIndexing(ground: Ground): Indexing {
  const { workspace, audit, clock } = ground;
  const live = new Map<string, Live>();
  markDead(ground);

  const run = async (
    runId: string,
    actor: Actor,
    source: IndexSource,
    isOwnStore: boolean,
    merge: Merge,
    place: string | null,
    stop: AbortController,
  ): Promise<void> => {
    let state: 'done' | 'failed' | 'cancelled' = 'done';
    let message: string | null = null;
    let showed: Showed | null = null;
    try {
      for await (const page of source.pages(place, stop.signal)) {
        await merge.page(page, stop.signal);
        stop.signal.throwIfAborted();
      }
      await setCounted(ground, source, isOwnStore);
      message = remarks(merge);
      showed = provesNothing(merge) ? null : 'listed';
    } catch (error) {
      const reason = live.get(runId)?.reason ?? null;
      state = reason === 'cancelled' ? 'cancelled' : 'failed';
      if (reason === null && error instanceof StorageError) showed = error.failure;
      message =
        reason === 'cancelled'
          ? null
          : reason === 'closing'
            ? 'The console was closed; the next run goes on where this one stopped.'
            : explain(ground, error);
    }
    try {
      workspace.transaction((tx) => {
        const now = clock();
        endRun(tx, runId, state, message, now);
        if (state === 'done' && source.kind === 'profile')
          tx.raw.prepare('UPDATE storage_profiles SET last_indexed_at = ? WHERE id = ?').run(now, source.id);
        if (showed !== null) source.ended?.(tx, showed);
        audit.append(tx, {
          actor: {
            kind: 'console',
            onBehalfOf: actor.kind === 'administrator' ? actor.id : null,
            origin: ground.origin,
          },
          event: 'admin.storage_indexed',
          target: { kind: source.kind, id: source.id },
          outcome: state === 'done' ? 'done' : 'failed',
          metadata: { runId, step: 'ended', state, ...asText(merge.counters) },
        });
      });
    } catch (error) {
      // The disk may be full; the next start finds the run unfinished and says so.
      ground.log('index_run_not_ended', { runId, error: String(error) });
    } finally {
      source.close();
      live.delete(runId);
    }
  };

  return {
    start(actor, source, isOwnStore) {
      if ([...live.values()].some(({ backendNo }) => backendNo === source.backendNo)) {
        source.close();
        throw new Refusal('IN_USE', `'${source.label}' is being indexed already. Watch that run, or cancel it first.`);
      }
      const runId = ground.newId();
      const before = goOnFrom(newestRunOf(workspace.db, source.backendNo), source, clock());
      const counters: Counters = before
        ? { ...countersOf(before.row) }
        : { seen: 0, added: 0, changed: 0, removed: 0, foreign: 0, bytes: 0 };
      workspace.transaction((tx) => {
        insertRun(
          tx,
          {
            id: runId,
            backendNo: source.backendNo,
            source: source.label,
            cursor: before?.row.cursor ?? null,
            startedAt: clock(),
          },
          counters,
        );
        audit.append(tx, {
          actor,
          event: 'admin.storage_indexed',
          target: { kind: source.kind, id: source.id },
          metadata: { runId, step: 'begun', goesOnFrom: before?.row.id ?? null },
        });
      });
      const merge = new Merge(ground, source, runId, before?.cursor ?? null, counters);
      const stop = new AbortController();
      const ended = nextTurn().then(
        async () => await run(runId, actor, source, isOwnStore, merge, before?.cursor.place ?? null, stop),
      );
      live.set(runId, { backendNo: source.backendNo, merge, stop, ended, reason: null });
      return runAnswer(findRun(workspace.db, runId));
    },

    async *watch(runId, signal) {
      let last = '';
      for (;;) {
        const row = runAnswer(findRun(workspace.db, runId));
        const text = JSON.stringify(row);
        if (text !== last) yield row;
        last = text;
        const running = live.get(runId);
        if (row.state !== 'running' || !running || signal?.aborted) return;
        const soon = sleep(WATCH_EVERY_MS, undefined, signal ? { signal } : {}).catch(() => {});
        await Promise.race([soon, running.ended]);
      }
    },

    async cancel(actor, runId) {
      const row = findRun(workspace.db, runId);
      const running = live.get(runId);
      if (row.state === 'running' && running) {
        workspace.transaction((tx) =>
          audit.append(tx, {
            actor,
            event: 'admin.storage_indexed',
            target: { kind: 'index_run', id: runId },
            metadata: { runId, step: 'cancelled' },
          }),
        );
        running.reason = 'cancelled';
        running.stop.abort();
        await running.ended;
      }
      return runAnswer(findRun(workspace.db, runId));
    },

    list: (limit) => listRuns(workspace.db, limit).map(runAnswer),
    isRunning: (backendNo) => [...live.values()].some((one) => one.backendNo === backendNo),

    async close() {
      for (const one of live.values()) {
        one.reason ??= 'closing';
        one.stop.abort();
      }
      await Promise.all([...live.values()].map(async ({ ended }) => await ended));
    },
  };
}

/** Runs that a dead process left: they are not running, and the next one goes on where they were. */
function markDead(ground: Ground): void {
  const { workspace, audit, clock, origin } = ground;
  if (runningRuns(workspace.db).length === 0) return;
  workspace.transaction((tx) => {
    for (const { id } of runningRuns(tx)) {
      endRun(
        tx,
        id,
        'failed',
        'The console ended before the run did; the next run goes on where this one stopped.',
        clock(),
      );
      audit.append(tx, {
        actor: { kind: 'console', onBehalfOf: null, origin },
        event: 'admin.storage_indexed',
        target: { kind: 'index_run', id },
        outcome: 'failed',
        metadata: { runId: id, step: 'found dead' },
      });
    }
  });
}

function goOnFrom(
  row: RunRow | undefined,
  source: IndexSource,
  now: number,
): { row: RunRow; cursor: NonNullable<ReturnType<typeof readCursor>> } | null {
  if (row?.state !== 'failed' || now - row.startedAt > GO_ON_WITHIN_MS) return null;
  const cursor = readCursor(row.cursor);
  return cursor !== null && cursor.basis === source.basis ? { row, cursor } : null;
}

function countersOf({ seen, added, changed, removed, foreign, bytes }: RunRow): Counters {
  return { seen, added, changed, removed, foreign, bytes };
}

/** An empty place where documents were on record may be another account's (C3): that is no proof that it works. */
function provesNothing({ counters }: Merge): boolean {
  return counters.seen === 0 && counters.removed > 0;
}

function remarks(merge: Merge): string | null {
  const parts: string[] = [];
  if (merge.hidden > 0) {
    parts.push(
      `${plural(merge.hidden, 'recorded document stands', 'recorded documents stand')} although no listing shows ${merge.hidden === 1 ? 'it' : 'them'}: an object at a folder's own name hides what is below it.`,
    );
  }
  if (merge.differing > 0)
    parts.push(
      merge.differing === 1
        ? '1 recorded document is no longer what was recorded; its record was left as it is.'
        : `${countText(merge.differing)} recorded documents are no longer what was recorded; their records were left as they are.`,
    );
  return parts.length === 0 ? null : parts.join(' ');
}

function explain(ground: Ground, error: unknown): string {
  if (error instanceof StorageError || isRefusal(error)) return error.message;
  ground.log('index_run_failed', { error: error instanceof Error ? (error.stack ?? error.message) : 'unknown' });
  return 'Something went wrong inside the console; its log says what. Begin the run again.';
}

/** The log writes 64-bit integers as text. */
function asText({ bytes, ...counts }: Counters): Record<string, unknown> {
  return { ...counts, bytes: String(bytes) };
}

/** The time of the last count, for everybody whom the run counted, a few thousand at a time. */
async function setCounted(ground: Ground, source: IndexSource, isOwnStore: boolean): Promise<void> {
  const { workspace, clock } = ground;
  const now = clock();
  const last = Number(workspace.db.raw.prepare('SELECT coalesce(max(user_no), 0) FROM quotas').pluck().get());
  const all = workspace.db.raw.prepare<[number, number, number]>(
    'UPDATE quotas SET counted_at = ? WHERE user_no > ? AND user_no <= ?',
  );
  const some = workspace.db.raw.prepare<[number, number, number, number]>(
    `UPDATE quotas SET counted_at = ? WHERE user_no > ? AND user_no <= ?
     AND EXISTS (SELECT 1 FROM documents d WHERE d.user_no = quotas.user_no AND d.backend_no = ?)`,
  );
  const connectionUser = workspace.db.raw.prepare<[number, number]>(
    'UPDATE quotas SET counted_at = ? WHERE user_no = (SELECT user_no FROM connections WHERE backend_no = ?)',
  );
  if (source.kind === 'connection') {
    laterDurable(workspace, () => connectionUser.run(now, source.backendNo));
    return;
  }
  for (let from = 0; from < last; from += USERS_PER_TRANSACTION) {
    const to = from + USERS_PER_TRANSACTION;
    laterDurable(workspace, () => (isOwnStore ? all.run(now, from, to) : some.run(now, from, to, source.backendNo)));
    await nextTurn();
  }
}
