import { describe, expect, test } from 'vitest';
import { bytesText, limitText, parseSize, sizeText } from './size.ts';

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

describe('sizes that are typed', () => {
  test.each([
    ['5GiB', 5 * GIB],
    ['5 GiB', 5 * GIB],
    [' 500 mib ', 500 * 2 ** 20],
    ['1.5 TiB', 1.5 * 2 ** 40],
    ['10 GB', 1e10],
    ['12345', 12_345],
    ['0', 0],
    ['0.1 GiB', 107_374_182],
  ])('%j', (text, bytes) => {
    expect(parseSize(text)).toEqual({ ok: true, bytes });
  });

  test('unlimited is no number', () => {
    expect(parseSize('Unlimited')).toEqual({ ok: true, bytes: null });
  });

  test.each(['', '-1', '1e999', 'ten', '5 G', '5,5 GiB', '1.5', '5 GiB GiB', '99999999 TiB', 'NaN', '0x10', '5 PiB'])(
    '%j is refused with a reason',
    (text) => {
      const parsed = parseSize(text);
      expect(parsed.ok).toBe(false);
      if (!parsed.ok) expect(parsed.reason).toMatch(/\.$/);
    },
  );
});
