import canonicalize from 'canonicalize';
import type { Revocation } from '../parts.ts';
import type { Run } from '../run.ts';

/** Gives back at the providers what they let one give back, while the credentials are still there to do it with. */
export async function revoking(run: Run): Promise<void> {
  const { revoke } = run.shop.parts;
  run.step('before_call');
  const revocations = revoke ? await revoke(run.userNo(), run.signal) : notOffered(run);
  run.step('after_call');
  run.requireGoing();
  run.advance('finishing', (tx) =>
    tx.raw.prepare('UPDATE deletions SET revocations = ? WHERE id = ?').run(canonicalize(revocations) ?? '[]', run.id),
  );
}

/** No provider here lets one give anything back: a password or key is the person's own. */
function notOffered(run: Run): Revocation[] {
  const { parts } = run.shop;
  // The user's other connections go with this one.
  const userNo = run.userNo();
  return run
    .backends()
    .filter(({ is_cloud }) => is_cloud === 1)
    .map(({ source_id, kind }) => ({
      connectionId: source_id,
      provider: kind,
      outcome: parts.sharesGrant?.(run.db, source_id, userNo) ? 'still_in_use' : 'not_offered',
    }));
}
