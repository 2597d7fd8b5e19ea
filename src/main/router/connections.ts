import { admin } from './base.ts';

export const connectionsRouter = {
  list: admin.connections.list.handler(({ input, context, signal }) =>
    context.connection.domains.connections.list(input, signal),
  ),
  show: admin.connections.show.handler(({ input, context }) => ({
    connection: context.connection.domains.connections.show(input.connectionId),
  })),
  add: admin.connections.add.handler(async ({ input, context }) => ({
    connection: await context.connection.domains.connections.add(context.actor, input),
  })),
  update: admin.connections.update.handler(async ({ input, context }) => ({
    connection: await context.connection.domains.connections.update(context.actor, input),
  })),
  test: admin.connections.test.handler(({ input, context, signal }) =>
    context.connection.domains.connections.test(context.actor, input.connectionId, signal),
  ),
  recordDocuments: admin.connections.recordDocuments.handler(({ input, context }) =>
    context.connection.domains.connections.recordDocuments(context.actor, input.connectionId, input.documents),
  ),
  remove: admin.connections.remove.handler(({ input, context }) =>
    context.connection.domains.connections.remove(context.actor, input),
  ),
};
