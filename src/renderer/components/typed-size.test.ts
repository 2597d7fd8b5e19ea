import { describe, expect, test } from 'vitest';
import { parseSize } from './typed-size.ts';

const GIB = 2 ** 30;

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
