/** No more than ten answers a second: there is no backpressure across the bridge. */
const INTERVAL_MS = 100;

/** Who wants to know of changes, by deletion. */
export interface Watchers {
  /** Something of the deletion changed. Cheap: called after every transaction. */
  changed(id: string): void;
  /** What `read` answers now, and again after changes, coalesced; ends after an answer for which `isEnd` holds. */
  watch<Answer>(
    id: string,
    read: () => Answer,
    isEnd: (answer: Answer) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Answer>;
  /** Ends everybody's watching. */
  close(): void;
}

export function openWatchers(): Watchers {
  const listeners = new Map<string, Set<() => void>>();
  const closing = new AbortController();
  return {
    changed(id) {
      for (const listener of listeners.get(id) ?? []) listener();
    },
    async *watch(id, read, isEnd, signal) {
      const ended = AbortSignal.any([signal, closing.signal]);
      let isNews = true;
      let wake: () => void = () => {};
      const listener = () => {
        isNews = true;
        wake();
      };
      const mine = listeners.get(id) ?? new Set();
      listeners.set(id, mine.add(listener));
      const wakeAtEnd = () => wake();
      ended.addEventListener('abort', wakeAtEnd);
      try {
        while (!ended.aborted) {
          if (!isNews) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
            continue;
          }
          isNews = false;
          const answer = read();
          yield answer;
          if (isEnd(answer)) return;
          await pause(INTERVAL_MS, ended);
        }
      } finally {
        ended.removeEventListener('abort', wakeAtEnd);
        mine.delete(listener);
        if (mine.size === 0) listeners.delete(id);
      }
    },
    close() {
      closing.abort();
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
