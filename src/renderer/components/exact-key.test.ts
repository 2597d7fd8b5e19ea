import { describe, expect, test } from 'vitest';
import { exactParts } from './exact-key.ts';

const shown = (key: string) =>
  exactParts(key)
    .map(({ kind, text }) => (kind === 'drawn' ? `[${text}]` : text))
    .join('');

describe('S8: keys are shown as they are', () => {
  test.each([
    ['0123', '0123'],
    ['a b%2F+.txt', 'a b%2F+.txt'],
    [' a b ', '[·]a b[·]'],
    ['   ', '[·][·][·]'],
    ['tab\there', 'tab[U+0009]here'],
    ['notes\u202etxt.exe', 'notes[U+202E]txt.exe'],
    ['a\u00a0b', 'a[U+00A0]b'],
    ['zero\u200bwidth', 'zero[U+200B]width'],
    ['☂ photo.jpg', '☂ photo.jpg'],
    ['\ud800', '[U+D800]'],
    ['', ''],
  ])('%j', (key, text) => {
    expect(shown(key)).toBe(text);
  });
});
