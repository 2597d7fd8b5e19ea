import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';

export interface ThreadInput {
  readonly workspaceDir: string;
}

export type ToThread = { readonly kind: 'connect'; readonly port: MessagePort } | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'closed' };

/** The console on a thread of its own, so that no database work ever holds the thread that draws windows. */
export interface ConsoleThread {
  /** A new line to the console; messages wait on it until the console is open. */
  connect(): MessagePort;
  /** Settles once the workspace is closed. */
  close(): Promise<void>;
  /** Settles when the thread has ended although nobody closed it, with the sentence for a person. */
  readonly failed: Promise<string>;
}

export function startConsoleThread(input: ThreadInput): ConsoleThread {
  // `worker.js` is an entry of the build of its own and stands beside this bundle's.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: input });
  const post = (message: ToThread, transfer: MessagePort[] = []) => worker.postMessage(message, transfer);
  let isClosing = false;
  let refusal: string | undefined;
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'refused') refusal = message.message;
  });
  const failed = new Promise<string>((resolve) => {
    worker.once('error', (error) => {
      refusal ??= `The console has stopped unexpectedly (${error.name}). What was answered is stored; start the app again to go on.`;
    });
    void ended.then(() => {
      if (!isClosing) resolve(refusal ?? 'The console has stopped unexpectedly. Start the app again to go on.');
    });
  });
  return {
    failed,
    connect() {
      const { port1, port2 } = new MessageChannel();
      post({ kind: 'connect', port: port2 }, [port2]);
      return port1;
    },
    close() {
      if (!isClosing) post({ kind: 'close' });
      isClosing = true;
      return ended;
    },
  };
}
