import type { Deletion } from '../../../../contract/deletions.ts';
import type { ConsoleClient } from '../../../../contract/index.ts';
import { type ExitCode, exitCodes } from '../failures.ts';
import type { Invocation } from '../invocation.ts';
import { openPace } from '../progress.ts';
import { formatCount, formatShare } from '../sizes.ts';
import { formatDuration, relativeTime } from '../times.ts';
import type { Outcome } from '../verb.ts';
import { deletionText } from './deletion-view.ts';

/** What passes by itself is tried again soon after a process with a motor has opened the workspace: it gets this long. */
const FIRST_TRY_MS = 8_000;

/** Follows a deletion that may have been waiting before: what passes by itself gets a moment to pass. */
export async function startFollowing(
  client: ConsoleClient,
  deletion: Deletion,
  invocation: Invocation,
): Promise<Outcome> {
  if (hasEnded(deletion)) return endedBefore(deletion, invocation);
  const reason = deletion.waitingFor?.reason;
  const mayPass = deletion.state === 'waiting' && (reason === 'offline' || reason === 'backend' || reason === 'vault');
  return follow(client, deletion, invocation, mayPass ? FIRST_TRY_MS : 0);
}

/**
 * Follows a deletion until it is done or cancelled (exit 0), or waits, is paused or asks (exit 3). Ctrl-C leaves the work
 * where it is (exit 130): nothing is lost, and the answer says how to go on.
 */
export async function follow(
  client: ConsoleClient,
  deletion: Deletion,
  invocation: Invocation,
  patienceMs = 0,
): Promise<Outcome> {
  const show = openView(invocation);
  const events = (await client.deletions.watch({ deletionId: deletion.id }, { signal: invocation.signal }))[
    Symbol.asyncIterator
  ]();
  const deadline = invocation.terminal.now() + patienceMs;
  const waitedBefore = deletion.waitingFor?.since;
  let last = deletion;
  try {
    for (;;) {
      const leftMs = Math.max(0, deadline - invocation.terminal.now());
      const isAsInTheBeginning = standsStill(last) && last.waitingFor?.since === waitedBefore && patienceMs > 0;
      if (standsStill(last) && !(isAsInTheBeginning && leftMs > 0)) break;
      const event = await nextOf(events, isAsInTheBeginning ? leftMs : null, invocation.signal);
      if (event === 'aborted' || event === 'ended') break;
      if (event === 'timeout') continue;
      last = event;
      show(last);
      if (hasEnded(last)) break;
    }
  } finally {
    // A generator that waits for its next change ends when it is told to, not when nobody listens.
    events.return?.(undefined)?.catch(() => {});
  }
  // The watcher may end before it has told the last of it.
  if (!invocation.signal.aborted) last = (await client.deletions.show({ deletionId: deletion.id })).deletion;
  return outcomeOf(last, invocation);
}

/** There is nothing to follow, and that is not a failure. */
export function endedBefore(deletion: Deletion, invocation: Invocation): Outcome {
  const since = deletion.endedAt === null ? '' : `, ${relativeTime(deletion.endedAt, invocation.terminal.now())}`;
  const said =
    deletion.state === 'done'
      ? `It is done already${since}: nothing is left to be worked on.`
      : `It was called off${since}: nothing was removed, and nothing will be.`;
  return { value: deletion, text: `${said}\n\n${deletionText(deletion, invocation)}` };
}

export function hasEnded(deletion: Deletion): boolean {
  return deletion.state === 'done' || deletion.state === 'cancelled';
}

/** Nothing goes on before somebody acts, or something comes back. */
export function standsStill(deletion: Deletion): boolean {
  const { state, waitingFor } = deletion;
  return state === 'waiting' || state === 'paused' || (state === 'review' && waitingFor !== null);
}

async function nextOf(
  events: AsyncIterator<Deletion>,
  withinMs: number | null,
  signal: AbortSignal,
): Promise<Deletion | 'ended' | 'timeout' | 'aborted'> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const others: Promise<'timeout' | 'aborted'> = new Promise((resolve) => {
    onAbort = () => resolve('aborted');
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    if (withinMs !== null) timer = setTimeout(() => resolve('timeout'), withinMs);
  });
  try {
    const next = events.next().then((result) => (result.done ? ('ended' as const) : result.value));
    next.catch(() => {}); // Whoever comes first settles the race; an abort makes the other one reject.
    return await Promise.race([next, others]);
  } catch (error) {
    if (signal.aborted) return 'aborted';
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function outcomeOf(deletion: Deletion, invocation: Invocation): Outcome {
  const text = deletionText(deletion, invocation);
  if (hasEnded(deletion)) return { value: deletion, text };
  if (invocation.signal.aborted)
    return {
      value: deletion,
      text: `${text}\n\n${stoppedSentence(invocation)} qm deletions watch ${deletion.id}`,
      exit: exitCodes.interrupted,
    };
  return { value: deletion, text, exit: exitOf(deletion) };
}

/** Through another process's console it was only watched; the work is done there. */
function stoppedSentence({ isGuest }: Invocation): string {
  return isGuest
    ? 'No longer followed; the work goes on in the process that has the workspace open. Follow it again with:'
    : 'Stopped here; nothing is lost. Go on with:';
}

function exitOf(deletion: Deletion): ExitCode {
  return hasEnded(deletion) ? exitCodes.done : exitCodes.waits;
}

function openView(invocation: Invocation): (deletion: Deletion) => void {
  const pace = openPace(invocation.terminal.now);
  let before: string | null = null;
  return (deletion) => {
    const { done, all } = countsOf(deletion);
    const going = pace(done, all);
    const isTurn = deletion.state !== before;
    before = deletion.state;
    invocation.progress.show({
      facts: { deletion, perSecond: going && Math.round(going.perSecond), leftMs: going && Math.round(going.leftMs) },
      line: [
        deletion.state,
        all > 0 ? `${formatCount(done)} of ${formatCount(all)} (${formatShare(done, all)})` : null,
        currentBackend(deletion),
        going && done < all
          ? `${formatCount(Math.round(going.perSecond))} a second, ${formatDuration(going.leftMs)} left`
          : null,
        deletion.waitingFor?.message ?? troubleOf(deletion),
      ]
        .filter((part) => part !== null)
        .join('  '),
      isTurn,
    });
  };
}

function countsOf(deletion: Deletion): { done: number; all: number } {
  let [done, all] = [0, 0];
  for (const backend of deletion.backends) {
    const gone = backend.removed + backend.absent + backend.leftovers;
    done += gone;
    all += Math.max(backend.planned, backend.found, gone);
  }
  return { done, all };
}

/** Why nothing moves although nothing is waited for yet. */
function troubleOf({ backends }: Deletion): string | null {
  const troubled = backends.find(({ trouble }) => trouble !== null);
  return troubled ? `${troubled.label}: ${troubled.trouble} It is tried again.` : null;
}

function currentBackend(deletion: Deletion): string | null {
  return deletion.backends.find(({ state }) => state === 'running' || state === 'verifying')?.label ?? null;
}
