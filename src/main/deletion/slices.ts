import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tx } from '../database/index.ts';

/** Milliseconds that one transaction may take before it makes room for others. */
const BUDGET_MS = 4;
/** Rows between two looks at the clock. */
const ROWS_PER_LOOK = 16;

/**
 * Writes many rows in transactions short enough that nothing else waits for them: `each` for every item, then `close` at
 * the end of each transaction with what it held. A crash between two of them leaves the earlier ones done.
 */
export async function inSlices<Item>(
  items: readonly Item[],
  write: (work: (tx: Tx) => void) => void,
  each: (tx: Tx, item: Item, index: number) => void,
  close: (tx: Tx, slice: { readonly from: number; readonly to: number; readonly isLast: boolean }) => void,
): Promise<void> {
  let from = 0;
  do {
    let to = from;
    write((tx) => {
      const until = performance.now() + BUDGET_MS;
      for (to = from; to < items.length; to += 1) {
        if (to > from && (to - from) % ROWS_PER_LOOK === 0 && performance.now() >= until) break;
        each(tx, items[to] as Item, to); // Within bounds: checked by the loop.
      }
      close(tx, { from, to, isLast: to === items.length });
    });
    from = to;
    if (from < items.length) await nextTurn();
  } while (from < items.length);
}
