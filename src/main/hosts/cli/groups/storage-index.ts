import type { IndexRun } from '../../../../contract/storage.ts';
import { exitCodes, HostFailure } from '../failures.ts';
import type { Invocation } from '../invocation.ts';
import { countOf, formatCount, formatSize } from '../sizes.ts';
import { formatDuration } from '../times.ts';
import type { Outcome } from '../verb.ts';

/** Runs an index to its end. Ctrl-C cancels it: what was brought in stays, and the next run goes on from there. */
export async function runIndex(
  invocation: Invocation,
  what: { readonly profile: string } | { readonly connectionId: string },
): Promise<Outcome> {
  const { client } = await invocation.signIn();
  const { run } = await client.storage.index(what);
  const cancel = () => {
    // The watcher below tells how it ended.
    client.storage.cancelIndex({ runId: run.id }).catch(() => {});
  };
  invocation.signal.addEventListener('abort', cancel, { once: true });
  let last: IndexRun = run;
  for await (const now of await client.storage.watchIndex({ runId: run.id })) {
    last = now;
    // A line about nothing says nothing to people, least of all before the words of a failure.
    if (now.seen > 0 || invocation.isJson)
      invocation.progress.show({ facts: { index: now }, line: lineOf(now, invocation.terminal.now()), isTurn: false });
  }
  if (last.state === 'running') throw new HostFailure('HOST_FAILED', 'The index ended without a word. Run it again.');
  if (last.state === 'failed' && !invocation.isJson) throw new HostFailure('INDEX_FAILED', failureText(last));
  return {
    value: last,
    text: resultOf(last),
    exit:
      last.state === 'done'
        ? exitCodes.done
        : invocation.signal.aborted && last.state === 'cancelled'
          ? exitCodes.interrupted
          : exitCodes.failed,
  };
}

function lineOf(run: IndexRun, now: number): string {
  const elapsedMs = now - Date.parse(run.startedAt);
  const pace = elapsedMs > 1000 ? `, ${formatCount(Math.round((run.seen * 1000) / elapsedMs))} a second` : '';
  return `${countOf(run.seen, 'object')} seen, ${formatSize(run.bytes)}${pace}`;
}

function resultOf(run: IndexRun): string {
  const took = run.endedAt === null ? '' : ` in ${formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`;
  const counts =
    `${countOf(run.seen, 'object')} seen${took}: ${formatCount(run.added)} added, ${formatCount(run.changed)} changed, ` +
    `${formatCount(run.removed)} gone; ${formatSize(run.bytes)}.` +
    (run.foreign > 0
      ? `\n${countOf(run.foreign, 'object')} not the platform's or of no user: kept, not recorded.`
      : '');
  if (run.state === 'done') return counts;
  const why = run.message ? ` ${run.message}` : '';
  return `Cancelled.${why}\n${counts}\nWhat was brought in stays; run it again to go on.`;
}

/** Counts belong to it only where there was something to count before it failed. */
function failureText(run: IndexRun): string {
  const why = run.message ? ` ${run.message}` : '';
  const until =
    run.seen > 0 ? ` Until then ${countOf(run.seen, 'object')} had been seen; what was brought in stays.` : '';
  return `The index failed.${why}${until}`;
}
