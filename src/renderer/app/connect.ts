import type { ClientLink } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';

// The only lines of the page that know what host it runs in.

declare global {
  interface Window {
    /** Put there by the desktop's preload; absent in a browser. */
    readonly quartermaster?: { connect(): void };
  }
}

/** What goes along with a call besides its input. */
export interface CallContext {
  /** The same each time a call is sent again: what was done under it is answered, not done again. */
  readonly requestId?: string;
}

/** A line to the console. `ended` settles when it is dead; calls on it after that may never settle. */
export interface Line {
  readonly link: ClientLink<CallContext>;
  readonly ended: Promise<void>;
  close(): void;
}

/** The host does not know this tab: it needs the link or the file that the host made for it. */
export class NotAdmitted extends Error {}

const TAB_TOKEN = 'quartermaster.tab-token';
const CLOSE_NOT_ADMITTED = 4401;

const headers = ({ context }: { readonly context: CallContext }): Record<string, string> =>
  context.requestId === undefined ? {} : { 'x-request-id': context.requestId };

/** The one-time token of the address, taken out of it at once so that neither history nor a bookmark keeps it. */
export function takeOneTimeToken(): string | null {
  const token = /^#t=([A-Za-z0-9_-]+)$/.exec(window.location.hash)?.[1] ?? null;
  if (token) window.history.replaceState(null, '', window.location.pathname);
  return token;
}

/** Opens a line to the console, whichever host this is. `oneTimeToken` is used by a browser's first line alone. */
export function connect(oneTimeToken: string | null): Promise<Line> {
  return window.quartermaster ? connectPort(window.quartermaster) : connectSocket(oneTimeToken);
}

async function connectPort(host: { connect(): void }): Promise<Line> {
  const { port1, port2 } = new MessageChannel();
  const ended = new Promise<void>((resolve) => port1.addEventListener('close', () => resolve(), { once: true }));
  host.connect();
  const link = new PortLink<CallContext>({ port: port1, headers });
  port1.start();
  window.postMessage({ type: 'quartermaster-port' }, ownOrigin(), [port2]);
  return { link, ended, close: () => port1.close() };
}

/** `app://console` has an origin of its own; where the scheme has none, the message still goes to this window alone. */
function ownOrigin(): string {
  return window.origin && window.origin !== 'null' ? window.origin : '*';
}

async function connectSocket(oneTimeToken: string | null): Promise<Line> {
  if (oneTimeToken) {
    try {
      return await openSocket(oneTimeToken);
    } catch (error) {
      // A reload of the same link: the token is used up, but this tab has had its own since.
      if (!(error instanceof NotAdmitted)) throw error;
    }
  }
  const kept = window.sessionStorage.getItem(TAB_TOKEN);
  if (!kept) throw new NotAdmitted();
  return openSocket(kept);
}

async function openSocket(token: string): Promise<Line> {
  const socket = new WebSocket(`ws://${window.location.host}/console`);
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => socket.send(JSON.stringify({ token }));
    socket.onmessage = (event) => {
      const tabToken = tabTokenIn(event.data);
      if (!tabToken) return reject(new Error('The host answered something else than a greeting.'));
      window.sessionStorage.setItem(TAB_TOKEN, tabToken);
      resolve();
    };
    socket.onclose = (event) =>
      reject(event.code === CLOSE_NOT_ADMITTED ? new NotAdmitted() : new Error('The host does not answer.'));
  });
  socket.onmessage = null;
  socket.onopen = null;
  const ended = new Promise<void>((resolve) => {
    socket.onclose = () => resolve();
  });
  return { link: new SocketLink<CallContext>({ websocket: socket, headers }), ended, close: () => socket.close() };
}

function tabTokenIn(message: unknown): string | null {
  if (typeof message !== 'string') return null;
  try {
    const parsed: unknown = JSON.parse(message);
    if (typeof parsed !== 'object' || parsed === null || !('tabToken' in parsed)) return null;
    return typeof parsed.tabToken === 'string' ? parsed.tabToken : null;
  } catch {
    return null;
  }
}
