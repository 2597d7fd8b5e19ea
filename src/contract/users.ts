import { z } from 'zod';
import { adminProcedure } from './base.ts';
import { errors } from './errors.ts';
import {
  Bytes,
  Count,
  DisplayName,
  ExternalId,
  Id,
  Mail,
  NewPassword,
  pageInput,
  pageOf,
  Time,
  UserRef,
  Version,
} from './primitives.ts';
import { Quota } from './quotas.ts';
import { USER_SORTS } from './user-sorts.ts';

export const Role = z.enum(['owner', 'user']);
export const UserStatus = z.enum(['active', 'inactive', 'deleting']);

export const User = z.object({
  id: Id,
  externalId: z.string().nullable(),
  mail: z.string(),
  name: z.string(),
  role: Role,
  status: UserStatus,
  passwordMustChange: z.boolean(),
  ai: z.object({ provider: z.string(), model: z.string() }).nullable(),
  quota: Quota,
  connectionCount: Count,
  /** The user's account on the platform's MinIO; null until the console manages those. */
  account: z.null(),
  version: Version,
  createdAt: Time,
  lastSignInAt: Time.nullable(),
});
export type User = z.infer<typeof User>;

export const UserSort = z.enum(USER_SORTS);

export const userFilter = {
  /** Found in name, mail and external id; under three letters only at the beginning. */
  search: z.string().max(200).optional(),
  status: UserStatus.optional(),
  role: Role.optional(),
  overQuota: z.boolean().optional(),
  hasConnections: z.boolean().optional(),
};

const order = {
  sortBy: UserSort.default('createdAt'),
  direction: z.enum(['ascending', 'descending']).default('ascending'),
};

const ChangedUser = z.object({ user: User });

export const usersContract = {
  list: adminProcedure.input(z.strictObject({ ...userFilter, ...order, ...pageInput })).output(pageOf(User)),

  /** Count of what the filter matches, and the key before every 500th row, so that a list can jump. */
  outline: adminProcedure
    .input(z.strictObject({ ...userFilter, ...order }))
    .output(z.object({ count: Count, pageSize: z.int(), keys: z.array(z.string().nullable()) })),

  show: adminProcedure.input(z.strictObject({ user: UserRef })).output(ChangedUser),

  create: adminProcedure
    .input(
      z.strictObject({
        mail: Mail,
        name: DisplayName,
        role: Role.default('user'),
        externalId: ExternalId.optional(),
        firstPassword: NewPassword,
        /** Absent: the workspace's default. Null: no limit. */
        limitBytes: Bytes.nullish(),
      }),
    )
    .output(ChangedUser)
    .errors(errors('MAIL_TAKEN', 'EXTERNAL_ID_TAKEN')),

  update: adminProcedure
    .input(
      z.strictObject({
        user: UserRef,
        expectedVersion: Version,
        mail: Mail.optional(),
        name: DisplayName.optional(),
        role: Role.optional(),
        externalId: ExternalId.optional(),
      }),
    )
    .output(ChangedUser)
    .errors(
      errors(
        'MAIL_TAKEN',
        'EXTERNAL_ID_TAKEN',
        'EXTERNAL_ID_FIXED',
        'SOLE_ADMIN',
        'CHANGED_MEANWHILE',
        'USER_BEING_DELETED',
      ),
    ),

  activate: adminProcedure
    .input(z.strictObject({ user: UserRef, expectedVersion: Version }))
    .output(ChangedUser)
    .errors(errors('CHANGED_MEANWHILE', 'USER_BEING_DELETED')),

  deactivate: adminProcedure
    .input(z.strictObject({ user: UserRef, expectedVersion: Version }))
    .output(ChangedUser)
    .errors(errors('SOLE_ADMIN', 'CHANGED_MEANWHILE', 'USER_BEING_DELETED')),
};
