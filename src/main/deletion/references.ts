import { createHash } from 'node:crypto';
import type { ObjectRef } from '../storage/index.ts';

/**
 * The order of removal within one backend. What stands at the folder's own name hides the rest and goes first; uploads
 * are aborted after the objects; emptied folders go last, the deepest first. `gone`: removed, and to be asked for again.
 */
export const phases = { hiding: 0, versions: 1, objects: 2, uploads: 3, folders: 10_000, gone: 100_000 } as const;

export interface PhasedRef {
  readonly phase: number;
  readonly ref: ObjectRef;
}

/** Folders get a phase for each depth, so that a folder's turn comes only when nothing below it is left on the list. */
export function phaseOf(ref: ObjectRef): number {
  switch (ref.kind) {
    case 'version':
    case 'marker':
      return phases.versions;
    case 'object':
      return phases.objects;
    case 'upload':
      return phases.uploads;
    case 'folder':
      return phases.folders - depthOf(ref.key);
    default:
      return assertNever(ref.kind);
  }
}

function depthOf(key: string): number {
  let depth = 0;
  for (const part of key.split('/')) if (part !== '') depth += 1;
  return Math.min(depth, phases.folders - phases.uploads - 1);
}

export const phased = (ref: ObjectRef): PhasedRef => ({ phase: phaseOf(ref), ref });

/**
 * Takes references as they are found and answers the hash over all of them, how many there are and their bytes. Each
 * reference is one line of JSON: kind, key, version or upload id, size.
 */
export class ReferenceCount {
  readonly #hash = createHash('sha256');
  readonly kinds: Record<string, number> = {};
  count = 0;
  bytes = 0;

  add(ref: ObjectRef): void {
    this.#hash.update(`${JSON.stringify([ref.kind, ref.key, ref.versionId, ref.size])}\n`);
    this.kinds[ref.kind] = (this.kinds[ref.kind] ?? 0) + 1;
    this.count += 1;
    this.bytes += ref.size;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** The keys whose objects would hide the whole prefix: `users/u1/` has `users/u1` and `users`, the nearest first. */
export function keysAbove(prefix: string): string[] {
  const parts = prefix.split('/').slice(0, -1);
  const keys: string[] = [];
  for (let length = parts.length; length > 0; length -= 1) keys.push(parts.slice(0, length).join('/'));
  return keys.filter((key) => key !== '');
}

export function assertNever(value: never): never {
  throw new TypeError(`${String(value)} was not thought of`);
}
