import { ORPCError } from '@orpc/client';
import type { AnyContractProcedure, AnySchema } from '@orpc/contract';

/** Holds an input against a procedure's schema as the console will; refuses in its words, before anything has begun. */
export function checkInput(procedure: AnyContractProcedure, input: unknown): void {
  const schema: AnySchema | undefined = procedure['~orpc'].inputSchema;
  const result = schema?.['~standard'].validate(input);
  if (!result || result instanceof Promise || !result.issues) return;
  const issues = result.issues.map((issue) => ({
    path: (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
    message: issue.message,
  }));
  const first = issues[0];
  throw new ORPCError('BAD_REQUEST', {
    message: first ? `${first.path || 'The input'}: ${first.message}.` : 'The input is not what this procedure takes.',
    data: { issues },
  });
}
