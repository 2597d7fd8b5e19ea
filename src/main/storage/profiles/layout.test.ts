import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BucketName, KeyLayout } from '../../../contract/storage.ts';
import { bucketOf, foldersAbove, type Layout, parseLayout, partInKey, prefixOf } from './layout.ts';

const folders = (text: string): Layout & { kind: 'folders' } => {
  const layout = parseLayout(text);
  if (layout.kind !== 'folders') throw new Error('not folders');
  return layout;
};
const buckets = (text: string): Layout & { kind: 'buckets' } => {
  const layout = parseLayout(text);
  if (layout.kind !== 'buckets') throw new Error('not buckets');
  return layout;
};
const user = (externalId: string | null) => ({ id: '019a0000-0000-7000-8000-000000000001', externalId });

describe('S5: key layouts', () => {
  test('every layout that the contract takes is read, and nothing else', () => {
    const good = [
      'users/{userId}/',
      'users/{externalId}/',
      '{externalId}/',
      'a b/c+d/{userId}/',
      'bucket:{userId}',
      'bucket:{externalId}',
    ];
    for (const text of good) {
      expect(KeyLayout.safeParse(text).success, text).toBe(true);
      expect(() => parseLayout(text), text).not.toThrow();
    }
    const bad = [
      '',
      '/',
      'users/',
      'users/{userId}',
      '{userId}',
      'users//{userId}/',
      '/users/{userId}/',
      'bucket:{userId}/',
      '{userId}/{externalId}/',
      '{userId}/x/',
      'bucket:x-{userId}',
      'users/{mail}/',
      'users/\u0000/{userId}/',
    ];
    for (const text of bad) expect(KeyLayout.safeParse(text).success, JSON.stringify(text)).toBe(false);
    for (const text of bad.slice(0, 11)) expect(() => parseLayout(text), JSON.stringify(text)).toThrow();
  });

  test('a user’s folder ends with a slash, so that u01 is not u010', () => {
    expect(prefixOf(folders('users/{externalId}/'), user('u01'))).toBe('users/u01/');
    expect(prefixOf(folders('{externalId}/'), user('u01'))).toBe('u01/');
    expect(prefixOf(folders('users/{externalId}/'), user(null))).toBeNull();
    expect(prefixOf(folders('users/{userId}/'), user(null))).toBe('users/019a0000-0000-7000-8000-000000000001/');
  });

  test('a key names its user’s part exactly, or nobody', () => {
    const layout = folders('users/{externalId}/');
    const cases: [string, string | null][] = [
      ['users/u01/a', 'u01'],
      ['users/u01/', 'u01'],
      ['users/u01/a/b', 'u01'],
      ['users/u01 /a', 'u01 '],
      ['users/u01', null],
      ['users//a', null],
      ['users', null],
      ['Users/u01/a', null],
      ['usersu01/a', null],
      ['other/u01/a', null],
    ];
    for (const [key, part] of cases) expect(partInKey(layout, key), key).toBe(part);
    expect(partInKey(folders('{externalId}/'), '/a')).toBeNull();
  });

  test('D8: every folder above the users’ is named', () => {
    expect(foldersAbove(folders('a/b/{userId}/'))).toEqual(['a', 'a/b']);
    expect(foldersAbove(folders('{userId}/'))).toEqual([]);
  });

  test('a bucket’s name is the prefix and the external id where that is legal, else a digest, and never another user’s', () => {
    const layout = buckets('bucket:{externalId}');
    expect(bucketOf('docs-', layout, user('u01'))).toBe('docs-u01');
    expect(bucketOf('docs-', layout, user(null))).toBeNull();
    const odd = ['U01', 'u_1', 'ada@example.org', 'a..b', 'ends-', 'x'.repeat(64), '...x', 'x-abcdefghijklmnopqrst'];
    const names = odd.map((id) => bucketOf('docs-', layout, user(id)));
    for (const name of names) {
      expect(name).toMatch(/^docs-x-[a-z2-7]{20}$/);
      expect(BucketName.safeParse(name).success, String(name)).toBe(true);
    }
    expect(new Set(names).size).toBe(odd.length);
    // Somebody who chooses the digest of another's id as their own id gets another bucket.
    const victim = bucketOf('docs-', layout, user('U01')) ?? '';
    expect(bucketOf('docs-', layout, user(victim.slice('docs-'.length)))).not.toBe(victim);
  });

  test('the digest is RFC 4648 base32 of SHA-256', () => {
    const bytes = createHash('sha256').update('U01').digest();
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const expected = Array.from(
      { length: 20 },
      (_, at) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)],
    ).join('');
    expect(bucketOf('', buckets('bucket:{externalId}'), user('U01'))).toBe(`x-${expected}`);
  });
});
