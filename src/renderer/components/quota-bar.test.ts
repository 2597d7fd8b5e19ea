import { describe, expect, test } from 'vitest';
import { barParts, type QuotaFigures } from './quota-bar.ts';

const of = (usedBytes: number, limitBytes: number | null, state?: QuotaFigures['state']): QuotaFigures => ({
  usedBytes,
  limitBytes,
  share: limitBytes ? usedBytes / limitBytes : null,
  state:
    state ??
    (limitBytes === null
      ? 'unlimited'
      : usedBytes >= limitBytes
        ? 'full'
        : usedBytes >= 0.8 * limitBytes
          ? 'warning'
          : 'ok'),
});

describe('Q1: the bar', () => {
  test('one pixel is one per cent, cut', () => {
    expect(barParts(of(469, 1000))).toMatchObject({ form: 'limited', tone: 'measure', fill: 46, overflow: null });
  });

  test('nothing used shows nothing, a single byte shows something', () => {
    expect(barParts(of(0, 1000)).fill).toBe(0);
    expect(barParts(of(1, 1_000_000)).fill).toBe(2);
  });

  test('between the notch and the share are stripes, and none of them beyond the fill', () => {
    const { stripes, fill, notch, tone } = barParts(of(93, 100));
    expect(tone).toBe('warn');
    expect(stripes).toEqual([81, 84, 87, 90]);
    expect(stripes.every((x) => x > notch && x < fill)).toBe(true);
  });

  test('full has no stripes: its colour and the post say it', () => {
    expect(barParts(of(100, 100))).toMatchObject({ tone: 'danger', fill: 100, stripes: [], overflow: null });
  });

  test.each([
    [100.2, 3, false],
    [101, 3, false],
    [116, 16, false],
    [120, 20, false],
    [172, 20, true],
    [100_000, 20, true],
  ])('%d %% sticks out by %d px', (percent, width, isPointed) => {
    expect(barParts(of(Math.round(percent * 1000), 100_000)).overflow).toEqual({ width, isPointed });
  });

  test('no limit and not counted are forms of their own', () => {
    expect(barParts(of(213, null))).toMatchObject({ form: 'unlimited', fill: 0 });
    expect(barParts(of(0, 100, 'uncounted'))).toMatchObject({ form: 'uncounted', fill: 0 });
  });

  test('the notch follows the setting', () => {
    const { notch, stripes } = barParts(of(60, 100, 'warning'), 50);
    expect(notch).toBe(50);
    expect(stripes).toEqual([51, 54, 57]);
  });

  test('anything on a limit of nothing is over it', () => {
    expect(barParts(of(5, 0, 'full'))).toMatchObject({ fill: 100, overflow: { width: 20, isPointed: true } });
  });
});
