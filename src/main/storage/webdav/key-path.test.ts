import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flawOfKey, hasManySpellings, keyToPath, segmentToText, textToSegment, toRequestPath } from './key-path.ts';

/** Bytes of a segment, fully escaped: the most general href there is. */
const escaped = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const bytesOf = (segment: string): number[] => {
  const bytes: number[] = [];
  for (let at = 0; at < segment.length; at += 1) {
    if (segment[at] === '%') {
      bytes.push(Number.parseInt(segment.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(segment.charCodeAt(at));
  }
  return bytes;
};

describe('S8: hrefs and keys map onto each other without loss', () => {
  test('S8: any bytes come back as the same bytes, and different bytes are different keys', () => {
    // Random bytes alone would hardly ever come near the marks.
    const byte = fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(0, 0x25, 0x2f, 0x45, 0x39, 0x2e, 0xe9));
    const mark = fc.constantFrom([0xef, 0xbf, 0xbd], [0xef, 0xbf], [0x25, 0x45, 0x39], [0xc3, 0xa4]);
    const name = fc
      .array(
        fc.oneof(
          byte.map((one) => [one]),
          mark,
        ),
        { minLength: 1, maxLength: 12 },
      )
      .map((parts) => Uint8Array.from(parts.flat()));
    fc.assert(
      fc.property(name, name, (a, b) => {
        let left: string;
        let right: string;
        try {
          left = segmentToText(escaped(a));
          right = segmentToText(escaped(b));
        } catch {
          return; // A dot segment in some disguise.
        }
        expect(left.isWellFormed()).toBe(true);
        expect(left).not.toMatch(/[/\0]/);
        expect(bytesOf(textToSegment(left))).toEqual([...a]);
        if (Buffer.compare(a, b) !== 0) expect(left).not.toBe(right);
      }),
      { numRuns: 6_000 },
    );
  });

  test('S8: any text is a key that comes back as itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), (text) => {
        if (/[/\\\0]|\uFFFD%/.test(text) || text === '.' || text === '..') return;
        expect(segmentToText(textToSegment(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['a%20b', 'a b'],
    ['0123', '0123'],
    ['1e5', '1e5'],
    ['a%2520b', 'a%20b'],
    ['a+b', 'a+b'],
    ['%C3%A4', 'ä'],
    ['a%CC%88', 'a\u0308'],
    ['%F0%9F%98%80', '😀'],
    ['ä', 'ä'],
    ['caf%E9.txt', 'caf\uFFFD%E9.txt'],
    ['a%2Fb', 'a\uFFFD%2Fb'],
    ['%00', '\uFFFD%00'],
    ['%EF%BF%BD', '\uFFFD'],
    ['%EF%BF%BD%25E9', '\uFFFD%EF\uFFFD%BF\uFFFD%BD%E9'],
    ['%EF%BF%BD%25e9', '\uFFFD%e9'],
    ['%EF%BF%BD%E9', '\uFFFD\uFFFD%E9'],
    ['%EF%BB%BFx', '\uFEFFx'],
    ['%ED%A0%80', '\uFFFD%ED\uFFFD%A0\uFFFD%80'],
    ['...', '...'],
    ['%2e%2e%2e', '...'],
  ])('S8: %s is shown as %j', (segment, text) => {
    expect(segmentToText(segment)).toBe(text);
  });

  test.each(['..', '.', '%2e%2e', '%2E.', '..%2f..', 'x%2f..%2f..%2fetc', '..%5c..', 'x%5C..', '%zz', '%2', 'a%'])(
    'C6: the segment %s leads out of its folder or is none, and is refused',
    (segment) => {
      expect(() => segmentToText(segment)).toThrow();
    },
  );

  test('S8: nothing but unreserved characters goes out unescaped', () => {
    expect(keyToPath("a b/ü;+&=@!'()*#?%2F.txt")).toBe('a%20b/%C3%BC%3B%2B%26%3D%40%21%27%28%29%2A%23%3F%252F.txt');
  });

  test('hrefs as given fit into a request line, byte for byte', () => {
    expect(toRequestPath('/ä b\u0001%C3')).toBe('/\u00c3\u00a4%20b%01%C3');
  });

  test.each([
    ['', 'object'],
    ['/', 'object'],
    ['/', 'folder'],
    ['a/', 'object'],
    ['a', 'folder'],
    ['/a', 'object'],
    ['a//b', 'object'],
    ['a/../b', 'object'],
    ['..', 'object'],
    ['../', 'folder'],
    ['./a', 'object'],
    ['a\\..\\b', 'object'],
    ['\ud800', 'object'],
  ] as const)('C6: %j is no key of an %s', (key, kind) => {
    expect(flawOfKey(key, kind)).not.toBeNull();
  });

  test('names that can be spelled in one way alone are known', () => {
    expect(hasManySpellings('a/B-1._~')).toBe(false);
    expect(hasManySpellings('a b')).toBe(true);
    expect(hasManySpellings('a(1)')).toBe(true);
  });
});
