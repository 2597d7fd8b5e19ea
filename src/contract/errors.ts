import { z } from 'zod';
import { Bytes, Id } from './primitives.ts';

/**
 * Every code that can cross the bridge, with the HTTP-like status that oRPC wants and the schema of its data.
 * The code is stable and searchable; the sentence that goes with it is written where the refusal is made.
 */
const definitions = {
  NOT_SIGNED_IN: { status: 401 },
  NOT_ADMINISTRATOR: { status: 403 },
  WRONG_PASSWORD: { status: 401, data: z.object({ triesLeft: z.int().nullable() }).optional() },
  TOO_MANY_TRIES: { status: 429, data: z.object({ retryAt: z.string() }) },
  ACCOUNT_INACTIVE: { status: 403 },
  PASSWORD_MUST_CHANGE: { status: 403 },
  PASSWORD_UNCHANGED: { status: 409 },
  STEP_UP_REQUIRED: { status: 403 },
  ALREADY_SET_UP: { status: 409 },
  NOT_SET_UP: { status: 409 },

  VAULT_LOCKED: { status: 423, data: z.object({ state: z.string() }).optional() },
  KEYCHAIN_UNAVAILABLE: { status: 503 },
  WRONG_PASSPHRASE: { status: 401 },
  SEAL_BROKEN: { status: 409, data: z.object({ table: z.string(), rowId: z.string() }) },
  LOG_TAMPERED: { status: 409, data: z.object({ verdict: z.string() }) },

  WORKSPACE_OWNED: { status: 409, data: z.object({ processId: z.int().nullable() }) },
  WORKSPACE_INVALID: { status: 422 },
  WORKSPACE_NEWER: { status: 409 },
  WORKSPACE_READ_ONLY: { status: 403 },
  WORKSPACE_DAMAGED: { status: 500 },
  DISK_FULL: { status: 507 },

  REQUEST_REUSED: { status: 409 },
  ANSWER_NOT_KEPT: { status: 409 },

  NOT_FOUND: { status: 404, data: z.object({ what: z.string(), name: z.string() }).optional() },
  CHANGED_MEANWHILE: { status: 409, data: z.object({ version: z.int() }).optional() },
  SOLE_ADMIN: { status: 409 },
  OWN_ACCOUNT: { status: 409 },
  MAIL_TAKEN: { status: 409 },
  EXTERNAL_ID_TAKEN: { status: 409 },
  EXTERNAL_ID_FIXED: { status: 409 },
  USER_BEING_DELETED: { status: 409 },
  NAME_TAKEN: { status: 409 },
  IN_USE: { status: 409, data: z.object({ by: z.string(), count: z.int() }).optional() },
  LIMIT_BELOW_USAGE: { status: 409, data: z.object({ usedBytes: Bytes }).optional() },

  CONFIRMATION_MISMATCH: { status: 400 },
  PLAN_OUTDATED: { status: 409, data: z.object({ changed: z.array(z.string()) }) },
  PLAN_USED: { status: 409, data: z.object({ deletionId: Id }).optional() },
  DELETION_EXISTS: { status: 409, data: z.object({ deletionId: Id }) },
  NO_CERTIFICATE: { status: 409, data: z.object({ state: z.string() }) },
  WRONG_STATE: { status: 409, data: z.object({ state: z.string() }) },

  STORAGE_UNREACHABLE: { status: 503 },
  STORAGE_REFUSED: { status: 502 },
  STORAGE_ANSWER_INVALID: { status: 502 },
  STORAGE_UNSAFE: { status: 400 },
  NO_OWN_STORE: { status: 409 },
} as const satisfies Record<string, { status: number; data?: z.ZodType }>;

export type ErrorCode = keyof typeof definitions;
export const errorCodes = Object.keys(definitions) as ErrorCode[];

/** The part of the error map that a procedure declares: `errors('MAIL_TAKEN', 'SOLE_ADMIN')`. */
export function errors<Code extends ErrorCode>(...codes: Code[]): Pick<typeof definitions, Code> {
  const picked: Partial<Record<ErrorCode, unknown>> = {};
  for (const code of codes) picked[code] = definitions[code];
  return picked as Pick<typeof definitions, Code>; // Exactly the keys asked for were copied.
}
