import { describe, expect, test } from 'vitest';
import { bareETag, decodeListedKey, readSize, readTime } from './read-xml.ts';

describe('what stands in an S3 answer', () => {
  test('times are those that Date.parse would read, in S3’s form and in others', () => {
    const times = [
      '2026-11-24T15:46:20.118Z',
      '1970-01-01T00:00:00.000Z',
      '1999-12-31T23:59:59.999Z',
      '2024-02-29T12:00:00.001Z',
      '2026-11-24T15:46:20Z',
      'Tue, 24 Nov 2026 15:48:32 GMT',
    ];
    for (const text of times) expect(readTime(text), text).toBe(Date.parse(text));
    for (const text of [
      '',
      'yesterday',
      '2026-13-01T00:00:00.000Z',
      '2026-00-10T00:00:00.000Z',
      '2026-01-01T25:00:00.000Z',
    ]) {
      expect(readTime(text), text).toBeNull();
    }
    expect(readTime(null)).toBeNull();
  });

  test('S8: keys are decoded once', () => {
    const cases: [string, string][] = [
      ['a+b', 'a b'],
      ['a%2Bb', 'a+b'],
      ['a%252Bb', 'a%2Bb'],
      ['a%20b', 'a b'],
      ['%01', '\u0001'],
      ['0123', '0123'],
      ['%F0%9F%98%80', '😀'],
    ];
    for (const [text, key] of cases) expect(decodeListedKey(text), text).toBe(key);
    for (const text of ['%', '%zz', '%ff', '%C3']) expect(() => decodeListedKey(text), text).toThrow(/encoded/);
  });

  test('sizes are digits alone, and exact', () => {
    expect(readSize('0')).toBe(0);
    expect(readSize('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    for (const text of [null, '', '-1', '1.5', '1e3', '0x10', ' 1', '9007199254740992', 'Infinity']) {
      expect(() => readSize(text), String(text)).toThrow(/size/);
    }
  });

  test('ETags lose their quotes and nothing else', () => {
    expect(bareETag('"abc-2"')).toBe('abc-2');
    expect(bareETag('abc')).toBe('abc');
    expect(bareETag('"')).toBe('"');
    expect(bareETag('')).toBeNull();
  });
});
