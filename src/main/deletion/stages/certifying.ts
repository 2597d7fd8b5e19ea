import { join } from 'node:path';
import { requireAsRecorded } from '../as-ordered.ts';
import { canonical } from '../canonical.ts';
import { signBody } from '../certificate.ts';
import { composeCertificate } from '../issue-certificate.ts';
import { copiesIn, destroyFile } from '../remnants.ts';
import type { Run } from '../run.ts';
import { Waits } from '../trouble.ts';
import { clearUnusedSpace } from '../unused-space.ts';

const PAUSE_MS = 50;

/**
 * The user is gone. Removes what of the credentials still stands in files beside the database, then issues the one
 * certificate, over entries that exist by now. A crash anywhere here begins this stage again, and it ends the same.
 */
export async function certifying(run: Run): Promise<void> {
  const { workspace, audit } = run.shop.ground;
  await clearUnusedSpace(workspace, async () => {
    await run.sleep(PAUSE_MS);
    run.requireGoing();
  });
  destroyCopies(run, workspace.dir);
  await run.requireVault();
  await audit.check();
  audit.requireIntact();
  requireAsRecorded(run.db, run.row(), run.backends());
  run.step('before_call');
  const checkpoint = await audit.checkpoint();
  if (!checkpoint)
    throw new Waits('vault', null, 'The audit log cannot be signed now, so the certificate waits. Unlock the vault.');
  const issue = { db: run.db, audit, workspaceId: workspace.id, deletion: run.row(), checkpoint, now: run.now() };
  const signed = await signBody(composeCertificate(issue), audit.sign);
  run.step('after_call');
  run.requireGoing();
  run.write((tx) => {
    tx.raw
      .prepare(
        "UPDATE deletions SET stage = 'done', ended_at = ?, certificate = ?, certificate_hash = ?, paused = 0 WHERE id = ?",
      )
      .run(run.now(), canonical(signed), signed.hash, run.id);
    run.record(tx, 'deletion.certified', { certificate: signed.hash, checkpointSize: checkpoint.size });
  });
  run.arrived('done');
  await audit.checkpoint();
}

/** Their names are written down before they go, so that a crash between the two leaves none out of the certificate. */
function destroyCopies(run: Run, dir: string): void {
  const copies = copiesIn(dir);
  if (copies.length === 0) return;
  const known = JSON.parse(run.row().destroyed_copies) as string[]; // Written here alone.
  run.write((tx) =>
    tx.raw
      .prepare('UPDATE deletions SET destroyed_copies = ? WHERE id = ?')
      .run(canonical([...new Set([...known, ...copies])].sort()), run.id),
  );
  for (const name of copies) destroyFile(join(dir, name));
}
