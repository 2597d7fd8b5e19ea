/** By what a list of users can be sorted: in the contract, as an option of the command line, and in the window's address. */
export const USER_SORTS = [
  'createdAt',
  'name',
  'mail',
  'externalId',
  'status',
  'role',
  'used',
  'limit',
  'share',
  'connections',
  'lastSignInAt',
  'ai',
] as const;
