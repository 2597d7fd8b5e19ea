import { readFileSync, writeFileSync } from 'node:fs';

const FILTER = '/proc/self/coredump_filter';

/**
 * Leaves this process's memory out of core dumps, where keys and passwords would stand in clear. Linux only (core(5));
 * answers whether it holds. Children inherit it.
 */
export function keepMemoryOutOfCoreDumps(filter: string = FILTER): boolean {
  if (process.platform !== 'linux') return false;
  try {
    writeFileSync(filter, '0');
    return Number.parseInt(readFileSync(filter, 'utf8'), 16) === 0;
  } catch {
    return false;
  }
}
