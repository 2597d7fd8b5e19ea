import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { WebSocket } from 'ws';
import type { ConsoleClient } from '../../../contract/index.ts';
import type { Console } from '../../console.ts';
import { REQUEST_ID_HEADER } from '../lines.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly requestId?: string;
}

/** One line to the console, wherever the console is. `ended` is aborted when it is dead: no call on it is answered then. */
export interface Caller {
  call(path: readonly string[], input: unknown, options: CallOptions): Promise<unknown>;
  readonly ended: AbortSignal;
  close(): void;
}

interface LinkContext {
  readonly requestId?: string;
}

/** Calls on a socket on which the owner has let us in. */
export function socketCaller(socket: WebSocket): Caller {
  const link = new RPCLink<LinkContext>({
    websocket: socket as unknown as globalThis.WebSocket, // The parts that the link uses are alike in `ws` and the DOM.
    headers: ({ context }): Record<string, string> =>
      context?.requestId === undefined ? {} : { [REQUEST_ID_HEADER]: context.requestId },
  });
  const ended = new AbortController();
  socket.once('close', () => ended.abort());
  return {
    call: (path, input, { signal, requestId }) =>
      link.call(path, input, {
        ...(signal ? { signal } : {}),
        context: requestId === undefined ? {} : { requestId },
      }),
    ended: ended.signal,
    close: () => socket.close(),
  };
}

/** Calls on the console of this process. */
export function ownCaller(console: Console): Caller {
  const connection = console.connect();
  return {
    call: (path, input, { signal, requestId }) =>
      callAt(console.client(connection, requestId), path)(input, signal ? { signal } : {}),
    ended: new AbortController().signal,
    close() {},
  };
}

export function clientOf(call: Caller['call']): ConsoleClient {
  return createORPCClient({ call: (path, input, { signal }) => call(path, input, { signal }) }); // The link is the contract's.
}

type Procedure = (input: unknown, options: { readonly signal?: AbortSignal }) => Promise<unknown>;

function callAt(client: ConsoleClient, path: readonly string[]): Procedure {
  let target: unknown = client;
  for (const part of path) target = Reflect.get(Object(target), part);
  return target as Procedure; // A client is a tree of callables, and the path is one of the contract's.
}
