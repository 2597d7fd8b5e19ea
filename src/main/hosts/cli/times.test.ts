import { expect, test } from 'vitest';
import { exactTime, formatDuration, parseDuration, relativeTime } from './times.ts';

const now = Date.parse('2026-11-24T12:00:00.000Z');

test.each([
  ['2026-11-24T12:00:00.000Z', 'now'],
  ['2026-11-24T11:59:30.000Z', '30 seconds ago'],
  ['2026-11-24T11:01:00.000Z', '59 minutes ago'],
  ['2026-11-23T11:00:00.000Z', 'yesterday'],
  ['2026-11-21T11:00:00.000Z', '3 days ago'],
  ['2026-08-24T12:00:00.000Z', '3 months ago'],
  ['2023-11-24T12:00:00.000Z', '3 years ago'],
  ['2026-11-24T13:00:00.000Z', 'in 1 hour'],
])('%s is %s', (iso, words) => {
  expect(relativeTime(iso, now)).toBe(words);
  expect(exactTime(iso, now)).toBe(`${iso} (${words})`);
});

test('no time is a dash', () => {
  expect(relativeTime(null, now)).toBe('–');
});

test.each([
  [900, '<1 s'],
  [59_000, '59 s'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
])('%i ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  ['90', 90],
  ['90s', 90],
  ['15m', 900],
  ['15 min', 900],
  ['2h', 7200],
  ['7d', 604_800],
])('%s is %i seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '-1', '1.5h', '1e3', 'h', '2w', 'soon'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull();
});
