import { compareKeys } from '../key-order.ts';

interface Keyed {
  readonly key: string;
}

const RUN_LENGTH = 1000;

/**
 * Takes keyed things in any order and gives them back in key order, without one long sort: runs of a thousand are sorted
 * as they fill, and merged as they are read. It holds about `capacity` at most: of more it keeps the smallest and says up
 * to which key it is complete.
 */
export class SortedRuns<Item extends Keyed> {
  readonly #capacity: number;
  #runs: Item[][] = [];
  #open: Item[] = [];
  #held = 0;
  #completeTo: string | null = null;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The last key up to which nothing is missing; null where nothing was left out. */
  get completeTo(): string | null {
    return this.#completeTo;
  }

  get held(): number {
    return this.#held;
  }

  add(item: Item): void {
    if (this.#completeTo !== null && compareKeys(item.key, this.#completeTo) > 0) return;
    this.#open.push(item);
    this.#held += 1;
    if (this.#open.length >= RUN_LENGTH) this.#closeRun();
  }

  #closeRun(): void {
    if (this.#open.length === 0) return;
    this.#runs.push(this.#open.sort((a, b) => compareKeys(a.key, b.key)));
    this.#open = [];
    if (this.#held > this.#capacity && this.#runs.length > 1) this.#cut();
  }

  /** Drops the largest quarter or more: everything above the median of the runs' medians, each weighed by its run. */
  #cut(): void {
    const medians = this.#runs
      .map((run) => ({ key: run[Math.floor((run.length - 1) / 2)]?.key ?? '', weight: run.length }))
      .sort((a, b) => compareKeys(a.key, b.key));
    let weight = 0;
    let bound = '';
    for (const median of medians) {
      bound = median.key;
      weight += median.weight;
      if (weight >= this.#held / 2) break;
    }
    this.#completeTo = bound;
    this.#runs = this.#runs.map((run) => run.slice(0, countUpTo(run, bound))).filter((run) => run.length > 0);
    this.#held = this.#runs.reduce((sum, run) => sum + run.length, 0);
  }

  /** Nothing more is added. */
  close(): this {
    this.#closeRun();
    return this;
  }

  /** Everything held, in key order, after `close`. */
  *read(): Generator<Item> {
    const heap = this.#runs.map((run) => ({ run, at: 0 }));
    const keyAt = (index: number): string => {
      const cursor = heap[index];
      return cursor?.run[cursor.at]?.key ?? '';
    };
    const sink = (from: number): void => {
      for (let at = from; ; ) {
        const left = 2 * at + 1;
        if (left >= heap.length) return;
        const right = left + 1;
        const least = right < heap.length && compareKeys(keyAt(right), keyAt(left)) < 0 ? right : left;
        if (compareKeys(keyAt(at), keyAt(least)) <= 0) return;
        const lower = heap[least];
        const upper = heap[at];
        if (!lower || !upper) return;
        heap[at] = lower;
        heap[least] = upper;
        at = least;
      }
    };
    for (let at = Math.floor(heap.length / 2) - 1; at >= 0; at -= 1) sink(at);
    for (let top = heap[0]; top; top = heap[0]) {
      const item = top.run[top.at];
      top.at += 1;
      this.#held -= 1;
      if (top.at >= top.run.length) {
        const last = heap.pop();
        if (last && last !== top) heap[0] = last;
      }
      sink(0);
      if (item) yield item;
    }
  }
}

/** How many of a sorted run are at most `bound`. */
function countUpTo(run: readonly Keyed[], bound: string): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(run[middle]?.key ?? '', bound) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
