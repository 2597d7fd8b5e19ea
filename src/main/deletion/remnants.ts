import { closeSync, fsyncSync, openSync, readdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import type { Workspace } from '../database/index.ts';

/** Copies of the workspace that the console made before a migration, with what SQLite may leave beside them. */
const COPY = /^workspace\.before-.+\.sqlite(-wal|-shm|-journal)?$/;
const CHUNK = 1 << 20;

/**
 * Empties the write-ahead log, where bytes of removed rows may still stand. While a reader holds it the log stays: asked
 * again by `pause` until it is empty (D3).
 */
export async function emptyTheLog(workspace: Workspace, pause: () => Promise<void>): Promise<void> {
  while (!workspace.truncateLog()) await pause();
}

/** Names of the copies of the workspace that the console made and that still stand in its folder. */
export function copiesIn(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => COPY.test(name))
    .sort();
}

/** Overwrites a file and removes it. */
export function destroyFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    const zeros = Buffer.alloc(CHUNK);
    const { size } = statSync(path);
    for (let at = 0; at < size; at += CHUNK) writeSync(file, zeros, 0, Math.min(CHUNK, size - at), at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  unlinkSync(path);
}
