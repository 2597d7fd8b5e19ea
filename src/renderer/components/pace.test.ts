import { describe, expect, test } from 'vitest';
import { addSample, PACE_WINDOW_MS, paceLine, paceOf, type Sample, timeLeftMs } from './pace.ts';

const steady = (seconds: number, perSecond: number): readonly Sample[] =>
  Array.from({ length: seconds + 1 }, (_, i) => ({ at: i * 1000, settled: i * perSecond }));

describe('the pace of a run', () => {
  test('is not told from too little', () => {
    expect(paceOf([])).toBeNull();
    expect(paceOf(steady(2, 100))).toBeNull();
    expect(timeLeftMs(steady(2, 100), 1000)).toBeNull();
  });

  test('is what was settled in the last twenty seconds', () => {
    const samples = [
      ...steady(60, 10),
      ...Array.from({ length: 20 }, (_, i) => ({ at: (61 + i) * 1000, settled: 600 + (i + 1) * 100 })),
    ];
    expect(paceOf(samples)).toBeCloseTo(100);
    expect(timeLeftMs(samples, 2600 + 1000)).toBeCloseTo(10_000);
  });

  test('standing still has no time left to tell, and neither has the end', () => {
    expect(timeLeftMs(steady(30, 0), 100)).toBeNull();
    expect(timeLeftMs(steady(30, 10), 300)).toBeNull();
  });

  test('keeps one sample a second, and forgets the old', () => {
    let samples: readonly Sample[] = [];
    for (let i = 0; i < 3000; i += 1) samples = addSample(samples, { at: i * 100, settled: i });
    expect(samples.length).toBeLessThanOrEqual(PACE_WINDOW_MS / 1000 + 1);
    expect(samples.length).toBeGreaterThan(100);
    expect(addSample(samples, { at: 300_000, settled: 0 })).toEqual([{ at: 300_000, settled: 0 }]);
  });

  test('its line stays in its box, newest at the right', () => {
    const points = paceLine(steady(100, 50), 120, 20)
      .split(' ')
      .map((point) => point.split(',').map(Number));
    for (const [x = -1, y = -1] of points) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(120);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(20);
    }
    expect(points.at(-1)?.[0]).toBe(120);
    expect(paceLine(steady(1, 1), 120, 20)).toBe('');
  });
});
