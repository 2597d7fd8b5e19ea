import type { ErrorCode } from '../contract/errors.ts';

/**
 * An act that the console will not or cannot do, in words for people. Crosses the bridge as code, sentence and data;
 * every other exception is masked. The message says what happened, what it means, and what to do.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ErrorCode;
  readonly data: unknown;

  constructor(code: ErrorCode, message: string, data?: unknown, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

export function isRefusal(error: unknown, code?: ErrorCode): error is Refusal {
  return error instanceof Refusal && (code === undefined || error.code === code);
}
