/**
 * The OS keychain behind four methods. Values are bytes. Every call may block on a prompt, so callers give a signal.
 * Failures are `KeychainError`; `get` answers null only where the item is truly absent.
 */
export interface Keychain {
  /** Whether a keychain can hold an item now: proven by writing and removing one, since `null` alone proves nothing. */
  probe(signal?: AbortSignal): Promise<'available' | 'locked' | 'unavailable'>;
  get(account: string, signal?: AbortSignal): Promise<Uint8Array | null>;
  set(account: string, value: Uint8Array, signal?: AbortSignal): Promise<void>;
  remove(account: string, signal?: AbortSignal): Promise<void>;
}

export class KeychainError extends Error {
  override readonly name = 'KeychainError';
  readonly state: 'locked' | 'unavailable';

  constructor(state: 'locked' | 'unavailable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.state = state;
  }
}
