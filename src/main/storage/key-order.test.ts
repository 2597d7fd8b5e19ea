import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys } from './key-order.ts';

test('keys are in the order of their UTF-8 bytes, which is the order of S3 and of SQLite', () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
    { numRuns: 2000 },
  );
  // Where UTF-16 would have it the other way round.
  expect(compareKeys('\u{10000}', '\uffff')).toBe(1);
  expect('\u{10000}' > '\uffff').toBe(false);
});
