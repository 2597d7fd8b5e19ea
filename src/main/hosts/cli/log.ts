import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../ground.ts';
import type { Terminal } from './terminal.ts';

const LOG_FILE = 'qm.log';
const LARGEST_BYTES = 5 * 1024 * 1024;

/**
 * The command line's log: a JSON object a line in a 0600 file of the workspace, so that an incident which an answer names
 * can be found. Made with its first line; beyond 5 MiB the older half goes to `qm.log.1`. With QM_DEBUG it is on standard
 * error too.
 */
export function openHostLog(workspaceDir: string, terminal: Terminal): Log {
  const path = join(workspaceDir, LOG_FILE);
  return (event, facts) => {
    const line = `${JSON.stringify({ time: new Date(terminal.now()).toISOString(), event, ...facts })}\n`;
    if (terminal.env.QM_DEBUG) terminal.stderr.write(line);
    try {
      if (sizeOf(path) > LARGEST_BYTES) renameSync(path, `${path}.1`);
      appendFileSync(path, line, { mode: 0o600 });
    } catch {
      // A log that cannot be written must not end the work: a full or read-only disk is what it would have told of.
    }
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
