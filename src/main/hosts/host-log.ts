import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../ground.ts';

const LARGEST_BYTES = 5 * 1024 * 1024;

export interface HostLogOptions {
  /** Name of the log in the workspace: each host has its own. */
  readonly file: 'qm.log' | 'desktop.log';
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Where every line is written too, for whoever looks for a fault. */
  readonly alsoTo: { write(text: string): unknown } | null;
}

/**
 * A host's log: a JSON object a line in a 0600 file of the workspace, so that an incident which an answer names can be found.
 * Made with its first line; beyond 5 MiB the older half goes to `….log.1`.
 */
export function openHostLog(workspaceDir: string, { file, now, alsoTo }: HostLogOptions): Log {
  const path = join(workspaceDir, file);
  return (event, facts) => {
    const line = `${JSON.stringify({ time: new Date(now()).toISOString(), event, ...facts })}\n`;
    alsoTo?.write(line);
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
