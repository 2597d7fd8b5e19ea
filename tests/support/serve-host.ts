import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import type { ConsoleClient } from '../../src/contract/index.ts';

export interface ServeHost {
  readonly process: ChildProcess;
  /** `http://127.0.0.1:PORT/`. */
  readonly address: string;
  /** The link that was printed: it admits one tab. */
  readonly link: string;
  readonly openingFile: string;
  output(): string;
  readonly exited: Promise<number | null>;
}

const START_LIMIT_MS = 60_000;

/** The built `qm serve`, as a person starts it on a machine without a display. */
export async function startServeHost(root: string, env: Readonly<Record<string, string>>): Promise<ServeHost> {
  const child = spawn(process.execPath, [join(root, 'out/main/qm.js'), 'serve', '--no-open'], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const found = await new Promise<{ link: string; openingFile: string }>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`qm serve printed no link:\n${output}`)), START_LIMIT_MS);
    const collect = (chunk: Buffer) => {
      output += chunk;
      const link = /http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}/.exec(output)?.[0];
      const openingFile = /^.*: (\/.*\.html)$/m.exec(output)?.[1];
      if (!link || !openingFile) return;
      clearTimeout(timer);
      resolve({ link, openingFile });
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`qm serve ended with ${code}:\n${output}`));
    });
  });
  return { process: child, address: new URL('/', found.link).href, ...found, output: () => output, exited };
}

export interface AdmittedSocket {
  readonly client: ConsoleClient;
  readonly tabToken: string;
  close(): void;
}

/** A socket as the page opens it, with a token; rejects with the code with which it was closed. */
export function openAdmittedSocket(address: string, token: string): Promise<AdmittedSocket> {
  const { host, origin } = new URL(address);
  const socket = new WebSocket(`ws://${host}/console`, { origin });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
    socket.once('open', () => socket.send(JSON.stringify({ token })));
    socket.once('message', (data) => {
      const { tabToken } = JSON.parse(String(data)) as { tabToken: string }; // The server's greeting.
      const client: ConsoleClient = createORPCClient(new RPCLink({ websocket: socket as never })); // Alike with the DOM's here.
      resolve({ client, tabToken, close: () => socket.close() });
    });
  });
}
