import { ORPCError } from '@orpc/client';
import { isRefusal } from '../../refusal.ts';
import { OwnerLost } from '../owner/owner-lost.ts';

/**
 * How a command ends. 130 and 143 are what shells expect of a program that was ended by SIGINT and SIGTERM, so that a
 * loop around it stops too.
 */
export const exitCodes = { done: 0, failed: 1, usage: 2, waits: 3, interrupted: 130, terminated: 143 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command was written wrongly: nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something of this machine that a command needs failed: a file, the terminal. The code is stable and searchable. */
export class HostFailure extends Error {
  override readonly name = 'HostFailure';
  readonly code:
    | 'FILE_UNREADABLE'
    | 'FILE_UNWRITABLE'
    | 'FILE_INVALID'
    | 'INTERRUPTED'
    | 'INDEX_FAILED'
    | 'HOST_FAILED';

  constructor(code: HostFailure['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Somebody pressed Ctrl-C, or the system asked the program to end. */
export class Interrupted extends HostFailure {
  readonly exit: ExitCode;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', howToGoOn?: string) {
    super('INTERRUPTED', `Stopped.${howToGoOn ? ` ${howToGoOn}` : ''}`);
    this.exit = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
  }
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly data: unknown;
  readonly exit: ExitCode;
}

/**
 * What may be said of any error: a refusal, bad usage and a host's failure in their own words; of everything else nothing
 * but that it happened, as the bridge does it. Never a stack, SQL, or a server's raw body.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { code: 'USAGE', message: error.message, data: null, exit: exitCodes.usage };
  if (error instanceof Interrupted) return { code: error.code, message: error.message, data: null, exit: error.exit };
  if (error instanceof HostFailure)
    return { code: error.code, message: error.message, data: null, exit: exitCodes.failed };
  if (error instanceof OwnerLost)
    return { code: 'OWNER_LOST', message: error.message, data: null, exit: exitCodes.failed };
  if (isRefusal(error))
    return { code: error.code, message: error.message, data: error.data ?? null, exit: exitCodes.failed };
  if (error instanceof ORPCError)
    return { code: error.code, message: error.message, data: error.data ?? null, exit: exitCodes.failed };
  return {
    code: 'INTERNAL',
    message: 'Something went wrong inside the console. Start again with QM_DEBUG=1 to see where.',
    data: null,
    exit: exitCodes.failed,
  };
}

export function hasCode(error: unknown, code: string): boolean {
  return failureOf(error).code === code;
}

/** What to type next, for refusals that the command line can answer. */
export function nextStep({ code, data }: Pick<Failure, 'code' | 'data'>): string | null {
  if (code === 'NOT_FOUND' && typeof data === 'object' && data !== null && 'what' in data)
    return nextWhenMissing[String(data.what)] ?? null;
  return nextSteps[code] ?? null;
}

/** Where to look for what there is, by what was not found. */
const nextWhenMissing: Readonly<Record<string, string>> = {
  'storage profile': "'qm storage list' shows those that there are",
  connection: "'qm connections list' shows those that there are",
};

const nextSteps: Readonly<Record<string, string>> = {
  PASSWORD_MUST_CHANGE: 'qm password change',
  VAULT_LOCKED: 'give the passphrase with --passphrase-file F or QM_PASSPHRASE_FILE, or unlock the keychain',
  KEYCHAIN_UNAVAILABLE: 'qm setup … --passphrase-file F',
  NOT_SET_UP: 'qm setup --mail ADDRESS --name NAME',
  PLAN_OUTDATED: 'qm deletions plan USER',
  CHANGED_MEANWHILE: 'look again, then repeat the command',
  LOG_TAMPERED: 'qm audit verify',
  WRONG_STATE: "'qm deletions show ID' says where the deletion is and what it waits for",
  NO_OWN_STORE: 'qm storage add … --own',
};
