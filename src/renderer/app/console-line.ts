import type { ClientLink } from '@orpc/client';
import { type Line, NotAdmitted } from './connect.ts';

type NoContext = Record<never, never>;

/** `lost`: the console does not answer, and it is tried again. `not_admitted`: only a new link from the host helps. */
export type LineState = 'connecting' | 'open' | 'lost' | 'not_admitted';

export interface ConsoleLine {
  readonly link: ClientLink<NoContext>;
  state(): LineState;
  /** Called after each change of the state. Answers the way to stop that. */
  subscribe(listener: () => void): () => void;
  /** Tries at once instead of after the pause. */
  retry(): void;
}

export interface ConsoleLineOptions {
  readonly connect: () => Promise<Line>;
  /** Runs once on each new line, before any other call goes out on it: the session is taken up again here. */
  readonly greet: (link: ClientLink<NoContext>) => Promise<void>;
  /** Null: for as long as it takes. The limit ends with the answer's beginning, so that a watch is not cut off. */
  readonly timeLimitMs: (procedure: string) => number;
  /**
   * Whether a call whose line went dead is sent again on the next one. It has the same request id then, so that a write that
   * was done already is only answered.
   */
  readonly maySendAgain?: (procedure: string) => boolean;
  readonly pauseMs?: (failures: number) => number;
}

/** The console took longer than the call allows; whether it was done is not known. */
export class TimeLimitExceeded extends Error {
  readonly limitMs: number;
  constructor(limitMs: number) {
    super(`The console did not answer within ${limitMs / 1000} s.`);
    this.limitMs = limitMs;
  }
}

/** The line went dead while the call was under way; whether it was done is not known. */
export class LineLost extends Error {
  constructor() {
    super('The line to the console was cut.');
  }
}

const GREETING_LIMIT_MS = 15_000;
const MAX_SENDINGS = 4;
const PAUSE_BEFORE_NEXT_MS = 250;

/**
 * A link that outlives its lines: a port or socket that has died is replaced, calls wait for the next one, and those that
 * were under way are rejected with `LineLost`. Any number of callers that come at once wait for one and the same line.
 */
export function openConsoleLine(options: ConsoleLineOptions): ConsoleLine {
  const { pauseMs = (failures) => Math.min(500 * 2 ** failures, 10_000) } = options;
  const listeners = new Set<() => void>();
  let state: LineState = 'connecting';
  let ready: Promise<Line> | null = null;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const become = (next: LineState) => {
    if (state === next) return;
    state = next;
    for (const listener of listeners) listener();
  };

  async function open(): Promise<Line> {
    const line = await options.connect();
    let isOurs = true;
    void line.ended.then(() => {
      if (!isOurs) return;
      ready = null;
      become('lost');
      again();
    });
    try {
      await within(GREETING_LIMIT_MS, undefined, () => untilEnded(line, options.greet(line.link)));
    } catch (error) {
      isOurs = false;
      line.close();
      throw error;
    }
    failures = 0;
    become('open');
    return line;
  }

  function current(): Promise<Line> {
    if (timer) clearTimeout(timer);
    timer = null;
    ready ??= open().catch((error: unknown) => {
      ready = null;
      become(error instanceof NotAdmitted ? 'not_admitted' : 'lost');
      if (!(error instanceof NotAdmitted)) again();
      throw error;
    });
    return ready;
  }

  function again(): void {
    if (timer || ready) return;
    timer = setTimeout(() => {
      timer = null;
      failures += 1;
      current().catch(() => undefined);
    }, pauseMs(failures));
  }

  const link: ClientLink<NoContext> = {
    async call(path, input, callOptions) {
      const procedure = path.join('.');
      const requestId = crypto.randomUUID();
      return within(options.timeLimitMs(procedure), callOptions.signal, async (signal) => {
        for (let sendings = 1; ; sendings += 1) {
          try {
            const line = await lineOrLost(current());
            signal.throwIfAborted();
            const context = { requestId };
            return await untilEnded(line, line.link.call(path, input, { ...callOptions, signal, context }));
          } catch (error) {
            const isLost = error instanceof LineLost && !signal.aborted && state !== 'not_admitted';
            if (!isLost || sendings >= MAX_SENDINGS || !options.maySendAgain?.(procedure)) throw error;
            await new Promise((resolve) => setTimeout(resolve, PAUSE_BEFORE_NEXT_MS * sendings));
          }
        }
      });
    },
  };

  return {
    link,
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    retry() {
      failures = 0;
      current().catch(() => undefined);
    },
  };
}

async function lineOrLost(line: Promise<Line>): Promise<Line> {
  try {
    return await line;
  } catch {
    throw new LineLost();
  }
}

/** A call on a port that has closed never settles; this one does. */
async function untilEnded<T>(line: Line, call: Promise<T>): Promise<T> {
  let isEnded = false;
  const lost = line.ended.then((): never => {
    isEnded = true;
    throw new LineLost();
  });
  try {
    return await Promise.race([call, lost]);
  } catch (error) {
    // oRPC rejects what was under way by itself when the line closes, a moment before or after.
    await Promise.resolve();
    throw isEnded ? new LineLost() : error;
  } finally {
    lost.catch(() => undefined);
  }
}

/** Gives up after the limit, and takes the caller's own signal along. Both stop the call on the console's side too. */
async function within<T>(
  limitMs: number,
  outer: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(outer?.reason);
  if (outer?.aborted) onAbort();
  outer?.addEventListener('abort', onAbort, { once: true });
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isOver = true;
      const error = new TimeLimitExceeded(limitMs);
      reject(error);
      controller.abort(error);
    }, limitMs);
  });
  try {
    return await Promise.race([call(controller.signal), limit]);
  } catch (error) {
    throw isOver ? new TimeLimitExceeded(limitMs) : error;
  } finally {
    clearTimeout(timer);
  }
}
