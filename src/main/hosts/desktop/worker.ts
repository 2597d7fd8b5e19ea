import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Console } from '../../console.ts';
import { isRefusal } from '../../refusal.ts';
import { openHostLog } from '../host-log.ts';
import { type Line, openLines } from '../lines.ts';
import { openAsOwner } from '../owner/open.ts';
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

const opening = openAsOwner({ workspaceDir: input.workspaceDir, create: true, host: 'desktop', motor: true, log });
const lines = opening.then((console) => openLines(console, log));
// Messages that the page sends meanwhile wait in the port, which nobody has started yet.
host.on('message', (message: ToThread) => {
  if (message.kind === 'close') void close(opening);
  else lines.then((open) => serve(message.port, open)).catch(() => message.port.close());
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

function serve(port: MessagePort, open: ReturnType<typeof openLines>): void {
  const line: Line = open({ send: (message) => port.postMessage(message), hangUp: () => port.close() });
  port.on('message', (message) => line.receive(message));
  port.once('close', () => line.ended());
}

async function close(opened: Promise<Console>): Promise<void> {
  try {
    await (await opened).close();
  } finally {
    tell({ kind: 'closed' });
    // Ports of pages would hold the thread; their lines end with it.
    process.exit();
  }
}
