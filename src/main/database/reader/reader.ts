import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Db } from '../open.ts';
import type { Gate } from './gate.ts';
import { type FromReader, type ReaderStart, type ToReader, unpackError } from './messages.ts';
import { type AnyRead, type Read, readHere, tookTooLong } from './read.ts';

export interface ReaderOptions {
  readonly db: Db;
  readonly file: string;
  readonly gate: Gate;
  /** The built file of the reader thread; null where there is none, as for one command: then reads are done here. */
  readonly threadFile: string | null;
}

/** Reads that take a while, away from the thread that writes. */
export interface Reader {
  /**
   * Sees everything that was committed before the call. Rejects with the signal's reason, with what the read throws, and
   * after its time limit. A read whose thread died is done once more on a new one.
   */
  read<Input, Answer>(read: Read<Input, Answer>, input: Input, signal?: AbortSignal): Promise<Answer>;
  /** Gives up what is being read and ends the thread. Settles when its connection is closed, or after five seconds. */
  close(): Promise<void>;
}

interface Pending {
  readonly read: AnyRead;
  readonly input: unknown;
  tries: number;
  settle(how: () => void): void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const TRIES = 2;
/** A thread that cannot even be started this many times in a row is done without. */
const FAILED_STARTS = 2;
/** A thread in the middle of a statement closes after it; nothing ends it before, so one that hangs is left behind. */
const CLOSING_MS = 5_000;

/** The thread is started at once, and never keeps the process alive by itself. */
export function openReader({ db, file, gate, threadFile }: ReaderOptions): Reader {
  const closing = new AbortController();
  const pending = new Map<number, Pending>();
  const here = new Set<Promise<unknown>>();
  let thread: Worker | null = null;
  const ends = new Set<Promise<void>>();
  let failedStarts = 0;
  let lastId = 0;

  const post = (message: ToReader) => thread?.postMessage(message);
  const hasThread = () => threadFile !== null && failedStarts < FAILED_STARTS;

  function start(): void {
    if (!threadFile || !hasThread() || closing.signal.aborted) return;
    const input: ReaderStart = { file, gate: gate.memory };
    const worker = new Worker(threadFile, { workerData: input, name: 'reader' });
    failedStarts += 1;
    thread = worker;
    if (pending.size === 0) worker.unref();
    worker.on('message', (message: FromReader) => {
      if (message.kind === 'ready') failedStarts = 0;
      else finish(message);
    });
    // What it died of says nothing that its reads could be told; that it has ended is what counts.
    worker.on('error', () => {});
    const end = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    ends.add(end);
    void end.then(() => {
      ends.delete(end);
      if (thread === worker) startAgain();
    });
  }

  /** What the dead thread was reading is read once more; what killed it twice is given up. */
  function startAgain(): void {
    thread = null;
    gate.open();
    for (const one of pending.values()) {
      if (one.tries < TRIES || !hasThread()) continue;
      one.settle(() => one.reject(new Error(`the reader thread ended while it read ${one.read.name}`)));
    }
    start();
    for (const [id, one] of pending) {
      if (thread) send(id, one);
      else {
        one.settle(() => one.resolve(onThisThread(one.read, one.input as never))); // Its own input, kept beside it.
      }
    }
  }

  /** It may hang in the middle of a statement, which nothing interrupts: the others go on on a new thread. */
  function leaveBehind(): void {
    const hanging = thread;
    startAgain();
    hanging?.unref();
    void hanging?.terminate();
  }

  function send(id: number, one: Pending): void {
    one.tries += 1;
    try {
      post({ kind: 'read', id, name: one.read.name, input: one.input });
    } catch (error) {
      one.settle(() => one.reject(error)); // The input is nothing that can cross.
    }
  }

  function finish(message: Exclude<FromReader, { kind: 'ready' }>): void {
    const one = pending.get(message.id);
    if (!one) return; // Given up meanwhile.
    one.settle(() =>
      message.kind === 'answer' ? one.resolve(message.answer) : one.reject(unpackError(message.failure)),
    );
  }

  function onThisThread<Input, Answer>(read: Read<Input, Answer>, input: Input, signal?: AbortSignal): Promise<Answer> {
    const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const reading = readHere(db, read, input, either);
    const settled = reading.then(
      () => {},
      () => {},
    );
    here.add(settled);
    void settled.then(() => here.delete(settled));
    return reading;
  }

  function onTheThread<Input, Answer>(read: Read<Input, Answer>, input: Input, signal?: AbortSignal): Promise<Answer> {
    lastId += 1;
    const id = lastId;
    return new Promise<Answer>((resolve, reject) => {
      const giveUp = (why: unknown) => {
        one.settle(() => reject(why));
        post({ kind: 'abort', id });
      };
      const aborted = () => giveUp(signal?.reason);
      const limit = setTimeout(() => {
        giveUp(tookTooLong(read.name, read.limitMs));
        leaveBehind();
      }, read.limitMs).unref();
      const one: Pending = {
        read,
        input,
        tries: 0,
        resolve: (answer) => resolve(answer as Answer), // The thread answers by the same read.
        reject,
        settle(how) {
          if (!pending.delete(id)) return;
          clearTimeout(limit);
          signal?.removeEventListener('abort', aborted);
          if (pending.size === 0) thread?.unref();
          how();
        },
      };
      signal?.addEventListener('abort', aborted, { once: true });
      pending.set(id, one);
      thread?.ref();
      send(id, one);
    });
  }

  start();
  return {
    async read(read, input, signal) {
      signal?.throwIfAborted();
      closing.signal.throwIfAborted();
      return await (thread ? onTheThread(read, input, signal) : onThisThread(read, input, signal));
    },
    async close() {
      closing.abort(new Error('the workspace is being closed'));
      for (const one of [...pending.values()]) one.settle(() => one.reject(closing.signal.reason));
      gate.open();
      post({ kind: 'close' });
      await Promise.race([Promise.all([...here, ...ends]), sleep(CLOSING_MS)]);
      void thread?.terminate();
    },
  };
}
