import { admin } from './base.ts';

export const settingsRouter = {
  show: admin.settings.show.handler(({ context }) => ({ settings: context.connection.domains.settings.show() })),
  set: admin.settings.set.handler(async ({ input, context }) => ({
    settings: await context.connection.domains.settings.set(context.actor, input),
  })),
};
