import type { z } from 'zod';
import { USER_SORTS } from '../../../contract/user-sorts.ts';
import type { Role, UserSort, UserStatus } from '../../../contract/users.ts';
import { href, type Route } from '../../app/router.ts';

export interface UserFilter {
  readonly search: string;
  readonly status: z.infer<typeof UserStatus> | null;
  readonly role: z.infer<typeof Role> | null;
  readonly isOverQuota: boolean;
  readonly hasConnections: boolean;
  readonly sortBy: z.infer<typeof UserSort>;
  readonly direction: 'ascending' | 'descending';
}

/** What the address asks for. Anything that is no filter is left out, so that an old link still opens. */
export function readFilter({ search }: Route): UserFilter {
  const sort = search.get('sort') ?? '-createdAt';
  const name = sort.replace(/^-/, '');
  const status = search.get('status');
  const role = search.get('role');
  return {
    search: search.get('search') ?? '',
    status: status === 'active' || status === 'inactive' || status === 'deleting' ? status : null,
    role: role === 'owner' || role === 'user' ? role : null,
    isOverQuota: search.get('over') === 'yes',
    hasConnections: search.get('clouds') === 'yes',
    sortBy: USER_SORTS.find((known) => known === name) ?? 'createdAt',
    direction: sort.startsWith('-') ? 'descending' : 'ascending',
  };
}

export function filterAddress(filter: UserFilter): string {
  const sort = `${filter.direction === 'descending' ? '-' : ''}${filter.sortBy}`;
  return href(['users'], {
    search: filter.search,
    status: filter.status,
    role: filter.role,
    over: filter.isOverQuota ? 'yes' : null,
    clouds: filter.hasConnections ? 'yes' : null,
    sort: sort === '-createdAt' ? null : sort,
  });
}

export const noFilter = { search: '', status: null, role: null, isOverQuota: false, hasConnections: false } as const;

export function isFiltered({ search, status, role, isOverQuota, hasConnections }: UserFilter): boolean {
  return search !== '' || status !== null || role !== null || isOverQuota || hasConnections;
}

/** The filter as `users.list` and `users.outline` take it. */
export function toInput(filter: UserFilter) {
  return {
    ...(filter.search === '' ? {} : { search: filter.search }),
    ...(filter.status === null ? {} : { status: filter.status }),
    ...(filter.role === null ? {} : { role: filter.role }),
    ...(filter.isOverQuota ? { overQuota: true } : {}),
    ...(filter.hasConnections ? { hasConnections: true } : {}),
    sortBy: filter.sortBy,
    direction: filter.direction,
  };
}
