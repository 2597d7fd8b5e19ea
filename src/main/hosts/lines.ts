import { StandardRPCHandler } from '@orpc/server/standard';
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer';
import { ServerPeer } from '@orpc/standard-server-peer';
import type { Console } from '../console.ts';
import type { Log, Origin } from '../ground.ts';
import type { CallContext } from '../router/index.ts';
import { MAX_MESSAGE_BYTES } from './message-limit.ts';

/** The header of a call in which a client says under which id it sends it, and sends it again. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** Calls of one client that may be under way at once. A page has a few dozen. */
const MAX_CALLS_UNDER_WAY = 512;

/** The end of a line that the carrier holds: a port, or a socket. */
export interface Carrier {
  send(message: string | Uint8Array): void;
  /** Ends the line from this side. */
  hangUp(reason: 'malformed' | 'too_large' | 'too_many_calls' | 'owner_gone'): void;
  /** Where the client is, as far as the carrier knows it better than the console itself. */
  readonly origin?: Partial<Origin>;
}

/** What the carrier tells the line. */
export interface Line {
  receive(message: unknown): void;
  ended(): void;
  /** Calls that have not been answered, and streams that have not ended. */
  underWay(): number;
}

/**
 * Gives each client a line of its own to the console: its calls run with a connection that no other client shares, and
 * stop when the line ends. A message that is not one of oRPC's ends the line: there is no call to answer it to. Nothing of
 * such a message is logged, since a password may stand in it (oRPC's own port and socket adapters print it or leave the
 * rejection unhandled, so they are not used).
 */
export function openLines(console: Pick<Console, 'router' | 'connect'>, log: Log): (carrier: Carrier) => Line {
  const handler = new StandardRPCHandler<CallContext>(console.router);
  return (carrier) => {
    const connection = console.connect(carrier.origin);
    let isOpen = true;
    let underWay = 0;
    const peer = new ServerPeer((message) => {
      if (isOpen) carrier.send(isWire(message) ? message : new Uint8Array(message));
    });
    const end = () => {
      isOpen = false;
      peer.close();
    };
    const hangUp: Carrier['hangUp'] = (reason) => {
      if (!isOpen) return;
      log('line.hung_up', { reason });
      end();
      carrier.hangUp(reason);
    };
    return {
      ended: end,
      underWay: () => underWay,
      receive(received) {
        if (!isOpen) return;
        const message = received instanceof ArrayBuffer ? new Uint8Array(received) : received;
        if (!isWire(message)) return hangUp('malformed');
        if (message.length > MAX_MESSAGE_BYTES) return hangUp('too_large');
        if (underWay >= MAX_CALLS_UNDER_WAY) return hangUp('too_many_calls');
        underWay += 1;
        let isUnderstood = false;
        peer
          .message(message, (request) => {
            isUnderstood = true;
            const requestId = request.headers[REQUEST_ID_HEADER];
            const context = { connection, ...(typeof requestId === 'string' ? { requestId } : {}) };
            return createServerPeerHandleRequestFn(handler, { context })(request);
          })
          .catch((error: unknown) => {
            if (isUnderstood) log('line.call_failed', { error: error instanceof Error ? error.name : typeof error });
            else hangUp('malformed');
          })
          .finally(() => {
            underWay -= 1; // A stream is under way until it has ended.
          });
      },
    };
  };
}

function isWire(message: unknown): message is string | Uint8Array {
  return typeof message === 'string' || message instanceof Uint8Array;
}
