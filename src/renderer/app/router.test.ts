import { describe, expect, test } from 'vitest';
import { href, parseRoute } from './router.ts';

describe('routes', () => {
  test.each([
    ['#/users', ['users']],
    ['#/users/', ['users']],
    ['', []],
    ['#', []],
    ['#/users/a%2Fb', ['users', 'a/b']],
    ['#/users/100%', ['users', '100%']],
  ])('%j', (hash, parts) => {
    expect(parseRoute(hash).parts).toEqual(parts);
  });

  test('an address comes back as what it was made from', () => {
    const address = href(['users', 'ä/?#&'], { search: 'a&b=c #', sort: 'name', status: null, role: '' });
    const { parts, search } = parseRoute(address);
    expect(parts).toEqual(['users', 'ä/?#&']);
    expect([...search]).toEqual([
      ['search', 'a&b=c #'],
      ['sort', 'name'],
    ]);
  });
});
