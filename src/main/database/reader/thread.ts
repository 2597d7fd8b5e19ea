import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { Db } from '../open.ts';
import * as schema from '../schema.ts';
import { openGate } from './gate.ts';
import { type FromReader, packError, type ReaderStart, type ToReader } from './messages.ts';
import { type AnyRead, readHere } from './read.ts';

/** Only what reading needs: it can neither write nor wait for anybody who does. */
const PRAGMAS = ['query_only = ON', 'trusted_schema = OFF', 'temp_store = MEMORY'];

/** The reader thread itself: answers the given reads, and no others, on a read-only connection, until it is told to close. */
export function serveReads(reads: readonly AnyRead[]): void {
  if (!parentPort) throw new Error('This file is the thread that reads the workspace; it is not a program.');
  const port = parentPort;
  const start: ReaderStart = workerData; // Written by `openReader`, the only one who starts this thread.
  const gate = openGate(start.gate);
  const raw = new Database(start.file, { readonly: true, fileMustExist: true, timeout: 5000 });
  for (const pragma of PRAGMAS) raw.pragma(pragma);
  const db: Db = { orm: drizzle(raw, { schema }), raw };
  const byName = new Map(reads.map((read) => [read.name, read]));
  const running = new Map<number, AbortController>();
  const tell = (message: FromReader) => port.postMessage(message);

  async function answer(id: number, name: string, input: unknown): Promise<void> {
    const stop = new AbortController();
    running.set(id, stop);
    try {
      const read = byName.get(name);
      if (!read) throw new Error(`the reader thread knows no read ${name}`);
      // The sender took the name from the same read, so its input is that read's.
      const given = await readHere(db, read, input as never, stop.signal, gate.pass);
      tell({ kind: 'answer', id, answer: given });
    } catch (error) {
      if (!stop.signal.aborted) tell({ kind: 'failed', id, failure: packError(error) });
    } finally {
      running.delete(id);
    }
  }

  port.on('message', (message: ToReader) => {
    if (message.kind === 'read') return void answer(message.id, message.name, message.input);
    if (message.kind === 'abort') return running.get(message.id)?.abort();
    for (const stop of running.values()) stop.abort();
    raw.close();
    port.close();
  });
  tell({ kind: 'ready' });
}
