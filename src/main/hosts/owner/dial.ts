import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { MAX_MESSAGE_BYTES } from '../message-limit.ts';
import { isOwnersSocket } from './address.ts';
import { type CallingCard, readCallingCard } from './calling-card.ts';
import { CLOSE_OTHER_VERSION, type Greeting, writeGreeting } from './greeting.ts';

const LIMIT_MS = 5_000;

/** `silent` passes by itself where the owner is only beginning or ending; the others do not. */
export class OwnerUnreachable extends Error {
  override readonly name = 'OwnerUnreachable';
  readonly why: 'silent' | 'no_socket' | 'unreadable' | 'other_version';
  /** The owner's version, where it is another one. */
  readonly version: string | null;

  constructor(why: OwnerUnreachable['why'], version: string | null = null) {
    super(`the workspace's owner cannot be talked to: ${why}`);
    this.why = why;
    this.version = version;
  }
}

/**
 * A socket to the workspace's owner on which it has let us in: what is sent now is the contract's. Rejects with
 * `OwnerUnreachable`.
 */
export async function dialOwner(workspaceDir: string, who: Omit<Greeting, 'token'>): Promise<WebSocket> {
  const { address, token } = cardOf(workspaceDir);
  if (address === null) throw new OwnerUnreachable('no_socket');
  if (!isOwnersSocket(address, workspaceDir)) throw new OwnerUnreachable('silent');
  // The name of the server is never looked up: the connection is the one that is made here.
  const socket = new WebSocket('ws://owner/', {
    createConnection: () => connect(address),
    handshakeTimeout: LIMIT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  return await new Promise((resolve, reject) => {
    const fail = (error: OwnerUnreachable) => {
      clearTimeout(timer);
      socket.terminate();
      reject(error);
    };
    const timer = setTimeout(() => fail(new OwnerUnreachable('silent')), LIMIT_MS);
    socket.on('error', () => fail(new OwnerUnreachable('silent'))); // Stays: an error that nobody hears ends the process.
    socket.once('open', () => socket.send(writeGreeting({ ...who, token })));
    socket.once('close', (code, reason) =>
      fail(
        code === CLOSE_OTHER_VERSION
          ? new OwnerUnreachable('other_version', String(reason).replace(/^version /, ''))
          : new OwnerUnreachable('silent'),
      ),
    );
    socket.once('message', () => {
      clearTimeout(timer);
      socket.removeAllListeners('close');
      resolve(socket);
    });
  });
}

function cardOf(workspaceDir: string): CallingCard {
  let card: CallingCard | null;
  try {
    card = readCallingCard(workspaceDir);
  } catch {
    throw new OwnerUnreachable('unreadable');
  }
  if (!card) throw new OwnerUnreachable('silent');
  return card;
}
