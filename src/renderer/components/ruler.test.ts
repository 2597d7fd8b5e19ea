import { describe, expect, test } from 'vitest';
import { rulerParts } from './ruler.ts';

const GIB = 2 ** 30;
const labels = (width: number, figures: Parameters<typeof rulerParts>[1]) =>
  rulerParts(width, figures).ticks.flatMap(({ label }) => (label === null ? [] : [label.replaceAll('\u00a0', ' ')]));

describe('the quota ruler', () => {
  test('posts and usage stand to scale, with room for a label at the end', () => {
    const parts = rulerParts(656, { usedBytes: 18.6 * GIB, limitBytes: 20 * GIB, nextBytes: 15 * GIB });
    expect(parts).toMatchObject({ end: 564, limit: 564, next: 423, used: 525 });
  });

  test('usage beyond the limit sets the scale', () => {
    const parts = rulerParts(592, { usedBytes: 40, limitBytes: 20 });
    expect(parts).toMatchObject({ used: 500, limit: 250, next: null });
  });

  test('a new limit beyond both sets the scale', () => {
    expect(rulerParts(592, { usedBytes: 10, limitBytes: 20, nextBytes: 100 })).toMatchObject({
      next: 500,
      limit: 100,
      used: 50,
    });
  });

  test('no limit and nothing stored still draws', () => {
    expect(rulerParts(592, { usedBytes: 0, limitBytes: null })).toMatchObject({ used: 0, limit: null, next: null });
  });

  test('labels are round', () => {
    expect(labels(656, { usedBytes: 1, limitBytes: 20 * GIB })).toEqual(['0', '5 GiB', '10 GiB', '15 GiB', '20 GiB']);
  });

  test.each([1, 7, 99, 1023, 1024, 5 * 2 ** 20, 14.9 * GIB, 100 * GIB, 999 * GIB, 1.5 * 2 ** 40, 8 * 2 ** 50])(
    '3 to 6 labels up to %d, rising, none twice',
    (most) => {
      const parts = rulerParts(656, { usedBytes: 0, limitBytes: Math.round(most) });
      const shown = labels(656, { usedBytes: 0, limitBytes: Math.round(most) });
      expect(shown.length).toBeGreaterThanOrEqual(most < 4 ? 2 : 3);
      expect(shown.length).toBeLessThanOrEqual(6);
      expect(new Set(shown).size).toBe(shown.length);
      const xs = parts.ticks.map(({ x }) => x);
      expect(xs).toEqual([...xs].sort((a, b) => a - b));
      expect(Math.max(...xs)).toBeLessThanOrEqual(parts.end);
    },
  );
});
