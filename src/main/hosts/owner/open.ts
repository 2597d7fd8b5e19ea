import { type Console, openConsole } from '../../console.ts';
import { prepareWorkspaceFolder } from '../../database/index.ts';
import type { Log, Origin } from '../../ground.ts';
import type { Secret } from '../../secret.ts';
import { keepMemoryOutOfCoreDumps, openSystemKeychain } from '../../vault/index.ts';
import { hostOrigin, machine } from '../host-environment.ts';
import { takeOwnership } from './lock.ts';

export interface OwnerOptions {
  readonly workspaceDir: string;
  readonly create: boolean;
  readonly host: Origin['host'];
  readonly motor: boolean;
  readonly passphrase?: Secret;
  readonly log: Log;
}

/**
 * Becomes the workspace's owner and opens the console on it. Refused with WORKSPACE_OWNED while another process is the
 * owner. Closing the console gives the ownership back.
 */
export async function openAsOwner(options: OwnerOptions): Promise<Console> {
  keepMemoryOutOfCoreDumps();
  prepareWorkspaceFolder(options.workspaceDir, options.create);
  const lock = takeOwnership(options.workspaceDir);
  try {
    const console = await openConsole({
      ...options,
      ...machine,
      origin: await hostOrigin(options.host),
      keychain: openSystemKeychain(),
    });
    return {
      ...console,
      async close() {
        try {
          await console.close();
        } finally {
          lock.release();
        }
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
