import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedRuns } from './sorted-runs.ts';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const shuffled = (count: number): string[] => {
  const keys = Array.from({ length: count }, (_, at) => `k${(at * 7919) % count}`.padEnd(8, '0') + at);
  return keys;
};

test('everything comes back, sorted by its UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), { maxLength: 200 }), (keys) => {
      const runs = new SortedRuns<{ key: string }>(1000);
      for (const key of keys) runs.add({ key });
      expect([...runs.close().read()].map(({ key }) => key)).toEqual([...keys].sort(byBytes));
      expect(runs.completeTo).toBeNull();
      expect(runs.held).toBe(0);
    }),
  );
});

test('it never holds more than a run above its capacity, and says up to where it is complete', () => {
  const keys = shuffled(40_000);
  const runs = new SortedRuns<{ key: string }>(5_000);
  let most = 0;
  for (const key of keys) {
    runs.add({ key });
    most = Math.max(most, runs.held);
  }
  const bound = runs.close().completeTo;
  expect(bound).not.toBeNull();
  expect(most).toBeLessThanOrEqual(6_000);
  const read = [...runs.read()].map(({ key }) => key);
  expect(read.length).toBeGreaterThan(1_000);
  expect(read).toEqual(keys.filter((key) => byBytes(key, bound!) <= 0).sort(byBytes));
});
