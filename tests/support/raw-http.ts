import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** Null where the server closed the connection without a word. */
  readonly status: number | null;
  readonly text: string;
  readonly tookMs: number;
}

/** Sends exactly these bytes to a loopback port and reads until the server closes or the time is over. */
export function sendRaw(port: number, bytes: string | Uint8Array, timeoutMs = 15_000): Promise<RawAnswer> {
  return converse(port, (socket) => socket.write(bytes), timeoutMs);
}

/** The same, with whatever `speak` writes, piece by piece. */
export function converse(port: number, speak: (socket: Socket) => void, timeoutMs = 15_000): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const chunks: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port }, () => speak(socket));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(`the server still holds the connection after ${timeoutMs} ms, having said: ${Buffer.concat(chunks)}`),
      );
    }, timeoutMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {}); // A reset is one way for a server to say no; `close` follows.
    socket.once('close', () => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      resolve({ status: status ? Number(status) : null, text, tookMs: performance.now() - started });
    });
  });
}
