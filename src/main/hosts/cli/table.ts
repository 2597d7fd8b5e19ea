import { pad, printable, shorten, textWidth } from './text.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Numbers and sizes stand on the right. */
  readonly align?: 'left' | 'right';
  /** May be cut where the terminal is too narrow; ids and numbers never are. */
  readonly canShrink?: boolean;
  /** May be left out where the terminal is too narrow even so; 1 goes first. */
  readonly canGo?: number;
}

const GAP = '  ';
const NARROWEST = 12;

/**
 * Rows under headings, aligned. `width` is the terminal's; without one (a file, a pipe) nothing is ever cut or left out.
 * No rows: the sentence that says so.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: { readonly empty: string; readonly width?: number | undefined },
): string {
  if (rows.length === 0) return options.empty;
  const laid = columns.map((column) => {
    const cells = rows.map((row) => printable(column.value(row)));
    return { column, cells, width: Math.max(textWidth(column.title), ...cells.map(textWidth)) };
  });
  const { shown, gone } = options.width === undefined ? { shown: laid, gone: [] } : fitTo(laid, options.width);
  const lines = Array.from({ length: rows.length + 1 }, (_, at) =>
    shown
      .map(({ column, cells, width }) => {
        const text = shorten(at === 0 ? column.title : (cells[at - 1] ?? ''), width);
        return pad(text, width, column.align === 'right' ? 'left' : 'right');
      })
      .join(GAP)
      .trimEnd(),
  );
  if (gone.length > 0) lines.push('', `Too narrow for ${gone.join(', ')}; --json has them all.`);
  return lines.join('\n');
}

interface Laid {
  readonly column: Pick<Column<never>, 'title' | 'canShrink' | 'canGo'>;
  readonly width: number;
}

/** Takes from the widest column that may shrink until the line fits, and leaves columns out where that is not enough. */
function fitTo<One extends Laid>(all: readonly One[], available: number): { shown: One[]; gone: string[] } {
  let shown = [...all];
  const gone: One[] = [];
  const total = (list: readonly Laid[]) =>
    list.reduce((sum, { width }) => sum + width, 0) + GAP.length * (list.length - 1);
  const least = (list: readonly One[]) =>
    total(list.map((one) => (one.column.canShrink ? { ...one, width: Math.min(one.width, NARROWEST) } : one)));
  const leaving = all
    .filter(({ column }) => column.canGo !== undefined)
    .sort((a, b) => (a.column.canGo ?? 0) - (b.column.canGo ?? 0));
  for (const one of leaving) {
    if (least(shown) <= available) break;
    shown = shown.filter((other) => other !== one);
    gone.push(one);
  }
  // A wide one that went later may have made room for a narrow one that went before it.
  for (const one of gone.toReversed()) {
    const fuller = all.filter((other) => other === one || shown.includes(other));
    if (least(fuller) <= available) shown = fuller;
  }
  while (total(shown) > available) {
    const widest = shown.reduce<One | null>(
      (found, one) => (one.column.canShrink && one.width > NARROWEST && one.width > (found?.width ?? 0) ? one : found),
      null,
    );
    if (!widest) break;
    shown = shown.map((one) => (one === widest ? { ...one, width: one.width - 1 } : one));
  }
  return { shown, gone: gone.filter((one) => !shown.includes(one)).map((one) => one.column.title) };
}

/** One thing with its fields below each other: names on the left, values on the right. */
export function fields(pairs: readonly (readonly [name: string, value: string | null])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null);
  const width = Math.max(...shown.map(([name]) => textWidth(name)));
  return shown.map(([name, value]) => `${pad(name, width, 'right')}${GAP}${printable(value)}`).join('\n');
}
