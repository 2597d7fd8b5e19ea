import { z } from 'zod';
import { adminProcedure } from './base.ts';
import { errors } from './errors.ts';
import { Bytes, Id, Time, UserRef, Version } from './primitives.ts';

export const QuotaState = z.enum(['ok', 'warning', 'full', 'unlimited', 'uncounted']);

export const Quota = z.object({
  limitBytes: Bytes.nullable(),
  usedBytes: Bytes,
  limitMiB: z.number().nullable(),
  usedMiB: z.number(),
  /** Usage divided by limit; null where there is no limit or nothing was counted. */
  share: z.number().nullable(),
  state: QuotaState,
  countedAt: Time.nullable(),
  version: Version,
});

export const quotasContract = {
  show: adminProcedure.input(z.strictObject({ user: UserRef })).output(z.object({ userId: Id, quota: Quota })),

  /** Null means no limit. A limit below present usage is allowed; `belowUsage` says that it is. */
  set: adminProcedure
    .input(z.strictObject({ user: UserRef, limitBytes: Bytes.nullable(), expectedVersion: Version }))
    .output(z.object({ userId: Id, quota: Quota, belowUsage: z.boolean(), previousLimitBytes: Bytes.nullable() }))
    .errors(errors('CHANGED_MEANWHILE', 'USER_BEING_DELETED')),
};
