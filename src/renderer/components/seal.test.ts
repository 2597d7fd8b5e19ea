import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { drawSeal, drawSmallSeal, inGroups } from './seal.ts';

const hash = createHash('sha256').update('a plan').digest('hex');
const other = createHash('sha256').update('another plan').digest('hex');
const distance = (x: number, y: number) => Math.hypot(x, y);

describe('a seal', () => {
  test('is the same for the same hash, and another for another', () => {
    expect(drawSeal(hash, 7)).toEqual(drawSeal(hash, 7));
    expect(drawSeal(hash, 7)).not.toEqual(drawSeal(other, 7));
    expect(drawSmallSeal(hash)).not.toEqual(drawSmallSeal(other));
  });

  test('one digit changed is one tick changed', () => {
    const changed = `${hash.slice(0, 40)}${hash[40] === '0' ? '1' : '0'}${hash.slice(41)}`;
    const before = drawSeal(hash, 7).ticks;
    const after = drawSeal(changed, 7).ticks;
    expect(before.flatMap((tick, i) => (tick.x2 === after[i]?.x2 && tick.y2 === after[i]?.y2 ? [] : [i]))).toEqual([
      40,
    ]);
  });

  test('its ticks begin at the top and go clockwise', () => {
    const { ticks } = drawSeal(hash, 7);
    expect(ticks).toHaveLength(64);
    expect(ticks[0]).toMatchObject({ x1: 0, y1: -47.6 });
    expect(ticks[16]).toMatchObject({ x1: 47.6, y1: 0 });
  });

  test('its curves leave the middle to the mark and the rim to the ticks', () => {
    const { curves } = drawSeal(hash, 16);
    expect(curves).toHaveLength(16);
    for (const curve of curves) {
      const points = curve
        .slice(1, -1)
        .split('L')
        .map((point) => point.split(' ').map(Number));
      expect(points).toHaveLength(360);
      for (const [x = 0, y = 0] of points) {
        expect(distance(x, y)).toBeGreaterThan(14);
        expect(distance(x, y)).toBeLessThan(40.2);
      }
    }
  });

  test('the small one has 16 ticks within its box', () => {
    const lines = drawSmallSeal(hash);
    expect(lines).toHaveLength(16);
    for (const { x1, y1 } of lines) expect(distance(x1, y1)).toBeLessThanOrEqual(48.01);
  });

  test('digits stand in groups of four', () => {
    expect(inGroups('9f3a77c1e02b5d84')).toEqual(['9f3a', '77c1', 'e02b', '5d84']);
  });
});
