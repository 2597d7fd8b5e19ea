import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, Origin } from '../../ground.ts';
import type { Carrier, Line } from '../lines.ts';
import { openSockets } from '../sockets.ts';
import { freshAddress, removeAddress, type Surroundings } from './address.ts';
import { removeCallingCard, writeCallingCard } from './calling-card.ts';
import { CLOSE_OTHER_VERSION, isSameToken, readGreeting } from './greeting.ts';

const MAX_SOCKETS = 128;
/** A guest between two calls of one command is not gone: it gets this long for the next. */
const BETWEEN_CALLS_MS = 300;
/** Calls that the owner does not stay for get this long to end; the guest goes on with the next owner, or becomes it. */
const LAST_CALLS_MS = 2_000;

export interface Reception {
  /** Whether a guest's call is under way that the owner has to stay for. */
  hasGuests(): boolean;
  /** Resolves when no call is under way that the owner has to stay for. Until then others are let in as before. */
  seeOut(): Promise<void>;
  /** Lets nobody in any more and ends every line. */
  close(): void;
}

export interface ReceptionOptions {
  readonly workspaceDir: string;
  readonly openLine: (carrier: Carrier) => Line;
  /**
   * A command that owns the workspace stays for other commands, which may follow something for hours. One that lives on itself
   * was told to end, so it ends; and nobody stays for a host that lives on, which takes over.
   */
  readonly staysForCommands: boolean;
  /** A guest counts on the work that waits being done. */
  readonly onMotorWanted: () => void;
  readonly version: string;
  readonly log: Log;
  readonly surroundings: Surroundings;
}

interface Guest {
  readonly line: Line;
  readonly host: Origin['host'];
  lastHeard: number;
}

/**
 * Where other hosts on the same workspace are let in (R6): a local socket that speaks the contract, whose address and token
 * stand in the calling card. Where no place for a socket can be found the card says that, and nobody can be let in.
 */
export async function openReception(options: ReceptionOptions): Promise<Reception> {
  const { workspaceDir, version, log } = options;
  const token = randomBytes(32).toString('base64url');
  const guests = new Set<Guest>();
  const sockets = openSockets({
    name: 'owner',
    maxSockets: MAX_SOCKETS,
    log,
    admit(first) {
      const greeting = readGreeting(first);
      if (!greeting || !isSameToken(greeting.token, token)) return { ok: false, reason: 'unknown' };
      if (greeting.version !== version) return { ok: false, reason: `version ${version}`, code: CLOSE_OTHER_VERSION };
      if (greeting.motor) options.onMotorWanted();
      return {
        ok: true,
        greeting: { ok: true },
        openLine: (carrier) => receive({ ...carrier, origin: greeting.origin }, greeting.origin.host),
      };
    },
  });

  function receive(carrier: Carrier, host: Origin['host']): Line {
    const line = options.openLine(carrier);
    const guest: Guest = { line, host, lastHeard: performance.now() };
    guests.add(guest);
    return {
      ...line,
      receive(message) {
        guest.lastHeard = performance.now();
        line.receive(message);
      },
      ended() {
        guests.delete(guest);
        line.ended();
      },
    };
  }

  const isBusy = ({ line, lastHeard }: Guest) =>
    line.underWay() > 0 || performance.now() - lastHeard < BETWEEN_CALLS_MS;
  const isStayedFor = (guest: Guest) => options.staysForCommands && guest.host === 'qm';
  const hasGuests = () => [...guests].some((guest) => isStayedFor(guest) && isBusy(guest));

  const server = createServer({
    maxHeaderSize: 4_096,
    headersTimeout: 5_000,
    requestTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = MAX_SOCKETS + 16;
  server.on('request', (request) => request.socket.destroy());
  server.on('checkContinue', (request) => request.socket.destroy());
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    sockets.upgrade(request, socket, head);
  });
  const address = await listen();
  writeCallingCard(workspaceDir, { address, token });

  async function listen(): Promise<string | null> {
    const wanted = freshAddress(options.surroundings);
    if (wanted === null) {
      log('owner.no_socket', { reason: 'no folder' });
      return null;
    }
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(wanted, resolve);
      });
      if (options.surroundings.platform !== 'win32') chmodSync(wanted, 0o600);
      return wanted;
    } catch (error) {
      log('owner.no_socket', { reason: error instanceof Error && 'code' in error ? String(error.code) : 'unknown' });
      server.close();
      removeAddress(wanted);
      return null;
    }
  }

  function shut(): void {
    if (server.listening) server.close();
    removeCallingCard(workspaceDir);
    if (address !== null) removeAddress(address);
  }

  return {
    hasGuests,
    async seeOut() {
      const until = performance.now() + LAST_CALLS_MS;
      while (hasGuests() || ([...guests].some(({ line }) => line.underWay() > 0) && performance.now() < until))
        await sleep(25);
    },
    close() {
      shut();
      sockets.close();
      setTimeout(() => server.closeAllConnections(), 600).unref();
    },
  };
}
