import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Origin } from '../ground.ts';

/**
 * The built file of the reader thread for a host, or null where reads are done without one: in a `qm` of one command, where
 * starting the thread would take longer than reading, and where nothing is built.
 */
export function readerThreadOf(host: Origin['host'], from: string = import.meta.dirname): string | null {
  if (host === 'qm') return null;
  // An entry of the build of its own; this file ends up in another entry, or in one of the chunks beside them.
  const places = [join(from, 'reader.js'), join(from, '..', 'reader.js')];
  return places.find((place) => existsSync(place)) ?? null;
}
