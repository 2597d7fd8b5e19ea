import { admin, open } from './base.ts';

export const sessionRouter = {
  state: open.session.state.handler(({ context: { connection } }) => connection.domains.session.state(connection)),
  setUp: open.session.setUp.handler(({ input, context: { connection } }) =>
    connection.domains.session.setUp(connection, input),
  ),
  signIn: open.session.signIn.handler(({ input, context: { connection } }) =>
    connection.domains.session.signIn(connection, input),
  ),
  restore: open.session.restore.handler(({ input, context: { connection } }) =>
    connection.domains.session.restore(connection, input.token),
  ),
  signOut: admin.session.signOut.handler(async ({ context }) => {
    await context.connection.domains.session.signOut(context.connection, context.actor);
    return { signedOut: true as const };
  }),
  stepUp: admin.session.stepUp.handler(({ input, context }) =>
    context.connection.domains.session.stepUp(context.connection, context.actor, input.password),
  ),
  changePassword: admin.session.changePassword.handler(({ input, context }) =>
    context.connection.domains.session.changePassword(context.connection, context.actor, input),
  ),
};
