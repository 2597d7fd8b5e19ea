import type { Log } from '../ground.ts';

export interface Pace {
  /** A checkpoint is made after this many entries, */
  readonly entries: number;
  /** or this long after the first entry that none covers. */
  readonly ms: number;
}

/** Decides when a checkpoint is due, and has it made outside the transaction that appended. */
export function openPace(pace: Pace, makeCheckpoint: () => Promise<void>, log: Log) {
  let covered = 0;
  let newest = 0;
  let timer: NodeJS.Timeout | undefined;
  let isSoon = false;
  let isStopped = false;

  function arm(): void {
    if (timer || isStopped) return;
    timer = setTimeout(make, pace.ms).unref();
  }

  function make(): void {
    clearTimeout(timer);
    timer = undefined;
    makeCheckpoint()
      .catch((error: unknown) =>
        log('audit.checkpoint_failed', { reason: error instanceof Error ? error.message : 'unknown' }),
      )
      .finally(() => {
        isSoon = false;
        if (newest > covered) arm();
      });
  }

  return {
    /** Called for each entry, also for those whose transaction is undone later: a checkpoint too many harms nothing. */
    appended(sequence: number): void {
      newest = sequence;
      if (isStopped || isSoon) return;
      if (newest - covered < pace.entries) {
        arm();
      } else {
        isSoon = true;
        setImmediate(make);
      }
    },
    checkpointed(size: number): void {
      covered = Math.max(covered, size);
      if (newest > covered) return;
      clearTimeout(timer);
      timer = undefined;
    },
    isDue: () => newest > covered,
    stop(): void {
      isStopped = true;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
