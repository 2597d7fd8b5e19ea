import { isRefusal } from '../refusal.ts';
import { StorageError } from '../storage/index.ts';
import type { WaitingReason } from './rows.ts';

/** The run was asked to stop: paused, cancelled, or the console closes. What is in flight was finished before. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** The run cannot go on now. Carried to the motor, which writes it down and comes back, or waits for an answer. */
export class Waits extends Error {
  override readonly name = 'Waits';
  readonly reason: WaitingReason;
  /** Public id of the backend's source; null where it is not about one. */
  readonly backendId: string | null;
  readonly retryAfterMs: number | null;

  constructor(reason: WaitingReason, backendId: string | null, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.reason = reason;
    this.backendId = backendId;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Why a backend's work could not be done, for people and for the choice of what to do about it. */
export interface Trouble {
  readonly reason: 'offline' | 'backend' | 'vault' | 'reauthorise';
  readonly message: string;
  readonly retryAfterMs: number | null;
  /** It is no backend's doing: going on without one would be no answer to it. */
  readonly isOurs: boolean;
}

/** Reads a failure of a backend; null where the failure is not the backend's: it is a mistake of ours, or a stop. */
export function troubleOf(error: unknown): Trouble | null {
  if (isRefusal(error, 'VAULT_LOCKED'))
    return { reason: 'vault', message: error.message, retryAfterMs: null, isOurs: true };
  if (isRefusal(error, 'SEAL_BROKEN') && isAboutTheDeletion(error.data))
    return { reason: 'reauthorise', message: error.message, retryAfterMs: null, isOurs: true };
  if (isRefusal(error, 'SEAL_BROKEN') || isRefusal(error, 'STORAGE_UNSAFE') || isRefusal(error, 'STORAGE_REFUSED'))
    return { reason: 'reauthorise', message: error.message, retryAfterMs: null, isOurs: false };
  if (!(error instanceof StorageError) || error.failure === 'aborted') return null;
  const { message, retryAfterMs } = error;
  switch (error.failure) {
    case 'offline':
      return { reason: 'offline', message, retryAfterMs, isOurs: false };
    case 'reauthorise':
      return { reason: 'reauthorise', message, retryAfterMs, isOurs: false };
    default:
      return { reason: 'backend', message, retryAfterMs, isOurs: false };
  }
}

/** A deletion's own row that somebody else wrote is obeyed in nothing, whatever was chosen about backends. */
function isAboutTheDeletion(data: unknown): boolean {
  const table = typeof data === 'object' && data !== null ? Reflect.get(data, 'table') : null;
  return table === 'deletions' || table === 'plans';
}
