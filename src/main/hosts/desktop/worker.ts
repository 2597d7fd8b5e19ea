import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { isRefusal } from '../../refusal.ts';
import { openHostLog } from '../host-log.ts';
import type { Line } from '../lines.ts';
import { type OpenedWorkspace, openWorkspace } from '../owner/open-workspace.ts';
import type { FromThread, ThreadInput, ToThread } from './thread.ts';

if (!parentPort) throw new Error('This file is the thread of the desktop host; it is not a program.');
const host = parentPort;
const tell = (message: FromThread) => host.postMessage(message);
const input: ThreadInput = workerData; // Written by `startConsoleThread`, the only one who starts this file.
const log = openHostLog(input.workspaceDir, {
  file: 'desktop.log',
  now: Date.now,
  alsoTo: process.env.QM_DEBUG ? process.stderr : null,
});

const opening = openWorkspace({ workspaceDir: input.workspaceDir, create: true, host: 'desktop', motor: true, log });
// Messages that the page sends meanwhile wait in the port, which nobody has started yet.
host.on('message', (message: ToThread) => {
  if (message.kind === 'close') void close(opening);
  else opening.then((workspace) => serve(message.port, workspace)).catch(() => message.port.close());
});
opening.then(
  () => tell({ kind: 'opened' }),
  (error: unknown) => {
    if (!isRefusal(error))
      log('console.not_opened', { error: error instanceof Error ? String(error.stack) : 'unknown' });
    const message = isRefusal(error) ? error.message : 'The workspace could not be opened. The log says more.';
    tell({ kind: 'refused', code: isRefusal(error) ? error.code : 'INTERNAL', message });
    host.close();
  },
);

function serve(port: MessagePort, workspace: OpenedWorkspace): void {
  const line: Line = workspace.openLine({ send: (message) => port.postMessage(message), hangUp: () => port.close() });
  port.on('message', (message) => line.receive(message));
  port.once('close', () => line.ended());
}

async function close(opened: Promise<OpenedWorkspace>): Promise<void> {
  try {
    await (await opened).close();
  } finally {
    tell({ kind: 'closed' });
    // Ports of pages would hold the thread; their lines end with it.
    process.exit();
  }
}
