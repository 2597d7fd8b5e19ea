import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../open.ts';

/**
 * One of the closed set of reads that the reader thread can do: known by its name, never by SQL text from outside. It goes
 * in bounded steps. Between two of them no statement is open, so that no snapshot holds the write-ahead log, and it can
 * be given up there: SQLite's interrupt is not to be had through better-sqlite3.
 */
export interface Read<Input, Answer> {
  readonly name: string;
  /** After this long it is given up, in milliseconds. */
  readonly limitMs: number;
  /** Input and answer cross to another thread: plain values alone. */
  readonly steps: (db: Db, input: Input) => Generator<void, Answer, void>;
}

/** Any read, where it is looked up by its name. */
export type AnyRead = Read<never, unknown>;

const LIST_LIMIT_MS = 20_000;
const LONG_LIMIT_MS = 60 * 60_000;

/** A read that is done in one go: a page, a search. */
export function defineRead<Input, Answer>(
  name: string,
  read: (db: Db, input: Input) => Answer,
  limitMs: number = LIST_LIMIT_MS,
): Read<Input, Answer> {
  return {
    name,
    limitMs,
    // biome-ignore lint/correctness/useYield: there is nothing between the beginning and the end of one step.
    *steps(db, input) {
      return read(db, input);
    },
  };
}

/** A read over much: yields after each few milliseconds of work, with no statement open. */
export function defineLongRead<Input, Answer>(
  name: string,
  steps: Read<Input, Answer>['steps'],
  limitMs: number = LONG_LIMIT_MS,
): Read<Input, Answer> {
  return { name, limitMs, steps };
}

/** Does a read on this thread, with a turn of the event loop between its steps. Throws the signal's reason. */
export async function readHere<Input, Answer>(
  db: Db,
  { name, limitMs, steps }: Read<Input, Answer>,
  input: Input,
  signal: AbortSignal,
  beforeStep: () => void = () => {},
): Promise<Answer> {
  const until = performance.now() + limitMs;
  const going = steps(db, input);
  while (true) {
    signal.throwIfAborted();
    beforeStep();
    const step = going.next();
    if (step.done) return step.value;
    if (performance.now() > until) throw tookTooLong(name, limitMs);
    await nextTurn();
  }
}

export function tookTooLong(name: string, limitMs: number): Error {
  return new Error(`the read ${name} was given up after ${limitMs} ms`);
}
