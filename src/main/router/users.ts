import { admin } from './base.ts';

export const usersRouter = {
  list: admin.users.list.handler(({ input, context, signal }) => context.connection.domains.users.list(input, signal)),
  outline: admin.users.outline.handler(({ input, context, signal }) =>
    context.connection.domains.users.outline(input, signal),
  ),
  show: admin.users.show.handler(({ input, context }) => ({ user: context.connection.domains.users.show(input.user) })),
  create: admin.users.create.handler(async ({ input, context }) => ({
    user: await context.connection.domains.users.create(context.actor, input),
  })),
  update: admin.users.update.handler(async ({ input, context }) => ({
    user: await context.connection.domains.users.update(context.actor, input),
  })),
  activate: admin.users.activate.handler(async ({ input, context }) => ({
    user: await context.connection.domains.users.activate(context.actor, input),
  })),
  deactivate: admin.users.deactivate.handler(async ({ input, context }) => ({
    user: await context.connection.domains.users.deactivate(context.actor, input),
  })),
};
