import { WebSocket } from 'ws';
import type { Carrier, Line } from '../lines.ts';
import { MAX_MESSAGE_BYTES } from '../message-limit.ts';
import { messageOf, sendBounded } from '../sockets.ts';
import type { OwnedConsole } from './open.ts';

/**
 * Carries a client's messages, as they are, to wherever the console is; they wait while that is being found out. The
 * client's line ends when the owner goes.
 */
export function relayLine(carrier: Carrier, find: () => Promise<WebSocket | Pick<OwnedConsole, 'openLine'>>): Line {
  let waiting: unknown[] | null = [];
  let waitingBytes = 0;
  let isOver = false;
  let pass: (message: unknown) => void = () => {};
  let end: () => void = () => {};
  let underWay: () => number = () => 0;

  const hangUp: Carrier['hangUp'] = (reason) => {
    if (isOver) return;
    isOver = true;
    end();
    carrier.hangUp(reason);
  };

  function through(socket: WebSocket): void {
    end = () => socket.close();
    pass = (message) => {
      const wire = message instanceof ArrayBuffer ? new Uint8Array(message) : message;
      if (typeof wire === 'string' || wire instanceof Uint8Array) sendBounded(socket, wire);
      else hangUp('malformed');
    };
    socket.on('message', (data, isBinary) => {
      if (!isOver) carrier.send(messageOf(data, isBinary));
    });
    socket.once('close', () => hangUp('owner_gone'));
  }

  find().then(
    (found) => {
      if (isOver) {
        if (found instanceof WebSocket) found.close();
        return;
      }
      if (found instanceof WebSocket) through(found);
      else {
        const line = found.openLine(carrier);
        pass = (message) => line.receive(message);
        end = () => line.ended();
        underWay = () => line.underWay();
      }
      const held = waiting ?? [];
      waiting = null;
      for (const message of held) pass(message);
    },
    () => hangUp('owner_gone'),
  );

  return {
    receive(message) {
      if (isOver) return;
      if (!waiting) return pass(message);
      waitingBytes += typeof message === 'string' || message instanceof Uint8Array ? message.length : 1;
      if (waitingBytes > MAX_MESSAGE_BYTES) hangUp('too_large');
      else waiting.push(message);
    },
    ended() {
      isOver = true;
      end();
    },
    underWay: () => underWay(),
  };
}
