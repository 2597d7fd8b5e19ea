import { flag, optional, wholeNumber } from '../verb.ts';

/** Options of every list. */
export const pageOptions = {
  limit: wholeNumber('--limit <count>', 'rows on a page, 500 at most', 1),
  after: optional('--after <key>', "go on after this key: the 'next' of the page before"),
  all: flag('--all', 'every page, one after the other'),
};

export interface PageOptions {
  readonly limit: number | undefined;
  readonly after: string | undefined;
  readonly all: boolean;
}

export interface Page<Row> {
  readonly rows: Row[];
  readonly next: string | null;
}

/** One page, or with `--all` everything, read page by page. */
export async function readPages<Row>(
  options: PageOptions,
  read: (page: { after?: string; limit?: number }) => Promise<Page<Row>>,
  signal: AbortSignal,
): Promise<Page<Row>> {
  const pageOf = (after: string | undefined) =>
    read({ ...(after === undefined ? {} : { after }), ...limitOf(options) });
  let page = await pageOf(options.after);
  if (!options.all) return page;
  const rows = [...page.rows];
  while (page.next !== null) {
    signal.throwIfAborted();
    page = await pageOf(page.next);
    rows.push(...page.rows);
  }
  return { rows, next: null };
}

function limitOf(options: PageOptions): { limit?: number } {
  if (options.limit !== undefined) return { limit: options.limit };
  return options.all ? { limit: 500 } : {};
}

/** The line below a table that says how to go on. */
export function moreOf(next: string | null, command: string): string {
  return next === null ? '' : `\n\nThere is more: ${command} --after ${next}    (or --all)`;
}
