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
  const waiting = await client.deletions.list({ state: 'waiting', limit: 100 });
  const running = await client.deletions.list({ state: 'running', limit: 100 });
  const first = waiting.rows[0] ?? running.rows[0];
  if (!first) return;
  const asks = first.waitingFor ? `: ${first.waitingFor.message}` : '';
  const all = waiting.rows.length + running.rows.length;
  const verb = first.state === 'paused' || first.state === 'review' || first.waitingFor ? 'show' : 'watch';
  say(
    `${countOf(all, 'deletion is', 'deletions are')} not finished${asks.replace(/\.?$/, '.')} See: qm deletions ${verb} ${first.id}`,
  );
}
