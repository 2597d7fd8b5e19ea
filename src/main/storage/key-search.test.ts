import { expect, test } from 'vitest';
import { keySearch } from './key-search.ts';

const finds = (typed: string, key: string) => keySearch(typed)?.accepts(key);

test.each([
  ['report', 'users/1/Annual REPORT.pdf', true],
  ['ÜBER', 'users/1/über.txt', true],
  ['u\u0308ber', 'users/1/Über.txt', true],
  ['über', 'users/1/U\u0308ber.txt', true],
  ['uber', 'users/1/über.txt', false],
  ['a%b', 'users/1/a%b', true],
  ['a%b', 'users/1/axb', false],
  ['a_b', 'users/1/axb', false],
  ['\\\\x', 'users/1/\\\\x', true],
  ['😀 ok', 'users/1/😀 OK', true],
  ['re', 'users/1/report', true],
  ['re', 'users/1/a report', false],
  ['us', 'users/1/x', true],
  ['😀', 'users/1/😀', true],
  ['%', 'users/1/x', false],
  ['  re ', 'users/1/report', true],
])('%j in %j: %j', (typed, key, expected) => {
  expect(finds(typed, key)).toBe(expected);
});

test('nothing typed is no search', () => {
  for (const typed of [undefined, '', '   ', '\ud800'.slice(1)]) expect(keySearch(typed)).toBeNull();
});
