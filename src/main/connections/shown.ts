import type { Tx } from '../database/index.ts';
import type { Showed } from '../storage/index.ts';
import type { ConnectionRow } from './row.ts';

const STATES: Readonly<Record<Showed, ConnectionRow['state'] | null>> = {
  listed: 'works',
  reauthorise: 'reauthorise',
  offline: 'unreachable',
  backend: 'unreachable',
  refused: 'unreachable',
  invalid_answer: 'unreachable',
  // Nothing was sent, or we stopped it ourselves: neither says anything of the place.
  unsafe: null,
  aborted: null,
};

/** What an index run showed, as the connection's state. One that was changed meanwhile was not the one that was listed. */
export function storeShown(
  tx: Tx,
  { id, version }: Pick<ConnectionRow, 'id' | 'version'>,
  showed: Showed,
  now: number,
): void {
  const state = STATES[showed];
  if (state === null) return;
  tx.raw
    .prepare('UPDATE connections SET state = ?, last_checked_at = ? WHERE id = ? AND version = ?')
    .run(state, now, id, version);
}
