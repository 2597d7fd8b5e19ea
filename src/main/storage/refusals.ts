import type { ErrorCode } from '../../contract/errors.ts';
import { Refusal } from '../refusal.ts';
import { StorageError, type StorageFailure } from './port.ts';

const CODES: Readonly<Record<StorageFailure, ErrorCode>> = {
  offline: 'STORAGE_UNREACHABLE',
  backend: 'STORAGE_UNREACHABLE',
  aborted: 'STORAGE_UNREACHABLE',
  reauthorise: 'STORAGE_REFUSED',
  refused: 'STORAGE_REFUSED',
  invalid_answer: 'STORAGE_ANSWER_INVALID',
  unsafe: 'STORAGE_UNSAFE',
};

/** A storage failure as a refusal that can cross the bridge; anything else unchanged. */
export function explainStorageError(error: unknown): unknown {
  return error instanceof StorageError
    ? new Refusal(CODES[error.failure], error.message, undefined, { cause: error })
    : error;
}
