import { Refusal } from '../../refusal.ts';
import { OwnerUnreachable } from './dial.ts';

/**
 * Why a workspace that another process owns cannot be worked on from here, in words for people. `owned` is the lock's own
 * refusal, which names the process.
 */
export function refusalOf(error: unknown, workspaceDir: string, owned?: Refusal, version?: string): unknown {
  if (!(error instanceof OwnerUnreachable)) return error;
  const data = owned?.data ?? { processId: null };
  return new Refusal('WORKSPACE_OWNED', sentence(error, workspaceDir, processOf(data), version), data);
}

function sentence({ why, version }: OwnerUnreachable, dir: string, who: string, own = 'another one'): string {
  const inUse = `The workspace in ${dir} is in use by ${who}`;
  switch (why) {
    case 'other_version':
      return `${inUse}, which is Quartermaster ${version}; this is ${own}, and the two cannot work together. Close that one, or use the same version for both.`;
    case 'unreadable':
      return `${inUse}, and this account may not read how to reach it. Work under the account that started that one, or close it first.`;
    case 'no_socket':
      return `${inUse}, which found no safe folder for the socket that others would reach it by. Work there, or close that one first.`;
    case 'silent':
      return `${inUse}, which does not answer. If it is only beginning or ending, try again in a moment; else close that one first.`;
  }
}

function processOf(data: unknown): string {
  const id: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'processId') : null;
  return typeof id === 'number' ? `process ${id}` : 'another process';
}
