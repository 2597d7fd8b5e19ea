import type { Tx, Workspace } from '../../database/index.ts';

/**
 * A transaction that is whole or not there at all, as every one, but need not be on the disk yet when this returns: the
 * pages of an index run, which answer nobody. The next ordinary transaction brings them there too, and the run ends with
 * one. Waiting for the disk at each page was most of a run's time, and held everything else up meanwhile. In WAL mode
 * `synchronous = NORMAL` cannot damage the file: https://sqlite.org/pragma.html#pragma_synchronous
 */
export function laterDurable<Result>(workspace: Workspace, work: (tx: Tx) => Result): Result {
  const { raw } = workspace.db;
  raw.pragma('synchronous = NORMAL');
  try {
    return workspace.transaction(work);
  } finally {
    // Nothing can have come between: all of this is one synchronous step on the one connection that writes.
    raw.pragma('synchronous = FULL');
  }
}
