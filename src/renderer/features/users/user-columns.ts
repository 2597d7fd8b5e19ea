import type { UserFilter } from './user-filter.ts';

export interface GridColumn {
  readonly key: string;
  readonly title: string;
  readonly sortBy: UserFilter['sortBy'];
  readonly isNumber?: boolean;
  /** Only from 1120 px, or only from 1600. */
  readonly from?: 'medium' | 'wide';
  /** The bar's words have no head of their own. */
  readonly span?: 2;
}

/** The columns of the users list, from the left. */
export const COLUMNS: readonly GridColumn[] = [
  { key: 'name', title: 'Name', sortBy: 'name' },
  { key: 'mail', title: 'Mail', sortBy: 'mail' },
  { key: 'externalId', title: 'External id', sortBy: 'externalId', from: 'wide' },
  { key: 'status', title: 'Status', sortBy: 'status' },
  { key: 'used', title: 'Used', sortBy: 'used', isNumber: true },
  { key: 'share', title: 'Quota', sortBy: 'share', span: 2 },
  { key: 'ai', title: 'AI model', sortBy: 'ai', from: 'medium' },
  { key: 'connections', title: 'Clouds', sortBy: 'connections', isNumber: true, from: 'medium' },
  { key: 'lastSignInAt', title: 'Seen', sortBy: 'lastSignInAt', isNumber: true, from: 'wide' },
  { key: 'createdAt', title: 'Created', sortBy: 'createdAt', isNumber: true },
];
