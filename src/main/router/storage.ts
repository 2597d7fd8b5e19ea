import { admin } from './base.ts';

export const storageRouter = {
  list: admin.storage.list.handler(({ context }) => ({ rows: context.connection.domains.storage.list() })),
  add: admin.storage.add.handler(async ({ input, context }) => ({
    profile: await context.connection.domains.storage.add(context.actor, input),
  })),
  update: admin.storage.update.handler(async ({ input, context }) => ({
    profile: await context.connection.domains.storage.update(context.actor, input),
  })),
  remove: admin.storage.remove.handler(({ input, context }) =>
    context.connection.domains.storage.remove(context.actor, input),
  ),
  check: admin.storage.check.handler(({ input, context, signal }) =>
    context.connection.domains.storage.check(context.actor, input.profile, signal),
  ),
  index: admin.storage.index.handler(async ({ input, context }) => ({
    run: await context.connection.domains.storage.index(context.actor, input),
  })),
  watchIndex: admin.storage.watchIndex.handler(({ input, context, signal }) =>
    context.connection.domains.storage.watchIndex(input.runId, signal),
  ),
  cancelIndex: admin.storage.cancelIndex.handler(async ({ input, context }) => ({
    run: await context.connection.domains.storage.cancelIndex(context.actor, input.runId),
  })),
  indexRuns: admin.storage.indexRuns.handler(({ input, context }) => ({
    rows: context.connection.domains.storage.indexRuns(input.limit),
  })),
  link: admin.storage.link.handler(({ input, context, signal }) =>
    context.connection.domains.storage.link(context.actor, input, signal),
  ),
  documents: admin.storage.documents.handler(({ input, context, signal }) =>
    context.connection.domains.storage.documents(input, signal),
  ),
};
