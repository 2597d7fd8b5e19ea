import { admin } from './base.ts';

export const auditRouter = {
  list: admin.audit.list.handler(({ input, context }) => {
    const { audit, workspace } = context.connection.domains.ground;
    return audit.list(workspace.db, input);
  }),
  verify: admin.audit.verify.handler(({ input, context, signal }) =>
    context.connection.domains.ground.audit.verify(input, signal),
  ),
};
