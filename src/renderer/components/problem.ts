import { ORPCError } from '@orpc/client';
import { LineLost, TimeLimitExceeded } from '../app/console-line.ts';

/** An error as people read it: what happened, what it means, what to do; and a code to search for. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** Sentences by the field of the input that they are about. */
  readonly fields: Readonly<Record<string, string>>;
}

export function problemOf(error: unknown): Problem {
  if (error instanceof LineLost)
    return {
      code: 'LINE_LOST',
      message:
        'The line to the console was cut, so it is not known whether this was done. It is being tried again; look before you repeat anything.',
      fields: {},
    };
  if (error instanceof TimeLimitExceeded)
    return {
      code: 'TIME_LIMIT',
      message: `${error.message} Whether it was done is not known; look before you repeat it.`,
      fields: {},
    };
  if (error instanceof ORPCError)
    return {
      code: error.code,
      message: sentence(error.message),
      fields: error.code === 'BAD_REQUEST' ? fieldsOf(error.data) : {},
    };
  return {
    code: 'PAGE_ERROR',
    message: 'Something went wrong in this window. Nothing was changed by it. Load the page again.',
    fields: {},
  };
}

/** Somebody was asked and said no: nothing was done, and nothing went wrong. */
export class Declined extends Error {}

/**
 * What stands below single fields: bad input names its fields, and some refusals are about one (`{ MAIL_TAKEN: 'mail' }`).
 * Empty for everything else, which stands above the buttons.
 */
export function fieldErrors(
  problem: Problem | null,
  fieldOfCode: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  if (!problem) return {};
  const field = fieldOfCode[problem.code];
  return field ? { [field]: `${problem.message} ${problem.code}` } : problem.fields;
}

export function codeOf(error: unknown): string | null {
  return error instanceof ORPCError ? error.code : null;
}

/** The data of an error, where it has the text `key`: `{ deletionId }` of DELETION_EXISTS. */
export function textIn(error: unknown, key: string): string | null {
  if (!(error instanceof ORPCError)) return null;
  const data: unknown = error.data;
  if (typeof data !== 'object' || data === null) return null;
  const value: unknown = Reflect.get(data, key);
  return typeof value === 'string' ? value : null;
}

/** The same for a number. */
export function numberIn(error: unknown, key: string): number | null {
  if (!(error instanceof ORPCError)) return null;
  const data: unknown = error.data;
  if (typeof data !== 'object' || data === null) return null;
  const value: unknown = Reflect.get(data, key);
  return typeof value === 'number' ? value : null;
}

/** Bad input names its fields: `{ issues: [{ path, message }] }`. The first word on each field counts. */
function fieldsOf(data: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  const issues: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'issues') : null;
  if (!Array.isArray(issues)) return fields;
  // `Array.isArray` says `any[]`; what is in it is looked at below.
  for (const issue of issues as unknown[]) {
    if (typeof issue !== 'object' || issue === null) continue;
    const path: unknown = Reflect.get(issue, 'path');
    const message: unknown = Reflect.get(issue, 'message');
    const name = Array.isArray(path) ? path.join('.') : path;
    if (typeof name === 'string' && typeof message === 'string') fields[name] ??= sentence(message);
  }
  return fields;
}

/** `must have at least 10 characters` becomes a sentence; one that is a sentence stays. */
function sentence(text: string): string {
  const trimmed = text.trim();
  const whole = /^(must|is|has)\b/.test(trimmed) ? `This ${trimmed}` : trimmed;
  const capital = whole.charAt(0).toUpperCase() + whole.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
