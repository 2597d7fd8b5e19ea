import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../../ground.ts';
import { Refusal } from '../../refusal.ts';
import { type Bundle, bundleFolder, openBundle } from '../bundle.ts';
import { machine } from '../host-environment.ts';
import type { Carrier, Line } from '../lines.ts';
import { refusalOf, socketSource } from './guard.ts';
import { writeOpeningFile } from './opening-file.ts';
import { openTabSockets, SOCKET_PATH } from './sockets.ts';
import { openTokens } from './tokens.ts';

const HOST = '127.0.0.1';
const MAX_HEADER_BYTES = 8_192;
const MAX_CONNECTIONS = 128;
/** Whoever is refused learns nothing of it in a page: not even that there was an answer. */
const REFUSAL_HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export interface ServerOptions {
  /** A line to the console for each tab. */
  readonly openLine: (carrier: Carrier) => Line;
  /** Where the file that opens the console is put. */
  readonly workspaceDir: string;
  /** Whether another process owns the workspace, so that its file has to stay as it is. */
  readonly isBesideAnother?: boolean;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly log: Log;
  readonly clock?: typeof machine.clock;
  readonly bundleDir?: string;
}

export interface ConsoleServer {
  /** `http://127.0.0.1:PORT/`. On its own it opens nothing: a tab needs a token. */
  readonly address: string;
  /** A 0600 file that a browser can be opened on, at any time and as often as wished. */
  readonly openingFile: string;
  /** The address with a one-time token that is valid for five minutes. */
  newLink(): string;
  /** Ends every socket and the server, and removes the file. The console stays open. */
  close(): Promise<void>;
}

/**
 * The console in a browser on this machine (R2). Listens on 127.0.0.1 alone. The page's files are anybody's; the console answers
 * only a socket that has shown a token (`tokens.ts`) and comes from this server's own page (`guard.ts`).
 */
export async function openServer(options: ServerOptions): Promise<ConsoleServer> {
  const { log } = options;
  const bundle = openBundle(options.bundleDir ?? bundleFolder());
  const tokens = openTokens({ clock: options.clock ?? machine.clock, randomBytes: machine.randomBytes });
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explained(error, options.port)));
    server.listen({ host: HOST, port: options.port ?? 0 }, resolve);
  });
  const { port } = server.address() as AddressInfo; // A TCP server's address is never a pipe's name.
  const address = `http://${HOST}:${port}/`;
  const file = writeOpeningFile(options.workspaceDir, address, tokens, options.isBesideAnother ?? false);
  const sockets = openTabSockets({
    tokens,
    openLine: options.openLine,
    onOneTimeTokenUsed: file.renew,
    log,
  });

  server.on('request', (request, response) => answer(request, response, port, bundle));
  server.on('checkContinue', (request, response) => answer(request, response, port, bundle));
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request, port, true);
    if (refusal) log('serve.refused', { status: refusal.status });
    if (refusal) socket.end(`HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else if (request.url !== SOCKET_PATH)
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else sockets.upgrade(request, socket, head);
  });

  return {
    address,
    openingFile: file.path,
    newLink: () => `${address}#t=${tokens.issue()}`,
    async close() {
      file.remove();
      sockets.close();
      server.closeIdleConnections();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      setTimeout(() => server.closeAllConnections(), 1_000).unref();
      await closed;
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, port: number, bundle: Bundle): void {
  const refusal = refusalOf(request, port, false);
  if (refusal) {
    const headers = { ...REFUSAL_HEADERS, connection: 'close' };
    response.writeHead(refusal.status, headers).end(`${refusal.reason}\n`);
    return;
  }
  const [path = ''] = (request.url ?? '').split('?');
  const { status, headers, body } = bundle.answer(request.method ?? '', path, [socketSource(request)]);
  response.writeHead(status, {
    ...headers,
    'content-length': body.byteLength,
    ...(status === 200 ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function explained(error: Error, port: number | undefined): Error {
  if (!('code' in error) || (error.code !== 'EADDRINUSE' && error.code !== 'EACCES')) return error;
  const why = error.code === 'EADDRINUSE' ? 'is in use by another program' : 'may not be used by this account';
  return new Refusal(
    'IN_USE',
    `Port ${port} of this machine ${why}. Name another one, or none to take a free one.`,
    undefined,
    {
      cause: error,
    },
  );
}
