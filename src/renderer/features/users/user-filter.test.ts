import { describe, expect, test } from 'vitest';
import { parseRoute } from '../../app/router.ts';
import { filterAddress, isFiltered, noFilter, readFilter, toInput } from './user-filter.ts';

describe('U1: the filter of the list in the address', () => {
  test('without anything it is the newest first', () => {
    const filter = readFilter(parseRoute('#/users'));
    expect(filter).toEqual({ ...noFilter, sortBy: 'createdAt', direction: 'descending' });
    expect(isFiltered(filter)).toBe(false);
    expect(filterAddress(filter)).toBe('#/users');
    expect(toInput(filter)).toEqual({ sortBy: 'createdAt', direction: 'descending' });
  });

  test('comes back as what it was', () => {
    const filter = {
      search: 'ä & b',
      status: 'inactive',
      role: 'owner',
      isOverQuota: true,
      hasConnections: true,
      sortBy: 'share',
      direction: 'ascending',
    } as const;
    expect(readFilter(parseRoute(filterAddress(filter)))).toEqual(filter);
    expect(toInput(filter)).toMatchObject({
      search: 'ä & b',
      status: 'inactive',
      role: 'owner',
      overQuota: true,
      hasConnections: true,
    });
  });

  test('what is no filter is left out', () => {
    const filter = readFilter(parseRoute('#/users?status=dead&role=god&sort=-password&over=1'));
    expect(filter).toMatchObject({ status: null, role: null, sortBy: 'createdAt', isOverQuota: false });
  });
});
