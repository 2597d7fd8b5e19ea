import { Interrupted } from './failures.ts';

type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * One Ctrl-C reaches this process more than once: from the terminal, which sends it to everybody in the foreground, and
 * again from npm and from the launcher, which pass theirs on. A second one counts only after this long.
 */
const ECHO_MS = 500;
/** How long a command may take to stop by itself before it is left where it is. */
const GRACE_MS = 10_000;

export interface Interruption {
  /** Aborted by the first signal, with `Interrupted` as its reason. */
  readonly signal: AbortSignal;
  /** Settles with the work, or rejects once it was interrupted and did not stop by itself in time. */
  race<T>(work: Promise<T>): Promise<T>;
  stop(): void;
}

/** Listens for Ctrl-C and its like. The first one asks the command to stop; a second one ends the process at once. */
export function listenForInterruption(onFirst: () => void): Interruption {
  const abort = new AbortController();
  let firstAt = 0;
  const onSignal = (signal: EndingSignal) => {
    if (!abort.signal.aborted) {
      firstAt = Date.now();
      abort.abort(new Interrupted(signal));
      onFirst();
    } else if (Date.now() - firstAt > ECHO_MS) {
      process.exit(new Interrupted(signal).exit);
    }
  };
  const signals: readonly EndingSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: abort.signal,
    race(work) {
      return new Promise((resolve, reject) => {
        const giveUp = () => setTimeout(() => reject(abort.signal.reason), GRACE_MS).unref();
        if (abort.signal.aborted) giveUp();
        else abort.signal.addEventListener('abort', giveUp, { once: true });
        work.then(resolve, reject);
      });
    },
    stop() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
