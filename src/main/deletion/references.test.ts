import { describe, expect, test } from 'vitest';
import type { ObjectRef } from '../storage/index.ts';
import { referenceFacts } from './leftovers.ts';
import { keysAbove, phaseOf, phases, ReferenceCount } from './references.ts';

const ref = (kind: ObjectRef['kind'], key: string, versionId: string | null = null, size = 1): ObjectRef => ({
  kind,
  key,
  versionId,
  size,
  etag: null,
  modifiedAt: null,
});

describe('the order of removal', () => {
  test('D8: what hides first, then versions, objects, uploads, and emptied folders last, the deepest first', () => {
    const order = [
      ref('version', 'a', '1'),
      ref('object', 'a'),
      ref('upload', 'a', 'u'),
      ref('folder', 'a/b/c/'),
      ref('folder', 'a/b/'),
      ref('folder', 'a/'),
    ];
    const found = order.map(phaseOf);
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(new Set(found).size).toBe(order.length);
    expect(Math.min(...found)).toBeGreaterThan(phases.hiding);
    expect(phaseOf(ref('marker', 'a', '1'))).toBe(phaseOf(ref('version', 'a', '1')));
  });

  test('a folder nested as deep as anybody nests comes after uploads', () => {
    expect(phaseOf(ref('folder', 'd/'.repeat(20_000)))).toBeGreaterThan(phases.uploads);
  });

  test.each([
    ['users/u001/', ['users/u001', 'users']],
    ['u001/', ['u001']],
    ['a/b/c/', ['a/b/c', 'a/b', 'a']],
  ])('what could hide %s stands at %j', (prefix, keys) => {
    expect(keysAbove(prefix)).toEqual(keys);
  });
});

describe('references', () => {
  const digestOf = (...refs: ObjectRef[]): string => {
    const count = new ReferenceCount();
    for (const one of refs) count.add(one);
    return count.digest();
  };

  test('S8: keys that a careless reader takes for the same have hashes of their own', () => {
    const keys = ['0123', '123', '1e2', '100', 'ü', 'u\u0308', 'a b', 'a+b', 'a%20b', '😀', '\ud83d', 'a\n', 'a'];
    const digests = keys.map((key) => digestOf(ref('object', key)));
    expect(new Set(digests).size).toBe(keys.length);
    // Nor can two references be read as one.
    expect(digestOf(ref('object', 'a'), ref('object', 'b'))).not.toBe(digestOf(ref('object', 'a\nb')));
    expect(digestOf(ref('version', 'a', '1'))).not.toBe(digestOf(ref('marker', 'a', '1')));
  });

  test('are counted by kind, with their bytes', () => {
    const count = new ReferenceCount();
    for (const one of [ref('version', 'a', '1', 5), ref('marker', 'a', '2', 0), ref('version', 'b', '3', 7)])
      count.add(one);
    expect(count).toMatchObject({ count: 3, bytes: 12, kinds: { version: 2, marker: 1 } });
  });

  test('S8: a key that the log would bring to another form stands there by its bytes', () => {
    expect(referenceFacts(ref('object', 'ü'))).toEqual({ kind: 'object', key: 'ü' });
    expect(referenceFacts(ref('version', 'u\u0308', 'v'))).toEqual({
      kind: 'version',
      keyBase64: Buffer.from('u\u0308').toString('base64'),
      versionId: 'v',
    });
  });
});
