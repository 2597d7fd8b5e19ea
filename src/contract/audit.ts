import { z } from 'zod';
import { adminProcedure } from './base.ts';
import { Id, pageInput, pageOf, Time } from './primitives.ts';

export const AuditEntry = z.object({
  sequence: z.int(),
  id: Id,
  time: Time,
  actor: z.object({ kind: z.enum(['administrator', 'console', 'anonymous']), id: z.string().nullable() }),
  onBehalfOf: z.string().nullable(),
  origin: z.object({
    machine: z.string(),
    osAccount: z.string(),
    networkAddress: z.string().nullable(),
    host: z.string(),
  }),
  event: z.string(),
  target: z.object({ kind: z.string(), id: z.string() }).nullable(),
  outcome: z.enum(['done', 'refused', 'failed']),
  metadata: z.record(z.string(), z.unknown()),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const Verdict = z.enum([
  'OK',
  'UNTRUSTED_KEY',
  'EDITED',
  'MISSING',
  'REORDERED',
  'TRUNCATED',
  'ROLLED_BACK',
  'FORKED',
  'BAD_SIGNATURE',
]);

export const Verification = z.object({
  verdict: Verdict,
  entries: z.int(),
  /** Sequence of the first entry that does not hold. */
  firstBad: z.int().nullable(),
  /** The newest checkpoint that was held against the log, as a C2SP signed note. */
  checkpoint: z.string().nullable(),
  /** Whether a keychain holds the last known head, so that a rollback would be seen. */
  anchored: z.boolean(),
  message: z.string(),
});
export type Verification = z.infer<typeof Verification>;

export const auditContract = {
  /** Newest first. */
  list: adminProcedure
    .input(
      z.strictObject({
        event: z.string().max(100).optional(),
        targetId: z.string().max(200).optional(),
        actorId: z.string().max(200).optional(),
        outcome: z.enum(['done', 'refused', 'failed']).optional(),
        ...pageInput,
      }),
    )
    .output(pageOf(AuditEntry)),
  verify: adminProcedure
    .input(
      z.strictObject({
        /** Fingerprint of the key, as it was printed at set-up. */
        key: z.string().max(200).optional(),
        /** The newest checkpoint that is known from elsewhere. */
        checkpoint: z.string().max(10_000).optional(),
      }),
    )
    .output(Verification),
};
