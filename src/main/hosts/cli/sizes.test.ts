import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { echoSize, formatQuotaShare, formatSetShare, formatSize, parseSize } from './sizes.ts';

describe('sizes as people type them', () => {
  test.each([
    ['0', 0],
    ['512', 512],
    ['10GiB', 10_737_418_240],
    ['500MiB', 524_288_000],
    ['500 MiB', 524_288_000],
    ['1.5GiB', 1_610_612_736],
    ['0.5KiB', 512],
    ['1.5GB', 1_500_000_000],
    ['2kb', 2000],
    ['1tib', 1_099_511_627_776],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['unlimited', null],
    ['Unlimited', null],
  ])('%s is %s bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([
    '',
    ' ',
    '-1',
    '-1GiB',
    '+1',
    '1e999',
    '1e3',
    'ten',
    'NaN',
    'Infinity',
    '0x10',
    '1_000',
    '1,000',
    '1,5GiB',
    '10G',
    '10 Gi B',
    'GiB',
    '.5GiB',
    '5.',
    '0.3KiB',
    '1.5',
    '1.0000000001GiB',
    '9007199254740992',
    '9007199254740993',
    '8388608TiB',
    '99999999999999999999999',
    '10GiB\n20GiB',
    '١٠',
  ])('%j is refused', (text) => {
    expect(() => parseSize(text)).toThrow(/is not a size|whole number of bytes|more than this console can count/);
  });

  test('arithmetic is exact where floating point is not', () => {
    // 1.1 * 2^30 is not a whole number of bytes; 0.1 * 2^40 in floating point would be rounded to one.
    expect(() => parseSize('0.1TiB')).toThrow('whole number of bytes');
    expect(parseSize('8191.9990234375TiB')).toBe(8191.9990234375 * 2 ** 40);
  });

  test('what is written in bytes is read back as the same number', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseSize(String(bytes)) === bytes));
  });

  test('written in three figures as everywhere, with plain spaces, and never as 1024 of a unit', () => {
    expect(formatSize(0)).toBe('0 B');
    expect(formatSize(1023)).toBe('1023 B');
    expect(formatSize(1536)).toBe('1.50 KiB');
    expect(formatSize(Number.MAX_SAFE_INTEGER)).toBe('8.00 PiB');
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => Number.parseFloat(formatSize(bytes)) < 1024));
  });

  test('echoed with the bytes that were understood', () => {
    expect(echoSize(5 * 2 ** 30)).toBe('5 GiB (5,368,709,120 bytes)');
    expect(echoSize(1)).toBe('1 B (1 byte)');
    expect(echoSize(null)).toBe('unlimited');
  });

  test('Q1: a share is cut, also just over the limit, and one that was set is shown as it was set', () => {
    expect(formatQuotaShare({ usedBytes: 999, limitBytes: 1000 })).toBe('99 %');
    expect(formatQuotaShare({ usedBytes: 1001, limitBytes: 1000 })).toBe('101 %');
    expect(formatQuotaShare({ usedBytes: 1, limitBytes: 1000 })).toBe('<1 %');
    expect(formatQuotaShare({ usedBytes: 1, limitBytes: null })).toBe('–');
    expect(formatSetShare(0.8)).toBe('80 %');
    expect(formatSetShare(0.875)).toBe('87.5 %');
  });
});
