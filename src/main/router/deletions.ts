import { Refusal } from '../refusal.ts';
import { admin } from './base.ts';

/** Refuses unless the password was given again a moment ago: what follows cannot be undone (X2). */
function requireStepUp(session: { readonly steppedUpUntil: number | null }, now: number): void {
  if (session.steppedUpUntil !== null && session.steppedUpUntil > now) return;
  throw new Refusal(
    'STEP_UP_REQUIRED',
    'This cannot be undone, so the password is asked for again. Give it and repeat the act.',
  );
}

export const deletionsRouter = {
  plan: admin.deletions.plan.handler(async ({ input, context: { connection, actor }, signal }) => ({
    plan: await connection.domains.deletions.plan(actor, input.user, signal),
  })),
  showPlan: admin.deletions.showPlan.handler(({ input, context: { connection } }) => ({
    plan: connection.domains.deletions.showPlan(input.planId),
  })),
  start: admin.deletions.start.handler(async ({ input, context: { connection, session, actor } }) => {
    const { deletions, ground } = connection.domains;
    requireStepUp(session, ground.clock());
    const { planId, confirm, whenDown, review } = input;
    return { deletion: await deletions.start(actor, { planId, confirm, whenDown, review }) };
  }),
  list: admin.deletions.list.handler(({ input, context: { connection } }) => connection.domains.deletions.list(input)),
  show: admin.deletions.show.handler(({ input, context: { connection } }) => ({
    deletion: connection.domains.deletions.show(input.deletionId),
  })),
  watch: admin.deletions.watch.handler(async function* ({ input, context: { connection }, signal }) {
    yield* connection.domains.deletions.watch(input.deletionId, signal);
  }),
  pause: admin.deletions.pause.handler(async ({ input, context: { connection, actor } }) => ({
    deletion: await connection.domains.deletions.pause(actor, input.deletionId),
  })),
  resume: admin.deletions.resume.handler(({ input, context: { connection, session, actor } }) => {
    const { deletions, ground } = connection.domains;
    const { deletionId, whenDown = null, acceptGrowth, finishReview } = input;
    // Going on as it was ordered needs no password; ordering that more is removed or left behind does.
    if (whenDown !== null || acceptGrowth || finishReview) requireStepUp(session, ground.clock());
    return { deletion: deletions.resume(actor, deletionId, { whenDown, acceptGrowth, finishReview }) };
  }),
  cancel: admin.deletions.cancel.handler(async ({ input, context: { connection, actor } }) => ({
    deletion: await connection.domains.deletions.cancel(actor, input.deletionId),
  })),
  retry: admin.deletions.retry.handler(async ({ input, context: { connection, session, actor }, signal }) => {
    const { deletions, ground } = connection.domains;
    requireStepUp(session, ground.clock());
    return { deletion: await deletions.retry(actor, input.deletionId, input.leftoverId ?? null, signal) };
  }),
  certificate: admin.deletions.certificate.handler(({ input, context: { connection } }) =>
    connection.domains.deletions.certificate(input.deletionId, input.withMail ?? null),
  ),
  verify: admin.deletions.verify.handler(({ input, context: { connection } }) =>
    connection.domains.deletions.verify(input.json, input.key ?? null),
  ),
};
