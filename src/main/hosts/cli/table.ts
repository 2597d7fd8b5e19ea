import { pad, printable, shorten, textWidth } from './text.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Numbers and sizes stand on the right. */
  readonly align?: 'left' | 'right';
  /** May be cut where the terminal is too narrow; ids and numbers never are. */
  readonly canShrink?: boolean;
}

const GAP = '  ';
const NARROWEST = 12;

/**
 * Rows under headings, aligned. `width` is the terminal's; without one (a file, a pipe) nothing is ever cut. No rows: the
 * sentence that says so.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: { readonly empty: string; readonly width?: number | undefined },
): string {
  if (rows.length === 0) return options.empty;
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))));
  const widths = columns.map((column, at) =>
    Math.max(textWidth(column.title), ...cells.map((line) => textWidth(line[at] ?? ''))),
  );
  if (options.width !== undefined) shrink(widths, columns, options.width);
  const line = (texts: readonly string[]) =>
    texts
      .map((text, at) => cell(text, widths[at] ?? 0, columns[at]?.align ?? 'left'))
      .join(GAP)
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...cells.map(line)].join('\n');
}

function cell(text: string, width: number, align: 'left' | 'right'): string {
  return pad(shorten(text, width), width, align === 'right' ? 'left' : 'right');
}

/** Takes from the widest column that may shrink, one after the other, until the line fits or nothing more can give. */
function shrink(widths: number[], columns: readonly Column<never>[], available: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  while (total() > available) {
    let widest = -1;
    for (const [at, width] of widths.entries())
      if (columns[at]?.canShrink && width > NARROWEST && width > (widths[widest] ?? 0)) widest = at;
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** One thing with its fields below each other: names on the left, values on the right. */
export function fields(pairs: readonly (readonly [name: string, value: string | null])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null);
  const width = Math.max(...shown.map(([name]) => textWidth(name)));
  return shown.map(([name, value]) => `${pad(name, width, 'right')}${GAP}${printable(value)}`).join('\n');
}
