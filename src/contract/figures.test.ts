import { describe, expect, test } from 'vitest';
import { bytesText, countText, durationText, limitText, percentOf, plural, sizeText, wholePercent } from './figures.ts';

const GIB = 2 ** 30;
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('sizes for people', () => {
  test.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [9.2 * GIB, '9.20 GiB'],
    [9.9951 * GIB, '10.0 GiB'],
    [18.6 * GIB, '18.6 GiB'],
    [99.96 * GIB, '100 GiB'],
    [213 * GIB, '213 GiB'],
    [731 * 2 ** 20, '731 MiB'],
    [1023.4 * 2 ** 20, '1023 MiB'],
    [1023.6 * 2 ** 20, '1.00 GiB'],
    [Number.MAX_SAFE_INTEGER, '8.00 PiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(plain(sizeText(Math.round(bytes)))).toBe(text);
  });

  test('a limit is written as it was meant, without figures that nobody typed', () => {
    expect(plain(limitText(20 * GIB))).toBe('20 GiB');
    expect(plain(limitText(1.5 * 2 ** 40))).toBe('1.5 TiB');
    expect(plain(limitText(10_000_000_000))).toBe('9.31 GiB');
    expect(plain(limitText(0))).toBe('0 B');
  });

  test('bytes are echoed exactly', () => {
    expect(plain(bytesText(5 * GIB))).toBe('5,368,709,120 bytes');
    expect(plain(bytesText(1))).toBe('1 byte');
  });
});

describe('Q1: a share in words', () => {
  test.each([
    [0, 1000, '0'],
    [1, 1000, '<1'],
    [10, 1000, '1'],
    [999, 1000, '99'],
    [1000, 1000, '100'],
    [1001, 1000, '101'],
    [1010, 1000, '101'],
    [1020, 1000, '102'],
    [7, 100, '7'],
    [29, 100, '29'],
    [0, 0, '100'],
    [1_000_000, 7, '14,285,714'],
  ])('%d of %d is %s', (part, whole, text) => {
    expect(wholePercent(percentOf(part, whole))).toBe(text);
  });
});

test('counts have their thousands apart, and a noun its number', () => {
  expect(countText(1_234_567)).toBe('1,234,567');
  expect([0, 1, 1204].map((count) => plural(count, 'entry', 'entries'))).toEqual([
    '0 entries',
    '1 entry',
    '1,204 entries',
  ]);
});

test.each([
  [-5, '<1 s'],
  [999, '<1 s'],
  [41_000, '41 s'],
  [192_000, '3 min 12 s'],
  [7_500_000, '2 h 5 min'],
])('%d ms last %s', (milliseconds, text) => {
  expect(plain(durationText(milliseconds))).toBe(text);
});
