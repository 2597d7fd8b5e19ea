import { admin } from './base.ts';

export const quotasRouter = {
  show: admin.quotas.show.handler(({ input, context }) => context.connection.domains.quotas.show(input.user)),
  set: admin.quotas.set.handler(({ input, context }) => context.connection.domains.quotas.set(context.actor, input)),
};
