import { z } from 'zod';
import { adminProcedure } from './base.ts';
import { errors } from './errors.ts';
import { DisplayName, Version } from './primitives.ts';

export const Settings = z.object({
  workspaceName: z.string(),
  /** Share of the limit from which a quota warns, and from which it is full. */
  quotaWarningShare: z.number(),
  quotaFullShare: z.number(),
  version: Version,
});

export const settingsContract = {
  show: adminProcedure.input(z.strictObject({})).output(z.object({ settings: Settings })),
  set: adminProcedure
    .input(
      z.strictObject({
        expectedVersion: Version,
        workspaceName: DisplayName.optional(),
        quotaWarningShare: z.number().min(0.01).max(10).optional(),
        quotaFullShare: z.number().min(0.01).max(10).optional(),
      }),
    )
    .output(z.object({ settings: Settings }))
    .errors(errors('CHANGED_MEANWHILE', 'CONFIRMATION_MISMATCH')),
};
