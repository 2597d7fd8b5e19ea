import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { hostname, networkInterfaces, userInfo } from 'node:os';
import { v7 } from 'uuid';
import type { Clock, NewId, Origin, RandomBytes } from '../ground.ts';

/** The real clock, ids and randomness of this machine, for the hosts to hand to `openConsole`. */
export const machine: { clock: Clock; newId: NewId; randomBytes: RandomBytes } = {
  clock: Date.now,
  newId: () => v7(),
  randomBytes,
};

/**
 * Where acts of this host come from (A3). The network address is that of the interface which the default route uses, or
 * null: a UDP socket is connected to a documentation address (RFC 5737), which sends nothing, and its own end is read.
 */
export async function hostOrigin(host: Origin['host']): Promise<Origin> {
  return { machine: hostname(), osAccount: osAccount(), networkAddress: await defaultRouteAddress(), host };
}

function osAccount(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // An account without an entry in the user database.
  }
}

function defaultRouteAddress(): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const finish = (address: string | null) => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => finish(null));
    try {
      socket.connect(9, '192.0.2.1', () => {
        const { address } = socket.address();
        const isOurs = Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));
        finish(isOurs && !address.startsWith('127.') ? address : null);
      });
    } catch {
      finish(null);
    }
  });
}
