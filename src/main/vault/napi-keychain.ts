import { AsyncEntry } from '@napi-rs/keyring';
import { type Keychain, KeychainError } from './keychain.ts';

type Call<Answer> = (entry: AsyncEntry, signal: AbortSignal) => Promise<Answer>;

const PROBE_ACCOUNT = 'probe';

export interface SystemKeychainOptions {
  /** The service under which all items stand; tests use others. */
  readonly service?: string;
  /** A call is given up after this, for a prompt that nobody answers. */
  readonly timeoutMs?: number;
}

/**
 * What keyring-rs says, as a state. It gives plain errors with one code for all of them, so the message is all there is;
 * what is not in the table counts as unavailable.
 */
const LOCKED = [
  /prompt was dismissed/i, // Secret Service: the collection is locked, and nobody unlocked it.
  /is ?locked/i, // Secret Service: org.freedesktop.Secret.Error.IsLocked.
  /user interaction is not allowed/i, // macOS: errSecInteractionNotAllowed, keychain locked.
  /user ?name or passphrase .* not correct/i, // macOS: errSecAuthFailed.
  /user cancell?ed/i, // macOS: errSecUserCanceled.
];

/**
 * The keychain of this OS account through @napi-rs/keyring: Keychain on macOS, Credential Manager on Windows, and on
 * Linux the Secret Service alone (the library's default falls back, without a word, to a store that is gone at reboot).
 */
export function openSystemKeychain(options: SystemKeychainOptions = {}): Keychain {
  const { service = 'quartermaster', timeoutMs = 20_000 } = options;
  // Making an entry connects to D-Bus and blocks for some milliseconds, so each account's is made once.
  const entries = new Map<string, AsyncEntry>();
  let queue: Promise<unknown> = Promise.resolve();
  let hanging = false;

  function entryOf(account: string): AsyncEntry {
    const known = entries.get(account);
    if (known) return known;
    const made = new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
    entries.set(account, made);
    return made;
  }

  /** A call that is given up goes on in its pool thread: an abort does not stop one that waits for a prompt. */
  async function once<Answer>(account: string, call: Call<Answer>, limit: AbortSignal): Promise<Answer> {
    const asked = call(entryOf(account), limit);
    hanging = true;
    const settled = asked.finally(() => {
      hanging = false;
    });
    return Promise.race([settled, whenAborted(limit)]);
  }

  /** One call at a time, and none while an earlier one hangs: all threads of the pool would soon hang with it. */
  function ask<Answer>(account: string, call: Call<Answer>, signal?: AbortSignal): Promise<Answer> {
    const run = async (): Promise<Answer> => {
      if (hanging) throw new KeychainError('locked', 'the keychain still waits for an earlier prompt to be answered');
      signal?.throwIfAborted();
      const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
      for (;;) {
        const isOldConnection = entries.has(account);
        try {
          return await once(account, call, limit);
        } catch (error) {
          entries.delete(account);
          signal?.throwIfAborted();
          const failure = explain(error);
          // A service that was started anew does not know the connections of the one before.
          if (!isOldConnection || failure.state === 'locked') throw failure;
        }
      }
    };
    const answer = queue.then(run, run);
    queue = answer.catch(() => undefined);
    return answer;
  }

  async function probe(signal?: AbortSignal): Promise<'available' | 'locked' | 'unavailable'> {
    try {
      await ask(PROBE_ACCOUNT, (entry, limit) => entry.setSecret(Buffer.from('quartermaster'), limit), signal);
      await ask(PROBE_ACCOUNT, (entry, limit) => entry.deleteCredential(limit), signal);
      return 'available';
    } catch (error) {
      if (error instanceof KeychainError) return error.state;
      throw error;
    }
  }

  return {
    probe,

    async get(account, signal) {
      const value = await ask(account, (entry, limit) => entry.getSecret(limit), signal);
      if (value !== null) return takeOver(value);
      // A locked Secret Service answers null for what it holds, so absence is believed only once something can be written.
      const state = await probe(signal);
      if (state !== 'available') throw new KeychainError(state, 'the keychain cannot say whether it holds the item');
      return null;
    },

    set: (account, value, signal) => ask(account, (entry, limit) => entry.setSecret(value, limit), signal),

    async remove(account, signal) {
      await ask(account, (entry, limit) => entry.deleteCredential(limit), signal);
    },
  };
}

function takeOver(value: number[]): Uint8Array {
  const bytes = Uint8Array.from(value);
  value.fill(0);
  return bytes;
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function explain(error: unknown): KeychainError {
  if (error instanceof KeychainError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  if (isTimeout)
    return new KeychainError('locked', 'the keychain did not answer in time: it may be waiting for its prompt', {
      cause: error,
    });
  return new KeychainError(LOCKED.some((pattern) => pattern.test(message)) ? 'locked' : 'unavailable', message, {
    cause: error,
  });
}
