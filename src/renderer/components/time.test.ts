import { describe, expect, test } from 'vitest';
import { relativeText } from './time.ts';

const NOW = Date.parse('2026-11-24T14:00:00.000Z');
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('times', () => {
  test.each([
    [0, 'now'],
    [59, 'now'],
    [-30, 'now'],
    [60, '1 min ago'],
    [3599, '59 min ago'],
    [3600, '1 h ago'],
    [86_399, '23 h ago'],
    [86_400, 'yesterday'],
    [2 * 86_400, '2 d ago'],
    [13 * 86_400, '13 d ago'],
    [14 * 86_400, '2 wk ago'],
    [61 * 86_400, '2 mo ago'],
    [800 * 86_400, '2 y ago'],
  ])('%d seconds before now is %s', (seconds, text) => {
    expect(plain(relativeText(ago(seconds), NOW))).toBe(text);
  });

  test('what lies in the future is a date, not a negative time', () => {
    expect(relativeText(ago(-10 * 86_400), NOW)).toBe('4 Dec 2026');
  });
});
