import type { Ai } from '../ai/index.ts';
import { admin } from './base.ts';

const toProvider = ({ id, name, models, users, version }: ReturnType<Ai['addProvider']>) => ({
  id,
  name,
  models,
  users,
  version,
});
const toModel = ({ id, provider, name, users, version }: ReturnType<Ai['addModel']>) => ({
  id,
  provider,
  name,
  users,
  version,
});

export const aiRouter = {
  providers: admin.ai.providers.handler(({ context }) => ({
    rows: context.connection.domains.ai.providers().map(toProvider),
  })),
  models: admin.ai.models.handler(({ input, context }) => ({
    rows: context.connection.domains.ai.models(input.provider).map(toModel),
  })),
  addProvider: admin.ai.addProvider.handler(({ input, context }) => ({
    provider: toProvider(context.connection.domains.ai.addProvider(context.actor, input.name)),
  })),
  renameProvider: admin.ai.renameProvider.handler(({ input, context }) => ({
    provider: toProvider(context.connection.domains.ai.renameProvider(context.actor, input)),
  })),
  removeProvider: admin.ai.removeProvider.handler(({ input, context }) => ({
    removed: context.connection.domains.ai.removeProvider(context.actor, input),
  })),
  addModel: admin.ai.addModel.handler(({ input, context }) => ({
    model: toModel(context.connection.domains.ai.addModel(context.actor, input)),
  })),
  renameModel: admin.ai.renameModel.handler(({ input, context }) => ({
    model: toModel(context.connection.domains.ai.renameModel(context.actor, input)),
  })),
  removeModel: admin.ai.removeModel.handler(({ input, context }) => ({
    removed: context.connection.domains.ai.removeModel(context.actor, input),
  })),
  assign: admin.ai.assign.handler(async ({ input, context }) => ({
    user: await context.connection.domains.ai.assign(context.actor, input),
  })),
  unassign: admin.ai.unassign.handler(async ({ input, context }) => ({
    user: await context.connection.domains.ai.unassign(context.actor, input),
  })),
};
