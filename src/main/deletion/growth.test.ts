import { describe, expect, test } from 'vitest';
import { growthOf } from './growth.ts';

const place = (planned: number, found: number, accepted = 0, id = 'a') => ({
  source_id: id,
  label: id,
  planned,
  found,
  absent: 0,
  accepted,
});

describe('D5: growth', () => {
  test.each([
    [0, 0, false],
    [0, 100, false],
    [0, 101, true],
    [1_000, 1_100, false],
    [1_000, 1_101, true],
    [2_000, 2_200, false],
    [2_000, 2_201, true],
    [2_000, 1_000, false],
    [50, 120, false],
  ])('%i planned, %i found: asks %s', (planned, found, asks) => {
    expect(growthOf([place(planned, found)]) !== null).toBe(asks);
  });

  test('what was accepted is what it is held against from then on', () => {
    expect(growthOf([place(10, 500)])).toMatchObject({ backendId: 'a' });
    expect(growthOf([place(10, 500, 500)])).toBeNull();
    expect(growthOf([place(10, 601, 500)])).toMatchObject({ backendId: 'a' });
  });

  test('a little in each place is much in all together', () => {
    const places = ['a', 'b', 'c'].map((id) => place(100, 160, 0, id));
    expect(growthOf(places)).toMatchObject({ backendId: null });
    expect(growthOf(places)?.message).toContain('480 objects were found where 300 were planned');
    expect(growthOf(places.slice(0, 1))).toBeNull();
  });

  test('its sentence groups figures as tables do, and says of a place that had none counted just that', () => {
    expect(growthOf([place(2_044, 3_044)])?.message).toContain('3,044 objects were found where 2,044 were planned');
    expect(growthOf([place(0, 101)])?.message).toContain('101 objects were found where none was counted for the plan');
  });

  test('records of what is not there any more are no growth', () => {
    expect(growthOf([{ ...place(63, 1_503), absent: 1_440 }])).toBeNull();
  });
});
