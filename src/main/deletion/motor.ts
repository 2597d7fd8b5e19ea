import { explainDatabaseError } from '../database/index.ts';
import { isRefusal } from '../refusal.ts';
import { StorageError } from '../storage/index.ts';
import { requireAsOrdered } from './as-ordered.ts';
import type { DeletionStage } from './parts.ts';
import { Run, type Shop } from './run.ts';
import type { Stall } from './shape.ts';
import { certifying } from './stages/certifying.ts';
import { closing } from './stages/closing.ts';
import { clouds } from './stages/clouds.ts';
import { finishing } from './stages/finishing.ts';
import { review } from './stages/review.ts';
import { revoking } from './stages/revoking.ts';
import { store } from './stages/store.ts';
import { verifying } from './stages/verifying.ts';
import { Stopped, troubleOf, Waits } from './trouble.ts';
import { writeWaiting } from './waiting.ts';

/** Deletions that run at the same time in this process; the others have their turn after them. */
const AT_ONCE = 2;
/** A clock that jumps, or a machine that slept, is noticed after so long at most. */
const LONGEST_TIMER_MS = 60_000;
/** How long closing waits for the answers to what was asked already. */
const LAST_ANSWERS_MS = 2_000;
/** Before a run that stalled inside the console is tried again; doubled each time up to the longest timer. */
const STALL_MS = 5_000;

const stages: Readonly<Record<Exclude<DeletionStage, 'done' | 'cancelled'>, (run: Run) => Promise<void>>> = {
  closing,
  clouds,
  store,
  verifying,
  review,
  revoking,
  finishing,
  certifying,
};

/**
 * The motor of the state machine: takes up every deletion that can go on, and comes back to those that wait. What it
 * knows is in the database; without it nothing is lost and nothing moves.
 */
export interface Motor {
  /** Begins to work: before that nothing is taken up. */
  turnOn(): void;
  /** Looks what there is to do. */
  kick(): void;
  /** Asks the deletion's run to stop after what is in flight; resolves when it has. */
  stop(id: string): Promise<void>;
  stall(id: string): Stall | null;
  /** Forgets a stall, so that the next look takes the deletion up at once. */
  forgive(id: string): void;
  close(): Promise<void>;
}

interface Stalled extends Stall {
  readonly tries: number;
  readonly until: number;
}

export function openMotor(shop: Shop): Motor {
  const { ground } = shop;
  let isOn = false;
  const running = new Map<string, { readonly run: Run; readonly ended: Promise<void> }>();
  const stalls = new Map<string, Stalled>();
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;

  function kick(): void {
    if (!isOn || isClosed) return;
    if (timer) clearTimeout(timer);
    const now = ground.clock();
    let next = now + LONGEST_TIMER_MS;
    let isAnyLeft = false;
    for (const { id, due } of unfinished(shop)) {
      if (running.has(id)) continue;
      isAnyLeft = true;
      const dueAt = Math.max(due, stalls.get(id)?.until ?? 0);
      if (dueAt > now) next = Math.min(next, dueAt);
      else if (running.size < AT_ONCE) begin(id);
    }
    if (isAnyLeft) timer = setTimeout(kick, Math.min(Math.max(next - now, 10), LONGEST_TIMER_MS));
  }

  function begin(id: string): void {
    const run = new Run(shop, id);
    const ended = drive(run)
      .catch((error: unknown) => stalled(id, error))
      .finally(() => {
        run.closeBackends();
        running.delete(id);
        shop.changed(id);
        setImmediate(kick);
      });
    running.set(id, { run, ended });
  }

  async function drive(run: Run): Promise<void> {
    for (;;) {
      const { stage, paused } = run.row();
      if (stage === 'done' || stage === 'cancelled' || paused === 1 || run.isStopping) return;
      try {
        requireAsOrdered(run.db, run.row());
        await stages[stage](run);
        stalls.delete(run.id);
      } catch (error) {
        if (error instanceof Stopped || run.isStopping) return;
        const waits = waitsOf(error);
        if (!waits) throw error;
        stalls.delete(run.id);
        writeWaiting(run, waits);
        return;
      }
    }
  }

  /** The run ended on something that is no backend's doing. Nothing was lost; it is tried again a little later. */
  function stalled(id: string, thrown: unknown): void {
    const error = explainDatabaseError(thrown);
    const known = stalls.get(id);
    const tries = (known?.tries ?? 0) + 1;
    const now = ground.clock();
    const message = isRefusal(error)
      ? error.message
      : 'The run stopped on something unexpected inside the console; its log says what. Nothing is lost, and it is tried again.';
    stalls.set(id, {
      since: known?.since ?? now,
      message,
      tries,
      until: now + Math.min(STALL_MS * 2 ** (tries - 1), LONGEST_TIMER_MS),
    });
    ground.log('deletion.stalled', {
      deletion: id,
      error: error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : 'unknown',
    });
  }

  return {
    turnOn() {
      isOn = true;
    },
    kick,
    async stop(id) {
      const current = running.get(id);
      current?.run.stop();
      await current?.ended;
    },
    stall: (id) => stalls.get(id) ?? null,
    forgive: (id) => void stalls.delete(id),
    async close() {
      isClosed = true;
      if (timer) clearTimeout(timer);
      for (const { run } of running.values()) run.stop();
      const ended = Promise.all([...running.values()].map((one) => one.ended));
      // What is in flight gets a moment: what it removes is then known as removed, and not as absent the next time.
      const moment = setTimeout(() => {
        for (const { run } of running.values()) run.abort();
      }, LAST_ANSWERS_MS);
      await ended;
      clearTimeout(moment);
    },
  };
}

/** Deletions that can go on, and from when. One that waits for an answer is not among them. */
function unfinished({ ground }: Shop): { id: string; due: number }[] {
  return ground.workspace.db.raw
    .prepare<[], { id: string; due: number }>(
      `SELECT id, coalesce(next_try_at, 0) AS due FROM deletions
       WHERE stage NOT IN ('done', 'cancelled') AND paused = 0 AND (waiting_reason IS NULL OR next_try_at IS NOT NULL)
       ORDER BY started_at, id`,
    )
    .all();
}

function waitsOf(error: unknown): Waits | null {
  if (error instanceof Waits) return error;
  if (isRefusal(error, 'LOG_TAMPERED')) return new Waits('vault', null, error.message);
  const trouble = error instanceof StorageError || isRefusal(error) ? troubleOf(error) : null;
  return trouble && new Waits(trouble.reason, null, trouble.message, trouble.retryAfterMs);
}
