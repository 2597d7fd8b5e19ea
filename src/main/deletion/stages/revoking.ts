import canonicalize from 'canonicalize';
import { forgetTheRest } from '../listing-again.ts';
import type { Run } from '../run.ts';

/** Gives back at the providers what they let one give back, while the credentials are still there to do it with. */
export async function revoking(run: Run): Promise<void> {
  for (const row of run.backends()) if (row.state === 'skipped') await forgetTheRest(run, row);
  const { revoke } = run.shop.parts;
  run.step('before_call');
  const revocations = revoke ? await revoke(run.userNo(), run.signal) : [];
  run.step('after_call');
  run.requireGoing();
  run.advance('finishing', (tx) =>
    tx.raw.prepare('UPDATE deletions SET revocations = ? WHERE id = ?').run(canonicalize(revocations) ?? '[]', run.id),
  );
}
