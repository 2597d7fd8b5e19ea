import { openDeletionConsole } from '../support/deletion-console.ts';

/**
 * A process that goes on with the one deletion of a workspace until it is done, and writes each change as a line. With
 * QM_KILL_AT (`stage step`) it kills itself, as SIGKILL does, at that place where a process may die.
 */
const [workspaceDir = '', deletionId = ''] = process.argv.slice(2);
const [killStage = '', killStep = '0'] = (process.env.QM_KILL_AT ?? '').split(' ');
let stepsInStage = 0;

const opened = await openDeletionConsole({
  workspaceDir,
  passphrase: process.env.QM_TEST_PASSPHRASE ?? '',
  motor: true,
  patience: { waitBackoffMs: [100], callBackoffMs: [50, 100], objectBackoffMs: [50, 50, 100, 100] },
  log: (line) => process.stderr.write(`${line}\n`),
  onStep({ stage }) {
    if (stage !== killStage) return;
    stepsInStage += 1;
    if (stepsInStage === Number(killStep)) process.kill(process.pid, 'SIGKILL');
  },
});
for await (const { state, waitingFor, backends } of opened.deletions.watch(deletionId))
  process.stdout.write(`${JSON.stringify({ state, waitingFor, removed: backends.map(({ removed }) => removed) })}\n`);
await opened.close();
