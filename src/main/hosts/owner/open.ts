import { type Console, openConsole } from '../../console.ts';
import { explainDatabaseError, prepareWorkspaceFolder } from '../../database/index.ts';
import type { Log, Origin } from '../../ground.ts';
import type { Secret } from '../../secret.ts';
import { keepMemoryOutOfCoreDumps, openSystemKeychain } from '../../vault/index.ts';
import { hostOrigin, machine } from '../host-environment.ts';
import { type Carrier, type Line, openLines } from '../lines.ts';
import { readerThreadOf } from '../reader-thread.ts';
import { removeAddress, type Surroundings, surroundings } from './address.ts';
import { readCallingCard, removeCallingCard } from './calling-card.ts';
import { type OwnersLock, takeOwnership } from './lock.ts';
import { openReception, type Reception } from './reception.ts';

export interface OwnerOptions {
  readonly workspaceDir: string;
  readonly create: boolean;
  readonly host: Origin['host'];
  readonly motor: boolean;
  readonly passphrase?: Secret;
  readonly log: Log;
  /** Of this package; guests of another are not let in. */
  readonly version: string;
  readonly surroundings?: Surroundings;
  /** Called once when closing has to wait for guests for longer than a moment. */
  readonly onStaying?: () => void;
}

const MOMENT_MS = 1_000;

export interface OwnedConsole extends Console {
  readonly openLine: (carrier: Carrier) => Line;
  readonly reception: Pick<Reception, 'hasGuests'>;
}

/**
 * Becomes the workspace's owner, opens the console on it and lets other hosts in. Refused with WORKSPACE_OWNED while
 * another process is the owner. Closing waits for the guests' calls, then gives the ownership back.
 */
export async function openAsOwner(options: OwnerOptions): Promise<OwnedConsole> {
  keepMemoryOutOfCoreDumps();
  const { workspaceDir, log, version } = options;
  prepareWorkspaceFolder(workspaceDir, options.create);
  const lock = ownershipOf(workspaceDir);
  try {
    clearUpAfterTheLast(workspaceDir);
    const console = await openConsole({
      ...options,
      ...machine,
      origin: await hostOrigin(options.host),
      keychain: openSystemKeychain(),
      readerThread: readerThreadOf(options.host),
    });
    const openLine = openLines(console, log);
    const reception = await openReception({
      workspaceDir,
      openLine,
      staysForCommands: options.host === 'qm',
      onMotorWanted: () => console.work(),
      version,
      log,
      surroundings: options.surroundings ?? surroundings(),
    }).catch(async (error: unknown) => {
      await console.close();
      throw error;
    });
    return {
      ...console,
      openLine,
      reception,
      async close() {
        const staying = setTimeout(() => options.onStaying?.(), MOMENT_MS);
        try {
          await reception.seeOut();
          reception.close();
          await console.close();
        } finally {
          clearTimeout(staying);
          lock.release();
        }
      },
    };
  } catch (error) {
    lock.release();
    throw explainDatabaseError(error);
  }
}

function ownershipOf(workspaceDir: string): OwnersLock {
  try {
    return takeOwnership(workspaceDir);
  } catch (error) {
    throw explainDatabaseError(error);
  }
}

/** An owner that was killed leaves its card and its socket: nobody should ring there any more. */
function clearUpAfterTheLast(workspaceDir: string): void {
  const card = readCallingCard(workspaceDir);
  if (card?.address) removeAddress(card.address);
  removeCallingCard(workspaceDir);
}
