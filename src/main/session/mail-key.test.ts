import { expect, test } from 'vitest';
import { normaliseMailKey } from './mail-key.ts';

test.each([
  ['Ada@Example.ORG', 'ada@example.org'],
  [' ada@example.org ', 'ada@example.org'],
  ['caf\u00e9@example.org', 'cafe\u0301@example.org'],
  ['CAFE\u0301@example.org', 'caf\u00e9@example.org'],
  ['stra\u00dfe@example.org', 'STRASSE@example.org'],
  ['\u1e9e@example.org', '\u00df@example.org'],
  ['\u039f\u0394\u039f\u03a3@example.org', '\u03bf\u03b4\u03bf\u03c2@example.org'],
  ['\u03bf\u03b4\u03bf\u03c3@example.org', '\u03bf\u03b4\u03bf\u03c2@example.org'],
  ['\ufb01n@example.org', 'FIN@example.org'],
  ['\u212b@example.org', '\u00e5@example.org'],
  ['\u01f0@example.org', 'J\u030c@example.org'],
  ['\u{10400}@example.org', '\u{10428}@example.org'],
])('U2: %j and %j are one address', (left, right) => {
  expect(normaliseMailKey(left)).toBe(normaliseMailKey(right));
});

test.each([
  ['\u0131@example.org', 'i@example.org'],
  ['ada@example.org', 'ad\u00e1@example.org'],
  ['a.da@example.org', 'ada@example.org'],
  ['\u0430da@example.org', 'ada@example.org'],
])('U2: %j and %j are two addresses', (left, right) => {
  expect(normaliseMailKey(left)).not.toBe(normaliseMailKey(right));
});

test('folding again changes nothing', () => {
  for (const mail of ['\u1e9e\u0130\u01f0\u0390@x', 'STRASSE@x', '\u039f\u0394\u039f\u03a3@x'])
    expect(normaliseMailKey(normaliseMailKey(mail))).toBe(normaliseMailKey(mail));
});
