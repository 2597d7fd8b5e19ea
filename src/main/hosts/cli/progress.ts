import { columnsOf } from './terminal.ts';
import { printable, shorten } from './text.ts';

/** What a long command is at: facts for scripts, one line for people. */
export interface ProgressStep {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly line: string;
  /** Whether something turned that should be seen even where lines are few. */
  readonly isTurn: boolean;
}

export interface Progress {
  show(step: ProgressStep): void;
  /** Leaves the last line standing and ends it. */
  end(): void;
}

/** Redrawn no more often than this on a terminal, and written no more often elsewhere. */
const REDRAW_MS = 100;
const LINE_MS = 5_000;
const JSON_MS = 1_000;

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  readonly json: boolean;
  readonly now: () => number;
}

/**
 * Progress on standard error: a JSON object a line for scripts, a line redrawn in place on a terminal, and elsewhere a
 * plain line now and then. Standard output is never touched.
 */
export function openProgress(options: ProgressOptions): Progress {
  const { stream, json, now } = options;
  const inPlace = !json && stream.isTTY;
  const pause = json ? JSON_MS : inPlace ? REDRAW_MS : LINE_MS;
  let last = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  let held: ProgressStep | null = null;
  const put = (step: ProgressStep) => {
    last = now();
    held = null;
    if (json) stream.write(`${JSON.stringify(step.facts)}\n`);
    else if (inPlace)
      stream.write(`\r\u001b[2K${shorten(printable(step.line), Math.max(20, (columnsOf(stream) ?? 80) - 1))}`);
    else stream.write(`${printable(step.line)}\n`);
    isDrawn = inPlace;
  };
  return {
    show(step) {
      if (step.isTurn || now() - last >= pause) put(step);
      else held = step;
    },
    end() {
      if (held) put(held);
      if (isDrawn) stream.write('\n');
      isDrawn = false;
    },
  };
}

/** Pace since the work was first seen, and the time that is left at it; null until there is something to go by. */
export function openPace(
  now: () => number,
): (done: number, all: number) => { perSecond: number; leftMs: number } | null {
  let start: { at: number; done: number } | null = null;
  return (done, all) => {
    start ??= { at: now(), done };
    const elapsedMs = now() - start.at;
    const worked = done - start.done;
    if (elapsedMs < 1_000 || worked <= 0) return null;
    const perSecond = (worked * 1000) / elapsedMs;
    return { perSecond, leftMs: (Math.max(0, all - done) * 1000) / perSecond };
  };
}
