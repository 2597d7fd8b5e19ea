import type { ConsoleClient } from '../../src/contract/index.ts';
import type { Origin } from '../../src/main/ground.ts';
import { openLines } from '../../src/main/hosts/lines.ts';
import { surroundings } from '../../src/main/hosts/owner/address.ts';
import { type Caller, clientOf, socketCaller } from '../../src/main/hosts/owner/caller.ts';
import { dialOwner } from '../../src/main/hosts/owner/dial.ts';
import { openReception, type Reception } from '../../src/main/hosts/owner/reception.ts';
import type { TestConsole } from './test-console.ts';

export const VERSION = '0.0.0-test';
export const GUEST_ORIGIN: Origin = { machine: 'test', osAccount: 'guest', networkAddress: null, host: 'qm' };

/** Lets guests in to a console of the tests, by the real socket and the real card. */
export function receiveAt({ dir, console, log }: TestConsole): Promise<Reception> {
  const note = (event: string, facts?: object) => log.push(JSON.stringify({ event, ...facts }));
  return openReception({
    workspaceDir: dir,
    openLine: openLines(console, note),
    staysForCommands: true,
    onMotorWanted: () => console.work(),
    version: VERSION,
    log: note,
    surroundings: surroundings({}),
  });
}

export interface Guest {
  readonly client: ConsoleClient;
  readonly caller: Caller;
  close(): void;
}

/** A guest on a line of its own, as another host would open it. */
export async function visit(workspaceDir: string, origin: Origin = GUEST_ORIGIN): Promise<Guest> {
  const socket = await dialOwner(workspaceDir, { version: VERSION, motor: false, origin });
  const caller = socketCaller(socket);
  return { caller, client: clientOf(caller.call), close: () => socket.terminate() };
}
