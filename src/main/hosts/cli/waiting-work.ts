import type { Deletion } from '../../../contract/deletions.ts';
import type { ConsoleClient } from '../../../contract/index.ts';
import { countOf } from './sizes.ts';

/**
 * Work is done by the app, by `serve` and by the four verbs that follow a deletion. Every other command does none, and
 * says in one line what waits.
 */
export async function tellWhatWaits(
  client: ConsoleClient,
  say: (text: string) => void,
  options: { readonly motor?: boolean },
): Promise<void> {
  if (options.motor) return;
  const found = await unfinished(client).catch(() => null);
  if (!found) return; // The command itself will say what is wrong, if it needs the same.
  const { waiting, running } = found;
  const first = waiting[0] ?? running[0];
  if (!first) return;
  const asks = first.waitingFor ? `: ${first.waitingFor.message}` : '';
  const all = waiting.length + running.length;
  const verb = first.state === 'paused' || first.state === 'review' || first.waitingFor ? 'show' : 'watch';
  say(
    `${countOf(all, 'deletion is', 'deletions are')} not finished${asks.replace(/\.?$/, '.')} See: qm deletions ${verb} ${first.id}`,
  );
}

async function unfinished(client: ConsoleClient): Promise<{ waiting: Deletion[]; running: Deletion[] }> {
  const waiting = await client.deletions.list({ state: 'waiting', limit: 100 });
  const running = await client.deletions.list({ state: 'running', limit: 100 });
  return { waiting: waiting.rows, running: running.rows };
}
