import { randomUUID } from 'node:crypto';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { Page } from 'playwright-core';
import type { ConsoleClient } from '../../src/contract/index.ts';

export interface PageLine {
  /** The contract's client; every message of it goes through a port that the page itself opened. */
  readonly client: ConsoleClient;
  /** Puts any value on the port, as a page that was taken over could. */
  post(value: string | Uint8Array): Promise<void>;
  /** Settles when the page hears that the other end has closed. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

type Listener = (event: { data: unknown }) => void;

/** Opens a line to the console from the page's own world: page, preload, main process, console thread, and back. */
export async function openLineInPage(page: Page): Promise<PageLine> {
  const name = `line${randomUUID().replaceAll('-', '')}`;
  const onMessage = new Set<Listener>();
  const onClose = new Set<() => void>();
  let isClosed: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    isClosed = resolve;
  });
  await page.exposeFunction(`${name}In`, (wire: { text: string } | { bytes: number[] } | null) => {
    if (wire === null) {
      for (const listener of onClose) listener();
      isClosed();
      return;
    }
    const data = 'text' in wire ? wire.text : Uint8Array.from(wire.bytes);
    for (const listener of onMessage) listener({ data });
  });
  await page.evaluate((line) => {
    const host = window as unknown as Record<string, (wire: unknown) => void> & { quartermaster: { connect(): void } };
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', ({ data }) => {
      const wire = typeof data === 'string' ? { text: data } : { bytes: [...new Uint8Array(data)] };
      host[`${line}In`]?.(wire);
    });
    port1.addEventListener('close', () => host[`${line}In`]?.(null));
    port1.start();
    Reflect.set(window, line, port1);
    host.quartermaster.connect();
    window.postMessage({ type: 'quartermaster-port' }, '*', [port2]);
  }, name);

  let sending: Promise<unknown> = Promise.resolve();
  const post = (value: string | Uint8Array): Promise<void> => {
    const wire = typeof value === 'string' ? { text: value } : { bytes: [...value] };
    const sent = sending.then(() =>
      page.evaluate(
        ({ line, message }) => {
          const port: MessagePort = Reflect.get(window, line);
          port.postMessage('text' in message ? message.text : Uint8Array.from(message.bytes));
        },
        { line: name, message: wire },
      ),
    );
    sending = sent.catch(() => {});
    return sent;
  };
  const port = {
    addEventListener(type: string, listener: Listener & (() => void)) {
      if (type === 'message') onMessage.add(listener);
      if (type === 'close') onClose.add(listener);
    },
    postMessage(message: string | Uint8Array) {
      post(message).catch(() => {}); // The page may be going; a call on it is ended by `closed`.
    },
  };
  return {
    client: createORPCClient(new RPCLink({ port: port as never })), // All of a port that the link uses.
    post,
    closed,
    close: () => page.evaluate((line) => Reflect.get(window, line).close(), name),
  };
}
