import { ValidationError } from '@orpc/contract';
import { ORPCError, os } from '@orpc/server';
import { explainDatabaseError } from '../database/index.ts';
import { isRefusal } from '../refusal.ts';
import type { CallContext } from './context.ts';

/**
 * What may leave the console as an error: a refusal with its code and sentence, oRPC's own answers to bad input, and for
 * everything else one sentence with a reference to the log. Never a stack, SQL, or a server's raw body.
 */
export const explainErrors = os.$context<CallContext>().middleware(async ({ context, next, path, signal }) => {
  try {
    return await next();
  } catch (thrown) {
    const error = explainDatabaseError(thrown);
    if (isRefusal(error)) throw new ORPCError(error.code, { message: error.message, data: error.data });
    if (error instanceof ORPCError && error.code !== 'INTERNAL_SERVER_ERROR') throw sayWhichField(error);
    if (signal?.aborted) throw new ORPCError('CLIENT_CLOSED_REQUEST', { message: 'The call was cancelled.' });
    const incident = context.connection.reportIncident(path.join('.'), error);
    throw new ORPCError('INTERNAL_SERVER_ERROR', {
      message: `Something went wrong inside the console. Nothing more is known here; the log names it as ${incident}.`,
    });
  }
});

/** Bad input: one sentence that names the field, and the issues without the values that were sent. */
function sayWhichField(error: ORPCError<string, unknown>): ORPCError<string, unknown> {
  if (error.code !== 'BAD_REQUEST' || !(error.cause instanceof ValidationError)) return error;
  const issues = error.cause.issues.map((issue) => ({
    path: (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
    message: issue.message,
  }));
  const first = issues[0];
  const sentence = first
    ? `${first.path || 'The input'}: ${first.message}.`
    : 'The input is not what this procedure takes.';
  return new ORPCError('BAD_REQUEST', { message: sentence, data: { issues }, cause: error.cause });
}
