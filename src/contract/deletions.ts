import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { adminProcedure } from './base.ts';
import { errors } from './errors.ts';
import { Bytes, Count, Id, pageInput, pageOf, SHA256_HEX, Time, UserRef } from './primitives.ts';

/** What a removal there amounts to. `retained`: a lock or versioning keeps something; `unknown`: the server does not say. */
export const Finality = z.enum(['final', 'trash', 'retained', 'unknown']);
export const BackendKind = z.enum(['folder', 's3', 'webdav']);

export const PlanBackend = z.object({
  id: z.string(),
  kind: BackendKind,
  label: z.string(),
  /** A cloud of the user's own; else a store of the platform's. Clouds come first (D1). */
  cloud: z.boolean(),
  count: Count,
  bytes: Bytes,
  /** Objects that are not the platform's: seen, kept. */
  kept: Count,
  reachable: z.boolean(),
  finality: Finality,
  /** Why it could not be reached, or what the plan could not see there. */
  note: z.string().nullable(),
});

export const Plan = z.object({
  id: Id,
  userId: Id,
  /** Null once the deletion is done. */
  mail: z.string().nullable(),
  hash: SHA256_HEX,
  backends: z.array(PlanBackend),
  createdAt: Time,
});
export type Plan = z.infer<typeof Plan>;

export const DeletionState = z.enum([
  'closing',
  'clouds',
  'store',
  'verifying',
  'review',
  'revoking',
  'finishing',
  'certifying',
  'done',
  'waiting',
  'paused',
  'cancelled',
]);
export const WaitingReason = z.enum(['offline', 'backend', 'vault', 'reauthorise', 'growth', 'hidden', 'review']);

export const DeletionBackend = z.object({
  id: z.string(),
  kind: BackendKind,
  label: z.string(),
  cloud: z.boolean(),
  state: z.enum(['due', 'running', 'verifying', 'waiting', 'done', 'skipped']),
  finality: Finality,
  planned: Count,
  plannedBytes: Bytes,
  /** What the inventory and later looks found; 0 before the inventory. */
  found: Count,
  removed: Count,
  removedBytes: Bytes,
  absent: Count,
  kept: Count,
  leftovers: Count,
  /** Bytes that this backend is about: planned, or found since. */
  bytes: Bytes,
  /** Asked to be removed, and not answered for yet: any of them may be gone already. */
  unanswered: Count,
  /** What failed last, while it is still being tried and the deletion does not wait for it yet. */
  trouble: z.string().nullable(),
});

export const Leftover = z.object({
  id: Id,
  backendId: z.string(),
  ref: z.string(),
  reason: z.string(),
  retryable: z.boolean(),
});

export const Deletion = z.object({
  id: Id,
  planId: Id,
  userId: Id,
  mail: z.string().nullable(),
  state: DeletionState,
  waitingFor: z
    .object({
      reason: WaitingReason,
      backendId: z.string().nullable(),
      since: Time,
      message: z.string(),
      nextTryAt: Time.nullable(),
    })
    .nullable(),
  backends: z.array(DeletionBackend),
  /** The first hundred; all of them stand on the certificate. */
  leftovers: z.array(Leftover),
  startedAt: Time,
  /** When the first removal was asked for; from then on the deletion cannot be called off. */
  firstRemovalAt: Time.nullable(),
  endedAt: Time.nullable(),
  certificateHash: SHA256_HEX.nullable(),
});
export type Deletion = z.infer<typeof Deletion>;

/** What the administrator wants when a backend is down, now or later. */
export const WhenDown = z.enum(['wait', 'without_unreachable', 'best_effort']);

const answered = z.object({ deletion: Deletion });

export const deletionsContract = {
  /** Lists what is there and freezes it. Nothing is changed. */
  plan: adminProcedure
    .input(z.strictObject({ user: UserRef }))
    .output(z.object({ plan: Plan }))
    .errors(errors('SOLE_ADMIN', 'OWN_ACCOUNT', 'DELETION_EXISTS', 'NO_OWN_STORE')),
  showPlan: adminProcedure.input(z.strictObject({ planId: Id })).output(z.object({ plan: Plan })),
  /** Confirms a plan and begins. Needs the password again (step-up). */
  start: adminProcedure
    .input(
      z.strictObject({
        planId: Id,
        /** The user's mail address, typed. */
        confirm: z.string().max(320),
        whenDown: WhenDown.default('wait'),
        review: z.boolean().default(false),
        graceDays: z.literal(0).default(0),
      }),
    )
    .output(answered)
    .errors(
      errors(
        'STEP_UP_REQUIRED',
        'CONFIRMATION_MISMATCH',
        'PLAN_OUTDATED',
        'PLAN_USED',
        'SOLE_ADMIN',
        'OWN_ACCOUNT',
        'DELETION_EXISTS',
      ),
    ),
  list: adminProcedure
    .input(z.strictObject({ state: z.enum(['running', 'waiting', 'done']).optional(), ...pageInput }))
    .output(pageOf(Deletion)),
  show: adminProcedure.input(z.strictObject({ deletionId: Id })).output(answered),
  /** The deletion now, then each change, ten a second at most. Ends when it is done or cancelled. */
  watch: adminProcedure.input(z.strictObject({ deletionId: Id })).output(eventIterator(Deletion)),
  pause: adminProcedure
    .input(z.strictObject({ deletionId: Id }))
    .output(answered)
    .errors(errors('WRONG_STATE')),
  /** Goes on after a pause, and answers whatever it waits for. */
  resume: adminProcedure
    .input(
      z.strictObject({
        deletionId: Id,
        whenDown: WhenDown.optional(),
        acceptGrowth: z.boolean().default(false),
        finishReview: z.boolean().default(false),
      }),
    )
    .output(answered)
    .errors(errors('WRONG_STATE', 'STEP_UP_REQUIRED')),
  /** Only before the first removal. The account gets back the state that it had. */
  cancel: adminProcedure
    .input(z.strictObject({ deletionId: Id }))
    .output(answered)
    .errors(errors('WRONG_STATE')),
  /** Leftovers again, where something of the backend is still there to try with. */
  retry: adminProcedure
    .input(z.strictObject({ deletionId: Id, leftoverId: Id.optional() }))
    .output(answered)
    .errors(errors('WRONG_STATE', 'STEP_UP_REQUIRED', 'STORAGE_UNREACHABLE')),
  /** The signed certificate as canonical JSON text, and a page to print. Shows the mail only if it is the one given. */
  certificate: adminProcedure
    .input(z.strictObject({ deletionId: Id, withMail: z.string().max(320).optional() }))
    .output(
      z.object({
        json: z.string(),
        html: z.string(),
        hash: SHA256_HEX,
        /** What was removed by retries after it: each signed, each naming the certificate's hash. */
        addenda: z.array(z.string()),
      }),
    )
    .errors(errors('NO_CERTIFICATE', 'CONFIRMATION_MISMATCH')),
  /** Checks a certificate. Without a fingerprint its own key proves nothing: the verdict is then UNTRUSTED_KEY. */
  verify: adminProcedure
    .input(z.strictObject({ json: z.string().max(50_000_000), key: z.string().max(200).optional() }))
    .output(
      z.object({
        verdict: z.enum(['OK', 'UNTRUSTED_KEY', 'BAD_SIGNATURE', 'EDITED', 'NOT_A_CERTIFICATE']),
        problems: z.array(z.string()),
        deletionId: z.string().nullable(),
        key: z.string().nullable(),
      }),
    ),
};
