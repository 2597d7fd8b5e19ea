import type { ErrorCode } from '../../../contract/errors.ts';
import { isRefusal, Refusal } from '../../refusal.ts';
import { explainDatabaseError } from '../open.ts';

/** What the reader thread is started with. */
export interface ReaderStart {
  readonly file: string;
  readonly gate: SharedArrayBuffer;
}

export type ToReader =
  | { readonly kind: 'read'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close' };

export type FromReader =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };

/** An error on its way between threads: a refusal keeps its code, of any other name, sentence and stack come along. */
export interface Failure {
  readonly code: ErrorCode | null;
  readonly data: unknown;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export function packError(thrown: unknown): Failure {
  const error = explainDatabaseError(thrown);
  const { name, message, stack } =
    error instanceof Error ? error : new Error('something else than an error was thrown');
  return isRefusal(error)
    ? { code: error.code, data: error.data, name, message, stack }
    : { code: null, data: undefined, name, message, stack };
}

export function unpackError({ code, data, name, message, stack }: Failure): Error {
  const error = code === null ? Object.assign(new Error(message), { name }) : new Refusal(code, message, data);
  if (stack !== undefined) error.stack = stack;
  return error;
}
