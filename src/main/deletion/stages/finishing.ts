import { requireAsOrdered, requireAsRecorded } from '../as-ordered.ts';
import { hasDocuments } from '../documents.ts';
import { forgetTheRest } from '../listing-again.ts';
import { readUser } from '../rows.ts';
import type { Run } from '../run.ts';
import { allTargets } from '../targets.ts';

/**
 * The one last transaction (D4): connection rows, user row, tombstone, both entries of the log, and the mail address
 * leaves plan and deletion. Nothing before it can be lost by a crash, and nothing after it can undo it.
 */
export async function finishing(run: Run): Promise<void> {
  // Of places that were left behind, and what an index run that was under way at the start may have written down since.
  for (const row of run.backends()) await forgetTheRest(run, row);
  await run.requireVault();
  run.step('before_call');
  run.requireGoing();
  run.write((tx) => {
    const deletion = run.row();
    requireAsOrdered(tx, deletion);
    requireAsRecorded(tx, deletion, run.backends());
    const user = readUser(tx, run.userNo());
    for (const { backendNo, label } of allTargets(run.shop.parts, tx, {
      no: user.no,
      id: user.id,
      externalId: user.external_id,
    }))
      if (hasDocuments(tx, user.no, backendNo))
        throw new Error(`documents of the user are still on record in ${label}`);

    const purged = run.shop.parts.purgeConnections(tx, user.no);
    // A retry after the certificate has to find the user's folder or bucket by it.
    const mayBeRetried = run
      .backends()
      .some(({ is_cloud, leftovers, state }) => is_cloud === 0 && (leftovers > 0 || state === 'skipped'));
    tx.raw.prepare("UPDATE plans SET mail = NULL, basis = '{}' WHERE user_id = ?").run(user.id);
    tx.raw.prepare('UPDATE deletions SET mail = NULL WHERE user_id = ?').run(user.id);
    tx.raw
      .prepare('UPDATE deletions SET user_no = NULL, external_id = ? WHERE id = ?')
      .run(mayBeRetried ? deletion.external_id : null, run.id);
    run.shop.parts.endSessions(tx, user.no, run.actor);
    tx.raw.prepare('DELETE FROM users WHERE no = ?').run(user.no);
    tx.raw
      .prepare('INSERT INTO tombstones (user_id, deletion_id, subject, deleted_at) VALUES (?, ?, ?, ?)')
      .run(user.id, run.id, deletion.subject, run.now());

    const target = { kind: 'user', id: user.id };
    const [first] = purged;
    if (first) {
      const sealed = { table: 'connections', rowId: first.id, seal: null };
      run.record(
        tx,
        'cloud.credentials_purged',
        {
          providers: [...new Set(purged.map(({ provider }) => provider))].sort(),
          purged: purged.map(({ id, provider }) => ({ id, provider })),
        },
        purged.length === 1 ? { target, sealed } : { target },
      );
    }
    run.record(
      tx,
      'admin.user_deleted',
      { subject: deletion.subject },
      { target, sealed: { table: 'users', rowId: user.id, seal: null } },
    );
    run.moveTo(tx, 'certifying');
  });
  run.arrived('certifying');
}
