import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../ground.ts';
import type { Carrier, Line } from './lines.ts';
import { MAX_MESSAGE_BYTES } from './message-limit.ts';

export const CLOSE_NOT_ADMITTED = 4401;

const MAX_STRANGERS = 8;
const STRANGER_TIME_MS = 5_000;
/** All that may arrive before the token has been seen: the token's message and its frame. */
const STRANGER_BYTES = 2_048;
const PING_EVERY_MS = 30_000;

export type Admission =
  | {
      readonly ok: true;
      /** Sent as JSON before anything else. */
      readonly greeting: object;
      readonly openLine: (carrier: Carrier) => Line;
    }
  | { readonly ok: false; readonly reason: string; readonly code?: number };

export interface Sockets {
  /** Takes over a socket whose request its host has let pass. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

export interface SocketsOptions {
  /** Looks at the first message, which shows the token; `peer` is the client's network address. */
  readonly admit: (first: string, peer: string | undefined) => Admission;
  readonly maxSockets: number;
  /** What the host's lines in the log begin with. */
  readonly name: 'serve' | 'owner';
  readonly log: Log;
}

/** WebSockets that speak the contract once they have shown a token in their first message. */
export function openSockets({ admit, maxSockets, name, log }: SocketsOptions): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const answered = new WeakSet<WebSocket>();
  let strangers = 0;
  const pings = setInterval(() => {
    for (const socket of server.clients) {
      if (!answered.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, PING_EVERY_MS);
  pings.unref();

  /** Bounds what a socket may send and how long it may take before it has shown a token. */
  function watchStranger(socket: WebSocket, stream: Duplex, head: Buffer): () => void {
    strangers += 1;
    let received = head.length;
    const count = (chunk: Buffer) => {
      received += chunk.length;
      if (received > STRANGER_BYTES) socket.terminate();
    };
    if (received > STRANGER_BYTES) socket.terminate();
    stream.prependListener('data', count);
    const timer = setTimeout(() => socket.close(CLOSE_NOT_ADMITTED, 'no token came'), STRANGER_TIME_MS);
    // A peer that never answers the closing handshake is cut off a second later.
    const cut = setTimeout(() => socket.terminate(), STRANGER_TIME_MS + 1_000);
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      strangers -= 1;
      clearTimeout(timer);
      clearTimeout(cut);
      stream.off('data', count);
    };
    socket.once('close', over);
    return over;
  }

  function welcome(socket: WebSocket, stream: Duplex, head: Buffer, peer: string | undefined): void {
    answered.add(socket);
    socket.on('pong', () => answered.add(socket));
    socket.on('error', () => socket.terminate()); // A malformed frame or one over the limit: `ws` has closed it already.
    const isKnown = watchStranger(socket, stream, head);
    socket.once('message', (data, isBinary) => {
      const admission = isBinary ? ({ ok: false, reason: 'unknown' } as const) : admit(String(data), peer);
      if (!admission.ok) {
        log(`${name}.not_admitted`, { reason: admission.reason });
        socket.close(admission.code ?? CLOSE_NOT_ADMITTED, admission.reason);
        return;
      }
      isKnown();
      attach(socket, admission.openLine);
      socket.send(JSON.stringify(admission.greeting));
    });
  }

  return {
    upgrade(request, socket, head) {
      if (server.clients.size >= maxSockets || strangers >= MAX_STRANGERS) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      const peer = request.socket.remoteAddress;
      server.handleUpgrade(request, socket, head, (opened) => welcome(opened, socket, head, peer));
    },
    close() {
      clearInterval(pings);
      for (const socket of server.clients) {
        socket.close(1001, 'the console is closing');
        setTimeout(() => socket.terminate(), 500).unref();
      }
      server.close();
    },
  };
}

function attach(socket: WebSocket, openLine: (carrier: Carrier) => Line): void {
  const line = openLine({
    send: (message) => sendBounded(socket, message),
    // 1012 (service restart) for a line that is to be opened again, 1008 (policy violation) for one that was misused.
    hangUp: (reason) => socket.close(reason === 'owner_gone' ? 1012 : 1008, reason),
  });
  socket.on('message', (data, isBinary) => line.receive(messageOf(data, isBinary)));
  socket.once('close', () => line.ended());
}

/** Whoever asks for much and reads nothing would have it all held in memory here. */
export function sendBounded(socket: WebSocket, message: string | Uint8Array): void {
  if (socket.bufferedAmount > MAX_MESSAGE_BYTES) socket.terminate();
  else socket.send(message);
}

/** A message of `ws` as the contract's peers take it. */
export function messageOf(data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean): string | Uint8Array {
  if (!isBinary) return String(data);
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** The token of a first message that is JSON, or null. */
export function tokenIn(message: string): string | null {
  try {
    const parsed: unknown = JSON.parse(message);
    if (typeof parsed !== 'object' || parsed === null || !('token' in parsed)) return null;
    return typeof parsed.token === 'string' && /^[A-Za-z0-9_-]{43}$/.test(parsed.token) ? parsed.token : null;
  } catch {
    return null;
  }
}
