export interface Sample {
  readonly at: number;
  readonly settled: number;
}

/** A sample a second for so long: what the line shows and the pace is taken from. */
export const PACE_WINDOW_MS = 120_000;
const RATE_WINDOW_MS = 20_000;

/** Adds a sample; at most one a second is kept, and none older than the window. Going back (another run) begins anew. */
export function addSample(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last && next.settled < last.settled) return [next];
  const kept = samples.filter(({ at }) => next.at - at <= PACE_WINDOW_MS);
  const previous = kept.at(-1);
  if (previous && next.at - previous.at < 1000) return kept;
  return [...kept, next];
}

/** Objects a second over the last twenty seconds; null while there are fewer than three to tell from. */
export function paceOf(samples: readonly Sample[]): number | null {
  const last = samples.at(-1);
  if (!last) return null;
  const recent = samples.filter(({ at }) => last.at - at <= RATE_WINDOW_MS);
  const first = recent[0];
  if (!first || last.at - first.at < 3000) return null;
  return ((last.settled - first.settled) * 1000) / (last.at - first.at);
}

/** Time left at the present pace; null where it cannot be told. */
export function timeLeftMs(samples: readonly Sample[], total: number): number | null {
  const pace = paceOf(samples);
  const settled = samples.at(-1)?.settled ?? 0;
  if (pace === null || pace <= 0 || settled >= total) return null;
  return ((total - settled) / pace) * 1000;
}

/** Pace between neighbours, as points of a line in a box of `width` x `height`; newest right. */
export function paceLine(samples: readonly Sample[], width: number, height: number): string {
  const last = samples.at(-1);
  if (!last || samples.length < 3) return '';
  const rates = samples.slice(1).map((sample, index) => {
    const before = samples[index] ?? sample;
    return { at: sample.at, rate: ((sample.settled - before.settled) * 1000) / Math.max(sample.at - before.at, 1) };
  });
  const most = Math.max(...rates.map(({ rate }) => rate), 1);
  return rates
    .map(({ at, rate }) => {
      const x = width - ((last.at - at) / PACE_WINDOW_MS) * width;
      return `${Math.round(x * 10) / 10},${Math.round((height - 1 - (rate / most) * (height - 2)) * 10) / 10}`;
    })
    .join(' ');
}
