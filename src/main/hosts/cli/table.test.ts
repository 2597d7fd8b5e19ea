import { describe, expect, test } from 'vitest';
import { fields, table } from './table.ts';
import { columnsOf } from './terminal.ts';
import { printable, shorten, textWidth } from './text.ts';

interface Row {
  readonly name: string;
  readonly size: number;
}
const columns = [
  { title: 'NAME', value: (row: Row) => row.name, canShrink: true },
  { title: 'SIZE', value: (row: Row) => String(row.size), align: 'right' as const },
];

describe('tables for people', () => {
  test('columns are aligned, numbers on the right, nothing trails', () => {
    expect(
      table(
        [
          { name: 'ada', size: 5 },
          { name: 'b', size: 1234 },
        ],
        columns,
        { empty: 'none' },
      ),
    ).toBe('NAME  SIZE\nada      5\nb     1234');
  });

  test('wide, combining and emoji characters take the columns that a terminal gives them', () => {
    expect(textWidth('漢字')).toBe(4);
    expect(textWidth('ｆｕｌｌ')).toBe(8);
    expect(textWidth('u\u0308')).toBe(1);
    expect(textWidth('👩‍👩‍👧')).toBe(2);
    expect(textWidth('❤️')).toBe(2);
    expect(textWidth('a\u200bb')).toBe(2);
    const lines = table(
      [
        { name: '漢字', size: 1 },
        { name: 'abcd', size: 2 },
        { name: '😀é', size: 3 },
      ],
      columns,
      { empty: '' },
    ).split('\n');
    expect(new Set(lines.map(textWidth))).toEqual(new Set([textWidth(lines[0] ?? '')]));
  });

  test('text of others cannot steer the terminal or turn its own order around', () => {
    const text = table([{ name: 'a\u001b]0;owned\u0007b\r\nc\u202edcba', size: 1 }], columns, { empty: '' });
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text.split('\n')).toHaveLength(2);
    expect(printable('\u001b[2J')).toBe('\\u001b[2J');
    expect(fields([['Key', 'x\ny']])).toBe('Key  x\\u000ay');
  });

  test('a narrow terminal cuts what may be cut and nothing else', () => {
    const rows = [{ name: 'a name that goes on and on and on', size: 123456789 }];
    const text = table(rows, columns, { empty: '', width: 30 });
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(30);
    expect(text).toContain('…');
    expect(text).toContain('123456789');
    expect(table(rows, columns, { empty: '' })).toContain('a name that goes on and on and on');
  });

  test('where even that is too wide, columns that may go are left out, in their order, and named', () => {
    const rows = [{ name: 'a name that goes on and on', size: 123456789 }];
    const wide = [
      ...columns,
      { title: 'FIRST', value: () => 'x'.repeat(20), canGo: 1 },
      { title: 'SECOND', value: () => 'y'.repeat(20), canGo: 2 },
    ];
    const text = table(rows, wide, { empty: '', width: 50 });
    expect(text).toContain('y'.repeat(20));
    expect(text).not.toContain('xxx');
    expect(text).toMatch(/Too narrow for FIRST; --json has them all\.$/);
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(50);
    expect(table(rows, wide, { empty: '', width: 30 })).toContain('Too narrow for FIRST, SECOND;');
    expect(table(rows, wide, { empty: '', width: 200 })).not.toContain('Too narrow');
  });

  test('a narrow column that went before a wide one comes back where that one made room', () => {
    const rows = [{ name: 'ada', size: 5 }];
    const wide = [
      ...columns,
      { title: 'FIRST', value: () => 'x', canGo: 1 },
      { title: 'SECOND', value: () => 'y'.repeat(60), canGo: 2 },
    ];
    const text = table(rows, wide, { empty: '', width: 40 });
    expect(text.split('\n')[0]).toBe('NAME  SIZE  FIRST');
    expect(text).toMatch(/Too narrow for SECOND; --json has them all\.$/);
  });

  test.each([
    [{ isTTY: true, columns: 80 }, 80],
    [{ isTTY: true, columns: 0 }, 100],
    [{ isTTY: true }, 100],
    [{ columns: 80 }, undefined],
  ])('a terminal without a size is one of 100 columns: %j has %s', (stream, width) => {
    // The two fields of a stream that its width is read from.
    expect(columnsOf(stream as NodeJS.WriteStream)).toBe(width);
  });

  test('cutting never splits a character', () => {
    expect(shorten('漢字漢字', 5)).toBe('漢字…');
    expect(shorten('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…');
    expect(shorten('short', 5)).toBe('short');
  });

  test('nothing to show is a sentence', () => {
    expect(table([], columns, { empty: 'No user matches.' })).toBe('No user matches.');
  });
});
